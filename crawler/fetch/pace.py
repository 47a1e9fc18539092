"""Politeness per host: so many connections at a time, a delay between them, Retry-After."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio

_LONGEST = 3600.0


class Pace:
    """Turns per host. Memory grows with hosts in use, not with hosts seen."""

    def __init__(self, per_host: int, delay: float) -> None:
        self._per_host = per_host
        self._delay = delay
        self._limiters: dict[str, anyio.CapacityLimiter] = {}
        self._last: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at a host and hold it."""
        limiter = self._limiters.setdefault(host, anyio.CapacityLimiter(self._per_host))
        async with limiter:
            if self._delay:
                wait = self._last.get(host, 0.0) + self._delay - time.monotonic()
                if wait > 0:
                    await anyio.sleep(wait)
                self._last[host] = time.monotonic()
            yield
        if (
            limiter.borrowed_tokens == 0
            and limiter.statistics().tasks_waiting == 0
            and not self._delay
        ):
            self._limiters.pop(host, None)


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks for, 1 when it does not say, an hour at most."""
    value = headers.get("retry-after", "")
    if value.isdigit():
        return min(float(value[:6]), _LONGEST)
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 1.0
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(0.0, (when - datetime.now(UTC)).total_seconds()), _LONGEST)
