"""A run at a glance, for lists: what it comes to, and the shape of its temperature."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xovac_tui import report
from xovac_tui.api.contract import Contract, Role
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.evenwindows import EvenWindows
from xovac_tui.recording.exports.parts import open_still
from xovac_tui.report.judge import RunVerdict, judge
from xovac_tui.runs.past import track

COLUMNS = 24
"""Values of a shape."""


class RunGlance(msgspec.Struct, frozen=True):
    """One run in a few cells."""

    verdict: RunVerdict | None = None
    """As its report has it; None while it goes on, and where a library that reports need is missing."""
    shape: tuple[float, ...] = ()
    """The controlled temperature in degC from its beginning to its end, NaN where none is known; empty where
    no message is known to report it."""


def glance(path: Path, number: int, *, contract: Contract) -> RunGlance:
    """Read a run at a glance, for a thread; an empty one where it is not in the record any more.

    RecordError where the record cannot be read.
    """
    with open_still(path) as record:
        record.judge_by(contract)
        recorded = lists.run(record, number)
        if recorded is None:
            return RunGlance()
        span = lists.span_of(lists.axis_of(record), recorded)
        controlled = contract.by_role(Role.CONTROLLED)
        shape: tuple[float, ...] = ()
        if controlled is not None and span.start < span.end:
            windows = EvenWindows(record, span.axis, span.first, span.after)
            bins = track(windows, *controlled, span.start, span.end, most=COLUMNS).bins
            shape = tuple((low + high) / 2 for low, high in zip(bins.lows, bins.highs, strict=True))
        if recorded.ended is None:
            return RunGlance(None, shape)
        try:
            facts = report.gather.gather_criteria(record, recorded, contract)
        except ImportError:
            return RunGlance(None, shape)
        return RunGlance(judge(facts).verdict, shape)
