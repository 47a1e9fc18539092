"""robots.txt per origin, as RFC 9309 says, read by protego and kept for a day.

Redirects are followed five deep, to other hosts too, each hop at its own turn and through the
address guard. A status of 4xx allows (there are no rules); a server error, 429 and a host that
cannot be reached forbid (there may be rules). Of the file the first 500 KiB count.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import anyio
from protego import Protego

from crawler.errors import FetchError
from crawler.fetch.breaker import SOURCE_PATIENCE
from crawler.fetch.decoding import pieces
from crawler.fetch.translating import REDIRECTS

if TYPE_CHECKING:
    import httpx

    from crawler.fetch import Fetcher

MAX_BYTES = 500 * 1024
"""What is read of a file (RFC 9309, 2.5: at least 500 KiB); the rules behind it do not count."""

_HOPS = 5
_KEPT_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for an origin: its rules, or everything or nothing; and until when we keep it."""

    rules: Protego | bool
    until: float


class Robots:
    """The decisions of one crawl."""

    def __init__(self) -> None:
        self._known: dict[str, _Rules] = {}

    async def allowed(self, fetcher: "Fetcher", url: str, user_agent: str) -> bool:
        """Say whether a page may be fetched."""
        rules = await self._of(fetcher, url)
        return rules if isinstance(rules, bool) else bool(rules.can_fetch(url, user_agent))

    async def delay(self, fetcher: "Fetcher", url: str, user_agent: str) -> float:
        """Return the Crawl-delay of a host in seconds, 0 when it names none."""
        rules = await self._of(fetcher, url)
        return 0.0 if isinstance(rules, bool) else float(rules.crawl_delay(user_agent) or 0.0)

    async def _of(self, fetcher: "Fetcher", url: str) -> Protego | bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(origin)
        if known is None or known.until <= time.monotonic():
            rules = await _rules(fetcher, origin + "/robots.txt")
            known = self._known[origin] = _Rules(rules, time.monotonic() + _KEPT_SECONDS)
        return known.rules


async def _rules(fetcher: "Fetcher", url: str) -> Protego | bool:
    target = url
    for _ in range(_HOPS + 1):
        try:
            found = await _hop(fetcher, target)
        except (FetchError, TimeoutError):
            return False
        if not isinstance(found, str):
            return found
        target = found
    return True  # RFC 9309, 2.3.1.2: what lies behind more redirects counts as not there


async def _hop(fetcher: "Fetcher", url: str) -> Protego | bool | str:
    """Return the rules that a URL answers with, or the URL that it redirects to.

    Raises:
        FetchError: it cannot be reached.
        TimeoutError: nor in time.

    """
    async with fetcher.turn(url, keep=True) as turn:
        turn.patience = SOURCE_PATIENCE
        with anyio.fail_after(fetcher.options.total_seconds) as turn.deadline:
            async with fetcher.stream(turn, "GET", url, redirects=False) as response:
                status, location = response.status_code, response.headers.get("location")
                if status in REDIRECTS and location:
                    return _joined(url, location)
                if status == 429 or status >= 500:  # noqa: PLR2004 - the numbers are the names
                    return False
                if status != 200:  # noqa: PLR2004 - the number is the name
                    return True
                return Protego.parse(await _head(response))


def _joined(url: str, location: str) -> str | bool:
    try:
        return urljoin(url, location)
    except ValueError:
        return True  # it leads nowhere, as a 404 does


async def _head(response: "httpx.Response") -> str:
    """Return the lines of a body that lie whole within the cap."""
    data = bytearray()
    async for part in pieces(response):
        data += part
        if len(data) > MAX_BYTES:
            del data[data.rfind(b"\n", 0, MAX_BYTES) + 1 :]
            break
    return data.decode("utf-8-sig", "replace")
