"""From the tables of a TOML file to a recipe, strictly: what is wrong is named, with what would be right."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from xovac_tui.durations import parse_duration
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds
from xovac_tui.recipes.findings import Finding
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath, place_of
from xovac_tui.text import clean
from xovac_tui.validation import mistakes, sound

# What other programs call these things, so that the nearest name is found where the letters do not help.
_MEANT = {
    **dict.fromkeys(("temp", "temperature", "target", "setpoint", "goto", "ramp"), "to"),
    **dict.fromkeys(("gradient", "speed", "slope"), "rate"),
    **dict.fromkeys(("in", "within"), "over"),
    **dict.fromkeys(("dwell", "soak", "wait", "stay", "duration", "time"), "hold"),
    **dict.fromkeys(("cycle", "cycles", "count", "times", "loop"), "repeat"),
    **dict.fromkeys(("vacuum", "mbar"), "pressure"),
    **dict.fromkeys(("comment", "remark", "label", "title"), "note"),
    **dict.fromkeys(("step", "segments"), "steps"),
}
_MOST_SHOWN = 10
_SOUND = Hold(60.0)
"""Replaces a step that cannot be read, so that its mistake leads to no second one."""

_Duration = Annotated[str, msgspec.Meta(description='a duration with its unit, in quotes, like "30min"')]
_Limits = Annotated[Limits, msgspec.Meta(description="a table like limits = { min = -30, max = 65 }, in °C")]


class _Table(msgspec.Struct, frozen=True):
    """A table as it is in the file."""

    meant: ClassVar[dict[str, str]] = _MEANT


class _Head(_Table, frozen=True):
    name: str = ""
    description: str = ""
    limits: _Limits | None = None
    tolerance: float | None = None
    pressure: float | None = None
    steps: Any = ()


class _Ramp(_Table, frozen=True):
    to: float
    rate: float | None = None
    over: _Duration | None = None
    note: str = ""


class _Hold(_Table, frozen=True):
    hold: _Duration
    note: str = ""


class _Repeat(_Table, frozen=True):
    repeat: int
    steps: Any = ()
    note: str = ""


class _AnyStep(_Table, frozen=True):
    """All keys of steps, for one of which it is not known what it is."""

    to: Any = None
    rate: Any = None
    over: Any = None
    hold: Any = None
    repeat: Any = None
    steps: Any = None
    note: Any = None


_TABLES: dict[str, type[_Table]] = {"to": _Ramp, "hold": _Hold, "repeat": _Repeat}


class Reader:
    """Reads one file's tables and collects everything that is wrong, so that all can be corrected at once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[str] = []

    def recipe(self, table: dict[str, Any]) -> Recipe:
        """Return the recipe, or raise RecipeError with one sentence for each problem."""
        if "name" not in table:
            self._problems.append('name is missing: add name = "..." at the top of the file.')
        self._problems += mistakes(table, _Head)
        head, left = sound(table, _Head)
        recipe = Recipe(
            head.name.strip() if "name" in table and not left.of("name") else "sound",
            self._steps(table, ()),
            head.description.strip(),
            head.limits,
            head.tolerance,
            head.pressure,
        )
        self._problems += (_in_words(problem, table) for problem in bounds.recipe_problems(recipe))
        if self._problems:
            raise RecipeError(*self._report())
        return recipe

    def _report(self) -> list[str]:
        shown = [f"{self._source}: {problem}" for problem in self._problems[:_MOST_SHOWN]]
        if (rest := len(self._problems) - len(shown)) > 0:
            shown.append(f"{self._source}: {counted(rest, 'more problem')} like these.")
        return shown

    def _steps(self, table: dict[str, Any], inside: StepPath) -> tuple[Step, ...]:
        """Read the list of steps in a file or in a repeat; `inside` is the path of the repeat."""
        depth, entries = len(inside), table.get("steps", [])
        double = f"[[{'.'.join(['steps'] * (depth + 1))}]]"
        if not isinstance(entries, list):
            problem = f"must be a list: each step starts with {double}, in double brackets"
        elif not entries:
            problem = f"is missing: add at least one {double} with to, hold or repeat"
        elif depth > bounds.MAX_DEPTH:
            problem = f"is nested too deep: at most {bounds.MAX_DEPTH} repeats inside one another"
        else:
            return tuple(self._step(entry, (*inside, number)) for number, entry in enumerate(entries))
        self._problems.append(f"{place_of(inside, 'steps')} {problem}.")
        return (_SOUND,)

    def _step(self, entry: object, path: StepPath) -> Step:
        if not isinstance(entry, dict):
            self._problems.append(
                f"{place_of(path)} is not a table: write to, hold or repeat under [[steps]]."
            )
            return _SOUND
        kinds = [kind for kind in _TABLES if kind in entry]
        if len(kinds) != 1:
            self._problems.append(f"{place_of(path)} {_kinds_problem(kinds, entry)}.")
            self._wrong(entry, _AnyStep, path)
            return _SOUND
        table = _TABLES[kinds[0]]
        for key in [key for key in entry if key in _AnyStep.__struct_fields__]:
            if key not in table.__struct_fields__:
                why = f'does not belong to a step with "{kinds[0]}" ({_misplaced(key)}).'
                self._problems.append(f"{place_of(path, key)} {why}")
                entry = {name: value for name, value in entry.items() if name != key}
        inner = self._steps(entry, path) if table is _Repeat else ()
        return (
            _SOUND
            if self._wrong(entry, table, path)
            else self._made(msgspec.convert(entry, table), inner, path)
        )

    def _wrong(self, entry: dict[str, Any], table: type[_Table], path: StepPath) -> bool:
        found = [f"{place_of(path)}: {sentence}" for sentence in mistakes(entry, table)]
        self._problems += found
        return bool(found)

    def _made(self, read: _Table, inner: tuple[Step, ...], path: StepPath) -> Step:
        match read:
            case _Ramp(to=to, rate=rate, over=over, note=note):
                # Adding 0.0 turns -0.0 into 0.0.
                seconds = None if over is None else self._seconds("over", over, path)
                return Ramp(to + 0.0, rate, seconds, note)
            case _Hold(hold=hold, note=note):
                return Hold(self._seconds("hold", hold, path), note)
            case _Repeat(repeat=count, note=note):
                return Repeat(count, inner, note)
        raise TypeError(f"no step is made of {read!r}")

    def _seconds(self, key: str, text: str, path: StepPath) -> float:
        try:
            return parse_duration(text)
        except RecipeError as error:
            self._problems.append(f"{place_of(path, key)} cannot be read: {error}")
            return _SOUND.duration


def _in_words(problem: Finding, table: dict[str, Any]) -> str:
    """Return what is wrong with a value as a sentence, with a number or a duration as the file has it."""
    for number in problem.path:
        table = table["steps"][number]
    value, written = table.get(problem.key), ""
    if isinstance(value, int | float):
        written = f" = {value!r}"
    elif isinstance(value, str) and problem.key in ("over", "hold"):
        written = f' = "{clean(value, 40)}"'
    return f"{place_of(problem.path, problem.key)}{written} {problem.code.worded(problem.data)}."


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
