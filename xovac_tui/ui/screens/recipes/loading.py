"""Load a recipe into the chamber, start and cancel it: each asks first, and sends once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.errors import ContractError, RecipeError
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.study import Study, read_again, study_recipe
from xovac_tui.station import loading
from xovac_tui.station.commands import Prepared
from xovac_tui.station.proving import BLIND, PROVES
from xovac_tui.station.station import Station
from xovac_tui.ui import dialogs
from xovac_tui.ui.message_history import Severity
from xovac_tui.ui.workspace import Workspace


class CheckedFile(msgspec.Struct, frozen=True):
    """A recipe file as read and checked again before loading."""

    study: Study
    start: loading.LoadStart


class Loading:
    """The questions about the chamber's recipe; one is open at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.asking = False

    async def load(self, shown: RecipeFile, checked: Callable[[CheckedFile], None]) -> None:
        """Read and check the file again, show what would be sent, ask, and send once.

        `checked` receives the file as read now, which may differ from the one shown.
        """
        if self.asking:
            return
        self.asking = True
        try:
            await self._load(shown, checked)
        finally:
            self.asking = False

    async def command(self, command: str, title: str, facts: loading.Facts = ()) -> None:
        """Send a command without a payload, after a confirmation."""
        if self.asking:
            return
        self.asking = True
        try:
            if refusal := self._station.blocked(command):
                self.say(refusal.sentence, "warning")
                return
            await self._confirm(self._station.prepare(command), title, facts)
        except ContractError as error:
            self.say(str(error), "error")
        finally:
            self.asking = False

    async def start(self) -> None:
        """Send the contract's start command, or report that it names none."""
        start = self._station.contract.start
        if start is None:
            self.say(
                "No start command is documented for this chamber: loading a recipe may start it by itself. "
                "If yours has one, name it in a contract file (start = ...).",
                "warning",
            )
            return
        await self.command(start, "Start the loaded recipe?", self._stop_facts())

    async def prove_stop(self) -> None:
        """Send `cancel_recipe` while nothing runs, after a confirmation; report what the answer proves."""
        proving = self._station.proving
        if self.asking:
            return
        self.asking = True
        try:
            if refusal := proving.blocked():
                self.say(refusal.sentence, "warning")
                return
            facts = [("Proves", PROVES)]
            blind = proving.blind
            if blind:
                facts.append(("Warning", BLIND))
            prepared = self._station.prepare(STOP_COMMAND)
            prove = partial(proving.prove, blind=blind)
            entry = await self._confirm(prepared, "Prove STOP while nothing runs?", facts, prove)
        finally:
            self.asking = False
        if entry is not None:
            verdict = proving.judge(entry)
            self.say(verdict.words, "information" if verdict.proven else "error")

    def _stop_facts(self) -> loading.Facts:
        return loading.stop_facts(self._station, self._how_to_prove())

    def _how_to_prove(self) -> str:
        return f"Prove it while nothing runs: {self._workspace.keys['prove-stop']}."

    def say(self, text: str, severity: Severity = "information") -> None:
        """Say something in the message line."""
        self._workspace.say(text, severity, seconds=10)

    @property
    def _station(self) -> Station:
        return self._workspace.station

    async def _load(self, shown: RecipeFile, checked: Callable[[CheckedFile], None]) -> None:
        station = self._station
        if refusal := station.blocked("load_recipe"):
            self.say(refusal.sentence, "warning")
            return
        start = loading.start_of(station.snapshot())
        file = await asyncio.to_thread(read_again, shown)
        study = await asyncio.to_thread(study_recipe, file, station.plan_settings(), start.celsius)
        checked(CheckedFile(study, start))
        if file.recipe != shown.recipe or study.compiled is None:
            # The tab shows the file as it is now, and why it must not be sent.
            return
        try:
            load = loading.load_of(station, study, start)
        except (ContractError, RecipeError) as error:
            self.say(str(error), "error")
            return
        await self._confirm(
            load.prepared,
            # The dialog shows all that is sent; a long list would push later facts out of sight.
            load.title,
            await asyncio.to_thread(
                loading.load_facts, station, load, self._how_to_prove(), self._workspace.units
            ),
            lambda: station.load_recipe(load.compiled, load.study.file.source),
        )

    async def _confirm(
        self,
        prepared: Prepared,
        title: str,
        facts: loading.Facts = (),
        send: Callable[[], Awaitable[LedgerEntry]] | None = None,
    ) -> LedgerEntry | None:
        glyphs = self._workspace.glyphs
        said = [(label, glyphs.plain(text)) for label, text in facts]
        title = glyphs.plain(title)
        return await dialogs.confirm.confirm_and_send(
            self._workspace, prepared, title=title, facts=said, send=send
        )
