"""From a recipe to what the device takes: a flat list of [target, duration, gradient], in its units."""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias

import msgspec

from xovac_tui.durations import seconds_to
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.findings import Finding, FindingCode, finding
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import Plan, PlanSettings, Segment, plan_recipe
from xovac_tui.units import from_celsius

GRADIENT = 0.0
"""Documented: the server ignores what a user sends and fills it in."""

Item: TypeAlias = tuple[float, float, float]
"""Target temperature, duration, gradient, in the device's units."""


class UnsendableError(RecipeError):
    """A recipe that must not be sent; its text is every error that was found."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(*(one.sentence for one in findings if one.severity == "error"))
        self.findings = findings


class Compiled(msgspec.Struct, frozen=True):
    """A recipe that may be sent."""

    items: tuple[Item, ...]
    payload: dict[str, Any]
    """`{"name": ..., "recipe": [[...], ...]}`, the documented payload of `load_recipe`."""
    total: float
    """Seconds."""
    warnings: tuple[Finding, ...]
    """What will not go as written, or wants a thought before it is sent."""
    plan: Plan


def compile_recipe(recipe: Recipe, settings: PlanSettings, start_temperature: float = 20.0) -> Compiled:
    """Check a recipe and return what is sent for it; UnsendableError with every reason why it must not be.

    What the device does with wrong values is not documented, so nothing questionable leaves here.
    """
    findings = check_recipe(recipe, settings, start_temperature)
    if any(one.severity == "error" for one in findings):
        raise UnsendableError(findings)
    plan = plan_recipe(recipe, settings, start_temperature)
    items = tuple(_item(segment, settings) for segment in plan.segments if segment.index is not None)
    return Compiled(
        items=items,
        payload={"name": recipe.name, "recipe": [list(item) for item in items]},
        total=plan.total,
        warnings=tuple(one for one in findings if one.severity == "warning"),
        plan=plan,
    )


def to_device_json(compiled: Compiled) -> str:
    """Return the payload as the text that is sent."""
    return json.dumps(compiled.payload, ensure_ascii=False, allow_nan=False)


def _item(segment: Segment, settings: PlanSettings) -> Item:
    # Rounding takes the noise off converted numbers (253.14999999999998 K), far below what a device resolves.
    target = round(from_celsius(segment.to_temp, settings.temperature_unit), 6)
    duration = round(seconds_to(segment.duration, settings.duration_unit), 9)
    if not (math.isfinite(target) and math.isfinite(duration) and duration > 0):
        wrong = finding(
            FindingCode.NOT_WRITABLE,
            segment.path,
            target=segment.to_temp,
            seconds=segment.duration,
            unit=settings.temperature_unit,
            duration_unit=settings.duration_unit,
        )
        raise UnsendableError((wrong,))
    return target + 0.0, duration, GRADIENT
