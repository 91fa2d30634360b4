"""Photos and papers of a run: which files may be attached, and what is attached."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.kinds import Attachment, Session
from xovac_tui.recording.disk.lists import read
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.writer import Writer

MOST = 20_000_000
"""Bytes of one file."""
_LONGEST_NAME = 200
"""Characters of a file's name, from its end."""
_KINDS = "pictures (PNG, JPEG, GIF, WebP), PDF, plain text and CSV can be attached"
_CONTROLS = frozenset(map(chr, range(0x20))) - frozenset("\t\n\r\f") | {"\x7f"}
"""Characters that no plain text holds."""
_SETS = {"utf-16": "UTF-16", "cp1252": "Windows-1252"}
"""Character sets of text that is not UTF-8, by their names in Python, and as a media type says them."""
_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be attached."""

    name: str
    media: str
    hash: str
    """SHA-256, hex."""
    data: bytes


def read_file(path: Path) -> File:
    """Return a file that is to be attached; RecordError says why it cannot be."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # Opening a pipe alone would wait for a writer.
            raise RecordError(f"{path} is not a regular file. Name a file that can be read as a whole.")
        with path.open("rb") as opened:
            data = opened.read(MOST + 1)
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError:
        raise RecordError("No file can have a name with a NUL. Correct it.") from None
    if not data:
        raise RecordError(f"{path} is empty, so there is nothing to attach.")
    if len(data) > MOST:
        raise RecordError(
            f"{path} is larger than {size_words(MOST)}. Make it smaller, or keep it beside the record."
        )
    return File(
        name=path.name[-_LONGEST_NAME:],
        media=media_type(path, data),
        hash=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def media_type(path: Path, data: bytes) -> str:
    """Return the media type of a file by what is in it; RecordError where it cannot be attached."""
    for beginning, media in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
    ):
        if data.startswith(beginning):
            return media
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    found = _read_text(data)
    if found is None:
        raise RecordError(f"{path} is of a kind that a report cannot show: {_KINDS}.")
    text, charset = found
    if text.lstrip().startswith("<"):
        raise RecordError(
            f"{path} is SVG, HTML or XML, which can hold scripts, so it is not attached: {_KINDS}."
        )
    # Nothing in a text says whether commas make it a table.
    media = "text/csv" if path.suffix.lower() == ".csv" else "text/plain"
    return f"{media}; charset={_SETS[charset]}" if charset in _SETS else media


def _read_text(data: bytes) -> tuple[str, str] | None:
    """Return plain text and its character set; None where the bytes are none.

    What a spreadsheet saves may be UTF-16, which says so, or the Windows-1252 of western Europe, which does
    not: it is assumed of bytes that are no UTF-8. (Python's cp1252 knows no character for five of them.)
    """
    for charset in ("utf-16",) if data.startswith(_MARKS) else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        return (text, charset) if _CONTROLS.isdisjoint(text) else None
    return None


def text_of(media: str, data: bytes) -> str:
    """Return an attached text; what cannot be read in its character set is marked in it."""
    said = media.partition("charset=")[2].strip()
    charset = next((name for name, word in _SETS.items() if word == said), "utf-8-sig")
    return data.decode(charset, "replace")


def media_words(media: str) -> str:
    """Return a media type for people: a character set that nothing in the file says is assumed."""
    return f"{media} (assumed)" if media.endswith(f"charset={_SETS['cp1252']}") else media


def attach(
    record: Path,
    session: Session,
    run: int,
    files: Sequence[File],
    *,
    caption: str,
    utc: float,
    mono: float,
) -> None:
    """Attach files to a run of a record, all or none, also while another process records into it.

    Raises RecordError, sqlite3.Error and OSError as they come.
    """
    writer = Writer(record, session, recording=False, utc=utc, mono=mono)
    try:
        for file in files:
            writer.item(
                Attachment(
                    t=utc,
                    mono=mono,
                    run=run,
                    who=session.who,
                    name=file.name,
                    media=file.media,
                    text=caption,
                    hash=file.hash,
                    data=file.data,
                )
            )
        writer.commit(utc, durable=True)
    except BaseException:
        writer.abandon()
        raise
    writer.close(utc)


def attachments(record: Record, run: int) -> list[Attachment]:
    """Return what is attached to a run, oldest first."""
    return read(record, Attachment, "run = ?", (run,), instead={"data": "", "size": "length(data)"})


def attachment_data(record: Record, number: int) -> bytes:
    """Return what is in an attachment; RecordError where it is not what its hash says."""
    found = record.rows("SELECT data, hash FROM attachments WHERE id = ?", (number,))
    data = bytes(found[0][0]) if found else b""
    if not found or hashlib.sha256(data).hexdigest() != found[0][1]:
        raise RecordError(
            f"Attachment {number} in {record.path} is not what was attached. "
            "`xovac-tui audit verify` says more."
        )
    return data
