"""Noise, defects of the screen and a terminal that takes nothing: link, recording and STOP go on."""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.pty import Pty, console, press_stop, until

READING = re.compile(r"TEST PART[^\n]*\n +[-−+]?\d+\.\d\b")
NOTICE = "The screen failed several times"


def shows_readings(text: str) -> bool:
    return READING.search(text) is not None


def broken(body: str) -> list[str]:
    """Return a command line of the program with a defect in it, which `body` puts there."""
    code = f"import xovac_tui.ui.app as app\n{body}\nfrom xovac_tui.cli import main\nmain()"
    return [sys.executable, "-c", code, "--demo"]


class Record:
    """The record of the program under test, read beside it."""

    def __init__(self, home: Path) -> None:
        (self.path,) = home.rglob("*.sqlite3")

    def ask(self, query: str) -> list[tuple[object, ...]]:
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError:  # it is being made
            return []
        finally:
            database.close()

    @property
    def events(self) -> int:
        """How many events are written."""
        ((tail,),) = self.ask("SELECT coalesce(sum(count), 0) FROM tail")
        ((blocks,),) = self.ask("SELECT coalesce(sum(count), 0) FROM blocks")
        assert isinstance(tail, int)
        assert isinstance(blocks, int)
        return tail + blocks

    @property
    def words(self) -> list[object]:
        """What the link was, oldest first."""
        return [word for (word,) in self.ask("SELECT word FROM links ORDER BY id")]


NOISE = (
    b"\xe9",
    b"\xff\xfe\x80",
    b"\xc3(",
    b"\x1b[48;24;80;0;0t\x1b[<0;10;10M\x1b[<0;10;10m",
    b"\x1b[99999999999u",
    b"\x1b[55296u",
    b"\x1b[?2048;1$y\x1b[48;5;5;5;5t",
)


@pytest.mark.slow
def test_no_bytes_from_the_terminal_end_it(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path, size=(80, 24)) as program:
        program.wait_for(shows_readings)
        for noise in NOISE:
            program.send(noise)
            time.sleep(0.15)
        program.send("?")
        program.wait_for("Help")
        # Noise that announced reports of the size must not make it deaf to the real one.
        program.resize(100, 30)
        program.wait_for(lambda text: max(map(len, text.split("\n"))) == 100)
        program.signal(signal.SIGTERM)
        assert program.wait() == 128 + signal.SIGTERM
        program.assert_as_before()
    log = tmp_path / "logs" / "xovac-tui.log"
    assert not log.exists() or "ERROR" not in log.read_text()


DEFECTS = {
    "in showing": "def bad(self): raise ZeroDivisionError('of a test')\napp.XovacApp.flush = bad",
    "in composing": "def bad(self): raise ZeroDivisionError('of a test')\napp.ChamberScreen.compose = bad",
    "in drawing": "import xovac_tui.ui.frame.trust_bar as t\n"
    "def bad(self, y): raise ZeroDivisionError('of a test')\nt.TrustBar.render_line = bad",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    [
        pytest.param("in showing", marks=pytest.mark.slow),
        pytest.param("in composing", marks=pytest.mark.slow),
        "in drawing",
    ],
)
def test_a_screen_that_cannot_be_shown_takes_neither_record_nor_stop(where: str, tmp_path: Path) -> None:
    with Pty(broken(DEFECTS[where]), home=tmp_path, size=(80, 24)) as program:
        program.wait_for(NOTICE)
        until(lambda: list(tmp_path.rglob("*.sqlite3")), 10, "there is a record")
        record = Record(tmp_path)
        until(lambda: "ONLINE" in record.words, 10, "the link is recorded")
        before = record.events
        press_stop(program)
        until(lambda: record.ask("SELECT 1 FROM ledger WHERE outcome != 'sent'"), 10, "STOP was answered")
        ((data,), *_) = record.ask("SELECT data FROM ledger")
        assert '"confirmation":"the STOP key' in str(data)
        until(lambda: record.events > before, 10, "events go on being recorded")
        program.signal(signal.SIGTERM)
        assert program.wait() == 128 + signal.SIGTERM
        program.assert_as_before()
        assert program.left() == ""
    log = (tmp_path / "logs" / "xovac-tui.log").read_text()
    assert "Traceback" in log
    assert "ZeroDivisionError: of a test" in log


@pytest.mark.slow
def test_a_terminal_that_takes_nothing_stops_neither_record_nor_link(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[display]\nrefresh = 10\n")
    with console("--demo", "--speed", "600", home=tmp_path, size=(200, 50)) as program:
        program.wait_for(shows_readings)
        record = Record(tmp_path)
        until(lambda: "ONLINE" in record.words, 10, "the link is recorded")
        program.stop_reading()
        # More pictures than the terminal, and anything that waits for it, can hold.
        for tab in "3461" * 15:
            program.send(tab)
            time.sleep(0.25)
        began = record.events
        until(lambda: record.events > began + 4, 10, "events go on being recorded")
        assert record.words[-1] == "ONLINE"
        program.send("2")
        time.sleep(0.5)
        program.read_again()
        shown = program.wait_for(lambda text: "Ledger" in text and "● ONLINE" in text, 10)
        time.sleep(1.2)
        program.send("\x0c")
        program.wait_for(lambda text: "Ledger" in text)
        assert _frame(shown) == _frame(program.text()), "what was left out is missing on the screen"
        program.stop_reading()
        for tab in "3461" * 6:
            program.send(tab)
            time.sleep(0.03)
        program.signal(signal.SIGTERM)
        assert program.process.wait(6) == 128 + signal.SIGTERM
        ((closed,),) = record.ask("SELECT closed FROM sessions")
        assert closed, "the record was not closed in order"


def _frame(text: str) -> list[str]:
    """Return the lines of the screen without what changes by itself."""
    return [re.sub(r"[\d.:+−-]+", "0", line).split("rtt")[0] for line in text.split("\n")[1:20]]


def test_a_key_read_before_a_dialog_was_seen_does_not_answer_it(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path, size=(80, 24)) as program:
        program.wait_for(shows_readings)
        for _ in range(8):
            mark = program.count
            program.send("t")
            program.wait_raw(b" Theme ", start=mark)
            seen = time.monotonic()
            program.send("\r")
            if time.monotonic() - seen < 0.1:
                break
            # This machine was too slow to be quick; the theme list closes by that key, or another.
            time.sleep(0.5)
            program.send("\x1b")
            program.wait_for(lambda text: "─ Theme ─" not in text)
        time.sleep(1.0)
        assert "─ Theme ─" in program.text(), "a key that was read with the first picture closed the list"
        program.send("\r")
        program.wait_for(lambda text: "─ Theme ─" not in text)
