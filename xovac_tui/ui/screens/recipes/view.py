"""The widgets of the Recipes tab: files left, the chosen one right, laid out by size."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from xovac_tui import paths
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.study import Library, Study
from xovac_tui.station.loading import LoadStart
from xovac_tui.ui.glyphs import ASCII
from xovac_tui.ui.screens.recipes import lines
from xovac_tui.ui.screens.recipes.profile import ProfileChart
from xovac_tui.ui.widgets.lines import Line, LinesWidget
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.workspace import Workspace

WIDE = 100
"""Width in cells from which the list has room for whole names."""
TALL = 28
"""Height in rows from which steps and findings are side by side."""


class RecipesView(Horizontal):
    """Draws the library and the study that it is given, for the size there is."""

    DEFAULT_CSS = """
    RecipesView #recipe-list { width: 27; height: 1fr; }
    RecipesView.-wide #recipe-list { width: 36; }
    RecipesView #recipe-right { width: 1fr; height: 1fr; }
    RecipesView #recipe-facts { height: 6; width: 1fr; padding: 0 1; }
    RecipesView.-tall #recipe-facts { height: 8; }
    RecipesView #recipe-profile { height: 7; }
    RecipesView.-tall #recipe-profile { height: 2fr; }
    RecipesView #recipe-below { height: 1fr; }
    RecipesView.-tall #recipe-below { height: 3fr; }
    RecipesView #recipe-check { display: none; }
    RecipesView.-check #recipe-check { display: block; }
    RecipesView.-check #recipe-steps { display: none; }
    RecipesView.-tall #recipe-check { display: block; height: 2fr; }
    RecipesView.-tall #recipe-steps { display: block; height: 3fr; }
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.library = Library()
        """The recipes that can be chosen from."""
        self.entries: list[lines.RecipeListRow] = []
        self.chosen: RecipeFile | None = None
        self.study: Study | None = None
        """Plan and findings of the chosen recipe; None until they are computed."""
        self.start = LoadStart(20.0, False, "")
        self._shared = self._listed = 0

    def compose(self) -> ComposeResult:
        """Build list, facts, profile, steps and findings."""
        yield Rows("Recipes", choose=True, id="recipe-list")
        with Vertical(id="recipe-right"):
            yield LinesWidget(id="recipe-facts")
            yield ProfileChart(ascii_only=self.workspace.glyphs.ascii, id="recipe-profile")
            with Vertical(id="recipe-below"):
                yield Rows("Steps", id="recipe-steps")
                yield Rows("Check", id="recipe-check")

    @property
    def files(self) -> Rows:
        """The list."""
        return self.query_one("#recipe-list", Rows)

    def on_mount(self) -> None:
        """Choose the layout for the size."""
        self._fit()

    def on_resize(self) -> None:
        """Choose the layout for the size, and draw for it."""
        self._fit()
        self.call_after_refresh(self.draw)

    def _fit(self) -> None:
        self.set_class(self.size.width >= WIDE, "-wide")
        self.set_class(self.size.height >= TALL, "-tall")

    def turn(self) -> None:
        """Show steps or findings where there is no room for both."""
        self.toggle_class("-check")
        self.call_after_refresh(self.draw)

    def show_study(self, study: Study, start: LoadStart) -> None:
        """Show what is known of the chosen recipe now."""
        other = self.study is None or self.study.file.path != study.file.path
        self.study, self.start = study, start
        if other:
            self.set_class(study.compiled is None, "-check")
        self.draw(rewind=other)
        # What the class shows or hides gets its size with the next layout.
        self.call_after_refresh(self.draw)

    def keep_true(self) -> None:
        """Show what depends on the moment, and what depends on a size that is another one now."""
        self.show_facts()
        if self._listed != self.files.size.width:
            self.show_files()
        if self._shared != self.query_one("#recipe-below").size.height:
            self._share()

    # -- drawing ------------------------------------------------------------------------------------

    def draw(self, *, rewind: bool = False) -> None:
        """Draw everything, from its beginning where `rewind`."""
        self.show_files()
        self.show_facts()
        study = self.study
        if study is None:
            return
        glyphs = self.workspace.glyphs
        self.query_one(ProfileChart).show(study.plan)
        steps = self.query_one("#recipe-steps", Rows)
        segments = study.plan.segments if study.plan else ()
        room = lines.number_width(segments)
        self._share()

        def step(index: int, chosen: bool) -> Line:
            return lines.step_line(segments[index], steps.size.width, glyphs, room)

        def head() -> Line:
            return lines.step_head(steps.size.width, room) if segments else ()

        steps.show_rows(len(segments), step, head=head, rewind=rewind)
        self.query_one("#recipe-check", Rows).show_folded(
            lambda width: lines.finding_lines(study.findings, width, glyphs), rewind=rewind
        )

    def _share(self) -> None:
        """Divide the rows below the profile between steps and findings by their needs."""
        study, height = self.study, self.query_one("#recipe-below").size.height
        table, check = self.query_one("#recipe-steps", Rows), self.query_one("#recipe-check", Rows)
        self._shared = height
        if study is None or not self.has_class("-tall") or not height:
            table.styles.height = check.styles.height = None
            return
        steps = len(study.plan.segments) + 1 if study.plan else 0
        found = len(
            lines.finding_lines(
                study.findings, max(10, self.query_one("#recipe-facts").size.width - 2), ASCII
            )
        )
        least = height // 2 if study.compiled is None or study.compiled.warnings else height // 3
        wanted = max(4, min(found + 2, max(least, height - steps - 2)))
        check.styles.height, table.styles.height = wanted, "1fr"

    def listed(self) -> list[lines.RecipeListRow]:
        """Return the lines of the list."""
        folder = self.workspace.start.recipes
        return lines.list_entries(self.library, paths.shown(folder) if folder else "", self.files.size.width)

    def show_files(self) -> None:
        """Show the list, with the cursor on the chosen file."""
        files, glyphs = self.files, self.workspace.glyphs
        width = self._listed = files.size.width
        entries = self.entries = self.listed()
        chosen_path = self.chosen.path if self.chosen is not None else None
        at = next((n for n, entry in enumerate(entries) if entry.file and entry.file.path == chosen_path), 0)
        skip = [number for number, entry in enumerate(entries) if entry.file is None]

        def line(index: int, chosen: bool) -> Line:
            return lines.entry_line(entries[index], width, glyphs, chosen=chosen, focus=files.has_focus)

        files.show_rows(len(entries), line, skip=skip, chosen=at)

    def show_facts(self) -> None:
        """Show the chosen recipe in a few lines, as they are by now."""
        study, facts = self.study, self.query_one("#recipe-facts", LinesWidget)
        if study is None or not facts.size:
            return
        workspace, station = self.workspace, self.workspace.station
        facts.show_lines(
            lines.fact_lines(
                study,
                self.start,
                station.plan_settings(),
                width=facts.size.width,
                height=facts.size.height,
                utc=station.clock.utc(),
                speed=station.speed,
                blocked=station.blocked("load_recipe"),
                example=study.file in self.library.examples,
                glyphs=workspace.glyphs,
                times=workspace.times,
                keys=workspace.keys,
            )
        )
