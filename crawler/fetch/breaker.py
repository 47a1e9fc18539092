"""When to leave a host alone for the rest of a crawl: it fails again and again, or asks to wait."""

import time
from dataclasses import dataclass

from crawler.errors import FetchError
from crawler.records import Outcome

FAILURES = 5
"""Failures in a row after which a host is not asked again in this crawl."""

PATIENCE = 5.0
"""Seconds that we wait for a host that asks for a pause; for longer ones the server is skipped."""

SOURCE_PATIENCE = 300.0
"""The same for a page of a source: without it the servers of all pages after it are not found."""

_COUNTED = frozenset({Outcome.TIMEOUT, Outcome.CONNECT_ERROR, Outcome.TLS_ERROR, Outcome.DNS_ERROR})


@dataclass(slots=True)
class _State:
    failures: int = 0
    rests_until: float = 0.0


class Breaker:
    """What is known of hosts that gave trouble; a host that answers is forgotten."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}

    def wait(self, host: str, patience: float = PATIENCE) -> float:
        """Return the seconds that a host wants to be left alone.

        Raises:
            FetchError: for longer than our patience, or it has failed too often.

        """
        state = self._states.get(host)
        if state is None:
            return 0.0
        if state.failures >= FAILURES:
            raise FetchError(
                Outcome.SKIPPED_POLICY,
                f"{host} failed {FAILURES} times in a row; it is left alone for this crawl",
            )
        left = state.rests_until - time.monotonic()
        if left > patience:
            raise FetchError(
                Outcome.RATE_LIMITED, f"{host} asked to be left alone for {left:.0f} s more", left
            )
        return max(left, 0.0)

    def rest(self, host: str, seconds: float) -> None:
        """Note that a host asked for a pause."""
        state = self._states.setdefault(host, _State())
        state.rests_until = max(state.rests_until, time.monotonic() + seconds)

    def note(self, host: str, outcome: Outcome) -> None:
        """Note how a request ended: what says something of the host, or that it is well."""
        if outcome in _COUNTED:
            self._states.setdefault(host, _State()).failures += 1
            return
        state = self._states.get(host)
        if state is not None:
            state.failures = 0
            if state.rests_until <= time.monotonic():
                del self._states[host]
