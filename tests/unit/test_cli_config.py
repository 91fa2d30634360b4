import tomllib

import msgspec
import pytest

from tests.helpers.commandline import CommandLine
from xovac_tui import paths
from xovac_tui.config import Settings


def test_path_is_one_line(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert line("config", "path").out == f"{line.home / 'config.toml'}\n"
    assert line("config", "path", "--config", "x.toml").out == "x.toml\n"
    assert line("--config", "y.toml", "config", "path").out == "y.toml\n"
    monkeypatch.setenv("XOVAC_CONFIG", "z.toml")
    assert line("config", "path").out == "z.toml\n"


def test_init_writes_the_example_and_never_overwrites(line: CommandLine) -> None:
    file = line.home / "config.toml"
    assert line("config", "init").out == f"{file}\n"
    assert file.read_text() == paths.example_settings().read_text()

    file.write_text("# mine\n")
    said = line("config", "init")
    assert said.code == 2
    assert "Add --force" in said.err
    assert file.read_text() == "# mine\n"

    assert line("config", "init", "--force").code == 0
    assert file.read_text() == paths.example_settings().read_text()


def test_init_makes_the_folder_and_reports_a_place_that_cannot_be_written(line: CommandLine) -> None:
    deep = line.home / "a" / "b" / "config.toml"
    assert line("config", "init", "--config", str(deep)).code == 0
    assert deep.exists()
    said = line("config", "init", "--config", str(deep / "x.toml"))
    assert said.code == 2
    assert "cannot be written" in said.err


def test_what_init_writes_is_without_mistakes(line: CommandLine) -> None:
    line("config", "init")
    said = line("config", "check")
    assert (said.code, said.out) == (0, f"{line.home / 'config.toml'}: no mistakes found.\n")


def test_check_without_a_file_says_that_defaults_are_in_force(line: CommandLine) -> None:
    said = line("config", "check")
    assert said.code == 0
    assert "the defaults are in force" in said.out
    assert line("config", "check", "none.toml").code == 2


def test_check_reports_all_that_is_wrong_in_what_the_settings_name(line: CommandLine) -> None:
    (line.home / "bad.toml").write_text("[comands.vent]\n")
    (line.home / "open.toml").write_text('[auth]\ntoken = "hunter2"\n')
    (line.home / "open.toml").chmod(0o644)
    (line.home / "themes").mkdir()
    (line.home / "themes" / "bad.toml").write_text('name = "bad"\nprimary = "blue"\n')
    line.settings(
        '[display]\ntheme = "norrd"\n[keys]\nstop = "f1"\n'
        '[profiles.a]\ncontracts = ["bad.toml"]\nauth_file = "open.toml"\n'
        '[profiles.b]\nurl = "https://b"\nca_file = "none.pem"\n'
    )
    said = line("config", "check")
    reported = said.out.splitlines()
    assert said.code == 2
    assert len(reported) == 6
    assert "`comands` is not a known key" in reported[0]
    assert "`profiles.a`" in reported[0]
    assert "chmod 600" in reported[1]
    assert "`profiles.b.ca_file`: there is no file" in reported[2]
    assert "bad.toml" in reported[3]
    assert 'Did you mean "nord"?' in reported[4]
    assert "STOP always stays" in reported[5]
    assert "hunter2" not in said.out + said.err


def test_check_of_a_named_file_reads_that_file_only(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_OBSERVE", "maybe")
    other = line.home / "other.toml"
    other.write_text("")
    assert line("config", "check", str(other)).code == 0
    said = line("config", "check")
    assert said.code == 2
    assert "XOVAC_OBSERVE" in said.out


def test_show_is_toml_that_reads_back_as_the_settings(line: CommandLine) -> None:
    line.settings(
        '[display]\nascii = true\n[profiles."chamber.lab"]\nurl = "https://c"\n[keys]\nquit = "f4"\n'
    )
    read = msgspec.convert(tomllib.loads(line("config", "show").out), Settings)
    assert read.display.ascii
    assert read.profiles["chamber.lab"].url == "https://c"
    assert read.keys == {"quit": "f4"}


def test_show_reports_where_each_value_came_from(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    file = line.settings("[display]\nascii = true\n[profiles.a]\nurl = 'http://a'\n")
    monkeypatch.setenv("XOVAC_THEME", "nord")
    monkeypatch.setenv("XOVAC_AUTH", '{"token": "hunter2"}')
    said = line("--observe", "config", "show", "--profile", "a")
    reported = said.out.splitlines()
    assert reported[0] == f"# Settings file: {file}"
    assert "# profile asked for: a (the command line)" in reported
    assert "# observe asked for: true (the command line)" in reported
    assert "# XOVAC_AUTH is set (hidden)" in reported
    assert 'theme = "nord"  # the environment' in reported
    assert f"ascii = true  # {file}" in reported
    assert f'url = "http://a"  # {file}' in reported
    assert "refresh = 2.0" in reported
    assert "# min is not set" in reported
    assert "hunter2" not in said.out


def test_a_broken_file_stops_show_with_its_sentences(line: CommandLine) -> None:
    line.settings("profle = 'x'\n[display]\nascii = 1\n")
    said = line("config", "show")
    assert said.code == 2
    assert len(said.err.splitlines()) == 2
    assert 'Did you mean "profile"?' in said.err


@pytest.mark.parametrize(
    ("leaf", "code", "said"),
    [
        ("role = 'controlled', unit = '℃'", 0, ""),
        ("role = 'pressure', unit = 'micron'", 0, ""),
        ("unit = '% RH'", 0, ""),
        ("unit = 'furlong'", 0, '"furlong" is not a known unit'),
        ("role = 'controlled', unit = 'furlong'", 2, "the role controlled is a temperature"),
        ("role = 'controlled', unit = 'mbar'", 2, "the role controlled is a temperature"),
        ("role = 'pressure', unit = 'K'", 2, "the role pressure is a pressure"),
        ("role = 'room_temperature', unit = 'mbar'", 2, "the role room_temperature is a temperature"),
        ("role = 'pressure', unit = 'mbar', valid = [-5, 0]", 2, "holds nothing that a pressure can be"),
        ("unit = 'K', valid = [-40, 0]", 2, "holds nothing that a temperature can be"),
        ("unit = 'Pa', valid = [-500, 0]", 0, ""),
        ("role = 'speed'", 0, ""),
        ("role = 'speed', unit = 'rpm'", 2, "The speed of a pump or fan has no role"),
        ("unit = 'K', valid = [400, 200]", 2, "holds no value"),
    ],
)
def test_check_reports_units(line: CommandLine, leaf: str, code: int, said: str) -> None:
    (line.home / "bench.toml").write_text(f"[messages.m]\nx = {{ {leaf} }}\n", encoding="utf-8")
    (line.home / "config.toml").write_text(
        '[profiles.bench]\nurl = "http://h:1"\ncontracts = ["bench.toml"]\n'
        '[profiles.demo]\nurl = "http://h:2"\ncontracts = ["simulator"]\n'
    )
    done = line("config", "check")
    assert done.code == code
    assert said in done.out + done.err
    assert ("Note" in done.err) == ("not a known unit" in said)
