"""Why a server could not be reached, as a code and a remedy."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from xovac_tui.errors import is_refused
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.text import clean

T = TypeVar("T")
_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""The connection ended amid TLS, such as that of a server that was killed."""


def trusting(ca_file: str, cert_file: str = "", key_file: str = "") -> ssl.SSLContext:
    """Return what checks a server's certificate, and shows the own one where there is one.

    Raises SinkError for files that cannot be used.
    """
    made = _with_files("ca_file", ca_file, lambda: ssl.create_default_context(cafile=ca_file or None))
    if cert_file:
        names = "cert_file` or `key_file" if key_file else "cert_file"
        _with_files(names, cert_file, lambda: made.load_cert_chain(cert_file, key_file or None, password=""))
    return made


def _with_files(setting: str, path: str, use: Callable[[], T]) -> T:
    try:
        return use()
    except ssl.SSLError as error:
        reason = _said_of_tls(error)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name cannot be used"
    reported = clean(f"`{setting}`, {path}: {reason}", 300)
    raise SinkError(Failure(FailureCode.FILE, reported), SinkRemedy.SETTINGS)


def _said_of_tls(error: ssl.SSLError) -> str:
    return clean((error.reason or "it is none").replace("_", " ").lower(), 200)


def explained(error: Exception) -> SinkError:
    """Return why there was no connection, or no answer on one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return SinkError(
            Failure(FailureCode.CERTIFICATE, clean(error.verify_message, 200)), SinkRemedy.SETTINGS
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, _CUT_OFF):
        return SinkError(Failure(FailureCode.TLS, _said_of_tls(error)), SinkRemedy.WAIT)
    if isinstance(error, socket.gaierror):
        return SinkError(Failure(FailureCode.UNKNOWN_HOST), SinkRemedy.WAIT)
    if isinstance(error, TimeoutError):
        return SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)
    if is_refused(error):
        return SinkError(Failure(FailureCode.REFUSED), SinkRemedy.WAIT)
    if isinstance(error, ssl.SSLError):
        return SinkError(Failure(FailureCode.CONNECTION, _said_of_tls(error)), SinkRemedy.WAIT)
    if isinstance(error, http.client.RemoteDisconnected):
        return SinkError(Failure(FailureCode.CONNECTION, "it ended without an answer"), SinkRemedy.WAIT)
    if isinstance(error, http.client.HTTPException):
        failure = Failure(FailureCode.CONNECTION, "what it answers is no HTTP, or was cut off")
        return SinkError(failure, SinkRemedy.WAIT)
    detail = getattr(error, "strerror", None) or type(error).__name__
    return SinkError(Failure(FailureCode.CONNECTION, clean(detail, 200)), SinkRemedy.WAIT)
