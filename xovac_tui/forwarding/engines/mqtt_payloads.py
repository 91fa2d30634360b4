"""What is published of a chamber, and when: without a connection or a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from xovac_tui.api.contract import Role
from xovac_tui.forwarding.engines.mqtt_discovery import Discovery
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary

AT_MOST = 0.9
"""Seconds between two states at least: about one a second."""
AT_LEAST = 8.0
"""Seconds between two states at the most: less than the ten that readers expect, for what is delayed."""
AGAIN = 60.0
"""Seconds after which a channel, an alarm, or what was refused is published again, though nothing changed."""
_MOST_LEFT = 10_000
_OUTSTANDING = (Role.CONTROLLED, Role.PRESSURE)
_FIRST = 4
"""Channels that stand for a chamber of which none stands out."""


class Retained(NamedTuple):
    """What a topic is to hold; an empty payload clears it."""

    topic: str
    payload: bytes


class HeldTopic(msgspec.Struct):
    """What a topic holds."""

    content: object
    """What makes it worth publishing again when it changes."""
    at: float
    """When it was published, monotonic seconds."""


class StateTopics:
    """Says which topics of a chamber are to be published, as the broker has something else there."""

    def __init__(self, chamber: ForwardedChamber, discovery: str = "") -> None:
        """Take the prefix of Home Assistant's discovery; empty: none."""
        self.topics = ChamberTopics(chamber)
        self._discovery = Discovery(chamber, discovery) if discovery else None
        self._ending = f"{self.topics.base}/alarm/", f"{self.topics.base}/channel/"
        """Where a topic that nothing is said of any more says so."""
        self._held: dict[str, HeldTopic] = {}
        """Topic -> what this process published on the present connection."""
        self._refused: dict[str, tuple[float, int]] = {}
        """Topic that the broker did not take -> when it was tried, and its reason code."""
        self._back: float | None = None
        """When a state may be published that came too soon after the one before, monotonic seconds."""
        self._left: set[str] = set()
        """Channels and alarms of which the broker holds something from before."""

    def begin(self) -> None:
        """Publish everything again: of a new connection nothing is known."""
        self._held.clear()
        self._refused.clear()

    def answered(self, topic: str, refused: int, mono: float) -> None:
        """Take note of the broker's answer: the reason code why it did not take a message, 0: it did."""
        if refused:
            self._refused[topic] = mono, refused
        else:
            self._refused.pop(topic, None)

    @property
    def refused(self) -> tuple[str, int] | None:
        """A topic that the broker does not take, and its reason code; None where there is none."""
        return next(((topic, code) for topic, (_, code) in self._refused.items()), None)

    def found(self, topic: str) -> None:
        """Take note of a topic that the broker holds from before, perhaps from another recorder."""
        if topic not in self._held and topic.startswith(self._ending) and len(self._left) < _MOST_LEFT:
            self._left.add(topic)

    def is_more(self, mono: float) -> bool:
        """Return whether something is due at a moment although nothing is new since."""
        return bool(self._left) or (self._back is not None and mono >= self._back)

    def due(self, summary: ChamberSummary, mono: float) -> Iterator[Retained]:
        """Yield what is to be published at a moment in monotonic seconds; taken for published."""
        reported = _state(summary)
        self._back = None
        yield from self._new(
            self.topics.state,
            _steady(reported),
            lambda: msgspec.json.encode(reported),
            mono,
            AT_LEAST,
            AT_MOST,
        )
        gone = {topic for topic in self._held if topic.startswith(self._ending)} | self._left
        self._left.clear()
        for alarm in summary.alarms or ():
            topic = self.topics.alarm(alarm.rule)
            gone.discard(topic)
            yield from self._new(topic, alarm, lambda alarm=alarm: _alarm(alarm, summary.utc), mono, AGAIN)
        for channel in summary.channels:
            topic = self.topics.channel(channel.name)
            gone.discard(topic)
            content = channel.value, channel.quality, channel.unit, channel.label
            yield from self._new(
                topic, content, lambda channel=channel: _channel(channel, summary.utc), mono, AGAIN
            )
        yield from self._ended(gone, summary.alarms is not None, mono)
        if self._discovery is not None:
            for topic, config in self._discovery.of(summary):
                yield from self._new(topic, config, lambda config=config: _json(config), mono, None)

    def _ended(self, gone: set[str], evaluated: bool, mono: float) -> Iterator[Retained]:
        """Yield that channels and alarms are no more, so that nothing old seems to be active or newest."""
        for topic in sorted(gone):
            reported: dict[str, Any] = {"value": None, "quality": "no data"}
            if topic.startswith(self._ending[0]):
                reported = {"state": "normal", "active": False} if evaluated else {"state": "unknown"}
            yield from self._new(topic, reported, lambda reported=reported: _json(reported), mono, None)

    def _new(
        self, topic: str, content: object, payload: Any, mono: float, again: float | None, least: float = 0.0
    ) -> Iterator[Retained]:
        tried = self._refused.get(topic)
        if tried is not None and mono - tried[0] < AGAIN:
            return
        held = self._held.get(topic)
        if held is not None:
            age = mono - held.at
            if held.content == content and (again is None or age < again) and tried is None:
                return
            if age < least:
                self._back = held.at + least
                return
        self._held[topic] = HeldTopic(content, mono)
        yield Retained(topic, payload())


def status(online: bool, utc: float, host: str, own: str, why: str = "") -> bytes:
    """Return the payload of `status` at a moment in UTC seconds; `own` names the process that publishes.

    A last will is made as the connection begins: its `t` is that moment, and `why` says that it was lost.
    """
    reported = {
        "state": "online" if online else "offline",
        "t": round(utc, 3),
        "host": host,
        "id": own,
        "why": why,
    }
    return _json({name: value for name, value in reported.items() if value != ""})


def _state(summary: ChamberSummary) -> ChamberSummary:
    """Return what `state` says: of the channels those that stand out, else the first ones."""
    outstanding = tuple(one for one in summary.channels if one.pinned or one.role in _OUTSTANDING)
    return msgspec.structs.replace(summary, channels=outstanding or summary.channels[:_FIRST])


def _steady(summary: ChamberSummary) -> ChamberSummary:
    """Return it without what changes with time alone."""
    return msgspec.structs.replace(
        summary,
        utc=0.0,
        newest_age=None,
        remaining=None,
        ends=None if summary.ends is None else round(summary.ends / 30) * 30.0,
        record_bytes=None,
        channels=tuple(msgspec.structs.replace(one, age=None) for one in summary.channels),
        sinks=tuple(msgspec.structs.replace(one, behind=0.0, rows=0) for one in summary.sinks),
    )


def _channel(channel: ChannelSummary, utc: float) -> bytes:
    reported = {
        # msgspec writes NaN and infinity as null, as JSON has no other word for them.
        "value": channel.value,
        "unit": channel.unit,
        "quality": channel.quality,
        "t": None if channel.age is None else round(utc - channel.age, 3),
        "name": channel.full_name,
        "label": channel.label,
    }
    return _json(reported)


def _alarm(alarm: AlarmSummary, utc: float) -> bytes:
    reported = {
        "rule": alarm.rule,
        "severity": alarm.severity,
        "state": alarm.state,
        "active": alarm.active,
        "text": alarm.text,
        "since": None if alarm.since is None else round(alarm.since, 3),
        "t": round(utc, 3),
    }
    return _json(reported)


def _json(reported: object) -> bytes:
    return msgspec.json.encode(reported)
