"""Kinds of values that options and arguments of the command line take."""

from __future__ import annotations

from enum import StrEnum


class ValueKind(StrEnum):
    """Where the values that complete an option or argument come from."""

    CHANNEL = "channel"
    """Channels of the record and the contract; several, with commas."""
    COMMAND = "command"
    """Commands of the contract."""
    FAULT = "fault"
    FIELD = "field"
    """Fields of the command that was typed; several, with commas."""
    FILE = "file"
    FOLDER = "folder"
    PROFILE = "profile"
    RECEIVER = "receiver"
    RECIPE = "recipe"
    """Files of the recipes folder, and any other file."""
    RUN = "run"
    """Runs and sessions of the record, `last` and `all`."""
    RUN_OR_FILE = "run-or-file"
    SETTING = "setting"
    """Values of the recipe template that was typed, as `hot=`."""
    SINK = "sink"
    """Stores of [forward]."""
    SSH = "ssh"
    """Hosts of ~/.ssh/config, and those of known_hosts that are not hashed."""
    TEMPLATE = "template"
    THEME = "theme"


LISTS = (ValueKind.CHANNEL, ValueKind.FIELD)
"""Kinds of which one word holds several, with commas."""
FILES = (ValueKind.FILE, ValueKind.RECIPE, ValueKind.RUN_OR_FILE)
"""Kinds for which any file may be named."""
