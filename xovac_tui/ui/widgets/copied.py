"""What is copied from a widget. A widget that can be copied from has a method `copied`."""

from __future__ import annotations

import msgspec


class Copied(msgspec.Struct, frozen=True):
    """What is copied."""

    what: str
    """In a few words, for the message and the name of a file."""
    text: str
    ending: str = ""
    """Of the name of a file that takes it, such as `.csv`; empty: the terminal takes it."""
