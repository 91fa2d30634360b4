"""A terminal that is not UTF-8 gets plain characters by itself, and the settings say why."""

from __future__ import annotations

import io
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine
from tests.helpers.pty import Pty, console
from xovac_tui.config import Overrides, effective_settings
from xovac_tui.config.charset import as_started, other_than_utf8


class Terminal(io.TextIOWrapper):
    """A terminal with a character set."""

    def __init__(self, encoding: str, *, tty: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ""),
        ({"LANG": "C"}, "ASCII"),
        ({"LC_ALL": "POSIX"}, "ASCII"),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, "ASCII"),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "en_GB.utf8"}, ""),
        ({"LANG": "en_GB.UTF-8@euro"}, ""),
        ({"LANG": "de_DE.ISO-8859-1"}, "ISO-8859-1"),
        ({"LANG": "de_DE.ISO8859-15@euro"}, "ISO8859-15"),
        ({"LANG": "ja_JP.eucJP"}, "eucJP"),
        ({"LANG": "ru_RU.KOI8-R"}, "KOI8-R"),
        ({"LANG": "x.NOBODY-KNOWS"}, "NOBODY-KNOWS"),
        # The strongest of the three counts, and an empty one is none.
        ({"LANG": "de_DE.ISO-8859-1", "LC_ALL": "en_GB.UTF-8"}, ""),
        ({"LANG": "en_GB.UTF-8", "LC_CTYPE": "de_DE.ISO-8859-1"}, "ISO-8859-1"),
        ({"LANG": "de_DE.ISO-8859-1", "LC_ALL": "", "LC_CTYPE": ""}, "ISO-8859-1"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ""),
    ],
)
def test_the_locale_says_which_characters_there_are(environ: dict[str, str], expected: str) -> None:
    assert other_than_utf8(environ, Terminal("utf-8")) == expected


@pytest.mark.parametrize(
    ("found", "started", "before"),
    [
        ({"LC_CTYPE": "C.UTF-8"}, b"HOME=/root\0", ""),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, b"LANG=C\0LC_CTYPE=C\0", "C"),
        # A terminal that reports its characters over SSH, where LANG is C on the other machine.
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, b"LANG=C\0LC_CTYPE=C.UTF-8\0", "C.UTF-8"),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, b"LANG=C\0", "de_DE.UTF-8"),
        # Where the system does not say how the process was started.
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, None, ""),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "de_DE.ISO-8859-1"}, None, ""),
        ({"LC_CTYPE": "C.UTF-8"}, None, "C.UTF-8"),
    ],
)
def test_what_python_wrote_into_the_environment_is_not_what_was_set(
    tmp_path: Path, found: dict[str, str], started: bytes | None, before: str
) -> None:
    file = tmp_path / "environ"
    if started is not None:
        file.write_bytes(started)
    assert as_started(found, file).get("LC_CTYPE", "") == before
    assert as_started(found, file).get("LANG", "") == found.get("LANG", "")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not say it")
def test_a_program_in_a_terminal_knows_which_locale_was_chosen(tmp_path: Path) -> None:
    code = "from xovac_tui.config.charset import as_started, other_than_utf8 as f; print(f'<{f()}>')"
    chosen: dict[str, dict[str, str | None]] = {
        "<ASCII>": {"LC_ALL": "C"},
        "<ASCII> ": {"LANG": "C"},
        "<ISO-8859-1>": {"LANG": "xx_XX.ISO-8859-1"},
        "<>": {"LC_ALL": "C.UTF-8", "LANG": "C"},
        "<> ": {"LC_CTYPE": "C.UTF-8", "LANG": "C"},
        "<>  ": {"LANG": None},
    }
    with ExitStack() as stack:
        started = {
            expected: stack.enter_context(Pty([sys.executable, "-c", code], home=tmp_path, env=env))
            for expected, env in chosen.items()
        }
        for expected, program in started.items():
            assert program.wait() == 0
            assert program.text().strip() == expected.strip(), chosen[expected]


@pytest.mark.slow
@pytest.mark.parametrize(("locale", "plain"), [("C", True), ("C.UTF-8", False)])
def test_the_console_draws_what_the_locale_has(tmp_path: Path, locale: str, plain: bool) -> None:
    with console("--demo", "--no-record", home=tmp_path, env={"LC_ALL": locale}) as program:
        program.wait_for("ONLINE", 30)
        program.wait_for("STOP")
        assert program.raw.isascii() is plain


def test_a_terminal_that_is_written_to_in_another_set_counts_as_well() -> None:
    assert other_than_utf8({}, Terminal("iso-8859-1")) == "iso-8859-1"
    assert other_than_utf8({"LANG": "en_GB.UTF-8"}, Terminal("ascii")) == "ascii"
    # A file or pipe is no terminal.
    assert other_than_utf8({}, Terminal("cp1252", tty=False)) == ""


def test_an_explicit_choice_overrides_the_locale(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    latin = {"LANG": "de_DE.ISO-8859-1"}
    found = effective_settings(Overrides(config=file), latin)
    assert found.settings.display.ascii is True
    assert found.sources["display.ascii"] == "the terminal's character set, ISO-8859-1"
    assert not effective_settings(Overrides(config=file, ascii=False), latin).settings.display.ascii
    assert not effective_settings(
        Overrides(config=file), {**latin, "XOVAC_ASCII": "0"}
    ).settings.display.ascii
    file.write_text("[display]\nascii = false\n")
    assert effective_settings(Overrides(config=file), latin).settings.display.ascii is False


def test_the_settings_in_force_say_so(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    line.settings('[stability.criteria."mine"]\nrate = 2\n')
    result = line("config", "show")
    assert result.code == 0
    assert "ascii = true  # the terminal's character set, ISO-8859-1" in result.out
    assert "[stability.criteria.mine]" in result.out
