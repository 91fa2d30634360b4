"""Sentences in a record are shown in the chosen units, and exported as they were recorded."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.helpers.alarmed import Watched
from tests.helpers.pastruns import BEGAN, begin, record_run
from xovac_tui import report
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.recording.digest import digest
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedMark
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.parts import open_still, part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.transcript import transcript
from xovac_tui.replay.timeline import Timeline
from xovac_tui.report.appendix import alarm_rows
from xovac_tui.report.formatting import ReportTimes
from xovac_tui.report.gather import gather
from xovac_tui.runs.past import read_run
from xovac_tui.ui.dialogs.digest import digest_facts
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.runs.lines import happened_lines
from xovac_tui.ui.screens.runs.trend import run_model

SHOWN = DisplayUnits("degF", "Torr")
CONTRACT = load_contract((), simulator=True)


def alarm(at: float) -> AlarmChange:
    """Return an alarm as the program raises it."""
    bench = Watched(HighRule(name="hot", channel="test_part", limit=50.0))
    bench.report(part=51.0)
    (raised,) = bench.evaluate()
    return msgspec.structs.replace(raised, utc=BEGAN + at, mono=at)


@pytest.fixture(scope="module")
def raised() -> AlarmChange:
    return alarm(160.0)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, raised: AlarmChange) -> Path:
    """Return a record with a run in which one alarm was raised."""
    path = tmp_path_factory.mktemp("record") / "r.sqlite3"
    writer = begin(path)
    record_run(writer, 1, 100.0, seconds=90.0)
    writer.item(RecordedAlarm(change=raised))
    # As the chamber makes it where the alarm is raised, and the record keeps it.
    mark = Mark(raised.mono, raised.utc, "alarm", raised.text, raised.phrase)
    writer.item(RecordedMark(mark=mark, who="rob@lab"))
    writer.commit(BEGAN + 300.0)
    writer.close(BEGAN + 300.0)
    return path


def test_runs_show_the_alarms_of_a_run_in_the_chosen_units(path: Path) -> None:
    past = read_run(path, 1, contract=CONTRACT, channels=(), now=BEGAN + 300.0)
    assert past is not None

    def said(units: DisplayUnits) -> str:
        lines = happened_lines(past, 100, glyphs=UNICODE, times=Times("utc"), units=units)
        marks = run_model(past, utc=True, units=units).marks
        words = "".join(text for line in lines for text, _ in line) + " ".join(one.text for one in marks)
        assert words.count(units.quantity(51.0, "degC")) == 2
        return words

    assert "°F" in said(SHOWN)
    assert "°F" not in said(AS_REPORTED)


def test_what_happened_in_an_absence_is_in_the_chosen_units(path: Path, raised: AlarmChange) -> None:
    with Record(path) as record:
        found = digest(record, BEGAN, BEGAN + 300.0, channels=())
    facts = digest_facts(found, Times("utc"), UNICODE, {"tab-alarms": "5"}, units=SHOWN)
    (said,) = (fact.text for fact in facts if fact.label == "Alarms")
    assert said.endswith(raised.shown_in(SHOWN).text)


def test_the_report_has_its_alarms_in_the_chosen_units(path: Path, raised: AlarmChange) -> None:
    def cells(units: DisplayUnits) -> str:
        facts = gather(path, 1, chamber="b", contract=CONTRACT, program="t", now=BEGAN + 300.0, units=units)
        (row,) = alarm_rows(facts, ReportTimes(None, BEGAN, BEGAN + 300.0))
        return row[2]

    assert raised.text in cells(AS_REPORTED)
    assert raised.shown_in(SHOWN).text in cells(SHOWN)
    assert "°C" not in cells(SHOWN)


def test_a_replay_has_the_numbers_of_its_alarms_and_an_export_stays_as_recorded(
    path: Path, raised: AlarmChange
) -> None:
    with open_still(path) as record:
        sliced = slice_of(record, part_of(find_span(record, "r1"), None, None, None))
        timeline, marks = Timeline(sliced), []
        while (step := timeline.take()) is not None:
            marks += [step.item] if isinstance(step.item, Mark) and step.item.kind == "alarm" else []
        assert [one.text_in(SHOWN) for one in marks] == [raised.shown_in(SHOWN).text]
        lines = [json.loads(line) for text in transcript(sliced) for line in text.splitlines()]
    (change,) = (line["alarm"]["change"] for line in lines if "alarm" in line)
    (mark,) = (one for line in lines if "mark" in line and (one := line["mark"]["mark"])["kind"] == "alarm")
    assert (change["text"], mark["text"]) == (raised.text, raised.text)
    assert "phrase" not in mark, "it is recorded once, with the alarm"


def test_a_report_has_no_other_unit_than_the_chosen_ones_but_in_the_list_as_it_was_sent(path: Path) -> None:
    facts = gather(path, 1, chamber="b", contract=CONTRACT, program="t", now=BEGAN + 300.0, units=SHOWN)
    whole = report.page.page(facts, None)
    plain = html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", "\n", whole, flags=re.DOTALL))
    others = [line.strip() for line in plain.splitlines() if re.search(r"°C|mbar|\bK\b|K/min", line)]
    assert others == ["Target, °C", "°C, s (assumed)"]
    assert plain.count("°F") > 20
    assert "Torr" in plain
