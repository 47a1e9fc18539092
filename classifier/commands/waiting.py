"""What a person sees while a long input is read: one line on a terminal, nothing elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_FIRST = 1.0
_EVERY = 0.2


def counted(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield the items; from the first second on, say on a terminal how many of `total` are done.

    Only for consumers that print nothing meanwhile: rows and the line would mix.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    due = time.monotonic() + _FIRST
    shown = False
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
