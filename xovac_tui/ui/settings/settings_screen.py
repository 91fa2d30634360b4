"""The settings screen: changes the settings file key by key, in force at once where that is possible."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Protocol

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.theme import Theme
from textual.widgets import Input, Static

from xovac_tui import notify
from xovac_tui.config import Display
from xovac_tui.config.secrets import read_addresses
from xovac_tui.config.settings_text import (
    REMOVE,
    SettingsConflictError,
    SettingsText,
    changed,
    difference,
    read_settings_text,
    receiver_tables,
    with_receiver,
    write_settings_text,
)
from xovac_tui.errors import SettingsError, XovacError
from xovac_tui.notify.settings import HEARTBEAT, NotifySettings, Receiver
from xovac_tui.text import clean
from xovac_tui.tomltext import KeyPath
from xovac_tui.ui.action import Action, printed
from xovac_tui.ui.actions import check_keymap
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.contract.form import FormEnd
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.settings.receiver_form import ReceiverWork
from xovac_tui.ui.settings.settings_model import (
    SettingKind,
    SettingLine,
    SettingsState,
    matching_lines,
    number_of,
    read_settings_state,
    settings_path,
)
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic
from xovac_tui.ui.widgets.lines import CHOSEN, Line, LinesWidget, clip, entitle, fit, paragraph
from xovac_tui.ui.widgets.rows import EnterClicked, Rows
from xovac_tui.ui.workspace import Workspace

_TITLE_WIDTH = 24
_ABOUT_ROWS = 3
_BELL = {"name": "bell", "kind": "bell"}


class SettingsWindow(Protocol):
    """The interface of the app that the settings screen uses."""

    theme: str

    @property
    def available_themes(self) -> dict[str, Theme]:
        """The themes by name."""

    def show_as(self, display: Display, *, keep: bool = False) -> None:
        """Show times and values of all chambers as these settings say; `keep`: they are in force."""

    def rebind(self, keymap: Mapping[str, str]) -> None:
        """Put actions on other keys from now on."""


class KeyDialog(Dialog[str]):
    """Waits for the new key of an action; returns its name, an empty text for the usual key."""

    WIDE = False
    DEFAULT_CSS = """
    KeyDialog > .dialog { width: 60; max-width: 100%; max-height: 100%; padding: 0 2; }
    KeyDialog Static { height: auto; width: 1fr; }
    KeyDialog #problem { color: $bad; text-style: bold; }
    """

    def __init__(self, workspace: Workspace, action: Action, now: str, check: Callable[[str], str]) -> None:
        super().__init__(workspace, f"Key: {action.title}", "backspace: usual key   esc: back")
        self._action, self._now, self._check = action, now, check

    def contents(self) -> ComposeResult:
        """Build the text."""
        usual = " ".join(map(printed, self._action.keys_by({})))
        plain = self.workspace.glyphs.plain
        yield LeanStatic(plain(f"Press the new key.   Now: {self._now}   usual: {usual}"), markup=False)
        yield LeanStatic("", id="problem", markup=False)
        # The last is the first to give way in a small terminal.
        yield LeanStatic(plain(f"\n{self._action.help}"), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take the key, unless it cannot be."""
        if event.key == "escape":
            return
        event.stop()
        event.prevent_default()
        if event.key in ("backspace", "delete"):
            self.dismiss("")
        elif problem := self._check(event.key):
            self.query_one("#problem", Static).update(self.workspace.glyphs.plain(f"\n{problem}"))
        else:
            self.dismiss(event.key)


class SettingsDialog(Dialog[None]):
    """The settings as a list with a search field; enter changes the one under the cursor."""

    TYPE_AHEAD = True
    DEFAULT_CSS = """
    SettingsDialog > .dialog.-wide { width: 100%; max-width: 110; padding: 0 1; }
    SettingsDialog Input { width: 1fr; }
    SettingsDialog Rows, SettingsDialog Rows:focus { border: none; padding: 0; }
    SettingsDialog #about { color: $foreground-muted; border-top: solid $border-blurred; }
    SettingsDialog #readonly { color: $bad; text-style: bold; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("ctrl+home", "move(-1000000)", "first", show=False),
        Binding("ctrl+end", "move(1000000)", "last", show=False),
    ]

    def __init__(self, workspace: Workspace, window: SettingsWindow, at: KeyPath = ()) -> None:
        """`at` is the path of the setting on which the cursor stands first; empty: the first one."""
        below = workspace.glyphs.plain("↑↓ choose   enter: change   esc: back")
        super().__init__(workspace, "Settings", below)
        self._window = window
        self._at = at
        self._path = settings_path(workspace.start)
        self._state = SettingsState(SettingsText(self._path))
        self._settings: list[SettingLine] = []
        self._listed: list[SettingLine] = []
        self.busy = False
        """A setting is being changed."""

    def contents(self) -> ComposeResult:
        """Build field, list and explanation."""
        yield LeanStatic("", id="readonly", markup=False)
        yield LeanInput(
            placeholder="Type to find a setting", compact=True, select_on_focus=False, max_length=80
        )
        rows = Rows(choose=True)
        rows.can_focus = False
        yield rows
        yield LinesWidget(id="about")

    def on_mount(self) -> None:
        """Read the file and show it."""
        super().on_mount()
        self.on_resize()
        self.query_one(Input).focus()
        self.run_worker(self._open(), group="settings")

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self.query_one(".dialog").styles.height = max(5, self.rows)
        self.query_one("#about").styles.height = _ABOUT_ROWS + 1
        if self._settings:
            self._draw()

    async def _open(self) -> None:
        self._state = await asyncio.to_thread(read_settings_state, self._path)
        notice = self.query_one("#readonly", Static)
        notice.update(self.workspace.glyphs.plain(self._state.problem))
        notice.display = bool(self._state.problem)
        self._make_lines()

    # -- lines --------------------------------------------------------------------------------------

    def _make_lines(self) -> None:
        exists = "" if self._state.file.raw is not None else " (made at the first change)"
        title = f"Settings: {clean(str(self._path), 200)}{exists}"
        entitle(self.query_one(".dialog"), self.workspace.glyphs.plain(title))
        self._settings = self._state.lines(self.workspace.start, self._window.available_themes)
        self._show()

    def _show(self) -> None:
        self._listed = matching_lines(self._settings, self.query_one(Input).value)
        self._draw()

    def _draw(self) -> None:
        rows = self.query_one(Rows)
        headings = {at for at, line in enumerate(self._listed) if line.kind is SettingKind.HEADING}
        chosen = rows.chosen if rows.chosen < len(self._listed) and rows.chosen not in headings else 1
        if self._at:
            wanted, self._at = self._at, ()
            chosen = next((at for at, line in enumerate(self._listed) if line.path == wanted), chosen)
        rows.show_rows(len(self._listed), self._row, skip=headings, chosen=chosen)
        self._show_about()

    def _row(self, index: int, chosen: bool) -> Line:
        width, line, glyphs = self.query_one(Rows).size.width, self._listed[index], self.workspace.glyphs
        if line.kind is SettingKind.HEADING:
            return ((glyphs.plain(line.title), "bold"),)
        title = fit(glyphs.plain(line.title), _TITLE_WIDTH, ellipsis=glyphs.ellipsis)
        text = f"{glyphs.then if chosen else ' '} {title} {glyphs.plain(line.shown)}"
        if chosen:
            return ((fit(text, width, ellipsis=glyphs.ellipsis), CHOSEN),)
        return clip(((text, ""),), width, ellipsis=glyphs.ellipsis)

    @property
    def chosen(self) -> SettingLine | None:
        """The setting under the cursor."""
        at = self.query_one(Rows).chosen
        line = self._listed[at] if at < len(self._listed) else None
        return None if line is None or line.kind is SettingKind.HEADING else line

    def _show_about(self) -> None:
        line = self.chosen
        text = "" if line is None else about_words(line)
        about = self.query_one("#about", LinesWidget)
        width = max(10, about.size.width or self.app.size.width - 6)
        about.show_lines(paragraph(self.workspace.glyphs.plain(text), width)[:_ABOUT_ROWS])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what holds the typed words."""
        event.stop()
        if self._settings:
            self._show()

    def on_rows_chosen(self) -> None:
        """Explain the setting under the cursor."""
        self._show_about()

    def action_move(self, rows: int) -> None:
        self.query_one(Rows).action_move(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(Rows).action_page(pages)

    # -- changing -----------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Change the setting under the cursor."""
        event.stop()
        self._take()

    def on_enter_clicked(self, message: EnterClicked) -> None:
        """Change a setting that is clicked twice."""
        message.stop()
        self._take()

    def _take(self) -> None:
        line = self.chosen
        if line is not None and not self.busy:
            self.busy = True
            self.run_worker(self._change(line), group="settings")

    async def _change(self, line: SettingLine) -> None:
        try:
            if line.kind is SettingKind.RECEIVER:
                await self._ask_receiver(line.value)
            elif self._state.problem:
                self.workspace.say(self._state.problem, "warning")
            elif line.kind is SettingKind.CHOICE:
                await self._choose(line)
            elif line.kind is SettingKind.NUMBER:
                await self._type(line)
            elif line.kind is SettingKind.KEY:
                await self._press(line)
            elif line.kind is SettingKind.BELL:
                await self._save(lambda file: with_receiver(file, _BELL), at_once=False)
                await self._open()
            elif line.kind is SettingKind.ADD:
                await self._edit_receiver({"kind": line.value})
            elif line.kind is SettingKind.HEARTBEAT:
                await self._edit_receiver({**(self._state.file.value(line.path) or {}), "kind": HEARTBEAT})
        except XovacError as error:
            self.workspace.say(str(error), "error")
        finally:
            self.busy = False

    async def _choose(self, line: SettingLine) -> None:
        plain = self.workspace.glyphs.plain
        words = [plain(shown) for _, shown in line.options]
        by_words = {plain(shown): value for value, shown in line.options}
        theme = self._window.theme

        def preview(shown: str) -> None:
            self._preview(line, by_words[shown])

        chosen = None
        try:
            dialog = ChooseDialog(self.workspace, line.title, words, plain(line.shown), preview)
            chosen = await self.workspace.ask(dialog)
            if chosen is not None:
                value = REMOVE if by_words[chosen] is None else by_words[chosen]
                if not await self._save(lambda file: changed(file, {line.path: value}), at_once=line.at_once):
                    chosen = None
        finally:
            if chosen is None:
                self._window.theme = theme
                self._window.show_as(self.workspace.start.display)
        if chosen is not None:
            self._in_force(line, by_words[chosen])

    def _preview(self, line: SettingLine, value: Any) -> None:
        """Show a choice before it is made, where that can be seen at once."""
        name = line.path[-1]
        if name == "theme":
            self._window.theme = value
        elif line.at_once:
            self._window.show_as(msgspec.structs.replace(self.workspace.start.display, **{name: value}))

    def _in_force(self, line: SettingLine, value: Any) -> None:
        workspace, name = self.workspace, line.path[-1]
        if name in ("theme", "window"):
            # What was chosen on the screen before would win again at the next start.
            workspace.remember(**{name: None})
        if name == "theme":
            self._window.theme = value
        if line.at_once:
            display = msgspec.structs.replace(workspace.start.display, **{name: value})
            self._window.show_as(display, keep=True)
        self._make_lines()

    async def _type(self, line: SettingLine) -> None:
        text, problem = f"{line.value:g}" if isinstance(line.value, float) else str(line.value), ""
        while True:
            dialog = AskDialog(self.workspace, line.title, line.about, text, longest=20, problem=problem)
            typed = await self.workspace.ask(dialog)
            if typed is None:
                return
            text, number = typed, number_of(typed, line.value)
            if number is None:
                problem = "This is not a number."
                continue
            try:
                done = await self._save(
                    lambda file, number=number: changed(file, {line.path: number}),  # type: ignore[misc]
                    at_once=line.at_once,
                )
            except SettingsError as error:
                problem = str(error)
                continue
            if done:
                self._in_force(line, number)
            return

    async def _press(self, line: SettingLine) -> None:
        action: Action = line.value
        keys = self._state.keys

        def check(key: str) -> str:
            try:
                check_keymap({**keys, action.id: key})
            except SettingsError as error:
                return str(error)
            return ""

        key = await self.workspace.ask(KeyDialog(self.workspace, action, line.shown, check))
        if key is None:
            return
        value = key or REMOVE
        if not key and (problem := _usual_clash(keys, action)):
            self.workspace.say(problem, "warning")
            return
        if await self._save(lambda file: changed(file, {line.path: value})):
            self._window.rebind(self._state.keys)
            self._make_lines()

    def _take_file(self, file: SettingsText) -> None:
        self._state = msgspec.structs.replace(self._state, file=file)

    async def _save(self, edit: Callable[[SettingsText], SettingsText], *, at_once: bool = True) -> bool:
        """Write a change; show first what another program changed meanwhile.

        Returns whether it was written.
        """
        made = None
        while made is None:
            now = await asyncio.to_thread(read_settings_text, self._path)
            if now.raw != self._state.file.raw and not await self._go_on_from(now):
                return False
            self._take_file(now)
            made = edit(now)
            try:
                await asyncio.to_thread(write_settings_text, made, now)
            except SettingsConflictError:
                # Another program wrote it in this moment: that is shown first.
                made = None
        self._take_file(made)
        when = "in force now" if at_once else "in force from the next start on"
        self.workspace.say(f"Saved; {when}.", path=self._path, seconds=6)
        return True

    async def _go_on_from(self, now: SettingsText) -> bool:
        """Show what another program changed; return whether the change is to be made all the same."""
        lines = "\n".join(clean(line, 200) for line in difference(self._state.file, now))
        answer = await self.workspace.ask(
            QuestionDialog(
                self.workspace,
                "Settings changed elsewhere",
                f"Another program changed this file since it was read here:\n\n{lines}\n\n"
                "That change stays either way, and is in force from the next start on.",
                (("leave", "Change nothing", "n"), ("write", "Save mine too", "y")),
            )
        )
        # With the receivers that it has now, and without those that it has no more.
        await self._open()
        return answer == "write"

    # -- receivers ----------------------------------------------------------------------------------

    async def _edit_receiver(self, before: Mapping[str, Any]) -> None:
        """Show the form of a receiver, as the file has it, or of a new one with only a kind."""
        save = partial(self._save, at_once=False)
        if await ReceiverWork(self.workspace, self._state, save, before).edit() is FormEnd.SAVED:
            await self._open()

    async def _ask_receiver(self, receiver: Receiver) -> None:
        """Ask what is to be done about a receiver."""
        name = clean(receiver.name, 60)
        where = (
            "rings in this terminal" if receiver.in_terminal else "goes out of this machine or runs a program"
        )
        question = QuestionDialog(
            self.workspace,
            f"Receiver {name}",
            f"Change it, or send it a message marked as a test: that {where} ({receiver.kind}). Nothing goes "
            "to the chamber.",
            (("no", "Nothing", "n"), ("edit", "Change", "e"), ("yes", "Send a test", "y")),
        )
        answer = await self.workspace.ask(question)
        if answer == "edit":
            found = [one for one in receiver_tables(self._state.file) if one.get("name") == receiver.name]
            await self._edit_receiver(found[0])
        elif answer == "yes":
            # One that hangs holds up no other setting, and its outcome is reported wherever one has gone.
            self.workspace.window.run_worker(self._test(receiver, name), group="receiver-test")

    async def _test(self, receiver: Receiver, name: str) -> None:
        self.workspace.say(f"Testing {name}.", seconds=receiver.timeout)
        try:
            settings = await asyncio.to_thread(read_addresses, NotifySettings(receivers=(receiver,)))
            why = await notify.trial.attempt(settings.receivers[0], self.station.name, self._ring)
        except XovacError as error:
            why = str(error)
        if why:
            self.workspace.say(f"{name}: {why}", "error")
        else:
            self.workspace.say(f"{name} took the test.", seconds=6)

    def _ring(self, characters: str) -> str:
        self.workspace.window.write_beside(characters)
        return ""


def _usual_clash(keys: Mapping[str, str], action: Action) -> str:
    """Return why an action cannot go back to its usual key; empty if it can."""
    try:
        check_keymap({name: key for name, key in keys.items() if name != action.id})
    except SettingsError as error:
        return str(error)
    return ""


def about_words(line: SettingLine) -> str:
    """Return what is said of the setting under the cursor."""
    when = "" if line.at_once else " In force from the next start on."
    source = f" ({line.where})" if line.where else ""
    return f"{line.about}{when}{source}"
