"""`xovac-tui status`: print the chamber's state at one moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui.chamber.alarm import SEVERITIES, UNRESOLVED, AlarmChange
from xovac_tui.chamber.snapshot import ChannelView, Quality, RunState, Snapshot
from xovac_tui.cli.common import echo_result, iso, table
from xovac_tui.cli.forward import chosen_sinks, progress_data, progress_words
from xovac_tui.cli.link import asked, beside, online
from xovac_tui.cli.options import transport_option
from xovac_tui.cli.records import find_chamber, record_options
from xovac_tui.compose import stations
from xovac_tui.durations import format_duration
from xovac_tui.errors import XovacError
from xovac_tui.forwarding.kinds import Sink
from xovac_tui.forwarding.progress import SinkProgress, read_progress, unknown_progress
from xovac_tui.plural import counted
from xovac_tui.quantities import quantity
from xovac_tui.recording.disk.lists import newest_alarms
from xovac_tui.recording.disk.lock import WriterLock, is_recorded
from xovac_tui.recording.disk.record import Record
from xovac_tui.runs.view import RunProgress, item_words
from xovac_tui.station.live import LiveStation
from xovac_tui.text import clean

FIRST_DATA = 6.0
"""Seconds to wait for the messages that the contract names."""
ANY_DATA = 2.0
"""Seconds to collect messages if the contract names none."""
_RECORD = 1.0
"""Seconds to wait for a record that is slow to open."""
_UNKNOWN = "—"


class StatusSample(msgspec.Struct, frozen=True):
    """Everything that `status` has read at one moment."""

    station: LiveStation
    snapshot: Snapshot
    progress: RunProgress
    step_elapsed: float | None
    """Seconds."""
    record: Path
    pid: int | None
    """Id of the recorder's process; None if there is no recorder or its id is unknown."""
    recorded: bool
    alarms: tuple[AlarmChange, ...] | None
    """Alarms that want attention, the worst first; None without a recorder that evaluates them."""
    forward: tuple[SinkProgress, ...] = ()
    """How far the stores are to which the chamber is forwarded, by the record."""


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object (docs/scripts.md names its keys)."
)
@record_options
@transport_option
@click.pass_context
def status(ctx: click.Context, /, as_json: bool, **_: Any) -> None:
    """Connect and print link, run, recorder, alarms and channels once.

    Without a name or address, uses the chamber of the only record there is; --demo is the demo that is
    open in another terminal. Never sends anything. Exit code 6 when there is no connection.
    """
    source = find_chamber(ctx)

    station = asked(stations.looking(source.found, source.chamber, source.path))
    sample = asyncio.run(_sample(station, source.path))
    sample = msgspec.structs.replace(sample, forward=_forward(chosen_sinks(source), sample))
    echo_result(as_json, data(sample), lines(sample, source.zone))


async def _sample(station: LiveStation, record: Path) -> StatusSample:
    wanted = set(station.contract.messages)
    received: set[str] = set()
    changed = asyncio.Event()

    async def receive() -> None:
        async for event in station.events():
            received.add(event.name)
            changed.set()

    async with beside(receive()), station:
        await online(station)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_DATA if wanted else ANY_DATA):
                while not wanted or not wanted <= received:
                    changed.clear()
                    await changed.wait()
        # Wait briefly for the run in the record, but not for a record that is held up.
        await station.record_read(_RECORD)
        station.tick()
        snapshot = station.snapshot()
        return await asyncio.to_thread(seen, station, snapshot, record)


def seen(station: LiveStation, snapshot: Snapshot, record: Path) -> StatusSample:
    """Return the state that the chamber reports and that of its record; reads the record."""
    recorded = is_recorded(record)
    progress, followed = station.progress(snapshot), station.runs.view()
    going = None if followed is None or followed.over else followed
    return StatusSample(
        station=station,
        snapshot=snapshot,
        progress=progress,
        step_elapsed=going.step_elapsed if going is not None else progress.step_elapsed,
        record=record,
        pid=WriterLock(record).holder() if recorded else None,
        recorded=recorded,
        # A record that is still unread is held up: the chamber's state does not wait for it.
        alarms=_alarms(record) if recorded and station.record.record is not None else None,
    )


def _forward(sinks: Sequence[Sink], sample: StatusSample) -> tuple[SinkProgress, ...]:
    """Return how far the stores are; a record that cannot be read now says nothing of them."""
    if not sinks or not sample.record.exists():
        return unknown_progress(sinks)
    try:
        return read_progress(sample.record, sinks, sample.snapshot.utc)
    except XovacError:
        return unknown_progress(sinks)


def _alarms(path: Path) -> tuple[AlarmChange, ...] | None:
    """Return the alarms in the record that want attention; None if it cannot be read."""
    try:
        with Record(path) as record:
            found = [one.change for one in newest_alarms(record) if one.change.state in UNRESOLVED]
    except (XovacError, msgspec.MsgspecError, UnicodeError):
        return None
    return tuple(sorted(found, key=lambda one: (SEVERITIES.index(one.severity), -(one.raised_utc or 0.0))))


# -- for programs ---------------------------------------------------------------------------------------


def data(sample: StatusSample) -> dict[str, Any]:
    """Return the state as data for JSON; null is unknown."""
    snapshot, link = sample.snapshot, sample.snapshot.link
    return {
        "chamber": sample.station.name,
        "url": sample.station.manner.address,
        "time": iso(snapshot.utc),
        "speed": sample.station.speed,
        "link": {
            "word": link.word.value,
            "since": iso(link.since_utc),
            "code": link.code or None,
            "why": link.why or None,
            "newest_age": _rounded(snapshot.newest_age),
        },
        "run": _run_data(sample),
        "recorder": {
            "recording": sample.recorded,
            "pid": sample.pid,
            "record": str(sample.record) if sample.record.exists() else None,
        },
        "forward": progress_data(sample.forward),
        "contract": {
            "files": [str(path) for path in sample.station.contract_files],
            "problem": None
            if sample.station.contract_problem is None
            else list(sample.station.contract_problem.sentences),
        },
        "alarms": None if sample.alarms is None else [_alarm_data(one) for one in sample.alarms],
        "channels": [_channel_data(one) for one in snapshot.channels],
        "values_left_out": snapshot.counters.values_left_out,
    }


def _run_data(sample: StatusSample) -> dict[str, Any]:
    run, progress = sample.snapshot.run, sample.progress
    running = _running(sample)
    return {
        "state": _state(sample),
        "word": run.word or None,
        "recipe": run.recipe,
        "step": run.step if running else None,
        "steps": run.steps,
        "label": progress.label or None,
        "target": run.target,
        "actual": run.actual,
        "unit": run.temperature_unit,
        "elapsed": _rounded(progress.elapsed),
        "elapsed_is_least": progress.elapsed_is_least,
        "step_elapsed": _rounded(sample.step_elapsed),
        "left": _rounded(progress.left),
        "ends": iso(progress.ends_utc),
        "estimated": bool(progress.basis),
    }


def _state(sample: StatusSample) -> str:
    run = sample.snapshot.run
    return "UNKNOWN" if run.stale else run.state.value


def _running(sample: StatusSample) -> bool:
    return _state(sample) == RunState.RUNNING.value


def _alarm_data(alarm: AlarmChange) -> dict[str, Any]:
    return {
        "rule": alarm.rule,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "active": alarm.active,
        "raised": iso(alarm.raised_utc),
        "text": alarm.text,
        "channel": alarm.channel or None,
        "value": alarm.value or None,
        "limit": alarm.limit or None,
        "who": alarm.who or None,
        "action": alarm.action or None,
    }


def _channel_data(channel: ChannelView) -> dict[str, Any]:
    value: float | bool | str | None = None
    if channel.quality is Quality.GOOD:
        value = channel.text if channel.value is None else channel.value
        value = bool(channel.value) if channel.is_bool else value
    return {
        "name": channel.name,
        "full_name": channel.full_name,
        "label": channel.label,
        "value": value,
        "unit": channel.unit or None,
        "quality": channel.quality.value,
        "problem": clean(channel.problem, 80) or None,
        "age": _rounded(channel.age),
        "role": None if channel.role is None else channel.role.value,
        "pinned": channel.pinned,
        "hidden": channel.hidden,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


# -- as text --------------------------------------------------------------------------------------------


def lines(sample: StatusSample, zone: tzinfo | None) -> Iterator[str]:
    """Yield the state as lines of text."""
    link, age = sample.snapshot.link, sample.snapshot.newest_age
    newest = "nothing was received yet" if age is None else f"newest data {format_duration(age)} old"
    yield f"{sample.station.name}  {sample.station.manner.address}"
    yield ""
    yield f"Link      {link.word}, {newest}{'. ' if link.why else ''}{link.why}"
    yield f"Run       {_run_words(sample, zone)}"
    if (speed := sample.station.speed) != 1:
        yield f"Speed     simulated: {speed:g} s of the chamber pass in 1 s"
    yield f"Recorder  {_recorder_words(sample)}"
    for one in sample.forward:
        waits = f", {counted(one.events, 'event')} to send" if one.events else ""
        yield f"Forward   {clean(one.name, 64)}: {progress_words(one)}{' behind' * bool(one.behind)}{waits}"
    if sample.alarms is None:
        why = "the record cannot be read now" if sample.recorded else "no program records this chamber"
        yield f"Alarms    not known: {why}"
    elif not sample.alarms:
        yield "Alarms    none wants attention"
    else:
        yield f"Alarms    {counted(len(sample.alarms), 'wants', 'want')} attention"
        rows = [
            (f"  {one.severity.value}", one.state.value, clean(one.rule, 40), clean(one.text, 120))
            for one in sample.alarms
        ]
        yield from table(rows)
    shown = [channel for channel in sample.snapshot.channels if not channel.hidden]
    yield ""
    yield from table(
        [("quality", "channel", "value", "age", "name"), *map(_channel_row, shown)], right=(2, 3)
    )
    if left_out := sample.snapshot.counters.left_out:
        yield ""
        yield left_out


def _run_words(sample: StatusSample, zone: tzinfo | None) -> str:
    run, progress = sample.snapshot.run, sample.progress
    if not _running(sample):
        state = _state(sample)
        return "unknown: the chamber does not report it" if state == "UNKNOWN" else state
    said = "RUNNING" + (f' "{run.recipe}"' if run.recipe else "")
    if run.step is not None:
        said += f", {item_words(run.step, run.steps, progress.segment)}"
        said += f" ({progress.label})" if progress.label else ""
    if progress.elapsed is not None and not (progress.elapsed_is_least and progress.elapsed < 1):
        least = "at least " if progress.elapsed_is_least else ""
        said += f", for {least}{format_duration(progress.elapsed)}"
    if progress.left is not None and progress.ends_utc is not None:
        ends = datetime.fromtimestamp(progress.ends_utc, UTC).astimezone(zone).isoformat(" ", "minutes")
        about = "about " if progress.basis else ""
        said += f"; {about}{format_duration(progress.left)} left, ends {about}{ends}"
    return said


def _recorder_words(sample: StatusSample) -> str:
    if not sample.recorded:
        return "no program records this chamber on this machine"
    return f"{f'process {sample.pid}' if sample.pid else 'another process'} records it in {sample.record}"


def _channel_row(channel: ChannelView) -> tuple[str, ...]:
    value = _UNKNOWN
    if channel.quality in (Quality.GOOD, Quality.STALE):
        value = channel.text or _UNKNOWN
        if channel.value is not None and not channel.is_bool:
            value = quantity(channel.value, channel.unit, log=channel.log)
    elif channel.problem:
        value = clean(channel.problem, 60)
    age = _UNKNOWN if channel.age is None else format_duration(channel.age)
    return channel.quality.value, clean(channel.label, 40), value, age, clean(channel.name, 60)
