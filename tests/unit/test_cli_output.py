"""Text of files, records and devices on a terminal: every command prints it through one cleaning function."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.records import MONO, UTC, message, session
from xovac_tui import cli
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.cli.common import table
from xovac_tui.cli.output import echo, echo_lines, rewrite
from xovac_tui.recording.disk.kinds import (
    Attachment,
    RecordedChange,
    RecordedCommand,
    RecordedLoad,
    RecordedMark,
    RunItem,
)
from xovac_tui.recording.disk.writer import Writer

EVIL = "a\x1b[31mb\x1b]0;owned\x07c\r\nd\u202ee\x9b2J"
FOLDER = Path(cli.__file__).parent
PRINTS = {"print", "secho", "write", "writelines", "pager", "echo_via_pager"}


def test_only_one_module_prints() -> None:
    """A terminal sequence for a receiver is meant, and the bytes of an export go past all of this."""
    meant = {("notify.py", "sys.stderr.write"), ("export.py", "file.write"), ("attach.py", "file.write")}
    found = set()
    for file in FOLDER.glob("*.py"):
        if file.name == "output.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "click.echo" or name.rsplit(".", 1)[-1] in PRINTS:
                found.add((file.name, name))
    assert found <= meant | {("export.py", "job.write")}


def test_a_line_stays_one_and_acts_on_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    echo(EVIL)
    echo(EVIL, err=True)
    out, err = capsys.readouterr()
    assert out == err == "a␛[31mb␛]0;owned␇c␍␊d\\u202ee\\x9b2J\n"
    echo_lines(["one", "two\x1b"])
    assert capsys.readouterr().out == "one\ntwo␛\n"
    shown = rewrite("x\x1b")
    assert rewrite("", shown) == 0
    assert capsys.readouterr().err == "\rx␛\r  \r"


def test_columns_are_as_wide_as_what_is_shown() -> None:
    assert table([("a\x9b", "b"), ("c", "d\n")]) == ["a\\x9b  b", "c      d␊"]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record of which every text would act on a terminal."""
    path = tmp_path / "r.sqlite3"
    made = Writer(
        path,
        session(
            who=EVIL, host=EVIL, program=EVIL, profile=EVIL, url=EVIL, channels={f"st.{EVIL}": (EVIL, EVIL)}
        ),
        recording=True,
        utc=UTC,
        mono=MONO,
    )
    utc, mono = UTC + 1, MONO + 1
    entry = LedgerEntry(
        1, EVIL, EVIL, EVIL, utc, mono, Outcome.SUCCESS, reason=EVIL, message=EVIL, answer=EVIL
    )
    made.event(message(0, json.dumps({EVIL: 1}), name=f"st{EVIL}"))
    for item in (
        RecordedCommand(entry=entry, t=utc, mono=mono),
        RecordedMark(mark=Mark(mono, utc, "note", EVIL), who=EVIL),
        RecordedChange(kind=EVIL, who=EVIL, text=EVIL, t=utc, mono=mono, after=EVIL),
        RecordedLoad(
            t=utc,
            mono=mono,
            who=EVIL,
            name=EVIL,
            outcome="success",
            hash=EVIL,
            source=EVIL,
            payload=EVIL,
            plan="",
            settings="{}",
        ),
        RunItem(
            id=1,
            name=EVIL,
            load=1,
            started_utc=UTC,
            started_mono=MONO,
            utc=utc,
            mono=mono,
            result=EVIL,
            reason=EVIL,
        ),
        Attachment(t=utc, mono=mono, run=1, who=EVIL, name=EVIL, media=EVIL, text=EVIL, hash=EVIL, data=b"x"),
    ):
        made.item(item)
    made.commit(UTC + 5)
    made.close(UTC + 5)
    return path


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("runs",),
    ("runs", "--json"),
    ("audit", "list"),
    ("audit", "list", "--json"),
    ("audit", "verify"),
    ("audit", "verify", "--json"),
    ("audit", "head"),
    ("export", "r1", "--out", "-"),
    ("export", "all", "--out", "-"),
    ("export", "all", "--labels", "--out", "-"),
    ("export", "all", "--format", "jsonl", "--out", "-"),
    ("attach", "r1", "--list"),
    ("attach", "r1", "--list", "--json"),
    ("attach", "r1", "--save", "saved"),
    ("attach", "r9", "--list"),
    ("export", EVIL),
    ("report", "r1", "--out", f"{EVIL}/x.html"),
    ("export", "r1", "--channels", EVIL),
    ("attach", "r1", EVIL),
)


@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: " ".join(command[:3]).encode("unicode_escape").decode()
)
def test_nothing_in_a_foreign_record_acts_on_the_terminal(
    command: tuple[str, ...],
    record: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capfdbinary)  # type: ignore[arg-type]
    said = line(*command, "--record", str(record))
    out, err = (stream.decode() for stream in (said.out, said.err))  # type: ignore[attr-defined]
    assert "defect" not in err
    for text in (out.replace("\r\n", "\n"), err):
        assert all(sign.isprintable() or sign == "\n" for sign in text), [command, text]
    # A line of its own is how a name would pass for what the program says.
    if command[0] != "report":
        assert not [row for row in (out + err).splitlines() if row.startswith("d\\u202e")]


@pytest.mark.parametrize(
    "command",
    [
        ("config", "check", f"{EVIL}.toml"),
        ("config", "show", "--config", f"{EVIL}.toml"),
        ("recipe", "check", f"{EVIL}.toml"),
        ("recipe", "check", "evil.toml"),
        ("recipe", "import", "evil.json"),
        ("runs", "--record", EVIL),
        ("replay", EVIL),
        ("notify", "test", "--receiver", EVIL),
        ("send", EVIL),
        (EVIL,),
        ("doctor", "--config", "evil.toml"),
        ("status", "--profile", EVIL),
    ],
    ids=lambda command: " ".join(command[:2]).encode("unicode_escape").decode(),
)
def test_nothing_in_names_and_files_does_either(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.toml").write_text(
        '"x\\u001b[31m\\u0007" = 1\nname = "\\u001b]0;owned\\u0007"\n', encoding="utf-8"
    )
    (tmp_path / "evil.json").write_text(
        '{"name": "\\u001b[31m", "recipe": [["\\u001b", 1, 1]]}', encoding="utf-8"
    )
    said = CommandLine(tmp_path, capsys)(*command)
    assert said.code != 0
    assert "defect" not in said.err
    for text in (said.out, said.err):
        assert all(sign.isprintable() or sign == "\n" for sign in text), text
