"""Recipes: choose one, see what it will do and what is wrong with it, load, start and cancel it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from xovac_tui import paths
from xovac_tui.api.text import clean
from xovac_tui.chamber.snapshot import LedgerEntry, Snapshot
from xovac_tui.errors import ContractError
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.study import Library, Study, read_again, read_library, study_recipe
from xovac_tui.recipes.units import format_temperature, spell_duration
from xovac_tui.station import News, Prepared
from xovac_tui.ui.commands import bindings
from xovac_tui.ui.glyphs import ASCII
from xovac_tui.ui.literal import literal
from xovac_tui.ui.pane import Pane
from xovac_tui.ui.widgets.lines import Line, LinesWidget
from xovac_tui.ui.widgets.profile import ProfileChart
from xovac_tui.ui.widgets.recipelines import (
    Entry,
    Start,
    entry_line,
    fact_lines,
    finding_lines,
    list_entries,
    start_of,
    step_head,
    step_line,
)
from xovac_tui.ui.widgets.rows import Rows

WIDE = 100
"""Cells; from this width on the list has room for whole names."""
TALL = 28
"""Rows; from this height on steps and findings stand beside each other."""
_DRIFT = 1.0
"""K; a start that has moved by so much is worth another plan."""
_REST = 20
"""Times as long as a plan took, until the next one is made only because the start has moved."""


class Facts(LinesWidget):
    """The chosen recipe in a few lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--quiet", "rows--strong", "rows--warn", "rows--bad", "rows--good",
    }  # fmt: skip
    DEFAULT_CSS = """
    Facts {
        height: 7; width: 1fr; padding: 0 1;
        & > .rows--quiet { color: $foreground-muted; }
        & > .rows--strong { text-style: bold; }
        & > .rows--warn { color: $warning; }
        & > .rows--bad { color: $error; text-style: bold; }
        & > .rows--good { color: $good; }
    }
    """


class RecipesPane(Pane):
    """Recipe files at the left, the chosen one at the right."""

    SCOPE = "recipes"
    HELP = (
        "Left: the recipe files of your folder, and three examples that come with the program. Right: what "
        "the chosen one will do. The number of a step is that of the item in the list that is sent.\n"
        "Load checks the file once more, shows exactly what will be sent, and asks. Times and the profile "
        "start from the measured temperature, or from 20 °C where none can be believed.\n"
        "Units, and how the chamber reads an item, are not documented: they are settings of the profile."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("recipes")
    DEFAULT_CSS = """
    RecipesPane { layout: horizontal; }
    RecipesPane #recipe-list { width: 27; height: 1fr; }
    RecipesPane.-wide #recipe-list { width: 36; }
    RecipesPane #recipe-right { width: 1fr; height: 1fr; }
    RecipesPane #recipe-facts { height: 6; }
    RecipesPane.-tall #recipe-facts { height: 8; }
    RecipesPane #recipe-profile { height: 7; }
    RecipesPane.-tall #recipe-profile { height: 2fr; }
    RecipesPane #recipe-below { height: 1fr; }
    RecipesPane.-tall #recipe-below { height: 3fr; }
    RecipesPane #recipe-check { display: none; }
    RecipesPane.-check #recipe-check { display: block; }
    RecipesPane.-check #recipe-steps { display: none; }
    RecipesPane.-tall #recipe-check { display: block; height: 2fr; }
    RecipesPane.-tall #recipe-steps { display: block; height: 3fr; }
    """

    def compose(self) -> ComposeResult:
        """Build list, facts, profile, steps and findings."""
        files = Rows(choose=True, id="recipe-list")
        files.border_title = "Recipes"
        yield files
        with Vertical(id="recipe-right"):
            yield Facts(id="recipe-facts")
            chart = ProfileChart(ascii_only=self.console.glyphs.ascii, id="recipe-profile")
            chart.title("Planned profile")
            yield chart
            with Vertical(id="recipe-below"):
                steps = Rows(id="recipe-steps")
                steps.border_title = "Steps"
                yield steps
                check = Rows(id="recipe-check")
                check.border_title = "Check"
                yield check

    def on_mount(self) -> None:
        """Nothing has been read yet."""
        self._library = Library()
        self._entries: list[Entry] = []
        self._chosen: RecipeFile | None = None
        self._study: Study | None = None
        self._start = Start(20.0, False, "")
        self._asking = False
        self._rest_until = 0.0
        self._shared = self._listed = 0
        self._fit()

    @property
    def study(self) -> Study | None:
        """What is known of the chosen recipe; None until it is worked out."""
        return self._study

    @property
    def files(self) -> Rows:
        """The list."""
        return self.query_one("#recipe-list", Rows)

    def take_focus(self) -> None:
        """Stand in the list, and look at the folder anew."""
        self.files.focus()
        self._read()

    def on_resize(self) -> None:
        """Choose the layout for the size."""
        self._fit()
        self.call_after_refresh(self._draw)

    def _fit(self) -> None:
        self.set_class(self.size.width >= WIDE, "-wide")
        self.set_class(self.size.height >= TALL, "-tall")

    def show(self, snapshot: Snapshot) -> None:
        """Keep the end time and the start temperature true."""
        start = start_of(snapshot)
        moved = abs(start.celsius - self._start.celsius) >= _DRIFT
        measured = start.measured is not self._start.measured
        rested = self.station.clock.mono() >= self._rest_until
        if (measured or (moved and rested)) and self._study is not None and not self._asking:
            self._restudy()
        elif start.celsius == self._start.celsius:
            self._start = start
        self._show_facts()
        if self._listed != self.files.size.width:
            self._show_files()
        if self._shared != self.query_one("#recipe-below").size.height:
            self._share()

    def on_news(self, news: News) -> None:
        """Say at once whether loading is possible."""
        self._show_facts()

    # -- reading ------------------------------------------------------------------------------------

    def action_read_again(self) -> None:
        """Read the folder again."""
        self._read()

    @work(group="recipes-read", exclusive=True)
    async def _read(self) -> None:
        """Read folder and chosen recipe beside the screen."""
        library = await asyncio.to_thread(read_library, self.console.launch.recipes)
        self._library = library
        files = library.files
        if not files:
            return
        same = [f for f in files if self._chosen is not None and f.path == self._chosen.path]
        await self._choose(same[0] if same else files[0])

    async def _choose(self, file: RecipeFile) -> None:
        self._chosen = file
        self._show_files()
        start = start_of(self.console.snapshot)
        began = time.perf_counter()
        study = await asyncio.to_thread(study_recipe, file, self.station.plan_settings(), start.celsius)
        # Following a temperature must not keep the machine busy with a long recipe.
        self._rest_until = self.station.clock.mono() + _REST * (time.perf_counter() - began)
        if self._chosen is file:
            self._take(study, start)

    @work(group="recipes-study", exclusive=True)
    async def _restudy(self) -> None:
        if self._chosen is not None:
            await self._choose(self._chosen)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Study the recipe that the cursor stands on."""
        entry = self._entries[message.index] if message.index < len(self._entries) else None
        if message.rows is self.files and entry is not None and entry.file is not None:
            self._chosen = entry.file
            self._restudy()

    def _take(self, study: Study, start: Start) -> None:
        other = self._study is None or self._study.file.path != study.file.path
        self._study, self._start = study, start
        if other:
            self.set_class(study.compiled is None, "-check")
        self._draw(rewind=other)
        # What the class shows or hides gets its size with the next layout.
        self.call_after_refresh(self._draw)

    # -- drawing ------------------------------------------------------------------------------------

    def _draw(self, *, rewind: bool = False) -> None:
        self._show_files()
        self._show_facts()
        study = self._study
        if study is None:
            return
        glyphs = self.console.glyphs
        self.query_one(ProfileChart).show(study.plan)
        steps = self.query_one("#recipe-steps", Rows)
        segments = study.plan.segments if study.plan else ()
        self._share()

        def step(index: int, chosen: bool) -> Line:
            return step_line(segments[index], steps.size.width, glyphs)

        def head() -> Line:
            return step_head(steps.size.width) if segments else ()

        steps.show_rows(len(segments), step, head=head, rewind=rewind)
        self.query_one("#recipe-check", Rows).show_folded(
            lambda width: finding_lines(study.findings, width, glyphs), rewind=rewind
        )

    def _share(self) -> None:
        """Share the room below the profile between steps and findings by what each needs."""
        study, height = self._study, self.query_one("#recipe-below").size.height
        table, check = self.query_one("#recipe-steps", Rows), self.query_one("#recipe-check", Rows)
        self._shared = height
        if study is None or not self.has_class("-tall") or not height:
            table.styles.height = check.styles.height = None
            return
        steps = len(study.plan.segments) + 1 if study.plan else 0
        found = len(finding_lines(study.findings, max(10, self.query_one(Facts).size.width - 2), ASCII))
        least = height // 2 if study.compiled is None or study.compiled.warnings else height // 3
        wanted = max(4, min(found + 2, max(least, height - steps - 2)))
        check.styles.height, table.styles.height = wanted, "1fr"

    def _show_files(self) -> None:
        files, glyphs = self.files, self.console.glyphs
        width = self._listed = files.size.width
        folder = self.console.launch.recipes
        entries = list_entries(self._library, paths.shown(folder) if folder else "", width)
        self._entries = entries
        chosen_path = self._chosen.path if self._chosen is not None else None
        at = next((n for n, entry in enumerate(entries) if entry.file and entry.file.path == chosen_path), 0)
        skip = [number for number, entry in enumerate(entries) if entry.file is None]

        def line(index: int, chosen: bool) -> Line:
            return entry_line(entries[index], width, glyphs, chosen=chosen, focus=files.has_focus)

        files.show_rows(len(entries), line, skip=skip, chosen=at)

    def _show_facts(self) -> None:
        study, facts = self._study, self.query_one(Facts)
        if study is None or not facts.size:
            return
        facts.show_lines(
            fact_lines(
                study,
                self._start,
                self.station.plan_settings(),
                width=facts.size.width,
                height=facts.size.height,
                utc=self.station.clock.utc(),
                speed=self.station.speed,
                blocked=self.station.blocked("load_recipe"),
                example=study.file in self._library.examples,
                glyphs=self.console.glyphs,
                times=self.console.times,
            )
        )

    def action_recipe_view(self) -> None:
        """Show steps or findings where there is no room for both."""
        self.toggle_class("-check")
        self.call_after_refresh(self._draw)

    # -- commands -----------------------------------------------------------------------------------

    @work(group="dialog")
    async def action_load_recipe(self) -> None:
        """Read the file once more, check it, show what would be sent, ask, send."""
        if self._asking or self._chosen is None:
            return
        self._asking = True
        try:
            await self._load(self._chosen)
        finally:
            self._asking = False

    async def _load(self, shown: RecipeFile) -> None:
        if blocked := self.station.blocked("load_recipe"):
            self._say(blocked, "warning")
            return
        start = start_of(self.station.snapshot())
        file = await asyncio.to_thread(read_again, shown)
        settings = self.station.plan_settings()
        study = await asyncio.to_thread(study_recipe, file, settings, start.celsius)
        if self._chosen is not None and self._chosen.path == file.path:
            self._chosen = file
            self._take(study, start)
        if file.recipe != shown.recipe:
            self._say(
                f"{paths.shown(file.path)} has changed since it was shown. This is how it is now: look at "
                "it, then load it again.",
                "warning",
            )
            self._read()
            return
        if study.compiled is None or study.plan is None:
            self.add_class("-check")
            self._say(f'"{file.name}" cannot be loaded: the check says why. Nothing was sent.', "error")
            return
        compiled = study.compiled
        try:
            prepared = self.station.prepare("load_recipe", compiled.payload)
        except ContractError as error:
            self._say(str(error), "error")
            return
        total = ("about " if compiled.plan.estimated else "") + spell_duration(round(compiled.total))

        async def send() -> LedgerEntry:
            return await self.station.load_recipe(compiled.plan, compiled.payload, file.text)

        facts = [
            ("Recipe", f"{file.name}, {len(compiled.items)} items, {total}"),
            ("From", f"{format_temperature(start.celsius)} {start.words}"),
            *(("Warning", f"{warning.where}: {warning.message}") for warning in compiled.warnings),
        ]
        await self._confirm(
            prepared,
            # The dialog shows all that is sent, and a long list pushes what follows out of sight.
            f'Load "{clean(file.name, 30)}": {len(compiled.items)} items, {total}?',
            facts,
            send,
        )

    async def _confirm(
        self,
        prepared: Prepared,
        title: str,
        facts: Sequence[tuple[str, str]] = (),
        send: Callable[[], Awaitable[LedgerEntry]] | None = None,
    ) -> None:
        from xovac_tui.ui.dialogs.confirm import confirm_and_send

        glyphs = self.console.glyphs
        said = [(label, literal(glyphs.plain(text), glyphs.ascii)) for label, text in facts]
        title = literal(glyphs.plain(title), glyphs.ascii)
        await confirm_and_send(self.console, prepared, title=title, facts=said, send=send)

    @work(group="dialog")
    async def action_start_recipe(self) -> None:
        """Send the contract's start command, or say that nobody knows one."""
        start = self.station.contract.start
        if start is None:
            self._say(
                "No start command is documented for this chamber: loading a recipe may start it by itself. "
                "If yours has one, name it in a contract file (start = ...).",
                "warning",
            )
            return
        await self._command(start, "Start the loaded recipe?")

    @work(group="dialog")
    async def action_cancel_recipe(self) -> None:
        """Cancel the running recipe after a confirmation."""
        await self._command("cancel_recipe", "Cancel the running recipe?")

    async def _command(self, command: str, title: str) -> None:
        if self._asking:
            return
        self._asking = True
        try:
            if blocked := self.station.blocked(command):
                self._say(blocked, "warning")
                return
            await self._confirm(self.station.prepare(command), title)
        except ContractError as error:
            self._say(str(error), "error")
        finally:
            self._asking = False

    def _say(self, text: str, severity: str = "information") -> None:
        text = self.console.glyphs.plain(text)
        self.app.notify(text, severity=severity, timeout=10, markup=False)  # type: ignore[arg-type]
