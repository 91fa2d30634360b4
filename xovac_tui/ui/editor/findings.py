"""What the check says about a recipe in work, each with the step that it is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from xovac_tui.api.text import clean
from xovac_tui.recipes.check import Finding
from xovac_tui.recipes.draft import StepPath, path_of
from xovac_tui.ui.editor.table import number_of
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.literal import folded, literal
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.widgets.recipelines import SEVERITY, severity_sign

_PLACE = re.compile(r"steps\[[0-9]+\](?:\.steps\[[0-9]+\])*")
_EMPTY = "the repeat is empty: insert a step into it, or delete it."


class FindingLine(msgspec.Struct, frozen=True):
    """One line of the list of findings; a long finding has several."""

    number: int
    """Of its finding."""
    path: StepPath
    """The step that it is about; () is the recipe."""
    sign: str
    text: str
    style: str
    """Of the sign."""

    def line(self, glyphs: Glyphs, *, chosen: bool, focus: bool) -> Line:
        """Return its spans."""
        if chosen and focus:
            return ((f"{glyphs.then}{self.sign}{self.text}", "rows--chosen"),)
        return ((" ", ""), (self.sign, self.style), (self.text, ""))


def finding_rows(findings: Sequence[Finding], width: int, glyphs: Glyphs) -> list[FindingLine]:
    """Return the findings folded to a width, the step's number in place of its place in the file."""
    found: list[FindingLine] = []
    for number, finding in enumerate(findings):
        word, style = SEVERITY[finding.severity]
        sign = f"{severity_sign(finding.severity, glyphs)} {word:<8}"
        path = path_of(finding.where)
        said = literal(glyphs.plain(clean(words(finding), 1000)), glyphs.ascii)
        for count, line in enumerate(folded(said, max(10, width - 1 - len(sign)))):
            found.append(FindingLine(number, path, sign if not count else " " * len(sign), line, style))
    return found


def words(finding: Finding) -> str:
    """Return a finding as the editor says it: "step 4.1: ..."."""
    path = path_of(finding.where)
    place = f"step {number_of(path)}: " if path else ""
    if finding.where.endswith("steps") and path and finding.message.endswith("steps are missing."):
        return place + _EMPTY
    if finding.where == "steps" and finding.message == "steps are missing.":
        return "There is no step yet: a inserts a ramp, h a hold, l a repeat."
    message = finding.message
    if path and message.startswith(finding.where):
        # The place is told already.
        message = message[len(finding.where) :].lstrip(" .")
    return place + _PLACE.sub(lambda found: f"step {number_of(path_of(found[0]))}", message)
