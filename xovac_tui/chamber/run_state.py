"""What the chamber reports that it is doing, by the leaves to which the contract gives roles."""

from __future__ import annotations

from xovac_tui.api.contract import LeafSpec, Role
from xovac_tui.api.payload import Leaf
from xovac_tui.chamber.snapshot import RunState, RunView
from xovac_tui.digits import digits
from xovac_tui.text import clean

_NAME_LENGTH = 64


class RunTracker:
    """Follows the roles `state`, `recipe_name`, `step` and `steps` through time."""

    def __init__(self) -> None:
        self.state = RunState.UNKNOWN
        self.word = ""
        self.recipe: str | None = None
        self._name_known = False
        self.step: int | None = None
        self.steps: int | None = None
        self.since_utc: float | None = None
        self.since_mono: float | None = None
        self.step_since: float | None = None
        self.start_seen = False
        self._repeats = False
        """The state was reported again although nothing of the run had changed."""
        self._reported: tuple[str, str | None, int | None, int | None] | None = None
        """The run as it was when its state was reported last; None: not since the link is up."""

    @property
    def on_change(self) -> bool:
        """Return whether silence about the state means that it has not changed.

        It does where the device seems to report its state only when that changes, and the change to
        RUNNING was seen.
        """
        return self.start_seen and not self._repeats

    def relinked(self) -> None:
        """Note that the link is up again: a device may greet with the state that it is in."""
        self._reported, self._repeats = None, False

    def reported(self) -> None:
        """Note that a message with the state came, with all that it carries of the run."""
        now = (self.word, self.recipe, self.step, self.steps)
        self._repeats = self._repeats or now == self._reported
        self._reported = now

    def feed(
        self, spec: LeafSpec, leaf: Leaf, utc: float, mono: float
    ) -> tuple[Role, RunState | str | float] | None:
        """Take a leaf that plays a role; return (role, new value) when it is a change from a known value."""
        match spec.role:
            case Role.STATE:
                return self._feed_state(spec, leaf, utc, mono)
            case Role.RECIPE_NAME:
                name = clean(leaf, _NAME_LENGTH) if isinstance(leaf, str) and leaf else None
                # The first name ever reported may have been there for hours: it is no change.
                changed = self._name_known and name != self.recipe
                self.recipe, self._name_known = name, True
                return (Role.RECIPE_NAME, leaf) if changed and isinstance(leaf, str) else None
            case Role.STEP:
                step = _whole(leaf)
                known, changed = self.step is not None, step != self.step
                if changed:
                    self.step, self.step_since = step, mono if known or self.start_seen else None
                return (Role.STEP, step) if changed and known and step is not None else None
            case Role.STEPS:
                self.steps = _whole(leaf)
        return None

    def _feed_state(
        self, spec: LeafSpec, leaf: Leaf, utc: float, mono: float
    ) -> tuple[Role, RunState | str | float] | None:
        state = _state_of(spec, leaf)
        self.word = clean(_word(leaf), _NAME_LENGTH)
        if state is self.state:
            return None
        known = self.state is not RunState.UNKNOWN
        self.state, self.since_utc, self.since_mono = state, utc, mono
        self.start_seen = known and state is RunState.RUNNING
        if self.start_seen:
            self.step_since = mono
        return (Role.STATE, state) if known else None

    def reread(self, role: Role, spec: LeafSpec | None, leaf: Leaf, utc: float, mono: float) -> None:
        """Take the newest leaf that plays a role by another contract; without `spec` none came, or none does.

        What it means anew is no change that the chamber reports. What it means as before stays.
        """
        match role:
            case Role.STATE:
                state, word = RunState.UNKNOWN, ""
                if spec is not None:
                    state, word = _state_of(spec, leaf), clean(_word(leaf), _NAME_LENGTH)
                self.word = word
                if state is not self.state:
                    self.state, self.since_utc, self.since_mono = state, utc, mono
                    self.start_seen, self.step_since = False, None
                    self.relinked()
            case Role.RECIPE_NAME:
                self._name_known = spec is not None
                self.recipe = clean(leaf, _NAME_LENGTH) if isinstance(leaf, str) and leaf else None
            case Role.STEP:
                step = _whole(leaf)
                if step != self.step:
                    self.step, self.step_since = step, None
            case Role.STEPS:
                self.steps = _whole(leaf)

    def view(self, *, stale: bool, target: float | None, actual: float | None, unit: str) -> RunView:
        """Return the frozen picture of the run."""
        return RunView(
            state=self.state,
            word=self.word,
            stale=stale,
            recipe=self.recipe,
            step=self.step,
            steps=self.steps,
            target=target,
            actual=actual,
            temperature_unit=unit,
            since_utc=self.since_utc,
            since_mono=self.since_mono,
            step_since_mono=self.step_since,
            start_seen=self.start_seen,
        )


def _state_of(spec: LeafSpec, leaf: Leaf) -> RunState:
    """Return what the value of a leaf with the role `state` means."""
    word = _word(leaf).lower()
    if word in {w.lower() for w in spec.running}:
        return RunState.RUNNING
    return RunState.IDLE if word in {w.lower() for w in spec.idle} else RunState.UNKNOWN


def _word(leaf: Leaf) -> str:
    """Return a leaf as the text that a contract's `running` and `idle` lists hold."""
    if isinstance(leaf, bool):
        return "true" if leaf else "false"
    if isinstance(leaf, float):
        return digits(leaf)
    return leaf or ""


def _whole(leaf: Leaf) -> int | None:
    return int(leaf) if isinstance(leaf, float) and leaf.is_integer() and 0 <= leaf < 1e6 else None
