"""Reads the state of all chambers from a broker, for the fleet. It publishes nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import msgspec

from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
)
from xovac_tui.forwarding.engines.mqtt_rival import PublishedStatus
from xovac_tui.forwarding.engines.mqtt_topics import ROOT, ChamberTopic, parsed
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.fleetview import SeenChamber
from xovac_tui.forwarding.reports import LARGEST, ReportFault, read_summary
from xovac_tui.forwarding.view import SinkState, SinkView
from xovac_tui.text import clean

MOST_CHAMBERS = 1_000
_TEXT = 200
_STOP_WAIT = 2.0
_LOOK = 0.1
_FIRST_WAIT, _LONGEST_WAIT, _SETTINGS_WAIT = 1.0, 5.0, 60.0


class FleetBook:
    """What came from the broker, chamber by chamber; tolerant of anything. For one thread at a time."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], SeenChamber] = {}
        self.junk = 0
        """Messages that could not be read."""

    def take(self, message: BrokerMessage, mono: float, utc: float) -> None:
        """Take a message at a moment in monotonic and UTC seconds of this machine."""
        where = parsed(message.topic)
        if where is None or where.what not in ("state", "status"):
            return
        key = where.site, where.chamber
        if not message.payload:
            # Its retained topics are cleared: the chamber is to be forgotten.
            self._seen.pop(key, None)
            return
        before = self._seen.get(key)
        if before is None:
            if len(self._seen) >= MOST_CHAMBERS:
                self.junk += 1
                return
            before = SeenChamber(site=where.site, chamber=where.chamber)
        try:
            if len(message.payload) > LARGEST:
                raise ValueError("too large")
            taken = _taken(before, where, message, mono, utc)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self.junk += 1
            return
        self._seen[key] = taken

    def chambers(self) -> tuple[SeenChamber, ...]:
        """Return every chamber, in the order of site and name."""
        return tuple(self._seen[key] for key in sorted(self._seen))


def _taken(
    before: SeenChamber, where: ChamberTopic, message: BrokerMessage, mono: float, utc: float
) -> SeenChamber:
    if where.what == "status":
        told = msgspec.json.decode(message.payload, type=PublishedStatus)
        return msgspec.structs.replace(
            before,
            online={"online": True, "offline": False}.get(told.state),
            why=clean(told.why, _TEXT),
            status_arrived=mono,
            status_live=not message.retained,
        )
    summary = read_summary(message.payload, site=where.site, chamber=where.chamber)
    if isinstance(summary, ReportFault):
        raise ValueError(summary.value)
    if before.summary == summary:
        # What was retained came again, on a new connection: it is as old as it was.
        return before
    return msgspec.structs.replace(
        before,
        summary=summary,
        arrived=mono,
        live=not message.retained,
        clock_ahead=before.clock_ahead if message.retained else summary.utc - utc,
    )


class FleetReader:
    """Follows a broker from a thread of its own."""

    def __init__(
        self,
        name: str,
        access: MqttAccess,
        *,
        mono: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        """Take the name of the sink; `first_wait` is the seconds before the first new try."""
        self._access, self._mono, self._utc, self._first_wait = access, mono, utc, first_wait
        self.view = SinkView(name=name, kind="mqtt")
        """How the connection is; replaced, never changed."""
        self._book = FleetBook()
        self._lock = threading.Lock()
        self._heard = -1.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fleet {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, wait: bool = False) -> None:
        """End; `wait` waits for that, two seconds at the most."""
        self._stopping.set()
        if wait and self._thread.is_alive():
            self._thread.join(_STOP_WAIT)

    def chambers(self) -> tuple[SeenChamber, ...]:
        """Return what is known of every chamber, in the order of site and name."""
        with self._lock:
            return self._book.chambers()

    @property
    def heard(self) -> float | None:
        """When the newest message came, monotonic seconds; None: none came yet."""
        return self._heard if self._heard >= 0 else None

    def _run(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            try:
                self._follow()
            except SinkError as error:
                wrong = error
            except Exception as error:  # a defect here is no reason to leave the thread
                logging.getLogger(__name__).warning("the fleet cannot be read", exc_info=error)
                wrong = SinkError(Failure(FailureCode.DEFECT, type(error).__name__), SinkRemedy.SETTINGS)
            else:
                return
            failed = 0 if self.view.state is SinkState.ON else failed + 1
            settings = wrong.remedy is SinkRemedy.SETTINGS
            self.view = msgspec.structs.replace(
                self.view, state=SinkState.STOPPED if settings else SinkState.WAITING, failure=wrong.failure
            )
            wait = min(_LONGEST_WAIT, self._first_wait * 2.0 ** min(failed, 10))
            self._stopping.wait(_SETTINGS_WAIT if settings else wait)

    def _follow(self) -> None:
        connection = BrokerConnection(self._access, BrokerSession(""), received=self._received)
        try:
            connection.open()
            connection.subscribe(f"{ROOT}/+/+/state", f"{ROOT}/+/+/status")
            self.view = msgspec.structs.replace(self.view, state=SinkState.ON, failure=None)
            while not self._stopping.is_set():
                connection.turn(_LOOK)
        finally:
            connection.close()

    def _received(self, message: BrokerMessage) -> None:
        self._heard = self._mono()
        with self._lock:
            self._book.take(message, self._heard, self._utc())
