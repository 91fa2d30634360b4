"""What a console opens beside its first chamber, and what it does not take over from that one."""

from __future__ import annotations

from pathlib import Path

import pytest

from xovac_tui.cli import root
from xovac_tui.cli.beside import ABOUT_DEMO, SettingsProfiles
from xovac_tui.cli.chambers import DEMO
from xovac_tui.errors import SettingsError
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.start import OpenedProfile, ProfileLine

SETTINGS = """
[profiles.one]
url = "http://one.lab:8080"
[profiles.two]
url = "http://two.lab:8080"
"""


def profiles(home: Path, *typed: str) -> SettingsProfiles:
    """Return the chambers of a console that was started on `one` with these options."""
    (home / "config.toml").write_text(SETTINGS)
    ctx = root.make_context("xovac-tui", ["--config", str(home / "config.toml"), *typed])

    def again() -> OpenedProfile:
        raise SettingsError("the first chamber was asked for")

    return SettingsProfiles(ctx, ProfileLine("one", "typed address"), again)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    return tmp_path


def live(opened: OpenedProfile) -> LiveStation:
    assert isinstance(opened.station, LiveStation)
    return opened.station


def test_the_first_chamber_the_profiles_as_they_are_now_and_the_demo_are_listed(home: Path) -> None:
    found = profiles(home)
    assert [*map(tuple, found.listed())] == [
        ("one", "typed address"),
        ("two", "http://two.lab:8080"),
        (DEMO, ABOUT_DEMO),
    ]
    with (home / "config.toml").open("a") as file:
        file.write('[profiles.three]\nurl = "http://three.lab:8080"\nssh = "lab-pc"\n')
    assert ("three", "http://three.lab:8080 through ssh lab-pc") in [*map(tuple, found.listed())]


def test_the_first_one_is_opened_again_as_it_was_asked_for(home: Path) -> None:
    with pytest.raises(SettingsError, match="the first chamber was asked for"):
        profiles(home).opened("one")


def test_address_way_and_secrets_of_the_first_one_stay_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_AUTH", '{"token": "of the first one"}')
    monkeypatch.setenv("XOVAC_HEADERS", '{"X-Key": "of the first one"}')
    found = profiles(home, "--profile", "one", "--url", "http://typed.lab:1", "--ssh", "lab-pc")
    station = live(found.opened("two"))
    assert station.manner.address == "http://two.lab:8080"
    assert station.name == "two"
    assert (station.target.auth, station.target.headers, station.target.ssh) == (None, {}, "")
    assert station.record.choice is not None
    assert station.record.choice.path.name == "two.xovac.sqlite3"


def test_what_was_typed_for_the_whole_console_holds_for_all(home: Path) -> None:
    found = profiles(home, "--observe", "--no-record")
    for name in ("two", DEMO):
        station = live(found.opened(name))
        assert station.observe
        assert station.manner.observe_only
        assert station.record.choice is None
        assert station.manner.demo == (name == DEMO)


def test_one_that_is_gone_from_the_settings_says_so(home: Path) -> None:
    with pytest.raises(SettingsError, match="no profile `four`"):
        profiles(home).opened("four")
