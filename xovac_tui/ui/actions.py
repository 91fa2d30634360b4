"""Collect the screens' actions: keys as printed, the check of `[keys]`, and `docs/keys.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from textual.binding import Binding, BindingType

from xovac_tui.errors import SettingsError
from xovac_tui.text import nearest
from xovac_tui.ui import app_actions, fleet_keys, replay_actions, tabs
from xovac_tui.ui.action import MOVING, STOP, Action, KeyTables, printed, printed_keys
from xovac_tui.ui.app_actions import CHAMBERS, ZOOM
from xovac_tui.ui.stop_key import STOP_KEY


class ActionPlace(NamedTuple):
    """A place in which a set of keys works."""

    title: str
    actions: tuple[Action, ...]
    everywhere: bool = False
    """True if they work in every other place, too."""


EVERYWHERE = (STOP, *tabs.ACTIONS, *app_actions.ACTIONS)


def places() -> tuple[ActionPlace, ...]:
    """Return every place with its keys, without importing a pane."""
    return (
        ActionPlace("Everywhere", EVERYWHERE, True),
        ActionPlace("Everywhere in a replay", replay_actions.ACTIONS, True),
        *(
            ActionPlace(tab.title if tab.key or not tab.about else f"{tab.title} ({tab.about})", tab.actions)
            for tab in tabs.TABS
        ),
    )


def footer_order(own: tuple[Action, ...], *, first: bool, several: bool) -> list[str]:
    """Return the titles of actions in the footer's order; `first`: a tab's own before those of every tab.

    `several`: more than one chamber is open, so the way to the others comes before all else.
    """
    own_and_everywhere = (*own, *EVERYWHERE) if first else (*EVERYWHERE, *own)
    titles = [action.title for action in (*replay_actions.ACTIONS, *own_and_everywhere)]
    # A tab's own keys come before the one that only changes how much is seen.
    places = {ZOOM.title: 1, CHAMBERS.title: -1 if several else 2}
    return sorted(titles, key=lambda title: places.get(title, 0))


def check_keymap(keys: Mapping[str, str], where: tuple[ActionPlace, ...] | None = None) -> dict[str, str]:
    """Return the settings' `[keys]` as a keymap; raises SettingsError for an unsafe one.

    Refused: an unknown action, a key of another action in the same place, a fixed key that is not the
    action's own by default, and anything that touches STOP or its keys.
    """
    if not keys and where is None:
        # A test proves that the default keys do not collide, so the first picture need not wait for a check.
        return {}
    where = where or places()
    known = {action.id: action for place in where for action in place.actions}
    for name in keys:
        what = f'Settings, key "keys.{name}"'
        if name == STOP.id:
            raise SettingsError(f"{what}: STOP always stays on {STOP.keys}. Take this line out.")
        if name not in known:
            raise SettingsError(f"{what}: there is no such action.{nearest(name, known)}")
        given = known[name].keys_by(keys)
        if not given:
            raise SettingsError(f'{what}: no key is given. Write a key such as "f5".')
        if {STOP.keys, STOP_KEY} & set(given):
            raise SettingsError(f"{what}: {STOP.keys} is the STOP key and does nothing else. Choose another.")
    placed = [(place, action) for place in where for action in place.actions]
    for (one, first), (other, second) in combinations(placed, 2):
        if one is other or one.everywhere or other.everywhere:
            for key in _bound(first, keys) & _bound(second, keys):
                raise SettingsError(
                    f'Settings, table "keys": "{key}" would be both {first.id} and {second.id}. '
                    "Give one of them another key."
                )
    for name in keys:
        for key in sorted((_bound(known[name], keys) - _bound(known[name], {})) & _FIXED):
            raise SettingsError(
                f'Settings, key "keys.{name}": "{key}" is a fixed key of lists and dialogs, so it would not '
                "work there. Choose another."
            )
    return dict(keys)


def _bound(action: Action, keymap: Mapping[str, str]) -> set[str]:
    """Return the keys of an action as Textual names them: `/` and `slash` are one key."""
    return _names((key, "", "") for key in action.keys_by(keymap))


def _names(written: Iterable[BindingType]) -> set[str]:
    return {binding.key for binding in Binding.make_bindings(written)}


_FIXED = _names(MOVING) | {"enter", "escape", "tab", "shift+tab"}
"""Keys of lists and dialogs, which no setting changes."""


class Keys(dict[str, str]):
    """Id of an action -> its first key, as it is printed; of a tab's actions when one is asked for."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__(printed_keys(EVERYWHERE, keymap))
        self.keymap = keymap

    def rebind(self, keymap: Mapping[str, str]) -> None:
        """Take other keys from now on."""
        self.clear()
        self.update(printed_keys(EVERYWHERE, keymap))
        self.keymap = keymap

    def tables(self, tab: str, own: tuple[Action, ...], *, replay: bool) -> KeyTables:
        """Return the keys for the help of a tab, its own first; `tab` is empty if none is shown."""
        shown = [(f"Keys of {tab}", own)] if own else []
        shown += [("Keys of the replay", replay_actions.ACTIONS)] if replay else []
        shown += [("Keys everywhere", EVERYWHERE)]
        return [
            (title, [(" ".join(map(printed, one.keys_by(self.keymap))), one) for one in actions])
            for title, actions in shown
        ]

    def __missing__(self, action: str) -> str:
        for place in places():
            self.update(printed_keys(place.actions, self.keymap))
        return dict(self)[action]


_ABOUT_FIXED = """## Moving about

These keys are fixed: arrows or `j` and `k`, `home`/`g` and `end`/`G`, page up and down, `tab` to the next
part of a screen, `enter` to take, `esc` to go back.
"""


def keys_page() -> str:
    """Return the text of `docs/keys.md`: every action with its default keys and its name in the settings."""
    parts = [
        "# Keys\n",
        "Made from what the screens declare by `python docs/keys.py`. The names in the third column go",
        "into the settings, table `[keys]`, to put an action on other keys; STOP always stays on `!`.\n",
    ]
    for place in places():
        parts += [f"## {place.title}\n", "| key | what it does | name |", "|---|---|---|"]
        for action in place.actions:
            keys = " ".join(f"`{key}`" for key in action.keys_by({}))
            parts.append(f"| {keys} | {action.help} | `{action.id}` |")
        parts.append("")
    parts += [
        "## The fleet (`xovac-tui fleet`)\n",
        "These keys are fixed.\n",
        "| key | what it does |",
        "|---|---|",
    ]
    parts += [f"| `{printed(action.keys)}` | {action.help} |" for action in fleet_keys.ACTIONS]
    return "\n".join([*parts, "", _ABOUT_FIXED])
