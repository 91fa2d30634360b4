"""Learns from the record of a run how fast its chamber is."""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from xovac_tui.api.contract import Contract, Role
from xovac_tui.errors import XovacError
from xovac_tui.recipes.rates import Sample, learn
from xovac_tui.recording.disk.evenwindows import EvenWindows
from xovac_tui.recording.disk.lists import RecordSpan, axis_of, run, span_of
from xovac_tui.recording.disk.record import Record
from xovac_tui.units import to_celsius


def learn_run(
    path: Path, contract: Contract, number: int, ramps: Sequence[tuple[float, float, float]], speed: float
) -> bytes:
    """Return the rates that a run of a record shows, as JSON; empty where none does, or it cannot be read.

    `ramps` are as in `_learned`, `speed` the seconds of the recipe in one of the record. For a thread.
    """
    with contextlib.suppress(XovacError), Record(path) as record:
        recorded = run(record, number)
        if recorded is not None:
            return _learned(record, contract, span_of(axis_of(record), recorded), ramps, speed)
    return b""


def _learned(
    record: Record,
    contract: Contract,
    span: RecordSpan,
    ramps: Sequence[tuple[float, float, float]],
    speed: float,
) -> bytes:
    """Return the rates that a run shows, as JSON; empty where none does.

    `ramps` are its ramps as fast as they go: (from, to) in seconds of the recipe, and their target in degC.
    """
    controlled, setpoint = contract.by_role(Role.CONTROLLED), contract.by_role(Role.SETPOINT)
    if controlled is None:
        return b""
    names = [channel[0] for channel in (controlled, setpoint) if channel is not None]
    record.judge_by(contract)
    windows = EvenWindows(record, span.axis, span.first, span.after)
    found = windows.samples(names, span.start, span.end)
    name, leaf = controlled
    actual = found.get(name, ([], []))
    target = ([], []) if setpoint is None else found.get(setpoint[0], ([], []))
    target_unit = "" if setpoint is None else setpoint[1].unit
    rates = learn(_samples(actual, leaf.unit, target, target_unit, span.start, speed), ramps)
    return msgspec.json.encode(rates) if rates.bands else b""


_Column = tuple[Sequence[float], Sequence[float]]


def _samples(
    actual: _Column, unit: str, target: _Column, target_unit: str, start: float, speed: float
) -> Iterator[Sample]:
    """Yield (seconds of the recipe, degC, setpoint in degC); the setpoint is the newest before each."""
    times, setpoints = target
    for time, value in zip(*actual, strict=True):
        celsius = to_celsius(value, unit)
        place = bisect_right(times, time) - 1
        setpoint = to_celsius(setpoints[place], target_unit) if place >= 0 else None
        if celsius is not None:
            known = setpoint is not None and math.isfinite(setpoint)
            yield (time - start) * speed, celsius, setpoint if known else None
