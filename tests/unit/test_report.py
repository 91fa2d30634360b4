"""The report of a run: its figures, its verdict, what it reports, and that it is nothing but text."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.helpers.pastruns import BEGAN, SESSION, RecordedBench, begin, record_run, three_runs
from tests.helpers.records import message, write_record
from tests.helpers.reports import NOW, SOURCE, Page, eventful
from xovac_tui import report
from xovac_tui.api.event import Payload
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Severity
from xovac_tui.chamber.snapshot import LedgerEntry, Mark
from xovac_tui.chamber.snapshot import Outcome as ChamberOutcome
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_to_tenth
from xovac_tui.recipes.model import Limits
from xovac_tui.recording.disk import writer as writing
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedCommand, RecordedMark, RunItem
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.exports.exported import note_exported
from xovac_tui.recording.exports.parts import columns_of, open_still, part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.tables import csv_chunks
from xovac_tui.recording.exports.transcript import transcript
from xovac_tui.report.alarm_episodes import alarm_episodes, handled
from xovac_tui.report.deviations import deviations
from xovac_tui.report.facts import Phase, ReportFacts
from xovac_tui.report.figures import Tally
from xovac_tui.report.formatting import ReportTimes, judged, lines
from xovac_tui.report.gather import gather
from xovac_tui.report.judge import CriterionOutcome, Judgement, RunVerdict, judge
from xovac_tui.report.writing import ReportError, run_number, write_report
from xovac_tui.runs.state import Result

CONTRACT = load_contract((), simulator=True)
PART = "chamber_state.part"


def reported(path: Path, number: int = 1, now: float = NOW) -> ReportFacts:
    return gather(path, number, chamber="bench-1", contract=CONTRACT, program="xovac-tui 9", now=now)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return eventful(tmp_path_factory.mktemp("record") / "r.sqlite3")


@pytest.fixture(scope="module")
def facts(path: Path) -> ReportFacts:
    return reported(path)


@pytest.fixture(scope="module")
def html(facts: ReportFacts) -> str:
    return report.page.page(facts, UTC)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReportFacts, ...]:
    """A completed run that lost its link for 20 s, a cancelled one, one that goes on."""
    made = three_runs(tmp_path_factory.mktemp("record") / "three.sqlite3")
    lock = WriterLock(made)
    assert lock.acquire()
    try:
        return tuple(reported(made, number) for number in (1, 2, 3))
    finally:
        lock.release()


@pytest.fixture
def without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no charts where only the text of a page is asked for."""
    for name in ("temperature_chart", "pressure_chart"):
        monkeypatch.setattr(f"xovac_tui.report.charts.{name}", lambda *_: "")
    monkeypatch.setattr("xovac_tui.report.charts.dwell_charts", lambda *_: ())


def exported(path: Path, run: str = "r1") -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a run's CSV."""
    with open_still(path) as record:
        part = part_of(find_span(record, run), None, None, None)
        text = "".join(csv_chunks(record, part, columns_of(record, part)))
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    return head, rows


# -- figures --------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_exported_csv(path: Path, facts: ReportFacts) -> None:
    head, rows = exported(path)
    start = facts.phases[0].spans[0][0]
    assert {channel.name for channel in facts.channels} <= set(head)
    compared = 0
    for channel in facts.channels:
        column = head.index(channel.name)
        samples = [(float(row[1]), float(row[column])) for row in rows if row[column]]
        for phase, found in zip(facts.phases, channel.figures, strict=True):
            values = [
                (value, t)
                for t, value in samples
                if any(begin - start - 5e-4 <= t < end - start - 5e-4 for begin, end in phase.spans)
            ]
            if not values:
                assert found is None
                continue
            assert found is not None
            compared += 1
            assert (found.low, found.high, found.count) == (min(values)[0], max(values)[0], len(values))
            assert found.mean == pytest.approx(sum(value for value, _ in values) / len(values), rel=1e-12)
            assert found.low_at - start == pytest.approx(min(values)[1], abs=1e-3)
    assert compared > 5 * len(facts.channels)


def test_the_clocks_of_the_dwells_are_those_of_the_exported_csv(
    path: Path, facts: ReportFacts, html: str
) -> None:
    head, rows = exported(path)
    part, pressure = head.index(PART), head.index("chamber_state.vacuum.p")
    dwells = [leg for leg in facts.past.view().legs if leg.dwell is not None]
    assert [leg.step for leg in dwells] == [2, 4]
    for leg in dwells:
        dwell = leg.dwell
        assert dwell is not None
        assert leg.start is not None
        assert leg.end is not None
        seen = [
            (float(row[1]), float(row[part]), float(row[pressure]))
            for row in rows
            if row[part] and leg.start - 5e-4 <= float(row[1]) < leg.end - 5e-4
        ]
        good = [(at, abs(celsius - dwell.target) <= 3 and mbar <= 1e-3) for at, celsius, mbar in seen]
        counts = sum(after - at for (at, one), (after, other) in pairwise(good) if one and other)
        # The first and the last second of a dwell lie between two messages.
        assert dwell.creditable == pytest.approx(counts, abs=2.0)
        assert dwell.minimum == min(celsius for _, celsius, _ in seen)
        assert dwell.maximum == max(celsius for _, celsius, _ in seen)
        row = next(row for row in Page(html).rows if row[:1] == [str(leg.step)] and "±" in row[1])
        assert row[8:10] == [
            f"{dwell.minimum:+.2f}".replace("-", "−"),
            f"{dwell.maximum:+.2f}".replace("-", "−"),
        ]


def test_the_page_has_the_figures_that_were_worked_out(facts: ReportFacts, html: str) -> None:
    part = facts.channel(PART)
    assert part is not None
    whole = part.figures[0]
    assert whole is not None
    row = next(row for row in Page(html).rows if row[:1] == ["Test part"])
    shown = [f"{value:+.2f}".replace("-", "−") for value in (whole.low, whole.high, whole.mean)]
    assert [row[2], row[4], row[6]] == shown
    assert row[7] == f"{whole.count:,}"


def test_huge_values_do_not_overflow_the_mean(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [message(float(at), '{"v": 1.7e308}') for at in range(1_100)])
    with Record(path) as record:
        tally = Tally([Phase("all", ((-math.inf, math.inf),))])
        tally.read(record, part_of(find_span(record, "all"), None, None, UTC))
    (found,) = tally.figures("sensor_data.v")
    assert found is not None
    assert found.count == 1_100
    assert found.mean == pytest.approx(1.7e308)


def test_the_hash_is_that_of_the_exported_transcript_and_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    record_run(writer, 1, 100.0, source=SOURCE, seconds=300.0)
    before = reported(path).data_hash
    record_run(writer, 2, 1_000.0, seconds=30.0)
    writer.commit(BEGAN + 1_200)
    writer.close(BEGAN + 1_200)
    # Another process continues to record, names the channels otherwise, and the run was exported meanwhile.
    other = msgspec.structs.replace(SESSION, channels={PART: ("Board", "degC"), "new.channel": ("New", "V")})
    later = Writer(path, other, recording=True, utc=BEGAN + 2_000, mono=2_000.0)
    later.commit(BEGAN + 2_000)
    later.close(BEGAN + 2_000)
    assert note_exported(path, [1], NOW) == ""
    assert reported(path).data_hash == before
    with open_still(path) as record:
        sliced = slice_of(record, part_of(find_span(record, "r1"), None, None, None))
        text = "".join(transcript(sliced))
    assert hashlib.sha256(text.encode()).hexdigest() == before
    with sqlite3.connect(path) as db:
        db.execute("UPDATE loads SET who = 'eve@lab'")
    db.close()
    assert reported(path).data_hash != before


def test_a_viewer_does_not_change_the_hash(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    early = Writer(path, SESSION, recording=False, utc=BEGAN + 10, mono=10.0)
    record_run(writer, 1, 100.0, source=SOURCE, seconds=300.0)
    during = Writer(path, SESSION, recording=False, utc=BEGAN + 150, mono=150.0)
    during.item(RecordedMark(mark=Mark(200.0, BEGAN + 200, "note", "in it"), who="eve@lab"))
    during.commit(BEGAN + 201)
    writer.commit(BEGAN + 500)
    before = reported(path).data_hash
    # What they do after the run, and when they leave, is no part of it.
    early.item(RecordedMark(mark=Mark(700.0, BEGAN + 700, "note", "later"), who="eve@lab"))
    early.commit(BEGAN + 700)
    assert reported(path).data_hash == before
    early.close(BEGAN + 800)
    during.close(BEGAN + 801)
    writer.close(BEGAN + 900)
    assert reported(path).data_hash == before


# -- verdict --------------------------------------------------------------------------------------------


def outcomes(judgement: Judgement) -> list[CriterionOutcome]:
    return [one.outcome for one in judgement.criteria]


def test_a_run_passes_when_all_its_recipe_asks_for_was_so(facts: ReportFacts) -> None:
    found = judge(facts)
    assert (found.verdict, found.why) == (RunVerdict.PASS, "All 4 criteria are met.")
    assert [one.asks for one in found.criteria] == [
        "The recipe runs to its end",
        "Step 2: dwell at 50 °C counts for 1m 20s",
        "Step 4: dwell at −5 °C counts for 1m 00s",
        "Part limits: from −10 °C to 55 °C",
    ]


def with_state(facts: ReportFacts, **changes: Any) -> ReportFacts:
    state = msgspec.structs.replace(facts.past.state, **changes)
    return msgspec.structs.replace(facts, past=msgspec.structs.replace(facts.past, state=state))


def with_limits(low: float, high: float) -> Callable[[ReportFacts], ReportFacts]:
    def change(facts: ReportFacts) -> ReportFacts:
        assert facts.recipe is not None
        recipe = msgspec.structs.replace(facts.recipe, limits=Limits(low, high))
        return msgspec.structs.replace(facts, recipe=recipe)

    return change


def with_credit(seconds: float) -> Callable[[ReportFacts], ReportFacts]:
    """Return what leaves a dwell so many seconds of the 80 that were planned."""

    def change(facts: ReportFacts) -> ReportFacts:
        as_run = tuple(
            msgspec.structs.replace(leg, dwell=msgspec.structs.replace(leg.dwell, creditable=seconds))
            if leg.step == 2 and leg.dwell is not None
            else leg
            for leg in facts.past.state.as_run
        )
        return with_state(facts, as_run=as_run)

    return change


def with_short_plan(facts: ReportFacts) -> ReportFacts:
    """Return a run at four times the speed, so that the 5 s are more than a tenth of a dwell of 20 s."""
    return with_state(with_credit(17.0)(facts), speed=120.0)


def without_step(facts: ReportFacts) -> ReportFacts:
    return with_state(facts, as_run=facts.past.state.as_run[:3], result=Result.CANCELLED)


def unseen_step(facts: ReportFacts) -> ReportFacts:
    as_run = tuple(
        msgspec.structs.replace(leg, start=None, end=None, dwell=None) if leg.step == 2 else leg
        for leg in facts.past.state.as_run
    )
    return with_state(facts, as_run=as_run)


def run_in_pieces(facts: ReportFacts) -> ReportFacts:
    """Return a run that began anew after its first dwell, the second of which counts for nothing."""
    first, hold, *rest = facts.past.state.as_run
    assert hold.dwell is not None
    again = msgspec.structs.replace(hold, dwell=msgspec.structs.replace(hold.dwell, creditable=0.0))
    return with_state(facts, as_run=(first, hold, first, again, *rest))


@pytest.mark.parametrize(
    ("change", "verdict", "place", "outcome", "said"),
    [
        (with_limits(-10, 50), RunVerdict.FAIL, 3, CriterionOutcome.NOT_MET, "measured values"),
        (with_limits(-4, 55), RunVerdict.FAIL, 3, CriterionOutcome.NOT_MET, "measured values"),
        (with_credit(75.0), RunVerdict.PASS, 1, CriterionOutcome.MET, "1m 15s count"),
        (with_credit(74.9), RunVerdict.FAIL, 1, CriterionOutcome.NOT_MET, "5.1s are missing"),
        (with_short_plan, RunVerdict.FAIL, 1, CriterionOutcome.NOT_MET, "17s count"),
        (without_step, RunVerdict.FAIL, 2, CriterionOutcome.NOT_MET, "It was not run."),
        (unseen_step, RunVerdict.NOT_JUDGED, 1, CriterionOutcome.OPEN, "while nothing was received"),
        (
            lambda facts: with_state(facts, result=Result.UNKNOWN, reason="Nobody saw it."),
            RunVerdict.NOT_JUDGED,
            0,
            CriterionOutcome.OPEN,
            "Unknown. Nobody saw it.",
        ),
        (
            lambda facts: with_state(facts, result=Result.ENDED_EARLY, reason="It stopped."),
            RunVerdict.FAIL,
            0,
            CriterionOutcome.NOT_MET,
            "Ended early. It stopped.",
        ),
        (
            lambda facts: with_state(facts, fits=False),
            RunVerdict.NOT_JUDGED,
            1,
            CriterionOutcome.OPEN,
            "does not agree with the plan",
        ),
        (
            lambda facts: msgspec.structs.replace(facts, payload_is_whole=False),
            RunVerdict.NOT_JUDGED,
            0,
            CriterionOutcome.MET,
            "Completed.",
        ),
        (
            lambda facts: msgspec.structs.replace(facts, recipe=None, unreadable=True),
            RunVerdict.NOT_JUDGED,
            3,
            CriterionOutcome.OPEN,
            "text in the record cannot be read",
        ),
        (run_in_pieces, RunVerdict.NOT_JUDGED, 0, CriterionOutcome.OPEN, "went back from step 2 to step 1"),
        (run_in_pieces, RunVerdict.NOT_JUDGED, 1, CriterionOutcome.OPEN, "begun 2 times"),
        (
            lambda facts: msgspec.structs.replace(facts, controlled=""),
            RunVerdict.NOT_JUDGED,
            3,
            CriterionOutcome.OPEN,
            "No temperature of the part",
        ),
    ],
)
def test_what_is_not_so_or_not_known_is_no_pass(
    facts: ReportFacts,
    change: Callable[[ReportFacts], ReportFacts],
    verdict: RunVerdict,
    place: int,
    outcome: CriterionOutcome,
    said: str,
) -> None:
    assert facts.period == 5.0
    found = judge(change(facts))
    assert found.verdict is verdict
    assert found.criteria[place].outcome is outcome
    assert said in found.criteria[place].found


def test_a_text_that_cannot_be_read_hides_no_limits(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "r.sqlite3"
    copy.write_bytes(path.read_bytes())
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE loads SET source = 'of_a_newer_program = 1\n' || source")
    db.close()
    facts = reported(copy)
    assert judge(facts).verdict is RunVerdict.NOT_JUDGED
    assert "The recipe's text in the record cannot be read, so its limits are not known." in deviations(facts)


def test_a_step_that_is_reported_only_when_it_changes_leaves_no_dwell_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, newest = RecordedBench.report, dict[str, Any]()

    def on_change(bench: RecordedBench, name: str, payload: Payload) -> None:
        if name != "recipe_state" or newest.get("step") != payload.value.get("step"):
            tell(bench, name, payload)
            newest.update(payload.value if name == "recipe_state" else {})

    monkeypatch.setattr(RecordedBench, "report", on_change)
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    record_run(writer, 1, 100.0, seconds=300.0)
    writer.commit(BEGAN + 500)
    writer.close(BEGAN + 500)
    assert reported(path).period == 1.0


@pytest.mark.usefixtures("without_charts")
def test_gaps_cancelling_and_a_run_that_goes_on_are_reported(three: tuple[ReportFacts, ...]) -> None:
    gap, cancelled, running = three
    assert judge(gap).verdict is RunVerdict.FAIL
    assert outcomes(judge(gap)) == [CriterionOutcome.MET, CriterionOutcome.NOT_MET, CriterionOutcome.MET]
    assert any(one.startswith("1 gap, 20s in all, in which no usable temp") for one in deviations(gap))
    assert judge(cancelled).verdict is RunVerdict.FAIL
    (sent,) = [one.entry for one in cancelled.past.commands if one.entry.command == "cancel_recipe"]
    assert sent.who == "ann@lab"
    assert f"{sent.command} was sent by {sent.who}, who did not hand the recipe over." in deviations(
        cancelled
    )
    assert "Steps 3 to 4 were not run." in deviations(cancelled)
    assert judge(running).verdict is RunVerdict.NOT_JUDGED
    assert judge(running).why == "The run goes on: this is an interim report."
    assert "(interim: the run goes on)" in report.page.page(running, UTC)


@pytest.mark.usefixtures("without_charts")
def test_a_run_whose_recorder_died_does_not_go_on(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    record_run(writer, 1, 100.0, seconds=100.0)
    writer.abandon()
    facts = reported(path, now=BEGAN + 300_000)
    found = judge(facts)
    assert found.verdict is RunVerdict.NOT_JUDGED
    assert "goes on" not in found.why
    assert found.criteria[0].found == "Its end is not in the record."
    assert found.criteria[1].outcome is CriterionOutcome.OPEN
    assert found.criteria[1].found.endswith("elapsed. Its end is not in the record.")
    assert facts.past.seconds == pytest.approx(100.0, abs=2.0)
    assert any(said.startswith("The record ends before the run") for said in deviations(facts))
    html = report.page.page(facts, UTC)
    assert "goes on" not in html
    assert "from its beginning to its end" not in html


@pytest.mark.usefixtures("without_charts")
def test_what_was_deleted_or_did_not_come_is_reported_with_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BLOCK", 64)
    path = eventful(tmp_path / "r.sqlite3")
    assert reported(path).gaps == ()
    with sqlite3.connect(path) as db:
        # As keep_days does it.
        db.execute("DELETE FROM blocks WHERE id IN (2, 5)")
    db.close()
    facts = reported(path)
    assert [gap.why for gap in facts.gaps] == ["no usable value came, or it was deleted since"] * 2
    assert facts.past.gaps == ()
    assert "of the run there is none in the record." in judge(facts).criteria[-1].found
    lost = sum(gap.seconds for gap in facts.gaps)
    (said,) = [one for one in deviations(facts) if "gap" in one]
    assert said.startswith(f"2 gaps, {format_to_tenth(lost)} in all, in which no usable temperature")
    html = report.page.page(facts, UTC)
    assert "Something was not measured" in html
    assert "from its beginning to its end" not in html


def test_limits_that_were_broken_before_a_run_ends_fail_it_at_once(three: tuple[ReportFacts, ...]) -> None:
    found = judge(with_limits(20, 40)(three[2]))
    assert (found.verdict, found.why) == (RunVerdict.FAIL, "1 of 4 criteria is not met.")


@pytest.mark.usefixtures("without_charts")
def test_a_run_of_an_unknown_recipe_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    writer.item(
        RunItem(
            id=1, name="", load=None, started_utc=BEGAN + 5, started_mono=5.0, utc=BEGAN + 50, mono=50.0,
            result="completed", flight=b"{}",
        )
    )  # fmt: skip
    writer.commit(BEGAN + 60)
    writer.close(BEGAN + 60)
    # Without an event a record has no span.
    with pytest.raises(RecordError, match="No event is in the record"):
        reported(path)
    writer = begin(tmp_path / "r2.sqlite3")
    record_run(writer, 1, 100.0, seconds=20.0)
    writer.item(
        RunItem(
            id=2, name="", load=None, started_utc=BEGAN + 101, started_mono=101.0,
            utc=BEGAN + 110, mono=110.0, result="completed", flight=b"{}",
        )
    )  # fmt: skip
    writer.commit(BEGAN + 200)
    writer.close(BEGAN + 200)
    facts = reported(tmp_path / "r2.sqlite3", 2)
    assert judge(facts).verdict is RunVerdict.NOT_JUDGED
    assert any("No recipe file was handed over for this run" in said for said in deviations(facts))
    read = Page(report.page.page(facts, UTC))
    assert read.wrong == []
    assert "Run without a name" in read.text
    assert "No plan of this run is known." in read.text
    assert "neither its text nor its list is known" in read.text


@pytest.mark.usefixtures("without_charts")
def test_a_list_that_was_sent_by_itself_is_reported_and_a_cancelled_run_of_it_fails(tmp_path: Path) -> None:
    payload = '{"name": "Bare", "recipe": [[40.0, 600.0, 0.0]]}'
    writer = begin(tmp_path / "r.sqlite3")
    as_run = msgspec.structs.replace(record_run(writer, 1, 100.0, seconds=20.0), result=Result.CANCELLED)
    sent = LedgerEntry(1, "load_recipe", payload, "eve@lab", BEGAN + 90, 90.0, ChamberOutcome.SUCCESS)
    writer.item(RecordedCommand(entry=sent, t=BEGAN + 91, mono=91.0))
    writer.item(
        RunItem(
            id=2, name="Bare", load=None, started_utc=BEGAN + 101, started_mono=101.0,
            utc=BEGAN + 110, mono=110.0, result="cancelled", flight=msgspec.json.encode(as_run),
        )
    )  # fmt: skip
    writer.commit(BEGAN + 200)
    writer.close(BEGAN + 200)
    facts = reported(tmp_path / "r.sqlite3", 2)
    found = judge(facts)
    assert (found.verdict, found.criteria[0].outcome) == (RunVerdict.FAIL, CriterionOutcome.NOT_MET)
    read = Page(report.page.page(facts, UTC)).text
    assert "The list was sent by itself" in read
    assert "by eve@lab" in read
    assert payload in read
    assert hashlib.sha256(payload.encode()).hexdigest() in read


def test_late_steps_and_excursions_are_deviations(facts: ReportFacts) -> None:
    as_run = list(facts.past.state.as_run)
    first, hold = as_run[0], as_run[1]
    assert first.end is not None
    assert hold.dwell is not None
    as_run[0] = msgspec.structs.replace(first, end=first.end + 30)
    dwell = msgspec.structs.replace(
        hold.dwell, excursions=2, reached=20.0, in_tolerance=70.0, creditable=50.0
    )
    as_run[1] = msgspec.structs.replace(hold, dwell=dwell, estimated=True)
    said = deviations(with_state(facts, as_run=tuple(as_run)))
    assert "Step 1 took 1m 11s, 31s longer than planned." in said
    assert "Step 2: 50 °C ± 3 K was reached 20s after the dwell began." in said
    assert "Step 2: the temperature left 50 °C ± 3 K 2 times." in said
    assert any(
        one.startswith("Step 2: 20s within tolerance do not count: the pressure was above") for one in said
    )
    assert any("step 2 began; it follows from plan" in one for one in said)
    assert not any(one.startswith("Step 1 took") for one in deviations(facts))


# -- alarms ---------------------------------------------------------------------------------------------


def change(at: float, event: AlarmEvent, rule: str = "A", who: str = "") -> RecordedAlarm:
    reported = AlarmChange(
        rule=rule, event=event, state=AlarmState.NORMAL, severity=Severity.LOW, utc=at, mono=at, who=who
    )
    return RecordedAlarm(id=1, session=1, t=at, change=reported)


def test_an_alarm_is_one_row_from_its_raising_to_its_acknowledgement() -> None:
    reported = [
        change(1, AlarmEvent.RAISED, "over"),
        change(2, AlarmEvent.RETURNED, "over"),
        change(5, AlarmEvent.RAISED, "stands"),
        change(12, AlarmEvent.RAISED),
        change(13, AlarmEvent.RETURNED),
        change(14, AlarmEvent.RAISED),
        change(15, AlarmEvent.SHELVED, who="ann"),
        change(30, AlarmEvent.ACKNOWLEDGED, who="ann"),
        change(31, AlarmEvent.ACKNOWLEDGED, who="bob"),
        change(40, AlarmEvent.RAISED),
        change(41, AlarmEvent.ACKNOWLEDGED, "stands", who="bob"),
    ]
    found = alarm_episodes(reported, 10.0, 20.0)
    assert [(one.raised.rule, one.raised.utc, one.earlier) for one in found] == [
        ("stands", 5, True),
        ("A", 12, False),
        ("A", 14, False),
    ]
    assert [(one.returned, one.acknowledged, one.acknowledged_by) for one in found] == [
        (None, 41, "bob"),
        # Who acknowledges an alarm has seen that it came before.
        (13, 30, "ann"),
        (None, 30, "ann"),
    ]
    assert [one.utc for one in handled(reported, 10.0, 20.0)] == [15]


@pytest.mark.parametrize(
    "last",
    [
        (AlarmEvent.SHELVED, AlarmEvent.UNSHELVED),
        (AlarmEvent.OUT_OF_SERVICE, AlarmEvent.IN_SERVICE),
        (AlarmEvent.REMOVED,),
        # Its return was not seen: the recorder was away.
        (AlarmEvent.RAISED, AlarmEvent.RETURNED),
    ],
)
def test_what_went_in_silence_before_a_run_did_not_stand_in_it(last: tuple[AlarmEvent, ...]) -> None:
    reported = [change(1, AlarmEvent.RAISED), *(change(2 + place, event) for place, event in enumerate(last))]
    assert alarm_episodes(reported, 10.0, 20.0) == ()
    assert len(alarm_episodes(reported, 0.0, 20.0)) == last.count(AlarmEvent.RAISED) + 1


def test_what_comes_back_from_its_shelf_stands() -> None:
    back = change(3, AlarmEvent.UNSHELVED)
    back = msgspec.structs.replace(back, change=msgspec.structs.replace(back.change, active=True))
    reported = [change(1, AlarmEvent.RAISED), change(2, AlarmEvent.SHELVED), back]
    assert [one.earlier for one in alarm_episodes(reported, 10.0, 20.0)] == [True]


# -- the page -------------------------------------------------------------------------------------------


def test_the_page_is_whole_needs_nothing_and_runs_nothing(html: str) -> None:
    read = Page(html)
    assert read.wrong == []
    assert read.fetched == []
    assert read.handlers == []
    assert len(read.ids) == len(set(read.ids))
    assert {one.removeprefix("#") for one in re.findall(r'(?:href="|url\()(#[^")]+)', html)} <= set(read.ids)
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html[: html.index("<title>")]
    assert "script" not in read.tags
    assert not {"link", "iframe", "object", "embed"} & read.tags
    assert "@import" not in html
    assert "url(" not in html.replace("url(#", "")
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert html.count("<svg") == 4


def test_the_page_covers_everything(html: str, facts: ReportFacts) -> None:
    text = " ".join(Page(html).text.split())
    for said in (
        "✓ PASS",
        "Board X <b>",
        "Flight board & spare </pre>",
        "ada@lab handed the recipe over, sent start_recipe, wrote a note, attached a file (3 times)",
        "Part is 51.0 degC",
        "by ann@lab",
        "(before the run)",
        "2 alarms were active during the run; 1 not acknowledged.",
        "Strap checked",
        "how it was mounted",
        hashlib.sha256(b"%PDF-1.7").hexdigest(),
        "tolerance = 3 pressure = 1e-3",
        "ramp: the setpoint moves linearly over an item's duration (assumed)",
        "In force when the run began",
        "Changed during the run",
        "Hot dwell at 50 °C",
        "Cold dwell at −5 °C",
        facts.data_hash,
        "xovac-tui 9",
        '"><script>alert(1)</script>␛[31m\\u202e',
    ):
        assert said in text, said
    assert 'src="data:image/png;base64,' in html


def test_labels_in_any_script_stand_in_the_charts_without_a_warning(
    facts: ReportFacts, recwarn: pytest.WarningsRecorder
) -> None:
    assert facts.past.temperature is not None
    track = msgspec.structs.replace(facts.past.temperature, label="板温度")
    past = msgspec.structs.replace(facts.past, temperature=track)
    assert "板温度" in report.page.page(msgspec.structs.replace(facts, past=past), UTC)
    assert not list(recwarn)


@pytest.mark.usefixtures("without_charts")
def test_a_simulated_chamber_is_reported(facts: ReportFacts, html: str) -> None:
    assert "Simulated:" not in html
    life = facts.sessions[0]
    about = msgspec.structs.replace(life.about, contract=("documented.toml", "simulator.toml"))
    changed = msgspec.structs.replace(facts, sessions=(msgspec.structs.replace(life, about=about),))
    assert "the built-in simulator, and no part was tested" in report.page.page(changed, UTC)


@pytest.mark.usefixtures("without_charts")
def test_the_head_of_the_audit_stands_in_it(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "r.sqlite3"
    copy.write_bytes(path.read_bytes())
    with sqlite3.connect(copy) as db:
        db.execute("INSERT INTO chain (place, row, hash) VALUES ('marks', 1, ?)", ("ab" * 32,))
        (newest,) = db.execute("SELECT max(id) FROM chain").fetchone()
    db.close()
    assert f"entry {newest}, {'ab' * 32}" in report.page.page(reported(copy), UTC)


@pytest.mark.usefixtures("without_charts")
def test_a_list_that_is_not_what_was_sent_is_reported(facts: ReportFacts) -> None:
    changed = msgspec.structs.replace(facts, payload_is_whole=False)
    assert any("does not have the hash" in said for said in deviations(changed))
    assert "which the list above does not have" in report.page.page(changed, UTC)


@pytest.mark.usefixtures("without_charts")
def test_many_steps_are_reported_of_the_part_and_the_pressure_only(facts: ReportFacts) -> None:
    steps = [one for one in facts.phases if one.step is not None]
    many = 200
    channels = tuple(
        msgspec.structs.replace(one, figures=one.figures + one.figures[-1:] * many) for one in facts.channels
    )
    changed = msgspec.structs.replace(facts, phases=facts.phases + (steps[-1],) * many, channels=channels)
    read = Page(report.page.page(changed, UTC))
    assert sum(row[:1] == ["Test part"] for row in read.rows) == len(facts.phases) + many
    assert sum(row[:1] == ["Shroud"] for row in read.rows) == len(facts.phases) - len(steps)
    assert "xovac-tui export r1" in read.text


# -- words ----------------------------------------------------------------------------------------------


def test_times_are_in_one_zone_that_is_named() -> None:
    times = ReportTimes(timezone(timedelta(hours=2)), 0.0, 3_700.0)
    assert times.stamp(59.6) == "1970-01-01 02:01:00"
    assert times.zone_words == "UTC+02:00"
    assert ReportTimes(UTC, 0.0, 1.0).zone_words == "UTC"
    assert times.since(3_725.2) == "+1:02:05"
    assert times.since(-61.0) == "−0:01:01"
    assert times.stamp(None) == "—"


def test_a_run_in_which_the_clocks_change_is_reported_in_utc() -> None:
    night = 1_792_886_400.0  # 2026-10-25 00:00 UTC, an hour before summer time ends
    zone = ZoneInfo("Europe/Berlin")
    assert ReportTimes(zone, night, night + 1_800).zone_words == "CEST (UTC+02:00)"
    assert ReportTimes(zone, night, night + 7_200).zone_words == "UTC"


def test_lines_of_others_are_clean_and_not_without_end() -> None:
    assert lines("a\tb\r\n\x1b[0m\n") == "a    b\n␛[0m"
    assert lines("\n" * 6_000 + "x").endswith("… 1,002 more lines")


@pytest.mark.parametrize(
    ("celsius", "limit", "shown"),
    [
        (60.05, 60.0, "+60.05"),
        (60.0, 60.0, "+60.00"),
        (60.004, 60.0, "+60.004"),
        (59.999_6, 60.0, "+59.9996"),
        (-0.001, -40.0, "+0.00"),
        (-40.000_01, -40.0, "−40.00001"),
        (None, 60.0, "—"),
    ],
)
def test_a_temperature_shows_on_which_side_of_its_limit_it_is(
    celsius: float | None, limit: float, shown: str
) -> None:
    assert judged(celsius, limit) == shown


@pytest.mark.usefixtures("without_charts")
def test_limits_are_judged_and_reported_to_the_same_decimal(facts: ReportFacts) -> None:
    part = facts.channel(PART)
    assert part is not None
    whole = part.figures[0]
    assert whole is not None
    hot = msgspec.structs.replace(whole, high=55.004)
    channel = msgspec.structs.replace(part, figures=(hot, *part.figures[1:]))
    others = tuple(channel if one.name == PART else one for one in facts.channels)
    changed = msgspec.structs.replace(facts, channels=others)
    found = judge(changed).criteria[-1]
    assert found.outcome is CriterionOutcome.NOT_MET
    assert "to +55.004 °C." in found.found
    assert "The part was at +55.004 °C, above its limit of 55 °C." in deviations(changed)
    assert "Decision rule: every value is judged as it was reported" in report.page.page(changed, UTC)


# -- which run, and the file ----------------------------------------------------------------------------


def test_a_run_is_named_by_its_id_or_as_the_last(tmp_path: Path) -> None:
    path = three_runs(tmp_path / "r.sqlite3")
    with Record(path) as record:
        assert [run_number(record, word) for word in ("r1", "2", "last", " R3 ")] == [1, 2, 3, 3]
        for word in ("r9", "s1", "all"):
            with pytest.raises(RecordError, match="There are r1, r2, r3 and `last`"):
                run_number(record, word)
    begin(tmp_path / "none").close(BEGAN)
    with Record(tmp_path / "none") as record, pytest.raises(RecordError, match="nothing to report"):
        run_number(record, "last")


def write(path: Path, out: Path, number: int = 1, *, force: bool = False, reported: Any = None) -> None:
    lost = write_report(
        path, number, out, chamber="lab", contract=CONTRACT, zone=UTC, now=NOW, force=force, progress=reported
    )
    assert lost is None


def test_the_file_is_new_whole_and_its_progress_is_reported(path: Path, tmp_path: Path) -> None:
    out, done = tmp_path / "r1.html", list[float]()
    write(path, out, reported=done.append)
    assert out.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert out.stat().st_mode & 0o077 == 0
    assert done == sorted(done)
    assert 0 <= done[0] <= done[-1] <= 1
    with pytest.raises(RecordError, match="is there and is not written over"):
        write(path, out)
    write(path, out, force=True)
    with pytest.raises(RecordError, match="r7 is not in"):
        write(path, tmp_path / "r7.html", 7)
    with pytest.raises(RecordError, match="cannot be written"):
        write(path, out / "x.html")
    assert [one.name for one in tmp_path.iterdir()] == ["r1.html"]


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_its_libraries_it_says_how_to_get_them(
    missing: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ReportError, match=rf"{missing} is not installed.*xovac-tui\[report\]"):
        write(path, tmp_path / "r1.html")
    assert list(tmp_path.iterdir()) == []


def test_the_report_has_the_chosen_units(path: Path, facts: ReportFacts) -> None:
    units = DisplayUnits("degF", "Torr")
    other = gather(
        path, 1, chamber="bench-1", contract=CONTRACT, program="xovac-tui 9", now=facts.made, units=units
    )
    shown = Page(report.page.page(other, UTC)).text
    assert "°F" in shown
    assert [one.outcome for one in judge(other).criteria] == [one.outcome for one in judge(facts).criteria]
    kept = {row.strip() for row in shown.split("\n") if re.search("°C|mbar", row)}
    # The list is shown as it was sent.
    assert kept == {"Units of the list °C, s (assumed)", "Item Target, °C Duration, s Gradient"}
