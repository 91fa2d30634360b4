"""A terminal that is not UTF-8 gets plain characters by itself, and the settings say why."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine
from xovac_tui.config import Overrides, effective_settings
from xovac_tui.config.resolve import other_than_utf8


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
        ({"LANG": "C"}, ""),
        ({"LANG": "POSIX"}, ""),
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
        # Python has written LC_CTYPE, because this machine lacks the locale of LANG.
        ({"LANG": "de_DE.ISO-8859-1", "LC_CTYPE": "C.UTF-8"}, "ISO-8859-1"),
        ({"LANG": "de_DE.ISO-8859-1", "LC_CTYPE": "C.UTF-8", "LC_ALL": "en_GB.UTF-8"}, ""),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ""),
    ],
)
def test_the_locale_says_which_characters_there_are(environ: dict[str, str], expected: str) -> None:
    assert other_than_utf8(environ, Terminal("utf-8")) == expected


def test_a_locale_that_this_machine_lacks_counts_in_a_process_of_its_own() -> None:
    code = "import os; from xovac_tui.config.resolve import other_than_utf8 as f; print(f(os.environ))"
    environ = {**os.environ, "LANG": "xx_XX.ISO-8859-1"}
    for place in ("LC_ALL", "LC_CTYPE", "PYTHONUTF8"):
        environ.pop(place, None)
    said = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "ISO-8859-1"


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
