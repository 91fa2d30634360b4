"""A form of a contract: entries with guesses beside them, a preview, and what is wrong. It sends nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, unique
from typing import ClassVar

import msgspec
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import Dialog, Entries
from xovac_tui.ui.dialogs.contract.entries import Entry, Kind
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.drafts import DraftPlace
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic, field_css
from xovac_tui.ui.widgets.lines import FOCUSED, Line, LinesWidget, clip, folded
from xovac_tui.ui.widgets.selector import Selector
from xovac_tui.ui.workspace import Workspace

_LONGEST = 4_000
"""Characters that can be typed into an entry."""
_PAUSE = 0.3
"""Seconds without a change before the form is checked."""
_SAID_ROWS = 2
_MISSED = "Keys that came before this form was shown did not count. enter goes on without a change."
_TYPED = "Typed before and not saved yet: enter saves it, and esc leaves it unsaved."
TAKE, TAKE_TYPING = "g", "f2"
"""Keys that take a guess: in a choice and at the bar of the guesses; in a text field, where g is text."""
WHOLE = ""
"""Key of a problem that belongs to no single entry."""


@unique
class FormEnd(Enum):
    """How a form was left."""

    SAVED = "saved"
    AS_IT_WAS = "nothing was changed"
    AGAIN = "to be read and shown again"


class FormGuess(msgspec.Struct, frozen=True):
    """Texts that are guessed, and why."""

    texts: Mapping[str, str]
    """By the key of their entry."""
    reason: str


class FormPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a form shows, and what it does."""

    heading: str
    entries: Sequence[Entry]
    texts: Mapping[str, str]
    """As the contract has it now."""
    typed: Mapping[str, str] = {}
    """What was typed before and not saved."""
    guesses: Sequence[FormGuess] = ()
    guess: Callable[[Mapping[str, str]], Sequence[FormGuess]] | None = None
    """Returns what is guessed from what is typed; None: the guesses are fixed."""
    fixed: frozenset[str] = frozenset()
    """Keys that are shown and cannot be changed."""
    suggested: Mapping[str, Sequence[str]] = {}
    """Texts that may be completed, by the key of their entry."""
    place: str = ""
    """Where it is saved, in a few words, for the frame."""
    about: str = ""
    """A sentence above the entries."""
    locked: str = ""
    """Why nothing can be saved; empty where it can."""
    then: str = ""
    """What the form after this one is about; empty: none follows."""
    preview: Callable[[Mapping[str, str]], Sequence[Line]] | None = None
    check: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    """Returns what is wrong with texts, by the key of their entry."""
    save: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str] | FormEnd]]
    """Saves texts; returns how the form ends, or what is wrong."""
    before_end: Callable[[], Awaitable[None]] | None = None
    """Prepares what follows while the form still stands, so that the next one is there at once."""
    remove: Callable[[], Awaitable[Mapping[str, str] | FormEnd]] | None = None
    """Takes it out of the file; None: it is not there."""
    keeps: str = "Save"
    """What enter does with the texts, in a word."""
    open_fields: Callable[[str], Awaitable[str | None]] | None = None
    """Edits the fields of a payload; None: they stay as they are."""


class Choice(Selector, inherit_bindings=False):
    """A choice that a letter goes on in, to the next word that begins with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "before", show=False),
        Binding("right,space", "turn(1)", "next", show=False),
    ]

    def choose(self, word: str) -> None:
        """Choose a word, if there is such a one."""
        if word in self.words:
            self.action_turn(self.words.index(word) - self.words.index(self.value))

    def on_key(self, event: events.Key) -> None:
        """Go to the next word that begins with a letter."""
        letter = event.character or ""
        if not letter.isalpha() or not letter.islower():
            return
        at = self.words.index(self.value)
        for word in (*self.words[at + 1 :], *self.words[:at]):
            if word.startswith(letter):
                event.stop()
                event.prevent_default()
                self.choose(word)
                return


class FieldsButton(LinesWidget, can_focus=True):
    """The fields of a payload; enter opens them."""

    DEFAULT_CSS = "FieldsButton { width: 1fr; height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "open", show=False)]

    class Opened(Message):
        """The fields are to be edited."""

    def __init__(self, value: str, names: Callable[[str], str]) -> None:
        super().__init__()
        self.value, self._names = value, names
        self._draw()

    def put(self, value: str) -> None:
        """Take other fields."""
        self.value = value
        self._draw()

    def action_open(self) -> None:
        """Ask for the fields to be edited."""
        self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Ask for the fields to be edited."""
        self.action_open()

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the cursor."""
        super().watch_has_focus(value)
        self._draw()

    def _draw(self) -> None:
        style = FOCUSED if self.has_focus else ""
        hint = "  enter: edit" if self.has_focus else ""
        self.show_lines([((self._names(self.value), style), (hint, "$no-data"))])


class EntryRow(Horizontal):
    """One entry: sign and label, what is typed, and a guess."""

    DEFAULT_CSS = (
        field_css("EntryRow")
        + """
    EntryRow { height: 1; }
    EntryRow .label { width: 15; }
    EntryRow Input { width: 1fr; }
    EntryRow .fixed { width: 1fr; color: $no-data; }
    EntryRow .guess {
        width: auto; max-width: 50%; padding-left: 1; color: $accent;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    EntryRow.-wrong .label { color: $bad; text-style: bold; }
    """
    )

    def __init__(
        self, entry: Entry, text: str, plan: FormPlan, glyphs: Glyphs, names: Callable[[str], str]
    ) -> None:
        super().__init__()
        self.entry = entry
        self._glyphs = glyphs
        self._label = LeanStatic(f"  {entry.label}", classes="label", markup=False)
        self._guess = LeanStatic("", classes="guess", markup=False)
        self._text = text
        self.editor: Widget
        if entry.key in plan.fixed or plan.locked:
            shown = names(text) if entry.kind is Kind.FIELDS else text
            self.editor = LeanStatic(
                glyphs.plain(clean(shown, 300)) or glyphs.dash, classes="fixed", markup=False
            )
        elif entry.kind in (Kind.CHOICE, Kind.TRUTH):
            words = entry.choices if text in entry.choices else (*entry.choices, text)
            self.editor = Choice(words, text, glyphs)
        elif entry.kind is Kind.FIELDS:
            self.editor = FieldsButton(text, names)
        else:
            known = plan.suggested.get(entry.key)
            self.editor = LeanInput(
                text,
                compact=True,
                max_length=_LONGEST,
                select_on_focus=True,
                password=entry.kind is Kind.SECRET,
                suggester=SuggestFromList(known, case_sensitive=False) if known else None,
            )

    def compose(self) -> ComposeResult:
        """Build the row."""
        yield self._label
        yield self.editor
        yield self._guess

    @property
    def text(self) -> str:
        """What is typed or chosen."""
        if isinstance(self.editor, Input | Choice | FieldsButton):
            return self.editor.value
        return self._text

    @property
    def can_change(self) -> bool:
        """True where something can be typed or chosen."""
        return not isinstance(self.editor, Static)

    def put(self, text: str) -> None:
        """Type a text."""
        if isinstance(self.editor, Input):
            self.editor.value = text
            self.editor.cursor_position = len(text)
        elif isinstance(self.editor, Choice):
            self.editor.choose(text)
        elif isinstance(self.editor, FieldsButton):
            self.editor.put(text)

    def show(self, problem: str, guess: str) -> None:
        """Mark the text as wrong or right, and show a guess beside it."""
        self.set_class(bool(problem), "-wrong")
        self._label.update(f"{self._glyphs.cross if problem else ' '} {self.entry.label}")
        self._guess.update(self._glyphs.plain(guess))
        self._guess.display = bool(guess)


class GuessBar(LinesWidget, can_focus=True):
    """How many guesses there are, and the key that takes them."""

    DEFAULT_CSS = "GuessBar { width: 1fr; height: 1; }"

    def show(self, words: str) -> None:
        """Show these words."""
        self._words = words
        self._draw()

    _words = ""

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the cursor."""
        super().watch_has_focus(value)
        self._draw()

    def _draw(self) -> None:
        self.show_lines([((self._words, FOCUSED if self.has_focus else "$accent"),)])


class ContractForm(Dialog[FormEnd]):
    """Entries of a contract; enter saves them, and nothing is saved before."""

    TYPE_AHEAD = True
    DEFAULT_CSS = """
    ContractForm > .dialog.-wide { width: 100; }
    ContractForm #form-about { height: auto; color: $no-data; }
    ContractForm #form-typed { height: auto; color: $warning; }
    ContractForm #form-locked { height: auto; color: $bad; text-style: bold; }
    ContractForm #form-preview { height: auto; width: 1fr; }
    ContractForm #form-said { height: 2; width: 1fr; color: $no-data; }
    ContractForm #form-said.-wrong { color: $bad; text-style: bold; }
    ContractForm .buttons { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "save"),
        # Where nothing can be saved, enter goes back, and no key promises to save.
        Binding("enter", "leave_locked", "back", show=False),
        Binding(TAKE, "guess", "take the guess", show=False),
        Binding(TAKE_TYPING, "guess", "take the guess", show=False),
        Binding("up", "app.focus_previous", "before", show=False),
        Binding("down", "app.focus_next", "next", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
    ]

    def __init__(
        self,
        workspace: Workspace,
        plan: FormPlan,
        names: Callable[[str], str] = str,
        *,
        missed: bool = False,
    ) -> None:
        """`names` returns the fields of a payload as shown; `missed` says that keys were lost before."""
        super().__init__(workspace, clean(workspace.titled(plan.heading), 70), plan.place)
        self._plan = plan
        self._first = dict(plan.texts)
        self._problems: Mapping[str, str] = {}
        self._timer: Timer | None = None
        self._checks = 0
        self._saving = False
        self._note = ""
        self.missed = missed
        """True where keys were lost that were meant for this form or, while it is saved, for the next."""
        self._rows = [
            EntryRow(entry, plan.typed.get(entry.key, plan.texts[entry.key]), plan, workspace.glyphs, names)
            for entry in plan.entries
        ]

    def contents(self) -> ComposeResult:
        """Build preview, entries, what is said of the one with the focus, and the buttons."""
        plan, glyphs = self._plan, self.workspace.glyphs
        if plan.locked:
            yield LeanStatic(f"{glyphs.cross} {glyphs.plain(plan.locked)}", id="form-locked", markup=False)
        if plan.typed and not plan.locked:
            yield LeanStatic(_TYPED, id="form-typed", markup=False)
        if plan.about:
            yield LeanStatic(glyphs.plain(plan.about), id="form-about", markup=False)
        if plan.preview is not None:
            yield LinesWidget(id="form-preview")
        if (plan.guesses or plan.guess) and not plan.locked:
            yield GuessBar(id="form-guesses")
        with Entries(can_focus=False):
            yield from self._rows
        yield LeanStatic("", id="form-said", markup=False)
        with Horizontal(classes="buttons"):
            yield DialogButton("Back (esc)", id="back")
            if not plan.locked:
                then = f", then {clean(plan.then, 24)}" if plan.then else ""
                yield DialogButton(glyphs.plain(f"{plan.keeps}{then} (enter)"), id="save")

            if not plan.locked and plan.remove is not None:
                yield DialogButton("Remove", id="remove")

    def on_mount(self) -> None:
        """Focus the guesses, else the first entry."""
        self.workspace.window.dialog_follows = False
        if self._plan.guesses and self._open_guesses():
            self.query_one(GuessBar).focus()
        else:
            self._focus_row()
        self.call_after_refresh(self._show)
        if self._plan.typed:
            self._check_soon()

    def on_resize(self) -> None:
        """Fold the texts to the new width."""
        super().on_resize()
        self._show()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the present value."""
        self._preview()

    @property
    def texts(self) -> dict[str, str]:
        """What is typed, by the key of its entry."""
        return {row.entry.key: row.text for row in self._rows}

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong, by the key of its entry."""
        return self._problems

    def put(self, key: str, text: str) -> None:
        """Type a text into an entry."""
        next(row for row in self._rows if row.entry.key == key).put(text)

    @property
    def changed(self) -> bool:
        """True where something was typed that the contract does not say."""
        return self.texts != self._first

    @property
    def unsaved(self) -> str:
        """The heading where something was typed that can be saved and is not; else empty."""
        return self.heading if self.changed and not self._plan.locked else ""

    def keep_draft(self, place: DraftPlace, end: FormEnd | None) -> None:
        """Keep what is typed if the form was left with it, else forget what was kept before."""
        if end is None and self.unsaved:
            self.workspace.drafts.keep(place, self.heading, self.texts)
            self.workspace.say(f"{self.heading}: not saved, but kept until you leave the console.", seconds=6)
        else:
            self.workspace.drafts.drop(place)

    def too_early(self, event: events.InputEvent | events.Paste, *, typed: bool = True) -> bool:
        """Return whether an event was read before this form could have been seen; note that it is lost."""
        early = super().too_early(event, typed=typed)
        if early and isinstance(event, events.Key | events.Paste):
            self.missed = True
        return early

    def foresee(self, event: events.Key) -> None:
        """Note a key that comes while the form is saved: it was meant for the next one."""
        self._note = ""
        if self._saving and event.key != "escape":
            self.missed = True

    # -- guesses ------------------------------------------------------------------------------------

    def _open_guesses(self) -> list[FormGuess]:
        """Return the guesses that are not taken yet."""
        texts = self.texts
        guesses = self._plan.guesses if self._plan.guess is None else self._plan.guess(texts)
        return [one for one in guesses if any(texts.get(key) != text for key, text in one.texts.items())]

    def action_guess(self) -> None:
        """Take the guess of the entry with the focus; at the bar of the guesses, all of them."""
        row = self._row
        wanted = self._open_guesses()
        own = [one for one in wanted if row is not None and row.entry.key in one.texts]
        if own or (row is not None and self._plan.guess is None):
            wanted = own
        elif row is not None:
            # What is guessed from a text is taken where it was typed.
            pass
        elif not isinstance(self.focused, GuessBar):
            return
        by_key = {one.entry.key: one for one in self._rows}
        for guess in wanted:
            for key, text in guess.texts.items():
                by_key[key].put(text)
        if wanted and row is None:
            self._focus_row()
        self._show()

    @property
    def _row(self) -> EntryRow | None:
        return next((row for row in self._rows if row.editor is self.focused), None)

    def _focus_row(self, key: str = "") -> None:
        """Focus an entry: that of this key, else the first with a problem, else the first."""
        able = [row for row in self._rows if row.can_change]
        wanted = [row for row in able if row.entry.key == key]
        wanted = wanted or [row for row in able if row.entry.key in self._problems] or able
        if wanted:
            wanted[0].editor.focus()
        else:
            self.query_one("#back").focus()

    # -- what is shown --------------------------------------------------------------------------------

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the entry with the focus is for."""
        self._say()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check as typed."""
        event.stop()
        self._after_change()

    def on_selector_changed(self, event: Selector.Changed) -> None:
        """Check as chosen."""
        event.stop()
        self._after_change()

    def _after_change(self) -> None:
        if self.is_mounted:
            self._show()
            self._check_soon()

    def _check_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._check)

    @work(group="contract-check", exclusive=True)
    async def _check(self) -> None:
        self._checks += 1
        number = self._checks
        problems = await self._plan.check(self.texts) if self.changed else {}
        if number == self._checks and self.is_attached:
            self._problems = problems
            self._show()

    def _show(self) -> None:
        """Show preview, guesses and problems for what is typed now."""
        if not self.is_mounted:
            return
        self._preview()
        guesses = self._open_guesses()
        texts = self.texts
        for row in self._rows:
            key = row.entry.key
            takes = TAKE_TYPING if isinstance(row.editor, Input) else TAKE
            guess = next(
                (one for one in guesses if texts.get(key) != one.texts.get(key, texts.get(key))), None
            )
            said = f"{takes} {clean(guess.texts[key], 40)}: {guess.reason}" if guess is not None else ""
            row.show(self._problems.get(key, ""), said)
        for bar in self.query("#form-guesses").results(GuessBar):
            bar.show(self._guess_words(len(guesses)))
        self._say()

    def _guess_words(self, count: int) -> str:
        """Return what the bar of the guesses says with so many that are not taken."""
        if count:
            what = "the guess" if count == 1 else f"all {count} guesses"
            typing = self._plan.guess is not None and isinstance(self.focused, Input)
            return f"{TAKE_TYPING if typing else TAKE}: take {what} below; look at each"
        if self._plan.guess is not None:
            return "Guesses follow from the name. Enter saves."
        return "The guesses are taken. Enter saves them."

    def _preview(self) -> None:
        if self._plan.preview is not None:
            for shown in self.query("#form-preview").results(LinesWidget):
                lines = self._plan.preview(self.texts)
                room = shown.size.width or self.app.size.width
                shown.show_lines(
                    [clip(line, room, ellipsis=self.workspace.glyphs.ellipsis) for line in lines]
                )

    def _say(self) -> None:
        """Show the problem of the entry with the focus, else any other, else what the entry is for."""
        row, glyphs = self._row, self.workspace.glyphs
        key = row.entry.key if row is not None else WHOLE
        problem = self._problems.get(key) or self._problems.get(WHOLE, "")
        if not problem and self._problems and row is None:
            problem = next(iter(self._problems.values()))
        guess = next((one for one in self._open_guesses() if key in one.texts), None) if key else None
        if problem:
            said = f"{glyphs.cross} {problem}"
        elif guess is not None and row is not None:
            takes = TAKE_TYPING if isinstance(row.editor, Input) else TAKE
            said = f"{takes} takes {clean(guess.texts[key], 40)}: {guess.reason}. {row.entry.help}"
        else:
            said = row.entry.help if row is not None else ""
        if isinstance(self.focused, GuessBar):
            said = "Guesses may be wrong. Nothing is saved before enter."
        said = self._note or said
        # A check may end while the form is being taken down.
        for place in self.query("#form-said").results(Static):
            width = max(20, place.size.width or 60)
            place.update("\n".join(folded(glyphs.plain(said), width)[:_SAID_ROWS]))
            place.set_class(bool(problem), "-wrong")

    # -- answers --------------------------------------------------------------------------------------

    def action_page(self, pages: int) -> None:
        """Go several entries on or back."""
        for _ in range(5):
            if pages > 0:
                self.focus_next()
            else:
                self.focus_previous()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save."""
        event.stop()
        self._save()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Save only where something can be saved."""
        if action in ("choose", "leave_locked"):
            return bool(self._plan.locked) is (action == "leave_locked")
        return super().check_action(action, parameters)

    def action_leave_locked(self) -> None:
        """Go back: nothing can be saved here."""
        self._answer("back")

    def action_choose(self) -> None:
        """Choose the focused answer; from everywhere else, save."""
        self._answer(self.focused.id if isinstance(self.focused, DialogButton) else "save")

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Choose the clicked answer."""
        self._answer(message.button.id)

    def _answer(self, answer: str | None) -> None:
        if self._plan.locked or answer == "back":
            self.dismiss(None)
        elif answer == "remove" and self._plan.remove is not None:
            self._save(self._plan.remove)
        else:
            self._save()

    @work(group="contract-fields", exclusive=True)
    async def on_fields_button_opened(self, message: FieldsButton.Opened) -> None:
        """Edit the fields of the payload."""
        row = next(row for row in self._rows if row.entry.kind is Kind.FIELDS)
        if self._plan.open_fields is not None:
            changed = await self._plan.open_fields(row.text)
            if changed is not None:
                row.put(changed)
                self._after_change()

    def _save(self, remove: Callable[[], Awaitable[Mapping[str, str] | FormEnd]] | None = None) -> None:
        if self._saving:
            return
        if self.missed and not self.changed and remove is None:
            # A guess that was not taken, for its key came too early, would be passed over unseen.
            self.missed, self._note = False, _MISSED
            self._say()
            return
        self._saving, self.missed = True, False
        self._save_now(remove)

    @work(group="contract-save")
    async def _save_now(self, remove: Callable[[], Awaitable[Mapping[str, str] | FormEnd]] | None) -> None:
        try:
            end: Mapping[str, str] | FormEnd = FormEnd.AS_IT_WAS
            if remove is not None:
                end = await remove()
            elif self.changed:
                end = await self._plan.save(self.texts)
            if isinstance(end, FormEnd) and self._plan.before_end is not None:
                await self._plan.before_end()
        finally:
            self._saving = False
        if isinstance(end, FormEnd):
            if self._plan.before_end is not None:
                # Whoever prepares what follows clears this when none does.
                self.workspace.window.dialog_follows = bool(self._plan.then) or end is FormEnd.AGAIN
            self.dismiss(end)
            return
        # A check of the same texts that is still due knows nothing of what saving found.
        self._checks += 1
        if self._timer is not None:
            self._timer.stop()
        self._problems = end
        self._focus_row()
        self._show()


class PayloadFieldForm(ContractForm):
    """The form of a field, above that of its command: two dialogs of one kind are not shown at once."""
