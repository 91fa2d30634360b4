"""Every figure of a run's report, worked out with numpy from the exported CSV, the recipe and the contract.

Nothing here uses the program: it reads three files as any holder of the report could, and follows the
definitions in docs/report.md.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
NEAR, PERIODS, USUAL = 3.0, 3.0, 8
"""Seconds and usual pauses that two values may be apart, and pauses of which the usual one is taken."""
TO_CELSIUS = {"degC": (1.0, 0.0), "K": (1.0, -273.15), "degF": (5 / 9, -160 / 9)}
MILLI = 1e-3
"""Seconds: times in a CSV are written to the millisecond."""


@dataclass
class Reading:
    """A channel in a stretch: lowest, highest and mean value, when, and of how many."""

    low: float
    low_at: float
    high: float
    high_at: float
    mean: float
    count: int


@dataclass
class Dwell:
    """The clocks of a hold, in seconds, and what its own values were, in degC."""

    target: float
    planned: float
    elapsed: float
    in_tolerance: float
    creditable: float
    reached: float | None
    excursions: int
    lowest: float | None
    highest: float | None


@dataclass
class Step:
    """A step as run; times in seconds since the run began."""

    number: int
    began: float
    took: float
    planned: float
    rate: float | None
    """K/min of a ramp."""
    dwell: Dwell | None
    rows: slice


@dataclass
class Run:
    """All that a report says in figures."""

    began: datetime
    took: float
    steps: list[Step]
    gaps: list[tuple[float, float]]
    period: float
    phases: dict[str, dict[str, Reading | None]] = field(default_factory=dict)
    """Phase -> channel -> what it did; phases are `whole run`, targets as text, and numbers of steps."""


class Table:
    """The CSV by columns: times in seconds, values, and which rows are messages of an event."""

    def __init__(self, text: str) -> None:
        head, *rows = csv.reader(text.splitlines())
        self.channels = head[2:]
        self.stamps = [row[0] for row in rows]
        self.t = np.array([float(row[1]) for row in rows])
        cells = np.array([[float(cell) if cell else np.nan for cell in row[2:]] for row in rows])
        self.values = {name: cells[:, at] for at, name in enumerate(self.channels)}

    def rows_of(self, event: str) -> Bools:
        """Return which rows are messages of an event: those with a number in one of its columns."""
        own = [self.values[name] for name in self.channels if name.partition(".")[0] == event]
        rows: Bools = ~np.isnan(np.stack(own)).all(axis=0)
        return rows


def recompute(text: str, recipe: str, contract: str) -> Run:
    """Return every figure of the only run in a CSV of a whole record."""
    table, asked = Table(text), tomllib.loads(recipe)
    roles = _roles(contract)
    t = table.t
    mode, step = table.values[roles["state"][0]], table.values[roles["step"][0]]
    begin = int(np.flatnonzero(mode == 1)[0])
    end = int(np.flatnonzero((mode == 0) & (np.arange(len(t)) > begin))[0])
    firsts = _firsts(step, begin, end)
    edges = [row for _, row in firsts] + [end]
    temperature = _Channel(table, *roles["controlled"])
    pressure = _Channel(table, *roles["pressure"])
    planned = _planned(asked)
    steps = []
    for (number, first), after in zip(firsts, edges[1:], strict=True):
        kind, target, seconds = planned[number - 1]
        rate = temperature.rate(first, after) if kind == "ramp" else None
        dwell = None
        if kind == "hold":
            limits = target, float(asked["tolerance"]), float(asked["pressure"])
            dwell = _dwell(temperature, pressure, first, after, limits, seconds)
        began = t[first] - t[begin]
        steps.append(Step(number, began, t[after] - t[first], seconds, rate, dwell, slice(first, after)))
    run = Run(
        began=datetime.fromisoformat(table.stamps[begin]),
        took=float(t[end] - t[begin]),
        steps=steps,
        gaps=temperature.gaps(begin, end),
        period=max(temperature.pause(begin, end), _Channel(table, *roles["step"]).pause(begin, end)),
    )
    phases = {"whole run": [slice(begin, end)]}
    for one in steps:
        if one.dwell is not None:
            phases.setdefault(f"{one.dwell.target:g}", []).append(one.rows)
        phases[str(one.number)] = [one.rows]
    for phase, spans in phases.items():
        run.phases[phase] = {name: _reading(table, name, spans, t[begin]) for name in table.channels}
    return run


def _roles(contract: str) -> dict[str, tuple[str, str]]:
    """Return role -> full name and unit of the channel that plays it."""
    return {
        leaf["role"]: (f"{event}.{path}", leaf.get("unit", ""))
        for event, leaves in tomllib.loads(contract)["messages"].items()
        for path, leaf in leaves.items()
        if "role" in leaf
    }


def _planned(recipe: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return kind, target in degC and seconds of each step."""
    found, here = [], 20.0
    for one in recipe["steps"]:
        here = float(one.get("to", here))
        kind = "ramp" if "to" in one else "hold"
        found.append((kind, here, float(one["over" if kind == "ramp" else "hold"].removesuffix("s"))))
    return found


def _firsts(step: Floats, begin: int, end: int) -> list[tuple[int, int]]:
    """Return each step with the row of the first message that reports it."""
    found: list[tuple[int, int]] = []
    for row in range(begin, end):
        if step[row] > 0 and (not found or found[-1][0] != step[row]):
            found.append((int(step[row]), row))
    return found


class _Channel:
    """One channel: its messages, whether each carries a usable value, and what that is in degC or mbar."""

    def __init__(self, table: Table, name: str, unit: str) -> None:
        factor, offset = TO_CELSIUS.get(unit, (1.0, 0.0))
        self.rows = np.flatnonzero(table.rows_of(name.partition(".")[0]))
        self.t = table.t[self.rows]
        self.all_t = table.t
        self.values = np.round(table.values[name][self.rows] * factor + offset, 9)
        self.usable = ~np.isnan(self.values)

    def near(self, at: int) -> float:
        """Return how far values may be apart at a message: three of its usual pauses, at least 3 s."""
        pauses = np.diff(self.t[max(0, at - USUAL) : at + 1])
        usual = np.sort(pauses)[-2] if len(pauses) > 1 else 0.0
        return float(max(NEAR, PERIODS * usual)) + MILLI

    def within(self, begin: int, end: int) -> npt.NDArray[np.intp]:
        """Return the numbers of the messages in some rows."""
        return np.flatnonzero((self.rows >= begin) & (self.rows < end))

    def rate(self, begin: int, end: int) -> float:
        """Return K/min from the first usable value to the last one."""
        own = [at for at in self.within(begin, end) if self.usable[at]]
        first, last = own[0], own[-1]
        return float((self.values[last] - self.values[first]) / (self.t[last] - self.t[first]) * 60)

    def pause(self, begin: int, end: int) -> float:
        """Return the usual pause between usable values: the lower median of the first 500."""
        own = [at for at in self.within(begin, end) if self.usable[at]]
        pauses = np.sort(np.diff(self.t[own])[:500])
        return float(pauses[(len(pauses) - 1) // 2])

    def gaps(self, begin: int, end: int) -> list[tuple[float, float]]:
        """Return when no usable value came for longer than usual, in seconds since the run began."""
        own = [at for at in self.within(begin, end) if self.usable[at]]
        start, stop = self.all_t[begin], self.all_t[end]
        edges = [(start, self.t[own[0]], own[0])]
        edges += [(self.t[one], self.t[two], two) for one, two in pairwise(own)]
        edges.append((self.t[own[-1]], stop, own[-1]))
        return [
            (float(one - start), float(two - start)) for one, two, at in edges if two - one > self.near(at)
        ]


def _dwell(
    temperature: _Channel,
    pressure: _Channel,
    begin: int,
    end: int,
    limits: tuple[float, float, float],
    planned: float,
) -> Dwell:
    """Return the clocks of a hold that goes from one row up to another."""
    target, tolerance, most = limits
    start, stop = temperature.all_t[begin], temperature.all_t[end]
    own = temperature.within(begin, end)
    good = np.round(np.abs(temperature.values - target), 9) <= tolerance
    counts = good & np.array([_vacuum(pressure, int(row), most) for row in temperature.rows])
    # The newest message before the hold holds at its beginning, the newest in it until the end.
    chain = list(own)
    before = int(own[0]) - 1
    if temperature.t[own[0]] > start and start - temperature.t[before] <= temperature.near(before):
        chain.insert(0, before)
    in_tolerance = creditable = 0.0
    for one, two in pairwise(chain):
        pause = temperature.t[two] - temperature.t[one]
        if good[one] and good[two] and pause <= temperature.near(two):
            seconds = temperature.t[two] - max(start, temperature.t[one])
            in_tolerance += seconds
            if counts[one] and counts[two] and _all_vacuum(pressure, temperature.rows, one, two, most):
                creditable += seconds
    last = chain[-1]
    after = last + 1 if last + 1 < len(temperature.t) and temperature.rows[last + 1] <= end else last
    if good[last] and stop - temperature.t[last] <= temperature.near(after):
        in_tolerance += stop - temperature.t[last]
        creditable += (stop - temperature.t[last]) if counts[last] else 0.0
    known = [at for at in chain if temperature.usable[at]]
    reached = next((max(0.0, temperature.t[at] - start) for at in known if good[at]), None)
    values = temperature.values[[at for at in own if temperature.usable[at]]]
    return Dwell(
        target=target,
        planned=planned,
        elapsed=float(stop - start),
        in_tolerance=float(in_tolerance),
        creditable=float(creditable),
        reached=None if reached is None else float(reached),
        excursions=sum(bool(good[one] and not good[two]) for one, two in pairwise(known)),
        lowest=float(values.min()) if len(values) else None,
        highest=float(values.max()) if len(values) else None,
    )


def _vacuum(pressure: _Channel, row: int, most: float) -> bool:
    """Return whether the newest pressure at a row is known and low enough."""
    at = int(np.searchsorted(pressure.rows, row, side="right")) - 1
    fresh = at >= 0 and pressure.all_t[row] - pressure.t[at] <= pressure.near(at)
    return bool(fresh and pressure.usable[at] and pressure.values[at] <= most)


def _all_vacuum(pressure: _Channel, rows: npt.NDArray[np.intp], one: int, two: int, most: float) -> bool:
    """Return whether every pressure that came between two messages was known and low enough."""
    between = np.flatnonzero((pressure.rows > rows[one]) & (pressure.rows < rows[two]))
    return bool((pressure.usable[between] & (pressure.values[between] <= most)).all())


def _reading(table: Table, name: str, spans: list[slice], start: float) -> Reading | None:
    values = np.concatenate([table.values[name][one] for one in spans])
    times = np.concatenate([table.t[one] for one in spans]) - start
    known = ~np.isnan(values)
    values, times = values[known], times[known]
    if not len(values):
        return None
    low, high = int(values.argmin()), int(values.argmax())
    return Reading(
        float(values[low]),
        float(times[low]),
        float(values[high]),
        float(times[high]),
        float(values.mean()),
        len(values),
    )
