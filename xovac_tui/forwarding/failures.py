"""Why a batch was not stored, as codes with data: `wording.py` has the sentences."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FailureCode(StrEnum):
    """Why a store did not take a batch, or cannot be reached."""

    REFUSED = "refused"
    """Nothing listens there."""
    NO_ANSWER = "no answer"
    UNKNOWN_HOST = "unknown host"
    CONNECTION = "connection"
    """The connection failed; `detail` says how."""
    CERTIFICATE = "certificate"
    TLS = "tls"
    """There is no TLS with it; `detail` says why."""
    CREDENTIALS = "credentials"
    """User, password or token are wrong, or may not write."""
    NOT_FOUND = "not found"
    """There is no such database, bucket or path."""
    NOT_A_STORE = "not a store"
    """It answers, and not as a store does: a page for people to sign in at, or a redirection."""
    ADDRESS = "address"
    """The address cannot be read; it is not repeated, since it may hold a secret."""
    ANSWER = "answer"
    """It answered with an error; `status` says which."""
    BUSY = "busy"
    """It takes no more for now."""
    TOO_LARGE = "too large"
    BAD_ROW = "bad row"
    """It does not take a row as it is."""
    TAKEN = "taken"
    """Another program came with the same identity, and the server ended this connection."""
    NOBODY = "nobody"
    """No program takes what is sent, and the server keeps nothing: it would be lost."""
    MISSING = "missing"
    """A library that is needed is not installed; `detail` names the extra."""
    SECRET = "secret"
    """The file with the secret cannot be used; `detail` says why."""
    FILE = "file"
    """A certificate or key cannot be used; `detail` names its setting, and says why."""
    RECORD = "record"
    """The record cannot be read; `detail` says why."""
    DEFECT = "defect"


class SinkRemedy(StrEnum):
    """What helps."""

    WAIT = "wait"
    """It may work later: the server is away or busy."""
    SETTINGS = "settings"
    """It works once somebody corrects the settings or the server."""
    SMALLER = "smaller"
    """A smaller batch, at last without the row that is not taken."""


class Failure(msgspec.Struct, frozen=True):
    """Why something was not stored."""

    code: FailureCode
    detail: str = ""
    """What the server or the library said; cleaned, since it is text from elsewhere."""
    status: int = 0
    """HTTP status or MQTT reason code, where there is one."""


class SinkError(Exception):
    """A sink did not store a batch, for a reason and with a remedy."""

    def __init__(self, failure: Failure, remedy: SinkRemedy, retry_after: float | None = None) -> None:
        """Take `retry_after`, the seconds for which the server asks to be left alone."""
        super().__init__(failure.code.value)
        self.failure, self.remedy, self.retry_after = failure, remedy, retry_after
