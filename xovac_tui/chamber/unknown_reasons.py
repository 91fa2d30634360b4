"""Why it is not known what a command that was sent did: codes, data, and their only words."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from xovac_tui.durations import format_whole


class UnknownCode(StrEnum):
    """Why an outcome is not known. Scripts read these words: they are never given another meaning."""

    NOT_DOCUMENTED = "no-answer-documented"
    TIMED_OUT = "no-answer-in-time"
    LINK_BROKE = "link-broke"
    NO_RESULT = "acknowledged-without-result"
    NOT_UNDERSTOOD = "answer-not-understood"


_MAYBE = " It may or may not have happened: watch the readings before you send it again."
_WORDS = {
    UnknownCode.NOT_DOCUMENTED: (
        "No answer to this command is documented, so whether it happened is not known: watch the readings."
    ),
    UnknownCode.TIMED_OUT: "No answer came within {time}." + _MAYBE,
    UnknownCode.LINK_BROKE: "The link broke before an answer came." + _MAYBE,
    UnknownCode.NO_RESULT: (
        "The chamber acknowledged it without a result: it arrived, and what came of it is not known. Watch "
        "the readings."
    ),
    UnknownCode.NOT_UNDERSTOOD: (
        "An answer came that is neither success, warning nor error: {answer}. Watch the readings."
    ),
}


class UnknownReason(msgspec.Struct, frozen=True):
    """Why the outcome of one command is not known."""

    code: UnknownCode
    seconds: float = 0.0
    """How long an answer was waited for."""
    answer: str = ""
    """Beginning of what was answered, as one line."""
    advice: str = ""
    """Which form of the command to try next, as a sentence."""

    @property
    def sentence(self) -> str:
        """What is known, and what to do; the record keeps it."""
        said = _WORDS[self.code].format(time=format_whole(self.seconds), answer=self.answer)
        return f"{said} {self.advice}".rstrip()
