"""The same function over batches on every core, results in order.

Processes are forked, so that rules and model are shared and not loaded again. Where a platform
cannot fork, or there is a single core or batch, this process does the work; the results are the
same.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def map_batches(work: Callable[[Given], Made], batches: Iterable[Given]) -> Iterator[Made]:
    """Yield `work(batch)` for every batch, in order; `work` is a function of a module.

    No more batches are taken ahead than keep the cores busy, so that memory stays bounded.
    """
    source = iter(batches)
    first = next(source, None)
    second = next(source, None)
    if first is None:
        return
    if second is None or cores() == 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield work(first)
        if second is not None:
            yield work(second)
        yield from map(work, source)
        return
    yield from _forked(work, chain((first, second), source))


def _forked(work: Callable[[Given], Made], source: Iterator[Given]) -> Iterator[Made]:
    pool = ProcessPoolExecutor(
        min(cores(), 8), mp_context=multiprocessing.get_context("fork"), initializer=_quietly
    )
    waiting: deque[Future[Made]] = deque()
    try:
        for batch in source:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > cores():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _quietly() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends the rest
