"""Lines of the findings on a draft, each with the path of its step. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.recipes.findings import Finding, FindingCode
from xovac_tui.recipes.places import StepPath
from xovac_tui.text import clean
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.recipes.lines import SEVERITY, severity_sign
from xovac_tui.ui.widgets.lines import CHOSEN, Line, fit, folded

_EMPTY = "the repeat is empty: insert a step into it, or delete it."


class FindingLine(msgspec.Struct, frozen=True):
    """One line of the list of findings; a long finding has several."""

    number: int
    """Of its finding."""
    path: StepPath
    """Path of the step concerned; () is the recipe."""
    sign: str
    text: str
    style: str
    """Of the sign."""
    width: int
    """Cells of the list."""

    def line(self, glyphs: Glyphs, *, chosen: bool, focus: bool) -> Line:
        """Return the line's spans."""
        if chosen and focus:
            mark = glyphs.then if self.sign.strip() else " "
            return ((fit(f"{mark}{self.sign}{self.text}", self.width), CHOSEN),)
        return ((" ", ""), (self.sign, self.style), (self.text, ""))


def finding_rows(
    findings: Sequence[Finding],
    width: int,
    glyphs: Glyphs,
    keys: Mapping[str, str],
    units: DisplayUnits = AS_REPORTED,
) -> list[FindingLine]:
    """Return the findings folded to `width` cells, each with the path of its step."""
    found: list[FindingLine] = []
    for number, finding in enumerate(findings):
        word, style = SEVERITY[finding.severity]
        sign = f"{severity_sign(finding.severity, glyphs)} {word:<8}"
        said = glyphs.plain(clean(words(finding, keys, units), 1000))
        for count, line in enumerate(folded(said, max(10, width - 1 - len(sign)))):
            found.append(
                FindingLine(number, finding.path, sign if not count else " " * len(sign), line, style, width)
            )
    return found


def words(finding: Finding, keys: Mapping[str, str], units: DisplayUnits = AS_REPORTED) -> str:
    """Return a finding as a text with its step: "step 4.1: ..."."""
    if finding.code is not FindingCode.STEPS_MISSING:
        return finding.sentence_in(units) if finding.path else finding.message_in(units)
    if finding.path:
        return f"{finding.where}: {_EMPTY}"
    ramp, hold, repeat = keys["step-ramp"], keys["step-hold"], keys["step-repeat"]
    return f"steps are missing: {ramp} inserts a ramp, {hold} a hold, {repeat} a repeat."
