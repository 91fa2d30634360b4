"""Half a character pair, which no UTF-8 holds: everything that is written takes it, as its escape."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.api.payload import leaves
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.config.state import State, load_state, save_state
from xovac_tui.recording.disk.kinds import RecordedCommand, RecordedMark, RunItem
from xovac_tui.recording.disk.lists import commands
from xovac_tui.recording.disk.record import Record
from xovac_tui.text import writable

HALF = "half \ud800"
KEPT = "half \\ud800"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    entry = LedgerEntry(1, "pump", HALF, HALF, UTC, MONO, Outcome.SUCCESS, answer=HALF)
    return write_record(
        tmp_path / "r.sqlite3",
        [
            *(message(n, f'{{"p\\ud800": {n}, "s": "\\udfff"}}', name="st") for n in range(600)),
            message(601, '{"a": 1}', name=f"ev {HALF}"),
            RecordedMark(mark=Mark(MONO + 5, UTC + 5, "note", HALF), who=HALF),
            RecordedCommand(entry=entry, t=UTC, mono=MONO),
            RunItem(
                id=1,
                name=HALF,
                load=None,
                started_utc=UTC,
                started_mono=MONO,
                utc=UTC + 5,
                mono=MONO + 5,
                result="completed",
            ),
        ],
    )


@given(st.text())
def test_what_is_writable_is_utf_8_and_the_rest_stays(text: str) -> None:
    made = writable(text)
    assert made.encode().decode() == made
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        assert made == text


def test_a_channel_has_a_name_that_can_be_written() -> None:
    assert list(leaves({"p\ud800": {"q": 1}})) == [("p\\ud800.q", 1.0)]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_export_is_written_and_names_the_channel(
    form: str,
    record: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    clean_environment(monkeypatch, tmp_path)
    line = CommandLine(tmp_path, capsys)
    for number, more in enumerate(([], ["--channels", "st.*"])):
        out = tmp_path / f"{number}.{form}"
        said = line("export", "all", "--record", str(record), "--out", str(out), *more)
        assert said.code == 0, said.err
        if form == "parquet":
            import pyarrow.parquet as pq

            assert "st.p\\ud800" in pq.read_table(out).schema.names
        else:
            assert "p\\\\ud800" in out.read_text() or "p\\ud800" in out.read_text()


def test_its_samples_have_bins_like_any_other(record: Path) -> None:
    with Record(record) as opened:
        assert "st.p\\ud800" in [channel.name for channel in opened.channels()]


def test_what_is_packed_as_json_in_the_record_keeps_the_escape(record: Path) -> None:
    with Record(record) as opened:
        (found,) = commands(opened)
    assert (found.entry.payload, found.entry.who, found.entry.answer) == (KEPT, KEPT, KEPT)


def test_what_is_remembered_can_be_read_again(tmp_path: Path) -> None:
    state = State(pinned={"lab": (writable("st.p\ud800"),)})
    assert save_state(state, tmp_path / "state.toml") == ""
    assert load_state(tmp_path / "state.toml") == (state, "")


def test_a_report_is_written(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    clean_environment(monkeypatch, tmp_path)
    out = tmp_path / "r.html"
    said = CommandLine(tmp_path, capsys)("report", "r1", "--record", str(record), "--out", str(out))
    assert said.code == 0, said.err
    assert KEPT in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_any_encoding_gets_its_escape(encoding: str, record: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xovac_tui", "audit", "list", "--record", str(record)],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "XOVAC_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    assert KEPT in done.stdout.decode(encoding)


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes only there")
def test_a_file_whose_name_is_no_text_is_attached_and_saved(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean_environment(monkeypatch, tmp_path)
    line = CommandLine(tmp_path, capsys)
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\x1b[31m.txt")
    Path(name).write_text("milk", encoding="utf-8")
    said = line("attach", "r1", name, "--record", str(record))
    assert said.code == 0, said.err
    assert "caf\\udce9␛[31m.txt is attached" in said.err
    said = line("attach", "r1", "--save", str(tmp_path / "out"), "--record", str(record))
    assert said.code == 0, said.err
    assert [file.read_text() for file in (tmp_path / "out").iterdir()] == ["milk"]
