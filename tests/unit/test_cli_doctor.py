import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from xovac_tui.cli import doctor
from xovac_tui.link import doctor as link_doctor
from xovac_tui.link.doctor import Check
from xovac_tui.link.target import Target


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    return CommandLine(tmp_path, capsys)


def answer(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> list[Target]:
    asked: list[Target] = []

    async def probe(target: Target) -> AsyncIterator[Check]:
        asked.append(target)
        for check in checks:
            yield check

    monkeypatch.setattr(link_doctor, "probe", probe)
    return asked


def test_without_a_chamber_it_looks_at_this_machine(line: CommandLine) -> None:
    said = line("doctor")
    assert said.code == 0
    assert str(line.home / "logs" / "xovac-tui.log") in said.out
    assert "textual" in said.out
    assert "none is named" in said.out


def test_the_folder_of_the_records_is_the_one_that_the_settings_name(line: CommandLine) -> None:
    line.settings('[record]\nfolder = "elsewhere"\n')
    assert f"{line.home / 'elsewhere'} (does not exist)" in line("doctor").out


def test_records_on_a_network_share_are_named(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "network share" not in line("doctor").out
    monkeypatch.setattr("xovac_tui.cli.doctor.network_share", lambda folder: "NFS")
    assert (
        "The record is on a network share (NFS), where locks often fail: set `folder`" in line("doctor").out
    )


def test_each_step_is_told_with_its_advice(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    line.settings('[profiles.a]\nurl = "https://a"\n')
    asked = answer(
        monkeypatch,
        Check("name", True, "found"),
        Check("tcp", False, "refused", "Look there."),
        Check("tls", None, "skipped"),
    )
    said = line("doctor")
    assert said.code == 6
    assert asked[0].url == "https://a"
    assert said.out.endswith(
        "Chamber a at https://a\n  !!  STOP was never proven on this chamber.\n"
        "      Prove it while nothing runs: add --prove-stop, or press f8 in the console.\n"
        "  ok  name: found\n  !!  tcp: refused\n      Look there.\n  --  tls: skipped\n"
    )


def test_a_transport_that_is_not_needed_is_named_and_is_no_failure(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, Check("websocket", False, "swallowed", "Look there.", spare=True))
    said = line("doctor", "--url", "http://a", "--transport", "polling", "--transport", "websocket")
    assert said.code == 0
    assert "!!  websocket: swallowed" in said.out
    assert asked[0].transports == ("polling", "websocket")


def test_what_was_not_needed_is_no_failure(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Check("tcp", True, "open"), Check("tls", None, "not encrypted"))
    assert line("doctor", "--url", "http://a").code == 0


def test_mistakes_in_the_settings_are_told_and_the_chamber_is_tried_all_the_same(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, Check("tcp", True, "open"))
    line.settings('[display]\ntheme = "norrd"\n[profiles.a]\n')
    said = line("doctor")
    assert said.code == 2
    assert "!!  " in said.out
    assert len(asked) == 1


def test_settings_that_cannot_be_read_end_it(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch)
    line.settings("x = 1\ny = 2\n")
    said = line("doctor")
    assert said.code == 2
    assert said.out.count("!!  ") == 2
    assert asked == []


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none, because NO_COLOR is set"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb"}, "none" if sys.platform != "win32" else "16"),
    ],
)
def test_colours(environ: dict[str, str], said: str) -> None:
    assert doctor.colours(environ).startswith(said)


def test_the_terminal_is_described() -> None:
    told = dict(doctor.terminal({"TERM": "screen", "TMUX": "/tmp/x", "SSH_CONNECTION": "1"}))
    assert told["inside"] == "tmux"
    assert "OSC 52" in told["over SSH"]
    assert told["TERM"] == "screen"
