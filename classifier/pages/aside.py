"""Work in a process beside this one, forked so that what is known is shared and not sent."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
LARGE = 2000
"""Tools from which on work beside the rest of a build gets a process of its own."""

_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux, linux/prctl.h."""


def cores() -> int:
    """Return how many processes are worth their while; one where none can be forked."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def pool(size: int) -> ProcessPoolExecutor:
    """Return forked processes, which neither answer to Ctrl-C nor outlive this one."""
    return ProcessPoolExecutor(
        size, mp_context=multiprocessing.get_context("fork"), initializer=_start
    )


def _start() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends the rest
    if sys.platform == "linux":
        with suppress(
            OSError, AttributeError
        ):  # one that is killed would leave them waiting for ever
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


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
