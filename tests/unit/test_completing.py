"""What the word before the cursor may become, and that asking for it costs little and prints no error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.pastruns import three_runs
from xovac_tui import __version__, paths
from xovac_tui.cli.table import COMMANDS, EVERY_EXIT
from xovac_tui.completing import contract_names
from xovac_tui.completing.answer import answer_lines
from xovac_tui.completing.asked import ASKED
from xovac_tui.completing.line import split_line, take
from xovac_tui.completing.listing import shipped_listing
from xovac_tui.config.themes import shipped_themes
from xovac_tui.errors import Exit
from xovac_tui.recipes.templates import TEMPLATES
from xovac_tui.simulator.faults import SimulatedFault
from xovac_tui.ui.theming import textual_themes

SETTINGS = """
[profiles.bench-1]
url = "http://bench:8080"
contracts = ["own.toml"]
[profiles."lab b"]
url = "http://ada:secret@lab:1"
[[notify.receivers]]
name = "desk"
kind = "bell"
"""
CONTRACT = """
[commands.go]
title = "Start recipe"
[commands.set_heater.fields]
power = { type = "float" }
name = { type = "string" }
[messages.sensor_data]
"plate.A" = { channel = "plate_a", label = "Plate A", unit = "degC" }
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clean_environment(monkeypatch, tmp_path)
    (tmp_path / "config.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "own.toml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "recipes").mkdir()
    for name in ("cycles.toml", "my bake.toml", ".hidden.toml", "notes.txt"):
        (tmp_path / "recipes" / name).touch()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def zsh(*words: str) -> list[str]:
    """Return the words that zsh is given behind these; the last is begun."""
    return [line.partition("\t")[0] for line in answer_lines("zsh", words)[1:]]


def says(*words: str) -> str:
    return answer_lines("zsh", words)[0]


def bash(line: str, raw: str | None = None) -> list[str]:
    raw = line.rpartition(" ")[2] if raw is None else raw
    return [one.partition("\t")[0] for one in answer_lines("bash", (line, raw))[1:]]


def test_commands_and_those_of_groups_are_completed(home: Path) -> None:
    assert zsh("") == list(COMMANDS)
    assert zsh("re") == [name for name in COMMANDS if name.startswith("re")]
    assert zsh("recipe", "te") == ["templates"]
    assert "--for" in zsh("record", "--f")
    assert zsh("sned", "") == []


def test_an_option_that_was_given_is_offered_again_only_where_it_may_be_repeated(home: Path) -> None:
    assert "--url" in zsh("watch", "--json", "--")
    assert "--json" not in zsh("watch", "--json", "--")
    assert "--transport" in zsh("watch", "--transport", "polling", "--")
    assert zsh("watch", "--transport", "") == ["websocket", "polling"]


def test_a_command_without_arguments_left_offers_its_options(home: Path) -> None:
    assert "--json" in zsh("status", "")
    assert zsh("send", "--", "--y") == []


def test_profiles_are_those_of_the_settings_and_show_no_password(home: Path) -> None:
    assert answer_lines("zsh", ("--profile", "")) == ["", "bench-1\thttp://bench:8080", "lab b\t"]
    assert zsh("watch", "-p", "b") == ["bench-1"]
    assert zsh("--profile=b") == ["bench-1"]
    assert [line.split("\t")[0] for line in answer_lines("fish", ("--profile=b",))[1:]] == [
        "--profile=bench-1"
    ]


def test_bash_gets_what_it_replaces_and_quoted_as_its_line_is(home: Path) -> None:
    assert bash("xovac-tui --profile la") == [r"lab\ b"]
    assert bash("xovac-tui --profile=b", "b") == ["bench-1"]
    assert bash("xovac-tui --profile=", "=") == ["bench-1", r"lab\ b"]
    # In an open quote a backslash would be part of the name.
    assert bash('xovac-tui --profile "b', '"b') == ["bench-1"]
    assert bash('xovac-tui --profile "la', '"la') == []


def test_commands_and_fields_come_from_the_contract_of_the_profile(home: Path) -> None:
    documented = ["cancel_recipe", "load_recipe", "sync_xovac_time"]
    assert zsh("send", "--profile", "bench-1", "") == [*documented, "go", "set_heater"]
    assert zsh("send", "") == documented
    assert zsh("send", "-p", "bench-1", "set_heater", "--arguments", "") == ["power", "name"]
    assert zsh("send", "-p", "bench-1", "set_heater", "--arguments", "power,n") == ["power,name"]
    (home / "own.toml").write_text("nonsense = ", encoding="utf-8")
    assert zsh("send", "--profile", "bench-1", "") == documented


def test_runs_and_channels_come_from_the_record_that_the_command_would_read(home: Path) -> None:
    record = paths.record_file("bench-1", home / "records")
    record.parent.mkdir()
    three_runs(record)
    assert zsh("report", "") == ["r3", "r2", "r1", "s1", "last", "all"]
    assert zsh("report", "--profile", "lab b", "") == ["last", "all"]
    assert zsh("report", "--record", str(record), "r") == ["r3", "r2", "r1"]
    assert says("replay", "") == "files"
    assert any(line.startswith("r1\t20") for line in answer_lines("zsh", ("report", "r1")))
    channels = zsh("export", "-p", "bench-1", "r1", "--channels", "plate_a,")
    assert "plate_a,plate_a" in channels
    assert len(channels) > 1
    assert says("export", "r1", "--channels", "x") == "nospace"


def test_a_damaged_record_takes_away_its_names_only(home: Path) -> None:
    record = paths.record_file("demo", home / "records")
    record.parent.mkdir()
    record.write_bytes(b"SQLite format 3\0" + bytes(5000))
    assert zsh("report", "--demo", "") == ["last", "all"]


def test_recipes_are_found_by_path_and_by_the_beginning_of_their_name(home: Path) -> None:
    cycles, bake = str(home / "recipes" / "cycles.toml"), str(home / "recipes" / "my bake.toml")
    assert answer_lines("zsh", ("load", "")) == ["files", f"{cycles}\t", f"{bake}\t"]
    assert answer_lines("zsh", ("recipe", "check", "cyc")) == ["files anyhow", f"{cycles}\t"]
    (home / "work" / "cycles-2.toml").touch()
    assert answer_lines("zsh", ("recipe", "check", "cyc")) == ["files"], "a file that is here goes first"
    assert bash("xovac-tui load my") == [bake.replace(" ", r"\ ")]


def test_other_values_are_those_that_the_program_knows(home: Path) -> None:
    assert set(zsh("--theme", "")) == {one.name for one in shipped_themes()} | textual_themes()
    assert zsh("simulate", "--fault", "") == list(SimulatedFault)
    assert zsh("notify", "test", "--receiver", "") == ["desk"]
    assert zsh("recipe", "new", "-t", "") == [template.name for template in TEMPLATES]
    values = [f"{one.name}=" for one in TEMPLATES[0].parameters]
    assert zsh("recipe", "new", "-t", TEMPLATES[0].name, "--set", "") == values
    assert says("attach", "r1", "--save", "") == "folders"
    assert says("--config", "") == "files"


def test_names_that_would_act_on_a_shell_or_terminal_are_quoted_or_left_out(home: Path) -> None:
    (home / "config.toml").write_text(
        '[profiles."$(reboot)"]\n[profiles."a\\nb\\u001b[2J"]\n', encoding="utf-8"
    )
    assert bash("xovac-tui --profile ") == [r"\$\(reboot\)"]


@pytest.mark.parametrize(
    "settings", ["nonsense = ", 'profiles = "x"\nnotify = 3\nrecord = []\nrecipes = 7\n', None]
)
@pytest.mark.parametrize(
    "words", [("--profile", ""), ("send", ""), ("report", ""), ("load", ""), ("--theme", "")]
)
def test_settings_that_cannot_be_used_are_no_error(
    home: Path, settings: str | None, words: tuple[str, ...]
) -> None:
    file = home / "config.toml"
    file.unlink()
    if settings is not None:
        file.write_text(settings, encoding="utf-8")
    assert answer_lines("zsh", words)[0] in ("", "files")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes belong to POSIX")
def test_a_pipe_or_an_endless_file_in_the_place_of_settings_holds_up_no_shell(home: Path) -> None:
    file = home / "config.toml"
    file.unlink()
    os.mkfifo(file)
    assert zsh("--profile", "") == []
    file.unlink()
    file.symlink_to("/dev/zero")
    assert zsh("--profile", "") == []


@pytest.mark.parametrize(
    ("line", "words", "quoted"),
    [
        ("a b", ["a", "b"], False),
        ("a ", ["a", ""], False),
        ("a 'b c", ["a", "b c"], True),
        (r"a b\ c", ["a", "b c"], False),
        (r"a b\ ", ["a", "b "], False),
        ("", [""], False),
    ],
)
def test_a_line_is_split_as_the_shell_does(line: str, words: list[str], quoted: bool) -> None:
    assert split_line(line) == (words, quoted)


def test_words_are_taken_as_the_program_takes_them() -> None:
    typed = take(shipped_listing(), ["export", "--out=x.csv", "-pbench", "--force", "r1", "--channels"])
    assert typed.command["name"] == "export"
    assert typed.options == {"--out": ["x.csv"], "--profile": ["bench"], "--force": [""], "--channels": []}
    assert typed.arguments == ["r1"]
    assert typed.pending is not None


def answered(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "xovac_tui", *ASKED, "zsh", "--", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "XOVAC_HOME": str(home)},
    )


@pytest.mark.parametrize("words", [("se",), ("--profile", ""), ("send", ""), ("report", ""), ("load", "")])
def test_completing_imports_neither_the_command_line_nor_the_network_nor_the_screen(
    home: Path, words: tuple[str, ...]
) -> None:
    done = answered(*words, home=home)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not imported & {"click", "textual", "rich", "aiohttp", "socketio", "asyncio"}
    assert "xovac_tui.cli" not in done.stderr
    assert done.stdout
    assert not [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert {path.name for path in home.iterdir()} - {"cache"} == {
        "config.toml",
        "own.toml",
        "recipes",
        "work",
    }


def test_names_of_contracts_are_kept_until_a_file_changes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_names, "time", SimpleNamespace(time=lambda: time.time() + 60))
    asked = ("send", "--profile", "bench-1", "")
    words = zsh(*asked)
    (kept,) = (home / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert zsh(*asked) == words
    assert "msgspec" not in answered(*asked, home=home).stderr
    own = home / "own.toml"
    own.write_text(CONTRACT.replace("commands.go", "commands.ho"), encoding="utf-8")
    assert zsh(*asked) == [*words[:-2], "ho", "set_heater"], "same length, another stamp"
    kept.write_text('{"made_of": ', encoding="utf-8")
    assert zsh(*asked) == [*words[:-2], "ho", "set_heater"]
    own.unlink()
    assert zsh(*asked) == words[:-2]


def test_a_file_that_was_just_changed_is_not_kept_and_a_cache_that_cannot_be_written_is_none(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "go" in zsh("send", "--profile", "bench-1", "")
    assert not (home / "cache").exists()
    monkeypatch.setattr(contract_names, "time", SimpleNamespace(time=lambda: time.time() + 60))
    (home / "cache").touch()
    assert "go" in zsh("send", "--profile", "bench-1", "")


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4")
def test_completing_a_command_takes_little_of_the_processor(home: Path) -> None:
    def cpu(*arguments: str) -> float:
        started = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
        _, _, used = os.wait4(started.pid, 0)
        started.returncode = 0
        return used.ru_utime + used.ru_stime

    bare = min(cpu("-c", "pass") for _ in range(3))
    asked = min(cpu("-m", "xovac_tui", *ASKED, "zsh", "--", "--profile", "") for _ in range(3))
    # 90 ms where an empty program takes 20 and nothing else runs.
    assert asked < max(0.15, 8 * bare)


def test_the_slower_way_by_way_of_the_command_line_answers_the_same(line: CommandLine) -> None:
    said = line(*ASKED, "zsh", "--", "wat")
    assert (said.code, said.err) == (0, "")
    assert said.out == "\nwatch\tPrint events as they come.\n"


def test_the_functions_of_the_shells_are_printed(line: CommandLine) -> None:
    for shell in ("bash", "zsh", "fish"):
        said = line("completion", shell)
        assert (said.code, said.err) == (0, "")
        assert f"completion --answer {shell}" in said.out
    assert line("completion", "csh").code == 2
    assert line("completion", "bash", "zsh").code == 2


def test_all_commands_are_listed_with_options_choices_and_exit_codes(line: CommandLine) -> None:
    listed = json.loads(line("commands", "--json").out)
    assert listed["version"] == __version__
    commands = {one["name"]: one for one in listed["commands"]}
    assert set(COMMANDS) <= set(commands)
    export = commands["export"]
    options = {one["names"][0]: one for one in export["options"]}
    assert options["--format"]["choices"] == ["csv", "jsonl", "parquet"]
    assert options["--channels"]["repeatable"]
    assert export["arguments"] == [
        {"name": "RUN", "required": True, "many": False, "choices": [], "values": "run"}
    ]
    assert set(export["exit_codes"]) == {"0", "1", "2", "3"}
    text = line("commands").out
    assert "xovac-tui attach RUN [FILE]: " in text
    assert "exit 7" in text


def test_every_exit_code_is_one_of_some_command() -> None:
    named = {code for listed in COMMANDS.values() for code in listed.exits} | set(EVERY_EXIT)
    assert named == set(Exit)


def test_the_manual_page_has_every_command_and_option(line: CommandLine) -> None:
    page = line("man").out
    for command in shipped_listing()["commands"][1:]:
        assert f".SS {command['name']}\n" in page
    assert r"\fB\-\-profile\fR, \fB\-p\fR \fINAME\fR" in page
    assert max(map(len, page.splitlines())) <= 110


@pytest.mark.parametrize(
    "checker", [("mandoc", "-Tlint", "-Wwarning"), ("groff", "-man", "-ww", "-Tutf8", "-z")]
)
def test_the_manual_page_renders_without_warnings(
    checker: tuple[str, ...], line: CommandLine, tmp_path: Path
) -> None:
    if shutil.which(checker[0]) is None:
        pytest.skip(f"{checker[0]} is not on this machine")
    page = tmp_path / "xovac-tui.1"
    page.write_text(line("man").out, encoding="utf-8")
    done = subprocess.run([*checker, str(page)], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
