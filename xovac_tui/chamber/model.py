"""The live model of one chamber: a reducer that events and the time go into, and snapshots come out of."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import msgspec

from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.api.payload import Leaf, leaves, too_long
from xovac_tui.chamber.channel import LONGEST_TEXT, Channel, Stream
from xovac_tui.chamber.history import History
from xovac_tui.chamber.ledger import Ledger
from xovac_tui.chamber.names import shown_names
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.run_state import RunTracker
from xovac_tui.chamber.snapshot import (
    MAX_CHANNELS,
    ChannelView,
    Counters,
    LedgerEntry,
    Mark,
    Quality,
    RunState,
    RunView,
    Snapshot,
)
from xovac_tui.clock import FASTEST
from xovac_tui.displayunits import Phrase
from xovac_tui.units import converted, to_celsius, to_mbar

DATA_STOPPED = LinkReason(LinkCode.DATA_STOPPED, "The data have stopped; the connection is open.")
NO_PONG = LinkReason(LinkCode.NO_PONG, "The connection is open, but the server answers no ping.")
_PACE_SETTERS = 30.0
"""Seconds; message streams that come at least this often decide whether the link is STALE."""
_KEEP_MARKS = 500
_LONGEST_PATH = 300
"""Characters of a leaf's path that still makes a channel: names are kept for good, so they are bounded."""
_LAST_MS = 8.64e15
"""Milliseconds around 1970 beyond which no calendar goes, so that no clock can say them."""
_SHOWN_ENTRIES = 200
_RUN_ROLES = (
    Role.CONTROLLED,
    Role.PRESSURE,
    Role.SETPOINT,
    Role.STATE,
    Role.RECIPE_NAME,
    Role.STEP,
    Role.STEPS,
)
"""What a run is judged by."""

Changes = tuple[LedgerEntry, ...]


class Chamber:
    """Everything that is known about one chamber. Pure: it reads no clock and does no I/O."""

    def __init__(self, contract: Contract, *, stale_after: float = 3.0) -> None:
        self.contract = contract
        self.ledger = Ledger(contract)
        self._stale_after = stale_after
        self._link = LinkView()
        self.link_silent = False
        """The connection is open, and the server gives no sign of life."""
        """Connected, but not even a ping is answered."""
        self._streams: dict[str, Stream] = {}
        self._channels: dict[str, dict[str, Channel]] = {}
        self._by_name: dict[str, Channel] = {}
        self._by_short_name: dict[str, Channel] = {}
        self._by_alias: dict[str, Channel] = {}
        self._by_role: dict[Role, Channel] = {}
        self._count = 0
        self._order: tuple[Channel, ...] | None = None
        self._names: dict[str, str] | None = None
        """What the channels are called, by their full names; None until it is asked for."""
        self._run = RunTracker()
        self._marks: deque[Mark] = deque(maxlen=_KEEP_MARKS)
        self._marks_reported: tuple[Mark, ...] | None = None
        self._new_marks: deque[Mark] = deque(maxlen=_KEEP_MARKS)
        self._events_in = self._malformed = self._left_out = 0
        self._newest: float | None = None
        # Messages with a pinned reading: what the operator takes for "the data" where a contract says so.
        self._vital = _events_with(contract, lambda leaf: leaf.pin)
        self._vital_received = False
        self._judging = _events_with(contract, lambda leaf: leaf.role in _RUN_ROLES)
        self._clock_offset: float | None = None
        self._speed: float | None = None
        for event, message in contract.messages.items():
            stream = self._streams.setdefault(event, Stream(event))
            for leaf in message.leaves:
                self._add_channel(stream, leaf.path, leaf)

    # -- what goes in -------------------------------------------------------------------------------

    def apply(self, event: Event) -> Changes:
        """Take one event; return the ledger entries that it changed."""
        if event.direction is Direction.OUT:
            return ()
        self._events_in += 1
        if event.payload.problem and too_long(event.payload.problem) is None:
            self._malformed += 1
        if event.kind is EventKind.RESPONSE:
            return self.ledger.answer(event)
        return self._message(event)

    def link_changed(self, link: LinkView, utc: float, mono: float) -> Changes:
        """Take a new state of the connection; return the ledger entries that it changed."""
        before, self._link = self._link, msgspec.structs.replace(link, silent=msgspec.UNSET)
        self.link_silent = link.silent is True
        up, was_up = link.word is LinkWord.ONLINE, before.word is LinkWord.ONLINE
        if up and not was_up:
            for stream in self._streams.values():
                stream.pause()
            self._run.relinked()
            if link.session > 1:
                self._mark("online", "link back", utc, mono)
        if was_up and (not up or link.session != before.session):
            self._mark("lost", link.why or "link lost", utc, mono)
            return self.ledger.link_lost(mono)
        return ()

    def change_contract(self, contract: Contract, utc: float, mono: float) -> None:
        """Go by another contract from now on: names, units, roles, which values count, commands.

        Every channel keeps its newest value and its history, by its full name. What the newest values mean
        for the run is worked out anew and is no change that the chamber reports: it makes no mark and
        confirms no command.
        """
        self.contract = contract
        self.ledger.change_contract(contract)
        known, played, self._channels = self._channels, self._by_role, {}
        self._by_name, self._by_short_name, self._by_alias, self._by_role = {}, {}, {}, {}
        self._count = 0
        # In the order in which they would come after a new start.
        for event, message in contract.messages.items():
            stream = self._streams.setdefault(event, Stream(event))
            for leaf in message.leaves:
                channel = known.get(event, {}).pop(leaf.path, None)
                if channel is None:
                    self._add_channel(stream, leaf.path, leaf)
                else:
                    channel.respec(leaf, message.origin)
                    self._place(channel, leaf.path)
        left = [(path, channel) for group in known.values() for path, channel in group.items()]
        for path, channel in sorted(left, key=lambda one: one[1].order):
            # One that never came was there by its name alone.
            if channel.seen is not None:
                channel.respec(None, None)
                self._place(channel, path)
        for event in [event for event, stream in self._streams.items() if not stream.beats]:
            if event not in contract.messages:
                del self._streams[event]
        self._order = self._names = None
        self._take_roles_anew(played, utc, mono)
        self._vital = _events_with(contract, lambda leaf: leaf.pin)
        self._judging = _events_with(contract, lambda leaf: leaf.role in _RUN_ROLES)
        seen = self._newest_of(self._vital)
        self._vital_received = seen is not None
        if self._newest is not None:
            self._newest = seen or self._newest_of(self._channels) or self._newest

    def _newest_of(self, events: Iterable[str]) -> float | None:
        """Return when one of these messages brought a value last; None: never."""
        times = (one.seen for event in events for one in self._channels.get(event, {}).values())
        return max((time for time in times if time is not None), default=None)

    def _take_roles_anew(self, played: Mapping[Role, Channel], utc: float, mono: float) -> None:
        """Work out what the newest values mean by the roles of another contract."""
        for role in (Role.STATE, Role.RECIPE_NAME, Role.STEP, Role.STEPS, Role.SERVER_TIME, Role.SPEED):
            channel = self._by_role.get(role)
            seen = None if channel is None else channel.seen
            if channel is None or seen is None:
                self._run.reread(role, None, None, utc, mono)
                self._clock_offset = None if role is Role.SERVER_TIME else self._clock_offset
                self._speed = None if role is Role.SPEED else self._speed
            elif role not in (Role.SERVER_TIME, Role.SPEED):
                self._run.reread(role, channel.spec, channel.meant, utc - (mono - seen), seen)
            elif played.get(role) is not channel:
                self._take_time(role, channel.meant, utc - (mono - seen))

    def leaf_of(self, full_name: str) -> tuple[str, str]:
        """Return the event and the path of a channel by its full name."""
        channel = self._by_name.get(full_name)
        if channel is None:
            return full_name, ""
        event = channel.stream.name
        return event, full_name[len(event) + 1 :]

    def tick(self, mono: float) -> Changes:
        """Let time pass; return the ledger entries that it changed."""
        return self.ledger.tick(mono)

    def note(self, text: str, utc: float, mono: float, kind: str = "note", phrase: Phrase = ()) -> None:
        """Put a mark on the time axis; `phrase` is the text with its numbers as data."""
        self._mark(kind, text, utc, mono, phrase)

    def copy(self) -> Chamber:
        """Return another one that goes on by itself from here."""
        # What never changes is shared: it is nearly all that is not numbers.
        frozen = [self.contract, *self.ledger.entries, *self._marks, *self._new_marks]
        frozen += [channel.spec for channel in self._by_name.values()]
        return copy.deepcopy(self, {id(one): one for one in frozen})

    # -- what comes out -----------------------------------------------------------------------------

    @property
    def start_seen(self) -> bool:
        """True when the change to RUNNING was seen by this program."""
        return self._run.start_seen

    @property
    def running(self) -> bool:
        """True while the chamber's newest word is that a recipe runs."""
        return self._run.state is RunState.RUNNING

    def judges(self, event: Event) -> bool:
        """Return whether an event may change what a run is judged by (see `observe`)."""
        return event.kind is EventKind.MESSAGE and event.name in self._judging

    @property
    def speed(self) -> float | None:
        """Seconds that pass in a simulated device in one of the clock, as it said last; None: never."""
        return self._speed

    @property
    def linked(self) -> bool:
        """True while the connection is open (fresh or stale)."""
        return self._link.word is LinkWord.ONLINE

    def word(self, mono: float) -> LinkWord:
        """Return the link's word on the screen: STALE where the connection is open but nothing comes."""
        if self._link.word is LinkWord.ONLINE and (self.link_silent or self._data_stopped(mono)):
            return LinkWord.STALE
        return self._link.word

    def link_view(self, mono: float) -> LinkView:
        """Return the connection as a face shows it: STALE in place of ONLINE where the data stopped."""
        link = self._link
        if self.word(mono) is not LinkWord.STALE:
            return link
        why = DATA_STOPPED if self._data_stopped(mono) else NO_PONG
        return LinkView(
            word=LinkWord.STALE,
            since_utc=link.since_utc,
            since_mono=link.since_mono,
            why=why.sentence,
            code=why.code.value,
            rtt=link.rtt,
            session=link.session,
        )

    def take_marks(self) -> tuple[Mark, ...]:
        """Return the marks that were made since this was last asked."""
        made = tuple(self._new_marks)
        self._new_marks.clear()
        return made

    def history(self, name: str) -> History | None:
        """Return the history of the channel with this full name, or None."""
        channel = self._by_name.get(name)
        return channel.history if channel else None

    def find(self, name: str) -> Channel | None:
        """Return the channel with this full name, else the first with this short one; None where none is.

        A short name that a channel had before (its alias) leads to it where no other one has that now.
        """
        return self._by_name.get(name) or self._by_short_name.get(name) or self._by_alias.get(name)

    def label(self, channel: Channel) -> str:
        """Return what a channel is called where it is shown; no other is called the same."""
        if self._names is None:
            self._names = shown_names({one.full_name: one.given for one in self._by_name.values()})
        return self._names[channel.full_name]

    def playing(self, role: Role) -> Channel | None:
        """Return the channel that plays this role, or None."""
        return self._by_role.get(role)

    @property
    def channel_count(self) -> int:
        """How many channels there are."""
        return self._count

    def quality(self, channel: Channel, mono: float) -> Quality:
        """Return how far a channel may be believed at this moment."""
        return channel.quality(mono, linked=self.linked, stale_after=self._stale_after)

    @property
    def has_messages(self) -> bool:
        """True once any message was received."""
        return self._newest is not None

    def open_for(self, mono: float) -> float:
        """Return for how many seconds the connection has been open; 0 where it is not."""
        return max(0.0, mono - self._link.since_mono) if self.linked else 0.0

    def waited_for(self, channel: Channel, mono: float) -> bool:
        """Return whether the connection has been open for longer than a channel may be silent."""
        return self.open_for(mono) > channel.pace.limit(self._stale_after)

    def snapshot(self, utc: float, mono: float) -> Snapshot:
        """Return the whole chamber as it is at this moment."""
        linked = self.linked
        channels = tuple(
            channel.view(mono, label=self.label(channel), linked=linked, stale_after=self._stale_after)
            for channel in self._ordered()
        )
        return Snapshot(
            utc=utc,
            mono=mono,
            link=self.link_view(mono),
            channels=channels,
            run=self._run_view(channels, mono),
            ledger=self.ledger.entries[-_SHOWN_ENTRIES:],
            counters=Counters(
                events_in=self._events_in,
                malformed=self._malformed,
                values_left_out=self._left_out,
            ),
            newest_age=None if self._newest is None else max(0.0, mono - self._newest),
            clock_offset=self._clock_offset,
            marks=self._shown_marks(),
        )

    def observe(self, utc: float, mono: float) -> Observation:
        """Return what a run is judged by at this moment; far cheaper than a snapshot."""
        controlled, setpoint, pressure = (
            self._by_role.get(role) for role in (Role.CONTROLLED, Role.SETPOINT, Role.PRESSURE)
        )
        run, linked, stale_after = self._run, self.linked, self._stale_after

        def arrives(channel: Channel | None) -> bool:
            return channel is not None and channel.arrives(mono, linked=linked, stale_after=stale_after)

        def believed(channel: Channel | None, arrived: bool) -> tuple[float | None, str]:
            return (channel.value, channel.spec.unit) if channel is not None and arrived else (None, "")

        role, arrived = self._by_role.get, arrives(controlled)
        fresh = arrived if controlled else self.word(mono) is LinkWord.ONLINE
        known = arrives(role(Role.STATE)) or (fresh and self._state_holds)
        return Observation(
            mono=mono,
            utc=utc,
            linked=linked,
            fresh=fresh,
            state=run.state if known else RunState.UNKNOWN,
            recipe=run.recipe if arrives(role(Role.RECIPE_NAME)) else None,
            step=run.step if arrives(role(Role.STEP)) else None,
            steps=run.steps if arrives(role(Role.STEPS)) else None,
            target=to_celsius(*believed(setpoint, arrives(setpoint))),
            actual=to_celsius(*believed(controlled, arrived)),
            seen=controlled.seen if controlled else self._newest,
            period=controlled.pace.period if controlled else None,
            pressure=to_mbar(*believed(pressure, arrives(pressure))),
            speed=self._speed,
        )

    # -- inside -------------------------------------------------------------------------------------

    def _message(self, event: Event) -> Changes:
        name = event.name
        stream = self._streams.get(name)
        if stream is None:
            if len(self._streams) >= MAX_CHANNELS:
                self._left_out += 1
                return ()
            stream = self._streams[name] = Stream(name)
        stream.beat(event.mono)
        # An answer to a command or a lesser message must not make old readings look fresh.
        self._vital_received = self._vital_received or name in self._vital
        if name in self._vital or not self._vital_received:
            self._newest = event.mono
        changed: list[LedgerEntry] = []
        known = self._channels.setdefault(name, {})
        for path, leaf in leaves(event.payload.value):
            channel = known.get(path) or self._learn(stream, path, leaf)
            if channel is None:
                continue
            meant = channel.feed(leaf, event.mono)
            if channel.spec.role is not None:
                changed.extend(self._play(channel.spec, meant, event))
        state = self._by_role.get(Role.STATE)
        if state is not None and state.stream is stream and state.seen == event.mono:
            self._run.reported()
        return tuple(changed)

    def _learn(self, stream: Stream, path: str, leaf: Leaf) -> Channel | None:
        """Return a new channel for a leaf without a name, or None for one that makes none."""
        if leaf is None or (isinstance(leaf, str) and len(leaf) > LONGEST_TEXT):
            return None
        if self._count >= MAX_CHANNELS or len(path) > _LONGEST_PATH:
            self._left_out += 1
            return None
        return self._add_channel(stream, path, None)

    def _add_channel(self, stream: Stream, path: str, spec: LeafSpec | None) -> Channel:
        full_name = f"{stream.name}.{path}" if path else stream.name
        origin = spec.origin if spec else None
        channel = Channel(full_name, stream, spec, origin)
        self._place(channel, path)
        self._order = self._names = None
        return channel

    def _place(self, channel: Channel, path: str) -> None:
        """Put a channel behind those that there are, where its names and its role are found."""
        channel.order = self._count
        self._count += 1
        self._channels.setdefault(channel.stream.name, {})[path] = channel
        self._by_name[channel.full_name] = channel
        self._by_short_name.setdefault(channel.name, channel)
        for alias in channel.spec.aliases:
            self._by_alias.setdefault(alias, channel)
        if channel.spec.role is not None:
            self._by_role[channel.spec.role] = channel

    def _ordered(self) -> tuple[Channel, ...]:
        if self._order is None:
            self._order = tuple(
                sorted(self._by_name.values(), key=lambda c: (not c.spec.pin, c.origin is None, c.order))
            )
        return self._order

    def _play(self, spec: LeafSpec, leaf: Leaf, event: Event) -> Changes:
        if spec.role in (Role.SERVER_TIME, Role.SPEED):
            self._take_time(spec.role, leaf, event.utc)
            return ()
        change = self._run.feed(spec, leaf, event.utc, event.mono)
        if change is None:
            return ()
        role, value = change
        if role is Role.STATE:
            kind = "run" if value is RunState.RUNNING else "idle"
            self._mark(kind, f"chamber reports {self._run.word}", event.utc, event.mono)
        elif role is Role.STEP:
            self._mark(
                "step", f"step {value:g}" if isinstance(value, float | int) else "", event.utc, event.mono
            )
        return self.ledger.take_report(role, value, event.mono)

    def _take_time(self, role: Role, leaf: Leaf, utc: float) -> None:
        """Take what the device says of its clock, or of how fast it goes."""
        if role is Role.SPEED:
            if isinstance(leaf, float) and 0 < leaf <= FASTEST:
                self._speed = leaf
        elif isinstance(leaf, float) and abs(leaf) < _LAST_MS:
            self._clock_offset = leaf / 1000 - utc

    def _run_view(self, channels: tuple[ChannelView, ...], mono: float) -> RunView:
        roles: Mapping[Role, ChannelView] = {c.role: c for c in channels if c.role is not None}
        setpoint, controlled, state = (roles.get(r) for r in (Role.SETPOINT, Role.CONTROLLED, Role.STATE))
        unit = controlled.unit if controlled and controlled.unit else "degC"

        def shown(channel: ChannelView | None) -> float | None:
            """Return a temperature in the unit of the controlled one; None where there is none to believe."""
            if channel is None or channel.quality is not Quality.GOOD:
                return None
            return converted(channel.value, channel.unit or "degC", unit)

        return self._run.view(
            stale=state is not None
            and state.quality is Quality.STALE
            and self.observe(0.0, mono).state is RunState.UNKNOWN,
            target=shown(setpoint),
            actual=shown(controlled),
            unit=unit,
        )

    @property
    def _state_holds(self) -> bool:
        """Return whether the newest report of a state that comes on change holds: no link was lost since."""
        state = self._by_role.get(Role.STATE)
        seen = None if state is None else state.seen
        return self._run.on_change and self.linked and seen is not None and seen >= self._link.since_mono

    def _data_stopped(self, mono: float) -> bool:
        """Return whether every message that came regularly is overdue, pinned readings before others."""
        learned = [s for s in self._streams.values() if s.period is not None and s.steady]
        learned = [s for s in learned if s.name in self._vital] or learned
        paced = [s for s in learned if s.period is not None and s.period <= _PACE_SETTERS] or learned
        # A stream that has not arrived since the link came back is judged from that moment.
        up_since = self._link.since_mono
        return bool(paced) and all(
            mono - (up_since if s.last is None else s.last) > s.limit(self._stale_after) for s in paced
        )

    def _shown_marks(self) -> tuple[Mark, ...]:
        """Return the marks as one tuple, the same one until there is another mark."""
        if self._marks_reported is None:
            self._marks_reported = tuple(self._marks)
        return self._marks_reported

    def _mark(self, kind: str, text: str, utc: float, mono: float, phrase: Phrase = ()) -> None:
        mark = Mark(mono, utc, kind, text, phrase)
        self._marks.append(mark)
        self._marks_reported = None
        self._new_marks.append(mark)


def _events_with(contract: Contract, wanted: Callable[[LeafSpec], bool]) -> frozenset[str]:
    """Return the names of the messages that have such a leaf."""
    return frozenset(
        event for event, message in contract.messages.items() if any(wanted(leaf) for leaf in message.leaves)
    )
