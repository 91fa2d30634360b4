"""Reports the chambers on a broker to the fleet. It publishes nothing, and holds no link to any chamber."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from xovac_tui.clock import Clock
from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_rival import PublishedStatus
from xovac_tui.forwarding.engines.mqtt_topics import ROOT, ChamberTopic, parsed
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.reports import (
    SILENT,
    ChamberReport,
    FleetSourceView,
    Presence,
    ReportFault,
    SourceState,
    read_summary,
)

MOST_CHAMBERS = 1_000
_LARGEST_STATUS = 10_000
"""Bytes."""
_LOST = "connection lost"
_STOP_WAIT = 2.0
_LOOK = 0.1
_KEEPALIVE = 5
_FIRST_WAIT, _LONGEST_WAIT, _SETTINGS_WAIT = 1.0, 5.0, 60.0
_PRESENCE = {"online": Presence.HERE, "offline": Presence.GONE}


class FleetBook:
    """The newest report of each chamber on a broker, whatever comes from there."""

    def __init__(self) -> None:
        self._reports: dict[tuple[str, str], ChamberReport] = {}
        """Those that were heard last are at the end."""
        self._news: dict[tuple[str, str], ChamberReport] = {}
        """Those of which something came since they were taken."""

    def receive(self, message: BrokerMessage, mono: float, utc: float) -> None:
        """Take note of a message that came at a moment in monotonic and UTC seconds of this machine."""
        where = parsed(message.topic)
        if where is None or where.what not in ("state", "status"):
            return
        key = where.site, where.chamber
        before = self._reports.pop(key, None)
        if before is None:
            if not message.payload or not self._has_room(mono):
                return
            before = ChamberReport(
                site=where.site, chamber=where.chamber, presence=Presence.UNKNOWN, arrived=mono, heard=mono
            )
        if not message.payload:
            # Its topics were cleared: it is to be forgotten.
            self._news[key] = msgspec.structs.replace(before, presence=Presence.GONE, heard=mono)
            return
        read = _with_status if where.what == "status" else _with_state
        self._reports[key] = self._news[key] = read(before, where, message, mono, utc)

    def _has_room(self, mono: float) -> bool:
        """Return whether one more has room; a silent chamber gives up its place for one that reports."""
        if len(self._reports) < MOST_CHAMBERS:
            return True
        oldest, report = next(iter(self._reports.items()))
        if mono - report.heard <= SILENT:
            return False
        del self._reports[oldest]
        return True

    def take(self) -> Sequence[ChamberReport]:
        """Return the report of each chamber of which something came since this was last asked."""
        news, self._news = self._news, {}
        return tuple(news.values())


def _with_status(
    before: ChamberReport, where: ChamberTopic, message: BrokerMessage, mono: float, utc: float
) -> ChamberReport:
    presence, gone_for = Presence.UNKNOWN, None
    try:
        if len(message.payload) > _LARGEST_STATUS:
            raise ValueError("too large")
        reported = msgspec.json.decode(message.payload, type=PublishedStatus)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        reported = None
    if reported is not None:
        presence = _PRESENCE.get(reported.state, Presence.UNKNOWN)
    if presence is Presence.GONE and reported is not None:
        # A last will was made when the connection began: its time says nothing. The newest state does.
        summary = before.summary
        since = reported.t if reported.why != _LOST else None if summary is None else summary.utc
        gone_for = 0.0 if not message.retained else None if since is None else max(0.0, utc - since)
    return msgspec.structs.replace(before, presence=presence, gone_for=gone_for, heard=mono)


def _with_state(
    before: ChamberReport, where: ChamberTopic, message: BrokerMessage, mono: float, utc: float
) -> ChamberReport:
    found = read_summary(message.payload, site=where.site, chamber=where.chamber)
    if isinstance(found, ReportFault):
        return msgspec.structs.replace(before, fault=found, heard=mono)
    if found == before.summary:
        # What the broker keeps came again, on a new connection: it is as old as it was.
        return before
    gone_for = before.gone_for
    if message.retained and before.presence is Presence.GONE and gone_for is None:
        gone_for = max(0.0, utc - found.utc)
    return msgspec.structs.replace(
        before,
        summary=found,
        fault=None,
        arrived=mono,
        age=max(0.0, utc - found.utc) if message.retained else 0.0,
        heard=mono,
        gone_for=gone_for,
        clock_ahead=before.clock_ahead if message.retained else found.utc - utc,
    )


class BrokerFleet:
    """Follows a broker from a thread of its own."""

    def __init__(
        self,
        access: Callable[[], MqttAccess],
        clock: Clock,
        *,
        name: str,
        place: str = "",
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        """Take `access`, called in the thread before each try; `first_wait` is in seconds."""
        self._access, self._clock, self._first_wait = access, clock, first_wait
        self.view = FleetSourceView(name=name, place=place)
        """How the source is; replaced, never changed."""
        self._book = FleetBook()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fleet {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; may be called again."""
        self._stopping.set()

    def take(self) -> Sequence[ChamberReport]:
        """Return the newest report of each chamber of which something came since this was last asked."""
        with self._lock:
            return self._book.take()

    def _run(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            try:
                self._follow()
            except SinkError as error:
                wrong = error
            except Exception as error:  # a defect here is no reason to leave the thread
                logging.getLogger(__name__).warning("a broker cannot be followed", exc_info=error)
                wrong = SinkError(Failure(FailureCode.DEFECT, type(error).__name__), SinkRemedy.SETTINGS)
            else:
                return
            failed = 0 if self.view.state is SourceState.ON else failed + 1
            self._show(SourceState.LOST, wrong.failure)
            wait = min(_LONGEST_WAIT, self._first_wait * 2.0 ** min(failed, 10))
            self._stopping.wait(_SETTINGS_WAIT if wrong.remedy is SinkRemedy.SETTINGS else wait)

    def _follow(self) -> None:
        session = BrokerSession("", keepalive=_KEEPALIVE)
        connection = BrokerConnection(self._access(), session, received=self._received)
        try:
            connection.open()
            connection.subscribe(f"{ROOT}/+/+/state", f"{ROOT}/+/+/status")
            self._heard()
            self._show(SourceState.ON)
            while not self._stopping.is_set():
                connection.turn(_LOOK)
                if connection.denied:
                    raise refused(connection.denied, f"{ROOT}/+/+/state")
            connection.close()
        finally:
            connection.drop()

    def _show(self, state: SourceState, failure: Failure | None = None) -> None:
        self.view = msgspec.structs.replace(self.view, state=state, failure=failure)

    def _heard(self) -> None:
        self.view = msgspec.structs.replace(self.view, heard=self._clock.mono())

    def _received(self, message: BrokerMessage) -> None:
        self._heard()
        with self._lock:
            self._book.receive(message, self._clock.mono(), self._clock.utc())
