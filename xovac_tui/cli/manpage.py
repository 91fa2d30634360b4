"""Write the manual page from the list of commands: roff with the man macros (man(7))."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from xovac_tui import __version__
from xovac_tui.completing.listing import ListedCommand, Listing, explained

_ENVIRONMENT = (
    ("XOVAC_PROFILE, XOVAC_URL, XOVAC_SSH, XOVAC_OBSERVE, XOVAC_ASCII, XOVAC_THEME, XOVAC_CONFIG",
     "The same as the options of these names; the command line wins."),
    ("XOVAC_AUTH, XOVAC_HEADERS", "Secrets for the connection."),
    ("XOVAC_HOME", "One folder for everything this program reads and writes."),
    ("NO_COLOR", "Draw without colours."),
)  # fmt: skip


def manual_page(listing: Listing, date: str) -> str:
    """Return the page in roff; `date` is that of the list, like 2026-11-23."""
    return "\n".join(_page(listing, date)) + "\n"


def _page(listing: Listing, date: str) -> Iterator[str]:
    program, *commands = listing["commands"]
    yield f'.TH XOVAC\\-TUI 1 "{date}" "xovac\\-tui {__version__}" "User Commands"'
    yield ".SH NAME"
    yield _text(f"{listing['program']} - {_small(program['does'])}")
    yield ".SH SYNOPSIS"
    yield ".B xovac\\-tui"
    yield "[\\fIoption\\fR ...]"
    yield ".br"
    yield ".B xovac\\-tui"
    yield "\\fIcommand\\fR [\\fIoption\\fR ...] [\\fIargument\\fR ...]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(program["help"])
    yield ".SH OPTIONS"
    yield from _options(program)
    yield ".SH COMMANDS"
    for command in commands:
        arguments = " ".join(
            f"\\fI{_escape(one['name'])}\\fR{' ...' if one['many'] else ''}"
            if one["required"]
            else f"[\\fI{_escape(one['name'])}\\fR{' ...' if one['many'] else ''}]"
            for one in command["arguments"]
        )
        yield f".SS {_escape(command['name'])}"
        yield f".B xovac\\-tui {_escape(command['name'])}"
        yield f"[\\fIoption\\fR ...] {arguments}".rstrip()
        yield ".PP"
        yield from _paragraphs(command["help"])
        yield from _options(command)
        own = {code: means for code, means in command["exit_codes"].items() if means != _usual(program, code)}
        if own:
            yield ".PP"
            yield _text("Exit codes: " + "; ".join(f"{code} {means}" for code, means in own.items()) + ".")
    yield '.SH "EXIT STATUS"'
    yield from _definitions(program["exit_codes"].items())
    yield ".PP"
    yield _text(
        "Some commands have codes of their own. A program ended by a signal exits with 128 and its number."
    )
    yield ".SH ENVIRONMENT"
    yield from _definitions(_ENVIRONMENT)
    yield ".SH FILES"
    yield _text("`xovac-tui config path` prints where the settings are, `xovac-tui doctor` all other places.")


def _usual(program: ListedCommand, code: str) -> str:
    return program["exit_codes"].get(code, "")


def _options(command: ListedCommand) -> Iterator[str]:
    for option in command["options"]:
        names = ", ".join(f"\\fB{_escape(name)}\\fR" for name in option["names"])
        yield ".TP"
        yield f"{names} \\fI{_escape(option['takes'])}\\fR" if option["takes"] else names
        yield _text(explained(option) or "See above.")


def _definitions(
    rows: Iterable[tuple[str, str]],
) -> Iterator[str]:
    for term, text in rows:
        yield ".TP"
        yield f".B {_escape(term)}"
        yield _text(text)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        yield _text(paragraph)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _text(text: str) -> str:
    """Return a paragraph as lines of roff, each sentence on a line of its own; `code` becomes bold."""
    lines = []
    for sentence in re.split(r"(?<=[.:;]) (?=[A-Z`])", text):
        parts = re.split(r"`([^`]*)`", sentence)
        shown = "".join(
            f"\\fB{_escape(part)}\\fR" if number % 2 else _escape(part) for number, part in enumerate(parts)
        )
        for line in textwrap.wrap(shown, 78, break_long_words=False, break_on_hyphens=False):
            lines.append(f"\\&{line}" if line[0] in ".'" else line)
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
