"""What is reported after an absence, from a record that really holds it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.helpers.keys import KEYS
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Severity
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome, RunState
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recording.digest import AWAY, away_since, digest
from xovac_tui.recording.disk.kinds import (
    RecordedAlarm,
    RecordedCommand,
    RecordedLink,
    RecordedMark,
    Session,
    Visit,
)
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.gaps import gaps
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.followed import Run
from xovac_tui.ui.dialogs.digest import digest_facts
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE

UTC = 1_790_000_000.0
SESSION = Session(pid=1, host="lab", who="rob@lab", program="test", profile="bench", url="http://x")
PART = ("state.part", "Test part", "degC", False)
UNSEEN = ("state.other", "Other", "degC", False)


def alarm(t: float, rule: str, severity: Severity, state: AlarmState) -> RecordedAlarm:
    event = AlarmEvent.RAISED if state is AlarmState.UNACKNOWLEDGED else AlarmEvent.RETURNED
    text = f"{rule} is \x1b[31mhot."
    change = AlarmChange(
        rule=rule, event=event, state=state, severity=severity, utc=UTC + t, mono=t, text=text
    )
    return RecordedAlarm(change=change)


def message(t: float) -> Event:
    return Event(
        "state",
        decode_arguments(json.dumps({"part": 20.0 - t / 1_000})),
        Direction.IN,
        EventKind.MESSAGE,
        UTC + t,
        t,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two recorders: the first is killed at 10,000 s, the second goes on from 10,600 to 20,000 s."""
    file = tmp_path / "r.sqlite3"
    writer = Writer(file, SESSION, recording=True, utc=UTC, mono=0.0)
    for word, t in (("ONLINE", 1.0), ("LOST", 4_000.0), ("CONNECTING", 4_001.0), ("ONLINE", 4_100.0)):
        writer.item(RecordedLink(link=LinkView(LinkWord(word)), t=UTC + t, mono=t))
    for t in range(0, 10_000, 10):
        writer.event(message(float(t)))
    for t, kind, who in (
        (100.0, "step", "rob@lab"),
        (5_000.0, "step", "rob@lab"),
        (5_100.0, "note", "ann@lab"),
    ):
        writer.item(RecordedMark(mark=Mark(t, UTC + t, kind, "watch the pump"), who=who))
    for number, (t, who, outcome) in enumerate(
        (
            (200.0, "ann@lab", Outcome.SUCCESS),
            (6_000.0, "ann@lab", Outcome.UNKNOWN),
            (6_100.0, "ada@lab", Outcome.SUCCESS),
        )
    ):
        entry = LedgerEntry(number, "cancel_recipe", "", who, UTC + t, t, outcome)
        writer.item(
            RecordedCommand(entry=msgspec.structs.replace(entry, outcome=Outcome.SENT), t=UTC + t, mono=t)
        )
        writer.item(RecordedCommand(entry=entry, t=UTC + t + 1, mono=t + 1))
    for item in (
        alarm(150.0, "old", Severity.LOW, AlarmState.UNACKNOWLEDGED),
        alarm(160.0, "old", Severity.LOW, AlarmState.RETURNED),
        alarm(2_000.0, "part", Severity.HIGH, AlarmState.UNACKNOWLEDGED),
        alarm(3_000.0, "shroud", Severity.CRITICAL, AlarmState.UNACKNOWLEDGED),
        alarm(4_000.0, "shroud", Severity.CRITICAL, AlarmState.NORMAL),
    ):
        writer.item(item)
    writer.item(Visit(who="ada@lab", arrived=UTC, seen=UTC + 1_000))
    writer.execute(
        "INSERT INTO runs (id, session, name, started, ended, result, started_mono, ended_mono) "
        "VALUES (1, 1, 'Soak', ?, ?, 'completed', 500, 7000)",
        (UTC + 500, UTC + 7_000),
    )
    writer.commit(UTC + 10_000)
    writer.abandon()
    writer = Writer(file, SESSION, recording=True, utc=UTC + 10_600, mono=10_600.0)
    writer.item(RecordedLink(link=LinkView(LinkWord.ONLINE), t=UTC + 10_600.5, mono=10_600.5))
    for t in range(10_610, 20_000, 10):
        writer.event(message(float(t)))
    writer.item(RecordedLink(link=LinkView(LinkWord.STALE), t=UTC + 15_000, mono=15_000.0))
    writer.item(RecordedLink(link=LinkView(LinkWord.ONLINE), t=UTC + 15_020, mono=15_020.0))
    writer.commit(UTC + 20_000)
    writer.close(UTC + 20_000)
    return file


def test_it_reports_what_happened_and_nothing_from_before(path: Path) -> None:
    with Record(path) as record:
        since = away_since(record, "ada@lab", UTC + 20_000)
        assert since == UTC + 1_000
        found = digest(record, since, UTC + 20_000, channels=[PART, UNSEEN])
    assert [(run.name, run.result) for run in found.runs] == [("Soak", "completed")]
    assert found.steps == 1
    assert [(gap.start - UTC, gap.seconds, gap.recorded) for gap in found.gaps] == [
        (4_000.0, 100.0, True),
        (9_990.0, 620.0, False),
        (15_000.0, 20.0, True),
    ]
    # Each command is reported once, as it ended; the absent user has sent none: the name is another's.
    assert [(entry.who, entry.outcome) for entry in found.commands] == [
        ("ann@lab", Outcome.UNKNOWN),
        ("ada@lab", Outcome.SUCCESS),
    ]
    assert [one.rule for one in found.alarms] == ["part", "shroud"]
    assert found.unresolved == {"old", "part"}
    assert found.notes == ("watch the pump",)
    (part,) = found.extremes
    assert part.summary.low == pytest.approx(20.0 - 19.99)
    assert part.summary.high == pytest.approx(19.0, abs=0.01)


def test_a_short_absence_or_a_first_visit_shows_no_digest(path: Path) -> None:
    with Record(path) as record:
        assert away_since(record, "ada@lab", UTC + 1_000 + AWAY - 1) is None
        assert away_since(record, "new@lab", UTC + 20_000) is None


def test_gaps_are_cut_to_the_time_that_is_asked_for(path: Path) -> None:
    with Record(path) as record:
        cut = gaps(record, UTC + 4_050, UTC + 10_100)
    assert [(gap.start - UTC, gap.end - UTC) for gap in cut] == [(4_050.0, 4_100.0), (9_990.0, 10_100.0)]


Changes = list[tuple[str, float]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Lost until it ended by itself.
        (
            [("CONNECTING", 0.2), ("ONLINE", 1.2), ("LOST", 400.0), ("CONNECTING", 401.0)],
            [(0, 1.2), (400, 1_000)],
        ),
        # It never had a link.
        ([("CONNECTING", 0.2)], [(0, 1_000)]),
        ([("CONNECTING", 0.2), ("LOST", 30.0), ("CONNECTING", 31.0), ("ONLINE", 60.0)], [(0, 60)]),
        # It took over from another one while there was a link.
        ([("LOST", 400.0), ("ONLINE", 500.0)], [(400, 500)]),
        ([("STALE", 400.0), ("ONLINE", 400.9)], []),
    ],
)
def test_a_recorder_without_a_link_is_a_gap_from_its_start_to_its_end(
    tmp_path: Path, changes: Changes, expected: list[tuple[float, float]]
) -> None:
    file = tmp_path / "r.sqlite3"
    writer = Writer(file, SESSION, recording=True, utc=UTC, mono=0.0)
    for word, t in changes:
        writer.item(RecordedLink(link=LinkView(LinkWord(word)), t=UTC + t, mono=t))
    writer.commit(UTC + 1_000)
    writer.close(UTC + 1_000)
    with Record(file) as record:
        found = gaps(record, UTC - 10, UTC + 2_000)
    assert [(gap.start - UTC, gap.end - UTC) for gap in found] == [pytest.approx(pair) for pair in expected]
    assert all(gap.recorded for gap in found)


@pytest.mark.parametrize("packed", [False, True])
def test_a_recorder_that_took_over_and_saw_no_change_of_the_link_has_no_gap(
    tmp_path: Path, packed: bool
) -> None:
    file = tmp_path / "r.sqlite3"
    writer = Writer(file, SESSION, recording=True, utc=UTC, mono=0.0)
    for t in range(600 if packed else 10):
        writer.event(message(float(t)))
    writer.commit(UTC + 600)
    writer.close(UTC + 600)
    with Record(file) as record:
        assert gaps(record, UTC, UTC + 600) == ()


def test_without_pinned_channels_the_first_with_readings_are_shown(path: Path) -> None:
    with Record(path) as record:
        found = digest(record, UTC + 1_000, UTC + 20_000, channels=[])
    assert [(extreme.name, extreme.label) for extreme in found.extremes] == [("state.part", "part")]


def test_it_is_read_in_a_few_lines(path: Path) -> None:
    with Record(path) as record:
        found = digest(record, UTC + 1_000, UTC + 20_000, channels=[PART])
    facts = digest_facts(found, Times("utc"), UNICODE, KEYS)
    said = "\n".join(f"{fact.label:<10}{fact.text}" for fact in facts)
    assert said.startswith("Alarms    Mon 15:03 CRITICAL shroud is ␛[31mhot.\n          Mon 14:46 HIGH part")
    assert "2 stand now: press 5" in said
    assert 'r1 "Soak" began' in said
    assert "for 10m 20s: nothing was recorded" in said
    assert "for 1m 40s: no link or no data" in said
    assert "3 gaps, 12m 20s without data in all" in said
    assert "cancel_recipe by ann@lab: unknown" in said
    assert "Test part  +0.0 to +19.0 °C" in said
    assert "watch the pump" in said
    assert all(fact.text.isascii() for fact in digest_facts(found, Times("utc"), ASCII, KEYS))


@pytest.mark.parametrize(
    ("later", "words"), [(20.0, "goes on"), (3_000.0, "went on when last seen, Mon 19:46, ")]
)
def test_the_run_that_goes_on_is_reported_with_its_end_and_drift(
    path: Path, later: float, words: str
) -> None:
    plan = plan_recipe(Recipe("Soak", (Ramp(50, over=1_800), Hold(3_600))), PlanSettings(), 20.0)
    followed = Run(plan, name="Soak")
    for t in range(2_500):
        step = 1 if t < 2_400 else 2
        followed.observe(
            Observation(
                mono=float(t), utc=UTC + 17_500 + t, linked=True, fresh=True, state=RunState.RUNNING,
                recipe="Soak", step=step, steps=2, actual=50.0,
            )
        )  # fmt: skip
    with Record(path) as record:
        found = digest(record, UTC + 16_000, UTC + 20_000 + later, channels=[])
    first = digest_facts(found, Times("utc"), UNICODE, KEYS, followed)[0]
    assert first.label == "Now"
    assert first.text.startswith(f'"Soak" {words}')
    assert "item 2/2, hold 50 °C for 1h; ends " in first.text
    assert "drift +10 min since its start" in first.text
    followed.give_up(RunEnding(EndCode.NOTHING_RUNS, command="cancel_recipe"))
    assert digest_facts(found, Times("utc"), UNICODE, KEYS, followed)[0].label != "Now"


def test_a_quiet_time_says_so(path: Path) -> None:
    with Record(path) as record:
        quiet = digest(record, UTC + 16_000, UTC + 20_000, channels=[])
    said = " ".join(fact.text for fact in digest_facts(quiet, Times("utc"), UNICODE, KEYS))
    assert "none: the data are whole" in said
    assert "none began or ended" in said
    assert "none was raised" in said
