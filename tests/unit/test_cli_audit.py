"""`xovac-tui audit` and `xovac-tui attach`: what they print, and their exit codes."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.helpers.audited import audited_record, done_to
from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.records import MONO, UTC, message, session, write_record
from xovac_tui import paths
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.recording import attachments as attaching
from xovac_tui.recording.attachments import attachment_data, attachments, text_of
from xovac_tui.recording.audit import verify
from xovac_tui.recording.audit_faults import AuditCode, AuditedRow, AuditFault
from xovac_tui.recording.disk.kinds import RecordedMark, RunItem
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import no_record
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.report.appendix import attachment_words
from xovac_tui.report.facts import Paper
from xovac_tui.report.formatting import ReportTimes

SETTINGS = """
profile = "lab"
[display]
time = "utc"
[profiles.lab]
url = "http://127.0.0.1:3000"
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capsys)
    line.settings(SETTINGS)
    return line


@pytest.fixture
def record(line: CommandLine) -> Path:
    """Two runs, of which the second goes on, and two notes."""
    runs = [
        RunItem(
            id=number,
            name="Bake",
            load=None,
            started_utc=UTC,
            started_mono=MONO,
            utc=UTC + 5,
            mono=MONO + 5,
            result=result,
        )
        for number, result in ((1, "completed"), (2, "running"))
    ]
    notes = [
        RecordedMark(mark=Mark(MONO + at, UTC + at, "note", f"door \x1b[31m {at}"), who="ada@bench")
        for at in (1.0, 4000.0)
    ]
    return write_record(paths.record_file("lab"), [message(0, "{}"), *runs, *notes])


# -- audit ----------------------------------------------------------------------------------------------


def test_a_whole_chain_is_well(line: CommandLine, record: Path) -> None:
    said = line("audit", "verify")
    head = verify(record).head.hash
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        f"{record}: 2 entries, all as they were written.",
        "Not in the chain, so not verified: events (1), names of channels (2), runs (2), sessions (1).",
        f"Head: {head}",
    ]
    assert line("audit", "head").out == f"{head}  2 entries\n"
    reported = json.loads(line("audit", "verify", "--json").out)
    assert reported == {
        "record": str(record), "well": True, "entries": 2, "hash": head, "before_audit": 0, "noted": None,
        "not_chained": {"events": 1, "names of channels": 2, "runs": 2, "sessions": 1},
        "faults": [],
    }  # fmt: skip
    assert json.loads(line("audit", "head", "--json").out)["hash"] == head


def test_what_was_changed_is_named_with_exit_code_4(line: CommandLine, record: Path) -> None:
    done_to(record, "UPDATE marks SET who = 'eve@bench' WHERE id = 2")
    said = line("audit", "verify")
    assert said.code == 4
    (found,) = verify(record).faults
    assert found.code is AuditCode.ROW_CHANGED
    sentence = found.sentence(lambda _: "2026-09-21 15:20:00+00:00")
    assert "door ␛[31m 4000.0, by eve@bench" in sentence
    assert said.out.splitlines()[:2] == [f"{record} is not as it was written:", sentence]
    reported = line("audit", "verify", "--json")
    assert reported.code == 4
    (fault,) = json.loads(reported.out)["faults"]
    assert (fault["wrong"], fault["code"], fault["table"], fault["row"], fault["who"]) == (
        "changed",
        "row-changed",
        "marks",
        2,
        "eve@bench",
    )
    assert fault["time"] == "2026-09-21T15:20:00.000+00:00"


def test_many_faults_are_reported_in_a_few_lines(line: CommandLine, tmp_path: Path) -> None:
    path = audited_record(tmp_path / "big", 30)
    done_to(path, "UPDATE ledger SET who = ''")
    said = line("audit", "verify", "--record", str(path))
    assert said.code == 4
    assert said.out.splitlines()[-3] == "And 10 more (--json lists them)."
    assert len(json.loads(line("audit", "verify", "--json", "--record", str(path)).out)["faults"]) == 30


def fault_words(code: AuditCode, **data: str) -> str:
    """Return the sentence of a fault that is about no entry."""
    return AuditFault(code=code, entry=AuditedRow(place="", row=0), data=tuple(data.items())).sentence(str)


def test_an_emptied_chain_gets_exit_code_4_and_an_empty_one_is_not_called_well(
    line: CommandLine, record: Path, tmp_path: Path
) -> None:
    done_to(record, "DELETE FROM chain")
    done_to(record, "DELETE FROM marks")
    done_to(record, f"UPDATE head SET count = 0, hash = '{'0' * 64}'")
    said = line("audit", "verify")
    assert said.code == 4
    assert said.out.splitlines()[1].startswith(fault_words(AuditCode.CHAIN_EMPTY))
    write_record(tmp_path / "new", [])
    said = line("audit", "verify", "--record", str(tmp_path / "new"))
    assert said.code == 0
    assert "the chain is empty, so it covers nothing yet" in said.out
    assert "as they were written" not in said.out


def test_a_head_that_was_noted(line: CommandLine, record: Path) -> None:
    head = verify(record).head.hash
    write_record(
        record, [RecordedMark(mark=Mark(9e3, UTC + 9e3, "note", "later"), who="")], utc=UTC + 9e3, mono=9e3
    )
    said = line("audit", "verify", "--expect", head[:20])
    assert said.code == 0
    assert "The head that was noted is entry 2: everything up to it is still there." in said.out
    said = line("audit", "verify", "--expect", "0123456789ab")
    assert said.code == 4
    assert fault_words(AuditCode.NOTED_HEAD_MISSING, noted="0123456789ab") in said.out
    for wrong in ("abc", "xyz" * 10):
        said = line("audit", "verify", "--expect", wrong)
        assert said.code == 2
        assert "--expect wants a hash" in said.err


def test_entries_are_listed_in_their_order(line: CommandLine, record: Path) -> None:
    said = line("audit", "list")
    assert said.code == 0
    assert said.out.splitlines() == [
        "entry  when                             who        what",
        "    1  2026-09-21 14:13:21+00:00  note  ada@bench  door ␛[31m 1.0",
        "    2  2026-09-21 15:20:00+00:00  note  ada@bench  door ␛[31m 4000.0",
    ]
    assert len(line("audit", "list", "--since", "1h").out.splitlines()) == 2
    assert line("audit", "list", "--since", "2h").out == "Nothing since then.\n"
    assert line("audit", "list", "--since", "now").code == 2
    first = json.loads(line("audit", "list", "--json").out.splitlines()[0])
    assert (first["entry"], first["table"], first["who"]) == (1, "marks", "ada@bench")


def test_records_that_cannot_be_audited(line: CommandLine, tmp_path: Path) -> None:
    said = line("audit", "verify")
    assert said.code == 2
    assert said.err == f"{no_record(paths.record_file('lab'))}\n"
    (tmp_path / "text").write_text("no record " * 1000)
    said = line("audit", "verify", "--record", str(tmp_path / "text"))
    assert said.code == 4
    assert "damaged" in said.err
    empty = tmp_path / "new"
    Writer(empty, session(), recording=True, utc=UTC, mono=MONO).close(UTC)
    assert line("audit", "list", "--record", str(empty)).out == "Nothing that is audited has happened yet.\n"
    assert line("audit", "verify", "--record", str(empty)).code == 0
    done_to(empty, "DELETE FROM head")
    assert line("audit", "head", "--record", str(empty)).code == 2
    assert line("audit", "verify", "--record", str(empty)).code == 4


# -- attach ---------------------------------------------------------------------------------------------


def attached(record: Path, run: int) -> list[tuple[str, str, str, bytes]]:
    with Record(record) as opened:
        return [
            (one.name, one.media, one.text, attachment_data(opened, one.id))
            for one in attachments(opened, run)
        ]


def test_files_are_copied_into_the_record_while_another_process_records(
    line: CommandLine, record: Path, tmp_path: Path
) -> None:
    recorder = Writer(record, session(), recording=True, utc=UTC + 9000, mono=MONO + 9000)
    recorder.event(message(9000, "{}"))
    recorder.commit(UTC)
    (tmp_path / "photo.JPG").write_bytes(PNG)
    (tmp_path / "log.csv").write_text("time,T\n0,21\n")
    said = line("attach", "last", "photo.JPG", "log.csv", "--caption", "wiring before")
    assert (said.code, said.out) == (0, "")
    digest = hashlib.sha256(PNG).hexdigest()
    assert said.err.splitlines()[0] == f"photo.JPG is attached to r2 (image/png, SHA-256 {digest})."
    recorder.event(message(9001, "{}"))
    recorder.commit(UTC)
    recorder.close(UTC)
    assert attached(record, 2) == [
        ("photo.JPG", "image/png", "wiring before", PNG),
        ("log.csv", "text/csv", "wiring before", b"time,T\n0,21\n"),
    ]
    assert attached(record, 1) == []
    assert verify(record).well
    assert line("audit", "list").out.splitlines()[-1].endswith("log.csv for r2")
    # A second time it is not copied again.
    said = line("attach", "r2", "photo.JPG")
    assert (said.code, said.err) == (0, "photo.JPG is attached to r2 already.\n")
    assert len(attached(record, 2)) == 2


def test_what_is_attached_is_listed_and_saved(line: CommandLine, record: Path, tmp_path: Path) -> None:
    assert line("attach", "1", "--list").out == "Nothing is attached to r1.\n"
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "IMG.png").write_bytes(PNG + bytes([number]))
        line("attach", "1", f"{number}/IMG.png")
    head, *rows = line("attach", "r1", "--list").out.splitlines()
    assert head.split() == ["name", "kind", "size", "attached", "who", "SHA-256", "caption"]
    assert [row.split()[:4] for row in rows] == [["IMG.png", "image/png", "16", "bytes"]] * 2
    reported = json.loads(line("attach", "r1", "--list", "--json").out)
    assert [one["sha256"] for one in reported] == [
        hashlib.sha256(PNG + bytes([n])).hexdigest() for n in (1, 2)
    ]
    said = line("attach", "r1", "--save", "out")
    assert said.code == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == {
        "1-IMG.png": PNG + b"\x01",
        "2-IMG.png": PNG + b"\x02",
    }
    said = line("attach", "r1", "--save", "out")
    assert said.code == 2
    assert "is not written over" in said.err
    done_to(record, "UPDATE attachments SET data = x'00' WHERE id = 1")
    said = line("attach", "r1", "--save", "other")
    assert said.code == 2
    assert "is not what was attached" in said.err


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", b"", "is empty"),
        ("a.png", b"<svg onload='x()'/>", "which can hold scripts"),
        ("a.txt", b"\xef\xbb\xbf \n<html>", "which can hold scripts"),
        ("a.png", b"\x7fELF\x00\x01", "of a kind that a report cannot show"),
        ("a.txt", b"esc \x1b[31m", "of a kind that a report cannot show"),
        ("a.txt", b"caf\x81", "of a kind that a report cannot show"),
        ("a.pdf", b"%PDF-" + bytes(200), "is larger than 200 bytes"),
    ],
    ids=["empty", "svg", "html", "program", "escapes", "no-character", "large"],
)
def test_what_is_not_attached(
    line: CommandLine,
    record: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    data: bytes,
    why: str,
) -> None:
    monkeypatch.setattr(attaching, "MOST", 200)
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.png").write_bytes(PNG)
    said = line("attach", "r1", "good.png", name)
    assert said.code == 2
    assert why in said.err
    # All or none.
    assert attached(record, 1) == []


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("Öl, 3 µm\r\n".encode(), "text/plain"),
    ],
    ids=["png", "jpeg", "gif", "webp", "pdf", "text"],
)
def test_the_kind_follows_from_what_is_in_a_file(
    line: CommandLine, record: Path, tmp_path: Path, data: bytes, media: str
) -> None:
    (tmp_path / "any.bin").write_bytes(data)
    assert line("attach", "r1", "any.bin").code == 0
    assert [one[1] for one in attached(record, 1)] == [media]


SHEET = "Zeit;Druck [mbar];Fühler\n10:00;1,3e-4;21,50 °C €\n"


@pytest.mark.parametrize(
    ("charset", "media"),
    [
        ("utf-8", "text/csv"),
        ("utf-8-sig", "text/csv"),
        ("cp1252", "text/csv; charset=Windows-1252"),
        ("utf-16", "text/csv; charset=UTF-16"),
        ("utf-16-be", "text/csv; charset=UTF-16"),
    ],
)
def test_what_a_spreadsheet_saves_is_attached_and_read_in_its_character_set(
    charset: str, media: str, line: CommandLine, record: Path, tmp_path: Path
) -> None:
    data = SHEET.encode(charset)
    data = b"\xfe\xff" + data if charset == "utf-16-be" else data
    (tmp_path / "bench.csv").write_bytes(data)
    said = line("attach", "1", "bench.csv")
    assert said.code == 0
    assert ("(assumed)" in said.err) == (charset == "cp1252")
    # The file is kept as it is; the report shows what it says.
    assert attached(record, 1) == [("bench.csv", media, "", data)]
    assert text_of(media, data) == SHEET
    assert ("Windows-1252 (assumed)" in line("attach", "1", "--list").out) == (charset == "cp1252")
    with Record(record) as opened:
        paper = Paper(attachments(opened, 1)[0], data)
    words = attachment_words(paper, ReportTimes(None, UTC, UTC))
    assert words["text"].splitlines()[1] == "10:00;1,3e-4;21,50 °C €"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(line: CommandLine, record: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = line("attach", "r1", "pipe")
    assert said.code == 2
    assert "is not a regular file" in said.err


def test_mistakes_are_reported_in_sentences(line: CommandLine, record: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    for arguments, why in (
        (("attach", "r1"), "one of the three"),
        (("attach", "r1", "a.png", "--list"), "one of the three"),
        (("attach", "r1", "--list", "--caption", "x"), "--caption is for"),
        (("attach", "r1", "a.png", "--json"), "--json is for"),
        (("attach", "r9", "a.png"), 'No run "r9" is in'),
        (("attach", "s1", "--list"), "Newest: r1, r2."),
        (("attach", "r1", "none.png"), "cannot be read"),
        (("attach", "r1", "."), "is not a regular file"),
    ):
        said = line(*arguments)
        assert said.code == 2, arguments
        assert why in said.err, arguments


def test_a_name_in_the_record_gives_the_terminal_no_orders(
    line: CommandLine, record: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    line("attach", "r1", "a.png")
    done_to(record, "UPDATE attachments SET name = 'a' || char(27) || ']0;owned' || char(7) || '.png'")
    said = line("attach", "r1", "--save", "out")
    assert said.code == 0
    assert said.err.strip().isprintable()
    (saved,) = (tmp_path / "out").iterdir()
    assert saved.name.isprintable()
    assert saved.read_bytes() == PNG
