"""The gaps of a run: what the record lacks, each moment reported once, with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from xovac_tui.recording.gaps import Gap
from xovac_tui.report.facts import DataGap, Span

_NO_DATA, _NO_RECORDER = "no link or no data", "nothing was recorded"
_NO_VALUE = "no usable value came, or it was deleted since"


def missing(gaps: Sequence[Gap], holes: Sequence[Span]) -> tuple[DataGap, ...]:
    """Return the gaps of a run, by time.

    `gaps` is when there was no link, no data or no recorder, `holes` when the record holds no usable value of
    the controlled temperature for longer than usual. Those that share a moment are one gap.
    """
    found = [DataGap(one.start, one.end, _NO_DATA if one.recorded else _NO_RECORDER) for one in gaps]
    found += [DataGap(start, end, "") for start, end in holes]
    made: list[DataGap] = []
    for one in sorted(found, key=lambda gap: gap.start):
        if made and one.start < made[-1].end:
            before = made.pop()
            reasons = dict.fromkeys(why for why in (before.why, one.why) if why)
            one = DataGap(before.start, max(before.end, one.end), "; ".join(reasons))
        made.append(one)
    return tuple(DataGap(one.start, one.end, one.why or _NO_VALUE) for one in made)
