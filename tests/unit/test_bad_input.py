"""What a person can get wrong in payloads, settings and contracts: always a sentence, never a defect."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commandline import CommandLine
from xovac_tui.api.contract import FieldType, PayloadField
from xovac_tui.api.forms import check_items, check_value, parse_json
from xovac_tui.api.loader import load_contract
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import build_station
from xovac_tui.errors import ContractError, SettingsError

HUGE = "9" * 400
ENDLESS = "9" * 5000
"""More digits than Python turns into a number."""
URL = ("--url", "http://127.0.0.1:9")


@pytest.mark.parametrize("text", ["1e400", "[-1e999]", ENDLESS, f'{{"a": {ENDLESS}}}'])
def test_numbers_that_are_too_big_are_no_payload(text: str) -> None:
    with pytest.raises(ContractError):
        parse_json(text)


@pytest.mark.parametrize("type_", [FieldType.INT, FieldType.FLOAT])
@pytest.mark.parametrize("value", [int(HUGE), float("inf"), float("nan")])
def test_numbers_that_are_too_big_are_no_value(type_: FieldType, value: Any) -> None:
    with pytest.raises(ContractError, match="finite"):
        check_value(PayloadField(type_, name="n"), value)


def test_numbers_that_are_too_big_are_no_recipe() -> None:
    with pytest.raises(ContractError, match="item 1") as error:
        check_items([[int(HUGE), 1, 0]])
    assert len(str(error.value)) < 120


def test_a_payload_that_is_nested_too_deep_is_said() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    with pytest.raises(ContractError, match="nested"):
        check_value(PayloadField(FieldType.JSON, name="j"), deep)


@pytest.mark.parametrize("payload", ['{"epoch": 1e400}', f'{{"epoch": {HUGE}}}', f'{{"epoch": {ENDLESS}}}'])
def test_send_says_what_is_wrong_with_a_number(line: CommandLine, payload: str) -> None:
    said = line("send", "sync_xovac_time", payload, "--yes", *URL)
    assert (said.code, said.out) == (2, "")
    assert "defect" not in said.err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"[display]\nrefresh = {HUGE}", "display.refresh"),
        (f"[display]\nrefresh = 0x{'f' * 5000}", "display.refresh"),
        (f"[profiles.a.recipe]\nmax_items = {HUGE}", "max_items"),
        (f"[display]\nrefresh = {ENDLESS}", "thousands of digits"),
        ('recipes = "a\\u0000b"', "`recipes`"),
        ('[profiles.a]\ncontracts = ["a\\u0000b"]', "contracts"),
        ('[profiles.a]\nauth_file = "a\\u0000b"', "auth_file"),
        ('[profiles.a]\nurl = "https://a"\nca_file = "a\\u0000b"', "ca_file"),
        ('[profiles.a]\npath = "//x"', "profiles.a.path"),
        ('[profiles.a]\npath = "/"', "profiles.a.path"),
        ('[profiles.a]\nnamespace = "/a,b"', "profiles.a.namespace"),
        ('[profiles.a]\nurl = "https://a"\nfingerprint = ":"', "profiles.a.fingerprint"),
        (f'[profiles.a]\nurl = "http://{"a" * 300}"', "profiles.a.url"),
        ('[profiles.a]\nurl = "http://a..b"', "profiles.a.url"),
    ],
)
def test_settings_that_cannot_work_are_found_before_they_are_used(
    line: CommandLine, text: str, named: str
) -> None:
    line.settings(text)
    for said in (line("config", "check"), line("send", "cancel_recipe", "--yes")):
        assert said.code == 2
        assert named in said.out + said.err
        assert "defect" not in said.err
        assert len(said.out + said.err) < 700


def test_a_file_without_an_end_is_not_read(line: CommandLine) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("there is no such file here")
    said = line("config", "check", "--config", "/dev/zero")
    assert said.code == 2
    assert "/dev/zero is a device" in said.out


def test_the_home_of_an_unknown_user_is_a_missing_file(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_CONFIG", "~no-such-user/config.toml")
    said = line("config", "show")
    assert (said.code, "no such file" in said.err) == (2, True)


@pytest.mark.parametrize("value", ["2020-01-01", "inf", "07:00:00"])
def test_an_auth_payload_that_is_no_json_is_named_and_not_shown(line: CommandLine, value: str) -> None:
    file = line.home / "auth.toml"
    file.write_text(f"auth = {{ token = {value} }}")
    file.chmod(0o600)
    line.settings('[profiles.a]\nauth_file = "auth.toml"')
    said = line("config", "check")
    assert said.code == 2
    assert f"{file}: `auth`" in said.out
    assert value not in said.out


def test_half_a_character_is_no_header(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XOVAC_HEADERS", '{"x": "\\ud800"}')
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert (said.code, "XOVAC_HEADERS" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[commands.connect]", "commands.connect"),
        ('[commands.""]', 'commands.""'),
        ('[commands."a\\u001bb"]', "socket.io can carry no event"),
        ('[commands.vent]\nack = ""', "commands.vent.ack"),
        ('[commands.vent]\nack = "cancel_recipe_ack"', "answers cancel_recipe already"),
        ('[commands.a]\nack = "x"\n[commands.b]\nack = "x"', "answers a already"),
        ('[commands.a]\nfields.r = { type = "float", max = 5, default = 6 }', "commands.a.fields.r.default"),
        ('[commands.a]\nfields.r = { type = "float", default = "x" }', "commands.a.fields.r.default"),
        ('[commands.a]\nfields.r = { type = "choice", choices = ["x"], default = "y" }', "r.default"),
        ('[commands.a]\nfields.r = { type = "string", auto = "epoch_ms" }', "commands.a.fields.r.auto"),
        ('[messages.m]\nplate.A = { label = "x" }', '"plate.A" = {'),
        (f"x = {ENDLESS}", "thousands of digits"),
        ('origin = "documented"\n[commands.vent]', "`origin`"),
    ],
)
def test_a_contract_that_cannot_work_is_refused(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "device.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_contract([file])
    assert str(error.value).startswith(f"{file}: ")
    assert named in str(error.value)


def test_a_response_that_names_its_command_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    file.write_text('[commands.vent]\n[responses.vented]\ncommand = "vent"')
    assert load_contract([file]).commands["vent"].ack == "vented"


def test_a_message_may_be_called_as_it_likes(tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    file.write_text('[messages.connect]\n"a" = { label = "x" }')
    assert "connect" in load_contract([file]).messages


def test_an_experts_event_must_be_one_that_socketio_carries() -> None:
    from xovac_tui.config import Profile

    station = build_station(ChamberSetup("a", Profile(), load_contract(())))
    with pytest.raises(ContractError, match="keeps the name"):
        station.prepare_raw("disconnect", json.dumps({}))


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a home is always known")
def test_a_user_without_a_home_is_reported_what_to_set(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container that runs under a number which no user has."""
    for name in ("XOVAC_HOME", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    monkeypatch.chdir(tmp_path)
    for command in (("config", "path"), ("send", "cancel_recipe", "--yes", *URL), ("doctor",)):
        said = line(*command)
        assert said.code == 2
        assert "Set XOVAC_HOME" in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder in use cannot be deleted")
def test_a_deleted_folder_is_no_defect(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setenv("XOVAC_HOME", "relative")
    gone.rmdir()
    said = line("config", "init")
    assert (said.code, "cannot be written" in said.err) == (2, True)
