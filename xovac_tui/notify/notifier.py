"""Takes what happens to alarms and has it sent, to each receiver one message at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from xovac_tui.chamber.alarm import AlarmChange, AlarmsView
from xovac_tui.clock import Clock
from xovac_tui.errors import NotifyError
from xovac_tui.notify.heartbeat import Pulse, heartbeat
from xovac_tui.notify.message import Message
from xovac_tui.notify.policy import Policy
from xovac_tui.notify.sending import Sleep, persist, send
from xovac_tui.notify.settings import HEARTBEAT, NotifySettings, Receiver

OnResult = Callable[[str, str], None]
"""Gets the name of a receiver and why it could not be reached; an empty reason: it was."""

log = logging.getLogger(__name__)


class Notifier:
    """Notifies all receivers but those in a terminal. It needs a running loop, and never blocks it.

    While a message is on its way to a receiver, what happens meanwhile waits in that receiver's policy, where
    it is gathered by alarm: nothing here can grow without end.
    """

    def __init__(
        self,
        settings: NotifySettings,
        chamber: str,
        clock: Clock,
        on_result: OnResult,
        *,
        own_rules: Iterable[str] = (),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Take `settings` with addresses read; `own_rules` are alarms about notifications themselves."""
        own_rules = tuple(own_rules)
        self._policies = [Policy(one, chamber, own_rules=own_rules) for one in settings.remote]
        self._clock, self._on_result, self._sleep = clock, on_result, sleep
        self._pulse = Pulse(settings.heartbeat) if settings.beats else None
        self._beat = heartbeat(settings.heartbeat, chamber)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """Receiver -> what is on its way to it."""

    def take(self, changes: Iterable[AlarmChange], view: AlarmsView) -> None:
        """Note what happened to alarms, and send at once what is due."""
        changes, mono = tuple(changes), self._clock.mono()
        for policy in self._policies:
            policy.take(changes, mono)
        self._send_due(view)

    def tick(self, view: AlarmsView, *, online: bool) -> None:
        """Send what is due now; to be called about once a second while alarms are evaluated."""
        self._send_due(view)
        pulse = self._pulse
        if pulse is None or HEARTBEAT in self._tasks:
            return
        if pulse.due(self._clock.mono(), online=online):
            self._start(HEARTBEAT, self._call())

    async def close(self, grace: float = 2.0) -> None:
        """Let what is on its way arrive for so many seconds, then give it up."""
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    # -- inside -----------------------------------------------------------------------------------------

    def _send_due(self, view: AlarmsView) -> None:
        for policy in self._policies:
            name = policy.receiver.name
            # One that does not get its message is asked for the next when that has arrived or failed.
            if name in self._tasks:
                continue
            message = policy.due(view, self._clock.mono(), self._clock.utc())
            if message is not None:
                self._start(name, self._deliver(policy, message))

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"notify-{name}")
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks = {name: other for name, other in self._tasks.items() if other is not task}
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("a defect while a receiver was notified", exc_info=error)

    async def _deliver(self, policy: Policy, message: Message) -> None:
        receiver = policy.receiver
        try:
            await persist(lambda: send(receiver, message), sleep=self._sleep)
        except NotifyError as error:
            policy.did_not_arrive(message, self._clock.mono())
            self._report(receiver.name, failure(receiver, error))
        except Exception as error:  # a defect in one of many services must not lose the message
            log.critical("a defect while a receiver was notified", exc_info=error)
            policy.did_not_arrive(message, self._clock.mono())
            said = NotifyError(f"a defect ({type(error).__name__}). The log file has the details.")
            self._report(receiver.name, failure(receiver, said))
        else:
            policy.arrived()
            self._report(receiver.name, "")

    async def _call(self) -> None:
        try:
            await persist(self._beat, sleep=self._sleep)
        except NotifyError as error:
            self._report(HEARTBEAT, f"The {HEARTBEAT} did not arrive: {error}")
        else:
            self._report(HEARTBEAT, "")

    def _report(self, name: str, why: str) -> None:
        if why:
            log.warning("%s", why)
        self._on_result(name, why)


def failure(receiver: Receiver, error: NotifyError) -> str:
    """Return that a receiver could not be reached, as a sentence without its address."""
    return f'No notification reached "{receiver.name}" ({receiver.kind}): {error}'
