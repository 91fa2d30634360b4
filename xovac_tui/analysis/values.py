"""What expressions ask, answered from the live model of a chamber."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xovac_tui.analysis.fit import track
from xovac_tui.analysis.settings import CriterionSettings
from xovac_tui.analysis.stability import (
    Stability,
    StabilityCriterion,
    StabilityWatch,
    change_per_hour,
    criterion_of,
)
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import Quality, RunState
from xovac_tui.digits import figure
from xovac_tui.durations import format_duration
from xovac_tui.expressions import ValueReading, Wanted, What
from xovac_tui.expressions.tree import ELAPSED, LINK, RECIPE, STATE, STEP, STEP_ELAPSED
from xovac_tui.text import nearest
from xovac_tui.units import PER_CENT, TEMPERATURE, per_time, unit_of

RATE_WINDOW = 1800.0
"""Seconds of the past for a change per hour, by default."""
BAND_WINDOW = 600.0
"""Seconds of the past for a band, by default."""
NOT_COME = "no channel of that name has come yet"
"""Why a channel has no value while neither a contract nor a message has named it."""
_LOOK_EVERY = 1.0
"""Seconds between two evaluations of what is worked out from a long past."""
_FULL = 0.9
"""Part of a window that must have been there before its change is given."""

Times = tuple[float | None, float | None]
"""Seconds for which the run and its step go on; None: unknown."""


def _no_times() -> Times:
    return None, None


class ChamberValues:
    """Answers from one chamber, as it was at the moment that `at` was given last."""

    def __init__(
        self,
        chamber: Chamber,
        *,
        curve: Callable[[str], ChannelHistory | None] | None = None,
        criteria: Mapping[str, CriterionSettings] | None = None,
        times: Callable[[], Times] = _no_times,
    ) -> None:
        """`curve` gives the past of a channel by its full name; without it that since the start counts."""
        self._chamber = chamber
        self._curve: Callable[[str], ChannelHistory | None] = curve or chamber.history
        self._criteria = criteria or {}
        self._times = times
        self._mono = self._utc = 0.0
        self._answers: dict[Wanted, ValueReading] = {}
        self._slow: dict[Wanted, tuple[float, ValueReading]] = {}
        self._watches: dict[Wanted, StabilityWatch] = {}
        self._observed: Observation | None = None

    def at(self, utc: float, mono: float) -> None:
        """Answer for this moment from now on."""
        self._utc, self._mono = utc, mono
        self._answers.clear()
        self._observed = None

    def read(self, wanted: Wanted) -> ValueReading:
        """Return what the chamber reports about this."""
        reading = self._answers.get(wanted)
        if reading is None:
            reading = self._answers[wanted] = self._answer(wanted)
        return reading

    def known(self, name: str) -> bool:
        """Return whether a contract or a message has named this channel."""
        return self._chamber.find(name) is not None

    def _answer(self, wanted: Wanted) -> ValueReading:
        if wanted.what is What.WORD:
            return self._word(wanted.name)
        channel = self._chamber.find(wanted.name)
        if channel is None:
            return ValueReading(why=NOT_COME)
        match wanted.what:
            case What.CHANNEL:
                return self._value(channel)
            case What.AGE:
                age = None if channel.seen is None else max(0.0, self._mono - channel.seen)
                return ValueReading(age, "s", why="" if age is not None else "no data yet")
            case What.RATE:
                return self._rate(channel)
        before = self._slow.get(wanted)
        if before is not None and 0 <= self._mono - before[0] < _LOOK_EVERY:
            return before[1]
        found = (
            self._per_hour(channel, wanted) if wanted.what is What.PER_HOUR else self._stable(channel, wanted)
        )
        self._slow[wanted] = self._mono, found
        return found

    # -- words ----------------------------------------------------------------------------------------

    def _word(self, name: str) -> ValueReading:
        if name == LINK:
            return ValueReading(self._chamber.word(self._mono).value)
        if name in (ELAPSED, STEP_ELAPSED):
            run, step = self._times()
            seconds = run if name == ELAPSED else step
            return ValueReading(
                seconds, "s", why="" if seconds is not None else "no run whose beginning was seen"
            )
        seen = self._observed = self._observed or self._chamber.observe(self._utc, self._mono)
        reported: Mapping[str, str | float | None] = {
            STATE: None if seen.state is RunState.UNKNOWN else seen.state.value,
            RECIPE: seen.recipe,
            STEP: None if seen.step is None else float(seen.step),
        }
        value = reported[name]
        return ValueReading(value, why="" if value is not None else "the chamber does not report it now")

    # -- channels -------------------------------------------------------------------------------------

    def _doubt(self, channel: Channel) -> str:
        """Return why a channel's value is not to be believed; empty where it is."""
        match self._chamber.quality(channel, self._mono):
            case Quality.NO_DATA:
                return "no data yet"
            case Quality.STALE:
                age = self._mono - (channel.seen or 0.0)
                return f"stale, {format_duration(age)} old"
            case Quality.BAD:
                return channel.problem or "no usable number"
        return ""

    def _value(self, channel: Channel) -> ValueReading:
        unit, log, why = channel.spec.unit, channel.spec.log, self._doubt(channel)
        if why:
            return ValueReading(unit=unit, why=why)
        if channel.is_bool:
            return ValueReading(bool(channel.value))
        return ValueReading(channel.text if channel.value is None else channel.value, unit, log)

    def _rate(self, channel: Channel) -> ValueReading:
        log = channel.spec.log
        unit = per_time(PER_CENT if log else unit_of(channel.spec.unit), "min").name
        why, change = self._doubt(channel), None
        if not why:
            change = channel.history.rate_per_minute(self._mono, log)
            why = "" if change is not None else "too few data"
        return ValueReading(change * 100 if log and change is not None else change, unit, why=why)

    def _per_hour(self, channel: Channel, wanted: Wanted) -> ValueReading:
        over = RATE_WINDOW if wanted.over is None else wanted.over
        unit = per_time(unit_of(channel.spec.unit), "h").name
        curve, why = self._curve(channel.full_name), self._doubt(channel)
        if why or curve is None or curve.oldest is None:
            return ValueReading(unit=unit, why=why or "no number")
        # What was measured before a gap does not make up for the gap.
        past = track(curve, self._mono, over, over)
        there = min(self._mono - curve.oldest, 0.0 if past is None else past.measured)
        if there < _FULL * over:
            return ValueReading(
                unit=unit, why=f"{format_duration(there)} of {format_duration(over)} measured"
            )
        found = change_per_hour(curve, self._mono, over)
        if found is None:
            return ValueReading(unit=unit, why="too few data")
        return ValueReading(found[0], unit, why=f"± {_short(found[1])}")

    def _stable(self, channel: Channel, wanted: Wanted) -> ValueReading:
        criterion = self._criterion(wanted, channel)
        if isinstance(criterion, str):
            return ValueReading(problem=criterion)
        watch = self._watches.get(wanted)
        if watch is None or watch.criterion != criterion:
            # None yet, or another contract gives the channel another unit.
            watch = self._watches[wanted] = StabilityWatch(criterion)
        curve, why = self._curve(channel.full_name), self._doubt(channel)
        if curve is None:
            return ValueReading(why=why or "no number")
        found = watch.look(curve, self._mono, fresh=not why)
        return ValueReading(found.stable, why=why or _progress(found, channel))

    def _criterion(self, wanted: Wanted, channel: Channel) -> StabilityCriterion | str:
        """Return what is asked, in the channel's own degrees; else why it cannot be, as a sentence."""
        unit = unit_of(channel.spec.unit)
        if unit.dimension not in (TEMPERATURE, ""):
            return f"stable() is asked of temperatures, and {wanted.name} is in {unit.name}."
        if not wanted.criterion:
            over = wanted.over or (BAND_WINDOW if wanted.rate is None else RATE_WINDOW)
            named = CriterionSettings(within=wanted.within, rate=wanted.rate, over=over)
        elif (known := criterion_called(wanted.criterion, self._criteria)) is not None:
            named = known
        else:
            return no_criterion(wanted.criterion, self._criteria)
        return criterion_of(wanted.criterion, named).in_readings(1 / unit.factor)


def criterion_called(name: str, criteria: Mapping[str, CriterionSettings]) -> CriterionSettings | None:
    """Return a criterion of the settings; `±2 K in 10 min` is also `2 K over 10 min`. None where none is."""
    if name in criteria:
        return criteria[name]
    bare = _plain_name(name)
    return next((one for known, one in criteria.items() if _plain_name(known) == bare), None)


def no_criterion(name: str, criteria: Mapping[str, CriterionSettings]) -> str:
    """Return the sentence about a criterion that there is not."""
    return f'No criterion of stability is called "{name}".{nearest(name, criteria)}'


def _plain_name(name: str) -> str:
    return name.removeprefix("±").removeprefix("+-").strip().replace(" over ", " in ")


def _progress(found: Stability, channel: Channel) -> str:
    """Return how far a criterion is: `12m 30s of 30m 00s, −1.2 ± 0.3 K/h`."""
    said = [f"{format_duration(found.held)} of {format_duration(found.needed)}"]
    if found.per_hour is not None and found.uncertainty is not None:
        unit = per_time(unit_of(channel.spec.unit or "K"), "h").name
        said.append(f"{_short(found.per_hour)} ± {_short(found.uncertainty)} {unit}")
    if found.forecast:
        said.append(f"in about {format_duration(found.forecast)}")
    return ", ".join(said)


def _short(value: float) -> str:
    return figure(value, ".2g" if abs(value) < 10 else ".0f")
