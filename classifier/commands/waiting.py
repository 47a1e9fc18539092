"""What a person sees while a long input is read: one line on a terminal, nothing elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_FIRST = 1.0
_EVERY = 0.2
_MANY = 2000
_LARGE = 4_000_000
"""Bytes of a file that takes a second to read."""


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Say on a terminal that a large file is being read."""
    try:
        size = file.stat().st_size if sys.stderr.isatty() else 0
    except (OSError, ValueError):  # whoever reads it says so
        size = 0
    if size < _LARGE:
        yield
        return
    name = "".join(c if c.isprintable() else " " for c in file.name[:60])
    _write(f"\r\x1b[Kreading {name}, {size / 1e6:,.0f} MB")
    try:
        yield
    finally:
        _write("\r\x1b[K")


def counted(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield the items; from the first second on, say on a terminal how many of `total` are done.

    Where there are many, at once: the first of them are looked at together, which takes a while.
    Only for consumers that print nothing meanwhile: rows and the line would mix.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    due = time.monotonic() + _FIRST
    shown = total >= _MANY
    if shown:
        _write(f"\r\x1b[K0 of {total:,} {what}")
    try:
        for done, item in enumerate(items):
            if (now := time.monotonic()) >= due:
                due, shown = now + _EVERY, True
                _write(f"\r\x1b[K{done:,} of {total:,} {what}")
            yield item
    finally:
        if shown:
            _write("\r\x1b[K")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def counting(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many are done; say nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
