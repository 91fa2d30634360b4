"""What the readings mean: stability, the course of the pressure, and advice.

Nothing here runs by itself. A picture is made on request, at most once a second. In a demo
that runs faster than time, durations and rates are those of the simulated chamber, as in its recipes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from xovac_tui.analysis.advice import Advice, AdviceContext, Temperature, advise
from xovac_tui.analysis.pumpdown import PressureForecast, PumpDown
from xovac_tui.analysis.reaching import BandForecast, BandWatch
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.analysis.stability import Stability, StabilityCriterion, StabilityWatch, criterion_of
from xovac_tui.analysis.vacuum import RECENT, Rise, pump_down, rate_of_rise, rising
from xovac_tui.analysis.water import dew_point
from xovac_tui.api.contract import Role, SensorPlace
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.snapshot import ChannelView, Quality, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.text import clean
from xovac_tui.units import from_celsius, in_one, is_temperature, to_celsius, to_mbar, unit_of

EVERY = 1.0
"""Seconds between two pictures."""
FORESEE_EVERY = 10.0
"""Seconds between two fits to the whole pump-down."""
ADVISE_EVERY = 5.0
"""Seconds between two looks for advice alone."""
MOST_CHANNELS = 8
_AT_ONCE = 6
"""Criteria that are begun for one picture: each looks back over hours, and keys must not wait for many."""
_USUAL = (10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""mbar that a pump-down is foreseen to."""
_THRESHOLDS = 4


class Judged(msgspec.Struct, frozen=True):
    """One channel by one criterion; rates in K/h."""

    channel: ChannelView
    criterion: StabilityCriterion
    stability: Stability


class Threshold(msgspec.Struct, frozen=True):
    """A pressure that will be reached."""

    mbar: float
    forecast: PressureForecast | None
    """Seconds of the chamber; None: not foreseen."""


class VacuumView(msgspec.Struct, frozen=True):
    """What follows from the pressure."""

    channel: ChannelView
    mbar: float | None
    """None: too old, or no number."""
    pump: bool | None = None
    """None: no role reports it, or the data are old."""
    falls: bool = False
    """It surely falls."""
    halves: float | None = None
    """Seconds of the chamber in which it halves if it goes on as in the recent past."""
    thresholds: tuple[Threshold, ...] = ()
    rise: Rise | None = None
    """With the pump off."""
    volume: float | None = None
    """Litres."""


class InsightView(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, at one moment."""

    utc: float
    speed: float
    """Seconds of the simulated chamber in one of the clock; 1 for a real one."""
    judged: tuple[Judged, ...] = ()
    vacuum: VacuumView | None = None
    """None: no channel has the role `pressure`."""
    advice: tuple[Advice, ...] = ()
    advises: bool = True
    """Advice is switched on."""
    problems: tuple[str, ...] = ()
    """What the settings ask for and cannot be had, as sentences."""


class InsightSource(Protocol):
    """What insight is gained from."""

    @property
    def speed(self) -> float:
        """Seconds that pass in the device in one of the clock."""

    @property
    def step_kind(self) -> str:
        """Kind of the step that the run is in, such as `hold`; empty where that is not known."""

    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel; None without any."""


class Insight:
    """Works out what the readings of one chamber mean, live or replayed."""

    def __init__(
        self,
        settings: InsightSettings,
        source: InsightSource,
        *,
        volume: float | None = None,
        limit_pressure: float | None = None,
    ) -> None:
        """`volume` is the chamber's in litres; `limit_pressure` in mbar is what a recipe waits for."""
        self._settings, self._source = settings, source
        self._volume, self._limit_pressure = volume, limit_pressure
        self._watches: dict[tuple[str, str], StabilityWatch] = {}
        self._key: tuple[float, tuple[object, ...]] | None = None
        self._view: InsightView | None = None
        self._room = _AT_ONCE
        self._foreseen: tuple[tuple[float, int], PumpDown | None] = (math.inf, 0), None
        """When the pump-down was evaluated last and how much of the record was known, and what was seen."""
        self._fell: tuple[float, VacuumView | None] = (math.inf, None)
        """When that was asked for alone, and the answer."""
        self._band = BandWatch()
        self._advised_at: float | None = None
        self._advice: tuple[Advice, ...] = ()

    def view(
        self, snapshot: Snapshot, pins: Sequence[str] | None = None, units: DisplayUnits = AS_REPORTED
    ) -> InsightView:
        """Return the picture of this moment, at most a second old; `pins` are the operator's own.

        Its advice shows values in `units`.
        """
        chosen = (units, *(pins if pins is not None else ("",)))
        if self._view is not None and self._key is not None:
            at, before = self._key
            if before == chosen and 0 <= snapshot.mono - at < EVERY:
                return self._view
        self._room = _AT_ONCE
        settings = self._settings
        channels, problems = self._channels(snapshot, pins)
        criteria = [criterion_of(name, one) for name, one in settings.stability.criteria.items()]
        self._view = InsightView(
            utc=snapshot.utc,
            speed=self._source.speed,
            judged=tuple(
                Judged(channel, criterion, self._judge(channel, criterion, snapshot.mono))
                for channel in channels
                for criterion in criteria
            ),
            vacuum=self._vacuum(snapshot),
            advice=self._advise(snapshot, units),
            advises=settings.advice.enabled,
            problems=tuple(problems),
        )
        # What had to wait is wanted in the very next one.
        self._key = (snapshot.mono, chosen) if self._room else None
        return self._view

    def advice(self, snapshot: Snapshot) -> tuple[Advice, ...]:
        """Return the advice alone, a few seconds old: for who only wants to know whether there is any."""
        before = self._advised_at
        if before is None or not 0 <= snapshot.mono - before < ADVISE_EVERY:
            self._advise(snapshot)
        return self._advice

    def fall(self, snapshot: Snapshot) -> VacuumView | None:
        """Return where the pressure goes, alone and some seconds old: for who only draws it."""
        at, before = self._fell
        if not 0 <= snapshot.mono - at < FORESEE_EVERY:
            before = self._vacuum(snapshot)
            self._fell = (snapshot.mono, before)
        return before

    def enters(
        self, snapshot: Snapshot, target: float, tolerance: float, since: float
    ) -> BandForecast | None:
        """Return when the controlled temperature is in a band, in degC and K, if it goes on as it does.

        `since` is when the step began, in monotonic seconds. None: it is in it, unknown, or not foreseen.
        """
        channel = snapshot.by_role(Role.CONTROLLED)
        value = None if channel is None else to_celsius(_value(channel), channel.unit)
        if channel is None or value is None or abs(value - target) <= tolerance:
            return None
        history = self._source.history(channel.full_name)
        if history is None:
            return None
        band = from_celsius(target - tolerance, channel.unit), from_celsius(target + tolerance, channel.unit)
        speed = self._source.speed
        return self._band.look(channel.full_name, history, snapshot.mono, band, since=since, speed=speed)

    # -- stability ------------------------------------------------------------------------------------

    def _channels(
        self, snapshot: Snapshot, pins: Sequence[str] | None
    ) -> tuple[list[ChannelView], list[str]]:
        """Return the channels that are judged, and what is wrong with those that the settings name."""
        named = self._settings.stability.channels
        if not named:
            pinned = {channel.full_name for channel in snapshot.channels if channel.pinned}
            wanted = pinned if pins is None else set(pins)
            found = [
                channel
                for channel in snapshot.channels
                if channel.role is Role.CONTROLLED
                or (channel.full_name in wanted and is_temperature(channel.unit))
            ]
            found.sort(key=lambda channel: channel.role is not Role.CONTROLLED)
            return found[:MOST_CHANNELS], []
        chosen: list[ChannelView] = []
        problems = []
        for name in named:
            channel = _called(name, snapshot.channels)
            if channel is None:
                problems.append(f'The settings name the channel "{clean(name, 60)}", which has not come yet.')
            elif channel.unit and not is_temperature(channel.unit):
                unit = clean(channel.unit, 20)
                problems.append(
                    f'The settings name "{clean(name, 60)}", which is in {unit}, not a temperature.'
                )
            else:
                chosen.append(channel)
        return chosen[:MOST_CHANNELS], problems

    def _judge(self, channel: ChannelView, criterion: StabilityCriterion, mono: float) -> Stability:
        """Return how one criterion stands, in K and in seconds of the chamber."""
        history = self._source.history(channel.full_name)
        if history is None:
            return Stability(needed=criterion.needed)
        degrees, speed = _degrees_in_a_kelvin(channel.unit), self._source.speed
        key = (channel.full_name, criterion.name)
        watch = self._watches.get(key)
        converted = criterion.in_readings(degrees, speed)
        if watch is None or watch.criterion != converted:
            if not self._room:
                return Stability(needed=criterion.needed)
            self._room -= 1
            watch = self._watches[key] = StabilityWatch(converted)
        found = watch.look(history, mono, fresh=channel.quality is Quality.GOOD)
        slower = 1 / (degrees * speed)
        return msgspec.structs.replace(
            found,
            held=found.held * speed,
            needed=criterion.needed,
            per_hour=None if found.per_hour is None else found.per_hour * slower,
            uncertainty=None if found.uncertainty is None else found.uncertainty * slower,
            forecast=None if found.forecast is None else found.forecast * speed,
        )

    # -- vacuum ---------------------------------------------------------------------------------------

    def _vacuum(self, snapshot: Snapshot) -> VacuumView | None:
        channel = snapshot.by_role(Role.PRESSURE)
        if channel is None:
            return None
        mbar = to_mbar(_value(channel), channel.unit)
        pump = _is_on(snapshot, Role.PUMP)
        volume = self._volume
        history = self._source.history(channel.full_name)
        if mbar is None or history is None:
            return VacuumView(channel, mbar, pump, volume=volume)
        speed, per_unit = self._source.speed, unit_of(channel.unit).factor
        rise = None
        pumped = snapshot.by_role(Role.PUMP)
        switched = self._source.history(pumped.full_name) if pumped is not None else None
        # More may have been read from the record meanwhile.
        version = getattr(history, "version", 0)
        (foreseen_at, seen), falls = self._foreseen
        if seen != version or not 0 <= snapshot.mono - foreseen_at < FORESEE_EVERY:
            period = channel.period or 0.0
            falls = pump_down(history, snapshot.mono, per_unit, period=period, pump=switched, speed=speed)
            self._foreseen = (snapshot.mono, version), falls
        if pump is False and switched is not None and not _is_on(snapshot, Role.VENT):
            litres = None if volume is None else volume / speed
            rise = rate_of_rise(
                history, switched, snapshot.mono, per_unit, volume=litres, recent=RECENT / speed
            )
        if rise is not None:
            rise = msgspec.structs.replace(
                rise,
                rate=rise.rate / speed,
                uncertainty=rise.uncertainty / speed,
                seconds=rise.seconds * speed,
            )
        return VacuumView(
            channel,
            mbar,
            pump,
            falls=falls is not None,
            halves=None if falls is None or falls.halves is None else falls.halves * speed,
            thresholds=self._thresholds(mbar, falls, snapshot.mono),
            rise=rise,
            volume=volume,
        )

    def _thresholds(self, mbar: float, falls: PumpDown | None, mono: float) -> tuple[Threshold, ...]:
        """Return the next round pressures below, and those that the settings name."""
        asked = [self._settings.advice.cold_below_pressure]
        if self._limit_pressure is not None:
            asked.append(self._limit_pressure)
        wanted = sorted({one for one in asked if one < mbar}, reverse=True)
        for usual in _USUAL:
            if usual < mbar and usual not in wanted and len(wanted) < _THRESHOLDS:
                wanted.append(usual)
        wanted.sort(reverse=True)
        spans = [None if falls is None else falls.until(one, mono) for one in wanted]
        speed = self._source.speed
        return tuple(
            Threshold(one, None if span is None else span.times(speed))
            for one, span in zip(wanted, spans, strict=True)
        )

    # -- advice ---------------------------------------------------------------------------------------

    def _advise(self, snapshot: Snapshot, units: DisplayUnits = AS_REPORTED) -> tuple[Advice, ...]:
        self._advised_at = snapshot.mono
        settings = self._settings.advice
        self._advice = advise(self._moment(snapshot, units), settings) if settings.enabled else ()
        return self._advice

    def _moment(self, snapshot: Snapshot, units: DisplayUnits) -> AdviceContext:
        speed = self._source.speed
        controlled, setpoint, pressure = (
            snapshot.by_role(role) for role in (Role.CONTROLLED, Role.SETPOINT, Role.PRESSURE)
        )
        aside = {Role.SETPOINT, Role.DEW_POINT, Role.ROOM_TEMPERATURE}
        shown = (
            one
            for one in snapshot.channels
            if not one.hidden and one.role not in aside and one.place is not SensorPlace.OUTSIDE
        )
        history = self._source.history(pressure.full_name) if pressure is not None else None
        fresh = pressure is not None and pressure.quality is Quality.GOOD
        rises = fresh and history is not None and rising(history, snapshot.mono, RECENT / speed) is not None
        return AdviceContext(
            temperatures=tuple(_temperatures(shown, speed)),
            controlled=next(_temperatures([controlled], speed, bare=True), None) if controlled else None,
            setpoint=to_celsius(_value(setpoint), setpoint.unit) if setpoint is not None else None,
            pressure=to_mbar(_value(pressure), pressure.unit) if pressure is not None else None,
            rises=rises,
            pump=_is_on(snapshot, Role.PUMP),
            vent=_is_on(snapshot, Role.VENT),
            powered=_is_on(snapshot, Role.PART_POWER),
            dew_point=_dew_point(snapshot),
            dwelling=self._dwelling(setpoint),
            units=units,
        )

    def _dwelling(self, setpoint: ChannelView | None) -> bool | None:
        """Return whether the step of the run is a hold; without a known step, whether the setpoint stands."""
        if kind := self._source.step_kind:
            return kind == "hold"
        change = None if setpoint is None or _value(setpoint) is None else setpoint.per_minute
        # That it stands does not make it a dwell; that it moves makes it none.
        return False if change else None


def _degrees_in_a_kelvin(unit: str) -> float:
    """Return how many degrees of a unit 1 K is: 1.8 of degF; 1 without a unit of temperature."""
    return in_one(unit, "K") or 1.0


def _value(channel: ChannelView) -> float | None:
    return channel.value if channel.quality is Quality.GOOD else None


def _is_on(snapshot: Snapshot, role: Role) -> bool | None:
    channel = snapshot.by_role(role)
    value = None if channel is None else _value(channel)
    return None if value is None else value != 0


def _dew_point(snapshot: Snapshot) -> float | None:
    """Return the dew point of the room's air in degC, measured or from its humidity; None if not known."""
    measured = snapshot.by_role(Role.DEW_POINT)
    found = None if measured is None else to_celsius(_value(measured), measured.unit)
    if found is not None:
        return found
    air, wet = snapshot.by_role(Role.ROOM_TEMPERATURE), snapshot.by_role(Role.HUMIDITY)
    celsius = None if air is None else to_celsius(_value(air), air.unit)
    humidity = None if wet is None else _value(wet)
    return None if celsius is None or humidity is None else dew_point(celsius, humidity)


def _temperatures(
    channels: Iterable[ChannelView], speed: float, *, bare: bool = False
) -> Iterator[Temperature]:
    """Yield those that are temperatures and can be believed; `bare`: also without a unit."""
    for channel in channels:
        celsius = to_celsius(_value(channel), channel.unit)
        if celsius is None or channel.is_bool or not (bare or channel.unit):
            continue
        per_minute = channel.per_minute
        if per_minute is not None:
            per_minute /= _degrees_in_a_kelvin(channel.unit) * speed
        assumed = channel.place is None and channel.role is not Role.CONTROLLED
        yield Temperature(clean(channel.label, 40), celsius, per_minute, assumed)


def _called(name: str, channels: Sequence[ChannelView]) -> ChannelView | None:
    """Return the channel of a full or short name, else the one that had that short name before."""
    for names in (lambda one: (one.full_name, one.name), lambda one: one.aliases):
        for channel in channels:
            if name in names(channel):
                return channel
    return None
