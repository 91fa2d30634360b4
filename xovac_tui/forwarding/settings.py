"""Settings of forwarding: where the record goes besides its file. Off until set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from xovac_tui.forwarding.kinds import AnySink
from xovac_tui.text import nearest
from xovac_tui.withaddress import name_mistake, twice_mistake


class ForwardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where records are forwarded to."""

    to: tuple[str, ...] = ()
    """Names of the sinks to which every chamber is forwarded; a profile's own list takes its place."""
    site: str = ""
    """What the lab is called in topics and tags."""
    hold_days: Annotated[float, Meta(ge=0, le=36_500)] = 30.0
    """Days for which `keep_days` does not delete what a sink has not stored, beyond `keep_days`."""
    behind: Annotated[float, Meta(ge=10, le=31_536_000)] = 3600.0
    """Seconds: age of the oldest row that waits, from which on the alarm is raised."""
    sinks: tuple[AnySink, ...] = ()

    def chosen(self, names: Sequence[str] | None) -> tuple[AnySink, ...]:
        """Return the sinks of a chamber; `names` is its profile's list, None: it has none."""
        wanted = self.to if names is None else names
        return tuple(one for one in self.sinks if one.name in wanted)


def forward_mistakes(
    settings: ForwardSettings, places: Sequence[int] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (key, sentence) for every value that cannot be right; no sentence repeats an address.

    `places` are those of the sinks in their list, the first is 0, where others were left out.
    """
    if settings.site and (not settings.site.isprintable() or len(settings.site) > 64):
        yield "site", "give it 1 to 64 printable characters."
    seen: set[str] = set()
    numbers = range(len(settings.sinks)) if places is None else places
    for number, one in zip(numbers, settings.sinks, strict=True):
        key = f"sinks, item {number + 1}"
        if reason := name_mistake(one.name):
            yield f"{key}.name", reason
        if reason := twice_mistake(one.name, seen):
            yield f"{key}.name", reason
        for field, reason in one.check():
            yield f"{key}.{field}", reason
    if places is None:
        for name in settings.to:
            if reason := unknown_sink(name, settings):
                yield "to", reason


def unknown_sink(name: str, settings: ForwardSettings) -> str:
    """Return that no sink has this name, as a sentence; empty where one has."""
    names = [one.name for one in settings.sinks]
    if name in names:
        return ""
    hint = nearest(name, names) or (" There is none in `[[forward.sinks]]`." if not names else "")
    return f'"{name}" is not among the sinks.{hint}'
