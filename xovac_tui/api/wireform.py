"""In which form a command crosses the wire: what its handler wants is not documented, so it is data.

The manual shows one text argument (JSON, or an empty string) and an answer by an event of its own. A handler
written for another form never runs, or fails; neither is reported to the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

CALLBACK = "callback"
"""What a contract file writes for `ack` where a command is answered by a socket.io acknowledgement."""
_ANSWER = " (ack)"


class Sends(StrEnum):
    """What a command carries where it carries at most one argument."""

    TEXT = "text"
    """One text: the payload as JSON, or an empty string. The manual's example."""
    OBJECT = "object"
    """The payload itself, decoded; an empty object where the command has no payload."""
    NOTHING = "nothing"
    """No argument at all."""


class WireForm(msgspec.Struct, frozen=True):
    """How one command is sent and answered; the default is what the manual shows."""

    sends: Sends = Sends.TEXT
    arguments: tuple[str, ...] = ()
    """Fields of the payload, each an argument of its own, in this order; empty: `sends` holds."""
    callback: bool = False
    """It is answered by a socket.io acknowledgement, not by an event."""

    @property
    def words(self) -> str:
        """What differs from the manual's form, such as `no argument, answered by callback`; else empty."""
        how = {Sends.TEXT: "", Sends.OBJECT: "one object", Sends.NOTHING: "no argument"}[self.sends]
        if self.arguments:
            count = len(self.arguments)
            how = f"{count} argument{'' if count == 1 else 's'}: {', '.join(self.arguments)}"
        return ", ".join(part for part in (how, "answered by callback" if self.callback else "") if part)

    def put(self, text: str, values: Any) -> tuple[Any, ...]:
        """Return the arguments that are sent of a payload, which comes as text and decoded."""
        if self.arguments:
            # A fixed number of arguments, as a handler has parameters: a field without a value is null.
            return tuple((values or {}).get(name) for name in self.arguments)
        if self.sends is Sends.NOTHING:
            return ()
        if self.sends is Sends.OBJECT:
            return ({} if values is None else values,)
        return (text,)

    def problem(self, fields: Mapping[str, bool]) -> str:
        """Return why a command with these fields (name: needed) cannot be sent so; empty where it can."""
        if self.sends is Sends.NOTHING and fields:
            return f"it has a payload ({', '.join(fields)}), which would be left out."
        for name in self.arguments:
            if name not in fields:
                return f'"{name}" is not one of its fields. Its fields are: {", ".join(fields) or "none"}.'
        if len(set(self.arguments)) != len(self.arguments):
            return "an argument is named twice."
        missing = [name for name, needed in fields.items() if needed and name not in self.arguments]
        if self.arguments and missing:
            return f"{', '.join(missing)} would be left out, which the command needs."
        return ""


def try_next(event: str, fields: Iterable[str], form: WireForm) -> str:
    """Return the sentence that says which form to try after one that was never answered."""
    names = tuple(fields)
    untried = [
        option
        for option, given in (
            ("--no-argument", not names and form.sends is not Sends.NOTHING),
            ("--object", form.sends is not Sends.OBJECT),
            (f"--arguments {','.join(names)}", bool(names) and not form.arguments),
            ("--callback", not form.callback),
        )
        if given
    ]
    if not untried:
        return ""
    first, rest = untried[0], untried[1:]
    then = f", then {' and '.join(rest)}" if rest else ""
    return (
        "A command that is never answered may want another form: try "
        f"`xovac-tui send {event} {'JSON ' if names else ''}{first}`{then} (docs/contracts.md)."
    )


def callback_answer(command: str) -> str:
    """Return the name under which the acknowledgement of a command is logged, recorded and matched."""
    return command + _ANSWER


def answered_command(name: str) -> str:
    """Return the command that an answer of this name belongs to, where no contract names it."""
    return name.removesuffix(_ANSWER) if is_callback_answer(name) else name.removesuffix("_ack")


def is_callback_answer(name: str) -> bool:
    """Return whether an event of this name is an acknowledgement."""
    return name.endswith(_ANSWER)
