"""A message that is one value and no object: a channel under the event's own name, like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.record import UTC, event, writer
from xovac_tui.api.contract import LeafTable, Role
from xovac_tui.api.contracts.editing import edited, leaf_change, read_source, save
from xovac_tui.api.contracts.guesses import guesses_of_all, with_guesses
from xovac_tui.api.contracts.samples import Observed
from xovac_tui.api.contracts.tables import leaf_at
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.displayunits import AS_REPORTED
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.log import Log
from xovac_tui.ui.screens.log.changes import ChangedValues

CAME = (("state", "STANDBY"), ("p_mbar", 3.5), ("shroud_degC", "21.5"), ("pump", True), ("door", "open"))
CONTRACT = """[messages.state]
"" = { role = "state", running = ["RUN"], idle = ["STANDBY"] }
[messages.shroud_degC]
"" = { channel = "shroud", unit = "degC" }
[messages.door]
"" = { channel = "door_gauge", unit = "mbar" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(CONTRACT)
    return path


def fed(chamber: Chamber, *more: tuple[str, object]) -> dict[str, object]:
    """Return the channels with their values after these messages."""
    chamber.link_changed(LinkView(LinkWord.ONLINE, UTC, 0.0), UTC, 0.0)
    for number, (name, value) in enumerate((*CAME, *more)):
        chamber.apply(event(float(number), value, name=name))
    found = chamber.snapshot(UTC + 9, 9.0)
    assert found.counters.malformed == 0
    return {one.full_name: one.text or one.value for one in found.channels}


def test_each_is_a_channel_of_the_events_name() -> None:
    assert fed(Chamber(documented_contract())) == {
        "state": "STANDBY",
        "p_mbar": 3.5,
        "shroud_degC": 21.5,
        "pump": "on",
        "door": "open",
    }


def test_a_long_text_is_no_channel_and_broken_json_is_malformed() -> None:
    chamber = Chamber(documented_contract())
    for text in ("pump down " * 10, '{"a": 1'):
        chamber.apply(event(1.0, text, name="note"))
    found = chamber.snapshot(UTC, 1.0)
    assert (found.channels, found.counters.malformed) == ((), 1)


def test_a_contract_names_it_by_an_empty_path(file: Path) -> None:
    chamber = Chamber(load_contract([file]))
    assert fed(chamber, ("state", "RUN"))["door"] is None, "a gauge does not say words"
    found = chamber.snapshot(UTC + 9, 9.0)
    assert found.run.state is RunState.RUNNING
    assert [one.name for one in found.channels if one.problem] == ["door_gauge"]


def test_guesses_for_it_are_saved_and_read_again(tmp_path: Path) -> None:
    observed = Observed()
    for name, value in (*CAME, ("report", {"state": "STANDBY"})):
        observed.take(name, event(0.0, value, name=name).payload.value)
    found = guesses_of_all(observed, documented_contract())
    leaves = {at[1]: with_guesses(LeafTable(), found[at]) for at in found}
    assert leaves["state"].role is Role.STATE
    assert (leaves["p_mbar"].unit, leaves["shroud_degC"].unit) == ("mbar", "degC")
    assert leaves["state"].channel == "state"
    assert leaves["report"].channel == "state_2", "the other is the full name of a channel"
    assert leaf_at("state", "") in found
    path = tmp_path / "new.toml"
    save(edited(read_source(path), [leaf_change(one, "", leaves[one]) for one, _ in CAME]))
    named = load_contract([path]).messages
    assert {one: named[one].leaves[0].path for one, _ in CAME} == dict.fromkeys((one for one, _ in CAME), "")


def test_the_log_shows_it_by_its_name_and_unit_where_the_contract_has_them(file: Path) -> None:
    log, changes = Log(10), ChangedValues(load_contract([file]), AS_REPORTED)
    for name, value in (("shroud_degC", 21.5), ("shroud_degC", 21.75), ("p_mbar", 3.5), ("shroud_degC", "")):
        log.append(event(0.0, value, name=name))
    shown = [changes.values(log, one) for one in log.scan()]
    assert [values and values[0].text for values in shown] == [
        "shroud +21.5",
        "shroud +21.5→+21.8",
        None,
        None,
    ]


def test_a_message_without_a_value_is_not_drafted() -> None:
    observed = Observed()
    for value in ("", None, '{"a": 1'):
        observed.take("x", event(0.0, value).payload.value)
    assert (list(observed), observed.counts) == ([], {"x": 3})


def test_the_record_has_its_numbers_and_leaves_out_its_words(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "r.sqlite3"
    made = writer(path)
    for second in range(600):
        for name, value in CAME:
            made.event(event(float(second), value, name=name))
    made.commit(UTC + 600)
    made.close(UTC + 600)
    with Record(path) as record:
        record.judge_by(load_contract([file]))
        windows = Windows(record)
        for name, value in (("p_mbar", 3.5), ("shroud_degC", 21.5), ("pump", 1.0)):
            bins = windows.window([name], UTC, UTC + 600, 10)[name]
            assert set(bins.lows) == {value}, name
        assert windows.summary("state", UTC, UTC + 600) is None
        assert {one.name for one in record.channels()} >= {"p_mbar", "pump"}
