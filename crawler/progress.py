"""What a crawl shows while it runs: one live line on a terminal, one line a minute elsewhere."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.gathered import Gathered
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

    def found(self, server: Server) -> None:
        """Count a server that waits."""
        del server
        self.found_servers += 1

    def finished(self, item: Gathered) -> None:
        """Count a server that has been looked at."""
        self.servers += item.server is not None
        self.tools += len(item.tools or ())
        looked = item.skipped or item.probe
        if looked is not None and looked.outcome is not Outcome.LISTED:
            self.skipped[looked.outcome.value] += 1

    @property
    def line(self) -> str:
        """The state as one line for people."""
        seconds = max(time.monotonic() - self.started, 0.001)
        reasons = ", ".join(f"{name} {n}" for name, n in self.skipped.most_common(4))
        text = f"{self.servers:,} servers, {self.tools:,} tools, {self.servers / seconds:,.1f}/s"
        text += f", {int(seconds) // 60}:{int(seconds) % 60:02}"
        return f"{text}; skipped: {reasons}" if reasons else text


class _Log(Counts):
    """Counts, and one JSON object a minute on stderr."""

    def __init__(self) -> None:
        super().__init__()
        self.said = self.started

    def finished(self, item: Gathered) -> None:
        super().finished(item)
        now = time.monotonic()
        if now - self.said >= _LOG_SECONDS:
            self.said = now
            state = {
                "servers": self.servers,
                "tools": self.tools,
                "skipped": dict(self.skipped),
                "seconds": round(now - self.started),
            }
            sys.stderr.write(json.dumps(state) + "\n")
            sys.stderr.flush()


@contextmanager
def watch() -> Iterator[Counts]:
    """Show a crawl on stderr: a live line on a terminal, else a line a minute."""
    if not sys.stderr.isatty():
        yield _Log()
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
