"""Which set of limits holds: by the pressure around the part, or as somebody chose."""

from __future__ import annotations

from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState

_BACK = 1.5
"""By how much the pressure must pass a bound on its way back before another set holds."""


def by_pressure(
    seen: Observation, before: str, settings: AlarmSettings, *, pressure_told: bool, pumping: bool = False
) -> str:
    """Return the set of limits for a moment; `before` is the one so far, empty at the beginning.

    Where no pressure is ever told it is `tvac` while a recipe runs, else `ambient`. While it is not known the
    set stays as it was, and so it does when the vacuum is lost in a run, or while the pump is on (and nobody
    vents): just then its limits matter.
    """
    if not pressure_told:
        if seen.state is RunState.UNKNOWN:
            return before
        return "tvac" if seen.state is RunState.RUNNING else "ambient"
    pressure = seen.pressure
    if pressure is None:
        return before
    if before == "tvac" and (pumping or seen.state is RunState.RUNNING):
        return before
    ambient = settings.ambient_above / (_BACK if before == "ambient" else 1.0)
    tvac = settings.tvac_below * (_BACK if before == "tvac" else 1.0)
    if pressure >= ambient:
        return "ambient"
    return "tvac" if pressure <= tvac else "pumping"
