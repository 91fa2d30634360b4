"""`xovac-tui forward status|test|forget`: where records are forwarded to, whether that works, and again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec

from xovac_tui.cli.common import echo_result, effective, on_terminal, table
from xovac_tui.cli.named import Named
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo
from xovac_tui.cli.records import RecordSource, find_record, record_options, session_of
from xovac_tui.clock import SystemClock
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.config import Effective
from xovac_tui.config.secrets import read_addresses, sink_secret
from xovac_tui.errors import Exit, SettingsError, XovacError
from xovac_tui.forwarding.failures import SinkError
from xovac_tui.forwarding.kinds import ForwardedChamber, Sink
from xovac_tui.forwarding.progress import SinkProgress, read_progress, unknown_progress
from xovac_tui.forwarding.publisher import KeptState
from xovac_tui.forwarding.sinktrial import Trial, attempt
from xovac_tui.forwarding.wording import failure_sentence, failure_word, lag
from xovac_tui.plural import counted
from xovac_tui.recording.disk.cursors import ForgetAsk
from xovac_tui.recording.disk.lock import WriterLock, is_recorded
from xovac_tui.recording.disk.schema import RecordError, trouble_of
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.text import clean, nearest

_NO_SINK = (
    "Nothing is forwarded: the settings name no store. docs/forwarding.md shows how to write "
    "[[forward.sinks]] into {}."
)
_UNKNOWN = "not known"
_JSON_HELP = "Print one JSON object (docs/scripts.md names its keys)."


@click.command()
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@record_options
@click.pass_context
def status(ctx: click.Context, /, as_json: bool, **_: Any) -> None:
    """Print how far each store of a chamber is, by its record. Connects to nothing.

    Whether a store can be reached now is what `xovac-tui forward test` tells.
    """
    source = find_record(ctx)
    sinks = chosen_sinks(source)
    if not sinks and not as_json:
        echo(_no_sink(source))
        return
    utc = SystemClock().utc()
    found = read_progress(source.path, sinks, utc) if source.path.exists() else unknown_progress(sinks)
    recorded = is_recorded(source.path)
    data = {
        "chamber": source.chamber.name,
        "record": str(source.path) if source.path.exists() else None,
        "recorder": {"recording": recorded, "pid": WriterLock(source.path).holder() if recorded else None},
        "sinks": progress_data(found),
    }
    echo_result(as_json, data, _status_lines(found, recorded=recorded))


def chosen_sinks(source: RecordSource) -> tuple[Sink, ...]:
    """Return the stores that the chamber of a record goes to, by the settings."""
    return source.found.settings.forward.chosen(source.chamber.profile.forward)


def _no_sink(source: RecordSource) -> str:
    if not source.found.settings.forward.sinks:
        return _NO_SINK.format(source.found.path)
    return _none_chosen(source.chamber.name)


def _none_chosen(chamber: str) -> str:
    return (
        f"{clean(chamber, 60)} is forwarded to no store: name one in `to` of [forward], or in "
        "`forward` of its profile."
    )


def progress_data(found: Sequence[SinkProgress]) -> list[dict[str, Any]]:
    """Return how far stores are as data for JSON; null is unknown."""
    rounded = [
        msgspec.structs.replace(one, behind=None if one.behind is None else round(one.behind, 3))
        for one in found
    ]
    return [msgspec.to_builtins(one) for one in rounded]


def _status_lines(found: Sequence[SinkProgress], *, recorded: bool) -> Iterator[str]:
    rows = [("store", "kind", "where", "behind", "events", "entries")]
    rows += [
        (
            one.name,
            one.kind,
            one.where,
            progress_words(one),
            "" if one.events is None else f"{one.events:,}",
            "" if one.entries is None else f"{one.entries:,}",
        )
        for one in found
    ]
    yield from table(rows, right=(4, 5))
    for one in found:
        if one.missed:
            said = counted(one.missed, "event was", "events were")
            yield f"{clean(one.name, 64)}: {said} deleted before they were forwarded."
        if one.forgetting:
            yield f"{clean(one.name, 64)}: everything is sent again, once the chamber is recorded."
    if not recorded:
        yield "No program records this chamber on this machine, so nothing is forwarded now."


def progress_words(one: SinkProgress) -> str:
    """Return how far behind a store is."""
    if not one.history:
        return "newest state only"
    return _UNKNOWN if one.behind is None else lag(one.behind)


@click.command()
@click.argument("name", type=Named(ValueKind.SINK), metavar="[NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@chamber_options
@click.pass_context
def test(ctx: click.Context, /, name: str | None, as_json: bool, **_: Any) -> None:
    """Try every store of the settings, or the one with this NAME: connect, then write nothing that stays.

    With a profile that is named: every store of that chamber, as its recorder would.
    Prints the steps that were done, and why the next one was not. Exit code 0 when all were done, 4 when not.
    """
    found = effective(ctx)
    sinks = _named(found, name)
    chamber = _forwarded(found)
    results = [(one, attempt_sink(one, chamber)) for one in sinks]
    data = {"sinks": [_trial_data(one, trial) for one, trial in results]}
    echo_result(as_json, data, (line for one, trial in results for line in trial_lines(one, trial)))
    ctx.exit(int(Exit.ERROR if any(trial.failure for _, trial in results) else Exit.OK))


def attempt_sink(one: Sink, chamber: ForwardedChamber) -> Trial:
    """Try a store with its secret."""
    return attempt(one, chamber, lambda: sink_secret(one))


def trial_lines(one: Sink, trial: Trial) -> Iterator[str]:
    """Yield how a trial went as lines of text."""
    name, done = clean(one.name, 64), ", ".join(trial.done)
    if trial.failure is not None:
        at = f"after {done}" if done else "at the first step"
        yield f"  !!  {name}: {failure_word(trial.failure)} {at}"
        yield f"      {failure_sentence(trial.failure)}"
    elif trial.done:
        yield f"  ok  {name}: {done}"
    else:
        yield f"  --  {name}: nothing to try; it is {clean(one.where, 200)}"


def _trial_data(one: Sink, trial: Trial) -> dict[str, Any]:
    failure = trial.failure
    return {
        "name": one.name,
        "kind": one.kind,
        "done": list(trial.done),
        "failure": None if failure is None else failure.code.value,
        "status": None if failure is None or not failure.status else failure.status,
        "why": None if failure is None else failure_sentence(failure),
    }


@click.command()
@click.argument("name", type=Named(ValueKind.SINK), metavar="NAME")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@record_options
@click.pass_context
def forget(ctx: click.Context, /, name: str, yes: bool, **_: Any) -> None:
    """Send everything in the record of a chamber to the store NAME again, under the same keys.

    A recorder that runs takes it up within 10 s, else the next one does. At a broker, what it keeps of the
    chamber is cleared instead; the chamber must not be recorded meanwhile.
    """
    source = find_record(ctx)
    (one,) = _named(source.found, name)
    recorded = is_recorded(source.path)
    publisher = _kept_state(one, source)
    if publisher is not None and recorded:
        pid = WriterLock(source.path).holder()
        raise SettingsError(
            f"{clean(source.chamber.name, 60)} is recorded{f' by process {pid}' if pid else ''}, which would "
            "publish everything again. End it first."
        )
    if one.takes_history and not source.path.exists():
        raise RecordError(f"There is no record {source.path}, so nothing was sent from it.")
    _ask(one, source, yes=yes, kept=publisher is not None)
    if one.takes_history:
        _ask_recorder(one, source)
        when = "within 10 s" if recorded else "once the chamber is recorded again"
        echo(f"{clean(one.name, 64)}: everything in {source.path} is sent again, {when}.")
    if publisher is not None:
        try:
            cleared = publisher.forget()
        except SinkError as error:
            echo(f"{clean(one.name, 64)}: {failure_sentence(error.failure)}", err=True)
            ctx.exit(int(Exit.ERROR))
        echo(f"{clean(one.name, 64)}: {counted(cleared, 'topic was', 'topics were')} cleared.")


def _kept_state(one: Sink, source: RecordSource) -> KeptState | None:
    """Return what clears the state that a medium keeps; None where it keeps none."""
    if not one.takes_state:
        return None
    chamber = ForwardedChamber(source.chamber.name, source.found.settings.forward.site)
    try:
        made = one.publisher(chamber, sink_secret(one))
    except SinkError as error:
        raise SettingsError(f"{clean(one.name, 64)}: {failure_sentence(error.failure)}") from None
    if isinstance(made, KeptState):
        return made
    if not one.takes_history:
        raise SettingsError(
            f"{clean(one.name, 64)} keeps nothing of a chamber, so there is nothing to clear."
        )
    return None


def _ask(one: Sink, source: RecordSource, *, yes: bool, kept: bool) -> None:
    if yes:
        return
    name, chamber = clean(one.name, 64), clean(source.chamber.name, 60)
    what = (
        f"clear what {name} keeps of {chamber}"
        if kept and not one.takes_history
        else f"send {name} everything again"
    )
    if not on_terminal():
        raise SettingsError(f"Nothing was done: add --yes to {what}, or run it in a terminal.")
    if not click.confirm(f"{what.capitalize()}?", err=True):
        raise SettingsError("Nothing was done.")


def _ask_recorder(one: Sink, source: RecordSource) -> None:
    clock = SystemClock()
    try:
        writer = Writer(source.path, session_of(source), recording=False, utc=clock.utc(), mono=clock.mono())
        try:
            writer.item(ForgetAsk(sink=one.name))
            writer.commit(clock.utc(), durable=True)
        except BaseException:
            writer.abandon()
            raise
        writer.close(clock.utc())
    except (sqlite3.Error, OSError) as error:
        raise RecordError(
            f"Nothing was done: {source.path} cannot be written ({trouble_of(error)})."
        ) from error


def _named(found: Effective, name: str | None) -> tuple[Sink, ...]:
    """Return the stores of the settings, or the one of this name, with their addresses read."""
    sinks = found.settings.forward.sinks
    if not sinks:
        raise SettingsError(_NO_SINK.format(found.path))
    chosen = tuple(one for one in sinks if name is None or one.name == name)
    if name is None and found.profile:
        chosen = found.settings.forward.chosen(found.resolve()[1].forward)
        if not chosen:
            raise SettingsError(_none_chosen(found.profile))
    if not chosen:
        raise SettingsError(
            f'There is no store "{name}" in {found.path}.{nearest(name or "", [one.name for one in sinks])}'
        )
    return read_addresses(chosen)


def _forwarded(found: Effective) -> ForwardedChamber:
    """Return the chamber of the settings, by whose name a store is tried."""
    try:
        name = found.resolve()[0]
    except XovacError:
        if found.profile or found.url:
            raise
        name = "trial"
    return ForwardedChamber(name, found.settings.forward.site)


def forwarding_lines(found: Effective, name: str, profile_sinks: Sequence[str] | None) -> Iterator[str]:
    """Try the stores of a chamber for `doctor`; yields nothing where there are none."""
    settings = found.settings.forward
    sinks = settings.chosen(profile_sinks)
    if not sinks:
        return
    try:
        read = read_addresses(sinks)
    except SettingsError as error:
        yield from (f"  !!  {sentence}" for sentence in error.sentences)
        return
    for one in read:
        yield from trial_lines(one, attempt_sink(one, ForwardedChamber(name, settings.site)))
