"""What the connect screen offers and says, as data and lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from enum import Enum
from pathlib import Path

import msgspec

from xovac_tui.config import Display
from xovac_tui.config.check import url_mistake
from xovac_tui.config.themes import ThemeSpec
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.target import ssh_mistake
from xovac_tui.text import clean
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import CHOSEN, Line, clip, fit, folded

_LONGEST_URL = 300
_SHOWN_WIDTH = 26


class OfferKind(Enum):
    """What choosing an offer does."""

    DEMO = "opens the built-in simulator"
    PROFILE = "opens a profile"
    URL = "opens an address"
    TYPED = "goes to the field for an address"
    SSH = "goes to the fields for a destination of ssh and the address that it sees"


class ConnectOffer(msgspec.Struct, frozen=True):
    """A chamber that can be opened."""

    kind: OfferKind
    value: str
    """Name of the profile, or the address."""
    shown: str
    words: str
    ssh: str = ""
    """Destination of ssh through which the address is reached; empty: directly."""


DEMO_OFFER = ConnectOffer(OfferKind.DEMO, "", "Demo", "the built-in simulator, no chamber is needed")
TYPED_OFFER = ConnectOffer(OfferKind.TYPED, "", "Address", "type it below: http://HOST:PORT")
SSH_OFFER = ConnectOffer(OfferKind.SSH, "", "SSH destination", "type it below: a PC that sees the chamber")
USUAL_BEHIND = "http://localhost:8080"
"""The address that the field has at first for a destination of ssh: a server on that machine itself."""

Check = Callable[[ConnectOffer], AsyncIterator[DoctorCheck]]
"""Checks the way to a chamber step by step; sends nothing but handshakes."""


class FirstStart(msgspec.Struct, frozen=True, kw_only=True):
    """All that the connect screen needs."""

    offers: tuple[ConnectOffer, ...]
    """The chambers that are known, best first."""
    check: Check
    save: Callable[[str, ConnectOffer], None]
    """Saves a profile with this name for an address; raises SettingsError."""
    name_for: Callable[[ConnectOffer], str]
    """Suggests the name of a profile for an address."""
    settings: Path
    problem: str = ""
    """Why no profile can be saved."""
    display: Display
    theme: str
    themes: tuple[ThemeSpec, ...]


def address_of(said: str) -> tuple[str, str]:
    """Return the address that was typed, and a sentence about what is wrong with it (else empty)."""
    said = said.strip()
    if not said:
        return "", "Type the address of a chamber, such as http://chamber.lab:8080."
    if not re.search(r"[.:/]", said) and said != "localhost":
        # A mistyped word must not become a chamber with a record of its own.
        return "", f'"{clean(said, 40)}" is no address. Write it as http://HOST:PORT or HOST:PORT.'
    url = said if "://" in said else f"http://{said}"
    if reason := url_mistake(url):
        return "", f"That cannot be opened: {clean(reason, _LONGEST_URL)}"
    return url, ""


def destination_of(said: str) -> tuple[str, str]:
    """Return the destination that was typed, and a sentence about what is wrong with it (else empty)."""
    said = said.strip()
    if reason := ssh_mistake(said):
        return "", f"That is no destination of ssh: {clean(reason, _LONGEST_URL)}"
    return said, ""


def works(checks: Sequence[DoctorCheck]) -> bool:
    """Return whether all checks were made and the chamber can be used."""
    return bool(checks) and checks[-1].name == "messages" and not any(one.failed for one in checks)


def offer_line(offer: ConnectOffer, width: int, glyphs: Glyphs, *, chosen: bool, focused: bool) -> Line:
    """Return an offer as one line of a list."""
    mark = glyphs.then if chosen else " "
    name = fit(clean(offer.shown, 80), _SHOWN_WIDTH, ellipsis=glyphs.ellipsis)
    text = glyphs.plain(f"{mark} {name} {clean(offer.words, 120)}")
    if chosen and focused:
        return ((fit(text, width, ellipsis=glyphs.ellipsis), CHOSEN),)
    return clip(((text, ""),), width, ellipsis=glyphs.ellipsis)


def check_lines(checks: Sequence[DoctorCheck], running: bool, width: int, glyphs: Glyphs) -> list[Line]:
    """Return what was found so far, each check with what to do about it."""
    lines: list[Line] = []
    failed = False
    for one in checks:
        if failed and one.ok is None:
            continue  # it was left out because of what failed before
        failed = failed or one.failed
        spare = (glyphs.warning, "bold $warning")
        sign, style = {
            True: (glyphs.dot, "$good"),
            False: spare if one.spare else (glyphs.cross, "bold $bad"),
            None: (glyphs.dash, "$no-data"),
        }[one.ok]
        first = True
        for line in folded(glyphs.plain(f"{one.name}: {one.detail}"), max(8, width - 2)):
            lines.append((((f"{sign} " if first else "  "), style), (line, "")))
            first = False
        for line in folded(glyphs.plain(one.advice), max(8, width - 4)) if one.advice else ():
            lines.append((("  ", ""), (f"  {line}", "bold" if one.ok is False else "$foreground-muted")))
    if running:
        lines.append(((f"{glyphs.ellipsis} checking", "$no-data"),))
    return lines
