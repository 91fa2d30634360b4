"""Write a changed recipe into the text of its file, so that comments and layout stay.

A comment beside a value, directly below a step's last value, or above a step belongs to that step: it moves
and goes with it. Above a deleted step, comments that an empty line sets apart stay.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Item, Null, Table

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.model import Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath
from xovac_tui.recipes.writer import head_values, limits_values, step_values, write_recipe

_BETWEEN = re.compile(r"(?:[\s,]|#[^\n]*)*")
"""What may be between two items of a list in brackets."""


def rewritten(text: str, before: Recipe, recipe: Recipe) -> str:
    """Return the text of a recipe's file, which held `before`, with `recipe` in it.

    What is equal keeps its spelling, place and comments. Steps are recognised as the same objects, else as
    equal ones, else by their place. A file that the TOML library reads otherwise is written anew, without its
    comments. RecipeError where the recipe has no meaning.
    """
    anew = write_recipe(recipe)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        revised = _revised(plain if plain.endswith("\n") else plain + "\n", before, recipe)
        if parse_recipe(revised, "it") != parse_recipe(anew, "it"):
            revised = anew
    except (RecipeError, TOMLKitError, ValueError):
        revised = anew
    if "\r\n" in text:
        revised = revised.replace("\n", "\r\n")
    return "\ufeff" + revised if text.startswith("\ufeff") else revised


@dataclass(slots=True)
class _TextLine:
    """A value with its key and the comment beside it; comments and empty lines have no key."""

    key: str
    head: str
    item: Item
    tail: str

    def text(self) -> str:
        return self.head + self.item.as_string() + self.tail


@dataclass(slots=True, eq=False)
class _TextBlock:
    """A table of the file: the head of the recipe, its limits, or a step."""

    step: Step | None = None
    above: str = "\n"
    """Empty lines and comments above its header."""
    indent: str = ""
    beside: str = "\n"
    """What follows the brackets of its header."""
    lines: list[_TextLine] = field(default_factory=list)
    inline: InlineTable | None = None
    """The table where it is an item of a list in brackets."""
    listed: bool = False
    """True where its own steps are in such a list."""
    steps: list[_TextBlock] = field(default_factory=list)

    def walk(self) -> Iterator[_TextBlock]:
        """Yield the steps inside, of all levels, in the order of the file."""
        for block in self.steps:
            yield block
            yield from block.walk()

    def text(self, header: str, path: str = "steps") -> str:
        """Return the table as it is in the file; `path` is that of the steps inside."""
        own = f"{self.above}{self.indent}{header}{self.beside}" if header else ""
        inner = () if self.listed else (block.text(f"[[{path}]]", f"{path}.steps") for block in self.steps)
        return "".join((own, *(line.text() for line in self.lines), *inner))


@dataclass(slots=True)
class _File:
    """A recipe's file in blocks."""

    head: _TextBlock
    """Its steps are those of the recipe."""
    limits: _TextBlock | None = None
    limits_last: bool = False
    """True where their table follows the steps."""
    rest: str = ""
    """What follows the last block."""


def _revised(text: str, before: Recipe, recipe: Recipe) -> str:
    file = _read(text, before, opened=False)
    matched = _matched(file.head, recipe.steps)
    if any(block.listed for block in (file.head, *file.head.walk())) and not _in_place(
        file.head, recipe.steps, matched
    ):
        file = _read(text, before, opened=True)
        matched = _matched(file.head, recipe.steps)
    kept, apart = {id(block) for block in matched.values()}, ""
    for block in file.head.walk():
        if id(block) in kept:
            block.above, apart = apart + block.above, ""
        elif "#" in (loose := block.above[: block.above.rfind("\n\n") + 1]):
            apart += loose
    _revise_head(file, before, recipe)
    file.head.steps = [_arranged(step, (number,), matched) for number, step in enumerate(recipe.steps)]
    limits = file.limits.text("[limits]") if file.limits else ""
    if file.limits_last:
        return file.head.text("") + apart + limits + file.rest
    steps = _TextBlock(steps=file.head.steps, listed=file.head.listed)
    return _TextBlock(lines=file.head.lines).text("") + limits + steps.text("") + apart + file.rest


# -- reading ------------------------------------------------------------------------------------------


def _read(text: str, recipe: Recipe, *, opened: bool) -> _File:
    """Return a recipe's file in blocks; `opened`: steps of lists in brackets become tables with headers."""
    body = tomlkit.parse(text).body
    file = _File(_block(body, Repeat(1, recipe.steps), opened))
    for key, item in body:
        if key is not None and isinstance(item, Table) and not key.is_dotted():
            file.limits = _headed(item, None, opened)
            file.limits_last = any(isinstance(one, AoT) for _, one in body[: body.index((key, item))])
    blocks = [file.head, *(block for block in file.head.walk() if block.inline is None)]
    if file.limits:
        blocks.insert(len(blocks) if file.limits_last else 1, file.limits)
    for block, following in pairwise(blocks):
        following.above = _cut(block) + following.above
    file.rest = _cut(blocks[-1])
    return file


def _block(body: list[tuple[Any, Item]], step: Step | None, opened: bool) -> _TextBlock:
    """Return what is in a table, `step` if it is one."""
    block = _TextBlock(step)
    inside = step.steps if isinstance(step, Repeat) else ()
    for key, item in body:
        if isinstance(item, AoT):
            block.steps = [_headed(table, one, opened) for table, one in zip(item.body, inside, strict=True)]
        elif isinstance(item, Array) and opened:
            block.steps = _opened(item, inside)
        elif isinstance(item, Table):
            if key.is_dotted():
                block.lines += [_line(inner, one, f"{key.as_string()}.") for inner, one in item.value.body]
        elif not isinstance(item, Null):
            block.lines.append(_line(key, item))
            if isinstance(item, Array):
                block.listed = True
                block.steps = _items(item, inside)
    return block


def _headed(table: Table, step: Step | None, opened: bool) -> _TextBlock:
    block, trivia = _block(table.value.body, step, opened), table.trivia
    block.above, block.indent = "", trivia.indent
    block.beside = trivia.comment_ws + trivia.comment + trivia.trail
    return block


def _line(key: Any, item: Item, prefix: str = "") -> _TextLine:
    if key is None:
        return _TextLine("", "", item, "")
    trivia = item.trivia
    head = f"{trivia.indent}{prefix}{key.as_string()}{key.sep}"
    return _TextLine(prefix + key.key, head, item, trivia.comment_ws + trivia.comment + trivia.trail)


def _items(array: Array, steps: tuple[Step, ...]) -> list[_TextBlock]:
    """Return the steps of a list in brackets, to be changed in their places."""
    blocks = []
    for table, step in zip(array, steps, strict=True):
        inner = _items(table["steps"], step.steps) if isinstance(step, Repeat) else []
        blocks.append(_TextBlock(step, inline=table, listed=True, steps=inner))
    return blocks


def _opened(array: Array, steps: tuple[Step, ...]) -> list[_TextBlock]:
    """Return the steps of a list in brackets as tables with headers, with the comments between them."""
    text, at, blocks = array.as_string(), 1, [_TextBlock()]
    for table, step in zip(array, steps, strict=True):
        gap = _gap(text, at)
        block = _block([], step, opened=True)
        block.above = "\n" + _comments(gap, blocks[-1])
        for key, item in table.value.body:
            if isinstance(item, Array):
                block.steps = _opened(item, step.steps if isinstance(step, Repeat) else ())
            elif key is not None:
                block.lines.append(_TextLine(key.key, f"{key.key} = ", item, "\n"))
        blocks.append(block)
        at += len(gap) + len(table.as_string())
    if below := _comments(_gap(text, at), blocks[-1]) + _own_line(array.trivia.comment):
        blocks[-1].lines.append(_TextLine("", below, Null(), ""))
    return blocks[1:]


def _gap(text: str, at: int) -> str:
    """Return what is between two items of a list from a position on."""
    found = _BETWEEN.match(text, at)
    return found[0] if found else ""


def _comments(gap: str, before: _TextBlock) -> str:
    """Return the comments of a gap in lines of their own; the step before takes the one in its line."""
    first, *rest = (line.strip(" \t,") for line in gap.split("\n"))
    before.beside = f"  {first}\n" if first else "\n"
    return "".join(map(_own_line, rest))


def _own_line(comment: str) -> str:
    return f"{comment}\n" if comment else ""


def _cut(block: _TextBlock) -> str:
    """Take off what follows the last value of a table, but the comments directly below that."""
    number = len(block.lines)
    while number and not block.lines[number - 1].key:
        number -= 1
    loose = "".join(line.text() for line in block.lines[number:])
    del block.lines[number:]
    own, empty, rest = loose.partition("\n\n") if not loose.startswith("\n") else ("", "", loose)
    if not empty:
        return loose
    block.lines.append(_TextLine("", own + "\n", Null(), ""))
    return "\n" + rest


# -- recognising --------------------------------------------------------------------------------------


def _matched(root: _TextBlock, steps: tuple[Step, ...]) -> dict[StepPath, _TextBlock]:
    """Return which block of the file each step is, by the step's path; a new step is none."""
    new = dict(_paths(steps, ()))
    free = dict.fromkeys(root.walk())
    matched: dict[StepPath, _TextBlock] = {}

    def take(path: StepPath, block: _TextBlock) -> None:
        matched[path] = block
        del free[block]

    keys: tuple[Callable[[Step | None], object], ...] = (id, lambda step: step)
    for key in keys:
        known: dict[object, deque[_TextBlock]] = defaultdict(deque)
        for block in free:
            known[key(block.step)].append(block)
        for path, step in new.items():
            if path not in matched and known[key(step)]:
                take(path, known[key(step)].popleft())
    _match_places(root, steps, (), matched, free, take)
    for path, step in new.items():
        if path not in matched and (alike := next((one for one in free if _alike(one.step, step)), None)):
            take(path, alike)
    return matched


def _paths(steps: tuple[Step, ...], inside: StepPath) -> Iterator[tuple[StepPath, Step]]:
    for number, step in enumerate(steps):
        yield (*inside, number), step
        if isinstance(step, Repeat):
            yield from _paths(step.steps, (*inside, number))


def _match_places(
    level: _TextBlock,
    steps: tuple[Step, ...],
    inside: StepPath,
    matched: Mapping[StepPath, _TextBlock],
    free: Mapping[_TextBlock, None],
    take: Callable[[StepPath, _TextBlock], None],
) -> None:
    """Match changed steps with those of their kind that were between the same neighbours."""
    places = {block: number for number, block in enumerate(level.steps)}
    known = [
        places.get(matched[path]) if (path := (*inside, n)) in matched else None for n in range(len(steps))
    ]
    low = 0
    for number, step in enumerate(steps):
        path = (*inside, number)
        if path not in matched:
            high = next((place for place in known[number + 1 :] if place is not None), len(level.steps))
            gap = [one for one in level.steps[low:high] if one in free and type(one.step) is type(step)]
            if gap:
                take(path, next((one for one in gap if _alike(one.step, step)), gap[0]))
        if path in matched:
            low = places.get(matched[path], low - 1) + 1
            if isinstance(step, Repeat):
                _match_places(matched[path], step.steps, path, matched, free, take)


def _alike(one: Step | None, other: Step) -> bool:
    """Return whether two steps are of one kind and have a value in common."""
    if type(one) is not type(other):
        return False
    pairs = ((getattr(one, name), getattr(other, name)) for name in other.__struct_fields__)
    return any(value == same and value not in (None, "") for value, same in pairs)


def _in_place(
    level: _TextBlock, steps: tuple[Step, ...], matched: Mapping[StepPath, _TextBlock], inside: StepPath = ()
) -> bool:
    """Return whether steps are those of the file in the same order, but for their values."""
    return len(level.steps) == len(steps) and all(
        matched.get((*inside, number)) is block
        and _in_place(block, getattr(step, "steps", ()), matched, (*inside, number))
        for number, (block, step) in enumerate(zip(level.steps, steps, strict=True))
    )


# -- changing -----------------------------------------------------------------------------------------


def _arranged(step: Step, path: StepPath, matched: Mapping[StepPath, _TextBlock]) -> _TextBlock:
    """Return the block of a step with its values, and with the steps inside."""
    block = matched.get(path) or _TextBlock()
    _revise(block, step_values(block.step) if block.step else {}, step_values(step))
    if isinstance(step, Repeat):
        block.steps = [_arranged(one, (*path, number), matched) for number, one in enumerate(step.steps)]
    return block


def _revise_head(file: _File, before: Recipe, recipe: Recipe) -> None:
    """Change the values above the steps; limits also where they are a table with a header, or dotted keys."""
    old, new = head_values(before), head_values(recipe)
    if file.limits and recipe.limits:
        _revise(file.limits, limits_values(before), limits_values(recipe))
    if file.limits:
        file.limits = file.limits if recipe.limits else None
        old["limits"] = new["limits"] = ""
    elif any(line.key == "limits.min" for line in file.head.lines):
        for values, which in ((old, before), (new, recipe)):
            values.pop("limits", None)
            values |= {f"limits.{key}": value for key, value in limits_values(which).items()}
    _revise(file.head, old, new)


def _revise(block: _TextBlock, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Change the values of a table that differ; `new` is in the order in which its keys are written."""
    differing = {key: value for key, value in new.items() if old.get(key) != value}
    removed = [key for key in old if key not in new]
    if block.inline is not None:
        for key in removed:
            block.inline.remove(key)
        for key, value in differing.items():
            block.inline[key] = tomlkit.value(value)
        return
    for line in block.lines:
        instead = {"rate": "over", "over": "rate"}.get(line.key, "")
        if line.key in removed and instead in differing:
            line.head, line.key = line.head.replace(line.key, instead, 1), instead
    block.lines = [line for line in block.lines if line.key not in removed]
    for key, value in differing.items():
        _set(block, key, value, list(new))


def _set(block: _TextBlock, key: str, value: str, order: list[str]) -> None:
    """Set one value, in its line or in a new one below those that are written before it."""
    item = tomlkit.value(value)
    before, at = order[: order.index(key)], 0
    for number, line in enumerate(block.lines):
        if line.key == key:
            line.item = item
            return
        if line.key in before:
            at = number + 1
    indent = next((line.item.trivia.indent for line in block.lines if line.key), "")
    block.lines.insert(at, _TextLine(key, f"{indent}{key} = ", item, "\n"))
