"""Answer what screens and commands ask of a chamber, live or replayed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui import analysis, recipes
from xovac_tui import runs as runs_room
from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.api.contract import Contract
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import ContractProblem
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Snapshot
from xovac_tui.errors import ContractError
from xovac_tui.forwarding.view import ForwardView
from xovac_tui.recording.log import Log
from xovac_tui.recording.status import RecorderView
from xovac_tui.station import commands
from xovac_tui.station.commands import Prepared
from xovac_tui.station.news import NewsFeed
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.proving import Proving
from xovac_tui.station.refusal import Refusal
from xovac_tui.station.service import RecordDesk, RunDesk
from xovac_tui.station.setup import StationSetup

CONTRACT_FIXED = "A replay goes by the contract that it was opened with. Change it in the console."
"""Why the contract of a replay cannot be changed."""


class Station(ABC):
    """One chamber as screens and commands see it: what is the same live and in a replay."""

    log: Log
    record: RecordDesk
    chamber: Chamber
    runs: RunDesk
    alarms: AlarmDesk

    def __init__(
        self, setup: StationSetup, *, news: NewsFeed | None = None, proofs: StopProofs | None = None
    ) -> None:
        """Take `news`, by which parts publish; without `proofs` it is not asked whether STOP is proven."""
        self.name, self.clock = setup.name, setup.clock
        self.manner = setup.manner
        self.assumed_speed = setup.speed
        self.news = news or NewsFeed()
        self.subscribe = self.news.subscribe
        self.proving = Proving(self, proofs)
        """Whether STOP is proven on this chamber."""
        self._setup = setup
        self._insight: analysis.insight.Insight | None = None

    @property
    def contract(self) -> Contract:
        """The contract in force: the chamber's own, so that all see the same at any moment."""
        return self.chamber.contract

    @property
    def forward(self) -> ForwardView:
        """State of the sinks to which the chamber is forwarded; none in a replay."""
        return ForwardView()

    @property
    def contract_files(self) -> tuple[Path, ...]:
        """The contract files that are in force, in their order; none in a replay. The last one wins."""
        return ()

    @property
    def contract_problem(self) -> ContractProblem | None:
        """Why the contract files cannot be used as they are on disk; None while they are in force."""
        return None

    @property
    def contract_fixed(self) -> bool:
        """True where the contract cannot be changed, as in a replay."""
        return True

    def change_contract(self, contract: Contract) -> bool:
        """Put another contract in force at once, everywhere; return False where it is in force already.

        Nothing is sent, and nothing is written but the record's note of what changed. Raises ContractError
        where the chamber's contract cannot be changed, as in a replay.
        """
        raise ContractError(CONTRACT_FIXED)

    async def reread_contract(self, files: Sequence[Path] | None = None) -> ContractProblem | None:
        """Read the contract files again, in a thread, and put them in force at once where they are right.

        `files` are to be used instead from now on, such as one that was just made. Returns why they were not
        taken; the contract before stays in force then. Nothing is sent.
        """
        return None

    @property
    def speed(self) -> float:
        """Seconds of the device in one second of the clock: 1 except for a simulator."""
        reported = self.chamber.speed
        return self.assumed_speed if reported is None else reported

    @property
    def unreadable(self) -> str:
        """Why the time before, or a part of it, cannot be shown; empty while nothing is wrong."""
        return self.record.unreadable or self.log.problem

    # -- what each kind of station does in its own way -------------------------------------------------

    @abstractmethod
    async def run(self) -> None:
        """Go on until cancelled."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the chamber as it is now; cheap, at any time."""

    @abstractmethod
    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel, back to the beginning of the record; None without any."""

    @property
    @abstractmethod
    def observe(self) -> bool:
        """True while no command can be sent from here, STOP included."""

    @abstractmethod
    def set_observe(self, observe: bool) -> None:
        """Switch between OBSERVE and CONTROL, where that is possible."""

    @abstractmethod
    def blocked(self, command: str, *, stop: bool = False) -> Refusal | None:
        """Return why `command` could not be sent now; None when it could. `stop`: by the STOP key."""

    @abstractmethod
    async def send_prepared(
        self, prepared: Prepared, *, timeout: float | None = None, stop: bool = False
    ) -> LedgerEntry:
        """Send what was prepared, once; return its ledger entry when the outcome is final."""

    @abstractmethod
    async def load_recipe(
        self, compiled: recipes.compiler.Compiled, source: str = "", *, timeout: float | None = None
    ) -> LedgerEntry:
        """Hand a compiled recipe to the chamber; `source` is the text of its file."""

    @abstractmethod
    async def stop(self) -> LedgerEntry:
        """Send `cancel_recipe` by the STOP key."""

    @abstractmethod
    def refuse_stop(self, refusal: Refusal) -> LedgerEntry:
        """Note in the ledger that STOP was asked for and could not be sent; sends nothing."""

    @abstractmethod
    def reconnect(self) -> None:
        """Try to connect now instead of at the next turn."""

    @abstractmethod
    def note(self, text: str) -> None:
        """Put the operator's note on the time axis."""

    @abstractmethod
    def dismiss_unknown(self) -> None:
        """Dismiss the commands whose outcome is unknown: the user has seen them."""

    # -- what screens read ----------------------------------------------------------------------------

    @property
    def recorder(self) -> RecorderView:
        """State of the recorder."""
        return self.record.view

    def marks(self, snapshot: Snapshot) -> tuple[Mark, ...]:
        """Return the marks on the time axis, with those of the time before this program, oldest first."""
        return self.record.with_past(snapshot.marks)

    def progress(self, snapshot: Snapshot) -> runs_room.view.RunProgress:
        """Return the run that goes on, by the chamber's reports and the plan; an empty view without one."""
        followed = self.runs.view() if self.runs.running is not None else None
        if followed is not None and followed.planned:
            return followed
        seen = runs_room.view.at_a_glance(
            snapshot.run, self.runs.loaded, utc=snapshot.utc, mono=snapshot.mono, speed=self.speed
        )
        if followed is None or seen.planned or seen.elapsed is None:
            return seen
        # The run may be older than this program: its clock goes on.
        return msgspec.structs.replace(
            seen, elapsed=followed.elapsed, elapsed_is_least=followed.elapsed_is_least
        )

    @property
    def insight(self) -> analysis.insight.Insight:
        """Insight into the readings: stability, the course of the pressure, advice."""
        if self._insight is None:
            self._insight = self._setup.insight(self)
        return self._insight

    @property
    def step_kind(self) -> str:
        """Kind of the step that the run is in, such as `hold`; empty where that is not known."""
        view = self.runs.view()
        return "" if view is None or view.over else view.kind

    def plan_settings(self) -> recipes.plan.PlanSettings:
        """Return how this chamber reads recipes, as its profile assumes."""
        return self._setup.plan_settings(self.contract, self.runs.rates)

    # -- commands -------------------------------------------------------------------------------------

    def prepare(self, command: str, values: Mapping[str, Any] | None = None) -> Prepared:
        """Check a command of the contract; ContractError says what is wrong and what would be right."""
        return commands.prepare(self.contract, command, values or {}, utc=self.clock.utc())

    def prepare_raw(self, event: str, text: str) -> Prepared:
        """Check an expert's event: any name, and any JSON or nothing."""
        return commands.prepare_raw(self.contract, event, text)
