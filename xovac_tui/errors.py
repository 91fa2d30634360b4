"""The one exception tree: every error is a sentence for the user, and has an exit code."""

from __future__ import annotations

import errno
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line; the table of commands says what they mean of each."""

    OK = 0
    CRASH = 1
    """A defect in this program; the message names the log file."""
    DIFFERENT = 1
    """What was compared differs, as of diff(1) and cmp(1); of a defect there is a message on stderr."""
    USAGE = 2
    """Wrong arguments or settings, or no terminal where one is needed."""
    WARNING = 3
    """The device answered `warning`: what was asked did not happen. Or a file lacks damaged events, or a
    record lacks what could not be written."""
    ERROR = 4
    """The device answered `error`, a guard refused the command, a notification did not arrive, or an audit
    found a change."""
    UNKNOWN = 5
    """Sent, but no answer came: it may or may not have happened."""
    CONNECT = 6
    """No connection to the device."""
    TIMEOUT = 7
    """What was waited for did not come true in time."""


class XovacError(Exception):
    """Something the user can act on.

    `sentences` are whole: what happened, to what, and what to do next; `str(error)` has one a line.
    """

    exit_code: Exit = Exit.USAGE
    code = ""
    """A word for scripts; empty where there is none."""
    several_lines = True
    """Its text may have lines of its own. False: a line break in it is part of a name."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class SettingsError(XovacError):
    """A settings, contract, theme or secrets file that cannot be used; names the file and the key."""


class NoChamberError(SettingsError):
    """Neither the command line nor the environment nor the settings say which chamber is meant."""


class RecipeError(XovacError):
    """A recipe that cannot be read, or must not be sent; names the file and the key."""


class ContractError(XovacError):
    """A command, payload or field value that the contract does not allow."""


class LinkError(XovacError):
    """The device cannot be reached, or is not what the settings say."""

    exit_code = Exit.CONNECT
    several_lines = False

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class CommandRefused(XovacError):  # noqa: N818 - "refused" is the field's word for this outcome
    """A guard said no before anything was sent."""

    exit_code = Exit.ERROR


class NotifyError(XovacError):
    """A notification that did not arrive; holds no address, because that may be a secret."""

    exit_code = Exit.ERROR

    def __init__(self, sentence: str, *, again: bool = True) -> None:
        super().__init__(sentence)
        self.again = again
        """Trying again may help."""


class WaitTimeoutError(XovacError):
    """What was waited for did not come true in time."""

    exit_code = Exit.TIMEOUT


def is_refused(error: BaseException) -> bool:
    """Return whether nothing listens at an address, or at one of several of a name that were all tried.

    asyncio of Python 3.11 to 3.13 and aiohappyeyeballs 2 join the failures of several addresses into one
    OSError without a number: `Multiple exceptions: [Errno 111] Connect call failed ('::1', 80), ...`.
    """
    number = getattr(error, "errno", None)
    return number == errno.ECONNREFUSED or (number is None and f"[Errno {errno.ECONNREFUSED}]" in str(error))
