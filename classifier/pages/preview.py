"""A file server for a look at a site on this machine."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from classifier.errors import PageError


def preview(out: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a folder on loopback, not started yet.

    Raises:
        PageError: the port is taken.

    """
    handler = partial(_Quiet, directory=str(out.absolute()))
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as cause:
        raise PageError(
            f"cannot serve on port {port}: {cause.strerror}; give another --port"
        ) from cause


class _Quiet(SimpleHTTPRequestHandler):
    """A file server that keeps silent and does not let a browser keep stale pages."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # name of the base
        """Say nothing."""

    def end_headers(self) -> None:
        """Add what a preview needs."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()
