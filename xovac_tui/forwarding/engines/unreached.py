"""Why a server could not be reached, as a code and a remedy."""

from __future__ import annotations

import socket
import ssl

from xovac_tui.errors import is_refused
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.text import clean


def explained(error: Exception) -> SinkError:
    """Return why there was no connection, or no answer on one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return SinkError(
            Failure(FailureCode.CERTIFICATE, clean(error.verify_message, 200)), SinkRemedy.SETTINGS
        )
    if isinstance(error, ssl.SSLError):
        return SinkError(
            Failure(FailureCode.CERTIFICATE, clean(error.reason or "", 200)), SinkRemedy.SETTINGS
        )
    if isinstance(error, socket.gaierror):
        return SinkError(Failure(FailureCode.UNKNOWN_HOST), SinkRemedy.WAIT)
    if isinstance(error, TimeoutError):
        return SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)
    if is_refused(error):
        return SinkError(Failure(FailureCode.REFUSED), SinkRemedy.WAIT)
    if isinstance(error, FileNotFoundError):
        return SinkError(Failure(FailureCode.SECRET, "its `ca_file` does not exist"), SinkRemedy.SETTINGS)
    detail = getattr(error, "strerror", None) or type(error).__name__
    return SinkError(Failure(FailureCode.CONNECTION, clean(detail, 200)), SinkRemedy.WAIT)
