"""From a recipe to the text of its file, as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from xovac_tui.digits import spell_number
from xovac_tui.durations import spell_exactly
from xovac_tui.errors import RecipeError
from xovac_tui.recipes import bounds
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.model import Ramp, Recipe, Repeat, Step

_FOLD_AT = 1_000
"""Characters of a text in one line; well below what a file may have, as each may take two when escaped."""
# A string, in which a # is no comment, or a comment.
_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|(#)", re.DOTALL
)
_NAME_LINE = re.compile(r"^name[ \t]*=[ \t]*(?:\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')", re.MULTILINE)


def write_recipe(recipe: Recipe, head: str = "") -> str:
    """Return the text of a recipe's file, `head` (comments, see `head_comment`) before it.

    Reading it gives the same recipe again. RecipeError with every reason why a recipe has no meaning.
    """
    if problems := bounds.recipe_problems(recipe):
        raise RecipeError(*(problem.sentence for problem in problems))
    lines = [*_head(recipe), *_steps(recipe.steps, "steps")]
    return head + "\n".join(lines) + "\n"


def head_comment(text: str) -> str:
    """Return the comment at the head of a file with the empty lines after it, or an empty text."""
    kept = []
    for line in _plain(text).split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        kept.append(line + "\n")
    head = "".join(kept)
    return head if "#" in head else ""


def has_inner_comments(text: str) -> bool:
    """Tell whether a recipe's text has comments that are lost when it is written anew: all but the head."""
    plain = _plain(text)
    rest = plain[len(head_comment(plain)) :]
    return any(found[1] for found in _COMMENT.finditer(rest))


def renamed_text(text: str, recipe: Recipe, name: str) -> str:
    """Return a file's text with another name of the recipe in it, and all its comments where possible."""
    renamed = msgspec.structs.replace(recipe, name=name.strip())
    plain = _plain(text)
    candidate = _NAME_LINE.sub(lambda _: f"name = {_quoted(renamed.name)}", plain, count=1)
    try:
        if parse_recipe(candidate, "it") == renamed:
            return candidate
    except RecipeError:
        pass
    return write_recipe(renamed, head_comment(plain))


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _head(recipe: Recipe) -> Iterator[str]:
    """Write all but the steps, each key in its line; what has its default is left out."""
    for field in msgspec.structs.fields(recipe):
        value = getattr(recipe, field.name)
        if field.name != "steps" and value != field.default:
            yield f"{field.name} = {_value(value)}"


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
        yield ""
        yield f"[[{path}]]"
        if isinstance(step, Ramp):
            yield f"to = {spell_number(step.to)}"
            if step.rate is not None:
                yield f"rate = {spell_number(step.rate)}"
            if step.over is not None:
                yield f'over = "{spell_exactly(step.over)}"'
        elif isinstance(step, Repeat):
            yield f"repeat = {step.count}"
        else:
            yield f'hold = "{spell_exactly(step.duration)}"'
        if step.note:
            yield f"note = {_quoted(step.note)}"
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
