"""The table of all commands: the module of each, and whether it needs a terminal."""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """One command of the command line."""

    place: str
    """`module:name` of the command, imported only when it is called."""
    terminal: bool = False
    """It opens the screens and therefore needs a terminal."""


COMMANDS = {
    "simulate": Listed("xovac_tui.cli.simulate:simulate"),
    "send": Listed("xovac_tui.cli.send:send"),
    "load": Listed("xovac_tui.cli.load:load"),
    "watch": Listed("xovac_tui.cli.watch:watch"),
    "wait": Listed("xovac_tui.cli.wait:wait"),
    "status": Listed("xovac_tui.cli.status:status"),
    "record": Listed("xovac_tui.cli.record:record"),
    "runs": Listed("xovac_tui.cli.runs:runs"),
    "replay": Listed("xovac_tui.cli.replay:replay", terminal=True),
    "export": Listed("xovac_tui.cli.export:export"),
    "report": Listed("xovac_tui.cli.report:report"),
    "attach": Listed("xovac_tui.cli.attach:attach"),
    "audit": Listed("xovac_tui.cli.audit:audit"),
    "recipe": Listed("xovac_tui.cli.recipe:recipe"),
    "notify": Listed("xovac_tui.cli.notify:notify"),
    "config": Listed("xovac_tui.cli.settings:config"),
    "doctor": Listed("xovac_tui.cli.doctor:doctor"),
}
"""Name -> command, in the order of the help."""

HEADLESS = tuple(name for name, listed in COMMANDS.items() if not listed.terminal)
"""Names of the commands that work without a terminal."""


def headless_words(word: str) -> str:
    """Return the commands that work without a terminal, the last after `word`: "send, watch or doctor"."""
    return f"{', '.join(HEADLESS[:-1])} {word} {HEADLESS[-1]}"
