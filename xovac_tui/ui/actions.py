"""The one command table: bindings, footer, palette, help and `docs/keys.md` are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import msgspec
from textual.binding import Binding, BindingType

from xovac_tui.errors import SettingsError
from xovac_tui.text import nearest


class Action(msgspec.Struct, frozen=True):
    """One thing a key does."""

    id: str
    """Name in the settings' `[keys]`."""
    keys: str
    """Default keys, comma-separated."""
    title: str
    """One or two words, for the footer."""
    help: str
    """A sentence, for help and palette."""
    scope: str = "app"
    """`app`: everywhere; `replay`: everywhere in a replay; else the tab or dialog in which it works."""
    footer: bool = False
    palette: bool = True
    method: str = ""
    """Textual action; `id` with underscores where empty."""

    @property
    def action(self) -> str:
        """The Textual action that it runs."""
        return self.method or self.id.replace("-", "_")


STOP = Action(
    "stop",
    "!",
    "STOP",
    "Cancel the running recipe: press it twice within 3 s, above every dialog too. "
    "In a text field ! is text: press esc first.",
    footer=True,
)

PROVE_KEY = "f8"

ACTIONS: tuple[Action, ...] = (
    STOP,
    Action(
        "load-recipe",
        "L",
        "load",
        "Load the chosen recipe into the chamber; asks first.",
        "recipes",
        footer=True,
    ),
    Action(
        "start-recipe", "S", "start", "Start the recipe that is loaded; asks first.", "recipes", footer=True
    ),
    Action("cancel-recipe", "X", "cancel", "Cancel the running recipe; asks first.", "recipes", footer=True),
    Action(
        "recipe-view", "v", "steps/check", "Show the steps, or what the check found.", "recipes", footer=True
    ),
    Action(
        "edit-recipe",
        "e,enter",
        "edit",
        "Edit the chosen recipe, or a copy of an example.",
        "recipes",
        footer=True,
    ),
    Action(
        "new-recipe",
        "N",
        "new",
        "Make a new recipe: from a template, or an empty one.",
        "recipes",
        footer=True,
    ),
    Action("read-again", "R", "read again", "Read the recipe files again.", "recipes", footer=True),
    Action(
        "edit-outside",
        "E",
        "$EDITOR",
        "Open the file in the editor that $VISUAL or $EDITOR names; STOP is not available meanwhile.",
        "recipes",
    ),
    Action("copy-recipe", "c", "copy", "Make a copy of the chosen recipe, comments too.", "recipes"),
    Action("rename-recipe", "m,f2", "rename", "Give the chosen recipe and its file another name.", "recipes"),
    Action(
        "delete-recipe",
        "d,delete",
        "delete",
        "Move the chosen recipe into the trash folder; asks first.",
        "recipes",
    ),
    Action("undelete-recipe", "z", "undelete", "Take the last deletion back.", "recipes"),
    Action(
        "recipe-versions",
        "V",
        "versions",
        "List the earlier versions of the chosen recipe, and go back to one.",
        "recipes",
    ),
    Action(
        "import-recipe", "i", "import", "Make a recipe from a CSV file or from the device's JSON.", "recipes"
    ),
    Action(
        "export-recipe",
        "x",
        "export",
        "Write the chosen recipe as CSV, as the device's JSON, or as TOML.",
        "recipes",
    ),
    Action("step-edit", "enter", "edit", "Go to the form of the chosen step.", "editor", footer=True),
    Action("step-ramp", "a", "+ramp", "Insert a ramp below the cursor.", "editor", footer=True),
    Action("step-hold", "h", "+hold", "Insert a hold below the cursor.", "editor", footer=True),
    Action(
        "step-repeat",
        "l",
        "+loop",
        "Insert an empty repeat (a loop) below the cursor.",
        "editor",
        footer=True,
    ),
    Action("edit-save", "s", "save", "Save the recipe; the version before is kept.", "editor", footer=True),
    Action(
        "step-delete",
        "d,delete",
        "delete",
        "Delete the step, a repeat with all in it.",
        "editor",
        footer=True,
    ),
    Action("edit-undo", "z", "undo", "Take the last change back.", "editor", footer=True),
    Action("edit-redo", "Z", "redo", "Do again what was taken back.", "editor"),
    Action("step-copy", "c", "copy", "Insert a copy of the step below it.", "editor"),
    Action("step-up", "K,shift+up", "move up", "Move the step up, into or out of a repeat too.", "editor"),
    Action(
        "step-down", "J,shift+down", "move down", "Move the step down, into or out of a repeat too.", "editor"
    ),
    Action(
        "step-mark",
        "space",
        "mark",
        "Mark the step as one end of what is to be repeated, or unmark.",
        "editor",
    ),
    Action(
        "step-wrap", "w", "repeat these", "Put the steps from the mark to the cursor into a repeat.", "editor"
    ),
    Action("step-unwrap", "W", "unrepeat", "Take the steps out of their repeat.", "editor"),
    Action("edit-head", "m", "name, limits", "Edit name, description, limits and conditions.", "editor"),
    Action("edit-findings", "f", "findings", "Go through what the check found; the step follows.", "editor"),
    Action("edit-view", "v", "profile/check", "Show the planned profile, or what the check found.", "editor"),
    Action(
        "edit-file-outside",
        "E",
        "$EDITOR",
        "Open the file in the editor that $VISUAL or $EDITOR names; STOP is not available meanwhile.",
        "editor",
    ),
    Action(
        "edit-leave",
        "escape",
        "back",
        "Back: from the form to the steps, from the steps to the recipes; asks about unsaved changes.",
        "editor",
        footer=True,
    ),
    Action(
        "log-filter",
        "slash",
        "filter",
        "Show only events with some words, kinds or names.",
        "log",
        footer=True,
    ),
    Action("log-detail", "enter", "detail", "Show the chosen event in full, or hide it.", "log", footer=True),
    Action("log-hold", "f", "follow", "Follow the newest event, or keep still.", "log", footer=True),
    Action(
        "log-copy",
        "c",
        "copy",
        "Copy the chosen event (OSC 52: not every terminal lets it).",
        "log",
        footer=True,
    ),
    Action(
        "log-save", "s", "save", "Save the chosen event to a file, exactly as it came.", "log", footer=True
    ),
    Action(
        "log-save-all",
        "S",
        "save all",
        "Save all events that the filter shows, as JSON lines.",
        "log",
        footer=True,
    ),
    Action(
        "runs-view",
        "enter,v",
        "view",
        "Show what has no room: chart, steps, lowest and highest values, or commands and notes.",
        "runs",
        footer=True,
    ),
    Action(
        "runs-compare",
        "c",
        "compare",
        "Mark the chosen run; on another one, show the two beside each other.",
        "runs",
        footer=True,
    ),
    Action(
        "runs-report",
        "R",
        "report",
        "Write the report of the chosen run, a page of HTML that prints well, into the folder exports.",
        "runs",
        footer=True,
    ),
    Action("runs-back", "escape", "back", "Leave the comparison, then take the mark away.", "runs"),
    Action(
        "alarm-ack",
        "a",
        "acknowledge",
        "Acknowledge the chosen alarm: you have seen it. Nothing is sent to the chamber.",
        "alarms",
        footer=True,
    ),
    Action(
        "alarm-ack-all",
        "A",
        "all",
        "Acknowledge all alarms that the list shows; asks first, with their list.",
        "alarms",
        footer=True,
    ),
    Action(
        "alarm-shelve",
        "s",
        "shelve",
        "Silence the chosen alarm for a time, 8 h at most; asks for the reason.",
        "alarms",
        footer=True,
    ),
    Action("alarm-unshelve", "U", "unshelve", "Take the chosen alarm from the shelf.", "alarms"),
    Action(
        "alarm-service",
        "x",
        "in/out",
        "Take the chosen alarm out of service, with a reason, or put it back.",
        "alarms",
    ),
    Action(
        "alarm-limits",
        "L",
        "limits",
        "Choose the set of limits: ambient, pumping, tvac, or by the pressure.",
        "alarms",
        footer=True,
    ),
    Action(
        "alarm-view",
        "v",
        "view",
        "Show what stands, all that is watched, or what is shelved and out of service.",
        "alarms",
        footer=True,
    ),
    Action(
        "alarm-detail",
        "enter",
        "detail",
        "Give the whole tab to the chosen alarm, or show the list again.",
        "alarms",
        footer=True,
    ),
    Action("alarm-back", "escape", "back", "Back to the list, then to what stands.", "alarms"),
    Action("log-back", "escape", "back", "Hide the detail, then take the filter away.", "log"),
    Action("help", "?", "help", "Explain the screen you are on, with its keys.", footer=True),
    Action(
        "palette", ":,ctrl+p", "palette", "Find a command by its name.", footer=True, method="command_palette"
    ),
    Action("tab-status", "1", "Status", "Go to Status: readings, run and trend.", method="tab('status')"),
    Action("tab-controls", "2", "Controls", "Go to Controls: commands and ledger.", method="tab('controls')"),
    Action("tab-recipes", "3", "Recipes", "Go to Recipes.", method="tab('recipes')"),
    Action("tab-log", "4", "Log", "Go to Log: every event in and out.", method="tab('log')"),
    Action(
        "tab-alarms",
        "5",
        "Alarms",
        "Go to Alarms: what stands, and what to do about it.",
        method="tab('alarms')",
    ),
    Action("tab-runs", "6", "Runs", "Go to Runs: what was flown, and how.", method="tab('runs')"),
    Action(
        "pause",
        "p",
        "pause",
        "Hold the picture still; data go on being received. A replay stands still, or goes on.",
        footer=True,
    ),
    Action("note", "n", "note", "Put a note on the time axis.", footer=True),
    Action(
        "observe", "o", "observe", "Switch between OBSERVE (nothing can be sent) and CONTROL.", footer=True
    ),
    Action(
        "prove-stop",
        PROVE_KEY,
        "prove STOP",
        "Prove that STOP reaches this chamber: send cancel_recipe while nothing runs; asks first.",
    ),
    Action("reconnect", "r", "reconnect", "Connect now, without waiting for the next try."),
    Action("seen", "u", "unknown seen", "Say that you have looked at commands whose outcome is unknown."),
    Action("theme", "t", "theme", "Choose another theme."),
    Action(
        "redraw",
        "f9,ctrl+l",
        "redraw",
        "Draw the whole screen again, as after noise on the line; leave the notice that follows on defects.",
    ),
    Action("save-screen", "f12", "save screen", "Save a picture of the screen as an SVG file."),
    Action(
        "quit",
        "q,ctrl+c",
        "quit",
        "Leave; asks while a run is on or this console records. The chamber goes on with what it does.",
        footer=True,
    ),
    Action("replay-faster", "]", "faster", "Replay faster.", "replay", footer=True),
    Action("replay-slower", "[", "slower", "Replay slower.", "replay", footer=True),
    Action("replay-on", ">", "+1 min", "Go on by a minute.", "replay", footer=True, method="replay_skip(60)"),
    Action(
        "replay-back", "<", "−1 min", "Go back by a minute.", "replay", footer=True, method="replay_skip(-60)"
    ),
    Action("replay-on-10", ")", "+10 min", "Go on by ten minutes.", "replay", method="replay_skip(600)"),
    Action("replay-back-10", "(", "−10 min", "Go back by ten minutes.", "replay", method="replay_skip(-600)"),
    Action("replay-on-60", "}", "+1 h", "Go on by an hour.", "replay", method="replay_skip(3600)"),
    Action("replay-back-60", "{", "−1 h", "Go back by an hour.", "replay", method="replay_skip(-3600)"),
    Action(
        "replay-next-mark",
        "semicolon",
        "next mark",
        "Go to the next mark: a step, a note, an alarm, a link that was lost.",
        "replay",
        footer=True,
        method="replay_mark(1)",
    ),
    Action(
        "replay-last-mark",
        "apostrophe",
        "mark before",
        "Go to the mark before.",
        "replay",
        method="replay_mark(-1)",
    ),
    Action(
        "replay-go-to",
        "@",
        "go to",
        "Go to a time of the replay: 14:05, 2026-11-23 14:05, or 2h30 after its start.",
        "replay",
        footer=True,
    ),
    Action("window", "w", "window", "Show the next longer window of the trend.", "status", footer=True),
    Action("window-back", "W", "window back", "Show the next shorter window of the trend.", "status"),
    Action(
        "all-channels", "a", "all channels", "Show every channel in full, or only those that fit.", "status"
    ),
    Action("zoom-in", "+,=", "zoom in", "Zoom the trend in.", "status"),
    Action("zoom-out", "-", "zoom out", "Zoom the trend out.", "status"),
    Action(
        "cursor-left",
        "left,h",
        "cursor left",
        "Move the trend's cursor to the left.",
        "status",
        palette=False,
    ),
    Action(
        "cursor-right",
        "right,l",
        "cursor right",
        "Move the trend's cursor to the right.",
        "status",
        palette=False,
    ),
    Action("pan-back", "comma", "pan back", "Show half a window earlier on the trend.", "status"),
    Action("pan-on", "full_stop", "pan on", "Show half a window later on the trend.", "status"),
    Action("live", "escape", "now", "Take the trend's cursor away and go back to now.", "status"),
    Action(
        "insight",
        "i",
        "insight",
        "Show what is stable and when, where the pressure goes, and advice.",
        "status",
        footer=True,
    ),
    Action("insight-back", "escape,i", "back", "Go back to Status.", "insight", footer=True),
    Action("pin", "space", "pin", "Pin the chosen channel to the top and to the trend.", "status"),
    Action(
        "open-command",
        "enter",
        "open",
        "Open the chosen command's form or question, or the chosen entry of the ledger in full.",
        "controls",
        footer=True,
    ),
    Action(
        "expert-event",
        "x",
        "any event",
        "Send any event with any JSON; only where the profile says expert = true.",
        "controls",
    ),
)


def actions(scope: str) -> tuple[Action, ...]:
    """Return the actions of a scope, in the order of the table."""
    return tuple(action for action in ACTIONS if action.scope == scope)


def bindings(scope: str) -> list[BindingType]:
    """Return Textual bindings for a scope."""
    return [
        Binding(
            action.keys,
            action.action,
            action.title,
            show=action.footer,
            id=action.id,
            tooltip=action.help,
        )
        for action in actions(scope)
        if action is not STOP
    ]


def check_keymap(keys: Mapping[str, str], table: Iterable[Action] = ACTIONS) -> dict[str, str]:
    """Return the settings' `[keys]` as a keymap, or raise SettingsError for one that is not safe.

    Refused: an unknown action, a key that another action of the same place already has, anything that
    touches STOP or its keys.
    """
    table = tuple(table)
    known = {action.id: action for action in table}
    for name, value in keys.items():
        where = f'Settings, key "keys.{name}"'
        if name == STOP.id:
            raise SettingsError(f"{where}: STOP always stays on {STOP.keys}. Take this line out.")
        if name not in known:
            raise SettingsError(f"{where}: there is no such action.{nearest(name, known)}")
        if not _split(value):
            raise SettingsError(f'{where}: no key is given. Write a key such as "f5".')
        if STOP.keys in _split(value) or "exclamation_mark" in _split(value):
            raise SettingsError(
                f"{where}: {STOP.keys} is the STOP key and does nothing else. Choose another."
            )
    if not keys and table is ACTIONS:
        # Ours collide nowhere, which a test proves: the first picture need not wait for that.
        return {}
    for first, second in combinations(table, 2):
        # Keys of `app` work everywhere, so they may not stand again in any narrower scope.
        if first.scope == second.scope or _EVERYWHERE & {first.scope, second.scope}:
            for key in set(_keys(first, keys)) & set(_keys(second, keys)):
                raise SettingsError(
                    f'Settings, table "keys": "{key}" would be both {first.id} and {second.id}. '
                    "Give one of them another key."
                )
    return dict(keys)


_EVERYWHERE = {"app", "replay"}


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _keys(action: Action, keymap: Mapping[str, str]) -> list[str]:
    return _split(keymap.get(action.id, action.keys))


_PLACES = {
    "app": "Everywhere",
    "replay": "Everywhere in a replay",
    "status": "Status",
    "insight": "Insight (in place of Status)",
    "controls": "Controls",
    "recipes": "Recipes",
    "editor": "Recipe editor",
    "log": "Log",
    "alarms": "Alarms",
    "runs": "Runs",
}
_FIXED = """## Moving about

These keys are fixed: arrows or `j` and `k`, `home`/`g` and `end`/`G`, page up and down, `tab` to the next
part of a screen, `enter` to take, `esc` to go back.
"""


def keys_page() -> str:
    """Return `docs/keys.md`: every action with its default keys and its name for the settings."""
    parts = [
        "# Keys\n",
        "Made from the program's command table by `python docs/keys.py`. The names in the third column go",
        "into the settings, table `[keys]`, to put an action on other keys; STOP always stays on `!`.\n",
    ]
    for scope, title in _PLACES.items():
        table = actions(scope)
        if not table:
            continue
        parts += [f"## {title}\n", "| key | what it does | name |", "|---|---|---|"]
        for action in table:
            keys = " ".join(f"`{key}`" for key in _split(action.keys))
            parts.append(f"| {keys} | {action.help} | `{action.id}` |")
        parts.append("")
    return "\n".join([*parts, _FIXED])
