"""Rings in the terminal of a console: the bell, and desktop notifications by OSC 9 or OSC 777. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xovac_tui.chamber.alarm import AlarmChange, AlarmsView
from xovac_tui.notify.message import PROGRAM, Message, MessageKind
from xovac_tui.notify.policy import Policy
from xovac_tui.notify.settings import NotifySettings, ReceiverKind
from xovac_tui.text import clean

_BELL = "\a"
_LONGEST = 200
"""Characters; terminals cut or drop longer ones."""


class TerminalNotices:
    """Decides what is sent to a console's terminal, like any other receiver."""

    def __init__(self, settings: NotifySettings, chamber: str, *, environ: Mapping[str, str]) -> None:
        self._policies = [Policy(one, chamber) for one in settings.in_terminal]
        self._environ = environ

    def take(self, changes: Iterable[AlarmChange], mono: float) -> None:
        """Note what happened to alarms."""
        changes = tuple(changes)
        for policy in self._policies:
            policy.take(changes, mono)

    def due(self, view: AlarmsView, mono: float, utc: float, *, plain: Callable[[str], str] = str) -> str:
        """Return what to write to the terminal at this moment; `plain` makes text that it can show."""
        found = ""
        for policy in self._policies:
            message = policy.due(view, mono, utc)
            if message is not None:
                found += sequence(policy.receiver.kind, message, self._environ, plain=plain)
        return found


def sequence(
    kind: ReceiverKind,
    message: Message,
    environ: Mapping[str, str],
    *,
    plain: Callable[[str], str] = str,
) -> str:
    """Return the characters that announce a message; no character of its text can act on the terminal."""
    if kind == "bell":
        # Good news need not wake anybody.
        return "" if message.kind is MessageKind.RETURNED else _BELL
    said = plain(clean(message.title, _LONGEST))
    if kind == "osc777":
        # A semicolon would end the title.
        signal = f"\x1b]777;notify;{PROGRAM};{said.replace(';', ',')}{_BELL}"
    else:
        # With a word before it no text can be taken for a number, which means other things in OSC 9.
        signal = f"\x1b]9;{PROGRAM}: {said}{_BELL}"
    return _through(signal, environ)


def _through(signal: str, environ: Mapping[str, str]) -> str:
    """Wrap a sequence so that tmux or screen hands it on to the terminal around it."""
    if environ.get("TMUX"):
        return "\x1bPtmux;" + signal.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        return f"\x1bP{signal}\x1b\\"
    return signal
