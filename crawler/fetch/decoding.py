"""Bodies, decoded in small bounded steps, so that no compressed byte can become a gigabyte."""

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from crawler.errors import FetchError
from crawler.records import Outcome

ACCEPTED = "gzip, deflate"
"""What is asked for; an answer in any other encoding is refused, because we never asked for it."""

_STEP = 65536


async def pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body decoded, at most 64 kB at a time.

    Raises:
        FetchError: an encoding that was not asked for, or bytes that are not in it.

    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        async for raw in response.aiter_raw():
            yield raw
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        shown = "".join(c for c in encoding if c.isprintable())[:40]
        raise FetchError(
            Outcome.PROTOCOL_ERROR, f"the answer is encoded as {shown}, which was not asked for"
        )
    decoder = _Decoder(is_deflate=encoding == "deflate")
    async for raw in response.aiter_raw():
        for part in decoder.parts(raw):
            yield part


class _Decoder:
    """gzip of any number of members, zlib, or bare deflate: all of it is sent under two names."""

    def __init__(self, *, is_deflate: bool) -> None:
        self._is_deflate = is_deflate
        self._head = b""
        self._members = 0
        self._stream: Any = None  # zlib's type has no name that could be written here

    def parts(self, raw: bytes) -> Iterator[bytes]:
        """Yield what some more bytes hold.

        Raises:
            FetchError: they are in none of these forms.

        """
        rest = raw
        if self._stream is None:
            rest = self._head = self._head + raw
            if len(rest) < len(_GZIP):
                return  # its form is not to be seen yet
            self._stream = zlib.decompressobj(self._form(rest))
        while rest:
            try:
                part = self._stream.decompress(rest, _STEP)
            except zlib.error:
                raise FetchError(Outcome.PROTOCOL_ERROR, "the body cannot be decoded") from None
            if part:
                yield part
            rest = self._stream.unconsumed_tail
            if self._stream.eof:
                rest = self._next_member()

    def _form(self, head: bytes) -> int:
        is_zlib = head[0] & 15 == zlib.DEFLATED and int.from_bytes(head[:2]) % 31 == 0
        is_bare = self._is_deflate and not is_zlib and not head.startswith(_GZIP)
        return -zlib.MAX_WBITS if is_bare else zlib.MAX_WBITS | _EITHER

    def _next_member(self) -> bytes:
        """Return the bytes of a further member of gzip; padding and what else follows is no body."""
        rest: bytes = self._stream.unused_data.lstrip(b"\0")
        if not rest.startswith(_GZIP[:1]):
            return b""
        self._members += 1
        if self._members > _MEMBERS:
            raise FetchError(Outcome.TOO_LARGE, f"a body of more than {_MEMBERS} members")
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | _EITHER)
        return rest


_GZIP = b"\x1f\x8b"
_EITHER = 32
"""What zlib takes for "gzip or zlib, whichever the first bytes say"."""

_MEMBERS = 1000
