"""A recipe while it is edited: every change makes a new draft, and can be undone and redone."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from xovac_tui.durations import spell_duration
from xovac_tui.quantities import format_rate, format_temperature
from xovac_tui.recipes import bounds
from xovac_tui.recipes.findings import Finding
from xovac_tui.recipes.model import Hold, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath

HISTORY = 200
"""Changes that can be undone."""


class DraftRow(msgspec.Struct, frozen=True):
    """One step as a line of a table."""

    path: StepPath
    depth: int
    """Repeats around it."""
    step: Step
    label: str
    """What it does: "ramp to 60 °C at 1.5 K/min", "hold 3h", "repeat 4 times"."""


class Change(msgspec.Struct, frozen=True):
    """A change that can be taken back, or done again."""

    recipe: Recipe
    """As it was before the change; of one that was taken back, as it was after it."""
    before: StepPath
    """The step that was changed."""
    after: StepPath
    """The step that was chosen then."""
    label: str
    """What the change did: "delete", "move up"."""


class Draft(msgspec.Struct, frozen=True):
    """A recipe in work. It may be unsound: without a name, or without steps.

    Every operation returns a new draft, or the very same one where there is nothing to change.
    """

    recipe: Recipe
    chosen: StepPath = ()
    """The step to be chosen in a table after the last operation."""
    saved: Recipe | None = None
    """As it is in its file; None: in none yet."""
    past: tuple[Change, ...] = ()
    future: tuple[Change, ...] = ()

    @property
    def dirty(self) -> bool:
        """True where it is not as it is in its file."""
        return self.recipe != self.saved

    @property
    def undoes(self) -> str:
        """What `undo` would take back, or an empty text."""
        return self.past[-1].label if self.past else ""

    @property
    def redoes(self) -> str:
        """What `redo` would do again, or an empty text."""
        return self.future[-1].label if self.future else ""

    def problems(self) -> list[Finding]:
        """Return everything that keeps it from being saved."""
        return bounds.recipe_problems(self.recipe)

    def rows(self) -> tuple[DraftRow, ...]:
        """Return all steps in the order of the file, those of a repeat under it."""
        return tuple(_rows(self.recipe.steps, ()))

    def step(self, path: StepPath) -> Step | None:
        """Return the step with this path, or None."""
        return step_at(self.recipe.steps, path)

    def choose(self, path: StepPath) -> Draft:
        """Return it with another step chosen; that is no change."""
        return msgspec.structs.replace(self, chosen=path)

    def undo(self) -> Draft:
        """Take the last change back."""
        if not self.past:
            return self
        last = self.past[-1]
        undone = msgspec.structs.replace(last, recipe=self.recipe)
        return Draft(last.recipe, last.before, self.saved, self.past[:-1], (*self.future, undone))

    def redo(self) -> Draft:
        """Do again what was taken back last."""
        if not self.future:
            return self
        last = self.future[-1]
        done = msgspec.structs.replace(last, recipe=self.recipe)
        return Draft(last.recipe, last.after, self.saved, (*self.past, done), self.future[:-1])

    def change_head(self, **values: Any) -> Draft:
        """Set fields of the recipe by their names (`name`, `limits`, `tolerance` ...)."""
        # A reader of files takes white space off the ends, too.
        plain = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
        changed = msgspec.structs.replace(self.recipe, **plain)
        return self._changed(changed, self.chosen, self.chosen, f"change {', '.join(values)}")

    def exchange(self, recipe: Recipe, label: str = "exchange all") -> Draft:
        """Put another recipe in place of all of it, say one that was edited elsewhere."""
        rows = tuple(_rows(recipe.steps, ()))
        kept = step_at(recipe.steps, self.chosen) is not None
        after = self.chosen if kept else rows[0].path if rows else ()
        return self._changed(recipe, self.chosen, after, label)

    def insert_before(self, path: StepPath, step: Step) -> Draft:
        """Insert a step before another; with () as the first of all."""
        if path and self.step(path) is None:
            return self
        at = path or (0,)
        return self._with_steps(path, at, _spliced(self.recipe.steps, at, 0, (step,)), "insert")

    def insert_after(self, path: StepPath, step: Step) -> Draft:
        """Insert a step after another (after the whole of a repeat); with () as the last of all."""
        if path and self.step(path) is None:
            return self
        at = (*path[:-1], path[-1] + 1) if path else (len(self.recipe.steps),)
        return self._with_steps(path, at, _spliced(self.recipe.steps, at, 0, (step,)), "insert")

    def insert_inside(self, path: StepPath, step: Step) -> Draft:
        """Insert a step as the first in a repeat."""
        if not isinstance(self.step(path), Repeat):
            return self
        at = (*path, 0)
        return self._with_steps(path, at, _spliced(self.recipe.steps, at, 0, (step,)), "insert")

    def replace(self, path: StepPath, step: Step) -> Draft:
        """Put another step in place of one."""
        if self.step(path) is None:
            return self
        return self._with_steps(path, path, _spliced(self.recipe.steps, path, 1, (step,)), "change step")

    def delete(self, path: StepPath) -> Draft:
        """Delete a step, a repeat with all that is in it; the next one is chosen, else the one before."""
        if self.step(path) is None:
            return self
        steps = _spliced(self.recipe.steps, path, 1, ())
        before = (*path[:-1], path[-1] - 1) if path[-1] else path[:-1]
        after = path if step_at(steps, path) is not None else before
        return self._with_steps(path, after, steps, "delete")

    def duplicate(self, path: StepPath) -> Draft:
        """Insert a copy of a step after it, and choose the copy."""
        step = self.step(path)
        if step is None:
            return self
        after = (*path[:-1], path[-1] + 1)
        # Steps are recognised in their file as the same objects.
        copied = copy.deepcopy(step)
        return self._with_steps(path, after, _spliced(self.recipe.steps, after, 0, (copied,)), "duplicate")

    def move_up(self, path: StepPath) -> Draft:
        """Move a step one line up: past its neighbour, into the end of a repeat, or out of one at its top."""
        step = self.step(path)
        if step is None or path == (0,):
            return self
        if path[-1] == 0:
            to = path[:-1]
        else:
            to = (*path[:-1], path[-1] - 1)
            above = self.step(to)
            if isinstance(above, Repeat) and _fits(step, to):
                to = (*to, len(above.steps))
        steps = _spliced(_spliced(self.recipe.steps, path, 1, ()), to, 0, (step,))
        return self._with_steps(path, to, steps, "move up")

    def move_down(self, path: StepPath) -> Draft:
        """Move a step one line down: past its neighbour, into the top of a repeat, or out at its end."""
        step = self.step(path)
        if step is None:
            return self
        below = (*path[:-1], path[-1] + 1)
        neighbour = self.step(below)
        if neighbour is None:
            if len(path) == 1:
                return self
            to = (*path[:-2], path[-2] + 1)
        elif isinstance(neighbour, Repeat) and _fits(step, below):
            to = (*path, 0)  # the repeat moves up by one when the step leaves its place
        else:
            to = below
        steps = _spliced(_spliced(self.recipe.steps, path, 1, ()), to, 0, (step,))
        return self._with_steps(path, to, steps, "move down")

    def wrap(self, first: StepPath, last: StepPath | None = None, count: int = 2) -> Draft:
        """Put the steps from one to another into a repeat, and choose that.

        Steps in different repeats are wrapped together with the repeats around them.
        """
        low, high = sorted((first, first if last is None else last))
        if self.step(low) is None or self.step(high) is None:
            return self
        shared = 0
        while shared < min(len(low), len(high)) - 1 and low[shared] == high[shared]:
            shared += 1
        at, many = low[: shared + 1], high[shared] - low[shared] + 1
        siblings = _siblings(self.recipe.steps, at)[at[-1] : at[-1] + many]
        repeat = Repeat(count, siblings)
        return self._with_steps(first, at, _spliced(self.recipe.steps, at, many, (repeat,)), "repeat steps")

    def unwrap(self, path: StepPath) -> Draft:
        """Put the steps of a repeat, or of the one around a step, in its place, so that they happen once."""
        at = path if isinstance(self.step(path), Repeat) else path[:-1]
        repeat = self.step(at)
        if self.step(path) is None or not isinstance(repeat, Repeat):
            return self
        steps = _spliced(self.recipe.steps, at, 1, repeat.steps)
        after = at if at == path else (*at[:-1], at[-1] + path[-1])
        if step_at(steps, after) is None:  # the repeat was empty
            after = (*after[:-1], after[-1] - 1) if after[-1] else after[:-1]
        return self._with_steps(path, after, steps, "take out of the repeat")

    def _with_steps(self, before: StepPath, after: StepPath, steps: tuple[Step, ...], label: str) -> Draft:
        return self._changed(msgspec.structs.replace(self.recipe, steps=steps), before, after, label)

    def _changed(self, recipe: Recipe, before: StepPath, after: StepPath, label: str) -> Draft:
        """Return the draft after a change at the step `before`, which undoing chooses again."""
        if recipe == self.recipe:
            return self
        past = (*self.past, Change(self.recipe, before, after, label))[-HISTORY:]
        return Draft(recipe, after, self.saved, past)


def step_at(steps: tuple[Step, ...], path: StepPath) -> Step | None:
    """Return the step with this path, or None."""
    found: Step | None = None
    inside: tuple[Step, ...] = steps
    for number in path:
        if not 0 <= number < len(inside):
            return None
        found = inside[number]
        inside = found.steps if isinstance(found, Repeat) else ()
    return found


def step_label(step: Step) -> str:
    """Return what a step does, in words: "ramp to 60 °C at 1.5 K/min", "hold 3h", "repeat 4 times"."""
    if isinstance(step, Repeat):
        return f"repeat {step.count} times" if step.count != 1 else "repeat once"
    if isinstance(step, Hold):
        return f"hold {spell_duration(step.duration)}"
    target = f"ramp to {format_temperature(step.to)}"
    if step.rate is not None:
        return f"{target} at {format_rate(step.rate)}"
    return f"{target} in {spell_duration(step.over)}" if step.over is not None else target


def _rows(steps: tuple[Step, ...], inside: StepPath) -> list[DraftRow]:
    rows = []
    for number, step in enumerate(steps):
        path = (*inside, number)
        rows.append(DraftRow(path, len(inside), step, step_label(step)))
        if isinstance(step, Repeat):
            rows += _rows(step.steps, path)
    return rows


def _siblings(steps: tuple[Step, ...], path: StepPath) -> tuple[Step, ...]:
    """Return the steps on the level of a path."""
    parent = step_at(steps, path[:-1])
    return parent.steps if isinstance(parent, Repeat) else steps


def _spliced(steps: tuple[Step, ...], path: StepPath, many: int, put: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return steps in which some, from a path on, are exchanged for others."""
    number, rest = path[0], path[1:]
    if not rest:
        return (*steps[:number], *put, *steps[number + many :])
    repeat = steps[number]
    assert isinstance(repeat, Repeat)
    inner = msgspec.structs.replace(repeat, steps=_spliced(repeat.steps, rest, many, put))
    return (*steps[:number], inner, *steps[number + 1 :])


def _fits(step: Step, repeat: StepPath) -> bool:
    """Return whether a step may be put into the repeat at a path: repeats nest only so deep."""
    return len(repeat) + _height(step) <= bounds.MAX_DEPTH


def _height(step: Step) -> int:
    return 1 + max(map(_height, step.steps), default=0) if isinstance(step, Repeat) else 0
