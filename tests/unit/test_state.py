from pathlib import Path

import pytest

from xovac_tui import paths
from xovac_tui.config.state import Remembered, State, load_state, recall, save_state

FULL = State(
    theme=Remembered("nord", "xovac-dark"),
    window=Remembered("6h", "10min"),
    pinned={"bench-1": ("sensor_data.plate.A", "x"), "chamber.lab": ()},
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    return tmp_path


def test_nothing_remembered_is_no_note() -> None:
    assert load_state() == (State(), "")


@pytest.mark.parametrize("state", [State(), FULL, State(window=Remembered("1h"))])
def test_what_is_saved_is_remembered(state: State) -> None:
    assert save_state(state) == ""
    assert load_state() == (state, "")
    assert paths.state_file().read_text().startswith("# Written by xovac-tui")


@pytest.mark.parametrize("text", ["theme = ", "theme = 3", "pinned = []", "[theme]\nover = ''", "\x00"])
def test_a_broken_file_is_ignored_with_a_note_and_replaced(text: str) -> None:
    paths.state_file().write_text(text)
    state, note = load_state()
    assert state == State()
    assert "ignored" in note
    assert str(paths.state_file()) in note
    save_state(FULL)
    assert load_state() == (FULL, "")


def test_keys_of_a_newer_version_are_no_error() -> None:
    paths.state_file().write_text('future = 1\n[theme]\nvalue = "nord"\n')
    assert load_state() == (State(theme=Remembered("nord")), "")


def test_a_place_that_cannot_be_written_is_a_note(home: Path) -> None:
    file = home / "taken"
    file.write_text("")
    assert "cannot be written" in save_state(FULL, file / "state.toml")


def test_a_remembered_choice_holds_until_the_settings_change() -> None:
    chosen = Remembered("nord", "xovac-dark")
    assert recall(chosen, "xovac-dark") == "nord"
    assert recall(chosen, "xovac-light") == "xovac-light"
    assert recall(None, "xovac-dark") == "xovac-dark"
