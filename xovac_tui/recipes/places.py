"""How a place in a recipe is named, wherever it is named: `step 2.2` is the second step in the second one."""

from __future__ import annotations

import re
from typing import TypeAlias

StepPath: TypeAlias = tuple[int, ...]
"""Leads to a step, counted from 0: (1, 1) is the second step inside the second one (a repeat); () is none."""

_STEP = re.compile(r"step ([1-9][0-9]*(?:\.[1-9][0-9]*)*)")


def step_number(path: StepPath) -> str:
    """Return a step's number as people count: (3, 0) is "4.1"."""
    return ".".join(str(place + 1) for place in path)


def place_of(path: StepPath, key: str = "") -> str:
    """Return the name of a step's place, or of a key in it: "step 4.1", "step 4.1: rate"; of () the key."""
    step = f"step {step_number(path)}" if path else ""
    return f"{step}: {key}" if step and key else step or key


def path_of(where: str) -> StepPath:
    """Return the path of the step that a place names; () where it is none of a step."""
    found = _STEP.match(where)
    return tuple(int(number) - 1 for number in found[1].split(".")) if found else ()
