"""Verify certificates: which to trust, and what a server presents when it is not trusted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
import stat
from datetime import UTC, datetime

import msgspec

from xovac_tui.errors import SettingsError
from xovac_tui.link.streams import open_stream
from xovac_tui.link.target import Address
from xovac_tui.text import clean

_LARGEST = 10_000_000
"""Bytes of a file of authorities; a bundle of all of them has a fiftieth of that."""

_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13
"""Numbers of TLS: RFC 8446, appendix B."""


class Certificate(msgspec.Struct, frozen=True):
    """What can be said of a certificate without trusting it."""

    digest: bytes
    """SHA-256 of the whole certificate."""
    valid_from: datetime | None
    valid_until: datetime | None


def trust(ca_file: str) -> ssl.SSLContext:
    """Return the context for the usual verification, by the system's authorities or by those in `ca_file`.

    The certificates in `ca_file` are trusted as they are, on every Python alike: since 3.13 the usual context
    also wants the extensions of RFC 5280, which authorities made by hand often lack.
    """
    if not ca_file:
        return ssl.create_default_context()
    try:
        # Of anything else the library might wait for ever, and hold everything up.
        if plain := _plain(ca_file):
            context = ssl.create_default_context(cafile=ca_file)
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            return context
        reason = "is not a regular file" if plain is None else f"has more than {_LARGEST:,} bytes"
    except FileNotFoundError:
        reason = "does not exist"
    except ssl.SSLError:
        reason = "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    except OSError as why:
        reason = f"cannot be read: {why.strerror}"
    raise SettingsError(
        f'The setting ca_file = "{clean(ca_file, 200)}" {reason}. Name the PEM file of the certificate '
        "authority, "
        "or use a fingerprint."
    )


def _plain(name: str) -> bool | None:
    """Return whether a file is plain and of a usual size; None where it is not plain. Raises OSError."""
    state = os.stat(name)
    return state.st_size <= _LARGEST if stat.S_ISREG(state.st_mode) else None


def unverified_context() -> ssl.SSLContext:
    """Return a context that verifies nothing: only to read what is presented, never to send anything."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def presented(address: Address, timeout: float) -> Certificate | None:
    """Return the certificate that the server presents, by a mere TLS handshake; None where there is none."""
    try:
        async with asyncio.timeout(timeout):
            _, writer = await open_stream(address, unverified_context())
    except (OSError, ValueError):
        return None
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return read_certificate(der) if der else None
    finally:
        writer.transport.abort()


async def asks_client(address: Address, timeout: float) -> bool:
    """Return whether the server asks for a certificate of the client in its TLS handshake (RFC 8446, 4.3.2).

    Whether it insists only shows in what it does then; some end the connection without an alert.
    """
    asked = False

    def note_alert(_: object, direction: str, __: object, content: int, message: int, ___: bytes) -> None:
        nonlocal asked
        asked = asked or (direction == "read" and (content, message) == (_HANDSHAKE, _CERTIFICATE_REQUEST))

    context = unverified_context()
    # The standard library has no other way to see this message, and may lose this one.
    if not hasattr(context, "_msg_callback"):
        return False
    context._msg_callback = note_alert
    try:
        async with asyncio.timeout(timeout):
            _, writer = await open_stream(address, context)
        writer.transport.abort()
    except (OSError, ValueError):
        return asked
    return asked


def read_certificate(der: bytes) -> Certificate:
    """Return what is known of a certificate in DER form; dates that cannot be read are None."""
    try:
        begin, end = _validity(der)
    except (ValueError, IndexError):
        return Certificate(hashlib.sha256(der).digest(), None, None)
    return Certificate(hashlib.sha256(der).digest(), begin, end)


def _validity(der: bytes) -> tuple[datetime, datetime]:
    """Return the two dates of a certificate; the standard library reads them only of trusted ones."""
    _, certificate, _ = _element(der, 0)
    _, body, _ = _element(certificate, 0)
    tag, _, after = _element(body, 0)
    at = after if tag == 0xA0 else 0  # the version is optional
    for _ in ("serial number", "signature algorithm", "issuer"):
        _, _, at = _element(body, at)
    _, validity, _ = _element(body, at)
    begin_tag, begin, at = _element(validity, 0)
    end_tag, end, _ = _element(validity, at)
    return _time(begin_tag, begin), _time(end_tag, end)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Return (tag, content, offset after it) of the DER element at an offset."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise ValueError("the certificate is cut off")
    return tag, data[start : start + length], start + length


def _time(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == 0x17:  # UTCTime: two digits of the year, 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
