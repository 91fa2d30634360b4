"""One thing is never said to be several."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from xovac_tui.plural import counted

TOP = Path(__file__).parents[2]
NOUNS = (
    "alarms", "blocks", "characters", "commands", "days", "entries", "events", "gaps", "headers", "items",
    "lines", "packets", "problems", "rows", "sessions", "steps",
)  # fmt: skip
NEVER_ONE = {
    # A list of several is what is spoken of.
    "xovac_tui/cli/records.py", "xovac_tui/config/resolve.py", "xovac_tui/notify/message.py",
    "xovac_tui/ui/message_words.py", "xovac_tui/ui/screens/controls/pane.py",
    "xovac_tui/simulator/program.py",
    # More than is allowed.
    "xovac_tui/validation.py", "xovac_tui/recording/disk/foreign_bounds.py",
    "xovac_tui/durations.py", "xovac_tui/quantities.py",
    # Longer than a page.
    "xovac_tui/ui/screens/log/detail.py",
    # Ten in ten minutes at the least.
    "xovac_tui/ui/frame/bars.py",
    # What stands before the noun is a key.
    "xovac_tui/ui/dialogs/tour.py",
}  # fmt: skip


_ONE_AFTER_A_VALUE = re.compile(rf"""\}}[\s"'f]* (?:{"|".join(NOUNS)})\b""")
"""Also where a text is in several pieces."""


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("item",), "1 item"),
        (0, ("item",), "0 items"),
        (2, ("item",), "2 items"),
        (1004, ("entry", "entries"), "1,004 entries"),
        (1, ("event was", "events were"), "1 event was"),
    ],
)
def test_counts(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def test_counts_are_worded_by_the_one_function() -> None:
    """A number before a plural in a text would say "1 items" some day."""
    found = []
    for path in sorted((TOP / "xovac_tui").rglob("*.py")):
        name = str(path.relative_to(TOP))
        if name in NEVER_ONE:
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if _ONE_AFTER_A_VALUE.search(source) else ():
            if not isinstance(node, ast.JoinedStr):
                continue
            for part, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(part, ast.FormattedValue) and not _is_constant(part.value):
                    text = after.value if isinstance(after, ast.Constant) else ""
                    word = str(text)[1:].split(" ")[0].rstrip(".,:;)") if str(text).startswith(" ") else ""
                    if word in NOUNS:
                        found.append(f"{name}:{node.lineno}: {word}")
    assert found == []


def _is_constant(node: ast.expr) -> bool:
    """Return whether a value is a bound with a name of its own, in capitals."""
    return isinstance(node, ast.Name) and node.id.isupper()
