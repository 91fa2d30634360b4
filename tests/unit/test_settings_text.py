"""Settings are changed key by key: comments, order and what is not known stay, and mistakes are refused."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.helpers.meanwhile import needs_locks, saved_meanwhile
from xovac_tui import paths
from xovac_tui.config.settings_text import (
    REMOVE,
    SettingsConflictError,
    SettingsText,
    changed,
    difference,
    read_settings_text,
    receiver_tables,
    save_profile,
    with_changed_receiver,
    with_receiver,
    without_receiver,
    write_settings_text,
)
from xovac_tui.errors import SettingsError

TEXT = """# mine
[display] # the screen
theme = "nord" # blue
time = "utc"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o640)
    return path


def test_comments_order_and_mode_stay(file: Path) -> None:
    before = read_settings_text(file)
    made = changed(
        before,
        {("display", "theme"): "xovac-light", ("keys", "pause"): "f5", ("display", "time"): REMOVE},
    )
    write_settings_text(made, before)
    assert file.read_text() == (
        '# mine\n[display] # the screen\ntheme = "xovac-light" # blue\n\n[keys]\npause = "f5"\n'
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert read_settings_text(file).value(("display", "theme")) == "xovac-light"
    assert made.value(("display", "time")) is None


def test_a_key_that_only_another_version_knows_stays(file: Path) -> None:
    file.write_text(f"{TEXT}shade = 3\n")
    made = changed(read_settings_text(file), {("display", "refresh"): 1.0})
    assert made.text == f"{TEXT}shade = 3\nrefresh = 1\n"


@pytest.mark.parametrize("value", [99.0, "often"])
def test_a_value_that_cannot_be_is_refused(file: Path, value: object) -> None:
    with pytest.raises(SettingsError, match="refresh"):
        changed(read_settings_text(file), {("display", "refresh"): value})


def test_a_file_that_is_no_toml_is_not_touched(file: Path) -> None:
    file.write_text("[display\n")
    with pytest.raises(SettingsError, match="it is not TOML"):
        changed(read_settings_text(file), {("display", "time"): "utc"})


def test_what_another_program_changed_is_shown(file: Path) -> None:
    before = read_settings_text(file)
    file.write_text(TEXT.replace("utc", "local"))
    assert difference(before, read_settings_text(file)) == ['-time = "utc"', '+time = "local"']
    assert difference(before, SettingsText(file)) == ["The file is gone."]


def test_changed_lines_that_begin_like_a_heading_of_a_difference_are_shown(file: Path) -> None:
    old, new = (SettingsText(file, f'means = """\n{sign} a\n"""\n'.encode()) for sign in ("--", "++"))
    assert difference(old, new) == ["--- a", "+++ a"]


LISTED = """# mine
[[notify.receivers]] # the lab's
name = "a" # first
kind = "bell"

# the phone
[[notify.receivers]]
name = "b"
kind = "osc9" # rings
[display]
time = "utc"
"""


def test_receivers_are_changed_one_by_one_and_comments_stay(file: Path) -> None:
    listed = SettingsText(file, LISTED.encode())
    made = with_changed_receiver(listed, "b", {"kind": "osc777", "at_most": 3})
    assert made.text == LISTED.replace('"osc9" # rings\n', '"osc777" # rings\nat_most = 3\n')
    assert with_changed_receiver(made, "b", {"kind": "osc9", "at_most": None}).text == LISTED
    assert without_receiver(listed, "a").text == LISTED.replace(
        '[[notify.receivers]] # the lab\'s\nname = "a" # first\nkind = "bell"\n', ""
    )
    assert receiver_tables(without_receiver(without_receiver(listed, "a"), "b")) == []
    with pytest.raises(SettingsError, match='no receiver "c"'):
        without_receiver(listed, "c")
    with pytest.raises(SettingsError, match="is named twice"):
        with_receiver(listed, {"name": "a", "kind": "osc9"})


@pytest.mark.parametrize(
    "text", ["[notify]\nreceivers = [] # none\n", "notify = { receivers = [] }\n", "", TEXT]
)
def test_a_receiver_is_added_to_a_list_of_any_form(file: Path, text: str) -> None:
    bell, note = {"name": "a", "kind": "bell"}, {"name": "b", "kind": "osc9"}
    made = with_receiver(with_receiver(SettingsText(file, text.encode()), bell), note)
    assert receiver_tables(made) == [bell, note]
    assert receiver_tables(with_changed_receiver(made, "a", {"name": "c"}))[0] == {
        "name": "c",
        "kind": "bell",
    }
    assert receiver_tables(without_receiver(made, "a")) == [note]


def test_an_inline_list_stays_one(file: Path) -> None:
    text = '[notify]\nreceivers = [{ name = "a", kind = "bell" }] # mine\n'
    made = with_changed_receiver(SettingsText(file, text.encode()), "a", {"kind": "osc9"})
    assert made.text == text.replace("bell", "osc9")


def test_a_profile_is_added_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    save_profile(path, "bench-1", "http://bench:8080")
    assert path.read_text() == '[profiles.bench-1]\nurl = "http://bench:8080"\n'
    with pytest.raises(SettingsError, match='have a profile "BENCH-1" already'):
        save_profile(path, "BENCH-1", "http://other:8080")
    with pytest.raises(SettingsError, match='"a/b": '):
        save_profile(path, "a/b", "http://other:8080")


@needs_locks
def test_of_two_writes_at_one_instant_the_later_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_settings_text(file)
    mine, theirs = (
        changed(before, {("display", key): value})
        for key, value in (("time", "local"), ("theme", "xovac-light"))
    )
    raised = saved_meanwhile(
        monkeypatch,
        paths,
        "write_atomically",
        lambda: write_settings_text(mine, before),
        lambda: write_settings_text(theirs, before),
    )
    assert [type(one) for one in raised] == [SettingsConflictError]
    assert file.read_text() == mine.text


@needs_locks
def test_two_profiles_added_at_one_instant_are_both_there(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = saved_meanwhile(
        monkeypatch,
        paths,
        "write_atomically",
        lambda: save_profile(file, "one", "http://one:8080"),
        lambda: save_profile(file, "two", "http://two:8080"),
    )
    assert raised == []
    assert set(read_settings_text(file).data["profiles"]) == {"one", "two"}


def test_a_folder_that_cannot_be_written_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(paths, "write_atomically", full)
    before = read_settings_text(file)
    made = changed(before, {("display", "time"): "local"})
    with pytest.raises(SettingsError, match=r"No space left on device\. Nothing was changed\."):
        write_settings_text(made, before)
    assert file.read_text() == TEXT
