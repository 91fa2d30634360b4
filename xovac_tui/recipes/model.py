"""A recipe as its author means it: ramps, holds and repeats, with the temperatures of the part in degC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from xovac_tui.recipes.places import StepPath


class Limits(msgspec.Struct, frozen=True):
    """What the test part may be exposed to, degC; checked, never sent."""

    min: float
    max: float


class Ramp(msgspec.Struct, frozen=True):
    """Go to a temperature; `rate` or `over` may say how fast, without both it is as fast as it goes."""

    to: float
    """degC."""
    rate: float | None = None
    """K/min, always positive: the direction follows from `to`."""
    over: float | None = None
    """Seconds."""
    note: str = ""


class Hold(msgspec.Struct, frozen=True):
    """Stay at the temperature reached so far."""

    duration: float
    """Seconds."""
    note: str = ""


class Repeat(msgspec.Struct, frozen=True):
    """Do the nested steps several times."""

    count: int
    steps: tuple[Step, ...]
    note: str = ""


Step: TypeAlias = Ramp | Hold | Repeat


class Recipe(msgspec.Struct, frozen=True):
    """One recipe file."""

    name: str
    steps: tuple[Step, ...]
    description: str = ""
    limits: Limits | None = None
    tolerance: float | None = None
    """K around the target within which a dwell counts; never sent. None: as the profile says."""
    pressure: float | None = None
    """mbar at or below which a dwell counts; never sent. None: as the profile says."""


class Leaf(msgspec.Struct, frozen=True):
    """One ramp or hold after unrolling."""

    path: StepPath
    step: Ramp | Hold
    cycle: tuple[int, int] | None
    """(2, 4) in the second of four rounds of the innermost repeat; None outside a repeat."""


def unroll(
    steps: tuple[Step, ...], inside: StepPath = (), cycle: tuple[int, int] | None = None
) -> Iterator[Leaf]:
    """Yield every ramp and hold in the order in which they happen; `inside` is the path of their repeat."""
    for number, step in enumerate(steps):
        path = (*inside, number)
        if isinstance(step, Repeat):
            for turn in range(1, step.count + 1):
                yield from unroll(step.steps, path, (turn, step.count))
        else:
            yield Leaf(path, step, cycle)


def count_leaves(steps: tuple[Step, ...]) -> int:
    """Return how many ramps and holds `unroll` would yield, without unrolling."""
    return sum(step.count * count_leaves(step.steps) if isinstance(step, Repeat) else 1 for step in steps)
