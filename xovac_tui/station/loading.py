"""A recipe file on its way into the chamber: read, checked and laid out at one moment, and sent once.

The screen and the command line load by this one road: the same refusals, the same entry in the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from xovac_tui.api.contract import LOAD_COMMAND, Role
from xovac_tui.chamber.snapshot import Quality, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, Phrase, worded
from xovac_tui.durations import spell_duration
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds
from xovac_tui.recipes.compiler import Compiled
from xovac_tui.recipes.study import Study
from xovac_tui.recording.disk.housekeeping import forecast, size_words
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.status import RecorderState
from xovac_tui.station.commands import Prepared
from xovac_tui.station.station import Station
from xovac_tui.text import clean
from xovac_tui.units import to_celsius

USUAL_START = 20.0
"""degC; taken where the temperature of the chamber is not known."""

Facts: TypeAlias = Sequence[tuple[str, str]]
"""(label, sentence) of what is to be known before a command is sent."""


class LoadStart(msgspec.Struct, frozen=True):
    """The temperature that a recipe is thought to start from."""

    celsius: float
    measured: bool
    phrase: Phrase
    """Where it is from."""

    def words(self, units: DisplayUnits = AS_REPORTED) -> str:
        """Return where it is from, with values in some units."""
        return units.phrase(self.phrase)


class Load(msgspec.Struct, frozen=True):
    """A recipe that may be loaded, with what will be sent for it."""

    study: Study
    start: LoadStart
    compiled: Compiled
    prepared: Prepared

    @property
    def name(self) -> str:
        """Name of the recipe."""
        return self.study.file.name

    @property
    def title(self) -> str:
        """The question before it is sent."""
        return f'Load "{clean(self.name, 30)}": {self.words}?'

    @property
    def words(self) -> str:
        """Number of items and duration: "18 items, about 19h 40m"."""
        about = "about " if self.compiled.plan.estimated else ""
        total = spell_duration(round(self.compiled.total))
        return f"{counted(len(self.compiled.items), 'item')}, {about}{total}"


def start_of(snapshot: Snapshot) -> LoadStart:
    """Return the measured temperature that the recipe drives, or the usual one where it is not to be had."""
    channel = snapshot.by_role(Role.CONTROLLED)
    if channel is None:
        return LoadStart(USUAL_START, False, ("assumed: no message reports the chamber's",))
    measured = to_celsius(channel.value, channel.unit)
    if channel.quality is not Quality.GOOD or measured is None:
        said = f"assumed: {clean(channel.label, 30)} is {channel.quality.value}"
        return LoadStart(USUAL_START, False, (said,))
    celsius = round(measured, 1)
    if bounds.temperature_problem(celsius):
        reading = worded(celsius, "degC")
        return LoadStart(USUAL_START, False, (f"assumed: {clean(channel.label, 30)} reads ", *reading))
    return LoadStart(celsius, True, (f"measured: {clean(channel.label, 30)}",))


def load_of(station: Station, study: Study, start: LoadStart) -> Load:
    """Return what would be sent for a recipe that was studied.

    Raises RecipeError with every reason why it must not be sent, and ContractError where the contract does
    not allow its payload.
    """
    if study.file.recipe is None:
        raise RecipeError(study.file.problem)
    if study.compiled is None:
        errors = [one for one in study.findings if one.severity == "error"]
        said = [f"{study.file.path} must not be sent."]
        raise RecipeError(*said, *(one.sentence for one in errors))
    prepared = station.prepare(LOAD_COMMAND, study.compiled.payload)
    return Load(study, start, study.compiled, prepared)


def stop_facts(station: Station, how: str) -> Facts:
    """Return whether STOP is proven on this chamber, which counts most before a run begins.

    `how` is the sentence that says how it is proven from here.
    """
    proving = station.proving
    if proving.unproven:
        return [("STOP", f"{proving.words} {how}")]
    return [("STOP", proving.words)] if proving.words else ()


def load_facts(station: Station, load: Load, how: str, units: DisplayUnits = AS_REPORTED) -> Facts:
    """Return what is to be known before a recipe is loaded; blocks for a moment, since it reads the disk.

    `how` is as in `stop_facts`; values are in `units`.
    """
    return (
        ("Recipe", f"{load.name}, {load.words}"),
        ("From", f"{units.temperature_words(load.start.celsius)} {load.start.words(units)}"),
        *recording_facts(station, load.compiled),
        *stop_facts(station, how),
        *(("Warning", one.sentence_in(units)) for one in load.compiled.warnings),
    )


def recording_facts(station: Station, compiled: Compiled) -> Facts:
    """Return what recording the run will take, and a warning where the disk lacks it; blocks for a moment.

    Empty where nothing is recorded.
    """
    choice = station.record.choice
    if choice is None or station.recorder.state in (RecorderState.OFF, RecorderState.STARTING):
        return ()

    seconds = compiled.total / station.speed
    try:
        found = forecast(station.record.record, choice.path.parent, seconds)
    except RecordError:
        # A damaged record is reported in the trust bar; how much room there is can still be said.
        found = forecast(None, choice.path.parent, seconds)
    if found is None:
        return ()
    facts = [("Recording", f"about {size_words(found.needs)}, {size_words(found.free)} free")]
    if not found.enough:
        facts.append(
            (
                "Warning",
                "The disk of the record will be nearly full before the run ends, and what comes then is not "
                "recorded: free some space first.",
            )
        )
    return facts
