"""`xovac-tui load` is `L` without a screen: the same check, refusals and entry in the record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from tests.helpers.commandline import CommandLine, Script, clean_environment
from xovac_tui import paths
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.cli import sending
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment
from xovac_tui.config import Profile, Settings
from xovac_tui.recipes.findings import FindingCode, finding
from xovac_tui.recipes.plan import Plan, PlanSettings
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.validation import TEXT, wrong_value

SOAK = """# Ours.
name = "Soak"
limits = { min = -30, max = 65 }
[[steps]]
to = 60
rate = 2
[[steps]]
repeat = 2
[[steps.steps]]
hold = "1h"
[[steps.steps]]
to = 20
over = "30min"
"""
SETTINGS = '[profiles.bench]\nurl = "http://chamber.lab:8080"\ncontracts = ["own.toml"]\n'
CONTRACT = '[messages.sensor_data]\n"part" = { channel = "part", unit = "degC", role = "controlled" }\n'
ITEMS = [
    [60.0, 1185.0, 0.0],
    [60.0, 3600.0, 0.0],
    [20.0, 1800.0, 0.0],
    [20.0, 3600.0, 0.0],
    [20.0, 1800.0, 0.0],
]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sending, "FIRST_DATA", 0.2)
    monkeypatch.setattr(sending, "ANY_DATA", 0.2)
    line = CommandLine(tmp_path, capsys)
    line.settings(SETTINGS)
    (tmp_path / "own.toml").write_text(CONTRACT)
    (tmp_path / "soak.toml").write_text(SOAK)
    return line


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    found = Script()
    found.fresh = True
    found.messages = [("sensor_data", '{"part": 20.5}')]
    found.answer("load_recipe", "success")
    found.install(monkeypatch)
    return found


def test_it_is_planned_from_the_measured_temperature_and_sent_once(line: CommandLine, script: Script) -> None:
    said = line("load", "soak.toml", "--yes")
    assert (said.code, said.out) == (0, '{"result":"success","message":""}\n')
    ((event, payload),) = script.sent
    assert event == "load_recipe"
    assert json.loads(payload) == {"name": "Soak", "recipe": ITEMS}
    assert "Recipe    Soak, 5 items, 3h 19m 45s" in said.err
    assert "From      20.5 °C measured: part" in said.err
    assert "Now       UNKNOWN" in said.err


def test_the_record_holds_plan_hash_settings_and_the_files_text(line: CommandLine, script: Script) -> None:
    assert line("load", "soak.toml", "--yes").code == 0
    with Record(paths.record_file("bench")) as record:
        found = lists.load(record, 1)
    assert found is not None
    payload = script.sent[0][1]
    assert (found.name, found.outcome, found.payload) == ("Soak", "success", payload)
    assert found.hash == lists.payload_hash(payload)
    assert found.source == SOAK
    plan = msgspec.json.decode(found.plan, type=Plan)
    assert [segment.where for segment in plan.segments][1:3] == ["step 2.1", "step 2.2"]
    assert plan.start_temperature == 20.5
    assert msgspec.json.decode(found.settings, type=PlanSettings).tolerance == 3.0


def test_what_records_next_finds_which_recipe_the_run_executes(line: CommandLine, script: Script) -> None:
    assert line("load", "soak.toml", "--yes").code == 0
    choice = RecordChoice(path=paths.record_file("bench"), settings=Settings().record, may_record=True)
    recorder = script.build(ChamberSetup("bench", Profile(), load_contract(())), Equipment(record=choice))

    async def record() -> None:
        async with recorder:
            assert await recorder.record_read(10)
            async with asyncio.timeout(10):
                while recorder.runs.loaded is None:
                    recorder.tick()
                    await asyncio.sleep(0.05)

    asyncio.run(record())
    assert recorder.runs.loaded is not None
    assert recorder.runs.loaded.name == "Soak"
    assert recorder.runs.loaded.hash == lists.payload_hash(script.sent[0][1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 1", f"soak.toml: {wrong_value('name', 1, TEXT)}"),
        (
            SOAK.replace("to = 60", "to = 70"),
            finding(FindingCode.ABOVE_PART, (0,), target=70.0, limit=65.0).sentence,
        ),
        (
            SOAK.replace("to = 20", "to = -40"),
            finding(FindingCode.BELOW_PART, (1, 1), target=-40.0, limit=-30.0).sentence,
        ),
        (
            SOAK.replace("repeat = 2", "repeat = 400"),
            finding(FindingCode.TOO_MANY_ITEMS, items=801, most=500).message,
        ),
    ],
)
def test_what_must_not_be_sent_is_not_sent(line: CommandLine, script: Script, text: str, said: str) -> None:
    (line.home / "soak.toml").write_text(text)
    found = line("load", "soak.toml", "--yes")
    assert found.code == 2
    assert said in found.err
    assert found.out == ""
    assert script.sent == []


def test_it_is_said_where_nothing_will_record_the_run(line: CommandLine, script: Script) -> None:
    assert "Recording none: no program on this machine records this chamber." in (
        line("load", "soak.toml", "--yes").err
    )
    lock = WriterLock(paths.record_file("bench"))
    assert lock.acquire()
    try:
        assert "Recording none" not in line("load", "soak.toml", "--yes").err
    finally:
        lock.release()
    line.settings(SETTINGS + "record = false\n")
    assert "Recording none: the settings say `record = false`" in line("load", "soak.toml", "--yes").err


def test_it_waits_for_the_state_that_the_contract_names(line: CommandLine, script: Script) -> None:
    (line.home / "own.toml").write_text(
        CONTRACT + '[messages.status]\n"mode" = { role = "state", running = ["running"] }\n'
    )
    script.messages = [("sensor_data", '{"part": 20.5}')] * 3 + [("status", '{"mode": "running"}')]
    assert "Now       RUNNING" in line("load", "soak.toml", "--yes").err


def test_a_file_that_is_not_there_connects_to_nothing(line: CommandLine, script: Script) -> None:
    said = line("load", "none.toml", "--yes")
    assert said.code == 2
    assert "none.toml does not exist" in said.err
    assert script.target is None


def test_observe_refuses_before_it_connects(line: CommandLine, script: Script) -> None:
    said = line("--observe", "load", "soak.toml", "--yes")
    assert said.code == 4
    assert "observe only" in said.err
    assert script.target is None


def test_a_lost_link_and_a_refusal_of_the_chamber_have_the_codes_of_send(
    line: CommandLine, script: Script
) -> None:
    script.answer("load_recipe", "warning", "It runs.")
    said = line("load", "soak.toml", "--yes")
    assert (said.code, said.out) == (3, '{"result":"warning","message":"It runs."}\n')
    script.answers.clear()
    assert line("load", "soak.toml", "--yes", "--timeout", "0.1").code == 5
    script.statuses = [LinkView(LinkWord.OFFLINE, why="Off.", code=LinkCode.NOTHING_LISTENS)]
    said = line("load", "soak.toml", "--yes")
    assert (said.code, said.err) == (6, "Off. load_recipe was not sent. [connection-refused]\n")


def test_without_yes_and_without_a_person_nothing_is_sent(line: CommandLine, script: Script) -> None:
    said = line("load", "soak.toml")
    assert said.code == 2
    assert "Add --yes" in said.err
    assert script.target is None


@pytest.mark.parametrize(("answer", "sent"), [("y", 1), ("n", 0), ("", 0)])
def test_a_person_is_shown_what_is_loaded(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int
) -> None:
    monkeypatch.setattr(sending, "on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    said = line("load", "soak.toml")
    assert 'Load "Soak": 5 items, 3h 19m 45s?' in said.err
    assert "  From     20.5 °C measured: part" in said.err
    assert len(script.sent) == sent
    assert said.code == (0 if sent else 4)


def test_a_chamber_that_began_to_run_meanwhile_is_left_alone(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line.home / "own.toml").write_text(
        CONTRACT + '"mode" = { role = "state", running = ["running"], idle = ["idle"] }\n'
    )
    script.messages = [("sensor_data", '{"part": 20.5, "mode": "idle"}')]
    monkeypatch.setattr(sending, "on_terminal", lambda: True)

    def meanwhile(_: str) -> str:
        script.messages = [("sensor_data", '{"part": 20.5, "mode": "running"}')]
        return "y"

    monkeypatch.setattr("click.termui.visible_prompt_func", meanwhile)
    said = line("load", "soak.toml")
    assert said.code == 4
    assert "went from IDLE to RUNNING meanwhile, so load_recipe was not sent" in said.err
    assert script.sent == []


def test_status_of_a_record_that_only_a_load_began_wants_an_address(
    line: CommandLine, script: Script
) -> None:
    url = "http://chamber.lab:8080"
    assert line("load", "soak.toml", "--yes", "--url", url).code == 0
    line.settings("")
    said = line("status")
    assert said.code == 2
    assert "no program has recorded it yet. Give it with --url." in said.err


def test_runs_of_a_record_that_only_a_load_began_say_so(line: CommandLine, script: Script) -> None:
    assert line("load", "soak.toml", "--yes").code == 0
    said = line("runs").out
    assert "No recorder has run for this chamber yet: the record holds only commands" in said
    assert "session  began" not in said
    assert "No run was recorded yet." in said
