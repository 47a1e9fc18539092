"""From a catalogue's file to a site, with progress on stderr and one line at the end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from classifier.errors import AddressError, PageError
from classifier.pages.environment import safe_url
from classifier.pages.model import BuildSummary
from classifier.pages.notebooks import read_notebooks
from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from classifier.pages.words import number
from crawler.catalog import Catalog
from crawler.catalog.connection import file_of
from crawler.errors import CatalogError

_EVERY = 0.2
_LOOK = 0.5
"""Seconds between looks at the catalogue's file."""


def check_base_url(given: str) -> str | None:
    """Return the base address, or None where none is given.

    Raises:
        AddressError: it is not an http or https address.

    """
    if not given:
        return None
    if safe_url(given) is None or "?" in given or "#" in given:
        raise AddressError(f"--base-url {given!r} is not an address; write https://host/path")
    return given


def publish(
    db: str, out: Path, base_url: str | None, notebooks: Path | None = None
) -> BuildSummary:
    """Build the site of a catalogue, with executed notebooks of a folder, and say what was done.

    Raises:
        PageError, CatalogError: as `build` and the catalogue do.

    """
    read = read_notebooks(notebooks) if notebooks else ()
    with Catalog.open(db, create=False) as catalog, _progress() as tell:
        summary = build(CatalogSource(catalog), out, base_url, tell, read)
    _write(sentence(summary, out), "\n")
    return summary


def sentence(summary: BuildSummary, out: Path) -> str:
    """Say in one line what a build did."""
    waiting = (
        f" {number(summary.unclassified, 'tool')} not classified yet: run `toolrisk classify`."
        if summary.unclassified
        else ""
    )
    return (
        f"{out}: {number(summary.pages, 'page')} for {number(summary.tools, 'tool')} of "
        f"{number(summary.servers, 'server')}, {number(summary.written, 'file')} written and "
        f"{summary.kept:,} kept, in {summary.seconds:.1f} s.{waiting}"
    )


class _progress:  # noqa: N801  # reads as a word in a `with` statement
    """A line that is rewritten on a terminal, and nothing elsewhere."""

    def __enter__(self) -> Callable[[str, int, int], None]:
        self._last = 0.0
        self._is_terminal = sys.stderr.isatty()
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._is_terminal:
            _write("\r\x1b[K")

    def _tell(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._is_terminal and (now - self._last > _EVERY or done == total):
            self._last = now
            _write(f"\r\x1b[K{stage}: {done:,} of {total:,}")


def serve_site(
    db: str, out: Path, base_url: str | None, port: int, notebooks: Path | None = None
) -> None:
    """Build, serve on loopback, and build again whenever the catalogue's file changes.

    Raises:
        PageError: the port is taken; and as `publish` does for the first build.

    """
    publish(db, out, base_url, notebooks)
    from classifier.pages.preview import preview  # half of a build's start-up

    with preview(out, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        _write(f"Serving {address} until Ctrl-C; rebuilt when {db} changes.", "\n")
        try:
            _watch(db, out, base_url, notebooks)
        finally:
            server.shutdown()


def _watch(db: str, out: Path, base_url: str | None, notebooks: Path | None) -> None:
    seen = _state(db)
    while True:
        time.sleep(_LOOK)
        now = _state(db)
        if now == seen:
            continue
        seen = now
        try:
            publish(db, out, base_url, notebooks)
        except (PageError, CatalogError) as error:
            # The site before stays up; the next change is another try.
            _write(f"toolrisk: {error}", "\n")


def _state(db: str) -> tuple[tuple[int, int], ...]:
    """Return what tells that a catalogue changed; a writer may be in the -wal file still."""
    path = file_of(db)
    made = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            found = file.stat()
            made.append((found.st_mtime_ns, found.st_size))
        except OSError:
            made.append((0, 0))
    return tuple(made)


def _write(*parts: str) -> None:
    sys.stderr.write("".join(parts))
    sys.stderr.flush()
