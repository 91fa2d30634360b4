"""Every figure of a report is found again with numpy from the exported CSV, independently of the program."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.helpers.console import FakeClock
from tests.helpers.oddruns import Kind, odd_run
from tests.helpers.recomputed import Run, Step, recompute
from tests.helpers.reports import Page
from xovac_tui import report
from xovac_tui.api.loader import load_contract
from xovac_tui.recording.disk import recorder
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.exports.parts import columns_of, open_still, part_of
from xovac_tui.recording.exports.tables import csv_chunks
from xovac_tui.report.facts import ReportFacts
from xovac_tui.report.gather import gather

KINDS = [
    Kind(10.0, "K", "step last"),
    Kind(1.0, "degF", "step first", jitter=0.2),
    pytest.param(Kind(1.0, "degC"), marks=pytest.mark.slow),
    pytest.param(Kind(10.0, "degF"), marks=pytest.mark.slow),
    pytest.param(Kind(0.05, "K"), marks=pytest.mark.slow),
    pytest.param(Kind(0.05, "degC", "step last", jitter=0.3), marks=pytest.mark.slow),
    pytest.param(Kind(10.0, "degC", "step first"), marks=pytest.mark.slow),
    pytest.param(Kind(1.0, "K", jitter=0.4), marks=pytest.mark.slow),
]
CLOCK, MILLI = 0.0025, 1.1e-3
"""Seconds by which a duration, and a moment, may differ: a CSV has milliseconds."""


class Made:
    """One record, what its report says, and the same worked out anew."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        record = folder / "r.sqlite3"
        asyncio.run(odd_run(record, folder, kind))
        contract = load_contract([folder / "odd.contract.toml"])
        now = FakeClock().utc() + 100_000
        self.kind = kind
        self.facts: ReportFacts = gather(
            record, 1, chamber="bench-1", contract=contract, program="xovac-tui 9", now=now
        )
        self.page = Page(report.page.page(self.facts, UTC))
        with open_still(record) as one:
            one.judge_by(contract)
            part = part_of(find_span(one, "all"), None, None, None)
            text = "".join(csv_chunks(one, part, columns_of(one, part)))
        self.run: Run = recompute(text, kind.recipe, kind.contract)

    def row(self, first: str, cells: int) -> list[str]:
        """Return the row of the page with this first cell and so many cells."""
        (row,) = [row for row in self.page.rows if row[:1] == [first] and len(row) == cells]
        return row


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_figure_of_a_report_is_that_of_the_exported_csv(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The recorder's thread wakes by the wall clock, and hours pass between: that is no suspension.
    monkeypatch.setattr(recorder, "ASLEEP", math.inf)
    made = Made(tmp_path, kind)
    check_the_clocks_of_the_dwells(made)
    check_the_steps_as_run(made)
    check_lowest_highest_and_mean_values(made)
    check_gaps(made)
    assert made.facts.period == pytest.approx(made.run.period, abs=CLOCK)


def seconds_of(words: str) -> tuple[float, float]:
    """Return a duration as it is written, and by how much it may be rounded."""
    if words.endswith("s") and " " not in words:
        return float(words[:-1]), 0.051
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    parts = words.split()
    return sum(float(part[:-1]) * units[part[-1]] for part in parts), 0.51 * units[parts[-1][-1]]


def same_duration(words: str, seconds: float) -> bool:
    shown, rounding = seconds_of(words)
    return abs(shown - seconds) <= rounding + CLOCK


def number_of(words: str) -> float:
    return float(words.replace("−", "-").replace(",", ""))


def dwells(run: Run) -> list[Step]:
    return [step for step in run.steps if step.dwell is not None]


def check_the_clocks_of_the_dwells(made: Made) -> None:
    legs = {leg.step: leg.dwell for leg in made.facts.past.view().legs if leg.dwell is not None}
    assert sorted(legs) == [2, 4]
    for step in dwells(made.run):
        found, reported = step.dwell, legs[step.number]
        assert found is not None
        assert [reported.elapsed, reported.in_tolerance, reported.creditable] == pytest.approx(
            [found.elapsed, found.in_tolerance, found.creditable], abs=CLOCK
        )
        assert (reported.minimum, reported.maximum) == pytest.approx((found.lowest, found.highest), abs=1e-9)
        assert reported.excursions == found.excursions
        assert reported.reached == pytest.approx(found.reached, abs=CLOCK)
        row = made.row(str(step.number), 11)
        clocks = (found.planned, found.elapsed, found.in_tolerance, found.creditable)
        for words, seconds in zip(row[3:7], clocks, strict=True):
            assert same_duration(words, seconds), (words, seconds)
        assert row[7] == str(found.excursions)
        assert [number_of(words) for words in row[8:10]] == pytest.approx(
            [found.lowest, found.highest], abs=0.0051
        )
        short = found.creditable < found.planned - min(made.run.period, 0.1 * found.planned)
        assert row[10].endswith("not met") is short


def check_the_steps_as_run(made: Made) -> None:
    assert made.facts.past.recorded.started == pytest.approx(made.run.began.timestamp(), abs=MILLI)
    assert made.facts.past.seconds == pytest.approx(made.run.took, abs=CLOCK)
    legs = made.facts.past.view().legs
    assert [leg.step for leg in legs] == [step.number for step in made.run.steps] == [1, 2, 3, 4, 5]
    for leg, step in zip(legs, made.run.steps, strict=True):
        assert leg.start == pytest.approx(step.began, abs=CLOCK)
        assert leg.end == pytest.approx(step.began + step.took, abs=CLOCK)
        row = made.row(str(step.number), 8)
        began = made.run.began.timestamp() + step.began
        stamp = datetime.strptime(row[4], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
        assert abs(stamp - began) <= 0.5 + CLOCK
        assert same_duration(row[5], step.planned)
        assert same_duration(row[6], step.took)
        if step.rate is None:
            assert row[7] == ""
        else:
            assert number_of(row[7]) == pytest.approx(step.rate, abs=0.0051, rel=2e-4)


def check_lowest_highest_and_mean_values(made: Made) -> None:
    facts, compared = made.facts, 0
    start = facts.past.recorded.started
    kinds = {f"{step.dwell.target:g}": step for step in dwells(made.run) if step.dwell is not None}
    names = [
        "whole run",
        *sorted(kinds, key=float, reverse=True),
        *(str(one.number) for one in made.run.steps),
    ]
    assert len(facts.phases) == len(names)
    for channel in facts.channels:
        for name, found in zip(names, channel.figures, strict=True):
            expected = made.run.phases[name][channel.name]
            if expected is None:
                assert found is None
                continue
            assert found is not None
            compared += 1
            assert (found.low, found.high, found.count) == (expected.low, expected.high, expected.count)
            assert found.mean == pytest.approx(expected.mean, rel=1e-12)
            assert [found.low_at - start, found.high_at - start] == pytest.approx(
                [expected.low_at, expected.high_at], abs=MILLI
            )
    assert compared == len(facts.channels) * len(names)
    # The same on the screen, of bins and of the samples at both ends.
    assert {one.name for one in facts.past.extremes} >= {one.name for one in facts.channels if one.named}
    for one in facts.past.extremes:
        expected = made.run.phases["whole run"][one.name]
        assert expected is not None
        seen = one.summary
        assert (seen.low, seen.high, seen.count) == (expected.low, expected.high, expected.count)
        assert seen.mean == pytest.approx(expected.mean, rel=1e-9)
    whole = made.run.phases["whole run"][facts.controlled]
    assert whole is not None
    row = next(row for row in made.page.rows if len(row) == 8 and row[0] == facts.channels[0].label)
    assert [number_of(row[at]) for at in (2, 4, 6)] == pytest.approx(
        [whole.low, whole.high, whole.mean], abs=0.0051
    )
    assert number_of(row[7]) == whole.count
    # A temperature in K has no sign.
    assert row[4].startswith("+") is (made.kind.unit != "K")


def check_gaps(made: Made) -> None:
    start = made.facts.past.recorded.started
    reported = [(gap.start - start, gap.end - start) for gap in made.facts.gaps]
    assert len(reported) == len(made.run.gaps)
    for one, other in zip(reported, made.run.gaps, strict=True):
        assert one == pytest.approx(other, abs=CLOCK)
    total = sum(end - begin for begin, end in made.run.gaps)
    many = f"{len(reported)} gaps, "
    (said,) = [one for one in made.page.text.split("\n") if many in one]
    assert same_duration(said.partition(many)[2].partition(" in all")[0], total)
    if made.kind.scale == 1.0:
        late = made.kind.jitter * made.kind.period
        assert 20.5 - late <= reported[0][1] - reported[0][0] <= 20.5 + late + 2 * made.kind.period
