"""How a console is opened from the fleet: names from a bus reach ssh only where no shell reads into them."""

from __future__ import annotations

import pytest

from tests.helpers.fleet import row
from xovac_tui.fleet.opening import CannotOpen, ConsoleOpening, opening

HERE = {"bench-1": ("--profile", "bench-1")}


def opened(name: str, host: str = "lab-pc", **more: bool) -> ConsoleOpening | CannotOpen:
    return opening(row(name, of={"host": host}, **more), HERE, ("xovac-tui",), "this-pc")


def test_a_profile_of_this_machine_is_opened_here() -> None:
    assert opened("bench-1") == ConsoleOpening(("xovac-tui", "--profile", "bench-1"), remote=False)


def test_else_the_machine_that_records_it_is_reached_by_ssh_to_look_only() -> None:
    found = opened("bench-2")
    assert isinstance(found, ConsoleOpening)
    assert found.remote
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
