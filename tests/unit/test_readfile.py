"""Files of the user that are pipes, devices, folders or far too large: read up to a bound, or refused."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from xovac_tui.errors import SettingsError
from xovac_tui.link.certificate import trust
from xovac_tui.readfile import NotRegularError, read_at_most
from xovac_tui.recording.disk.schema import RecordError, open_for_reading
from xovac_tui.validation import read_toml

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.toml")
    return tmp_path / "pipe.toml"


def handed_over() -> tuple[Path, int, int]:
    """Return a pipe as a shell hands one over, with the descriptors of its ends."""
    reading, writing = os.pipe()
    return Path(f"/dev/fd/{reading}"), reading, writing


@pytest.mark.parametrize("name", ["pipe.toml", "link.toml", "/dev/zero", "socket"])
def test_what_is_no_file_is_refused_before_it_is_opened(
    pipe: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pipe.parent / "link.toml").symlink_to(pipe)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(pipe.parent / "socket"))
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(NotRegularError) as raised:
        read_at_most(pipe.parent / name, 100)
    assert raised.value.kind in ("a named pipe", "a device", "a socket")


def test_what_takes_the_name_of_a_file_is_refused_as_well(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.stat
    monkeypatch.setattr(os, "stat", lambda path: usual(__file__ if path == pipe else path))
    with pytest.raises(NotRegularError):
        read_at_most(pipe, 100)


def test_settings_that_are_a_pipe_are_read_or_refused(pipe: Path) -> None:
    name, reading, writing = handed_over()
    os.write(writing, b"[display]")
    os.close(writing)
    try:
        assert read_toml(name) == {"display": {}}
    finally:
        os.close(reading)
    assert read_toml(Path(os.devnull)) == {}
    with pytest.raises(SettingsError, match=r"pipe\.toml is a named pipe"):
        read_toml(pipe)


def test_a_pipe_that_gives_nothing_is_given_up() -> None:
    name, reading, writing = handed_over()
    with pytest.raises(TimeoutError, match="gave nothing"):
        read_at_most(name, 100, patience=0.02)
    os.close(reading)
    os.close(writing)


def test_what_comes_in_pieces_is_read_to_its_end() -> None:
    name, reading, writing = handed_over()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as file:
            for _ in range(5):
                file.write(b"a" * 10)
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    got = read_at_most(name, 1000, patience=5)
    writer.join()
    os.close(reading)
    assert got == b"a" * 50


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 32)
    assert len(read_at_most(tmp_path / "sparse", 100)) == 100
    with pytest.raises(IsADirectoryError):
        read_at_most(tmp_path, 100)


def test_authorities_that_are_no_plain_file_are_refused_at_once(pipe: Path, tmp_path: Path) -> None:
    for name in (str(pipe), "/dev/zero"):
        with pytest.raises(SettingsError, match="is not a regular file"):
            trust(name)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 32)
    with pytest.raises(SettingsError, match="has more than"):
        trust(str(tmp_path / "sparse"))
    with pytest.raises(SettingsError, match="does not exist"):
        trust(str(tmp_path / "none"))


def test_a_record_that_is_a_pipe_is_not_said_to_be_missing(pipe: Path) -> None:
    with pytest.raises(RecordError, match="not a regular file"):
        open_for_reading(pipe)
