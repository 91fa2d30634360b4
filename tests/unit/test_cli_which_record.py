"""Which record a command reads where no chamber is named: the only one, or one to be chosen."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.helpers.commandline import CommandLine, Script, clean_environment
from tests.helpers.records import message, write_record
from xovac_tui import paths
from xovac_tui.cli.group import ListedGroup
from xovac_tui.cli.table import COMMANDS, imported
from xovac_tui.recording.disk.lock import WriterLock


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xovac_tui.cli.replay.need_terminal", lambda: None)
    return CommandLine(tmp_path, capsys)


def make(name: str, *, written: float) -> Path:
    things = [message(n, '{"p": 1e-5}') for n in range(3)]
    path = write_record(paths.record_file(name), things, end=3, profile=name)
    os.utime(path, (written, written))
    return path


def readers() -> Iterator[list[str]]:
    """Every command that takes a record, with arguments that it needs beside it."""
    needed = {
        "RUN": "r1",
        "RUN|FILE": "r1",
        "FILE...": "photo.png",
        "[FILE]": "",
        "FILE|FOLDER": "copy.sqlite3",
        "NAME": "lab",
    }

    def walk(command: click.Command, words: list[str]) -> Iterator[list[str]]:
        if isinstance(command, ListedGroup):
            for name, listed in command.listed.items():
                yield from walk(imported(listed.place), [*words, name])
        if {"record", "demo"} <= {param.name for param in command.params}:
            arguments = [
                needed[one.metavar or ""] for one in command.params if isinstance(one, click.Argument)
            ]
            yield [*words, *filter(None, arguments)]

    for name, listed in COMMANDS.items():
        yield from walk(imported(listed.place), [name])


READERS = list(readers())


def test_all_that_read_a_record_are_checked() -> None:
    groups = ("audit", "record", "forward")
    named = {" ".join(words[:2] if words[0] in groups else words[:1]) for words in READERS}
    assert named == {
        "runs", "replay", "export", "report", "attach", "status",
        "audit verify", "audit head", "audit list", "record copy", "record check",
        "forward status", "forward forget",
    }  # fmt: skip


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_of_several_records_those_to_choose_from_are_listed(line: CommandLine, words: list[str]) -> None:
    line.settings('[profiles.bench-1]\nurl = "http://a:1"\n[profiles.bench-2]\nurl = "http://b:1"\n')
    make("bench-1", written=1_700_000_000)
    make("demo", written=1_700_000_600)
    other = make("10.0.0.7-8080", written=1_700_001_200)
    said = line(*words)
    assert said.code == 2
    assert said.out == ""
    head, *rows = said.err.splitlines()
    assert head == (
        "There are 3 records, and no chamber is named. "
        "Say which is meant by adding one of these to the command:"
    )
    assert [row.split("  written")[0].strip() for row in rows] == [
        f"--record {shlex.quote(str(other))}",
        "--demo",
        "--profile bench-1",
    ]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_without_any_record_it_is_said_how_one_is_made(line: CommandLine, words: list[str]) -> None:
    said = line(*words)
    assert said.code == 2
    assert f"There is no record in {paths.records_folder()} yet." in said.err
    assert "`xovac-tui --demo`" in said.err


def test_what_is_to_be_typed_works(line: CommandLine) -> None:
    make("demo", written=1_700_000_000)
    other = make("demo-2", written=1_700_000_600)
    assert line("runs").code == 2
    assert json.loads(line("runs", "--json", "--demo").out)["record"].endswith("/demo.xovac.sqlite3")
    assert json.loads(line("runs", "--json", "--record", str(other)).out)["record"] == str(other)


def test_the_only_record_is_taken_and_named(line: CommandLine) -> None:
    path = make("demo", written=1_700_000_000)
    said = line("runs", "--json")
    assert said.code == 0
    assert said.err == f"The only record: {path}\n"
    assert json.loads(said.out)["record"] == str(path)
    assert line("export", "s1", "--out", "-").code == 0


def test_a_chamber_that_is_meant_is_never_exchanged_for_another(line: CommandLine) -> None:
    line.settings('[profiles.bench-1]\nurl = "http://a:1"\n')
    make("demo", written=1_700_000_000)
    said = line("runs")
    assert said.code == 2
    assert said.err.startswith("There is no record of bench-1 at ")
    assert "  --demo  written " in said.err
    assert line("runs", "--profile", "bench-1").code == 2


def test_status_shows_the_chamber_of_the_only_record(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script()
    script.messages = [("sensor_data", '{"p": 1e-5}')]
    script.install(monkeypatch)
    monkeypatch.setattr("xovac_tui.cli.status.ANY_DATA", 0.1)
    monkeypatch.setattr("xovac_tui.cli.status.FIRST_DATA", 0.1)
    path = write_record(
        paths.record_file("chamber.lab-8080"), [message(0, '{"p": 1e-5}')], url="http://chamber.lab:8080"
    )
    said = line("status", "--json")
    assert said.code == 0
    reported = json.loads(said.out)
    assert reported["url"] == "http://chamber.lab:8080"
    assert reported["recorder"]["record"] == str(path)


def test_status_of_a_demo_that_is_not_open_says_so(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make("demo", written=1_700_000_000)
    for words in (["status"], ["status", "--demo"]):
        said = line(*words)
        assert said.code == 2
        assert "The demo is not open" in said.err
    script = Script()
    script.install(monkeypatch)
    monkeypatch.setattr("xovac_tui.cli.status.FIRST_DATA", 0.1)
    lock = WriterLock(path)
    assert lock.acquire()
    try:
        assert line("status", "--demo").code == 0
        assert script.target is not None
        assert script.target.url.startswith("http://")
    finally:
        lock.release()
