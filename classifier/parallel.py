"""The same function over batches on every core, results in order; processes that go with this one.

Processes are forked, so that rules and model are shared and not loaded again. Where a platform
cannot fork, or there is a single core or batch, this process does the work; the results are the
same.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from classifier.errors import WorkerError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Given = TypeVar("Given")
Made = TypeVar("Made")

BATCH = 256
"""Definitions of a batch: a file of fewer is done before a second process would have begun."""
_MOST = 8
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux, linux/prctl.h."""


def cores() -> int:
    """Return how many processes are worth their while; one where none can be forked."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def pool(size: int) -> ProcessPoolExecutor:
    """Return forked processes, which neither answer to Ctrl-C nor outlive this one."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(
        size, mp_context=multiprocessing.get_context("fork"), initializer=_start
    )


def _start() -> None:
    import ctypes
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends the rest
    if sys.platform == "linux":
        # one that is killed would leave them waiting for ever
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def batches(items: Iterable[Given], size: int = BATCH) -> Iterator[list[Given]]:
    """Yield lists of so many, the last one shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def map_batches(
    work: Callable[[Given], Made], given: Iterable[Given], *,
    ready: Callable[[], object] | None = None, alone: Callable[[], bool] | None = None,
) -> Iterator[Made]:  # fmt: skip
    """Yield `work(batch)` for every batch, in order; `work` is a function of a module.

    No more batches are taken ahead than keep the cores busy, so that memory stays bounded. `ready` is
    called before the processes are forked and loads what each of them needs. `alone`, asked once the
    first two batches are there, says that nothing may be forked: a second process would hold open
    what this one is about to close.

    Raises:
        WorkerError: a process was killed, as where memory is short.

    """
    source = iter(given)
    first = list(islice(source, 2))
    if len(first) < 2 or cores() == 1 or (alone and alone()):  # noqa: PLR2004 - nothing to share
        yield from map(work, chain(first, source))
        return
    if ready:
        ready()
    yield from _forked(work, chain(first, source))


def _forked(work: Callable[[Given], Made], source: Iterator[Given]) -> Iterator[Made]:
    from concurrent.futures.process import BrokenProcessPool

    many = min(cores(), _MOST)
    workers = pool(many)
    waiting: deque[Future[Made]] = deque()
    try:
        for batch in source:
            waiting.append(workers.submit(work, batch))
            if len(waiting) > many:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as cause:
        raise WorkerError(
            "a process that did part of the work was killed, perhaps for want of memory; what was"
            " printed or stored before is right; run it again where more is free"
        ) from cause
    finally:
        workers.shutdown(cancel_futures=True)
