"""A recipe in the editor: its draft, where the cursor is, and which file it goes to. Pure."""

from __future__ import annotations

import msgspec

from xovac_tui.recipes.draft import Draft, DraftRow
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath
from xovac_tui.recipes.store import Opened

_FIRST_TARGET = 20.0
"""degC of a first ramp: nothing happens by it."""
_FIRST_HOLD = 3600.0


class Editing(msgspec.Struct, frozen=True):
    """One recipe in the editor. Every operation returns a new one."""

    draft: Draft
    opened: Opened | None = None
    """The file that it is saved to; None: a new one is made."""
    origin: Opened | None = None
    """The example that it is a copy of."""
    mark: StepPath | None = None
    """One end of the steps that are to be repeated; the cursor is the other."""

    @classmethod
    def of_file(cls, opened: Opened) -> Editing:
        """Return a user's recipe as it is in its file."""
        return cls(Draft(opened.recipe, saved=opened.recipe), opened)

    @classmethod
    def of_example(cls, opened: Opened) -> Editing:
        """Return what becomes a copy of an example when it is saved."""
        return cls(Draft(opened.recipe, saved=opened.recipe), origin=opened)

    @classmethod
    def of_new(cls, recipe: Recipe) -> Editing:
        """Return a recipe that no file has yet."""
        return cls(Draft(recipe))

    @property
    def rows(self) -> tuple[DraftRow, ...]:
        """The steps as lines."""
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
        """Return it with another draft; what was marked is unmarked where steps have moved."""
        same = draft.recipe == self.draft.recipe
        return msgspec.structs.replace(self, draft=draft, mark=self.mark if same else None)

    def went_to(self, line: int) -> Editing:
        """Return it with the cursor in another line."""
        rows = self.rows
        path = rows[min(line, len(rows)) - 1].path if line > 0 and rows else ()
        return self.chose(path)

    def chose(self, path: StepPath) -> Editing:
        """Return it with the cursor on a step, or on the head where there is no such step."""
        return msgspec.structs.replace(self, draft=self.draft.choose(path))

    def inserted(self, kind: type[Step]) -> Editing:
        """Return it with a new step below the cursor: in a repeat when the cursor is on its line."""
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
        """Return it with the chosen step marked, or with no mark where it was."""
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
        """Return it as it is after this recipe was saved; what changed meanwhile is still unsaved."""
        draft = msgspec.structs.replace(self.draft, saved=recipe)
        return msgspec.structs.replace(self, draft=draft, opened=opened, origin=None)

    def reread(self, opened: Opened, label: str) -> Editing:
        """Return it with what its file has now, as a change that can be undone."""
        draft = self.draft.exchange(opened.recipe, label)
        draft = msgspec.structs.replace(draft, saved=opened.recipe)
        return msgspec.structs.replace(self, draft=draft, opened=opened, origin=None, mark=None)

    def _target(self) -> float:
        """Return the target of the ramp before, for a new one: what is typed over differs a little."""
        targets = [row.step.to for row in self.rows[: self.at] if isinstance(row.step, Ramp)]
        return targets[-1] if targets else _FIRST_TARGET
