"""A contract file that is edited is always valid, keeps its comments, and is written whole or not at all."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.meanwhile import needs_locks, saved_meanwhile
from xovac_tui.api.contract import Confirm, Hazard, LeafTable, Role
from xovac_tui.api.contracts import editing
from xovac_tui.api.contracts.editing import (
    ContractChange,
    ContractConflictError,
    EditCode,
    EditRefusedError,
    checked,
    command_changes,
    edited,
    file_of,
    leaf_change,
    read_source,
    renamed,
    save,
    unwritable,
)
from xovac_tui.api.contracts.tables import (
    command_at,
    command_table,
    confirm_at,
    key_of,
    leaf_at,
    leaf_table,
    response_at,
)
from xovac_tui.api.loader import load_contract, read_contract
from xovac_tui.api.wireform import Sends, WireForm
from xovac_tui.errors import SettingsError

TEXT = """# What we know about bench-1.
source = "lab notes" # by Ida

[messages.telemetry] # twice a second
"p_mbar" = { channel = "pressure", unit = "hPa", role = "pressure" } # gauge 3
"a" = { channel = "plate_a", unit = "°C" }

[commands.go]
timeout = "1.5min" # it is slow
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bench-1.toml"
    path.write_text(TEXT)
    return path


def codes(error: pytest.ExceptionInfo[EditRefusedError]) -> list[EditCode]:
    return [problem.code for problem in error.value.problems]


def test_a_leaf_is_changed_and_all_else_stays(file: Path) -> None:
    source = read_source(file)
    leaf = source.contract.messages["telemetry"].leaves[1]
    edit = edited(source, [leaf_change("telemetry", "a", msgspec.structs.replace(leaf, pin=True))])
    saved = save(edit)
    assert file.read_text() == TEXT.replace('"°C" }', '"°C", pin = true }')
    assert saved == read_source(file)
    assert saved.contract.messages["telemetry"].leaves[1].pin
    assert [one.where for one in edit.differences] == [("messages", "telemetry", "a", "pin")]
    assert save(checked(saved, source.raw or b"")).text == TEXT, "undone"


def test_what_means_the_same_keeps_its_spelling(file: Path) -> None:
    source = read_source(file)
    same = [
        leaf_change("telemetry", leaf.path, leaf) for leaf in source.contract.messages["telemetry"].leaves
    ]
    command = command_table(source.contract.commands["go"]) | {"title": "Go"}
    edit = edited(source, [*same, ContractChange(command_at("go"), command)])
    added = 'timeout = "1.5min" # it is slow\ntitle = "Go"\n'
    assert edit.raw.decode() == TEXT.replace('timeout = "1.5min" # it is slow\n', added)


def test_all_that_a_file_can_say_is_set_and_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "new" / "contracts" / "x.toml"
    source = read_source(path, simulator=True)
    assert (source.raw, source.given(("start",))) == (None, None)
    go = {
        "title": "Go",
        "help": "h",
        "means": "m",
        "ack": "callback",
        "hazard": "critical",
        "timeout": "2min",
        "source": "p. 3",
        "fields": {"rate to": {"type": "float", "unit": "K/min", "max": 3.0}, "n": {"type": "int"}},
        "arguments": ["rate to", "n"],
        "confirm": {"role": "state", "becomes": "running"},
    }
    changes = [
        ContractChange(command_at("go on"), go),
        ContractChange(command_at("stop"), {"sends": "nothing", "ack": "stopped"}),
        ContractChange(response_at("stopped"), {"command": "stop", "warnings": ["idle"]}),
        ContractChange(command_at("cancel_recipe"), {"sends": "nothing"}),
        ContractChange(confirm_at("cancel_recipe"), {"role": "state", "becomes": "idle"}),
        leaf_change("box", '"p.mbar"', LeafTable(channel="p", unit="mbar", log=True)),
        *(ContractChange((key,), text) for key, text in [("start", "go on"), ("origin", "assumed")]),
        ContractChange(("source",), 'Ida "the pump"'),
    ]
    saved = save(edited(source, changes))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    contract = load_contract([path], simulator=True)
    assert contract == saved.contract
    command = contract.commands["go on"]
    assert (contract.start, command.timeout, command.form.arguments) == ("go on", 120.0, ("rate to", "n"))
    assert command_table(command) == {key: go[key] for key in go if key != "source"} | {"timeout": "120s"}
    gone = save(edited(saved, [ContractChange(change.where) for change in changes]))
    assert gone.contract == msgspec.structs.replace(source.contract, files=gone.contract.files)
    assert load_contract([path], simulator=True) == gone.contract


def test_a_command_is_changed_where_the_file_has_its_parts(file: Path) -> None:
    apart = '\n[confirm.go]\nrole = "state"\nbecomes = "idle"\n[responses.went]\ncommand = "go"\n'
    file.write_text(TEXT + 'source = "p. 3"\n' + apart)
    source = read_source(file)
    go = source.contract.commands["go"]
    assert (go.ack, go.source) == ("went", "p. 3")
    confirm = Confirm(Role.STATE, becomes="running")
    new = msgspec.structs.replace(go, ack=None, confirm=confirm, hazard=Hazard.CRITICAL)
    saved = save(edited(source, command_changes(source, new)))
    assert saved.contract.commands["go"] == new
    stop = saved.contract.commands["cancel_recipe"]
    formed = stop.in_form(WireForm(Sends.NOTHING), str(file))
    changes = command_changes(saved, msgspec.structs.replace(formed, confirm=confirm))
    saved = save(edited(saved, changes))
    assert saved.contract.commands["cancel_recipe"] == msgspec.structs.replace(formed, confirm=confirm)
    saved = save(edited(saved, command_changes(saved, stop)))
    assert saved.contract.commands["cancel_recipe"] == stop


def test_a_leaf_of_the_shipped_contract_is_overridden_in_the_users_file(tmp_path: Path) -> None:
    source = read_source(tmp_path / "x.toml", simulator=True)
    leaf = next(one for one in source.contract.messages["chamber_state"].leaves if one.path == "water")
    change = leaf_change("chamber_state", "water", msgspec.structs.replace(leaf, label="Cooler"))
    after = edited(source, [change]).contract.messages["chamber_state"].leaves
    assert len(after) == len(source.contract.messages["chamber_state"].leaves)
    given = next(one for one in after if one.path == "water")
    assert leaf_table(given) == leaf_table(leaf) | {"label": "Cooler"}
    assert [given.origin, *{one.origin for one in after if one is not given}] == ["user", "assumed"]


def test_a_renamed_channel_keeps_its_old_name(file: Path) -> None:
    source = read_source(file)
    leaf = source.contract.messages["telemetry"].leaves[1]
    new = renamed(leaf, "base", source.contract, "telemetry.a")
    assert (new.channel, new.aliases) == ("base", ("plate_a",))
    source = save(edited(source, [leaf_change("telemetry", "a", new)]))
    assert 'aliases = ["plate_a"]' in file.read_text()
    back = renamed(new, "plate_a", source.contract, "telemetry.a")
    assert (back.channel, back.aliases) == ("plate_a", ("base",))
    edited(source, [leaf_change("telemetry", "a", back)])


def test_names_that_collide_are_refused(file: Path) -> None:
    source = read_source(file)
    a = source.contract.messages["telemetry"].leaves[1]
    for name in ("Pressure", "telemetry.p_mbar"):
        with pytest.raises(EditRefusedError, match="Choose another name") as error:
            edited(source, [leaf_change("telemetry", "a", msgspec.structs.replace(a, channel=name))])
        assert codes(error) == [EditCode.NAME_TAKEN]
    with pytest.raises(EditRefusedError) as error:
        edited(source, [leaf_change("telemetry", "a", msgspec.structs.replace(a, aliases=("pressure",)))])
    assert codes(error) == [EditCode.READER]
    file.write_text('[messages.m]\n"a" = { channel = "x" }\n"b" = { channel = "x" }\n')
    source = read_source(file)
    leaf = source.contract.messages["m"].leaves[0]
    assert renamed(leaf, "y", source.contract, "m.a").aliases == (), "it led to both"
    edited(source, [leaf_change("m", "a", msgspec.structs.replace(leaf, pin=True))])


@pytest.mark.parametrize(
    "change",
    [
        leaf_change("telemetry", "a", LeafTable(unit="degC", role=Role.PRESSURE)),
        leaf_change("telemetry", "a", LeafTable(unit="degC", valid=(3.0, 1.0))),
        leaf_change("a\u202eb", "x", LeafTable(pin=True)),
        ContractChange(command_at("cancel_recipe"), {"title": "Mine"}),
        ContractChange(command_at("connect"), {}),
        ContractChange(("start",), "nothing of this name"),
        ContractChange(("origin",), "documented"),
        ContractChange(confirm_at("go"), {"role": "state"}),
    ],
    ids=lambda change: key_of(change.where),
)
def test_what_the_reader_would_refuse_is_not_written(file: Path, change: ContractChange) -> None:
    with pytest.raises(EditRefusedError) as error:
        edited(read_source(file), [change])
    assert codes(error) == [EditCode.READER]
    assert str(file) in str(error.value)
    assert file.read_text() == TEXT


def test_what_is_not_there_and_what_toml_has_not_are_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = read_source(file)
    with pytest.raises(EditRefusedError) as error:
        edited(source, [ContractChange(leaf_at("chamber_state", "water"))])
    assert codes(error) == [EditCode.NOT_HERE]
    with pytest.raises(EditRefusedError) as error:
        edited(source, [ContractChange(("source",), object())])
    assert codes(error) == [EditCode.NO_VALUE]
    monkeypatch.setattr(editing, "MAX_BYTES", 1_000)
    with pytest.raises(EditRefusedError) as error:
        edited(source, [ContractChange(("source",), "x" * 1_000)])
    assert codes(error) == [EditCode.TOO_LONG]


def test_a_broken_file_is_left_as_it_is(file: Path) -> None:
    broken = TEXT + '\n"a" = {\n'
    file.write_text(broken)
    with pytest.raises(SettingsError, match=r"bench-1\.toml: not valid TOML.*line 11"):
        read_source(file)
    assert file.read_text() == broken


def test_a_file_that_another_program_wrote_meanwhile_is_not_overwritten(file: Path) -> None:
    source = read_source(file)
    mine = edited(
        source, [leaf_change("telemetry", "a", LeafTable(channel="plate_a", unit="degC", pin=True))]
    )
    save(edited(source, [leaf_change("telemetry", "p_mbar", LeafTable(channel="p", unit="Torr"))]))
    with pytest.raises(ContractConflictError) as error:
        save(mine)
    assert [line.partition(": ")[0] for line in error.value.theirs] == [
        f'messages.telemetry."p_mbar".{key}' for key in ("channel", "unit", "role")
    ]
    assert error.value.disk is not None
    both = save(edited(error.value.disk, [leaf_change("telemetry", "a", LeafTable(pin=True))]))
    assert [leaf.unit for leaf in both.contract.messages["telemetry"].leaves] == ["Torr", ""]
    file.write_text("broken")
    with pytest.raises(ContractConflictError, match="not valid TOML") as error:
        save(edited(both, [ContractChange(("source",), "x")]))
    assert (error.value.disk, file.read_text()) == (None, "broken")
    file.unlink()
    with pytest.raises(ContractConflictError):
        save(edited(both, [ContractChange(("source",), "x")]))
    assert not file.exists()


@needs_locks
def test_of_two_saves_at_one_instant_the_later_shows_the_difference(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = file.with_name("link.toml")
    link.symlink_to(file)
    mine = edited(read_source(file), [ContractChange(("source",), "mine")])
    theirs = edited(read_source(link), [ContractChange(("messages", "telemetry", "a", "unit"), "K")])
    (raised,) = saved_meanwhile(
        monkeypatch, editing, "write_atomically", lambda: save(mine), lambda: save(theirs)
    )
    assert isinstance(raised, ContractConflictError)
    assert (raised.disk and raised.disk.raw, file.read_bytes()) == (mine.raw, mine.raw)
    assert sorted(os.listdir(file.parent)) == sorted((file.name, link.name)), "nothing is left behind"


def test_a_place_that_cannot_be_written_is_named_before(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unwritable(file) == unwritable(tmp_path / "a" / "b" / "c.toml") == ""
    assert str(file) in unwritable(file / "c.toml")
    assert str(tmp_path) in unwritable(tmp_path)
    # The modes of files do not bind the user root.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    edit = edited(read_source(file), [ContractChange(("source",), "x")])
    for path in (file, tmp_path / "new.toml"):
        assert str(tmp_path) in unwritable(path)
    with pytest.raises(SettingsError, match="read-only"):
        save(edit)
    assert file.read_text() == TEXT


def test_a_link_and_the_mode_of_a_file_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    save(edited(read_source(link), [ContractChange(("source",), "x")]))
    assert link.is_symlink()
    assert 'source = "x"' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_the_last_file_that_has_a_leaf_is_the_one_to_edit(file: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.toml"
    later.write_text('[messages.telemetry]\n"a" = { pin = true }\n')
    assert file_of(leaf_at("telemetry", "a"), [file, later]) == later
    assert file_of(leaf_at("telemetry", "p_mbar"), [file, later]) == file
    assert file_of(leaf_at("telemetry", "new"), [file, later]) == later
    assert file_of(leaf_at("telemetry", "new"), []) is None
    source = read_source(file, [file, later])
    assert source.contract.messages["telemetry"].leaves[1].pin


def test_thousands_of_channels_are_edited_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    lines = (f'"rack.{i}.t" = {{ channel = "t{i}", unit = "degC" }} # {i}\n' for i in range(4_000))
    path.write_text("[messages.m]\n" + "".join(lines))
    begin = time.process_time()
    source = read_source(path)
    leaf = source.contract.messages["m"].leaves[2_000]
    save(edited(source, [leaf_change("m", leaf.path, msgspec.structs.replace(leaf, channel="mine"))]))
    assert '"rack.2000.t" = { channel = "mine", unit = "degC" } # 2000\n' in path.read_text()
    assert time.process_time() - begin < 20


KEYS = st.sampled_from(["a", "p_mbar", '"x.y"', "b c", "\u202e", "\x07", "", "ü"])
NAMES = st.sampled_from(["", "a", "b", "pressure", "telemetry.a", "x y", "\u202e"])
LEAVES = st.builds(
    LeafTable,
    channel=NAMES,
    aliases=st.lists(NAMES, max_size=2).map(tuple),
    label=st.text(max_size=3),
    unit=st.sampled_from(["", "degC", "°C", "mbar", "K/min", "zz"]),
    pin=st.booleans(),
    resolution=st.sampled_from([None, 0.0, 0.1]),
    role=st.sampled_from([None, *Role]),
    running=st.lists(st.text(max_size=2), max_size=1).map(tuple),
    valid=st.sampled_from([None, (0.0, 1.0), (1.0, 0.0), (-500.0, -300.0)]),
    invalid=st.lists(st.sampled_from([9.9e9, "OPEN", "", -1.0]), max_size=2).map(tuple),
)
COMMANDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=3),
        "hazard": st.sampled_from(["safe", "none"]),
        "ack": st.sampled_from(["callback", "done", "load_recipe_ack", ""]),
        "timeout": st.sampled_from(["3s", 4.0, "soon"]),
        "sends": st.sampled_from(["nothing", "object"]),
        "fields": st.dictionaries(KEYS, st.just({"type": "int"}), max_size=2),
        "confirm": st.just({"role": "state", "becomes": "idle"}),
    },
)
CHANGES = st.one_of(
    st.builds(leaf_change, st.sampled_from(["telemetry", "m n"]), KEYS, LEAVES | st.none()),
    st.builds(
        ContractChange,
        st.builds(command_at, st.sampled_from(["go", "vent it", "cancel_recipe"])),
        COMMANDS | st.none(),
    ),
    st.builds(
        ContractChange, st.just(("start",)), st.sampled_from(["go", "vent it", "cancel_recipe", "x", None])
    ),
    st.builds(ContractChange, st.just(response_at("done")), st.sampled_from([{"command": "go"}, None])),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=2), max_size=5))
def test_any_sequence_of_edits_is_valid_or_refused_without_writing(
    tmp_path: Path, rounds: list[list[ContractChange]]
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT)
    source = read_source(path)
    for changes in rounds:
        before = path.read_text()
        try:
            source = save(edited(source, changes))
        except EditRefusedError as error:
            refused = {problem.code for problem in error.problems}
        else:
            refused = set()
        assert EditCode.LAYOUT not in refused
        assert not refused or path.read_text() == before
        contract, wrong = read_contract([path])
        assert not wrong
        assert contract == source.contract
        assert path.read_text().startswith("# What we know about bench-1.\n")


def test_a_table_of_a_leaf_has_only_what_is_not_a_default() -> None:
    assert leaf_table(LeafTable()) == {}
    assert leaf_table(LeafTable(role=Role.STATE, running=("1",))) == {"role": "state", "running": ["1"]}
