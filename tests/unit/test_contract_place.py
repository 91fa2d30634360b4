"""Where a profile's contract is written, and how the settings come to name it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xovac_tui.config import Overrides, Profile, effective_settings
from xovac_tui.config.contracts import ContractPlace, contract_place, name_in_settings
from xovac_tui.errors import SettingsError

SETTINGS = """# mine
profile = "lab"

[profiles.lab] # the big one
url = "http://lab:1"
observe = true

[profiles.two]
contracts = ["one.toml", "simulator", "own/two.toml"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS)
    return path


def place(file: Path, name: str, profile: Profile | None = None) -> ContractPlace:
    found = effective_settings(Overrides(config=file), {})
    return contract_place(found, name, profile or found.settings.profiles[name])


def test_a_profile_with_contracts_is_edited_in_the_last_of_them(file: Path, tmp_path: Path) -> None:
    two = place(file, "two")
    assert (two.path, two.simulator, two.entry) == (tmp_path / "own" / "two.toml", True, "")
    assert two.files == (tmp_path / "one.toml", two.path)
    name_in_settings(two)
    assert file.read_text() == SETTINGS


def test_a_profile_without_one_gets_its_own_beside_the_settings(file: Path, tmp_path: Path) -> None:
    lab = place(file, "lab")
    assert (lab.path, lab.files) == (tmp_path / "contracts" / "lab.toml", ())
    assert lab.problem == ""
    name_in_settings(lab)
    name_in_settings(lab)
    added = 'observe = true\ncontracts = ["contracts/lab.toml"]\n'
    assert file.read_text() == SETTINGS.replace("observe = true\n", added)
    assert place(file, "lab").path == lab.path
    assert place(file, "lab").entry == ""


def test_an_address_without_a_profile_becomes_one(file: Path) -> None:
    host = place(file, "host-b", Profile(url="http://b:2"))
    name_in_settings(host)
    added = '\n[profiles.host-b]\nurl = "http://b:2"\ncontracts = ["contracts/host-b.toml"]\n'
    assert file.read_text() == SETTINGS + added
    file.unlink()
    name_in_settings(host)
    assert file.read_text() == added.lstrip()


def test_broken_settings_and_those_that_cannot_be_written_are_left_alone(file: Path, tmp_path: Path) -> None:
    lab = place(file, "lab")
    file.write_text(SETTINGS + "x = 1")
    with pytest.raises(SettingsError):
        name_in_settings(lab)
    assert file.read_text() == SETTINGS + "x = 1"
    (tmp_path / "contracts").write_text("")
    assert str(tmp_path / "contracts") in lab.problem


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="modes bind ordinary POSIX users only")
def test_what_an_ordinary_user_may_not_write_is_told_before_anything_is_typed(
    file: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    kept = own / "two.toml"
    kept.write_text("# mine\n")
    assert place(file, "two").problem == place(file, "lab").problem == ""
    kept.chmod(0o400)
    assert str(kept) in place(file, "two").problem
    kept.chmod(0o600)
    own.chmod(0o500)
    assert str(own) in place(file, "two").problem
    own.chmod(0o700)
    # Its own folder is still to be made, and the settings must come to name the file.
    file.chmod(0o400)
    assert str(file) in place(file, "lab").problem
    assert place(file, "two").problem == "", "they name it already"
    file.chmod(0o600)
    tmp_path.chmod(0o500)
    try:
        assert str(tmp_path) in place(file, "lab").problem
    finally:
        tmp_path.chmod(0o700)
    assert file.read_text() == SETTINGS
