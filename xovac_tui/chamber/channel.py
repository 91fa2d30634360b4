"""A channel: one leaf of one message, followed through time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from xovac_tui.api.contract import LeafSpec, Origin
from xovac_tui.api.payload import Leaf
from xovac_tui.chamber.history import QUIET, History
from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.text import clean

STALE_PERIODS = 3.0
"""A channel is stale after this many of its own usual periods."""
STEADY_SECONDS = 3.0
"""Seconds that a message must have come at its pace before its silence says something of the whole link."""
ONCE_SECONDS = 60.0
"""Seconds after which a value that came only once counts as stale: its usual period is unknown."""
LONGEST_TEXT = 64
"""Characters of text that still make a channel; longer ones are read in the Log."""
_RATE_EVERY = 2.0
"""Seconds between two values with which the shown change per minute is worked out."""
_KEPT_TEXT = 200
"""Characters of the newest text that are kept as they came, to be read anew by another contract."""
INTERVALS = 8
"""The newest pauses between messages, of which the usual one is taken."""


def usual(intervals: Sequence[float]) -> float | None:
    """Return the usual pause of a message by its newest ones (`INTERVALS` at the most), in seconds.

    It is the second longest: a burst does not shorten it, and one silence does not lengthen it. None: two
    pauses at least are needed.
    """
    return sorted(intervals)[-2] if len(intervals) >= 2 else None


class Stream:
    """The pace of one message event: how often it usually comes."""

    __slots__ = ("_intervals", "_steady", "beats", "breaks", "last", "name", "period")

    def __init__(self, name: str) -> None:
        self.name = name
        self.last: float | None = None
        self.period: float | None = None
        """Usual seconds between messages; None until two intervals were seen."""
        self.beats = self.breaks = 0
        """Messages that came, and losses of the link."""
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._steady = 0.0

    @property
    def steady(self) -> bool:
        """True once it came at its pace for a while; a burst of greetings does not, however regular."""
        return self._steady >= STEADY_SECONDS

    def beat(self, mono: float) -> None:
        """Note that the message came."""
        self.beats += 1
        if self.last is not None:
            interval = max(0.0, mono - self.last)
            self._intervals.append(interval)
            self.period = usual(self._intervals)
            if self.period is not None:
                on_time = interval <= max(STALE_PERIODS * self.period, STEADY_SECONDS)
                self._steady = self._steady + interval if on_time else 0.0
        self.last = mono

    def pause(self) -> None:
        """Note that the link broke: the silence until the next message says nothing about the pace."""
        self.breaks += 1
        self.last = None

    def apart(self, last: float, missed: int) -> Stream:
        """Return the pace of a leaf that came last at `last`, and not with the newest `missed` messages."""
        own = Stream(self.name)
        own.last = last
        known = list(self._intervals)
        own._intervals.extend(known[: max(0, len(known) - missed)])
        own.period = usual(own._intervals)
        return own

    def limit(self, stale_after: float) -> float:
        """Return after how many seconds of silence it is stale."""
        if self.period is None:
            return max(ONCE_SECONDS, stale_after)
        return max(STALE_PERIODS * self.period, stale_after)


class Extremes:
    """The lowest and the highest value since they were read last, so that no spike goes by unseen."""

    __slots__ = ("high", "low")

    def __init__(self) -> None:
        self.low = math.inf
        self.high = -math.inf

    def take(self, value: float) -> None:
        """Take a value."""
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value

    def clear(self) -> None:
        """Begin anew: no value came since."""
        self.low, self.high = math.inf, -math.inf


class Channel:
    """One leaf's newest value and history. Mutable, private to the chamber; faces get `ChannelView`s."""

    def __init__(self, full_name: str, stream: Stream, spec: LeafSpec | None, origin: Origin | None) -> None:
        self.full_name = full_name
        self.stream = stream
        self.spec = spec or LeafSpec(path=full_name)
        self.origin = origin
        self.history = History(self.spec.resolution, self.spec.uncertainty)
        self.value: float | None = None
        self.text = ""
        self.is_bool = False
        self.seen: float | None = None
        self.order = 0
        self.watch: Extremes | None = None
        """What came since the last evaluation of an alarm; None where no alarm evaluates this channel."""
        self.problem = ""
        """Why the newest value does not count, as a clause; empty where it does, or is none."""
        self.meant: Leaf = None
        """What the newest value means: decimal text is a number, what does not count is None."""
        self._came: Leaf = None
        """The newest value as it came."""
        self._validity = self.spec.validity
        self._every_number = self._validity is None or not self._validity.bounds
        """Every number counts, so that the rule need not be asked of one."""
        self._fault = False
        self._own: Stream | None = None
        """Its own pace, once messages of its event came without it."""
        self._beats = self._breaks = 0
        """Of its stream, when it came last."""
        self._rate: float | None = None
        self._rate_for = -math.inf
        """When the newest value came that the rate was worked out with, monotonic seconds."""

    @property
    def name(self) -> str:
        """Short name where the contract gives one, else `event.path`."""
        return self.spec.channel or self.full_name

    def feed(self, leaf: Leaf, mono: float) -> Leaf:
        """Take a new value; return what it means: decimal text its number, what does not count None.

        What does not count by the contract is none from here on, for every reader.
        """
        if self._own is not None or self.stream.beats - self._beats > 1:
            self._beat(mono)
        self._beats = self.stream.beats
        self.seen = mono
        self._came = leaf[:_KEPT_TEXT] if isinstance(leaf, str) else leaf
        self._fault = False
        problem = ""
        if self._validity is not None and not (self._every_number and isinstance(leaf, float)):
            leaf, problem = self._validity.read(leaf)
        self.problem = clean(problem, 80) if problem else ""
        if problem:
            leaf = None
            self.is_bool, self.text = False, ""
            self._break(mono)
        elif isinstance(leaf, float):
            self.is_bool, self.text = False, ""
            if math.isfinite(leaf):
                self.value = leaf
                self.history.add(mono, leaf)
                if self.watch is not None:
                    self.watch.take(leaf)
            else:
                self._break(mono)
        elif isinstance(leaf, bool):
            self.is_bool, self.text, self.value = True, "on" if leaf else "off", float(leaf)
            self.history.add(mono, self.value)
        elif isinstance(leaf, str):
            self.is_bool, self.text, self.value = False, clean(leaf, LONGEST_TEXT), None
        else:
            self.text = ""
            self._break(mono)
        self.meant = leaf
        return leaf

    def respec(self, spec: LeafSpec | None, origin: Origin | None) -> None:
        """Be what another contract says from now on; None: it says nothing of this channel any more.

        The newest value is read anew; the history stays as it was judged when it came.
        """
        before, self.spec, self.origin = self.spec, spec or LeafSpec(path=self.full_name), origin
        self.history.restate(self.spec.resolution, self.spec.uncertainty)
        self._rate_for = -math.inf
        if (before.unit, before.role, before.valid, before.invalid) == (
            self.spec.unit,
            self.spec.role,
            self.spec.valid,
            self.spec.invalid,
        ):
            return
        self._validity = self.spec.validity
        self._every_number = self._validity is None or not self._validity.bounds
        if self.watch is not None:
            self.watch.clear()
        if self.seen is not None:
            self._read_anew()

    def _read_anew(self) -> None:
        """Read the newest value by the rule of now; nothing goes into the history, which has it."""
        leaf, problem = self._came, ""
        if self._validity is not None:
            leaf, problem = self._validity.read(leaf)
        self.problem = clean(problem, 80) if problem else ""
        leaf = None if problem else leaf
        self.is_bool, self.text, self.value = isinstance(leaf, bool), "", None
        if isinstance(leaf, bool):
            self.text, self.value = "on" if leaf else "off", float(leaf)
        elif isinstance(leaf, str):
            self.text = clean(leaf, LONGEST_TEXT)
        elif isinstance(leaf, float) and math.isfinite(leaf):
            self.value = leaf
        self._fault = self.value is None and not isinstance(leaf, str)
        self.meant = leaf

    @property
    def pace(self) -> Stream:
        """How often it comes: as its message does, unless some of them come without it."""
        return self._own or self.stream

    def _beat(self, mono: float) -> None:
        """Note that it came, of some messages."""
        stream = self.stream
        if self._own is None:
            if self.seen is None:
                self._breaks = stream.breaks
                return
            self._own = stream.apart(self.seen, stream.beats - self._beats)
        if stream.breaks != self._breaks:
            self._own.pause()
            self._breaks = stream.breaks
        self._own.beat(mono)

    def _break(self, mono: float) -> None:
        self.value = None
        self._fault = True
        self.history.add(mono, math.nan)

    def quality(self, now: float, *, linked: bool, stale_after: float) -> Quality:
        """Return how far the value may be believed at `now`."""
        if self.seen is None:
            return Quality.NO_DATA
        if not self.arrives(now, linked=linked, stale_after=stale_after):
            return Quality.STALE
        return Quality.BAD if self._fault else Quality.GOOD

    def arrives(self, now: float, *, linked: bool, stale_after: float) -> bool:
        """Return whether its message comes as usual, with or without a usable value."""
        return linked and self.seen is not None and now - self.seen <= self.pace.limit(stale_after)

    @property
    def given(self) -> str:
        """The name that the contract gives it for people, else for programs; empty where it gives none."""
        return self.spec.label or self.spec.channel

    def view(self, now: float, *, label: str, linked: bool, stale_after: float) -> ChannelView:
        """Return the frozen picture of this channel at `now`; `label` is what it is called."""
        spec = self.spec
        age = None if self.seen is None else max(0.0, now - self.seen)
        quality = self.quality(now, linked=linked, stale_after=stale_after)
        pace = self.pace.period
        return ChannelView(
            name=self.name,
            full_name=self.full_name,
            label=label,
            unit=spec.unit,
            value=self.value,
            text=self.text,
            quality=quality,
            age=age,
            period=pace,
            overdue=age is not None
            and (quality is Quality.STALE or age > (2 * pace + 0.5 if pace else ONCE_SECONDS)),
            per_minute=self._per_minute(now) if quality is Quality.GOOD and not self.is_bool else None,
            pinned=spec.pin,
            log=spec.log,
            hidden=spec.hide,
            role=spec.role,
            origin=self.origin,
            seen_mono=self.seen,
            is_bool=self.is_bool,
            problem=self.problem,
            place=spec.place,
            aliases=spec.aliases,
        )

    def _per_minute(self, now: float) -> float | None:
        if self.value is None or self.seen is None:
            return None
        # A new value alone changes it, and a minute's slope hardly moves in a second. Whether data that
        # stopped still have one, the history knows.
        if self._rate is None or self.seen - self._rate_for >= _RATE_EVERY or now - self.seen > QUIET:
            self._rate = self.history.rate_per_minute(now, self.spec.log)
            self._rate_for = self.seen
        return self._rate
