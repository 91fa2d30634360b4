"""The state of the run at one moment, for its panel."""

from __future__ import annotations

import msgspec

from xovac_tui import runs
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import ChannelView, Quality, RunState, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.ui.widgets.band_words import BandAhead


class RunMoment(msgspec.Struct, frozen=True):
    """The state of the run at one moment."""

    snapshot: Snapshot
    progress: runs.view.RunProgress
    """Progress of the run that goes on: the followed one, else an estimate from the snapshot."""
    newest: runs.view.RunProgress | None
    """The run that goes on, or the newest ended one."""
    units: DisplayUnits = AS_REPORTED
    """The units in which its values are shown."""
    band: BandAhead | None = None
    """The tolerance that the running step leads to, and when the temperature is in it."""

    @property
    def facts(self) -> tuple[object, ...] | None:
        """What the words about the run and its values are made from, without the time, which goes on.

        None where they say for how long nothing was heard.
        """
        run, word = self.snapshot.run, self.snapshot.link.word
        if self.silent or run.stale or word is LinkWord.LOST:
            return None
        judged = [steady(self.snapshot.by_role(role)) for role in (Role.CONTROLLED, Role.PRESSURE)]
        named = self.snapshot.by_role(Role.RECIPE_NAME) is not None
        return run, word, judged, named, self.progress, self.newest, self.units, self.band

    @property
    def running(self) -> runs.view.RunProgress | None:
        """The run that is followed."""
        followed = self.newest
        return followed if followed is not None and not followed.over else None

    @property
    def ended(self) -> runs.view.RunProgress | None:
        """The newest run if it has ended and none goes on."""
        return None if self.running is not None else self.newest

    @property
    def planned(self) -> runs.view.RunProgress | None:
        """The run that is followed if its plan is known."""
        followed = self.running
        return followed if followed is not None and followed.planned else None

    @property
    def unreported(self) -> bool:
        """True while a run is followed and the chamber reports no state."""
        return self.running is not None and self.snapshot.run.state is RunState.UNKNOWN

    @property
    def on(self) -> bool:
        """True while a run goes on, by the chamber's report or else by the plan."""
        return self.snapshot.run.state is RunState.RUNNING or self.unreported

    @property
    def silent(self) -> bool:
        """True if the newest report of the run is stale."""
        followed = self.running
        return self.snapshot.run.stale or (
            self.unreported and followed is not None and followed.silent is not None
        )


def steady(channel: ChannelView | None) -> ChannelView | None:
    """Return a channel without its age where that is not shown: equal ones are drawn equally."""
    if channel is None or channel.age is None or channel.overdue or channel.quality is not Quality.GOOD:
        return channel
    return msgspec.structs.replace(channel, age=None)


def at_recipe_pace(progress: runs.view.RunProgress, speed: float) -> runs.view.RunProgress:
    """Return a run whose step and dwell clocks are in the recipe's time, which a simulator lets run faster.

    What lies ahead (its end, what is left, what comes next) stays in the time of the clock on the wall.
    """
    if speed == 1.0:
        return progress

    def times(seconds: float | None) -> float | None:
        return None if seconds is None else seconds * speed

    dwell = progress.dwell
    if dwell is not None:
        dwell = msgspec.structs.replace(
            dwell,
            elapsed=dwell.elapsed * speed,
            in_tolerance=dwell.in_tolerance * speed,
            creditable=dwell.creditable * speed,
        )
    return msgspec.structs.replace(
        progress,
        step_elapsed=times(progress.step_elapsed),
        step_total=times(progress.step_total),
        step_left=times(progress.step_left),
        elapsed=times(progress.elapsed),
        total=times(progress.total),
        dwell=dwell,
    )
