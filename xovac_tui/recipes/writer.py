"""From a recipe to the text of its file, as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from xovac_tui.digits import spell_number
from xovac_tui.durations import spell_exactly
from xovac_tui.errors import RecipeError
from xovac_tui.recipes import bounds
from xovac_tui.recipes.model import Ramp, Recipe, Repeat, Step

_FOLD_AT = 1_000
"""Characters of a text in one line; well below what a file may have, as each may take two when escaped."""


def write_recipe(recipe: Recipe) -> str:
    """Return the text of a recipe's file as a person would write it.

    Reading it gives the same recipe again. RecipeError with every reason why a recipe has no meaning.
    """
    if problems := bounds.recipe_problems(recipe):
        raise RecipeError(*(problem.sentence for problem in problems))
    head = (f"{key} = {value}" for key, value in head_values(recipe).items())
    return "\n".join([*head, *_steps(recipe.steps, "steps")]) + "\n"


def head_values(recipe: Recipe) -> dict[str, str]:
    """Return what is written above the steps as TOML values by key, in order, without defaults."""
    return {
        field.name: _value(value)
        for field in msgspec.structs.fields(recipe)
        if field.name != "steps" and (value := getattr(recipe, field.name)) != field.default
    }


def limits_values(recipe: Recipe) -> dict[str, str]:
    """Return the limits of the part as TOML values by key; none where the recipe has no limits."""
    limits = recipe.limits
    return {"min": spell_number(limits.min), "max": spell_number(limits.max)} if limits else {}


def step_values(step: Step) -> dict[str, str]:
    """Return what is written of one step as TOML values by key, in order, without the steps inside."""
    if isinstance(step, Ramp):
        values = {"to": spell_number(step.to)}
        if step.rate is not None:
            values["rate"] = spell_number(step.rate)
        if step.over is not None:
            values["over"] = f'"{spell_exactly(step.over)}"'
    elif isinstance(step, Repeat):
        values = {"repeat": str(step.count)}
    else:
        values = {"hold": f'"{spell_exactly(step.duration)}"'}
    return values | ({"note": _quoted(step.note)} if step.note else {})


def _value(value: str | float | msgspec.Struct) -> str:
    if isinstance(value, str):
        text = value.strip()
        # The line break before the quotes would be the one character too many.
        return _quoted(text, own_line=len(text) < bounds.MAX_DESCRIPTION)
    if isinstance(value, msgspec.Struct):
        inner = (f"{key} = {_value(getattr(value, key))}" for key in value.__struct_fields__)
        return f"{{ {', '.join(inner)} }}"
    return spell_number(value)


def _steps(steps: tuple[Step, ...], path: str) -> Iterator[str]:
    for step in steps:
        yield f"\n[[{path}]]"
        yield from (f"{key} = {value}" for key, value in step_values(step).items())
        if isinstance(step, Repeat):
            yield from _steps(step.steps, f"{path}.steps")


def _quoted(text: str, own_line: bool = False) -> str:
    """Return a text as a TOML string; `own_line`: its reader takes white space off the end."""
    if "\n" in text or len(text) > _FOLD_AT:
        return _triple_quoted(text, own_line)
    if ("\\" in text or '"' in text) and "'" not in text:
        return f"'{text}'"  # nothing needs an escape there
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def _triple_quoted(text: str, own_line: bool) -> str:
    # Three quotes in a row, or one before those that end the string, would end it.
    escaped = re.sub(r'"{3,}|"+\Z', lambda run: len(run[0]) * '\\"', text.replace("\\", "\\\\"))
    body = "\n".join(_folded(line) for line in escaped.split("\n")) + ("\n" if own_line else "")
    return f'"""\n{body}"""'


def _folded(line: str) -> str:
    r"""Break a line that is too long for a file with `\`, after which TOML skips white space."""
    pieces = re.findall(rf"(?:\\.|.){{1,{_FOLD_AT}}}", line)
    first, rest = "".join(pieces[:1]), pieces[1:]
    return first + "".join(
        "\\\n" + (f"\\u{ord(piece[0]):04x}{piece[1:]}" if piece[0] in " \t" else piece) for piece in rest
    )
