"""What asking servers shows: one live line on a terminal, one line a minute elsewhere.

Of a crawl that line is JSON, for who reads its log; other commands say sentences on stderr, and
this is one more.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.gathered import Gathered
from crawler.printable import counted
from crawler.records import Outcome, Server

_LOG_SECONDS = 60.0


class Counts:
    """An observer that counts."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.servers = 0
        self.tools = 0
        self.found_servers = 0
        self.skipped: Counter[str] = Counter()
        self.asked = 0
        self.left: tuple[float, int, bool] | None = None  # when told, servers, more may be found

    def found(self, server: Server) -> None:
        """Count a server that waits."""
        del server
        self.found_servers += 1

    def finished(self, item: Gathered) -> None:
        """Count a server that has been looked at."""
        self.servers += item.server is not None
        self.tools += len(item.tools or ())
        self.asked += item.probe is not None
        looked = item.skipped or item.probe
        if looked is not None and looked.outcome is not Outcome.LISTED:
            self.skipped[looked.outcome.value] += 1

    def waits(self, count: int, *, more: bool) -> None:
        """Note how many servers are still to be asked."""
        self.left = time.monotonic(), count, more

    def seconds_left(self) -> float | None:
        """Return the time that the servers left will take at the pace so far; None: unknown."""
        if self.left is None or not self.asked:
            return None
        told, count, _ = self.left
        pace = (told - self.started) / self.asked
        return max(0.0, count * pace - (time.monotonic() - told))

    @property
    def line(self) -> str:
        """The state as one line for people."""
        seconds = max(time.monotonic() - self.started, 0.001)
        reasons = ", ".join(f"{name} {n}" for name, n in self.skipped.most_common(4))
        text = f"{counted(self.servers, 'server')}, {counted(self.tools, 'tool')}"
        text += f", {self.servers / seconds:,.1f}/s"
        text += f", {_clock(seconds)}"
        left = self.seconds_left()
        if left is not None and self.left is not None:
            text += f", {'at least' if self.left[2] else 'about'} {_clock(left)} left"
        return f"{text}; skipped: {reasons}" if reasons else text


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class _Log(Counts):
    """Counts, and one line a minute on stderr."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.said = self.started
        self.as_json = as_json

    def finished(self, item: Gathered) -> None:
        super().finished(item)
        now = time.monotonic()
        if now - self.said >= _LOG_SECONDS:
            self.said = now
            line = json.dumps(self.state(now)) if self.as_json else f"toolrisk: so far {self.line}"
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    def state(self, now: float) -> dict[str, object]:
        """Return the documented fields of a crawl's log."""
        left = self.seconds_left()
        return {
            "servers": self.servers,
            "tools": self.tools,
            "skipped": dict(self.skipped),
            "seconds": round(now - self.started),
            "seconds_left": None if left is None else round(left),
        }


@contextmanager
def watch(*, as_json: bool = False) -> Iterator[Counts]:
    """Show on stderr how far it is: a live line on a terminal, else a line a minute."""
    if not sys.stderr.isatty():
        yield _Log(as_json=as_json)
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    counts = Counts()
    with Live(
        get_renderable=lambda: Text(counts.line),
        console=Console(stderr=True),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,  # data stays on stdout
    ):
        yield counts
