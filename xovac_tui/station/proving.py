"""Proving STOP: `cancel_recipe` is sent while nothing runs, and the answer shows whether it arrives."""

from __future__ import annotations

import logging
from enum import Enum
from typing import Protocol

import msgspec

from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND, Contract, ResponseSpec, Role
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState, Snapshot
from xovac_tui.clock import Clock
from xovac_tui.station.commands import Prepared
from xovac_tui.station.proofs import StopProof, StopProofs
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.service import RecordDesk, RunDesk
from xovac_tui.station.setup import Manner
from xovac_tui.text import clean

UNPROVEN = "STOP was never proven on this chamber"
NEVER = f"{UNPROVEN}."
WHILE_IDLE = "the chamber answered a warning while nothing ran"
REAL_RUN = "it ended a run, by its answer and by the chamber's own messages"
PROVES = (
    "that STOP reaches the chamber in this form. Nothing runs, so the answer must be a warning that says so."
)
BLIND = (
    "The chamber does not report here whether a recipe runs. If one does, this cancels it: look at the "
    "chamber first."
)
_PROMPT = 15.0
"""Seconds after a STOP within which the end of a run counts as its doing; later it may have ended anyway."""
_MAY_RUN = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE, Outcome.SENT)
"""Outcomes after which what was sent may have happened."""


class Provable(Protocol):
    """What proving STOP needs of a station."""

    name: str
    clock: Clock
    manner: Manner
    record: RecordDesk
    runs: RunDesk

    @property
    def contract(self) -> Contract:
        """The contract in force."""

    def snapshot(self) -> Snapshot:
        """Return the chamber as it is now."""

    def blocked(self, command: str, *, stop: bool = False) -> Refusal | None:
        """Return why `command` could not be sent now; None when it could."""

    def refuse_stop(self, refusal: Refusal) -> LedgerEntry:
        """Note in the ledger that STOP could not be sent; sends nothing."""

    def prepare(self, command: str) -> Prepared:
        """Return a command with its payload, ready to be sent."""

    async def send_prepared(self, prepared: Prepared) -> LedgerEntry:
        """Send what was prepared, once; return its ledger entry when the outcome is final."""


class Proving:
    """What is known of STOP on one chamber; without `proofs` that is not asked, as in demo and replay."""

    def __init__(self, station: Provable, proofs: StopProofs | None = None) -> None:
        self._station = station
        self._proofs = proofs
        self._unkept = ""
        """Why the newest evidence could not be kept, as a sentence; empty where it was."""

    @property
    def proof(self) -> StopProof | None:
        """Proof that STOP has reached this chamber at this address in this form; None: never shown."""
        if self._proofs is None:
            return None
        return self._proofs.get(self._station.name, self._station.manner.place, self._form)

    @property
    def unproven(self) -> bool:
        """True while STOP was never proven; False also where that is not asked."""
        return self._proofs is not None and self.proof is None

    @property
    def words(self) -> str:
        """Whether STOP is proven, as a sentence before a run begins; empty where that is not asked."""
        proof = self.proof
        return proof.words if proof is not None else NEVER if self.unproven else ""

    def blocked(self) -> Refusal | None:
        """Return why STOP cannot be proven now; None when it can."""
        station = self._station
        if refusal := station.blocked(STOP_COMMAND):
            return refusal
        snapshot = station.snapshot()
        begins = (LOAD_COMMAND, station.contract.start)
        began = any(e.command in begins and e.outcome in _MAY_RUN for e in snapshot.ledger)
        running = snapshot.run.state is RunState.RUNNING or station.runs.running is not None
        if running or (began and _is_blind(snapshot)):
            return Refusal(RefusalCode.RUNNING, STOP_COMMAND)
        return None

    @property
    def blind(self) -> bool:
        """True while the chamber does not report whether a recipe runs: only a person can know."""
        return _is_blind(self._station.snapshot())

    async def prove(self, *, blind: bool) -> LedgerEntry:
        """Send `cancel_recipe` while nothing runs, and keep what its answer shows.

        `blind`: the person who agreed knows that the chamber may not report whether a recipe runs.
        """
        refusal = self.blocked()
        if refusal is None and self.blind and not blind:
            refusal = Refusal(RefusalCode.BLIND, STOP_COMMAND)
        if refusal is not None:
            return self._station.refuse_stop(refusal)
        entry = await self._station.send_prepared(self._station.prepare(STOP_COMMAND))
        if entry.outcome is not Outcome.REFUSED:
            verdict = self.judge(entry)
            self._keep(entry if verdict.proven else None, WHILE_IDLE, verdict.words)
        return entry

    def judge(self, entry: LedgerEntry) -> StopVerdict:
        """Return what the answer to a `cancel_recipe` that was sent while nothing ran has shown."""
        verdict = judge(entry, self._station.contract.responses.get(f"{STOP_COMMAND}_ack"))
        return msgspec.structs.replace(verdict, unkept=self._unkept)

    def take_outcome(self, entry: LedgerEntry) -> None:
        """Take the outcome of a command: a STOP that was answered with success and then shown is proven."""
        if (
            self._proofs is not None
            and entry.command == STOP_COMMAND
            and entry.confirmed is not None
            and entry.confirmed <= _PROMPT
            and Outcome.SUCCESS in (entry.outcome, entry.late)
            and entry.form == self._form
            and self.proof is None
        ):
            self._keep(entry, REAL_RUN, f"STOP is proven: {REAL_RUN}.")

    @property
    def _form(self) -> str:
        return self._station.contract.commands[STOP_COMMAND].form.words

    def _keep(self, entry: LedgerEntry | None, how: str, said: str) -> None:
        """Keep that STOP was proven by this entry, or (None) that it is not proven any more."""
        if self._proofs is None:
            return
        station, before, proof = self._station, self.proof, None
        if entry is not None:
            address, utc = station.manner.place, station.clock.utc()
            proof = StopProof(address=address, form=entry.form, how=how, who=entry.who, utc=utc)
        self._unkept = self._proofs.put(station.name, proof)
        if self._unkept:
            logging.getLogger(__name__).warning("%s", self._unkept)
        was, now = (msgspec.json.encode(one).decode() if one is not None else "" for one in (before, proof))
        station.record.change("stop", said, before=was, after=now)


def _is_blind(snapshot: Snapshot) -> bool:
    """Return whether it is unknown if a recipe runs: on this connection, or lately, nothing reports it."""
    reported = snapshot.by_role(Role.STATE)
    seen = None if reported is None else reported.seen_mono
    old = seen is None or seen < snapshot.link.since_mono
    return old or snapshot.run.stale or snapshot.run.state is RunState.UNKNOWN


class VerdictCode(Enum):
    """What the answer to a STOP shows, with its words; the first two prove it."""

    DOCUMENTED = "STOP is proven: the chamber answered that nothing runs."
    OTHER_WARNING = (
        "STOP is proven: it reached the chamber, which answered a warning, so it cancelled nothing. Its "
        'words are not the manual\'s: "{said}". Do not rely on STOP unless they mean that nothing runs.'
    )
    SUCCESS = (
        "STOP is not proven: the chamber answered success. If nothing ran, this answer does not show that it "
        "cancels; if a recipe ran unseen, it is cancelled now: look at the chamber. STOP is proven once it "
        "ends a run and the chamber's own messages confirm that."
    )
    ERROR = (
        'STOP is not proven: it reached the chamber, which answered with an error: "{said}". Do not rely on '
        "STOP before that is mended."
    )
    REFUSED = "STOP is not proven: {reason}"
    NOT_DOCUMENTED = "STOP is not proven: the contract names no answer to it."
    UNKNOWN = "STOP is not proven. {reason}"


_BY_OUTCOME = {
    Outcome.WARNING: VerdictCode.OTHER_WARNING,
    Outcome.SUCCESS: VerdictCode.SUCCESS,
    Outcome.ERROR: VerdictCode.ERROR,
    Outcome.REFUSED: VerdictCode.REFUSED,
    Outcome.DONE: VerdictCode.NOT_DOCUMENTED,
}


class StopVerdict(msgspec.Struct, frozen=True):
    """What a `cancel_recipe` that was sent while nothing ran has shown."""

    code: VerdictCode
    said: str = ""
    """What the chamber answered, cleaned."""
    reason: str = ""
    """Why nothing was sent or is known, as a sentence."""
    unkept: str = ""
    """Why it cannot be kept, as a sentence; empty where it is."""

    @property
    def proven(self) -> bool:
        """True where STOP is proven by it."""
        return self.code in (VerdictCode.DOCUMENTED, VerdictCode.OTHER_WARNING)

    @property
    def words(self) -> str:
        """It as one or more sentences."""
        return f"{self.code.value.format(said=self.said, reason=self.reason)} {self.unkept}".rstrip()


def judge(entry: LedgerEntry, response: ResponseSpec | None) -> StopVerdict:
    """Return what an answer proves. Only a warning does: it says that nothing ran, which was so."""
    code = _BY_OUTCOME.get(entry.outcome, VerdictCode.UNKNOWN)
    if code is VerdictCode.OTHER_WARNING and response is not None and entry.message in response.warnings:
        code = VerdictCode.DOCUMENTED
    return StopVerdict(code, clean(entry.message, 200), entry.reason)
