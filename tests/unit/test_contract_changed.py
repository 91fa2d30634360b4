"""A contract that changes while a station runs: in force at once, for all its parts, and in the record."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.console import URL, FakeClock, FakeLink, make_station, recorder_of
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.analysis.settings import InsightSettings, StabilitySettings
from xovac_tui.api.contract import Contract
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.chamber.alarm import AlarmEvent, AlarmState, AlarmView
from xovac_tui.chamber.news import AlarmsChanged, ContractChanged, ContractProblemChanged
from xovac_tui.chamber.snapshot import ChannelView, Outcome, Quality, RunState
from xovac_tui.config import Profile
from xovac_tui.errors import ContractError
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import AUDITED, RecordedChange
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.station.contract_files import ContractFiles, ContractReading
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.station import Station

NAMED = """
[messages.dev]
"t" = { channel = "plate", label = "Plate A", unit = "degC", pin = true, role = "controlled" }
"p" = { channel = "pressure", unit = "mbar", log = true, role = "pressure" }
"mode" = { role = "state", running = ["run"], idle = ["rest"] }
[commands.vent]
title = "Vent"
hazard = "safe"
ack = "vent_ack"
"""


class Bench:
    """A running station on a fake link, with a contract file that a test writes."""

    def __init__(
        self,
        folder: Path,
        text: str = "",
        *,
        rules: Sequence[Rule] = (),
        record: bool = False,
        clock: FakeClock | None = None,
    ) -> None:
        self.clock, self.file = clock or FakeClock(), folder / "own.toml"
        self.link = FakeLink(self.clock)
        self.write(text)
        contract = load_contract((self.file,))
        profile = Profile(url=URL, contracts=(str(self.file),), recipe=RecipeSettings(max=80.0))
        self.record = folder / "r.sqlite3"
        choice = RecordChoice(path=self.record, settings=RecordSettings()) if record else None
        self.station: LiveStation = make_station(
            self.clock,
            self.link,
            profile=profile,
            contract=contract,
            record=choice,
            watchlist=watchlist(AlarmSettings(), profile.recipe, contract, rules, records=record),
        )
        self.news: list[News] = []
        self.station.subscribe(self.news.append)

    async def __aenter__(self) -> Bench:
        await self.station.__aenter__()
        await asyncio.wait_for(self.link.running.wait(), 10)
        assert await self.station.record_read(10)
        self.link.push(LinkWord.ONLINE)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.station.__aexit__(None, None, None)

    def write(self, text: str) -> None:
        """Write the contract file at once, as a careful editor does."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.file)

    def say(self, seconds: int = 1, **leaves: Any) -> None:
        """Let the device report once a second."""
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.link.deliver("dev", json.dumps({"t": 20.5, "p": 5e-6, "mode": "rest", **leaves}))
            self.station.tick()

    def put(self, text: str) -> bool:
        """Put a contract of this text in force."""
        self.write(text)
        return self.station.change_contract(load_contract((self.file,)))

    def channel(self, full_name: str) -> ChannelView:
        return next(one for one in self.station.snapshot().channels if one.full_name == full_name)

    def alarms(self) -> dict[str, tuple[AlarmState, bool]]:
        return {one.rule: (one.state, one.active) for one in self.station.alarms.view().alarms}

    def alarm(self, rule: str) -> AlarmView:
        return next(one for one in self.station.alarms.view().alarms if one.rule == rule)

    def changes(self) -> list[tuple[str, AlarmEvent]]:
        found = [one.changes for one in self.news if isinstance(one, AlarmsChanged)]
        return [(one.rule, one.event) for changes in found for one in changes]


async def test_names_units_and_roles_are_in_force_at_once(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.say(seconds=3)
        assert b.channel("dev.t").unit == ""
        assert b.station.snapshot().run.state is RunState.UNKNOWN
        history = b.station.chamber.history("dev.t")
        assert b.put(NAMED)
        plate = b.channel("dev.t")
        assert (plate.label, plate.name, plate.unit, plate.value) == ("Plate A", "plate", "degC", 20.5)
        assert (plate.pinned, plate.quality) == (True, Quality.GOOD)
        snapshot = b.station.snapshot()
        # What it means now is known from the newest values, and is no change that the chamber reported.
        assert (snapshot.run.state, snapshot.run.actual) == (RunState.IDLE, 20.5)
        assert [mark.kind for mark in snapshot.marks] == []
        assert b.station.chamber.history("dev.t") is history
        assert history is not None
        assert history.first == 1001.0
        assert "vent" in b.station.contract.commands
        assert b.station.plan_settings().pressure_reported
        assert not b.put(NAMED), "the same contract is another one"
        assert len([one for one in b.news if isinstance(one, ContractChanged)]) == 1
        assert b.link.emitted == [], "a contract sends something"


async def test_a_channel_that_never_came_goes_with_its_name(tmp_path: Path) -> None:
    async with Bench(tmp_path, NAMED + '[messages.ghost]\n"x" = { channel = "ghost" }\n') as b:
        b.say()
        assert b.channel("ghost.x").quality is Quality.NO_DATA
        b.put("")
        assert [one.full_name for one in b.station.snapshot().channels] == ["dev.t", "dev.p", "dev.mode"]
        assert {one.origin for one in b.station.snapshot().channels} == {None}
        assert b.station.snapshot().run.state is RunState.UNKNOWN


async def test_the_state_is_the_same_after_as_by_a_new_start(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.link.deliver("other", json.dumps({"a": 1, "t": 2}))
        b.say()
        b.put(NAMED)
        live = [(one.full_name, one.label) for one in b.station.snapshot().channels]
        again = Bench(tmp_path, NAMED, clock=b.clock)
        async with again:
            again.link.deliver("other", json.dumps({"a": 1, "t": 2}))
            again.say()
            assert [(one.full_name, one.label) for one in again.station.snapshot().channels] == live


async def test_which_values_count_is_judged_anew(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.say(t=9999.0, p="4.2e-6")
        assert b.channel("dev.p").value is None
        b.put('[messages.dev]\n"t" = { unit = "degC", valid = [-50, 150] }\n"p" = { unit = "mbar" }\n')
        assert (b.channel("dev.t").quality, b.channel("dev.t").value) == (Quality.BAD, None)
        assert b.channel("dev.t").problem
        assert b.channel("dev.p").value == 4.2e-6
        b.put("")
        assert (b.channel("dev.t").quality, b.channel("dev.t").value) == (Quality.GOOD, 9999.0)


async def test_an_old_short_name_leads_to_the_channel_still(tmp_path: Path) -> None:
    rule = HighRule(name="hot", channel="plate", limit=30.0)
    async with Bench(tmp_path, NAMED, rules=[rule]) as b:
        b.say(t=35.0)
        assert b.alarms()["hot"] == (AlarmState.UNACKNOWLEDGED, True)
        b.put(NAMED.replace('channel = "plate"', 'channel = "plate_a", aliases = ["plate"]'))
        assert b.station.chamber.find("plate") is b.station.chamber.find("plate_a")
        assert b.channel("dev.t").aliases == ("plate",)
        b.say(t=36.0)
        assert b.alarms()["hot"] == (AlarmState.UNACKNOWLEDGED, True)
        assert b.changes() == [("hot", AlarmEvent.RAISED)], "an alarm begins anew by a name"
        # A name that another channel has now is that one's.
        other = NAMED.replace('channel = "plate"', 'channel = "plate_a"')
        b.put(other.replace('channel = "pressure"', 'channel = "plate"'))
        found = b.station.chamber.find("plate")
        assert found is not None
        assert found.full_name == "dev.p"


async def test_an_active_alarm_is_worded_by_the_names_and_units_of_now(tmp_path: Path) -> None:
    rule = HighRule(name="hot", channel="plate", limit=10.0)
    async with Bench(tmp_path, NAMED, rules=[rule]) as b:
        b.say(t=35.0)
        b.put(NAMED.replace('label = "Plate A", unit = "degC"', 'label = "Shroud", unit = "K"'))
        b.say(t=36.0)
        view = b.alarm("hot")
        assert (view.value, view.limit) == ("36.00 K", "10.00 K")
        assert view.text.startswith("Shroud is 36.00 K")
        b.say(t=5.0)
        b.say(t=37.0)
        assert b.changes()[-1] == ("hot", AlarmEvent.RAISED)
        view = b.alarm("hot")
        assert view.text.startswith("Shroud is 37.00 K")


async def test_expressions_know_old_names_and_new_units(tmp_path: Path) -> None:
    rule = HighRule(name="hot", value="plate - 0 degC", limit=300.0)
    async with Bench(tmp_path, NAMED, rules=[rule]) as b:
        b.say(t=35.0)
        b.put(NAMED.replace('channel = "plate"', 'channel = "part", aliases = ["plate"]'))
        b.say(t=35.0)
        view = b.alarm("hot")
        assert view.value == "35.0 K"


async def test_default_rules_follow_roles_and_units(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.say(t=90.0)
        name = "part too hot"
        assert b.alarm(name).off
        b.put(NAMED)
        b.say(t=90.0, seconds=40)
        assert b.alarms()[name] == (AlarmState.UNACKNOWLEDGED, True)
        # In K the same number is far below the limit, and the alarm's life goes on.
        b.put(NAMED.replace('"degC"', '"K"'))
        b.say(t=90.0, seconds=40)
        assert b.alarms()[name] == (AlarmState.RETURNED, False)
        # Without its role nothing is watched any more.
        b.put(NAMED.replace(', role = "controlled"', ""))
        assert b.alarms()[name] == (AlarmState.NORMAL, False)
        assert b.changes()[-1] == (name, AlarmEvent.REMOVED)


async def test_an_alarm_of_another_channel_is_another_alarm(tmp_path: Path) -> None:
    rule = HighRule(name="hot", channel="plate", limit=30.0)
    async with Bench(tmp_path, NAMED, rules=[rule]) as b:
        b.say(t=35.0)
        assert b.station.alarms.shelve("hot", 3600.0, "known") is None
        b.put(NAMED.replace('"plate"', '"part"').replace('"pressure", u', '"plate", u'))
        assert b.alarms()["hot"] == (AlarmState.NORMAL, False), "a shelf hides another channel"
        b.say(p=40.0)
        assert b.alarms()["hot"] == (AlarmState.UNACKNOWLEDGED, True)


async def test_a_command_under_way_is_answered_as_it_was_sent(tmp_path: Path) -> None:
    async with Bench(tmp_path, NAMED) as b:
        b.say()
        sending = asyncio.ensure_future(b.station.send("vent"))
        await asyncio.sleep(0)
        b.put("")
        b.link.answer("vent")
        assert (await sending).outcome is Outcome.SUCCESS
        assert b.link.emitted == [("vent", "")]


async def test_what_was_agreed_to_by_another_contract_is_not_sent(tmp_path: Path) -> None:
    async with Bench(tmp_path, NAMED) as b:
        b.say()
        prepared = b.station.prepare("vent")
        b.put(NAMED.replace("[commands.vent]", '[commands.vent]\nmeans = "Opens the valve."'))
        entry = await b.station.send_prepared(prepared)
        assert entry.outcome is Outcome.REFUSED
        assert entry.reason == Refusal(RefusalCode.OTHER_CONTRACT, "vent").sentence
        assert b.link.emitted == []


async def test_another_form_of_stop_is_not_proven(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.say()
        before = b.station.prepare("cancel_recipe").spec.form
        b.put('[commands.cancel_recipe]\nsends = "nothing"\n')
        assert b.station.prepare("cancel_recipe").spec.form != before
        sending = asyncio.ensure_future(b.station.stop())
        await asyncio.sleep(0)
        assert b.link.emitted == [("cancel_recipe", ())]
        sending.cancel()


async def test_dwell_that_was_credited_stays_and_a_run_goes_on(tmp_path: Path) -> None:
    async with Bench(tmp_path, NAMED) as b:
        b.say()
        b.say(mode="run", seconds=5)
        run = b.station.runs.running
        assert run is not None
        b.put(NAMED.replace('label = "Plate A"', 'label = "Part"'))
        b.say(mode="run", seconds=5)
        assert b.station.runs.running is run
        view = run.view()
        assert view.elapsed is not None
        assert view.elapsed >= 9


def changes_of(path: Path) -> list[RecordedChange]:
    with Record(path) as record:
        return [one for one in lists.changes(record) if one.kind == "contract"]


async def test_the_record_says_what_changed_and_from_which_event_on(tmp_path: Path) -> None:
    async with Bench(tmp_path, record=True) as b:
        b.say(seconds=4)
        b.write('[messages.dev]\n"p" = { unit = "mbar" }\n')
        assert await b.station.reread_contract() is None
        b.say(seconds=3)
        await asyncio.to_thread(recorder_of(b.station).flush)
        first, change = changes_of(b.record)
        assert first.before == ""
        assert change.text.startswith('messages.dev."p".unit: nothing -> mbar; effective: ')
        assert (change.position, change.who) == (4, "ada@lab")
        assert AUDITED["changes"].what({"kind": "contract", "text": "x", "position": "4"}) == (
            "contract from event 4 on: x"
        )
        assert json.loads(change.after)["messages"] == {'dev."p"': {"unit": "mbar"}}
        with Record(b.record) as record:
            units = {one.name: one.unit for one in record.channels()}
            (session,) = lists.sessions(record)
        assert units["dev.p"] == "mbar"
        assert session.about.channels == {"dev.p": ("", "mbar")}
        b.put("")
        await asyncio.to_thread(recorder_of(b.station).flush)
        assert changes_of(b.record)[-1].text.startswith('messages.dev."p".unit: mbar -> nothing; ')
    assert verify(b.record).well


async def test_the_past_is_judged_by_the_contract_of_now(tmp_path: Path) -> None:
    text = '[messages.dev]\n"t" = { unit = "degC" }\n'
    async with Bench(tmp_path, text, record=True) as b:
        b.say(seconds=60, t=20.0)
        b.say(seconds=5, t=9999.0)
    async with Bench(
        tmp_path, '[messages.dev]\n"t" = { unit = "degC" }\n', record=True, clock=b.clock
    ) as two:
        history = two.station.history("dev.t")
        assert history is not None
        start, end = two.clock.mono() - 70, two.clock.mono()
        assert max(x for x in history.window(start, end, 10).highs if x == x) == 9999.0
        two.put('[messages.dev]\n"t" = { unit = "degC", valid = [-50, 150] }\n')
        assert max(x for x in history.window(start, end, 10).highs if x == x) == 20.0


async def test_a_file_that_changes_is_read_again_by_itself(tmp_path: Path) -> None:
    async with Bench(tmp_path) as b:
        b.say()
        assert b.station.contract_files == (b.file,)
        changed = asyncio.Event()
        b.station.subscribe(lambda news: changed.set() if isinstance(news, ContractChanged) else None)
        b.write(NAMED)
        await asyncio.wait_for(changed.wait(), 20)
        assert b.channel("dev.t").label == "Plate A"
        assert b.link.emitted == []


async def test_a_file_that_is_touched_all_the_time_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = itertools.count()
    monkeypatch.setattr(ContractFiles, "stamp", lambda _: ((next(times), 0, 0),))
    for name, seconds in (("LOOK_EVERY", 0.02), ("SETTLE", 0.02), ("SETTLE_AT_MOST", 0.1)):
        monkeypatch.setattr(f"xovac_tui.station.live.{name}", seconds)
    async with Bench(tmp_path) as b:
        changed = asyncio.Event()
        b.station.subscribe(lambda news: changed.set() if isinstance(news, ContractChanged) else None)
        # Not the first reading, which waits for nothing.
        await b.station.reread_contract()
        b.write(NAMED)
        await asyncio.wait_for(changed.wait(), 5)


async def test_a_bad_file_leaves_the_contract_in_force_and_is_told_once(tmp_path: Path) -> None:
    async with Bench(tmp_path, NAMED) as b:
        b.say()
        b.write(NAMED.replace('unit = "mbar"', 'unit = "degC"'))
        problem = await b.station.reread_contract()
        assert problem is not None
        assert problem is b.station.contract_problem
        assert f'{b.file}: `messages.dev."p".unit`' in problem.sentence
        assert await b.station.reread_contract() is problem
        assert b.channel("dev.p").unit == "mbar"
        b.write("[messages.dev\n")
        problem = await b.station.reread_contract()
        assert problem is not None
        assert "line 1" in problem.sentence
        b.write(NAMED)
        assert await b.station.reread_contract() is None
        told = [one.problem is None for one in b.news if isinstance(one, ContractProblemChanged)]
        assert told == [False, False, True]
        b.file.unlink()
        problem = await b.station.reread_contract()
        assert problem is not None
        assert b.channel("dev.t").label == "Plate A"


async def test_other_files_can_take_the_place_of_those_of_the_profile(tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text(NAMED)
    async with Bench(tmp_path) as b:
        b.say()
        assert await b.station.reread_contract([new]) is None
        assert b.station.contract_files == (new,)
        assert b.channel("dev.t").label == "Plate A"


@pytest.mark.parametrize("leaves", [0, 5_000])
def test_ten_thousand_channels_change_in_a_moment(tmp_path: Path, leaves: int) -> None:
    named = "".join(f'"c{n}" = {{ channel = "c{n}", unit = "mbar" }}\n' for n in range(leaves))
    file = tmp_path / "many.toml"
    file.write_text(f"[messages.dev]\n{named}")
    clock = FakeClock()
    station = make_station(clock, FakeLink(clock), contract=documented_contract())
    many: Contract = load_contract((file,))
    assert station.change_contract(many)
    assert len(station.snapshot().channels) == leaves
    assert station.change_contract(documented_contract())
    assert station.snapshot().channels == ()


async def test_a_viewer_keeps_what_the_recorder_reports(tmp_path: Path) -> None:
    rule = HighRule(name="hot", channel="plate", limit=30.0)
    one = Bench(tmp_path, NAMED, rules=[rule], record=True)
    two = Bench(tmp_path, NAMED, rules=[rule], record=True, clock=one.clock)
    async with one, two:
        one.say(t=35.0)
        await asyncio.to_thread(recorder_of(one.station).flush)
        two.say(t=35.0)
        assert two.station.alarms.view().mirrored
        assert two.alarms()["hot"] == (AlarmState.UNACKNOWLEDGED, True)
        two.put(NAMED.replace('channel = "plate"', 'channel = "part"'))
        # Here no channel has that name now; the recorder goes by the other contract still.
        assert two.alarms()["hot"] == (AlarmState.UNACKNOWLEDGED, True)
        assert two.changes()[-1] == ("hot", AlarmEvent.RAISED)
        one.put(NAMED.replace('channel = "plate"', 'channel = "part"'))
        assert one.changes()[-1] == ("hot", AlarmEvent.REMOVED)
        await asyncio.to_thread(recorder_of(one.station).flush)
        two.say(t=35.0)
        assert two.alarms()["hot"] == (AlarmState.NORMAL, False)


async def test_the_settings_may_name_a_channel_as_it_was_called(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(NAMED.replace('channel = "plate"', 'channel = "part", aliases = ["plate"]'))
    clock = FakeClock()
    link = FakeLink(clock)
    insight = InsightSettings(stability=StabilitySettings(channels=("plate",)))
    async with make_station(clock, link, contract=load_contract((file,)), insight=insight) as station:
        await link.running.wait()
        view = station.insight.view(station.snapshot())
        assert {one.channel.full_name for one in view.judged} == {"dev.t"}
        assert view.problems == ()


async def test_a_disk_that_hangs_holds_up_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    read = ContractFiles.read

    def hang(files: ContractFiles) -> ContractReading:
        answers.wait(20)
        return read(files)

    monkeypatch.setattr(ContractFiles, "read", hang)
    monkeypatch.setattr("xovac_tui.station.live.ANSWERS_WITHIN", 0.05)
    async with Bench(tmp_path) as b:
        b.say()
        problem = await b.station.reread_contract()
        assert problem is not None
        answers.set()
        b.write(NAMED)
        monkeypatch.setattr("xovac_tui.station.live.ANSWERS_WITHIN", 20.0)
        assert await b.station.reread_contract() is None
        assert b.channel("dev.t").label == "Plate A"


def test_a_replay_keeps_its_contract() -> None:
    with pytest.raises(ContractError):
        Station.change_contract(None, documented_contract())  # type: ignore[arg-type]
