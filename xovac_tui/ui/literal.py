"""Text that somebody else wrote, as this terminal can show it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

_PICTURES = {0x2400 + code: f"\\x{code:02x}" for code in range(0x20)} | {0x2421: "\\x7f", 0x2026: "~"}


def literal(text: str, ascii_only: bool) -> str:
    """Return clean text, with escapes for what is no ASCII where the terminal shows only that."""
    if not ascii_only or text.isascii():
        return text
    return text.translate(_PICTURES).encode("ascii", "backslashreplace").decode("ascii")


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a line in pieces of at most `width` cells; an empty line is one empty piece."""
    if width < 2 or not text:
        yield text
        return
    if text.isascii():
        for at in range(0, len(text), width):
            yield text[at : at + width]
        return
    start = cells = 0
    for at, char in enumerate(text):
        wide = cell_len(char)
        if cells + wide > width:
            yield text[start:at]
            start, cells = at, 0
        cells += wide
    yield text[start:]


def folded(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` cells, broken between words where that can be."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = ""
            pieces = list(wrapped(word, width))
            lines.extend(pieces[:-1])
            line = f"{line} {pieces[-1]}" if line else pieces[-1]
        lines.append(line)
    return lines
