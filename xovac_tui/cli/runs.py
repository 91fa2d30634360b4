"""`xovac-tui runs`: list the runs and sessions of a record by the ids that other commands take."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from xovac_tui.cli.common import iso, json_line, table
from xovac_tui.cli.output import echo_data, echo_lines
from xovac_tui.cli.records import (
    RecordSource,
    Ticker,
    find_record,
    missing,
    print_note,
    record_options,
    size_of,
)
from xovac_tui.durations import format_duration
from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.kinds import RecordedRun, RecordedSession
from xovac_tui.recording.disk.lists import axis_of, find_span, load, sessions, span_of
from xovac_tui.recording.disk.lists import runs as runs_of
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.recording.disk.pieces import Unread
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.parts import check, open_still, part_of
from xovac_tui.text import clean

_UNKNOWN = "—"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_options
@click.pass_context
def runs(ctx: click.Context, /, as_json: bool, **_: Any) -> None:
    """List the recorded sessions and runs, newest last.

    A session (s3) is the life of a recorder, a run (r12) the execution of a recipe in it. `last` is the
    newest of either, `all` the whole record. Damage in the record is listed, too.
    """
    source = find_record(ctx)

    with open_still(source.path) as opened:
        print_note(opened)
        listed = _ListedRun(opened, held=is_recorded(source.path))
        if as_json:
            echo_data(json_line(listed.data()))
            return
        echo_lines(listed.lines(source))


class _ListedRun:
    """The runs and sessions of one record."""

    def __init__(self, record: Record, *, held: bool) -> None:
        self._record = record
        self._sessions = sessions(record)
        self._runs = runs_of(record)
        self._held = held
        self._axis = axis_of(record)
        self._lost = _checked(record) if self._axis.pieces else None

    def data(self) -> dict[str, Any]:
        """Return the list as data for JSON."""
        return {
            "record": str(self._record.path),
            "bytes": size_of(self._record.path),
            "sessions": [self._session_data(life) for life in self._sessions],
            "runs": [self._run_data(run) for run in self._runs],
            "unreadable": self._lost_data(),
        }

    def lines(self, source: RecordSource) -> list[str]:
        """Return the list as lines of text."""
        size = size_words(size_of(self._record.path))
        sessions = [
            (
                f"s{life.id}",
                source.say(life.started),
                format_duration(life.seconds),
                self._state(life),
                clean(life.who, 40),
                clean(life.program, 40),
            )
            for life in self._sessions
        ]
        ran = [
            (
                run.label,
                clean(run.name, 40) or _UNKNOWN,
                source.say(run.started),
                format_duration(self._seconds(run)) + ("" if run.ended is not None else " so far"),
                clean(run.result, 20) if run.ended is not None or self._held else "end not seen",
                clean(self._who(run), 40),
                _UNKNOWN if run.exported is None else source.say(run.exported),
            )
            for run in self._runs
        ]
        lines = [f"{source.path}: {size}"]
        lines += [missing(self._lost, source)] if self._lost is not None else []
        lines += [""]
        if sessions:
            lines += table([("session", "began", "lasted", "", "who", "program"), *sessions], right=(2,))
        else:
            lines += [
                "No recorder has run for this chamber yet: the record holds only commands and their outcomes."
            ]
        if not ran:
            return [*lines, "", "No run was recorded yet."]
        head = ("run", "recipe", "began", "took", "result", "who", "exported")
        return [*lines, "", *table([head, *ran], right=(3,))]

    def _seconds(self, run: RecordedRun) -> float:
        """Return the seconds that a run took, or has lasted by its newest event."""
        return run.seconds if run.ended is not None else span_of(self._axis, run).seconds

    def _state(self, life: RecordedSession) -> str:
        if life.closed:
            return "ended"
        newest = self._sessions[-1].id == life.id
        return "goes on" if newest and self._held else "was killed or lost power"

    def _who(self, run: RecordedRun) -> str:
        found = load(self._record, run.load) if run.load is not None else None
        if found is not None:
            return found.who
        return next((life.who for life in self._sessions if life.id == run.session), "")

    def _lost_data(self) -> dict[str, Any] | None:
        lost = self._lost
        if lost is None:
            return None
        return {
            "blocks": lost.blocks,
            "events": lost.events,
            "from": iso(lost.start),
            "to": iso(lost.stop),
        }

    def _session_data(self, life: RecordedSession) -> dict[str, Any]:
        return {
            "id": f"s{life.id}",
            "began": iso(life.started),
            "until": iso(life.seen),
            "seconds": round(life.seconds, 3),
            "state": self._state(life),
            "who": life.who,
            "host": life.host,
            "pid": life.pid,
            "program": life.program,
            "profile": life.about.profile,
            "url": life.about.url,
            "contract": list(life.about.contract),
            "speed": life.about.speed,
        }

    def _run_data(self, run: RecordedRun) -> dict[str, Any]:
        return {
            "id": run.label,
            "session": f"s{run.session}",
            "recipe": run.name,
            "began": iso(run.started),
            "ended": iso(run.ended),
            "seconds": round(self._seconds(run), 3),
            "result": run.result,
            "reason": run.reason,
            "who": self._who(run),
            "exported": iso(run.exported),
        }


def _checked(record: Record) -> Unread | None:
    """Read a whole record, and return a sentence for each part that cannot be read."""
    with closing(Ticker("reading the record")) as ticker:
        return check(record, part_of(find_span(record, "all"), None, None, None), ticker)
