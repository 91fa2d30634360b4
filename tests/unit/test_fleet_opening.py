"""How a console is opened from the fleet: names from a bus reach ssh only where no shell reads into them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.fleet import row
from xovac_tui.fleet.opening import CannotOpen, ConsoleOpening, OpenedOn, ThisMachine, opening
from xovac_tui.forwarding.reports import Presence

HERE = ThisMachine(
    host="this-pc", program=("xovac-tui",), consoles={"bench-1": ("--profile", "bench-1")}, site=""
)
BENCH_1 = ConsoleOpening(("xovac-tui", "--profile", "bench-1"), OpenedOn.HERE)


def opened(name: str, host: str = "lab-pc", **more: Any) -> ConsoleOpening | CannotOpen:
    return opening(row(name, of={"host": host}, **more), HERE)


def test_a_profile_of_this_machine_is_opened_here() -> None:
    assert opened("bench-1", local=True) == BENCH_1
    assert opened("bench-1", "this-pc") == BENCH_1
    assert opened("bench-1", presence=Presence.GONE) == BENCH_1


@pytest.mark.parametrize("host", ["lab-pc", ""])
@pytest.mark.parametrize("presence", [Presence.HERE, Presence.UNKNOWN])
def test_what_another_machine_records_is_opened_here_to_look_only(host: str, presence: Presence) -> None:
    found = opened("bench-1", host, presence=presence)
    assert found == ConsoleOpening((*BENCH_1.command, "--observe", "--no-record"), OpenedOn.BESIDE)


def test_a_chamber_of_another_site_is_not_opened_by_the_name_alone() -> None:
    found = opened("bench-1", site="berlin")
    assert isinstance(found, ConsoleOpening)
    assert found.on is OpenedOn.THERE
    assert opened("bench-1", site="berlin", local=True) == BENCH_1


def test_else_the_machine_that_records_it_is_reached_by_ssh_to_look_only() -> None:
    found = opened("bench-2")
    assert isinstance(found, ConsoleOpening)
    assert found.on is OpenedOn.THERE
    assert found.shown == "ssh -t lab-pc xovac-tui --profile bench-2 --observe"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("bench-2", "-oProxyCommand=reboot"),
        ("bench-2", "lab-pc;reboot"),
        ("bench-2", "lab pc"),
        ("bench-2", "lab-pc\n-l root"),
        ("bench-2", "user@lab-pc"),
        ("bench-2", "a" * 300),
        ("--demo", "lab-pc"),
        ("$(reboot)", "lab-pc"),
        ("a;b", "lab-pc"),
        ("a b", "lab-pc"),
        ("", "lab-pc"),
        ("bench\n2", "lab-pc"),
    ],
)
def test_no_name_becomes_an_option_or_a_command(name: str, host: str) -> None:
    assert opened(name, host) is CannotOpen.UNSAFE


def test_what_cannot_be_opened_says_why() -> None:
    assert opened("bench-2", "") is CannotOpen.NO_HOST
    assert opened("bench-2", "this-pc") is CannotOpen.NO_PROFILE
    assert opened("bench-2", local=True) is CannotOpen.NO_PROFILE
