"""Bodies of HTTP answers, read up to a limit: an endless or highly compressed one cannot fill the memory."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator

import aiohttp

LONGEST_BODY = 64 * 1024 * 1024
"""Bytes of one answer, decompressed; a longer one ends the connection."""
ENCODINGS = "gzip, deflate"
"""Compressions that are asked for and can be undone piece by piece."""
_PIECE = 256 * 1024
"""Bytes that are decompressed at once, before other tasks get a turn."""


class BodyError(aiohttp.ClientPayloadError, ValueError):
    """The body of an answer cannot be read. A ValueError, because that is what the library expects."""


class TooLongError(BodyError):
    """The body of an answer is longer than the limit."""


class Response(aiohttp.ClientResponse):
    """An answer whose body is never held beyond the limit. Its session does not decompress by itself."""

    async def read(self) -> bytes:
        """Return the body, decompressed; TooLongError beyond the limit, and the connection is closed."""
        if self._body is None:
            try:
                self._body = await read(self, LONGEST_BODY)
            except BaseException:
                self.close()
                raise
            self.release()
        return self._body


async def read(response: aiohttp.ClientResponse, limit: int, *, cut: bool = False) -> bytes:
    """Return a body, decompressed; beyond `limit` bytes it is cut, or TooLongError is raised."""
    body = bytearray()
    async for piece in _pieces(response):
        body += piece
        if len(body) > limit:
            if cut:
                return bytes(body[:limit])
            raise TooLongError(f"the answer has more than {limit:,} bytes")
    return bytes(body)


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for data in response.content.iter_any():
            yield data
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError(f"the answer is compressed by {encoding[:40]!r}, which was not asked for")
    undo = None
    async for data in response.content.iter_any():
        while data:
            if undo is None:
                undo = zlib.decompressobj(_window(encoding, data))
            try:
                yield undo.decompress(data, _PIECE)
            except zlib.error as why:
                raise BodyError(f"the compressed answer cannot be read: {why}") from None
            data = undo.unconsumed_tail
            await asyncio.sleep(0)


def _window(encoding: str, data: bytes) -> int:
    """Return how zlib reads this: gzip, zlib, or the bare deflate that some servers mean by `deflate`."""
    if encoding != "deflate":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
