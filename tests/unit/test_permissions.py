"""Files that other users can read or write are reported where they are used, and stay as they are."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.record import HandClock, session
from tests.helpers.records import message, write_record
from xovac_tui import paths
from xovac_tui.paths import record_files
from xovac_tui.permissions import exposed
from xovac_tui.recording.disk.recorder import Recorder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files as on POSIX")
SETTINGS = 'profile = "lab"\n[profiles.lab]\nurl = "http://127.0.0.1:1"\ncontracts = ["c.toml"]\n'


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capsys)
    line.settings(SETTINGS).chmod(0o644)
    (tmp_path / "c.toml").touch(0o644)
    return line


@pytest.mark.parametrize(
    ("mode", "readable", "can"),
    [
        (0o600, True, ""),
        (0o400, True, ""),
        (0o644, False, ""),
        (0o644, True, "read the record"),
        (0o666, True, "read and write the record"),
        (0o666, False, "write the record"),
        (0o602, True, "write the record"),
        (0o604, True, "read the record"),
    ],
)
def test_what_others_can_do_is_a_sentence_with_the_remedy(
    mode: int, readable: bool, can: str, tmp_path: Path
) -> None:
    file = tmp_path / "a b"
    file.touch()
    file.chmod(mode)
    said = exposed("the record", [file, tmp_path / "none"], readable=readable)
    if not can:
        assert said == ""
        return
    assert said == (
        f"Other users of this machine can {can} {file} (its mode is {mode:04o}). "
        f"If they should not, run: chmod 600 '{file}'"
    )
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("private", [True, False])
def test_a_group_that_is_the_owners_alone_is_no_other_user(
    private: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = pwd.getpwuid(os.getuid()).pw_name
    group = SimpleNamespace(gr_name=owner, gr_mem=[owner] if private else [owner, "ada"])
    monkeypatch.setattr(grp, "getgrgid", lambda gid: group)
    file = tmp_path / "a"
    file.touch()
    file.chmod(0o660)
    assert bool(exposed("the record", [file])) is not private
    # Whatever the group is, every user is among others.
    file.chmod(0o664)
    assert exposed("the record", [file])


def test_the_recorder_says_so_once_for_all_its_files(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r.sqlite3", [message(0, "{}")])
    path.chmod(0o666)
    recorder = Recorder(path, session(), HandClock())
    recorder.start()
    assert recorder.opened(10)
    try:
        (note,) = recorder.view.notes
    finally:
        recorder.close()
    said = note.sentence
    assert said.startswith(
        f"Other users of this machine can read and write the record {path} (its mode is 0666)"
    )
    # SQLite gives what it makes beside a record the mode of the record.
    assert f"chmod 600 {path} {path}-wal {path}-shm" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_new_record_and_its_files_are_the_users_alone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "new" / "r.sqlite3", session(), HandClock())
    recorder.start()
    assert recorder.opened(10)
    try:
        there = [file for file in record_files(recorder.path) if file.exists()]
        assert len(there) == 4
        assert exposed("the record", there) == ""
        assert recorder.view.notes == ()
    finally:
        recorder.close()


@pytest.mark.parametrize("command", [("runs",), ("export", "all", "--out", "-"), ("audit", "verify")])
def test_a_command_that_reads_a_record_says_so_on_stderr(command: tuple[str, ...], line: CommandLine) -> None:
    record = write_record(paths.record_file("lab"), [message(0, "{}")])
    assert "Other users" not in line(*command).err
    record.chmod(0o644)
    said = line(*command)
    assert f"can read the record {record}" in said.err
    assert "Other users" not in said.out
    # A file that was sent from elsewhere may be read by anyone, but not changed.
    assert "Other users" not in line(*command, "--record", str(record)).err
    record.chmod(0o666)
    assert "can write the record" in line(*command, "--record", str(record)).err


def test_the_doctor_names_every_file_and_changes_none(line: CommandLine) -> None:
    said = line("doctor", "--config", str(line.home / "config.toml"))
    assert "ok  no other user can write settings or records, or read records" in said.out
    record = write_record(paths.record_file("lab"), [message(0, "{}")])
    files = {
        "the record": record,
        "the settings": line.home / "config.toml",
        "the contract": line.home / "c.toml",
        "what is remembered in": paths.state_file(),
    }
    for file in files.values():
        file.touch()
        file.chmod(0o666)
    said = line("doctor")
    for what, file in files.items():
        assert (
            f"write {what} {file} (its mode is 0666). If they should not, run: chmod 600 {file}\n" in said.out
        )
        assert stat.S_IMODE(file.stat().st_mode) == 0o666


def test_settings_with_an_address_that_is_a_secret_are_not_for_others_to_read(line: CommandLine) -> None:
    file = line.settings(
        SETTINGS + '[[notify.receivers]]\nname = "me"\nkind = "webhook"\nurl = "https://example.org/token"\n'
    )
    file.chmod(0o644)
    assert f"can read the settings {file}" in line("doctor").out
