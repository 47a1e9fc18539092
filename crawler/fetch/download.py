"""A large file from the web to the disk: counted, digested, and followed to where it lies.

Release files are commonly handed from a front door to a store on another origin, so redirects may
leave the origin here. Each hop is a request of its own: https, a checked public address, its turn
at its domain. Nothing but the URL is sent.
"""

import hashlib
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import anyio

from crawler.errors import FetchError
from crawler.fetch import Fetcher, Turn, pieces
from crawler.fetch.translating import REDIRECTS
from crawler.records import Outcome

MAX_BYTES = 100_000_000
_HOPS = 5
_SECONDS = 120.0
_OK = 200
_STATUS = {401: Outcome.AUTH_REQUIRED, 403: Outcome.FORBIDDEN, 404: Outcome.NOT_FOUND, 410: Outcome.NOT_FOUND, 429: Outcome.RATE_LIMITED}  # fmt: skip


async def download(fetcher: Fetcher, url: str, into: Path) -> str:
    """Write what a URL leads to into a file and return its SHA-256.

    Raises:
        FetchError: refused, too large, too slow, or redirected too often.

    """
    target = url
    for _ in range(_HOPS + 1):
        async with fetcher.turn(target) as turn:
            try:
                with anyio.fail_after(_SECONDS) as turn.deadline:
                    found = await _hop(fetcher, turn, target, into)
            except TimeoutError:
                raise FetchError(Outcome.TIMEOUT, f"not fetched in {_SECONDS:g} s") from None
        if found.digest is not None:
            return found.digest
        target = urljoin(target, found.location)
        if urlsplit(target).scheme not in {"http", "https"}:
            raise FetchError(Outcome.BLOCKED_SSRF, "redirects to what is not on the web")
    raise FetchError(Outcome.HTTP_ERROR, "redirected too often")


class _Hop:
    """Where one request led: to the file, of this digest, or on to another URL."""

    def __init__(self, digest: str | None = None, location: str = "") -> None:
        self.digest = digest
        self.location = location


async def _hop(fetcher: Fetcher, turn: Turn, url: str, into: Path) -> _Hop:
    async with fetcher.stream(turn, "GET", url, redirects=False) as response:
        location = response.headers.get("location")
        if response.status_code in REDIRECTS and location:
            return _Hop(location=location)
        if response.status_code != _OK:
            outcome = _STATUS.get(response.status_code, Outcome.HTTP_ERROR)
            raise FetchError(outcome, f"HTTP {response.status_code}")
        digest, size = hashlib.sha256(), 0
        with into.open("wb") as file:
            async for part in pieces(response):
                size += len(part)
                if size > MAX_BYTES:
                    raise FetchError(Outcome.TOO_LARGE, f"a file of more than {MAX_BYTES:,} bytes")
                digest.update(part)
                file.write(part)
        return _Hop(digest.hexdigest())
