import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete

from tests.helpers.commandline import CommandLine, Launched, Said
from xovac_tui import __version__
from xovac_tui.cli import common, console, root
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.table import AUDIT, COMMANDS, CONFIG, NOTIFY, RECIPE, RECORD, Table, imported
from xovac_tui.config.check import url_mistake
from xovac_tui.errors import LinkError
from xovac_tui.recording.disk.lock import WriterLock


def fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_version(line: CommandLine) -> None:
    assert line("--version").out == f"xovac-tui {__version__}\n"


def test_help_names_every_command(line: CommandLine) -> None:
    said = line("--help")
    assert said.code == 0
    for name in ("simulate", "send", "watch", "recipe", "config", "doctor"):
        assert f"\n  {name} " in said.out


@pytest.mark.parametrize("arguments", [["--version"], ["config", "path"], ["--help"], ["recipe", "--help"]])
def test_light_commands_import_no_screen_and_no_network(arguments: list[str]) -> None:
    heavy = fresh(
        f"import sys, contextlib, io\nfrom xovac_tui import cli\n"
        f"with contextlib.redirect_stdout(io.StringIO()): cli.run({arguments!r})\n"
        "print(*({'textual', 'rich', 'socketio', 'engineio', 'aiohttp'} & set(sys.modules)))"
    )
    assert heavy == ""


def test_the_command_line_alone_imports_little() -> None:
    loaded = fresh(
        "import sys\nimport xovac_tui.cli\n"
        "print(*({'msgspec', 'asyncio', 'logging', 'platformdirs', 'tomllib', 'json'} & set(sys.modules)))"
    )
    assert loaded == ""


def test_a_list_of_commands_imports_none_of_them() -> None:
    listed = fresh(
        "import sys\nimport click\nfrom xovac_tui.cli import root\n"
        "print(*(one.value for one in root.shell_complete(click.Context(root), 're')), "
        "any(name.startswith('xovac_tui.cli.re') for name in sys.modules))"
    )
    assert listed == "record replay report recipe False"


@pytest.mark.parametrize("table", [COMMANDS, RECORD, AUDIT, RECIPE, NOTIFY, CONFIG])
def test_every_line_of_the_tables_is_a_command(table: Table) -> None:
    for listed in table.values():
        command = imported(listed.place)
        assert isinstance(command, click.Command)
        assert command.help
        assert listed.help.endswith(".")
        assert len(listed.help) <= 66, "one line of a help at 80 columns"


def test_a_misspelt_command_gets_the_nearest(line: CommandLine) -> None:
    said = line("sned", "cancel_recipe")
    assert said.code == 2
    assert 'There is no command "sned". Did you mean "send"?' in said.err


@pytest.mark.parametrize(
    ("group", "word", "meant"),
    [
        ("audit", "verfy", "verify"),
        ("config", "sho", "show"),
        ("notify", "lst", "list"),
        ("recipe", "chekc", "check"),
        ("record", "chek", "check"),
    ],
)
def test_a_misspelt_command_of_a_group_gets_the_nearest(
    group: str, word: str, meant: str, line: CommandLine
) -> None:
    said = line(group, word)
    assert said.code == 2
    assert f'There is no command "{word}". Did you mean "{meant}"?' in said.err


@pytest.mark.parametrize("before", [["sned"], ["config", "sho"]])
def test_completing_after_a_misspelt_command_fails_in_no_way(before: list[str]) -> None:
    ShellComplete(root, {}, "xovac-tui", "_XOVAC_TUI_COMPLETE").get_completions(before, "--h")


def test_no_terminal_is_exit_2_and_names_what_works_without(line: CommandLine) -> None:
    said = line("--demo")
    assert said.code == 2
    for name in ("send", "watch", "recipe", "doctor"):
        assert name in said.err


def test_a_dumb_terminal_is_refused(monkeypatch: pytest.MonkeyPatch, line: CommandLine) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    said = line("--demo")
    assert said.code == 2
    assert "TERM is dumb" in said.err


def test_every_error_of_ours_is_its_sentence_and_its_code(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> int:
        raise LinkError("The chamber is gone. Look for it.")

    monkeypatch.setattr(console, "open_console", fail)
    said = line()
    assert (said.code, said.out, said.err) == (6, "", "The chamber is gone. Look for it.\n")


def test_a_folder_that_may_not_be_read_is_no_defect(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, **_: Any) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", denied)
    said = line("runs")
    assert said.code == 2
    assert "cannot be used: Permission denied." in said.err
    assert "defect" not in said.err


def test_a_defect_is_a_sentence_and_the_traceback_is_in_the_log(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(console, "open_console", fail)
    said = line()
    log = line.home / "logs" / "xovac-tui.log"
    assert said.code == 1
    assert "Traceback" not in said.err
    assert str(log) in said.err
    assert "A defect" in said.err
    assert "ZeroDivisionError: oh" in log.read_text()


@pytest.mark.parametrize("thrown", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_is_quiet(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, thrown: type[BaseException]
) -> None:
    def fail(_: Any) -> int:
        raise thrown

    monkeypatch.setattr(console, "open_console", fail)
    said = line()
    assert (said.code, said.out, said.err.strip()) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(console, "open_console", fail)
    assert line() == Said(0, "", "")


# What the console is started with


def test_the_demo_needs_no_settings(line: CommandLine, launched: list[Launched]) -> None:
    assert line("--demo", "--speed", "60", "--seed", "7", "--fault", "leak@30:10", "--cold").code == 0
    (launch,) = launched
    assert launch.setup.name == "demo"
    assert launch.simulator is not None
    simulator = launch.simulator
    assert (simulator.speed, simulator.seed, simulator.warm, simulator.port) == (60, 7, False, 0)
    assert [plan.fault.value for plan in launch.simulator.faults] == ["leak"]
    assert "chamber_state" in launch.setup.contract.messages
    assert launch.start.theme == "xovac-dark"
    assert launch.start.recipes == line.home / "recipes"


def test_the_demo_takes_no_chamber_from_the_environment_and_no_secrets(
    line: CommandLine, launched: list[Launched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_URL", "http://chamber.lab")
    monkeypatch.setenv("XOVAC_AUTH", '{"token": "t"}')
    assert line("--demo").code == 0
    assert launched[0].setup.name == "demo"
    assert launched[0].setup.secrets.auth is None


def recorded_in(launch: Launched) -> str:
    assert launch.equipment.record is not None
    return launch.equipment.record.path.name


def test_two_demos_at_once_have_a_record_each(line: CommandLine, launched: list[Launched]) -> None:
    taken = []
    try:
        for _ in range(3):
            assert line("--demo").code == 0
            record = launched[-1].equipment.record
            assert record is not None
            taken.append(WriterLock(record.path))
            assert taken[-1].acquire()
        taken[0].release()
        assert line("--demo").code == 0
    finally:
        for lock in taken:
            lock.release()
    names = ["demo", "demo-2", "demo-3", "demo"]
    assert [recorded_in(launch) for launch in launched] == [f"{name}.xovac.sqlite3" for name in names]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--profile", "lab"], "lab"),
        (["--profile", "lab", "--url", "http://bench:3000"], "lab"),
        (["--profile", "lab", "--url", "http://other:8080"], "lab-other-8080"),
        (["--profile", "lab", "--url", "https://other"], "lab-other"),
        (["--url", "http://other:8080"], "other-8080"),
        # The host's name is a profile's, but it is not that chamber.
        (["--url", "http://lab:8080"], "lab-8080"),
    ],
)
def test_a_chamber_at_another_address_is_another_record(
    line: CommandLine, launched: list[Launched], arguments: list[str], name: str
) -> None:
    line.settings('[profiles.lab]\nurl = "http://bench:3000"\n')
    assert line(*arguments).code == 0
    assert recorded_in(launched[0]) == f"{name}.xovac.sqlite3"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--demo", "--url", "http://c"], "leave --profile, --url and --ssh out"),
        (["--speed", "2"], "--speed: only together with --demo"),
        (
            ["--seed", "2", "--fault", "leak", "--url", "http://c"],
            "--seed, --fault: only together with --demo",
        ),
        (["--demo", "--speed", "0"], "The speed 0 is not usable"),
        (["--demo", "--speed", "nan"], "The speed nan is not usable"),
        (["--demo", "--fault", "laek"], "There is no fault 'laek'"),
        (["--demo", "--theme", "xovac-lite"], 'There is no theme "xovac-lite". Did you mean "xovac-light"?'),
        (["--config", "none.toml"], "none.toml: there is no such file"),
        (["--profile", "x"], "There is no profile `x` in the settings."),
        ([], "No chamber is named."),
        (["--url", "chamber:80"], url_mistake("chamber:80")),
    ],
)
def test_mistakes_on_the_command_line_are_reported(
    line: CommandLine, launched: list[Launched], arguments: list[str], said: str
) -> None:
    found = line(*arguments)
    assert found.code == 2
    assert said in found.err
    assert launched == []


def test_a_profile_is_opened_with_all_that_belongs_to_it(line: CommandLine, launched: list[Launched]) -> None:
    (line.home / "mine.toml").write_text('[commands.vent]\ntitle = "Vent"\n')
    (line.home / "secrets.toml").write_text('[auth]\ntoken = "t"\n')
    (line.home / "secrets.toml").chmod(0o600)
    line.settings(
        '[display]\nascii = true\ntheme = "nord"\n[profiles.a]\nurl = "http://a"\n'
        'contracts = ["mine.toml"]\nauth_file = "secrets.toml"\n'
    )
    assert line("--observe").code == 0
    (launch,) = launched
    assert (launch.setup.name, launch.setup.profile.url, launch.setup.profile.observe) == (
        "a",
        "http://a",
        True,
    )
    assert launch.start.display.ascii
    assert launch.start.theme == "nord"
    assert "vent" in launch.setup.contract.commands
    assert launch.setup.secrets.auth == {"token": "t"}
    assert launch.simulator is None


def test_a_typed_theme_beats_a_remembered_one(line: CommandLine, launched: list[Launched]) -> None:
    (line.home / "state.toml").write_text('[theme]\nvalue = "nord"\nover = "xovac-dark"\n')
    line("--demo")
    line("--demo", "--theme", "xovac-dark")
    line("--demo", "--theme", "xovac-contrast")
    assert [launch.start.theme for launch in launched] == ["nord", "xovac-dark", "xovac-contrast"]


def test_a_bad_theme_file_and_a_broken_state_are_notes(line: CommandLine, launched: list[Launched]) -> None:
    (line.home / "themes").mkdir()
    (line.home / "themes" / "bad.toml").write_text("name = 3\n")
    (line.home / "state.toml").write_text("=")
    assert line("--demo").code == 0
    assert len(launched[0].start.notes) == 2
    assert "state.toml" in launched[0].start.notes[0]
    assert "bad.toml" in launched[0].start.notes[1]


# Small things that several commands share


@pytest.mark.parametrize("value", [{"a": "\x1b[31m\u202e\x9b"}, ["°C", 1.5, None, True], "\u2028"])
def test_json_lines_are_json_on_one_line_that_no_terminal_obeys(value: Any) -> None:
    text = common.json_line(value)
    assert json.loads(text) == value
    assert text.isprintable()


def test_json_lines_hold_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        common.json_line(float("nan"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("2min", 120), ("1.5", 1.5), ("90", 90), ("1h", 3600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert Seconds(0.1, 3600).convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "soon", "-1", "2d", "nan", "inf", "1e99"])
def test_durations_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Seconds(0.1, 3600).convert(text, None, None)


def test_tables_are_aligned() -> None:
    assert common.table([("a", "1"), ("bbb", "22")], right=(1,)) == ["a     1", "bbb  22"]
    assert common.table([]) == []


@pytest.mark.parametrize(
    "words",
    [
        ["--demo", "load", "x.toml", "--yes"],
        ["--demo", "--url", "http://c", "send", "cancel_recipe", "--yes"],
        ["--demo", "runs"],
        ["--speed", "60", "simulate"],
        ["--no-record", "send", "cancel_recipe"],
        ["--fault", "leak", "watch"],
    ],
)
def test_options_of_the_console_before_a_command_are_not_ignored(line: CommandLine, words: list[str]) -> None:
    said = line(*words)
    assert said.code == 2
    assert "before a command is for the console only" in said.err
