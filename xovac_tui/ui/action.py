"""Declarations of keys and what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from textual.binding import Binding, BindingType
from textual.keys import format_key

from xovac_tui.api.contract import STOP_COMMAND

START_COMMAND = "(start)"
"""The contract's start command, whatever its name."""


class Action(msgspec.Struct, frozen=True):
    """One action of a key."""

    id: str
    """Name in the settings' `[keys]`."""
    keys: str
    """Default keys, comma-separated."""
    title: str
    """One or two words, for the footer."""
    help: str
    """A sentence, for help and palette."""
    footer: bool = False
    palette: bool = True
    method: str = ""
    """Textual action; `id` with underscores where empty."""
    on: str = ""
    """Kind of thing chosen on the tab that it acts on, such as `recipe`; empty: it acts on none.

    From another tab, where the chosen one cannot be seen, the palette asks which.
    """
    sends: str = ""
    """Command of the device that it asks to send; `START_COMMAND`: the contract's own."""

    def keys_by(self, keymap: Mapping[str, str]) -> list[str]:
        """Return the action's keys by name, after the settings' `[keys]`."""
        return [key.strip() for key in keymap.get(self.id, self.keys).split(",") if key.strip()]

    @property
    def action(self) -> str:
        """Name of the Textual action that it runs."""
        return self.method or self.id.replace("-", "_")


STOP = Action(
    "stop",
    "!",
    "STOP",
    "Cancel the running recipe: press it twice within 3 s, above every dialog too. "
    "In a text field ! is text: press esc first.",
    footer=True,
    sends=STOP_COMMAND,
)


KeyTables = Sequence[tuple[str, Sequence[tuple[str, Action]]]]
"""Title -> keys as they are printed, and the action that they run."""

MOVING: list[BindingType] = [
    Binding("up,k", "move(-1)", "up", show=False),
    Binding("down,j", "move(1)", "down", show=False),
    Binding("pageup", "page(-1)", "page up", show=False),
    Binding("pagedown", "page(1)", "page down", show=False),
    Binding("home,g", "move(-1000000)", "first", show=False),
    Binding("end,G", "move(1000000)", "last", show=False),
]
"""The keys of every list, which are fixed."""
BETWEEN: list[BindingType] = [
    Binding("left,h,up,k", "app.focus_previous", "before", show=False),
    Binding("right,l,down,j", "app.focus_next", "next", show=False),
]
"""The keys from answer to answer of a dialog, which are fixed."""


def placed(namespace: str, *actions: Action) -> tuple[Action, ...]:
    """Return the actions with their methods looked up in a namespace, unless they name one themselves.

    `replay-skip` placed in `replay` runs `replay.skip`.
    """
    return tuple(
        one
        if "." in one.method
        else msgspec.structs.replace(one, method=f"{namespace}.{one.action.removeprefix(f'{namespace}_')}")
        for one in actions
    )


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """Return the Textual bindings of actions; none for STOP, which every key passes first."""
    return [
        Binding(
            action.keys, action.action, action.title, show=action.footer, id=action.id, tooltip=action.help
        )
        for action in actions
        if action is not STOP
    ]


def printed(key: str) -> str:
    """Return a key as printed in sentences and in the help."""
    return _NAMES.get(key) or format_key(key)


def printed_keys(actions: Iterable[Action], keymap: Mapping[str, str]) -> dict[str, str]:
    """Return the first key of each action by its id, after the settings' `[keys]`, as printed."""
    return {action.id: printed(action.keys_by(keymap)[0]) for action in actions}


_NAMES = {"enter": "enter", "left": "left", "right": "right", "up": "up", "down": "down"}
"""Keys whose usual picture says less than their name does."""
