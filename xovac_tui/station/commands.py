"""A command from the question to its outcome: checked, guarded, sent once, and followed in the ledger."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from xovac_tui.api.contract import (
    RESERVED_EVENTS,
    STOP_COMMAND,
    CommandSpec,
    Contract,
    FieldType,
    Hazard,
    Origin,
    PayloadField,
)
from xovac_tui.api.forms import check_values, parse_json
from xovac_tui.api.link import LinkWord
from xovac_tui.api.wireform import Sends, WireForm
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.clock import Clock
from xovac_tui.errors import ContractError, LinkError
from xovac_tui.station.confirmation import confirmation
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.setup import LinkPort, Manner
from xovac_tui.text import clean

STOP_AGAIN = 2.0
"""Seconds without an answer after which STOP may be sent once more, if it is asked for once more."""
_DEFAULT_TIMEOUT = 10.0


class Prepared(msgspec.Struct, frozen=True):
    """A command that has passed every check, and exactly what would be sent."""

    spec: CommandSpec
    text: str
    values: Any = None
    agreed: CommandSpec | UnsetType | None = UNSET
    """What the contract said of the command when it was checked; UNSET: that does not matter."""

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Payload of the event."""
        return self.spec.form.put(self.text, self.values)

    @property
    def shown(self) -> str:
        """One clean line to confirm: event and payload, with the form where it is assumed."""
        nothing = self.spec.form.sends is Sends.NOTHING
        words = [clean(self.spec.event, 60), "" if nothing else clean(self.text) or "''"]
        words.append(f"[{clean(self.spec.form_words, 200)}]" if self.spec.form_words else "")
        return " ".join(word for word in words if word)

    def in_form(self, form: WireForm) -> Prepared:
        """Return it in another form; ContractError where its payload cannot be put so."""
        problem = self.spec.form_problem(form)
        if form.sends is Sends.NOTHING and self.text:
            problem = problem or "it has a payload, which would be left out."
        if problem:
            raise ContractError(f"{self.spec.event} cannot be sent in this form: {problem}")
        return msgspec.structs.replace(self, spec=self.spec.in_form(form))


def prepare(contract: Contract, command: str, values: Mapping[str, Any], *, utc: float) -> Prepared:
    """Check a command of the contract at a time in seconds since 1970; ContractError says what is wrong."""
    spec = contract.commands.get(command)
    if spec is None:
        raise ContractError(f'The contract has no command "{command}".')
    if not spec.fields:
        if values:
            raise ContractError(f"{command} takes no payload. Send it without one.")
        return Prepared(spec, "", agreed=spec)
    payload = check_values(spec, values, utc=utc, utc_offset=float(time.localtime(utc).tm_gmtoff))
    return Prepared(spec, json.dumps(payload, ensure_ascii=False, allow_nan=False), payload, spec)


def prepare_raw(contract: Contract, event: str, text: str) -> Prepared:
    """Check an expert's event: any name, and any JSON or nothing."""
    if not event.strip() or not event.isprintable():
        raise ContractError("The event's name is empty or not printable. Type a name such as cancel_recipe.")
    if event in RESERVED_EVENTS:
        raise ContractError(f'socket.io keeps the name "{event}" for itself. Use another event.')
    values = parse_json(text) if text.strip() else None
    agreed = contract.commands.get(event)
    spec = agreed or CommandSpec(
        event, event, hazard=Hazard.CRITICAL, origin=Origin.USER, means="No contract says what this does."
    )
    # What is typed is sent as it is typed; only how the answer comes is the contract's.
    spec = spec.in_form(WireForm(callback=spec.form.callback), spec.form_source)
    fields = (
        tuple(PayloadField(FieldType.JSON, name=name) for name in values) if isinstance(values, dict) else ()
    )
    spec = msgspec.structs.replace(spec, hazard=Hazard.CRITICAL, fields=fields)
    return Prepared(spec, text.strip(), values, agreed)


class Sender:
    """Guards the commands of one chamber, sends each once, and waits for its outcome.

    `changed` takes ledger entries as they change, and hands them back by `took`; `mark` puts a command on the
    time axis.
    """

    link: LinkPort | None = None

    def __init__(
        self,
        chamber: Chamber,
        manner: Manner,
        clock: Clock,
        who: str,
        *,
        changed: Callable[[tuple[LedgerEntry, ...]], None],
        mark: Callable[[str], None],
    ) -> None:
        self.observe = manner.observe_only
        """True while no command can be sent, STOP included."""
        self._chamber = chamber
        self._manner = manner
        self._clock = clock
        self._who = who
        self._changed = changed
        self._mark = mark
        self._waiting: dict[int, asyncio.Future[LedgerEntry]] = {}

    def blocked(self, command: str, *, stop: bool = False) -> Refusal | None:
        """Return why `command` could not be sent now; None when it could. `stop`: by the STOP key."""
        if self.observe:
            return Refusal(RefusalCode.OBSERVED, command, always=self._manner.observe_only)
        mono = self._clock.mono()
        word = self._chamber.word(mono)
        if word not in (LinkWord.ONLINE, LinkWord.STALE):
            return Refusal(RefusalCode.NO_LINK, command, link=word)
        if (
            word is LinkWord.STALE
            and not stop
            and (self._chamber.link_silent or not self._manner.send_when_stale)
        ):
            code = RefusalCode.SILENT if self._chamber.link_silent else RefusalCode.STALE
            # There is always a way to ask for STOP.
            return Refusal(code, command, link=word, stop=command == STOP_COMMAND)
        waiting = self._chamber.ledger.in_flight(command)
        if waiting is None or (stop and mono - waiting.mono >= STOP_AGAIN):
            return None
        return Refusal(RefusalCode.IN_FLIGHT, command, seconds=mono - waiting.mono)

    def refuse(self, refusal: Refusal, text: str = "", *, stop: bool = False) -> LedgerEntry:
        """Note in the ledger that a command was not sent, and why; `text` is its payload."""
        entry = self._chamber.ledger.refuse(
            refusal.command,
            text,
            who=self._who,
            utc=self._clock.utc(),
            mono=self._clock.mono(),
            reason=refusal.sentence,
            stop=stop,
        )
        self._changed((entry,))
        return entry

    async def send_once(
        self, prepared: Prepared, *, session: int, timeout: float | None = None, stop: bool = False
    ) -> LedgerEntry:
        """Send what was prepared, once; return its ledger entry when the outcome is final.

        `timeout` in seconds replaces the contract's. What a guard or the link holds back is `refused`.
        """
        command, link = prepared.spec.event, self.link
        refusal = self.blocked(command, stop=stop)
        if prepared.agreed is not UNSET and prepared.agreed != self._chamber.contract.commands.get(command):
            # What a person has agreed to is not what it would mean now.
            refusal = refusal or Refusal(RefusalCode.OTHER_CONTRACT, command)
        if refusal is not None or link is None:
            refusal = refusal or Refusal(RefusalCode.NO_LINK, command, link=LinkWord.OFFLINE)
            return self.refuse(refusal, prepared.text, stop=stop)
        ledger = self._chamber.ledger
        entry = ledger.open(
            command,
            prepared.text,
            who=self._who,
            utc=self._clock.utc(),
            mono=self._clock.mono(),
            timeout=timeout or prepared.spec.timeout or _DEFAULT_TIMEOUT,
            session=session,
            values=prepared.values,
            stop=stop,
            confirmation=confirmation(),
            spec=prepared.spec,
        )
        future: asyncio.Future[LedgerEntry] = asyncio.get_running_loop().create_future()
        self._waiting[entry.id] = future
        self._changed((entry,))
        try:
            await link.emit(command, *prepared.arguments, callback=prepared.spec.form.callback)
            self._mark(command)
            return await future
        except LinkError as error:
            self._changed((ledger.not_sent(entry.id, str(error)),))
            return ledger.get(entry.id) or entry
        finally:
            self._waiting.pop(entry.id, None)

    def take_outcome(self, entry: LedgerEntry) -> None:
        """Take a ledger entry that has changed, and hand its outcome to the call that waits for it."""
        future = self._waiting.get(entry.id)
        if future is not None and entry.outcome is not Outcome.SENT and not future.done():
            future.set_result(entry)
