"""The command ledger: every command that was asked for, and the one outcome that it came to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from xovac_tui.api.contract import CommandSpec, Confirm, Contract, Role
from xovac_tui.api.event import Event, Form, Payload
from xovac_tui.api.payload import decode, one_line
from xovac_tui.api.wireform import is_callback_answer, try_next
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState
from xovac_tui.chamber.unknown_reasons import UnknownCode, UnknownReason
from xovac_tui.text import clean

LATE_WINDOW = 60.0
"""Seconds after giving up during which a response is still taken to answer that command."""
CONFIRM_WINDOW = 120.0
"""Seconds after sending during which a change in the chamber is taken as the command's effect."""

_RESULTS = {"success": Outcome.SUCCESS, "warning": Outcome.WARNING, "error": Outcome.ERROR}
_replace = msgspec.structs.replace


class Ledger:
    """Commands in the order they were asked for. Pure: times come in as arguments, seconds."""

    def __init__(self, contract: Contract, *, keep: int = 500) -> None:
        self._contract = contract
        self._keep = keep
        self._entries: dict[int, LedgerEntry] = {}
        self._values: dict[int, Any] = {}
        self._specs: dict[int, CommandSpec] = {}
        """Commands as they were sent from here."""
        self._agreed: dict[str, str] = {}
        """Answer -> command, of what was under way when the contract changed."""
        self._unknown: dict[int, UnknownCode] = {}
        self._next_id = 1
        self._first_answerable = 1
        self.unasked = 0
        self.of_another: tuple[str, float] | None = None
        """Command, and monotonic time, of the newest answer to what was not sent from here."""
        """Responses that belong to no command of ours."""

    def change_contract(self, contract: Contract) -> None:
        """Go by another contract from now on; what is under way is still answered as it was sent."""
        self._contract = contract
        under_way = [(self._specs[e.id].ack, e.command) for e in self._sent() if e.id in self._specs]
        self._agreed = {answer: command for answer, command in under_way if answer is not None}

    def waits_for(self, answer: str) -> str:
        """Return the command under way that was sent by a contract before, with this answer; else empty."""
        command = self._agreed.get(answer, "")
        return command if command and self.in_flight(command) is not None else ""

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The entries that are kept, oldest first."""
        return tuple(self._entries.values())

    def get(self, entry_id: int) -> LedgerEntry | None:
        """Return the entry as it is now, or None when it is no longer kept."""
        return self._entries.get(entry_id)

    def why_unknown(self, entry_id: int) -> UnknownCode | None:
        """Return why the outcome of a command sent from here is unknown; None where it is not."""
        return self._unknown.get(entry_id)

    def in_flight(self, command: str) -> LedgerEntry | None:
        """Return the command of this name that still waits for its outcome, or None."""
        return next(
            (e for e in self._entries.values() if e.command == command and e.outcome is Outcome.SENT), None
        )

    def refuse(
        self,
        command: str,
        payload: str,
        *,
        who: str,
        utc: float,
        mono: float,
        reason: str,
        stop: bool = False,
        form: str = "",
    ) -> LedgerEntry:
        """Note a command that a guard held back: nothing was sent."""
        return self._add(
            LedgerEntry(
                self._next_id,
                command,
                payload,
                who,
                utc,
                mono,
                Outcome.REFUSED,
                reason=reason,
                stop=stop,
                form=form,
            )
        )

    def open(
        self,
        command: str,
        payload: str,
        *,
        who: str,
        utc: float,
        mono: float,
        timeout: float,
        session: int,
        values: Any = None,
        stop: bool = False,
        confirmation: str = "",
        spec: CommandSpec | None = None,
    ) -> LedgerEntry:
        """Note a command that is being sent now; without a response in the contract it is done at once.

        `values` is the decoded payload, for confirmations that compare with one of its fields. `spec` is the
        command as it is sent, where that is not as the contract says.
        """
        spec = spec or self._contract.commands.get(command)
        answered = spec is not None and spec.ack is not None
        if not answered:
            self._unknown[self._next_id] = UnknownCode.NOT_DOCUMENTED
        entry = LedgerEntry(
            self._next_id,
            command,
            payload,
            who,
            utc,
            mono,
            Outcome.SENT if answered else Outcome.DONE,
            reason="" if answered else UnknownReason(UnknownCode.NOT_DOCUMENTED).sentence,
            session=session,
            timeout=timeout,
            stop=stop,
            confirmation=confirmation,
            form=spec.form.words if spec is not None else "",
        )
        self._values[entry.id] = values
        if spec is not None:
            self._specs[entry.id] = spec
        return self._add(entry)

    def restore(self, entry: LedgerEntry) -> LedgerEntry:
        """Take a command, or what became of it, as it was recorded; its number is kept."""
        if entry.id not in self._entries:
            self._values[entry.id] = decode(entry.payload).value
            self._next_id = max(self._next_id, entry.id)
            return self._add(entry)
        return self._put(entry)

    def not_sent(self, entry_id: int, reason: str) -> LedgerEntry:
        """Turn an opened entry into `refused`: the link said that nothing left this machine."""
        self._unknown.pop(entry_id, None)
        return self._put(_replace(self._entries[entry_id], outcome=Outcome.REFUSED, reason=reason))

    def answer(self, event: Event) -> tuple[LedgerEntry, ...]:
        """Take a response; return the entry that it changed, if any."""
        command = self.waits_for(event.name) or self._contract.answered(event.name)
        waiting = [e for e in self._entries.values() if e.command == command and self._waits(e, event.mono)]
        if not waiting:
            return self._unwaited(command, event)
        # Responses carry no id: the manual leaves only their order, so the oldest open command gets it.
        entry = waiting[0]
        outcome, message, unknown = _read_answer(event)
        reason = unknown.sentence if unknown is not None else ""
        after = event.mono - entry.mono
        if entry.outcome is Outcome.SENT:
            if unknown is not None:
                self._unknown[entry.id] = unknown.code
            entry = _replace(
                entry,
                outcome=outcome,
                message=message,
                reason=reason,
                answer=_kept(event),
                took=after,
                confirmed=_still_confirmed(entry, outcome),
            )
        else:
            entry = _replace(
                entry,
                late=outcome,
                late_after=after,
                message=message or reason,
                answer=_kept(event),
                confirmed=_still_confirmed(entry, outcome),
            )
        return (self._put(entry),)

    def tick(self, mono: float) -> tuple[LedgerEntry, ...]:
        """Give up on commands whose time is over; return the entries that changed."""
        return tuple(
            self._give_up(
                entry,
                mono,
                UnknownReason(UnknownCode.TIMED_OUT, seconds=entry.timeout, advice=self._advice(entry)),
            )
            for entry in self._sent()
            if mono - entry.mono >= entry.timeout
        )

    def link_lost(self, mono: float) -> tuple[LedgerEntry, ...]:
        """Give up on everything under way: an answer cannot come any more."""
        self._first_answerable = self._next_id
        return tuple(
            self._give_up(entry, mono, UnknownReason(UnknownCode.LINK_BROKE)) for entry in self._sent()
        )

    def take_report(self, role: Role, value: RunState | str | float, mono: float) -> tuple[LedgerEntry, ...]:
        """Take a change that the chamber reports; return the entries that it confirms.

        One change proves one command of a name, the newest: an older one had not shown by then.
        """
        changed = []
        seen: set[str] = set()
        for entry in reversed(list(self._entries.values())):
            if entry.command in seen:
                continue
            spec = self._contract.commands.get(entry.command)
            if (
                spec is not None
                and spec.confirm is not None
                and spec.confirm.role is role
                and entry.confirmed is None
                and entry.outcome in (Outcome.SENT, Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE)
                and entry.late not in (Outcome.WARNING, Outcome.ERROR)
                and 0 <= mono - entry.mono <= CONFIRM_WINDOW
                and _shows(spec.confirm, value, self._values.get(entry.id))
            ):
                changed.append(self._put(_replace(entry, confirmed=mono - entry.mono)))
                seen.add(entry.command)
        return tuple(reversed(changed))

    def dismiss_all(self) -> tuple[LedgerEntry, ...]:
        """Note that every unknown outcome has been seen."""
        return tuple(
            self._put(_replace(entry, dismissed=True))
            for entry in list(self._entries.values())
            if entry.outcome is Outcome.UNKNOWN and not entry.dismissed
        )

    def _unwaited(self, command: str, event: Event) -> tuple[LedgerEntry, ...]:
        recent = [
            e
            for e in self._entries.values()
            if e.command == command and e.answer and event.mono - e.mono <= e.timeout + LATE_WINDOW
        ]
        if recent:
            return (self._put(_replace(recent[-1], duplicates=recent[-1].duplicates + 1)),)
        self.unasked += 1
        self.of_another = command, event.mono
        return ()

    def _waits(self, entry: LedgerEntry, mono: float) -> bool:
        if entry.outcome is Outcome.SENT:
            return True
        return (
            entry.outcome is Outcome.UNKNOWN
            and not entry.answer
            and entry.id >= self._first_answerable
            and mono - entry.mono <= entry.timeout + LATE_WINDOW
        )

    def _advice(self, entry: LedgerEntry) -> str:
        """Return which form to try next; empty where the chamber has answered this command before."""
        spec = self._specs.get(entry.id)
        answers = (
            e.answer for e in self._entries.values() if (e.command, e.form) == (entry.command, entry.form)
        )
        if spec is None or any(answers):
            return ""
        return try_next(spec.event, (field.name for field in spec.fields), spec.form)

    def _give_up(self, entry: LedgerEntry, mono: float, why: UnknownReason) -> LedgerEntry:
        self._unknown[entry.id] = why.code
        return self._put(
            _replace(entry, outcome=Outcome.UNKNOWN, reason=why.sentence, took=mono - entry.mono)
        )

    def _sent(self) -> list[LedgerEntry]:
        return [entry for entry in self._entries.values() if entry.outcome is Outcome.SENT]

    def _add(self, entry: LedgerEntry) -> LedgerEntry:
        self._next_id += 1
        self._put(entry)
        for old in self._surplus():
            del self._entries[old.id]
            self._values.pop(old.id, None)
            self._specs.pop(old.id, None)
            self._unknown.pop(old.id, None)
        return entry

    def _surplus(self) -> Iterable[LedgerEntry]:
        """Drop the oldest entries beyond what is kept; one that still waits is never dropped."""
        over = len(self._entries) - self._keep
        settled = [entry for entry in self._entries.values() if entry.outcome is not Outcome.SENT]
        return settled[: max(0, over)]

    def _put(self, entry: LedgerEntry) -> LedgerEntry:
        self._entries[entry.id] = entry
        return entry


def _read_answer(event: Event) -> tuple[Outcome, str, UnknownReason | None]:
    """Return (outcome, message, why it is unknown) of a response, whether it follows the manual or not."""
    value = _answering(event.payload)
    result = value.get("result") if isinstance(value, dict) else None
    message = clean(str(value.get("message", "")), 500) if isinstance(value, dict) else ""
    outcome = _RESULTS.get(result) if isinstance(result, str) else None
    if outcome is not None:
        return outcome, message, None
    if is_callback_answer(event.name) and value is None:
        return Outcome.UNKNOWN, message, UnknownReason(UnknownCode.NO_RESULT)
    said = one_line(event.payload, 80)
    return Outcome.UNKNOWN, message, UnknownReason(UnknownCode.NOT_UNDERSTOOD, answer=said)


def _kept(event: Event) -> str:
    """Return the answer as one line; never empty, because that means no answer at all."""
    if event.payload.form in (Form.ARGUMENTS, Form.OFFSET):
        return clean(json.dumps(_answering(event.payload), ensure_ascii=False, default=repr), 2000)
    return one_line(event.payload, 2000) or "(no payload)"


def _answering(payload: Payload) -> Any:
    """Return the argument that is the answer: of several the first that has a result."""
    value = payload.value
    if payload.form in (Form.ARGUMENTS, Form.OFFSET) and isinstance(value, list):
        return next((one for one in value if isinstance(one, dict) and "result" in one), value)
    return value


def _still_confirmed(entry: LedgerEntry, outcome: Outcome) -> float | None:
    """Return what was confirmed, unless the device now says that the command did not happen."""
    return None if outcome in (Outcome.WARNING, Outcome.ERROR) else entry.confirmed


def _shows(rule: Confirm, value: RunState | str | float, sent: Any) -> bool:
    if rule.becomes:
        return isinstance(value, RunState) and value.value == rule.becomes.upper()
    wanted = sent.get(rule.equals) if isinstance(sent, dict) else None
    return wanted is not None and value == wanted
