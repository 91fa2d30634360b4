"""The tables of all commands, and the one place from which the command line imports them.

A command takes 30 to 300 ms to import, and `--help`, `--version` and every other command do without it
(`-X importtime`; docs/performance.md).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from xovac_tui.errors import Exit

EVERY_EXIT: Mapping[Exit, str] = MappingProxyType(
    {
        Exit.OK: "done",
        Exit.CRASH: "a defect in this program; the message names the log file",
        Exit.USAGE: "wrong arguments or settings, or no terminal where one is needed",
    }
)
"""Exit codes that every command may end with, and what they mean."""
_NO_LINK = {Exit.CONNECT: "no connection"}
_ANSWERS = {
    Exit.OK: "the device answered `success`",
    Exit.WARNING: "the device answered `warning`: it did not happen",
    Exit.ERROR: "the device answered `error`, or the command was refused before it was sent",
    Exit.UNKNOWN: "sent, but no answer came, or none is documented: it may or may not have happened",
    **_NO_LINK,
}
_NOT_ARRIVED = {Exit.ERROR: "a message did not arrive"}
_DAMAGED = {Exit.WARNING: "events that are damaged in the record are missing"}


class Listed(NamedTuple):
    """One command of the command line."""

    place: str
    """`module:name` of the command in `cli`, imported only when it is called."""
    help: str
    """What it does, as lists of commands say it."""
    terminal: bool = False
    """It opens the screens and therefore needs a terminal."""
    exits: Mapping[Exit, str] = MappingProxyType({})
    """What its exit codes mean, where they are not those of every command."""
    about: bool = False
    """It is about the program itself, not about a chamber."""


Table = Mapping[str, Listed]
"""Name -> command, in the order of the help."""

COMMANDS: Table = {
    "simulate": Listed("simulate:simulate", "Run the simulator on a port."),
    "send": Listed("sending:send", "Send one command and print its answer.", exits=_ANSWERS),
    "load": Listed("sending:load", "Load a recipe file into the chamber.", exits=_ANSWERS),
    "watch": Listed("watch:watch", "Print events as they come.", exits=_NO_LINK),
    "wait": Listed(
        "wait:wait",
        "Wait until something is true.",
        exits={**_NO_LINK, Exit.TIMEOUT: "the condition did not become true in time"},
    ),
    "status": Listed("status:status", "Print how the chamber is now.", exits=_NO_LINK),
    "fleet": Listed(
        "fleet:fleet",
        "Show all chambers at a glance, from records and brokers.",
        terminal=True,
        exits={
            Exit.CONNECT: "--json: a broker was not reached, or the records not read; the others were printed"
        },
    ),
    "record": Listed(
        "groups:record",
        "Record everything, without a screen.",
        exits={Exit.WARNING: "not all could be written", **_NO_LINK},
    ),
    "runs": Listed("runs:runs", "List the runs and sessions of a record."),
    "replay": Listed("replay:replay", "Show a recorded run or session again.", terminal=True),
    "export": Listed(
        "export:export", "Write a run or session as CSV, JSON lines or Parquet.", exits=_DAMAGED
    ),
    "report": Listed("report:report", "Write the report of a run as one HTML file.", exits=_DAMAGED),
    "attach": Listed("attach:attach", "Attach photos and documents to a run."),
    "audit": Listed("groups:audit", "Show and verify commands, notes and alarms on record."),
    "recipe": Listed("groups:recipe", "Check, plan, make, compare or exchange recipe files."),
    "notify": Listed("groups:notify", "List the receivers of alarms, and test them."),
    "forward": Listed("groups:forward", "Show and test where records are forwarded to."),
    "contract": Listed("groups:contract", "Draft, check, show or compare contract files."),
    "config": Listed("groups:config", "Make, find, check or show the settings."),
    "doctor": Listed(
        "doctor:doctor",
        "Check this machine, the settings and the way to the chamber.",
        exits={
            Exit.WARNING: "--prove-stop: the device answered `success` although nothing ran, or `warning`",
            Exit.ERROR: "--prove-stop: the device answered `error`, or it was refused before it was sent",
            Exit.UNKNOWN: "--prove-stop: sent, but no answer came",
            **_NO_LINK,
        },
    ),
    "commands": Listed("about:commands", "List all commands with their options.", about=True),
    "completion": Listed("about:completion", "Print the completion for bash, zsh or fish.", about=True),
    "man": Listed("about:man", "Print the manual page.", about=True),
}
PROGRAM = Listed("", "Watch and command an XO-VAC+ thermal vacuum chamber.", terminal=True)
"""The program without a command: the console."""
RECORD: Table = {
    "check": Listed(
        "record_files:check",
        "Check that a record is whole, also while it is recorded.",
        exits={Exit.ERROR: "the record is not whole"},
    ),
    "copy": Listed("record_files:copy", "Copy a record into one file, also while it is recorded."),
}
AUDIT: Table = {
    "head": Listed("audit:head", "Print the newest hash of the chain, to keep elsewhere."),
    "list": Listed("audit:list_", "List the audited entries in their order."),
    "verify": Listed(
        "audit:verify",
        "Verify that no audited entry was changed, removed or moved.",
        exits={Exit.ERROR: "an entry was changed, removed or moved"},
    ),
}
RECIPE: Table = {
    "check": Listed(
        "recipes:check",
        "Print the errors and warnings of a recipe.",
        exits={Exit.USAGE: "the recipe must not be sent, or wrong arguments or settings"},
    ),
    "compile": Listed("recipes:compile_", "Print what a recipe sends: the payload of load_recipe."),
    "diff": Listed(
        "recipes:diff",
        "Print what differs between two recipes.",
        exits={
            Exit.OK: "both say the same",
            Exit.DIFFERENT: "they differ (or, with a message on stderr, a defect in this program)",
        },
    ),
    "export": Listed("recipes:export", "Write a recipe as CSV, JSON or TOML."),
    "import": Listed("recipes:import_", "Make a recipe from CSV or the device's JSON."),
    "new": Listed("recipes:new", "Make a recipe from a template."),
    "plan": Listed("recipes:plan", "Print the time line of a recipe."),
    "templates": Listed("recipes:templates", "List the templates and their values."),
}
NOTIFY: Table = {
    "list": Listed("notify:list_", "Print the receivers of alarm messages."),
    "test": Listed("notify:test", "Send a message marked as a test to the receivers.", exits=_NOT_ARRIVED),
}
FORWARD: Table = {
    "forget": Listed(
        "forward:forget",
        "Send a store everything again; clear what a broker keeps.",
        exits={Exit.ERROR: "what the broker keeps was not cleared"},
    ),
    "status": Listed("forward:status", "Print how far each store is, by the record."),
    "test": Listed(
        "forward:test",
        "Try each store once, step by step, without a reading.",
        exits={Exit.ERROR: "a step failed"},
    ),
}
CONTRACT: Table = {
    "check": Listed("contract:check", "Check contract files, those of a profile or any."),
    "diff": Listed("contract:diff", "Print what differs between two contracts."),
    "draft": Listed("contract:draft", "Write a contract file of what the chamber sends."),
    "show": Listed("contract:show", "Print the contract in force, with the origin of each part."),
}
CONFIG: Table = {
    "check": Listed("config_check:check", "Check the settings and all files they name."),
    "init": Listed("config:init", "Write a settings file that holds every key with its default."),
    "path": Listed("config:path", "Print where the settings file is, or would be."),
    "show": Listed("config:show", "Print the settings in force, with the source of each."),
}

HEADLESS = tuple(name for name, listed in COMMANDS.items() if not (listed.terminal or listed.about))
"""Names of the commands that work on a chamber or its files without a terminal."""


def imported(place: str) -> Any:
    """Import a module of the command line and return what is called so in it, by `module:name`."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), name)


def headless_words(word: str) -> str:
    """Return the commands that work without a terminal, the last after `word`: "send, watch or doctor"."""
    return f"{', '.join(HEADLESS[:-1])} {word} {HEADLESS[-1]}"
