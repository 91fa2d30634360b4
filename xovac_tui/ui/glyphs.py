"""Signs on the screen, in Unicode and in plain ASCII."""

from __future__ import annotations

import msgspec

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import SEVERITIES, Severity
from xovac_tui.chamber.snapshot import Outcome, Quality, RunState
from xovac_tui.text import clean

QUALITY_STYLE = {
    Quality.GOOD: "$good",
    Quality.STALE: "$stale",
    Quality.BAD: "bold $bad",
    Quality.NO_DATA: "$no-data",
}
"""Colours of the signs of qualities."""


class Glyphs(msgspec.Struct, frozen=True):
    """One set of signs; each is shown with a word, so no sign alone carries a meaning."""

    ascii: bool
    dot: str
    ring: str
    hollow: str
    dash: str
    cross: str
    play: str
    idle: str
    question: str
    then: str
    bar_full: str
    bar_empty: str
    ellipsis: str
    warning: str
    arrow_in: str
    arrow_out: str
    rule: str
    edge: str = "▌"
    """The left edge of a group of rows."""
    heavy_rule: str = "━"
    shade: str = "░"
    shade_chosen: str = "▒"
    bracket: tuple[str, str, str] = ("╭", "─", "╮")
    """Left end, rule and right end of a bracket above something."""
    side: tuple[str, str, str] = ("╭", "│", "╰")
    """Begin, middle and end of a bracket at the left of rows."""

    def quality(self, quality: Quality) -> str:
        """Return the sign of a channel's quality."""
        return {
            Quality.GOOD: self.dot,
            Quality.STALE: self.ring,
            Quality.BAD: self.cross,
            Quality.NO_DATA: self.dash,
        }[quality]

    def link(self, word: LinkWord) -> str:
        """Return the sign of a link state."""
        return {
            LinkWord.ONLINE: self.dot,
            LinkWord.STALE: self.ring,
            LinkWord.LOST: self.cross,
            LinkWord.OFFLINE: self.dash,
            LinkWord.CONNECTING: self.ellipsis,
        }[word]

    def run(self, state: RunState) -> str:
        """Return the sign of a run state."""
        return {RunState.RUNNING: self.play, RunState.IDLE: self.idle, RunState.UNKNOWN: self.question}[state]

    def outcome(self, outcome: Outcome) -> str:
        """Return the sign of a command's outcome."""
        return {
            Outcome.SENT: self.ellipsis,
            Outcome.SUCCESS: self.dot,
            Outcome.DONE: self.ring,
            Outcome.WARNING: self.warning,
            Outcome.ERROR: self.cross,
            Outcome.REFUSED: self.dash,
            Outcome.UNKNOWN: self.question,
        }[outcome]

    def result(self, word: str) -> str:
        """Return the sign of a run's result."""
        return {
            "running": self.play,
            "completed": self.dot,
            "cancelled": self.cross,
            "ended early": self.warning,
        }.get(word, self.question)

    def verdict(self, word: str) -> str:
        """Return the sign of a run's verdict."""
        return {"PASS": "*" if self.ascii else "✓", "FAIL": self.cross}.get(word, self.question)

    def severity(self, severity: Severity, *, below: bool = False) -> str:
        """Return the sign of a severity; it points down where a lower limit was crossed (`below`)."""
        signs = _SIGNS[self.ascii, below]
        return signs[SEVERITIES.index(severity)]

    def bar(self, fraction: float, width: int) -> tuple[str, str]:
        """Return the full and the empty part of a progress bar of `width` characters."""
        full = round(max(0.0, min(1.0, fraction)) * width)
        return self.bar_full * full, self.bar_empty * (width - full)

    def plain(self, text: str) -> str:
        """Return text with signs that an ASCII terminal lacks replaced by others or by escapes."""
        return text if not self.ascii or text.isascii() else self.literal(text.translate(_PLAIN))

    def literal(self, text: str) -> str:
        """Return cleaned text of the device with escapes only, so that signs stay distinct."""
        if not self.ascii or text.isascii():
            return text
        return text.translate(_PICTURES).encode("ascii", "backslashreplace").decode("ascii")

    def shown(self, text: str, most: int = 300) -> str:
        """Return foreign text as this terminal can show it: one clean line of at most `most` characters."""
        return self.plain(clean(" ".join(text.split()), most))


_SIGNS = {
    (False, False): ("▲▲", "▲", "△", "▵"),
    (False, True): ("▼▼", "▼", "▽", "▿"),
    (True, False): ("^^", "^", "=", "-"),
    (True, True): ("vv", "v", "=", "-"),
}
"""ASCII or not, and pointing down or not -> the signs of severities, the worst first."""
SIGN_WIDTH = 2
"""Cells of the widest sign of a severity."""
_PLAIN = str.maketrans(
    {
        "−": "-",
        "—": "-",
        "–": "-",
        "°": "",
        "×": "x",
        "▸": ">",
        "…": "~",
        "●": "*",
        "◌": "o",
        "▶": ">",
        "■": "#",
        "✖": "x",
        "✓": "*",
        "⚠": "!",
        "Ω": "Ohm",
        "µ": "u",
        "±": "+-",
        "·": ".",
        "→": "->",
        "←": "<-",
        "↑": "^",
        "↓": "v",
        "≥": ">=",
        "≤": "<=",
        "≈": "~",
        "⏎": "enter",
        "␣": "space",
    }
)

_PICTURES = {0x2400 + code: f"\\x{code:02x}" for code in range(0x20)} | {0x2421: "\\x7f", 0x2026: "~"}

UNICODE = Glyphs(False, "●", "◌", "○", "—", "✖", "▶", "■", "?", "▸", "█", "░", "…", "⚠", "◂", "▸", "─")
ASCII = Glyphs(
    True,
    "*",
    "o",
    "o",
    "-",
    "x",
    ">",
    "#",
    "?",
    ">",
    "#",
    ".",
    "~",
    "!",
    "<",
    ">",
    "-",
    edge="|",
    heavy_rule="=",
    shade=":",
    shade_chosen="=",
    bracket=("+", "-", "+"),
    side=("+", "|", "+"),
)
