"""Bodies, decoded in small bounded steps, so that no compressed byte can become a gigabyte."""

import zlib
from collections.abc import AsyncIterator

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
    decoder = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever its first bytes say
    async for raw in response.aiter_raw():
        rest = raw
        while rest:
            try:
                part = decoder.decompress(rest, _STEP)
            except zlib.error:
                raise FetchError(Outcome.PROTOCOL_ERROR, "the body cannot be decoded") from None
            rest = decoder.unconsumed_tail
            if part:
                yield part
