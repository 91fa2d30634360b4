"""The past of a record, read by a thread of its own: charts show what is known, the rest fills in later."""

from __future__ import annotations

import logging
import math
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.chamber.ring import Bins, laid_over, nothing
from xovac_tui.errors import XovacError
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.past import Past

_KEPT = 256
"""Pictures that are kept, each of some hundred columns."""
_LETTING_GO = 1.0
"""Seconds for which the end waits for a reading that goes on: the record becomes one file after it."""
_FRESH = 0.5
"""Seconds for which the picture of a stretch that is still being written is new enough."""

_Series = tuple[str, int, float, float]
"""Channel, number of columns, their width, and `until`: successive pictures of one chart share them."""


class _Picture(msgspec.Struct):
    bins: Bins
    done: bool
    """False: its end had not been recorded yet, so that it may change."""
    made: float


class BackgroundPast:
    """The same as a `Past`, but every answer comes at once, and is completed by a thread."""

    def __init__(
        self,
        path: Path,
        shift: float,
        began: float,
        first_index: int,
        *,
        contract: Contract | None = None,
        clock: Callable[[], float] = time.monotonic,
        start: bool = True,
    ) -> None:
        """Begin at `first_index`, the index of the first event that is recorded in this program's time.

        `contract` says which values count; without one that of the record's newest recorder does.
        """
        self._contract = contract
        self.began = began
        """Monotonic time at which this program's own histories begin."""
        self.version = 0
        """Goes up with every answer that is new."""
        self.problem = ""
        """Why the record could not be read when that failed first; empty while it never did."""
        self._path, self._shift, self._first_index, self._clock = path, shift, first_index, clock
        self._past: Past | None = None
        self._pictures: OrderedDict[tuple[_Series, float], _Picture] = OrderedDict()
        self._newest: OrderedDict[_Series, Bins] = OrderedDict()
        self._firsts: dict[str, float | None] = {}
        self._end = -math.inf
        self._asked: OrderedDict[tuple[object, ...], Callable[[Past], bool]] = OrderedDict()
        """Jobs that wait, newest of each kind only."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="past", daemon=True)
        if start:
            self._thread.start()

    # -- asked by charts, on the event loop -----------------------------------------------------------

    def window(self, name: str, start: float, end: float, columns: int, until: float = math.inf) -> Bins:
        """Return lowest and highest values per column as far as they are known; never waits.

        What is recorded after `until` may be missing.
        """
        columns = max(1, columns)
        width = (end - start) / columns
        series = (name, columns, round(width, 6), until)
        with self._lock:
            found = self._pictures.get((series, start))
            before = self._newest.get(series)
        if found is None or not (found.done or self._clock() - found.made < _FRESH):
            self._ask(("window", *series), lambda past: self._draw(past, series, start, end))
        if found is not None:
            return found.bins
        return _moved(before, start, width, columns)

    @property
    def end(self) -> float:
        """Monotonic time up to which the record is known to reach; -inf until that was read."""
        self._ask(("end",), self._reach)
        return self._end

    def first(self, name: str) -> float | None:
        """Return the monotonic time from which on the record holds a channel; None until that is known."""
        if name not in self._firsts:
            self._ask(("first", name), lambda past: self._begin(past, name))
        return self._firsts.get(name)

    def judge_by(self, contract: Contract, before: Contract) -> None:
        """Let the values count that do by another contract from now on; the thread draws them anew."""

        def judge(past: Past) -> bool:
            past.judge_by(contract, before)
            with self._lock:
                self._pictures.clear()
            return True

        self._contract = contract
        self._ask(("contract", id(contract)), judge)

    def close(self) -> None:
        """Let the thread end; it lets go of the file by itself, within a moment unless it reads just then."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_LETTING_GO)

    def _ask(self, key: tuple[object, ...], job: Callable[[Past], bool]) -> None:
        with self._lock:
            self._asked[key] = job
        self._wake.set()

    # -- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            self.work()
        if self._past is not None:
            self._past.close()

    def work(self) -> int:
        """Do everything that was asked for, in the thread or a test, and return how many jobs that was."""
        done = 0
        while not self._closed:
            with self._lock:
                if not self._asked:
                    break
                _, job = self._asked.popitem(last=False)
            try:
                if self._past is None:
                    record = Record(self._path)
                    if self._contract is not None:
                        record.judge_by(self._contract)
                    self._past = Past(Windows(record), self._shift, self.began, self._first_index)
                changed = job(self._past)
                self.problem = self.problem or self._past.problem
            except XovacError as error:
                self.problem = self.problem or str(error)
                changed = False
            except Exception as error:  # a chart without its past is no reason to end anything
                logging.getLogger(__name__).warning("the past could not be read", exc_info=error)
                changed = False
            if changed:
                self.version += 1
            done += 1
        return done

    def _draw(self, past: Past, series: _Series, start: float, end: float) -> bool:
        name, columns, _, until = series
        made = self._clock()
        done = min(end, until) <= past.end
        bins = past.window(name, start, end, columns, until)
        with self._lock:
            before = self._pictures.get((series, start))
            self._pictures[(series, start)] = _Picture(bins, done, made)
            self._pictures.move_to_end((series, start))
            self._newest[series] = bins
            self._newest.move_to_end(series)
            for kept in (self._pictures, self._newest):
                if len(kept) > _KEPT:
                    kept.popitem(last=False)
        # One that reaches into the future is read again and again, which is no reason to draw a chart again.
        return before is None or not _alike(before.bins, bins)

    def _reach(self, past: Past) -> bool:
        # It moves with every event, which is no reason to draw anything again.
        self._end = past.end
        return False

    def _begin(self, past: Past, name: str) -> bool:
        self._firsts[name] = past.first(name)
        return True


def _alike(one: Bins, other: Bins) -> bool:
    """Return whether two pictures show the same; NaN is like NaN here."""
    mine, theirs = (
        [array("d", numbers).tobytes() for numbers in (bins.lows, bins.highs, bins.means, bins.counts)]
        for bins in (one, other)
    )
    return mine == theirs


def _moved(bins: Bins | None, start: float, width: float, columns: int) -> Bins:
    """Return the columns of an earlier picture at their places in another one; NaN where it has none."""
    made = nothing(start, start + width * columns, columns)
    if bins is None or width <= 0:
        return made
    by = round((start - bins.start) / width)
    begin, stop = max(0, -by), min(columns, columns - by)
    if begin >= stop:
        return made
    part = slice(begin + by, stop + by)
    shown = Bins(start, width, bins.lows[part], bins.highs[part], bins.means[part], bins.counts[part])
    return laid_over(made, shown, begin)
