"""Publishes what is recorded as MQTT messages that are not retained: at least once, each with its key.

A broker that was killed may have stored what it did not acknowledge, and gets that again (59 of 3,000 in
three kills of mosquitto 2.0): a reader drops what has a key that it knows.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from xovac_tui.forwarding.batch import Batch, EventRow, LogRow
from xovac_tui.forwarding.engines.mqtt_connection import (
    NO_SUBSCRIBER,
    BrokerConnection,
    BrokerSession,
    MqttAccess,
    is_refused,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_once import try_writing
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics, client_id
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sinksettings import ForwardedChamber

MOST = 500
"""Messages of a batch."""
_KEEPALIVE = 60


class MqttEvents:
    """Publishes batches on one connection, and waits for the answer to each message."""

    most = MOST
    settles, losses = 0.0, 0

    def __init__(self, access: MqttAccess, chamber: ForwardedChamber) -> None:
        self._access, self._topics = access, ChamberTopics(chamber)
        self._codes: set[int] = set()
        """Reason codes of the present batch."""
        self._connection = BrokerConnection(
            access,
            BrokerSession(client_id(chamber, "e"), keepalive=_KEEPALIVE),
            answered=lambda topic, code: self._codes.add(code),
        )

    def open(self) -> None:
        """Connect; raises SinkError."""
        self._connection.open()

    def cursor(self, part: Part, ours: int) -> int:
        """Return the record's cursor: a broker keeps none."""
        return ours

    def send(self, batch: Batch) -> int:
        """Publish a batch, and wait until the broker has taken each message for somebody.

        A message that nobody takes is lost; so where the broker says that of one, all of them wait.
        """
        self._reopen()
        self._codes.clear()
        for topic, payload in self._messages(batch):
            while self._connection.room <= 0:
                self._connection.turn(0.1)
            self._connection.publish(topic, payload, retain=False)
        self._connection.settle()
        wrong = [code for code in self._codes if is_refused(code)]
        if wrong:
            raise refused(wrong[0], self._topics.base)
        if NO_SUBSCRIBER in self._codes:
            raise SinkError(Failure(FailureCode.NOBODY, status=NO_SUBSCRIBER), SinkRemedy.WAIT)
        return 0

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used: connect, then write what is not kept."""
        yield from try_writing(self._access, self._topics.trial)

    def confirm(self) -> None:
        """Do nothing: what is confirmed stays."""

    def close(self) -> None:
        """Take leave."""
        self._connection.close()

    def _reopen(self) -> None:
        """Connect again where the connection was lost while there was nothing to send."""
        try:
            self._connection.turn(0.0)
        except SinkError:
            self._connection.open()

    def _messages(self, batch: Batch) -> Iterator[tuple[str, bytes]]:
        for row in batch.events:
            yield self._topics.event(row.event), event_payload(row)
        for entry in batch.log:
            yield self._topics.log(entry.kind), log_payload(entry)


def event_payload(row: EventRow) -> bytes:
    """Return a message of the chamber as JSON: `key`, `t` in UTC seconds, `event`, `values`, `texts`."""
    reported = {"key": row.key.text, "t": row.utc / 1e6, "event": row.event, "values": dict(row.values)}
    return msgspec.json.encode(reported | ({"texts": dict(row.texts)} if row.texts else {}))


def log_payload(row: LogRow) -> bytes:
    """Return an entry of the log as JSON; `ended` is there for a run that has ended."""
    reported = {
        "key": row.key.text,
        "t": row.utc / 1e6,
        "kind": row.kind,
        "title": row.title,
        "state": row.state,
        "text": row.text,
        "who": row.who,
    }
    return msgspec.json.encode(reported | ({} if row.ended is None else {"ended": row.ended / 1e6}))
