"""Let the runs of a live chamber see what happens to it, and keep what is handed to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from xovac_tui import recipes
from xovac_tui.api.contract import LOAD_COMMAND, Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import ContractChanged, LedgerChanged, RecordOpened, RecordReplaced
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.clock import Clock
from xovac_tui.recording import disk
from xovac_tui.recording.service import RecordService
from xovac_tui.recording.status import RecorderChanged, RecorderState
from xovac_tui.runs.follower import RunFollower
from xovac_tui.runs.loaded import LoadedRecipe


class _Handing(msgspec.Struct, frozen=True):
    """A list on its way to the chamber."""

    loaded: LoadedRecipe | None
    """None: without a plan."""
    source: str
    """Text of its file."""
    before: float | None
    """Monotonic time at which the list before it was handed over."""


class RunService:
    """Lets the runs of a live chamber see it, and keeps what is handed to it."""

    def __init__(
        self,
        runs: RunFollower,
        chamber: Chamber,
        record: RecordService,
        clock: Clock,
        settings: Callable[[Contract, recipes.rates.Rates | None], recipes.plan.PlanSettings],
    ) -> None:
        """Take `settings`: how the device reads recipes, by its contract and the rates of its runs."""
        self.runs = runs
        self._chamber, self._record, self._clock, self._settings = chamber, record, clock, settings
        self._settled = record.settled
        """It is known what the record knows, or that this is not to be waited for."""
        self._early: list[Callable[[], None]] = []
        """What is to be taken once it is known which runs the record holds."""
        self._next: tuple[recipes.plan.Plan | None, str] = (None, "")
        """Plan and source of the list that is sent next."""
        self._handing: dict[int, _Handing] = {}
        """Number of a load_recipe in the ledger -> what it hands over, until its outcome is final."""

    @contextlib.contextmanager
    def handing(self, plan: recipes.plan.Plan, source: str) -> Iterator[None]:
        """Keep the plan, and the text of its file, of a list that is sent meanwhile; any other has none."""
        self._next = plan, source
        try:
            yield
        finally:
            self._next = None, ""

    def on_event(self, event: Event) -> None:
        """Do nothing: what a message means is known when the model has taken it."""

    def on_status(self, link: LinkView) -> None:
        """Let a run see the link: however short that is gone, nothing counts across it."""
        if self.runs.running is not None:
            self.observe(self._clock.utc(), self._clock.mono())

    def on_news(self, news: object) -> None:
        """Take the outcomes of commands, another contract, and what happens to the record."""
        match news:
            case LedgerChanged():
                if news.entry.command == LOAD_COMMAND:
                    self._hand_over(news.entry)
                self._when_settled(partial(self.runs.take_outcome, news.entry))
            case ContractChanged():
                self.runs.change_contract(news.contract)
            case RecordReplaced():
                self.runs.number_runs()
            case RecordOpened():
                if news.read:
                    self.runs.opened()
                self._settled = True
                early, self._early = self._early, []
                for take in early:
                    take()
            case RecorderChanged():
                if (news.before.state, news.recorder.state) == (RecorderState.BESIDE, RecorderState.ON):
                    self.runs.recording_began()

    def tick(self) -> None:
        """Let the run that goes on, or begins, see the chamber."""
        self.observe(self._clock.utc(), self._clock.mono())

    async def close(self) -> None:
        """Do nothing: a run goes on without this program."""

    def observe(self, utc: float, mono: float) -> None:
        """Let the run that goes on, or begins, see the chamber as it was at a moment just now."""
        seen, start_seen = self._chamber.observe(utc, mono), self._chamber.start_seen

        def take() -> None:
            self.runs.tick_blind(seen)
            self.runs.observe(seen, start_seen=start_seen)

        self._when_settled(take)

    def _when_settled(self, take: Callable[[], None]) -> None:
        """Take something now, or in its turn once it is known which runs the record holds."""
        if self._settled:
            take()
        else:
            self._early.append(take)

    def _hand_over(self, entry: LedgerEntry) -> None:
        """Follow a list that is sent: a run may begin before its answer has come."""
        runs = self.runs
        if entry.outcome is Outcome.SENT:
            if entry.id not in self._handing:
                (plan, source), mono = self._next, self._clock.mono()
                # A raw list has no plan.
                runs.handing = (
                    LoadedRecipe(_name_in(entry), plan, mono, disk.lists.payload_hash(entry.payload))
                    if plan
                    else None
                )
                self._handing[entry.id] = _Handing(runs.handing, source, runs.handed)
                runs.handed = mono
            return
        handing = self._handing.pop(entry.id, None)
        if handing is None:
            return
        runs.handing, loaded = None, handing.loaded
        if entry.outcome is not Outcome.REFUSED:
            plan = loaded.plan if loaded is not None else None
            settings = self._settings(self._chamber.contract, runs.rates)
            self._record.load(_name_in(entry), entry, plan, settings, handing.source)
        if entry.outcome in (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE):
            # What was loaded before a list without a plan is loaded no more.
            runs.loaded = loaded
        else:
            # The chamber did not take it: what it was given before still holds.
            runs.handed = handing.before


def _name_in(entry: LedgerEntry) -> str:
    """Return the name of the recipe in a payload; empty where it has none."""
    try:
        payload = msgspec.json.decode(entry.payload)
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    name = payload.get("name") if isinstance(payload, dict) else None
    return name if isinstance(name, str) else ""
