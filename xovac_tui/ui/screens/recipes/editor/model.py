"""A recipe in the editor: draft, cursor, and target file. Pure."""

from __future__ import annotations

import msgspec

from xovac_tui.recipes.draft import Draft, DraftRow
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath
from xovac_tui.recipes.store import Opened
from xovac_tui.units import HOUR

_FIRST_TARGET = 20.0
"""Initial target of a first ramp, degC."""
_FIRST_HOLD = HOUR


class Editing(msgspec.Struct, frozen=True):
    """One recipe in the editor. Every operation returns a new object."""

    draft: Draft
    opened: Opened | None = None
    """The file to save to; None: a new one is made."""
    origin: Opened | None = None
    """The example that was copied."""
    mark: StepPath | None = None
    """One end of the steps that are to be repeated; the cursor is the other."""

    @classmethod
    def of_file(cls, opened: Opened) -> Editing:
        """Return the editing state of a recipe read from its file."""
        return cls(Draft(opened.recipe, saved=opened.recipe), opened)

    @classmethod
    def of_example(cls, opened: Opened) -> Editing:
        """Return the editing state of a copy of an example, which gets a file when it is saved."""
        return cls(Draft(opened.recipe, saved=opened.recipe), origin=opened)

    @classmethod
    def of_new(cls, recipe: Recipe) -> Editing:
        """Return the editing state of a recipe without a file."""
        return cls(Draft(recipe))

    @property
    def rows(self) -> tuple[DraftRow, ...]:
        """The steps as rows of the table."""
        return self.draft.rows()

    @property
    def at(self) -> int:
        """The line of the cursor: 0 is the recipe's head, 1 the first step."""
        paths = [row.path for row in self.rows]
        return paths.index(self.draft.chosen) + 1 if self.draft.chosen in paths else 0

    @property
    def path(self) -> StepPath:
        """The chosen step; () is the recipe's head."""
        return self.draft.chosen if self.at else ()

    @property
    def step(self) -> Step | None:
        """The chosen step; None for the head."""
        return self.draft.step(self.path) if self.path else None

    def changed(self, draft: Draft) -> Editing:
        """Return it with another draft; the mark is removed if steps have moved."""
        same = draft.recipe == self.draft.recipe
        return msgspec.structs.replace(self, draft=draft, mark=self.mark if same else None)

    def with_cursor_on(self, line: int) -> Editing:
        """Return it with the cursor on another line."""
        rows = self.rows
        path = rows[min(line, len(rows)) - 1].path if line > 0 and rows else ()
        return self.chose(path)

    def chose(self, path: StepPath) -> Editing:
        """Return it with the cursor on a step, or on the head if there is no such step."""
        return msgspec.structs.replace(self, draft=self.draft.choose(path))

    def inserted(self, kind: type[Step]) -> Editing:
        """Return it with a new step below the cursor, inside a repeat if the cursor is on its line."""
        new: dict[type[Step], Step] = {
            Ramp: Ramp(self._target()),
            Hold: Hold(_FIRST_HOLD),
            Repeat: Repeat(2, ()),
        }
        step, path = new[kind], self.path
        if not path:
            draft = self.draft.insert_before((), step)
        elif isinstance(self.step, Repeat):
            draft = self.draft.insert_inside(path, step)
        else:
            draft = self.draft.insert_after(path, step)
        return self.changed(draft)

    def marked(self) -> Editing:
        """Return it with the chosen step marked, or unmarked if it was."""
        mark = None if self.mark == self.path or not self.path else self.path
        return msgspec.structs.replace(self, mark=mark)

    def wrapped(self) -> Editing:
        """Return it with the steps from the mark to the cursor in a repeat."""
        return self.changed(self.draft.wrap(self.path, self.mark)) if self.path else self

    def in_range(self) -> frozenset[StepPath]:
        """Return the steps from the mark to the cursor; empty without a mark."""
        if self.mark is None:
            return frozenset()
        low, high = sorted((self.mark, self.path or self.mark))
        return frozenset(row.path for row in self.rows if low <= row.path <= high)

    def saved(self, opened: Opened, recipe: Recipe) -> Editing:
        """Return it after this recipe was saved; later changes are still unsaved."""
        draft = msgspec.structs.replace(self.draft, saved=recipe)
        return msgspec.structs.replace(self, draft=draft, opened=opened, origin=None)

    def reread(self, opened: Opened, label: str) -> Editing:
        """Return it with the file's current contents, as a change that can be undone."""
        draft = self.draft.exchange(opened.recipe, label)
        draft = msgspec.structs.replace(draft, saved=opened.recipe)
        return msgspec.structs.replace(self, draft=draft, opened=opened, origin=None, mark=None)

    def _target(self) -> float:
        """Return the target of the previous ramp in degC, as the initial value of a new one."""
        targets = [row.step.to for row in self.rows[: self.at] if isinstance(row.step, Ramp)]
        return targets[-1] if targets else _FIRST_TARGET
