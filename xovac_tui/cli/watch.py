"""`xovac-tui watch`: print every event as a line as it arrives."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.api.payload import one_line
from xovac_tui.chamber.news import LinkChanged
from xovac_tui.cli.common import effective, iso, json_line
from xovac_tui.cli.link import asked, beside
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.stderr import StderrLines
from xovac_tui.compose import chambers, stations
from xovac_tui.durations import format_whole
from xovac_tui.errors import LinkError
from xovac_tui.outlet import PATIENCE, StreamOutlet
from xovac_tui.plural import counted
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.text import clean, clean_bytes

_HELD = 8_000_000
"""Characters that may wait for the reader of standard output; events beyond are dropped and counted."""
LONGEST = 4_000
"""Characters of a payload on one line to a file or pipe."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--for", "seconds", type=Seconds(0.1, 10**9), metavar="10s", help="End after this time.")
@connecting_options
@click.pass_context
def watch(ctx: click.Context, /, as_json: bool, seconds: float | None, **_: Any) -> None:
    """Print every event that the chamber sends: time, direction, kind, name and payload.

    Changes of the link go to stderr. Reconnects after a lost link and never sends anything. Ctrl+C ends it.
    """
    found = effective(ctx)
    chamber = chambers.resolve(found)

    line = as_json_line if as_json else _plain(found.settings.display.time == "utc")
    # Ctrl+C is the usual end.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_watch(asked(stations.build_station(chamber)), line, seconds))


async def _watch(station: LiveStation, line: Callable[[Event], str], seconds: float | None) -> None:
    loop = asyncio.get_running_loop()
    given_up: asyncio.Future[LinkView] = loop.create_future()
    broken: asyncio.Future[OSError] = loop.create_future()
    seen_online = False
    say = StderrLines()

    def fail(error: OSError) -> None:
        if not broken.done():
            broken.set_result(error)

    def cut(count: int) -> str:
        events = counted(count, "event was", "events were")
        say.line(f"{station.name}: {events} not printed: standard output was not read fast enough.")
        return ""

    # The link does not wait for a slow reader of standard output.
    out = StreamOutlet(
        sys.stdout, most=_HELD, dropped=cut, failed=lambda error: _from_thread(loop, fail, error)
    )

    def listen(news: News) -> None:
        nonlocal seen_online
        if not isinstance(news, LinkChanged):
            return
        link = news.link
        seen_online = seen_online or link.word is LinkWord.ONLINE
        say.line(f"{station.name}: {link.spoken}")
        if link.word is LinkWord.OFFLINE and link.why and not given_up.done():
            given_up.set_result(link)

    async def print_events() -> None:
        dropped = 0
        async for event in station.events():
            if station.events_dropped > dropped:
                count, dropped = station.events_dropped - dropped, station.events_dropped
                lost = counted(count, "event was", "events were")
                say.line(f"{station.name}: {lost} dropped: they are read too slowly.")
            out.line(line(event))

    unsubscribe = station.subscribe(listen)
    patience: float | None = PATIENCE
    try:
        async with beside(print_events()) as printing:
            async with station:
                try:
                    ends = (printing, given_up, broken)
                    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    # The end of the link with this program is not reported.
                    unsubscribe()
            if not broken.done():
                # Ended by the clock: a slow reader may still take its time over the rest.
                await out.drain(None)
                await asyncio.sleep(0)
                patience = None
            if broken.done():
                raise broken.result()
            if printing.done():
                await printing
            if given_up.done():
                raise given_up.result().error()
            if not seen_online:
                raise LinkError(
                    f"{station.manner.address} was not reached in {format_whole(seconds or 0.0)}.",
                    LinkCode.NOT_REACHED,
                )
    finally:
        if patience is not None and (left := out.close(patience) + out.unreported):
            events = counted(left, "event was", "events were")
            say.line(f"{station.name}: {events} not printed: standard output was not read.")
        say.close()


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[[OSError], None], error: OSError) -> None:
    """Call `call(error)` in a loop, which may have ended already."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call, error)


def as_json_line(event: Event) -> str:
    """Return the event as one JSON object; if it is not plain JSON, `payload` is null and `raw` the text."""
    payload = event.payload
    head = {
        "time": iso(event.utc),
        "direction": event.direction.value,
        "kind": event.kind.value,
        "name": event.name,
        "form": payload.form.value,
    }
    if not payload.problem:
        try:
            return json_line({**head, "payload": payload.value})
        except (ValueError, TypeError, RecursionError):
            pass
    raw = clean_bytes(payload.raw, LONGEST) if isinstance(payload.raw, bytes) else payload.raw
    problem = payload.problem or "It holds values that JSON does not have."
    return json_line({**head, "payload": None, "raw": raw, "problem": problem})


def _plain(utc: bool) -> Callable[[Event], str]:
    def line(event: Event) -> str:
        moment = datetime.fromtimestamp(event.utc, UTC)
        stamp = (moment if utc else moment.astimezone()).isoformat(sep=" ", timespec="milliseconds")
        head = f"{stamp}  {event.direction:<3}  {event.kind:<8}  {clean(event.name, 60)}  "
        room = LONGEST
        if sys.stdout.isatty():
            room = max(20, shutil.get_terminal_size().columns - len(head) - 1)
        return head + one_line(event.payload, room)

    return line
