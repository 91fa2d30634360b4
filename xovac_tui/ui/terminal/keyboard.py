"""Parse the terminal's bytes into events: no sequence of bytes can end the reading."""

from __future__ import annotations

import logging
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from textual import events
from textual._keyboard_protocol import MODIFIER_FUNCTIONAL_KEYS
from textual._parser import ParseError
from textual.keys import Keys
from textual.message import Message

from xovac_tui.ui.terminal.keyparser import KeyParser

MOST_COLUMNS, MOST_ROWS = 1000, 500
"""Cells beyond which a reported size of the terminal counts as noise."""
PASTE_SECONDS = 1.0
"""Seconds of silence after which a paste counts as ended without its end mark."""
MOST_PASTED = 1_000_000
"""Characters kept of one paste; the rest is dropped and never read as keys."""

_ALONE_NO_KEYS = MODIFIER_FUNCTIONAL_KEYS | {"caps_lock", "num_lock", "scroll_lock"}
"""Modifier keys. Some terminals report them as keys of their own: shift before every `!`."""
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"

log = logging.getLogger(__name__)


class LenientParser(KeyParser):
    """Textual's parser; ignores a sequence that it cannot read instead of failing."""

    def parse_mouse_code(self, code: str) -> Message | None:
        """Return the pointer event of a sequence, None for an invalid one."""
        # A terminal that reports a size of 0 pixels sends the pointer's position in cells.
        size = self.terminal_pixel_size
        if size is not None and not (size[0] and size[1]):
            self.terminal_pixel_size = None
        try:
            return super().parse_mouse_code(code)
        except (ArithmeticError, ValueError, LookupError):
            return None

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
        except (ArithmeticError, ValueError, LookupError, TypeError):
            # A key whose number is no character: consumed, so that it is not typed as text.
            return [events.Key(Keys.Ignore, sequence)]
        return [events.Key(Keys.Ignore, sequence) if _is_nothing(key) else key for key in keys]


class Keyboard:
    """Reads bytes into events. Pure: times are monotonic seconds given by the caller."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = LenientParser()
        self._tail = ""
        """The newest characters, which may hold the beginning of a paste's mark."""
        self._pasting_since: float | None = None
        """Monotonic time of the newest byte of a paste that has not ended."""
        self._pasted = 0
        self._torn = False
        """A silence ended the paste: the next characters may be the rest of it."""

    @property
    def is_waiting(self) -> bool:
        """Whether a pause may complete something: a begun sequence, or a paste."""
        return self._parser.is_waiting or self._pasting_since is not None

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """Yield the events in these bytes; each byte that is not UTF-8 counts as an unknown character."""
        self._parser.begin_read(now)
        text = self._decode(data)
        if self._continues_paste(text):
            text = _PASTE_BEGINS + text
        for character in text:
            full = self._pasted >= MOST_PASTED
            if not full:
                yield from self._feed(character)
            self._watch_paste(character, now)
            if full and self._pasting_since is None:
                yield from self._end_paste()

    def tick(self, now: float) -> Iterator[Message]:
        """Yield the events that a pause completes: the key escape, the end of a torn paste."""
        try:
            yield from self._parser.tick()
        except Exception:
            self._begin_again()
        if self._pasting_since is not None and now - self._pasting_since > PASTE_SECONDS:
            self._torn = True
            yield from self._end_paste()

    def _continues_paste(self, text: str) -> bool:
        """Return whether these characters are the rest of a paste torn by a stalled link."""
        torn, self._torn = self._torn, self._torn and not text
        if self._pasting_since is not None:
            return False
        before, end, _ = text.partition(_PASTE_ENDS)
        if end:
            return bool(before) and _PASTE_BEGINS not in before
        # A key comes alone, or begins with the escape of its sequence.
        return torn and len(text) > 1 and text[0] != _PASTE_BEGINS[0]

    def _feed(self, character: str) -> Iterator[Message]:
        # One by one: a defect of the parser then loses only the character that caused it.
        try:
            for message in self._parser.feed(character):
                if not isinstance(message, events.Resize) or _is_likely(message):
                    yield message
        except (Exception, ParseError):
            self._begin_again()

    def _begin_again(self) -> None:
        log.warning("a sequence of the terminal could not be read", exc_info=True)
        before = self._parser
        self._parser = LenientParser()
        self._parser.begin_read(before.read_at)
        self._parser.mouse_pixels = before.mouse_pixels
        self._parser.terminal_size = before.terminal_size
        self._parser.terminal_pixel_size = before.terminal_pixel_size
        self._pasting_since, self._pasted = None, 0

    # Without the end of a paste every key would be part of it, STOP included.

    def _watch_paste(self, character: str, now: float) -> None:
        self._tail = (self._tail + character)[-len(_PASTE_ENDS) :]
        if self._tail == _PASTE_BEGINS:
            self._pasting_since, self._pasted = now, 0
        elif self._tail == _PASTE_ENDS:
            self._pasting_since, self._pasted = None, 0
        elif self._pasting_since is not None:
            self._pasting_since = now
            self._pasted += 1

    def _end_paste(self) -> Iterator[Message]:
        self._pasting_since, self._pasted = None, 0
        for character in _PASTE_ENDS:
            yield from self._feed(character)


def _is_nothing(key: events.Key) -> bool:
    # A key for half a character (a surrogate) is text that cannot be encoded.
    half = key.character is not None and any("\ud800" <= one <= "\udfff" for one in key.character)
    return half or key.key.rpartition("+")[2] in _ALONE_NO_KEYS


def _is_likely(resize: events.Resize) -> bool:
    width, height = resize.size
    return 0 < width <= MOST_COLUMNS and 0 < height <= MOST_ROWS
