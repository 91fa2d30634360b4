"""Contracts: what the manual documents is fixed, everything else is data, and a bad file says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from xovac_tui.api.contract import FieldType, Hazard, Origin, Role
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.errors import SettingsError

RESPONSE_SCHEMA = {
    "type": "object",
    "required": ["result", "message"],
    "properties": {
        "result": {"type": "string", "enum": ["success", "warning", "error"]},
        "message": {"type": "string"},
    },
}


def test_the_manual_documents_three_commands_and_two_responses() -> None:
    contract = documented_contract()
    assert set(contract.commands) == {"cancel_recipe", "load_recipe", "sync_xovac_time"}
    assert set(contract.responses) == {"cancel_recipe_ack", "load_recipe_ack"}
    assert contract.messages == {}
    assert contract.start is None
    facts = [(spec.origin, spec.source) for spec in contract.commands.values()]
    facts += [(spec.origin, spec.source) for spec in contract.responses.values()]
    for origin, source in facts:
        assert origin is Origin.DOCUMENTED
        assert source.startswith("XO-VAC+ API manual")
    for response in contract.responses.values():
        assert response.schema == RESPONSE_SCHEMA


def test_documented_payloads() -> None:
    commands = documented_contract().commands
    assert commands["cancel_recipe"].fields == ()
    assert [f.name for f in commands["load_recipe"].fields] == ["name", "recipe"]
    assert commands["load_recipe"].fields[1].type is FieldType.RECIPE
    assert [f.name for f in commands["sync_xovac_time"].fields] == ["utcOffset", "epoch"]
    assert commands["sync_xovac_time"].ack is None


def test_everything_of_the_simulator_is_marked_assumed() -> None:
    documented, contract = documented_contract(), load_contract((), simulator=True)
    added = set(contract.commands) - set(documented.commands)
    assert added
    assert all(contract.commands[name].origin is Origin.ASSUMED for name in added)
    assert all(message.origin is Origin.ASSUMED for message in contract.messages.values())
    assert contract.start in added
    roles = {leaf.role for message in contract.messages.values() for leaf in message.leaves}
    # Of the room's air and of what is tested the simulator knows nothing.
    assert set(Role) - {Role.DEW_POINT, Role.HUMIDITY, Role.ROOM_TEMPERATURE, Role.PART_POWER} <= roles


def test_a_users_file_adds(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        start = "go"
        [commands.go]
        title = "Go"
        hazard = "critical"
        timeout = "2min"
        ack = "go_ack"
        fields.rate = { type = "float", unit = "mbar/s", min = 0, max = 50, default = 10 }
        [messages.sensor_data]
        "plate.A" = { channel = "plate_a", label = "Plate A", unit = "degC", pin = true, resolution = 0.1 }
        "mode" = { role = "state", running = ["running"], idle = ["idle"] }
        [confirm.cancel_recipe]
        role = "state"
        becomes = "idle"
        """
    )
    contract = load_contract([file])
    go = contract.commands["go"]
    assert (go.hazard, go.timeout, go.origin) == (Hazard.CRITICAL, 120.0, Origin.USER)
    assert go.fields[0].max == 50
    assert contract.responses["go_ack"].command == "go"
    assert contract.start == "go"
    confirm = contract.commands["cancel_recipe"].confirm
    assert confirm is not None
    assert confirm.becomes == "idle"
    plate = contract.messages["sensor_data"].leaves[0]
    assert (plate.channel, plate.resolution, plate.uncertainty) == ("plate_a", 0.1, 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[commands.vent]\nhazzard = 'safe'", ["commands.vent.hazzard", 'mean "hazard"']),
        ("[commands.vent]\nhazard = 'deadly'", ["commands.vent.hazard", "deadly", '"critical"']),
        ("[commands.vent]\ntimeout = 'soon'", ["commands.vent.timeout", "15s"]),
        (
            "[commands.vent]\nfields.rate = { type = 'flaot' }",
            ["commands.vent.fields.rate.type", 'mean "float"'],
        ),
        (
            "[commands.vent]\nfields.r = { type = 'float', min = 2, max = 1 }",
            ["fields.r.min", "above its max"],
        ),
        ("[commands.vent]\nfields.r = { type = 'choice' }", ["fields.r.choices"]),
        ("[commands.vent]\nfields.r = { type = 'float', min = nan }", ["fields.r.min", "number"]),
        ("[commands.cancel_recipe]\ntitle = 'Mine'", ["commands.cancel_recipe", "manual documents this"]),
        ("[responses.load_recipe_ack]\ncommand = 'x'", ["manual documents this"]),
        ("[responses.x_ack]\ncommand = 'cancel_recip'", ['mean "cancel_recipe"']),
        ("[confirm.vent]\nrole = 'state'\nbecomes = 'idle'", ["no such command"]),
        ("[confirm.cancel_recipe]\nrole = 'state'", ['"becomes" or "equals"']),
        ("[confirm.load_recipe]\nrole = 'recipe_name'\nequals = 'nam'", ['mean "name"']),
        ("[messages.m]\nx = 3", ['messages.m."x"', "must be a table"]),
        ("[messages.m]\nx = { rolle = 'state' }", ['mean "role"']),
        ("[messages.m]\nx = { role = 'humidity' }", ['messages.m."x"', "no relative humidity", "%RH"]),
        ("[messages.m]\nx = { role = 'state' }", ['messages.m."x"', "neither running nor idle"]),
        ("[messages.m]\nx = { role = 'pressure' }", ['messages.m."x".unit', "mbar, hPa"]),
        ("[messages.m]\nx = { role = 'pressure', unit = 'psig' }", ['"psig"', "Torr", "micron"]),
        ("[messages.m]\nx = { role = 'pressure', unit = '°C' }", ['messages.m."x".unit', "a pressure"]),
        ("[messages.m]\nx = { role = 'controlled', unit = 'mbar' }", ['"mbar"', "degC, K, degF"]),
        ("[messages.m]\nx = { role = 'controlled', unit = 'degX' }", ['"degX"', "degC, K, degF"]),
        ("[messages.m]\nx = { role = 'setpoint', unit = '%' }", ["role setpoint is a temperature"]),
        ("[messages.m]\nx = { role = 'dew_point', unit = '%RH' }", ["role dew_point is a temperature"]),
        (
            "[messages.m]\nx = { role = 'step' }\ny = { role = 'step' }",
            ['messages.m."y"', "role step", 'messages.m."x"'],
        ),
        ("[messages.m]\nx = { aliases = [' '] }", ['messages.m."x".aliases', "names that the channel had"]),
        (
            "[messages.m]\nx = { channel = 'a' }\ny = { aliases = ['A'] }",
            ['messages.m."y".aliases', '"A"', 'messages.m."x"'],
        ),
        ("[messages.m]\nx = { }\ny = { aliases = ['m.x'] }", ['"m.x"', 'messages.m."x"']),
        (
            "[messages.m]\nx = { aliases = ['old'] }\ny = { aliases = ['old'] }",
            ['messages.m."y".aliases', 'messages.m."x"'],
        ),
        ("[messages.m]\nx = { resolution = 0 }", ['messages.m."x".resolution', "above 0"]),
        ("[messages.m]\nx = { uncertainty = -1 }", ['messages.m."x".uncertainty', "0 or more"]),
        ("comands = 1", ['mean "commands"']),
        ("commands = 1", ["must hold tables"]),
        ("start = 'go'", ["`start`", 'called "go"']),
        ("start = 3", ["`start`"]),
        ("origin = 'gossip'", ["`origin`"]),
        ("[commands", ["not valid TOML", "end of document"]),
    ],
)
def test_a_bad_file_says_file_key_and_reason(tmp_path: Path, text: str, said: list[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_contract([file])
    for part in [str(file), *said]:
        assert part in str(error.value)


def test_a_channel_keeps_the_names_that_it_had(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        "[messages.m]\nx = { channel = 'new', aliases = ['old', 'new'] }\ny = { channel = 'y' }\n"
    )
    assert load_contract([file]).messages["m"].leaves[0].aliases == ("old", "new")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, said in [(tmp_path / "none.toml", "no such file"), (tmp_path, "is a folder")]:
        with pytest.raises(SettingsError, match=said):
            load_contract([path])
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(SettingsError, match="line 1: not UTF-8"):
        load_contract([tmp_path / "latin.toml"])


def test_a_channel_is_found_by_its_role_with_its_full_name(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        '[messages.bare]\n"" = { label = "All" }\n'
        "[messages.m]\n\"plate.A\" = { role = 'controlled', unit = 'degC' }\n"
    )
    contract = load_contract([file])
    bare = contract.messages["bare"]
    assert [bare.full_name(leaf) for leaf in bare.leaves] == ["bare"]
    found = contract.by_role(Role.CONTROLLED)
    assert found is not None
    assert (found[0], found[1].unit) == ("m.plate.A", "degC")
    assert contract.by_role(Role.PRESSURE) is None


@pytest.mark.parametrize(
    ("role", "spelled", "unit"),
    [
        *(("controlled", spelled, "degC") for spelled in ("°C", "℃", "C", "Cel", "Celsius", "degC", "")),
        *(("setpoint", spelled, "K") for spelled in ("K", "Kelvin")),
        *(("dew_point", spelled, "degF") for spelled in ("°F", "degF", "Fahrenheit")),
        ("pressure", "torr", "Torr"),
        ("pressure", "mtorr", "mTorr"),
        ("pressure", "micron", "micron"),
        ("pressure", "MBAR", "mbar"),
        ("output", "% RH", "%RH"),
        ("output", "furlong", "furlong"),
    ],
)
def test_a_contract_may_spell_a_unit_in_any_way(tmp_path: Path, role: str, spelled: str, unit: str) -> None:
    file = tmp_path / "bench.toml"
    file.write_text(f"[messages.m]\nx = {{ role = '{role}', unit = '{spelled}' }}\n")
    (leaf,) = load_contract([file]).messages["m"].leaves
    assert leaf.unit == (unit if spelled else "")
