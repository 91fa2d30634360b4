"""From the tables of a TOML file to a recipe, strictly: what is wrong is named, with what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import date, time
from typing import Any

from xovac_tui.durations import parse_duration
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds
from xovac_tui.recipes.findings import Flaw
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath, place_of
from xovac_tui.text import shown

_TOP = ("name", "description", "limits", "tolerance", "pressure", "steps")
_STEP = ("to", "rate", "over", "hold", "repeat", "steps", "note")
_ALLOWED = {
    "to": ("to", "rate", "over", "note"),
    "hold": ("hold", "note"),
    "repeat": ("repeat", "steps", "note"),
}
# What other programs call these things, so that the nearest name is found where the letters do not help.
_SYNONYMS = {
    **dict.fromkeys(("temp", "temperature", "target", "setpoint", "goto", "ramp"), "to"),
    **dict.fromkeys(("gradient", "speed", "slope"), "rate"),
    **dict.fromkeys(("in", "within"), "over"),
    **dict.fromkeys(("dwell", "soak", "wait", "stay", "duration", "time"), "hold"),
    **dict.fromkeys(("cycle", "cycles", "count", "times", "loop"), "repeat"),
    **dict.fromkeys(("vacuum", "mbar"), "pressure"),
    **dict.fromkeys(("comment", "remark", "label", "title"), "note"),
    **dict.fromkeys(("step", "segments"), "steps"),
}
_MOST_TOLD = 10


class Reader:
    """Reads one file's tables and collects everything that is wrong, so that one look mends all."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[str] = []

    def recipe(self, table: dict[str, Any]) -> Recipe:
        """Return the recipe, or raise RecipeError with one sentence for each problem."""
        self._known(table, "", _TOP)
        name = self._text(table, "name", "", bounds.name_problem)
        if "name" not in table:
            self._say("name", 'is missing: add name = "..." at the top of the file')
        description = self._text(
            table, "description", "", lambda text: bounds.text_problem(text, bounds.MAX_DESCRIPTION)
        )
        limits = self._limits(table["limits"]) if "limits" in table else None
        tolerance = self._number(table, "tolerance", "", bounds.tolerance_problem)
        pressure = self._number(table, "pressure", "", bounds.pressure_problem)
        steps = self._steps(table, ())
        if not self._problems and (problem := bounds.size_problem(steps)):
            self._say("steps", problem)
        if self._problems:
            raise RecipeError(*self._report())
        return Recipe(name.strip(), steps, description.strip(), limits, tolerance, pressure)

    def _report(self) -> list[str]:
        told = self._problems[:_MOST_TOLD]
        if (rest := len(self._problems) - len(told)) > 0:
            told.append(f"{self._source}: {counted(rest, 'more problem')} like these.")
        return told

    def _say(self, key: str, problem: str | Flaw, end: str = ".") -> None:
        self._problems.append(f"{self._source}: {key} {problem}{end}")

    def _steps(self, table: dict[str, Any], inside: StepPath) -> tuple[Step, ...]:
        """Read the list of steps in a file or in a repeat; `inside` is the path of the repeat."""
        where, depth = place_of(inside, "steps"), len(inside)
        entries = table.get("steps", [])
        double = f"[[{'.'.join(['steps'] * (depth + 1))}]]"
        if not isinstance(entries, list):
            self._say(where, f"must be a list: each step starts with {double}, in double brackets")
        elif not entries:
            self._say(where, f"is missing: add at least one {double} with to, hold or repeat")
        elif depth > bounds.MAX_DEPTH:
            self._say(where, f"is nested too deep: at most {bounds.MAX_DEPTH} repeats inside one another")
        else:
            read = [self._step(entry, (*inside, number)) for number, entry in enumerate(entries)]
            return tuple(step for step in read if step is not None)
        return ()

    def _step(self, entry: object, path: StepPath) -> Step | None:
        where = place_of(path)
        if not isinstance(entry, dict):
            self._say(where, "is not a table: write to, hold or repeat under [[steps]]")
            return None
        kinds = [kind for kind in _ALLOWED if kind in entry]
        self._known(entry, f"{where}: ", _STEP)
        if len(kinds) != 1:
            self._say(where, _kinds_problem(kinds, entry))
            return None
        kind = kinds[0]
        for key in entry:
            if key in _STEP and key not in _ALLOWED[kind]:
                self._say(place_of(path, key), f'does not belong to a step with "{kind}" ({_misplaced(key)})')
        note = self._text(
            entry, "note", f"{where}: ", lambda text: bounds.text_problem(text, bounds.MAX_NOTE)
        )
        if kind == "to":
            return self._ramp(entry, where, note)
        if kind == "hold":
            return Hold(self._duration(entry, "hold", f"{where}: ") or 0.0, note)
        return Repeat(self._count(entry, f"{where}: "), self._steps(entry, path), note)

    def _ramp(self, entry: dict[str, Any], where: str, note: str) -> Ramp:
        if "rate" in entry and "over" in entry:
            self._say(
                where, 'has both "rate" and "over": keep the one that matters, the other follows from it'
            )
        to = self._number(entry, "to", f"{where}: ", bounds.temperature_problem)
        rate = self._number(entry, "rate", f"{where}: ", bounds.rate_problem)
        return Ramp(to or 0.0, rate, self._duration(entry, "over", f"{where}: "), note)

    def _limits(self, value: object) -> Limits | None:
        if not isinstance(value, dict):
            self._say("limits", "must be a table like limits = { min = -30, max = 65 }, in °C")
            return None
        self._known(value, "limits.", ("min", "max"))
        found = [self._number(value, key, "limits.", bounds.temperature_problem) for key in ("min", "max")]
        for key in ("min", "max"):
            if key not in value:
                self._say(f"limits.{key}", "is missing: write limits = { min = -30, max = 65 }, in °C")
        low, high = found
        if low is None or high is None:
            return None
        limits = Limits(low, high)
        if problem := bounds.limits_problem(limits):
            self._say("limits:", problem)
        return limits

    def _text(
        self, table: dict[str, Any], key: str, prefix: str, problem_of: Callable[[str], Flaw | None]
    ) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self._say(prefix + key, f"is {_described(value)}: write a text in double quotes")
            return ""
        if key in table and (problem := problem_of(value)):
            self._say(prefix + key, problem)
        return value

    def _number(
        self, table: dict[str, Any], key: str, prefix: str, problem_of: Callable[[float], Flaw | None]
    ) -> float | None:
        if key not in table:
            return None
        value = table[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._say(prefix + key, f"is {_described(value)}: {_number_hint(value)}")
            return None
        try:
            number = float(value)
        except OverflowError:
            self._say(prefix + key, "is far too large: check the number")
            return None
        if problem := problem_of(number):
            self._say(prefix + key, f"= {shown(str(value), 24)} {problem}")
            return None
        return number + 0.0  # turns -0.0 into 0.0

    def _duration(self, table: dict[str, Any], key: str, prefix: str) -> float | None:
        if key not in table:
            return None
        value = table[key]
        if isinstance(value, time):
            self._say(prefix + key, f'is a time of day: put it in quotes, say "{value:%H:%M:%S}"')
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            self._say(prefix + key, f'is {_described(value)}: say a duration in quotes, like "30min"')
        elif not isinstance(value, str):
            number = shown(str(value), 12) if abs(value) < 1e9 else "30"
            self._say(
                prefix + key, f'is a number without a unit: say "{number}min", "{number}s" or "{number}h"'
            )
        else:
            try:
                seconds = parse_duration(value)
            except RecipeError as error:
                self._say(prefix + key, f"cannot be read: {error}", end="")
                return None
            if problem := bounds.duration_problem(seconds):
                self._say(prefix + key, f'= "{shown(value, 24)}" {problem}')
            return seconds
        return None

    def _count(self, table: dict[str, Any], prefix: str) -> int:
        value = table["repeat"]
        if isinstance(value, bool) or not isinstance(value, int):
            self._say(f"{prefix}repeat", f"is {_described(value)}: say a whole number of rounds, like 4")
            return 1
        if problem := bounds.count_problem(value):
            told = str(value) if abs(value) < 10**12 else "a number"
            self._say(f"{prefix}repeat", f"= {told} {problem}")
        return value

    def _known(self, table: dict[str, Any], prefix: str, valid: Iterable[str]) -> None:
        """Name every key that does not exist, with the nearest one that does."""
        names = tuple(valid)
        for key in table:
            if key in names:
                continue
            nearest = _nearest(key, names)
            hint = f' Did you mean "{nearest}"?' if nearest else ""
            self._say(f"{prefix}{shown(key, 40)}", f"is not a key here.{hint} Valid are {', '.join(names)}")


def _nearest(key: str, names: tuple[str, ...]) -> str:
    """Return the valid name that looks or means most like `key`, or an empty text."""
    meant = {
        **{word: name for word, name in _SYNONYMS.items() if name in names},
        **{name: name for name in names},
    }
    close = difflib.get_close_matches(key[:40].lower(), meant, 1, 0.55)
    return meant[close[0]] if close else ""


def _kinds_problem(kinds: list[str], entry: dict[str, Any]) -> str:
    if kinds:
        return f"says {' and '.join(kinds)} at once: write each as a [[steps]] of its own"
    if "rate" in entry or "over" in entry:
        return 'says how fast, but not where to: add "to", the temperature in °C'
    if "steps" in entry:
        return 'has nested steps, but no "repeat": say how often they are done'
    return 'says nothing to do: add "to" (go to a temperature), "hold" (stay) or "repeat"'


def _misplaced(key: str) -> str:
    if key in ("rate", "over"):
        return 'it says how fast a step with "to" moves'
    return 'only a step with "repeat" has steps inside'


def _described(value: object) -> str:
    """Name the type of a TOML value in a user's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{shown(value, 24)}"'
    if isinstance(value, int | float):
        return "a number" if abs(value) > 1e12 else f"the number {value}"
    if isinstance(value, date | time):
        return "a date or time"
    return "a list" if isinstance(value, list) else "a table"


def _number_hint(value: object) -> str:
    if isinstance(value, str):
        if "," in value:
            return "write a number without quotes, with a decimal point"
        return "write a number without quotes and without a unit"
    return "write a number"
