"""Work in a process beside this one, forked so that what is known is shared and not sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from classifier.parallel import cores, pool

T = TypeVar("T")
LARGE = 2000
"""Tools from which on work beside the rest of a build gets a process of its own."""


@contextmanager
def aside(work: Callable[..., T], *given: Any, pays: bool) -> Iterator[Callable[[], T]]:
    """Do work beside the block, where that pays; yield what returns its result, asked for once."""
    if not pays or cores() == 1:
        yield lambda: work(*given)
        return
    one = pool(1)
    try:
        yield one.submit(work, *given).result
    finally:
        one.shutdown(cancel_futures=True)
