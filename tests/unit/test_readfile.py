"""Files of the user that are pipes, devices, folders or far too large: read up to a bound, or given up."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from xovac_tui.errors import SettingsError
from xovac_tui.link.certificate import trust
from xovac_tui.readfile import read_at_most
from xovac_tui.validation import read_toml

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.toml")
    return tmp_path / "pipe.toml"


def test_a_pipe_that_nothing_writes_into_does_not_block(pipe: Path) -> None:
    with pytest.raises(OSError, match="gave nothing"):
        read_at_most(pipe, 100, patience=0.05)


def test_settings_that_are_a_pipe_are_read_or_refused(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"[display]")
    os.close(writing)
    try:
        assert read_toml(Path(f"/dev/fd/{reading}")) == {"display": {}}
    finally:
        os.close(reading)
    monkeypatch.setattr(read_at_most, "__defaults__", (0.05,))
    with pytest.raises(SettingsError, match=r"pipe\.toml cannot be read: it is not a regular file"):
        read_toml(pipe)


def test_what_comes_in_pieces_is_read_to_its_end(pipe: Path) -> None:
    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            for _ in range(5):
                file.write(b"a" * 10)
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    got = read_at_most(pipe, 1000, patience=5)
    writer.join()
    assert got == b"a" * 50


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    assert read_at_most(Path("/dev/zero"), 100_000) == bytes(100_000)
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
