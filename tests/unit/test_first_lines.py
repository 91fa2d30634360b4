"""What the connect screen offers and says, and the pages of the tour."""

from __future__ import annotations

import pytest

from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.ui.actions import Keys
from xovac_tui.ui.dialogs.tour import drill_result, drill_words, tour_steps
from xovac_tui.ui.first_lines import (
    SSH_OFFER,
    address_of,
    check_lines,
    destination_of,
    offer_line,
    works,
)
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.workspace import Mode

CHECKS = (
    DoctorCheck("address", True, "http://c:1"),
    DoctorCheck("polling", False, "Not offered.", "Take it out.", spare=True),
    DoctorCheck("tcp", False, "Said nothing.", "Nothing listens there, so start the server first."),
    DoctorCheck("http", None, "Skipped, because tcp failed."),
)


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("http://chamber.lab:8080", "http://chamber.lab:8080"),
        (" chamber.lab:8080 ", "http://chamber.lab:8080"),
        ("localhost", "http://localhost"),
    ],
)
def test_an_address_may_be_short(said: str, url: str) -> None:
    assert address_of(said) == (url, "")


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ("", "Type the address of a chamber"),
        ("dmeo", '"dmeo" is no address.'),
        ("ftp://x", "That cannot be opened: "),
        ("http://u:p@x", "That cannot be opened: "),
        ("x y:1", "That cannot be opened: "),
    ],
)
def test_what_is_no_address_opens_nothing(said: str, mistake: str) -> None:
    url, why = address_of(said)
    assert url == ""
    assert why.startswith(mistake)


def test_findings_are_folded_with_their_advice_and_without_what_was_left_out() -> None:
    lines = ["".join(text for text, _ in line) for line in check_lines(CHECKS, True, 32, ASCII)]
    assert lines == [
        "* address: http://c:1",
        "! polling: Not offered.",
        "    Take it out.",
        "x tcp: Said nothing.",
        "    Nothing listens there, so",
        "    start the server first.",
        "~ checking",
    ]
    assert all(line.isascii() for line in lines)


def test_a_chamber_works_only_once_everything_was_checked() -> None:
    heard = DoctorCheck("messages", True, "3 in 2 s")
    assert works((*CHECKS[:2], heard))
    assert not works(CHECKS[:2])
    assert not works((*CHECKS, heard))
    assert not works(())


def test_a_destination_of_ssh_is_checked_as_it_is_typed() -> None:
    ((text, _),) = offer_line(SSH_OFFER, 100, UNICODE, chosen=True, focused=False)
    assert text.split(maxsplit=1)[1].startswith("SSH destination ")
    assert destination_of(" me@lab-pc ") == ("me@lab-pc", "")
    assert destination_of("-oProxyCommand=x")[0] == ""
    assert destination_of("")[1]


def test_the_tour_has_four_steps_with_the_keys_in_force() -> None:
    steps = tour_steps(Keys({"seen": "f6", "messages": "f5"}), "Drill.")
    assert [step.title for step in steps] == [
        "Where to look",
        "Naming a channel",
        "Commands and outcomes",
        "STOP",
    ]
    assert "f5 has all of it." in steps[0].text
    assert "press f6." in steps[2].text
    assert steps[3].text.endswith("\n\nDrill.")


def test_the_drill_is_for_the_demo_alone() -> None:
    def words(mode: Mode, *, demo: bool) -> str:
        return drill_words(mode, demo=demo, name="bench-1", means="The recipe stops.")

    assert words(Mode.CONTROL, demo=True).startswith("Try it now")
    assert words(Mode.CONTROL, demo=False).startswith("bench-1 is a real chamber, so there is no drill here")
    assert "Take control" in words(Mode.OBSERVE, demo=True)
    assert words(Mode.REPLAY, demo=False).startswith("This is a replay")


def test_the_drill_says_what_stop_would_have_done() -> None:
    def entry(outcome: Outcome, mono: float = 5.0, reason: str = "") -> LedgerEntry:
        return LedgerEntry(1, "cancel_recipe", "", "me", 0.0, mono, outcome, reason)

    means = "The recipe stops."
    assert drill_result([], 1.0, means) == ""
    assert drill_result([entry(Outcome.SUCCESS, 0.5)], 1.0, means) == ""
    assert drill_result([entry(Outcome.SENT)], 1.0, means) == "Sent. Its outcome comes."
    assert drill_result([entry(Outcome.REFUSED, 5.0, "No link.")], 1.0, means) == "It was not sent: No link."
    assert drill_result([entry(Outcome.WARNING)], 1.0, means).endswith(
        "outcome warning. On a real chamber it would have done this: The recipe stops."
    )
