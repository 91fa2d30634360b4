"""Everything that has a name, for the palette: what it is, its key, and what choosing it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Protocol

from textual.theme import Theme

from xovac_tui import recipes, runs
from xovac_tui.config import state
from xovac_tui.errors import XovacError
from xovac_tui.tomltext import KeyPath
from xovac_tui.ui import replay_actions, tabs
from xovac_tui.ui.action import START_COMMAND, STOP, Action, printed
from xovac_tui.ui.actions import EVERYWHERE
from xovac_tui.ui.chamber_screen import ChamberScreen
from xovac_tui.ui.dialogs.palette import Batches
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.search import PaletteEntry
from xovac_tui.ui.settings import settings_model
from xovac_tui.ui.workspace import Workspace

_BATCH = 1000
"""Entries that are made before the screen gets its turn."""
_BACK = "escape"
_ARMED_HERE = "Choosing it here makes the first of the two strokes."


def _batched(entries: Iterable[PaletteEntry]) -> Iterator[Sequence[PaletteEntry]]:
    left = iter(entries)
    while batch := tuple(islice(left, _BATCH)):
        yield batch


def _listed(source: Callable[[], Iterable[PaletteEntry]]) -> list[PaletteEntry]:
    """Return the entries of a source. It may block."""
    return list(source())


class PaletteWindow(Protocol):
    """The interface of the app that the palette's entries use."""

    theme: str

    @property
    def frame(self) -> ChamberScreen | None:
        """Screen of the chamber that is shown."""

    @property
    def available_themes(self) -> dict[str, Theme]:
        """The themes by name."""

    async def open_chamber(self, name: str) -> None:
        """Show a chamber; open it beside the others first where it is not open."""

    async def run_action(self, action: str, default_namespace: Any = None) -> bool:
        """Run an action."""

    def arm_stop(self) -> None:
        """Make the first stroke of STOP."""

    async def change_settings(self, at: KeyPath = ()) -> None:
        """Show the settings screen, at the setting with this path."""

    async def explain(self, tab: str) -> None:
        """Show the help of a tab, of none for an empty name."""

    async def find(self, batches: Batches, title: str = "") -> None:
        """Show a palette with these entries, and do what choosing one means."""


class Everything:
    """Makes the entries of one chamber, and runs them."""

    def __init__(self, window: PaletteWindow, workspace: Workspace, keymap: Mapping[str, str]) -> None:
        self._window, self._workspace, self._keymap = window, workspace, keymap

    async def batches(self) -> AsyncIterator[Sequence[PaletteEntry]]:
        """Yield all entries as they are found: those of this moment first, then what is read from files."""
        for source in (self.actions, self.commands, self.themes, self.topics, self.alarms, self.channels):
            for batch in _batched(source()):
                yield batch
                await asyncio.sleep(0)
        yield tuple(await asyncio.to_thread(lambda: list(self._recipes())))
        for source in (self._chambers, self._settings, self._runs):
            for batch in _batched(await asyncio.to_thread(_listed, source)):
                yield batch
                await asyncio.sleep(0)

    async def only(self, what: str) -> AsyncIterator[Sequence[PaletteEntry]]:
        """Yield what has a name on one tab: "channel", "command", "alarm", "recipe" or "run"."""
        for batch in _batched(await asyncio.to_thread(_listed, self._sources()[what])):
            yield batch
            await asyncio.sleep(0)

    def _sources(self) -> Mapping[str, Callable[[], Iterable[PaletteEntry]]]:
        """Return what lists the things of a kind; events and the like have no names."""
        return {
            "channel": lambda: (one for one in self.channels() if one.name),
            "command": self.commands,
            "alarm": self.alarms,
            "recipe": self._recipes,
            "run": self._runs,
        }

    # -- actions ------------------------------------------------------------------------------------

    def actions(self) -> Iterator[PaletteEntry]:
        """Yield the actions: of the tab that is shown, of every tab, of the other tabs."""
        frame = self._window.frame
        shown = frame.pane.id if frame is not None and frame.pane is not None else None
        replaying = self._workspace.playback is not None
        here = [tab for tab in tabs.TABS if tab.id == shown]
        for tab in here:
            yield from self._of(tab.title, tab.actions, tab.id, here=True)
        everywhere = EVERYWHERE if not replaying else (*EVERYWHERE, *replay_actions.ACTIONS)
        yield from self._of("Anywhere", everywhere, "", here=True)
        for tab in tabs.TABS:
            if tab not in here and (tab.key or tab.over):
                yield from self._of(tab.title, tab.actions, tab.id, here=False)

    def _of(self, kind: str, actions: Iterable[Action], tab: str, *, here: bool) -> Iterator[PaletteEntry]:
        replaying = self._workspace.playback is not None
        for action in actions:
            keys = action.keys_by(self._keymap)
            if not action.palette or (replaying and action.id in replay_actions.LIVE_ONLY):
                continue
            if not here and _BACK in keys:
                continue  # there is nothing to go back from
            yield PaletteEntry(
                kind,
                f"{action.title[:1].upper()}{action.title[1:]}",
                f"{action.help} {self._then(action, here)}".rstrip(),
                partial(self.run, action, tab),
                printed(keys[0]),
                self._refusal(action) or ("" if here else self._closed(tab)),
                f"{action.id} {action.help} {kind}".lower(),
            )

    def _then(self, action: Action, here: bool) -> str:
        """Return what choosing an action here does beside what its key does; empty: nothing."""
        if action is STOP:
            return _ARMED_HERE
        if here or not action.on:
            return ""
        return (
            f"Asks which {action.on}." if action.on in self._sources() else f"Only goes to the {action.on}s."
        )

    def _refusal(self, action: Action) -> str:
        """Return why an action that sends cannot be run now."""
        if not action.sends:
            return ""
        station = self._workspace.station
        command = (
            (station.contract.start or "start_recipe") if action.sends == START_COMMAND else action.sends
        )
        refusal = station.blocked(command, stop=action is STOP)
        return "" if refusal is None else refusal.before

    def _over(self) -> str:
        """Return what is open above the tabs beside the palette, as a reason; empty for nothing."""
        frame = self._window.frame
        over = frame is None or len(frame.app.screen_stack) > 2
        return "Another dialog is open. Close it first." if over else ""

    def _closed(self, tab: str) -> str:
        """Return why the tab of an action cannot be shown now."""
        if reason := self._over():
            return reason
        frame = self._window.frame
        assert frame is not None
        if frame.has_class("-small"):
            return "The terminal is too small for the tabs."
        below = next((one for one in tabs.TABS if one.id == tab and one.key), None)
        over = frame.over.get(tab) if below is not None else None
        if over is not None and not tabs.named(str(over.id)).over:
            return f"{tabs.named(str(over.id)).title} is open in this place. Leave it first."
        return ""

    async def run(self, action: Action, tab: str) -> None:
        """Run an action; go to its tab first, and ask for what it acts on if that was not seen there.

        STOP is only armed.
        """
        if action is STOP:
            self._window.arm_stop()
            return
        frame = self._window.frame
        seen = frame is not None and frame.pane is not None and frame.pane.id == tab
        if action.on and tab and not seen:
            await self._run_on_named(action, tab)
            return
        pane = await self._go(tab) if tab else None
        if tab and pane is None:
            return
        await self._window.run_action(action.action, pane)

    async def _run_on_named(self, action: Action, tab: str) -> None:
        """Ask which thing an action is for, and run it on that one; without names only go there."""
        if action.on not in self._sources():
            if await self._go(tab) is not None:
                key = printed(action.keys_by(self._keymap)[0])
                self._workspace.say(f"Choose here what {key} ({action.title}) is for.", seconds=6)
            return

        async def asked() -> AsyncIterator[Sequence[PaletteEntry]]:
            async for batch in self.only(action.on):
                yield tuple(
                    one._replace(run=partial(self._run_on, tab, one.name, action.action), about=action.help)
                    for one in batch
                )

        title = f"{action.title[:1].upper()}{action.title[1:]}: which {action.on}?"
        await self._window.find(asked, title)

    async def _run_on(self, tab: str, name: str, action: str) -> None:
        """Go to a thing of a tab, and run an action of the tab on it."""
        pane = await self._go(tab)
        if pane is None:
            return
        if await pane.choose_named(name):
            await self._window.run_action(action, pane)
        else:
            self._workspace.say("It is not there any more: nothing was done.", "warning")

    async def _go(self, tab: str) -> Pane | None:
        """Show a tab; return its pane when it has what its actions work on, None if it cannot be shown."""
        frame = self._window.frame
        if frame is None:
            return None
        line = tabs.named(tab)
        if frame.pane is None or frame.pane.id != tab:
            below = line.over or tab
            await frame.show_tab(below)
            over = frame.over.get(below)
            if line.over and (over is None or over.id != tab):
                await frame.show_over(below, tab)
            elif not line.over and over is not None and tabs.named(str(over.id)).over:
                await frame.show_over(below, None)
        pane = frame.pane
        if pane is None or pane.id != tab:
            return None
        await pane.be_ready()
        return pane

    async def _open(self, tab: str, name: str) -> None:
        """Go to a thing of a tab."""
        pane = await self._go(tab)
        if pane is not None:
            await pane.open_named(name)

    # -- the chamber --------------------------------------------------------------------------------

    def commands(self) -> Iterator[PaletteEntry]:
        """Yield the device's commands, which open their form or question."""
        station = self._workspace.station
        closed = self._closed("controls")
        for spec in station.contract.commands.values():
            refusal = station.blocked(spec.event)
            yield PaletteEntry(
                "Command",
                spec.title or spec.event,
                f"{spec.help or spec.means} {spec.hazard.value}; asks before it sends.".strip(),
                partial(self._open, "controls", spec.event),
                refusal=refusal.before if refusal is not None else closed,
                beside=f"{spec.event} command controls".lower(),
                name=spec.event,
            )

    def alarms(self) -> Iterator[PaletteEntry]:
        """Yield the alarms, with what their rules watch."""
        closed = self._closed("alarms")
        for one in self._workspace.station.alarms.view().alarms:
            yield PaletteEntry(
                "Alarm",
                one.rule,
                f"Go to this alarm on Alarms: {one.condition}.",
                partial(self._open, "alarms", one.rule),
                refusal=closed,
                beside=f"{one.condition} {one.severity} alarm rule".lower(),
                name=one.rule,
            )

    def channels(self) -> Iterator[PaletteEntry]:
        """Yield the channels: go to one, pin or unpin one."""
        workspace = self._workspace
        channels = [channel for channel in workspace.snapshot.channels if not channel.hidden]
        pins = workspace.memory.state.pinned.get(workspace.station.name)
        if pins is None:
            pins = tuple(channel.full_name for channel in channels if channel.pinned)
        pinned, key, closed = frozenset(pins), workspace.keys["pin"], self._closed("status")
        for one in channels:
            beside = f"{one.full_name} channel".lower()
            go = partial(self._open, "status", one.full_name)
            about = f"Go to the channel {one.full_name} on Status."
            yield PaletteEntry(
                "Channel", one.label, about, go, refusal=closed, beside=beside, name=one.full_name
            )
        for one in channels:
            word, what = ("Unpin", "from") if one.full_name in pinned else ("Pin", "to")
            yield PaletteEntry(
                "Channel",
                f"{word} {one.label}",
                f"{word} {one.full_name} {what} the top and the trend.",
                partial(self._run_on, "status", one.full_name, "pin"),
                key,
                closed,
                f"{one.full_name} channel".lower(),
            )

    def _recipes(self) -> Iterator[PaletteEntry]:
        closed = self._closed("recipes")
        for file in recipes.study.read_library(self._workspace.start.recipes).files:
            yield PaletteEntry(
                "Recipe",
                file.name,
                f"Show {file.path.name} on Recipes." + (" It cannot be read." if file.problem else ""),
                partial(self._open, "recipes", str(file.path)),
                refusal=closed,
                beside=f"{file.path.name} recipe".lower(),
                name=str(file.path),
            )

    def _runs(self) -> Iterator[PaletteEntry]:
        record, times = self._workspace.station.record.record, self._workspace.times
        if record is None:
            return
        try:
            recorded = runs.past.read_runs(record.path)
        except XovacError:
            return  # the Runs tab says why
        closed = self._closed("runs")
        for run in recorded:
            began = times.day_and_time(run.started)
            yield PaletteEntry(
                "Run",
                f"r{run.id} {run.name}",
                f"Show this run on Runs: {began}, {run.result}.",
                partial(self._open, "runs", str(run.id)),
                refusal=closed,
                beside=f"{began} {run.result} run".lower(),
                name=str(run.id),
            )

    def _chambers(self) -> Iterator[PaletteEntry]:
        """Yield the other chambers: those that are open, and those that can be opened. It may block."""
        workspace = self._workspace
        source, key = workspace.start.profiles, workspace.keys["chambers"]
        try:
            listed = {one.name: one.about for one in source.listed()} if source is not None else {}
        except XovacError:
            listed = {}  # the list of chambers says why
        names = [one.station.name for one in workspace.others]
        for name in dict.fromkeys([*names, *listed]):
            if name == workspace.station.name:
                continue
            is_open = name in names
            what = "Go to this chamber, which is open." if is_open else "Open this chamber beside the others:"
            yield PaletteEntry(
                "Chamber",
                name,
                what if is_open else f"{what} {listed[name]}",
                partial(self._window.open_chamber, name),
                key,
                self._over(),
                f"{listed.get(name, '')} chamber profile".lower(),
            )

    def _settings(self) -> Iterator[PaletteEntry]:
        """Yield the settings, which open the settings screen at their line."""
        workspace, themes = self._workspace, list(self._window.available_themes)
        found = settings_model.read_settings_state(settings_model.settings_path(workspace.start))
        try:
            lines = found.lines(workspace.start, themes)
        except XovacError:
            return  # the settings screen says why
        heading, key = "", workspace.keys["settings"]
        for line in lines:
            if line.kind is settings_model.SettingKind.HEADING:
                heading = line.title
                continue
            of_key = line.path[0] == "keys"
            yield PaletteEntry(
                "Setting",
                f"Key of {line.title}" if of_key else line.title,
                f"Now {line.shown}. {line.about}" if line.has_value else line.about,
                partial(self._window.change_settings, line.path),
                key,
                beside=f"{'.'.join(line.path)} {heading} setting {line.words}".lower(),
            )

    # -- the program --------------------------------------------------------------------------------

    def themes(self) -> Iterator[PaletteEntry]:
        """Yield the themes, ours first."""
        key = self._workspace.keys["theme"]
        for name in sorted(self._window.available_themes, key=lambda n: (not n.startswith("xovac"), n)):
            yield PaletteEntry(
                "Theme",
                name,
                "Use this theme from now on. Shown while the cursor is here; esc puts the old one back.",
                partial(self._take_theme, name),
                key,
                beside="theme colours",
                theme=name,
            )

    async def _take_theme(self, name: str) -> None:
        self._window.theme = name
        self._workspace.remember(theme=state.Remembered(name, self._workspace.start.display.theme))

    def topics(self) -> Iterator[PaletteEntry]:
        """Yield the topics of the help: one a tab."""
        key = self._workspace.keys["help"]
        for tab in tabs.TABS:
            about = f"Explain {tab.title}, with its keys."
            yield PaletteEntry(
                "Help",
                f"Help: {tab.title}",
                about,
                partial(self._window.explain, tab.id),
                key,
                beside=tab.about,
            )
        about = "The keys that work on every tab."
        yield PaletteEntry("Help", "Help: keys everywhere", about, partial(self._window.explain, ""), key)
