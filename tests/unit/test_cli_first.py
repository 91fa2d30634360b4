"""A start without a chamber's name asks which one to open, and is never a dead end."""

from __future__ import annotations

import pytest

from tests.helpers.commandline import CommandLine, Launched
from tests.helpers.records import message, write_record
from xovac_tui import paths
from xovac_tui.cli import console
from xovac_tui.config.check import url_mistake


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A person at the terminal, who types these lines."""
    lines: list[str] = []
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: lines.pop(0))
    return lines


def test_enter_alone_opens_the_demo(line: CommandLine, launched: list[Launched], typed: list[str]) -> None:
    typed[:] = [""]
    said = line()
    assert said.code == 0
    assert "No chamber is named." in said.err
    assert "  1  demo  the built-in simulator, no chamber is needed" in said.err
    (launch,) = launched
    assert launch.simulator is not None
    assert launch.setup.name == "demo"


@pytest.mark.parametrize("answer", ["http://chamber.lab:8080", "chamber.lab:8080"])
def test_an_address_opens_the_chamber_there(
    line: CommandLine, launched: list[Launched], typed: list[str], answer: str
) -> None:
    typed[:] = [answer]
    assert line("--observe").code == 0
    (launch,) = launched
    assert launch.simulator is None
    assert launch.setup.profile.url == "http://chamber.lab:8080"
    assert launch.setup.profile.observe
    assert launch.equipment.record is not None
    assert launch.equipment.record.path.name == "chamber.lab-8080.xovac.sqlite3"


def test_what_cannot_be_opened_is_asked_for_again(
    line: CommandLine, launched: list[Launched], typed: list[str]
) -> None:
    typed[:] = ["7", "ftp://x", "demo"]
    said = line()
    assert said.code == 0
    assert "There is no 7: type a number from 1 to 1." in said.err
    assert f"That cannot be opened: {url_mistake('ftp://x')}" in said.err
    assert launched[0].simulator is not None


def test_profiles_and_chambers_used_before_are_offered_and_none_is_opened_by_enter(
    line: CommandLine, launched: list[Launched], typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line.settings('[profiles.a]\nurl = "http://a:1"\n[profiles.b]\nurl = "http://b:1"\n')
    for name, url in (("a", "http://a:1"), ("demo-2", "http://127.0.0.1:9"), ("c-1", "http://c:1")):
        write_record(paths.record_file(name), [message(0, "{}")], profile=name, url=url)
    paths.record_file("broken").write_text("no database")
    asked: list[str | None] = []

    def prompt(_: str, *, default: str | None, err: bool) -> str:
        asked.append(default)
        return typed.pop(0)

    monkeypatch.setattr("click.prompt", prompt)
    typed[:] = ["3"]
    said = line()
    assert asked == [None]
    assert said.err.splitlines()[1:] == [
        "  1  a           http://a:1",
        "  2  b           http://b:1",
        "  3  http://c:1  used before",
        "  4  demo        the built-in simulator, no chamber is needed",
    ]
    assert launched[0].setup.profile.url == "http://c:1"
    typed[:] = ["b"]
    assert line().code == 0
    assert launched[1].setup.name == "b"


def test_leaving_the_question_opens_nothing(
    line: CommandLine, launched: list[Launched], typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    assert line().code == 130
    assert launched == []


@pytest.mark.parametrize("answer", ["q", "quit", "dmeo", "?", "help", "-1", "y"])
def test_a_word_that_is_not_in_the_list_opens_no_chamber(
    line: CommandLine, launched: list[Launched], typed: list[str], answer: str
) -> None:
    typed[:] = [answer, "localhost"]
    said = line("--observe")
    assert f'"{answer}" is not in the list. Type a number from 1 to 1, an address' in said.err
    assert [launch.setup.profile.url for launch in launched] == ["http://localhost"]
