"""One conversation's place at a domain: its deadline, its pauses, and the bytes that it may cost."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from crawler.errors import FetchError
from crawler.fetch.breaker import PATIENCE
from crawler.records import Outcome

MAX_TURN = 20_000_000
"""Decoded bytes that one conversation may bring."""

_LARGE = 1_000_000
LARGE_AT_ONCE = 4
"""Turns that may hold more than `_LARGE` bytes: what bounds memory on a hostile day."""


class Turn:
    """The place at a domain that one conversation holds, with its deadline."""

    def __init__(self, large: anyio.CapacityLimiter) -> None:
        self.deadline: anyio.CancelScope | None = None
        self.least_pause = 0.0  # seconds between two requests, even where no more are asked for
        self.patience = PATIENCE
        self._shares: list[anyio.CancelScope] = []
        self._bytes = 0
        self._large = large
        self._is_large = False

    async def pause(self, seconds: float) -> None:
        """Wait as politeness asks; the time does not count against the server."""
        if seconds > 0:
            for scope in self._scopes():
                scope.deadline += seconds
            await anyio.sleep(seconds)

    @contextmanager
    def share(self, seconds: float) -> Iterator[anyio.CancelScope]:
        """Give what happens within this many seconds of the whole; pauses do not count here either."""
        with anyio.move_on_after(seconds) as scope:
            self._shares.append(scope)
            try:
                yield scope
            finally:
                self._shares.remove(scope)

    def _scopes(self) -> list[anyio.CancelScope]:
        return [*([self.deadline] if self.deadline is not None else []), *self._shares]

    async def spend(self, count: int) -> None:
        """Count bytes that a server sent; many need a place among those that may hold so much.

        Raises:
            FetchError: more than one conversation may cost.

        """
        self._bytes += count
        if self._bytes > MAX_TURN:
            raise FetchError(
                Outcome.TOO_LARGE, f"more than {MAX_TURN} bytes of answers, larger than any list"
            )
        if self._bytes > _LARGE and not self._is_large:
            await self._enlarge()

    async def _enlarge(self) -> None:
        """Wait for that place; those who have one give it back by their own deadlines."""
        now = anyio.current_time()
        left = [(scope, scope.deadline - now) for scope in self._scopes()]
        for scope, _ in left:
            scope.deadline = float("inf")
        await self._large.acquire_on_behalf_of(self)
        self._is_large = True
        for scope, seconds in left:
            scope.deadline = anyio.current_time() + seconds

    def end(self) -> None:
        """Give that place back."""
        if self._is_large:
            self._large.release_on_behalf_of(self)
