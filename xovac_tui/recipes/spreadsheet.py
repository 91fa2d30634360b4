"""The steps of a recipe as a CSV file, for people with a spreadsheet; both ways.

One line a step: `ramp`, `hold`, and `repeat` ... `end` around what is repeated. Only the steps are in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

from xovac_tui.digits import spell_number
from xovac_tui.durations import parse_duration, spell_exactly
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.quantities import parse_rate, parse_temperature
from xovac_tui.recipes import bounds
from xovac_tui.recipes.files import MAX_BYTES
from xovac_tui.recipes.findings import Flaw
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.text import clean

COLUMNS = ("kind", "to_degC", "rate_K_per_min", "over", "hold", "repeat", "note")
LEFT_OUT = "A CSV file has the steps only: description, limits and other conditions are not in it."

_HEADINGS = {
    **{column.casefold(): column for column in COLUMNS},
    "to": "to_degC",
    "rate": "rate_K_per_min",
    "times": "repeat",
}
_KINDS = {"ramp": "to_degC", "hold": "hold", "repeat": "repeat", "end": ""}
_ALLOWED = {
    "ramp": ("to_degC", "rate_K_per_min", "over"),
    "hold": ("hold",),
    "repeat": ("repeat",),
    "end": (),
}
_VALUES = ("to_degC", "rate_K_per_min", "over", "hold", "repeat")
# A spreadsheet runs text that begins like this as a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_MOST_SHOWN = 10


def to_csv(recipe: Recipe) -> str:
    """Return the steps as CSV with commas; text that a spreadsheet would run begins with an apostrophe."""
    if problems := bounds.recipe_problems(recipe):
        raise RecipeError(*(problem.sentence for problem in problems))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_lines(recipe.steps))
    written = text.getvalue()
    # Spreadsheets take a file without this mark for their country's old code page.
    return written if written.isascii() else "\ufeff" + written


def from_csv(data: bytes, source: str, name: str) -> tuple[Recipe, tuple[str, ...]]:
    """Return a recipe of this name from a CSV file, and notes on what was not taken as it is.

    RecipeError names every line that is wrong and what would be right; `source` names the file in them.
    """
    reader = _Sheet(source)
    steps = reader.steps(data)
    recipe = Recipe(name.strip(), steps)
    if problems := bounds.recipe_problems(recipe):
        raise RecipeError(*(f"{reader.source}: {problem.sentence}" for problem in problems))
    return recipe, tuple(reader.notes)


def escape_formula(text: str) -> str:
    """Return text for a cell that no spreadsheet runs as a formula; `unescape_formula` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Return the text that `escape_formula` escaped."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _lines(steps: tuple[Step, ...]) -> Iterator[dict[str, str]]:
    for step in steps:
        note = {"note": escape_formula(step.note)}
        if isinstance(step, Ramp):
            yield {
                "kind": "ramp",
                "to_degC": spell_number(step.to),
                "rate_K_per_min": "" if step.rate is None else spell_number(step.rate),
                "over": "" if step.over is None else spell_exactly(step.over),
                **note,
            }
        elif isinstance(step, Hold):
            yield {"kind": "hold", "hold": spell_exactly(step.duration), **note}
        else:
            yield {"kind": "repeat", "repeat": str(step.count), **note}
            yield from _lines(step.steps)
            yield {"kind": "end"}


class _Open:
    """A repeat whose end was not read yet."""

    def __init__(self, line: int, count: int, note: str) -> None:
        self.line, self.count, self.note = line, count, note
        self.steps: list[Step] = []


class _Sheet:
    """Reads one CSV file and collects everything that is wrong, so that all can be corrected at once."""

    def __init__(self, source: str) -> None:
        self.source = clean(source, 400)
        self.notes: list[str] = []
        self._problems: list[str] = []
        self._comma = False
        """Decimals may be written with a comma."""

    def steps(self, data: bytes) -> tuple[Step, ...]:
        open_: list[_Open] = [_Open(0, 1, "")]
        for line, cells in self._rows(self._text(data)):
            kind = self._kind(line, cells)
            if kind == "end":
                if len(open_) == 1:
                    self._say(line, 'is an "end" without a "repeat" before it')
                    continue
                done = open_.pop()
                if not done.steps:
                    self._say(done.line, 'is a "repeat" without steps before its "end"')
                open_[-1].steps.append(Repeat(done.count, tuple(done.steps), done.note))
            elif kind == "repeat":
                open_.append(_Open(line, self._count(line, cells), self._note(line, cells)))
            elif kind:
                open_[-1].steps.append(self._step(line, kind, cells))
        for left in open_[1:]:
            self._say(left.line, 'is a "repeat" without an "end" after its steps')
        if not self._problems and not open_[0].steps:
            self._problems.append(f"{self.source}: there is no step in it.")
        if self._problems:
            raise RecipeError(*self._report())
        return tuple(open_[0].steps)

    def _report(self) -> list[str]:
        shown = self._problems[:_MOST_SHOWN]
        if (rest := len(self._problems) - len(shown)) > 0:
            shown.append(f"{self.source}: {counted(rest, 'more problem')} like these.")
        return shown

    def _say(self, line: int, problem: str, end: str = ".") -> None:
        self._problems.append(f"{self.source}, line {line} {problem}{end}")

    def _text(self, data: bytes) -> str:
        if len(data) > MAX_BYTES:
            raise RecipeError(f"{self.source} is larger than {MAX_BYTES:,} bytes: that is not a recipe.")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16", errors="replace")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.notes.append("The file is not UTF-8; it was read as Windows-1252, so check the notes.")
            return data.decode("cp1252", errors="replace")

    def _rows(self, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (number of the line, its cells by column) of all lines that say something."""
        lines = list(io.StringIO(text, newline=""))
        # Some spreadsheets write their separator into a line of its own.
        first = 1 if lines and re.fullmatch(r'"?sep=.+', lines[0].strip(), re.IGNORECASE) else 0
        heading = next((line for line in lines[first:] if line.strip()), "")
        separator = next((sign for sign in ";\t" if sign in heading), ",")
        self._comma = separator != ","
        reader = csv.reader(lines[first:], delimiter=separator, strict=True)
        columns: list[str | None] | None = None
        begin = first + 1
        try:
            for cells in reader:
                line, begin = begin, first + reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if columns is None:
                    columns = self._columns(line, cells)
                else:
                    yield line, self._cells(columns, cells)
        except csv.Error as error:
            self._say(begin, f"cannot be read as CSV: {clean(str(error), 80)}")
        if columns is None and not self._problems:
            raise RecipeError(f"{self.source} is empty: the first line names the columns {_column_names()}.")

    def _columns(self, line: int, cells: list[str]) -> list[str | None]:
        columns = [_HEADINGS.get(cell.strip().casefold()) for cell in cells]
        known = [column for column in columns if column]
        if not {"kind", "to_degC", "hold"} & set(known):
            raise RecipeError(
                f"{self.source}, line {line} names no column of a recipe: it must name {_column_names()}."
            )
        for column in COLUMNS:
            if known.count(column) > 1:
                raise RecipeError(f"{self.source}, line {line} names the column {column} twice: keep one.")
        extra = [
            clean(cell.strip(), 40)
            for cell, column in zip(cells, columns, strict=True)
            if column is None and cell.strip()
        ]
        if extra:
            self.notes.append(f"Columns that mean nothing here were left out: {', '.join(extra[:10])}.")
        return columns

    @staticmethod
    def _cells(columns: list[str | None], cells: list[str]) -> dict[str, str]:
        found = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        return {column: cell if column == "note" else cell.strip() for column, cell in found.items()}

    def _kind(self, line: int, cells: dict[str, str]) -> str:
        """Return what a line is, by its first column or by what else is in it; empty after a complaint."""
        kind = cells.get("kind", "").casefold()
        if not kind:
            given = [kind for kind, column in _KINDS.items() if column and cells.get(column)]
            if len(given) == 1:
                kind = given[0]
            elif given:
                self._say(line, f"says {' and '.join(given)} at once: write each in a line of its own")
                return ""
            elif any(cells.get(column) for column in _VALUES):
                self._say(line, 'says how fast, but not where to: fill in "to_degC"')
                return ""
            else:
                self.notes.append(f"Line {line} says nothing to do and was left out.")
                return ""
        if kind not in _KINDS:
            self._say(line, f'has the kind "{clean(kind, 24)}": it must be ramp, hold, repeat or end')
            return ""
        for column in _VALUES:
            if cells.get(column) and column not in _ALLOWED[kind]:
                self._say(line, f'is a "{kind}", in which "{column}" means nothing: empty that cell')
        return kind

    def _step(self, line: int, kind: str, cells: dict[str, str]) -> Step:
        note = self._note(line, cells)
        if kind == "hold":
            return Hold(self._duration(line, cells, "hold", required=True) or 0.0, note)
        to = self._value(line, cells, "to_degC", parse_temperature, bounds.temperature_problem, required=True)
        rate = self._value(line, cells, "rate_K_per_min", parse_rate, bounds.rate_problem)
        over = self._duration(line, cells, "over")
        if cells.get("rate_K_per_min") and cells.get("over"):
            self._say(line, 'has both a rate and "over": keep the one that matters')
        return Ramp(to or 0.0, rate, over, note)

    def _duration(
        self, line: int, cells: dict[str, str], column: str, required: bool = False
    ) -> float | None:
        return self._value(line, cells, column, parse_duration, bounds.duration_problem, required=required)

    def _value(
        self,
        line: int,
        cells: dict[str, str],
        column: str,
        parse: Callable[[str], float],
        problem_of: Callable[[float], Flaw | None],
        required: bool = False,
    ) -> float | None:
        cell = unescape_formula(cells.get(column, ""))
        if not cell:
            if required:
                self._say(line, f'has no "{column}"')
            return None
        text = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", cell) if self._comma else cell
        try:
            value = parse(text)
        except RecipeError as error:
            self._say(line, f"has a {column} that cannot be read: {error}", end="")
            return None
        if problem := problem_of(value):
            self._say(line, f'has the {column} "{clean(cell, 24)}", which {problem}')
        return value

    def _count(self, line: int, cells: dict[str, str]) -> int:
        cell = cells.get("repeat", "")
        if not re.fullmatch(r"[0-9]{1,9}", cell):
            found = f'the repeat "{clean(cell, 24)}"' if cell else 'no "repeat"'
            self._say(line, f"has {found}: say a whole number of rounds, like 4")
            return 1
        if problem := bounds.count_problem(int(cell)):
            self._say(line, f'has the repeat "{cell}", which {problem}')
        return int(cell)

    def _note(self, line: int, cells: dict[str, str]) -> str:
        note = unescape_formula(cells.get("note", "")).replace("\r\n", "\n").replace("\r", "\n")
        if problem := bounds.text_problem(note, bounds.MAX_NOTE):
            self._say(line, f"has a note that {problem}")
        return note


def _column_names() -> str:
    return ", ".join(COLUMNS)
