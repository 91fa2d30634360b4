"""`xovac-tui wait`: wait until a condition of the chamber is true."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from xovac_tui.analysis.values import ChamberValues
from xovac_tui.api.event import EventKind
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.chamber.news import LinkChanged
from xovac_tui.cli.common import effective, table
from xovac_tui.cli.link import asked, beside
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.stderr import StderrLines
from xovac_tui.compose import chambers, stations
from xovac_tui.durations import format_duration
from xovac_tui.errors import LinkError, WaitTimeoutError
from xovac_tui.expressions import ConditionPart, Expression, ExpressionError, parse_condition
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.text import clean, nearest
from xovac_tui.units import DAY

LONGEST = 30 * DAY
"""Seconds."""
_SHORTEST_WAIT = 0.05
"""Shortest time between two evaluations, seconds."""
_LONGEST_WAIT = 0.25
"""Longest time between two evaluations, seconds: time alone can change the result."""
_FIRST_DATA = 3.0
"""Seconds after connecting to wait for the first message, before missing values count."""
_REPORT_EVERY = 300.0
"""Seconds between two progress lines if they are kept; on a terminal one line is rewritten."""
_REWRITE_EVERY = 1.0
_LONGEST_HINT = 200
"""Longest hint, characters: there may be thousands of channels."""
_MARKS = {True: "[x]", False: "[ ]", None: "[?]"}
_WORDS = {True: "true", False: "not true", None: "unknown"}


@click.command()
@click.option(
    "--until", metavar="EXPR", required=True, help='Condition, such as "pressure < 1e-3 mbar and step >= 3".'
)
@click.option("--timeout", type=Seconds(0.1, LONGEST), metavar="6h", help="Give up after this time.")
@click.option(
    "--for", "held", type=Seconds(0, LONGEST), default=0.0, metavar="5s", help="It must be true for so long."
)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing while waiting.")
@connecting_options
@click.pass_context
def wait(
    ctx: click.Context, /, until: str, timeout: float | None, held: float, quiet: bool, **_: Any
) -> None:
    """Wait until a condition of the chamber is true. Never sends anything.

    Stale or missing values are unknown and never count as true. Reconnects after a lost link. Progress goes
    to stderr. Exit codes: 0 came true, 7 not true in time, 2 the condition cannot be understood, 6
    never connected. docs/scripts.md explains the language.
    """
    found = effective(ctx)
    chamber = chambers.resolve(found)

    expression = parse_condition(until)
    station = asked(stations.looking(found, chamber))
    values = stations.values(chamber, station.chamber, station.history, station.runs.times)
    # The contract alone shows units that do not fit together.
    expression.true(values)
    report = WaitReport(station.name, quiet=quiet)
    try:
        asyncio.run(_wait(station, expression, values, report, timeout, held))
    finally:
        report.close()


async def _wait(
    station: LiveStation,
    expression: Expression,
    values: ChamberValues,
    report: WaitReport,
    timeout: float | None,
    held: float,
) -> None:
    waiting = Waiting(station, expression, values, report, held)
    unsubscribe = station.subscribe(waiting.take_news)
    async with beside(waiting.take_events()), station:
        try:
            async with asyncio.timeout(timeout):
                await waiting.until_true()
        except TimeoutError:
            raise waiting.timeout_error(timeout or 0.0) from None
        finally:
            # The end of the link with this program is not reported.
            unsubscribe()


class Waiting:
    """One condition, evaluated until it is true."""

    def __init__(
        self,
        station: LiveStation,
        expression: Expression,
        values: ChamberValues,
        report: WaitReport,
        held: float,
    ) -> None:
        self._station, self._expression, self._values = station, expression, values
        self._report, self._needed = report, held
        self._began = station.clock.mono()
        self._changed = asyncio.Event()
        self._connected: float | None = None
        """Monotonic time of the first connection."""
        self._received = False
        """A message has come."""
        self._since: float | None = None
        """Monotonic time since which it is true."""
        self._understood = False
        """It was evaluated once on data of the chamber, so its units fit together."""
        self._hopeless: LinkView | None = None
        self._named = False

    def take_news(self, news: News) -> None:
        """Handle news of the link at once."""
        if not isinstance(news, LinkChanged):
            return
        link = news.link
        if link.word is LinkWord.ONLINE and self._connected is None:
            self._connected = self._station.clock.mono()
        if link.word is LinkWord.OFFLINE and link.why:
            # The address or certificate is wrong, so another attempt would fail, too.
            self._hopeless = link
        self._report.say(link.spoken)
        self._changed.set()

    async def take_events(self) -> None:
        """Request an evaluation for each event that arrives."""
        async for event in self._station.events():
            self._received = self._received or event.kind is EventKind.MESSAGE
            self._changed.set()

    async def until_true(self) -> None:
        """Return once the condition has been true for as long as asked; raises LinkError."""
        while not self.evaluate():
            if self._hopeless:
                raise self._hopeless.error()
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LONGEST_WAIT):
                    await self._changed.wait()
            await asyncio.sleep(_SHORTEST_WAIT)

    def evaluate(self) -> bool:
        """Evaluate the condition once; return whether the waiting is over."""
        clock = self._station.clock
        now = clock.mono()
        self._values.at(clock.utc(), now)
        if self._connected is None or not (self._received or now - self._connected >= _FIRST_DATA):
            return False
        self._name_missing()
        try:
            true = self._expression.true(self._values)
        except ExpressionError:
            # One odd message ("n/a" in place of a number) must not end a wait of hours.
            if not self._understood:
                raise
            self._since = None
            return False
        self._understood = self._understood or self._received
        if true is True:
            self._since = now if self._since is None else self._since
            if now - self._since >= self._needed:
                self._report.say(f"true after {format_duration(now - self._began)}")
                return True
        else:
            self._since = None
        self._report.show(now, now - self._began, lambda: self._expression.parts(self._values))
        return False

    def _name_missing(self) -> None:
        """Report once which channels have not arrived, because a name may be mistyped."""
        if self._named:
            return
        self._named = True
        missing = [name for name in self._expression.channels if not self._values.known(name)]
        if missing:
            channels = self._station.snapshot().channels
            names = {name for channel in channels for name in (channel.name, channel.full_name)}
            for name in missing:
                hint = nearest(name, names)
                hint = hint if len(hint) < _LONGEST_HINT else " `xovac-tui status` lists those that have."
                self._report.say(f'No channel "{name}" has come yet.{hint}')

    def timeout_error(self, timeout: float) -> WaitTimeoutError | LinkError:
        """Return the error for a condition that did not come true within `timeout` seconds."""
        said = format_duration(timeout)
        if self._connected is None:
            link = self._station.status
            sentence = f"{self._station.manner.address} was not reached in {said}. {link.why}".rstrip()
            return LinkError(sentence, link.code or LinkCode.NOT_REACHED)
        now = self._station.clock.mono()
        if self._since is not None:
            so_far, needed = format_duration(now - self._since), format_duration(self._needed)
            return WaitTimeoutError(
                f"The {said} are over: it was true for {so_far} of the last {needed} only."
            )

        try:
            parts = [part for part in self._expression.parts(self._values) if part.true is not True]
        except ExpressionError as error:
            return WaitTimeoutError(f"{not_in_time(timeout)}. {error}")
        lines = table([(f"  {_WORDS[part.true]}", part.text, part.reported) for part in parts])
        return WaitTimeoutError(f"{not_in_time(timeout)}:", *lines)


def not_in_time(timeout: float) -> str:
    """Return what is reported of a condition that did not come true within `timeout` seconds."""
    return f"It did not come true in {format_duration(timeout)}"


class WaitReport:
    """Reports the waiting on stderr: on a terminal one line that is rewritten, else a line now and then."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        self._name = name
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()

        self._out = StderrLines()
        self._reported: float | None = None
        self._shown = 0
        """Characters of the line that is rewritten."""

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if not self._quiet:
            self._wipe()
            self._out.line(f"{self._name}: {text}")

    def show(self, now: float, waited: float, parts: Callable[[], Sequence[ConditionPart]]) -> None:
        """Show the parts of the condition and their values, if the last report is old enough."""
        every = _REWRITE_EVERY if self._terminal else _REPORT_EVERY
        if self._quiet or (self._reported is not None and now - self._reported < every):
            return
        self._reported = now

        # The unfulfilled parts come first: the line may have no room for more.
        shown = sorted(parts(), key=lambda part: part.true is True)
        shown_parts = "  ".join(f"{_MARKS[part.true]} {part.text}: {part.reported}" for part in shown)
        line = clean(f"{self._name}: waits {format_duration(waited)}  {shown_parts}")
        if not self._terminal:
            self._out.line(line)
            return
        room = max(20, shutil.get_terminal_size().columns - 1)
        line = line if len(line) <= room else line[: room - 3] + "..."
        self._shown = self._out.rewrite(line, self._shown)

    def close(self) -> None:
        """Erase the line, and wait until everything is written or not read any more."""
        self._wipe()
        self._out.close()

    def _wipe(self) -> None:
        if self._shown:
            self._shown = self._out.rewrite("", self._shown)
