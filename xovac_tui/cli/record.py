"""`xovac-tui record`: run the recorder without a screen, for a headless PC."""

from __future__ import annotations

import asyncio
import contextlib
import os

import click

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent
from xovac_tui.chamber.news import (
    AlarmsChanged,
    ContractChanged,
    ContractProblemChanged,
    LinkChanged,
    RecordOpened,
)
from xovac_tui.cli.common import effective
from xovac_tui.cli.exposure import alarm_notes, exposed_settings
from xovac_tui.cli.link import asked
from xovac_tui.cli.stderr import StderrLines
from xovac_tui.compose import chambers, stations
from xovac_tui.errors import Exit
from xovac_tui.forwarding.view import ForwardChanged, SinkState
from xovac_tui.forwarding.wording import sink_sentence
from xovac_tui.outlet import Outlet
from xovac_tui.recording.disk.share import share_advice
from xovac_tui.recording.status import RecorderChanged, RecorderState, RecorderView
from xovac_tui.signals import handled
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.text import clean

_LONGEST = 400
"""Characters of what differs in another contract, on one line."""


def record_chamber(ctx: click.Context, seconds: float | None) -> None:
    """Record the chamber of the settings, for so many seconds (None: until ended)."""
    found = effective(ctx)
    chamber = chambers.resolve(found)

    choice = stations.record_choice(found, chamber, asked=True)
    assert choice is not None
    # A stalled reader of stderr must not stop the recording.
    say = StderrLines()
    say.line(f"{chamber.name}: recording in {choice.path} (process {os.getpid()})")
    notes = alarm_notes(found.settings, found.path, chamber.profile)
    for said in (*exposed_settings(found, chamber.profile), *notes):
        say.line(said)
    station = stations.build_station(chamber, stations.attending(found, chamber, choice))
    try:
        asyncio.run(_record(asked(station), seconds, say))
    finally:
        say.close()
    ctx.exit(int(Exit.WARNING if station.record.unwritten else Exit.OK))


async def _record(station: LiveStation, seconds: float | None, say: Outlet) -> None:
    ended = asyncio.Event()
    refused: LinkView | None = None

    def listen(news: News) -> None:
        nonlocal refused
        if isinstance(news, LinkChanged):
            link = news.link
            if ended.is_set():
                return
            say.line(f"{station.name}: {link.spoken}")
            if link.word is LinkWord.OFFLINE and link.why:
                # The address or certificate is wrong, so another attempt would fail, too.
                refused = link
                ended.set()
        elif isinstance(news, RecorderChanged) and news.recorder.state is not RecorderState.STARTING:
            say.line(f"{station.name}: {_words(news.recorder)}")
        elif isinstance(news, ForwardChanged):
            before = {state[0]: state for state in news.before.reported}
            for state, one in zip(news.view.reported, news.view.sinks, strict=True):
                if state != before.get(state[0]) and one.state is not SinkState.STARTING:
                    say.line(f"{station.name}: forwarding to {sink_sentence(one)}")
        elif isinstance(news, RecordOpened) and (advice := share_advice(station.record.share)):
            say.line(f"{station.name}: {advice}")
        elif isinstance(news, ContractChanged):
            say.line(f"{station.name}: contract changed: {clean(news.words, _LONGEST)}")
        elif isinstance(news, ContractProblemChanged):
            again = "The contract files can be used again."
            say.line(f"{station.name}: {again if news.problem is None else news.problem.sentence}")
        elif isinstance(news, AlarmsChanged) and not news.mirrored:
            for change in news.changes:
                say.line(f"{station.name}: {alarm_line(change)}")

    loop = asyncio.get_running_loop()
    unsubscribe = station.subscribe(listen)
    try:
        with handled(lambda _number: loop.call_soon_threadsafe(ended.set)):
            async with station:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await ended.wait()
                # The end of the link with this program is not reported.
                ended.set()
    finally:
        unsubscribe()
    if station.record.unwritten:
        say.line(f"{station.name}: {station.record.unwritten}")
    if refused:
        raise refused.error()


def alarm_line(change: AlarmChange) -> str:
    """Return a change of an alarm as a line of text."""
    who = f" by {clean(change.who, 60)}" if change.who else ""
    said = f" {change.text}" if change.event is AlarmEvent.RAISED else ""
    return f'alarm "{change.rule}" ({change.severity.value}) {change.event.value}{who}.{said}'


def _words(view: RecorderView) -> str:
    """Return the recorder's state as a sentence."""
    if view.state is RecorderState.BESIDE:
        who = f"process {view.pid}" if view.pid else "another process"
        return f"{who} records this chamber already; this one takes over when that ends."
    said = "recording." if view.state is RecorderState.ON else view.why
    return " ".join([*(note.sentence for note in view.notes), said or f"the record is {view.state.value}."])
