"""Fields of the form of a step or of the recipe's head, and their texts as a recipe again. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from xovac_tui.digits import spell_number
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import parse_duration, spell_exactly
from xovac_tui.errors import RecipeError
from xovac_tui.quantities import (
    parse_difference,
    parse_rate,
    parse_temperature,
    spell_difference,
    spell_rate,
    spell_temperature,
)
from xovac_tui.recipes import bounds
from xovac_tui.recipes.draft import Draft
from xovac_tui.recipes.findings import Flaw
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath
from xovac_tui.text import clean
from xovac_tui.units import to_mbar

_BREAKS = str.maketrans({"\n": "⏎", "\t": "⇥"})
_BROKEN = str.maketrans({"⏎": "\n", "⇥": "\t"})


class FormField(msgspec.Struct, frozen=True):
    """One line of a form."""

    name: str
    label: str
    help: str
    """Help; `{id}` is replaced by the key of that action."""
    hint: str = ""
    """Unit of a bare number, or what may be typed, in a word or two."""
    free: bool = False
    """Free text: every character is kept, even those that the terminal cannot show."""
    text: str = ""
    """Initial text."""


_COUNT_HELP = (
    "How many times the steps inside are done. {step-wrap} and {step-unwrap} put steps in and take them out."
)
_RATE_HELP = 'How fast: "1.5", "1.5 K/min", "90 K/h". Empty, and Over empty: as fast as it goes.'
_OVER_HELP = 'How long it takes, in place of a rate: "45min", "1h30". Empty: not fixed.'
_HOLD_HELP = 'How long it stays where it is: "2h", "1h30", "90 min", "01:30:00".'
_PRESSURE_HELP = "At or below which a dwell counts. Empty: as the profile says."
_DESCRIPTION_HELP = "Free text, never sent. {edit-file-outside} opens all of it in your own editor."
_MIN_HELP = "Lowest temperature that the part may see: checked, never sent. Give both or none."
_MAX_HELP = "Highest temperature that the part may see: checked, never sent."
_TOLERANCE_HELP = "Around the target, within which a dwell counts. Empty: as the profile says."
_MEASURED = ("to", "min", "max", "pressure")
"""Fields with a unit that can be another one on the screen."""
_FIELDS = {
    field.name: field
    for field in (
        FormField("count", "Times", _COUNT_HELP, "rounds"),
        FormField(
            "duration",
            "Hold",
            'How long it stays where it is: "2h", "1h30", "90 min", "01:30:00".',
            "h, min, s",
        ),
        FormField("to", "To", 'The target: "-20", "-20 °C", "253.15 K" or "-4 °F".', "°C"),
        FormField("rate", "Rate", _RATE_HELP, "K/min"),
        FormField("over", "Over", _OVER_HELP, "h, min, s"),
        FormField("note", "Note", "For people, at most 200 characters; never sent.", free=True),
        FormField("name", "Name", "Goes to the device; at most 64 characters.", free=True),
        FormField("description", "Description", _DESCRIPTION_HELP, free=True),
        FormField("min", "Part, min", _MIN_HELP, "°C"),
        FormField("max", "Part, max", _MAX_HELP, "°C"),
        FormField("tolerance", "Tolerance", _TOLERANCE_HELP, "K"),
        FormField(
            "pressure", "Pressure", "At or below which a dwell counts. Empty: as the profile says.", "mbar"
        ),
    )
}


def hint_in(field: FormField, units: DisplayUnits) -> str:
    """Return a field's hint; a value is typed in the recipe's unit, so the shown one is named beside it."""
    words = units.hint(field.hint) if field.name in _MEASURED else ""
    return f"{field.hint}, {words.replace(' in ', ' ')}" if words else field.hint


class Typed(msgspec.Struct, frozen=True):
    """The result of reading a form."""

    draft: Draft
    """The draft with the texts applied; unchanged if there is a problem."""
    problems: dict[str, str]
    """Problem as a sentence, by the name of its field."""


def fields_of(recipe: Recipe, step: Step | None) -> tuple[FormField, ...]:
    """Return the form of a step, or of the recipe's head for None."""
    texts = _head(recipe) if step is None else {**_step(step), "note": step.note.translate(_BREAKS)}
    return tuple(msgspec.structs.replace(_FIELDS[name], text=text) for name, text in texts.items())


def _step(step: Step) -> dict[str, str]:
    if isinstance(step, Repeat):
        return {"count": str(step.count)}
    if isinstance(step, Hold):
        return {"duration": spell_exactly(step.duration)}
    return {
        "to": spell_temperature(step.to),
        "rate": "" if step.rate is None else spell_rate(step.rate),
        "over": "" if step.over is None else spell_exactly(step.over),
    }


def _head(recipe: Recipe) -> dict[str, str]:
    limits = recipe.limits
    return {
        "name": recipe.name,
        "description": recipe.description.translate(_BREAKS),
        "min": "" if limits is None else spell_temperature(limits.min),
        "max": "" if limits is None else spell_temperature(limits.max),
        "tolerance": "" if recipe.tolerance is None else spell_difference(recipe.tolerance),
        "pressure": "" if recipe.pressure is None else f"{spell_number(recipe.pressure)} mbar",
    }


def read_form(draft: Draft, path: StepPath, texts: Mapping[str, str]) -> Typed:
    """Return the draft with the texts of the form applied to a step, or to the head for the path ()."""
    reader = _Reader(fields_of(draft.recipe, draft.step(path)), texts)
    step = draft.step(path)
    if step is None:
        changes = reader.head(draft.recipe)
        changed = {key: value for key, value in changes.items() if value != getattr(draft.recipe, key)}
        after = draft.change_head(**changed) if changed and not reader.problems else draft
    else:
        read = reader.step(step)
        after = draft.replace(path, read) if not reader.problems else draft
    return Typed(draft if reader.problems else after, reader.problems)


class _Reader:
    """Reads texts field by field, and collects all problems."""

    def __init__(self, fields: tuple[FormField, ...], texts: Mapping[str, str]) -> None:
        self._first = {field.name: field.text for field in fields}
        self._texts = texts
        self.problems: dict[str, str] = {}

    def step(self, step: Step) -> Step:
        """Return the step as typed; only valid without problems."""
        note = self._lines("note", step.note, bounds.MAX_NOTE)
        if isinstance(step, Repeat):
            return msgspec.structs.replace(step, count=self._count(step.count), note=note)
        if isinstance(step, Hold):
            seconds = self._value("duration", step.duration, parse_duration, bounds.duration_problem)
            return Hold(step.duration if seconds is None else seconds, note)
        to = self._value("to", step.to, parse_temperature, bounds.temperature_problem)
        rate = self._value("rate", step.rate, parse_rate, bounds.rate_problem, optional=True)
        over = self._value("over", step.over, parse_duration, bounds.duration_problem, optional=True)
        if rate is not None and over is not None:
            both = "Both a rate and a time are given: empty one of them."
            self.problems.update(rate=both, over=both)
        return Ramp(step.to if to is None else to, rate, over, note)

    def head(self, recipe: Recipe) -> dict[str, Any]:
        """Return the recipe's fields as typed; only valid without problems."""
        limits = recipe.limits
        low = self._limit("min", limits.min if limits else None)
        high = self._limit("max", limits.max if limits else None)
        found = None if low is None or high is None else Limits(low, high)
        if (low is None) is not (high is None) and not {"min", "max"} & self.problems.keys():
            self.problems["min" if low is None else "max"] = "Limits are two: give both, or empty both."
        elif found is not None and (problem := bounds.limits_problem(found)):
            self.problems["max"] = f"The part's limits: {problem}."
        name = self._texts["name"].strip()
        if problem := bounds.name_problem(name):
            self.problems["name"] = f"The name {problem}."
        return {
            "name": name,
            "description": self._lines("description", recipe.description, bounds.MAX_DESCRIPTION).strip(),
            "limits": found,
            "tolerance": self._value(
                "tolerance", recipe.tolerance, parse_difference, bounds.tolerance_problem, optional=True
            ),
            "pressure": self._value(
                "pressure", recipe.pressure, parse_pressure, bounds.pressure_problem, optional=True
            ),
        }

    def _limit(self, name: str, before: float | None) -> float | None:
        return self._value(name, before, parse_temperature, bounds.temperature_problem, optional=True)

    def _value(
        self,
        name: str,
        before: float | None,
        parse: Callable[[str], float],
        problem_of: Callable[[float], Flaw | None],
        *,
        optional: bool = False,
    ) -> float | None:
        text = self._texts[name]
        if text == self._first[name]:
            return before
        if optional and not text.strip():
            return None
        try:
            value = parse(text)
        except RecipeError as error:
            self.problems[name] = str(error)
            return None
        if problem := problem_of(value):
            self.problems[name] = f'"{clean(text.strip(), 40)}" {problem}.'
            return None
        return value

    def _count(self, before: int) -> int:
        text = self._texts["count"].strip()
        if not re.fullmatch(r"[0-9]{1,9}", text):
            self.problems["count"] = f'"{clean(text, 40)}" is not a whole number of rounds: say one like 4.'
            return before
        if problem := bounds.count_problem(int(text)):
            self.problems["count"] = f'"{text}" {problem}.'
        return int(text)

    def _lines(self, name: str, before: str, longest: int) -> str:
        text = self._texts[name]
        if text == self._first[name]:
            return before
        text = text.translate(_BROKEN)
        if problem := bounds.text_problem(text, longest):
            self.problems[name] = f"The {name} {problem}."
        return text


def parse_pressure(text: str) -> float:
    """Return a typed pressure in mbar; a bare number is mbar. Raises RecipeError."""
    words = " ".join(text.split())
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)((?:[eE][-+]?[0-9]{1,3})?) ?([^0-9.].*|)", words)
    mbar = None if found is None else to_mbar(float(found[1] + found[2]), found[3] or "mbar")
    if mbar is None:
        raise RecipeError(
            f'"{clean(text.strip(), 40)}" is not a pressure: write it like "1e-3", "1e-3 mbar" or "0.1 Pa".'
        )
    return float(f"{mbar:.9g}")
