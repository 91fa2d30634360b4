"""Settings of notifications: who is notified of alarms, how, and how often. Off until set up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from xovac_tui.captions import caption
from xovac_tui.chamber.alarm import SeverityName
from xovac_tui.withaddress import HIDDEN, WithAddress, name_mistake, twice_mistake

ReceiverKind = Literal["command", "webhook", "apprise", "bell", "osc9", "osc777"]
KIND_WORDS: dict[ReceiverKind, str] = {
    "command": "a program of yours",
    "webhook": "a web hook",
    "apprise": "another service",
    "bell": "bell of the terminal",
    "osc9": "desktop note, OSC 9",
    "osc777": "desktop note, OSC 777",
}
"""What each kind is, in a few words."""
TERMINAL_KINDS: tuple[ReceiverKind, ...] = ("bell", "osc9", "osc777")
"""Kinds that ring in the terminal of a console, whichever process evaluates the alarms."""
ADDRESS_KINDS: tuple[ReceiverKind, ...] = ("webhook", "apprise")
"""Kinds that go to an address."""
HEARTBEAT = "heartbeat"
"""What the heartbeat is called where receivers are named."""
CHAMBER_FIELD = "{chamber}"
"""In the heartbeat's address: the chamber's name."""


class Receiver(WithAddress, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where notifications of alarms go."""

    name: Annotated[str, caption("Name", "Its name in messages and commands; no two have the same.")]
    kind: Annotated[
        ReceiverKind,
        caption("Kind", "command, webhook (JSON by POST), apprise, or in this terminal bell, osc9, osc777."),
    ]
    severities: Annotated[
        tuple[SeverityName, ...],
        caption("Severities", "Its alarms: critical, high, medium, low, with commas between them."),
    ] = ("critical", "high", "medium", "low")
    command: Annotated[
        tuple[str, ...],
        caption("Command", "The program and its arguments with commas between them; no shell reads them."),
    ] = ()
    timeout: Annotated[float, Meta(ge=0.5, le=60), caption("Time-out", "Seconds that one try may take.")] = (
        10.0
    )
    returned: Annotated[
        bool, caption("Returned", "Whether to notify it also when an alarm has returned to normal.")
    ] = True
    reminder: Annotated[
        float,
        Meta(ge=0, le=86_400),
        caption("Reminder", "Seconds after which it reminds of what is not acknowledged; 0: never."),
    ] = 1800.0
    same_after: Annotated[
        float,
        Meta(ge=0, le=86_400),
        caption("Same after", "Seconds within which the same message is counted, not sent again."),
    ] = 300.0
    at_most: Annotated[
        int,
        Meta(ge=1, le=1000),
        caption("At most", "Messages within the seconds below; further ones are summed up in one."),
    ] = 10
    per: Annotated[
        float,
        Meta(ge=1, le=86_400),
        caption("In seconds", "Seconds within which it takes at most so many messages."),
    ] = 600.0

    @property
    def whose(self) -> str:
        return f'notifications, receiver "{self.name}"'

    @property
    def is_http(self) -> bool:
        return self.kind == "webhook"

    def placed(self, place: Callable[[str], str]) -> Receiver:
        """Return it with absolute names of files; a program without a folder is found on the PATH."""
        found, command = super().placed(place), self.command
        if command and ("/" in command[0] or os.sep in command[0]):
            found = msgspec.structs.replace(found, command=(place(command[0]), *command[1:]))
        return found

    def hidden(self) -> Receiver:
        """Return it as it may be shown: arguments of a program may hold tokens, too."""
        command = (*self.command[:1], *(HIDDEN for _ in self.command[1:]))
        return msgspec.structs.replace(super().hidden(), command=command)

    @property
    def in_terminal(self) -> bool:
        """True for what rings in the terminal of a console."""
        return self.kind in TERMINAL_KINDS


class Heartbeat(WithAddress, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address that is called again and again, so that silence is noticed elsewhere."""

    every: Annotated[float, Meta(ge=5, le=86_400), caption("Every", "Seconds from one call to the next.")] = (
        60.0
    )
    only_online: Annotated[
        bool, caption("Only online", "Whether to stay silent also while the link is not ONLINE.")
    ] = False

    @property
    def whose(self) -> str:
        return f"notifications, the {HEARTBEAT}"


class NotifySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is notified of alarms."""

    heartbeat: Heartbeat = Heartbeat()
    receivers: tuple[Receiver, ...] = ()

    @property
    def remote(self) -> tuple[Receiver, ...]:
        """Receivers that the process notifies that evaluates the alarms."""
        return tuple(one for one in self.receivers if not one.in_terminal)

    @property
    def in_terminal(self) -> tuple[Receiver, ...]:
        """Receivers in the terminal of a console."""
        return tuple(one for one in self.receivers if one.in_terminal)

    @property
    def beats(self) -> bool:
        """True where a heartbeat is set up."""
        return bool(self.heartbeat.url or self.heartbeat.url_file)


def notify_mistakes(
    settings: NotifySettings, places: Sequence[int] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (key, sentence) for every value that cannot be right; no sentence repeats an address.

    `places` are those of the receivers in their list, the first is 0, where others were left out.
    """
    if reason := settings.heartbeat.mistake():
        yield "heartbeat.url", reason
    seen: set[str] = set()
    numbers = range(len(settings.receivers)) if places is None else places
    for number, one in zip(numbers, settings.receivers, strict=True):
        key = f"receivers, item {number + 1}"
        if reason := name_mistake(one.name):
            yield f"{key}.name", reason
        if one.name == HEARTBEAT:
            yield f"{key}.name", f'"{HEARTBEAT}" is what the heartbeat is called. Choose another name.'
        if reason := twice_mistake(one.name, seen):
            yield f"{key}.name", reason
        if not one.severities:
            yield f"{key}.severities", "the list is empty, so it would never be notified. Name one at least."
        for field, reason in _kind_mistakes(one):
            yield f"{key}.{field}", reason


def has_effect(key: str, kind: str) -> bool:
    """Return whether a key of a receiver has an effect with this kind."""
    if key == "command":
        return kind == "command"
    return kind in ADDRESS_KINDS or key not in ("url", "url_file")


def _kind_mistakes(one: Receiver) -> Iterator[tuple[str, str]]:
    if one.kind == "command":
        if not one.command or not one.command[0].strip():
            yield "command", 'a command needs the program and its arguments, such as ["notify.sh", "bench"].'
        if any("\0" in part for part in one.command):
            yield "command", "a part holds a NUL. Correct it."
    if one.kind in ADDRESS_KINDS:
        if not (one.url or one.url_file):
            yield "url", f'kind = "{one.kind}" needs an address: give `url_file` (or `url`).'
        elif reason := one.mistake():
            yield "url", reason
    for field in ("command", "url", "url_file"):
        if getattr(one, field) and not has_effect(field, one.kind):
            yield field, f'it has no effect with kind = "{one.kind}". Remove it.'
