"""Politeness per registrable domain: one connection at a time, and a pause between requests."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio

_LONGEST = 3600.0
_SOON = 1000
"""Domains remembered before those whose pause is over are dropped."""


class Pace:
    """Turns per domain. Memory grows with domains in use, not with domains seen."""

    def __init__(self, per_host: int, delay: float) -> None:
        self._per_host = per_host
        self._delay = delay
        self._limiters: dict[str, anyio.CapacityLimiter] = {}
        self._next: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, domain: str) -> AsyncIterator[None]:
        """Wait for a turn at a domain and hold it."""
        limiter = self._limiters.setdefault(domain, anyio.CapacityLimiter(self._per_host))
        try:
            async with limiter:
                yield
        finally:
            if limiter.borrowed_tokens == 0 and limiter.statistics().tasks_waiting == 0:
                self._limiters.pop(domain, None)

    def slow_down(self, domain: str, seconds: float) -> None:
        """Keep at least this pause between two requests to a domain, as its robots.txt asks."""
        if seconds > self._delay:
            self._delays[domain] = min(seconds, _LONGEST)

    def pause(self, domain: str, least: float = 0.0) -> float:
        """Return the seconds to wait before the next request, which is thereby booked.

        `least` is the pause that this kind of request keeps even where no other is asked for.
        """
        delay = max(self._delays.get(domain, self._delay), least)
        if not delay:
            return 0.0
        now = time.monotonic()
        if len(self._next) > _SOON:
            self._next = {name: when for name, when in self._next.items() if when > now}
        start = max(now, self._next.get(domain, now))
        self._next[domain] = start + delay
        return start - now


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks for, 1 when it does not say, an hour at most."""
    asked = asked_wait(headers)
    return 1.0 if asked is None else min(asked, _LONGEST)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After, or None where there is none that can be read."""
    value = headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
