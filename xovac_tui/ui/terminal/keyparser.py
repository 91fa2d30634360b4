"""Parse keys for STOP: with the time of their read, and `esc` as a key of its own before `!`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

_ESC = "\x1b"


class KeyParser(XTermParser):
    """Gives each event the time of its read: keys of one read share a time.

    `esc` and `!` less than 0.1 s apart reach a program exactly as alt+`!` does, and Textual would leave `!`
    alone; here they are two keys, without waiting for more input. A paste yields no keys:
    Textual would make keys of what follows an `esc` in it.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self.read_at = 0.0
        """Time of the current read, monotonic seconds."""
        self._tail = ""
        """The newest characters outside a paste, which may hold the beginning of a paste's mark."""
        self._pasting = False
        self._kept_back = ""
        """Characters of a paste that may begin its end mark."""

    @property
    def is_waiting(self) -> bool:
        """Whether a pause would complete a begun sequence."""
        return self._timeout_time is not None

    def begin_read(self, now: float) -> None:
        """Begin a read, made at `now` (monotonic seconds), for the input fed from now on."""
        self.read_at = now

    def feed(self, data: str) -> Iterator[Message]:
        """Yield the events in these characters. An empty text ends the reading."""
        piece = ""
        for character in data:
            follows_escape = self._tail.endswith(_ESC)
            if character == "!" and follows_escape and not self._pasting:
                yield from self._pass_on(piece)
                yield from self._end_escape()
                piece = ""
            piece += self._watch(character)
        if piece or not data:
            yield from self._stamp(super().feed(piece))

    def tick(self) -> Iterator[Message]:
        """Yield the events that a pause completes, with the time of their read."""
        waited = self._timeout_time is not None
        yield from self._stamp(super().tick())
        if waited and self._timeout_time is None:
            self._tail = ""  # the begun sequence has become keys and is no mark of a paste any more

    def _pass_on(self, piece: str) -> Iterator[Message]:
        if piece:  # an empty one would end the reading
            yield from self._stamp(super().feed(piece))

    def _end_escape(self) -> Iterator[Message]:
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self._stamp(super().tick())

    def _watch(self, character: str) -> str:
        """Return the part of this character and those kept back that goes to the parser."""
        if not self._pasting:
            self._tail = (self._tail + character)[-len(BRACKETED_PASTE_START) :]
            self._pasting = self._tail == BRACKETED_PASTE_START
            return character
        self._kept_back += character
        if self._kept_back == BRACKETED_PASTE_END:
            self._pasting, self._tail, seen = False, "", self._kept_back
        elif BRACKETED_PASTE_END.startswith(self._kept_back):
            return ""
        else:
            seen = self._kept_back.replace(_ESC, "")
            if character == _ESC:
                self._kept_back = _ESC
                return seen
        self._kept_back = ""
        return seen

    def _stamp(self, messages: Iterable[Message]) -> Iterator[Message]:
        for message in messages:
            keys: tuple[Message, ...] = (message,)
            if isinstance(message, events.Key) and message.key == "alt+exclamation_mark":
                keys = (events.Key("escape", _ESC), events.Key("exclamation_mark", "!"))
            for key in keys:
                key.time = self.read_at
                yield key
