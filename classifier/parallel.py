"""The same function over batches on every core, results in order; processes that go with this one.

Processes are forked, so that rules and model are shared and not loaded again. Where a platform
cannot fork, or there is a single core or batch, this process does the work; the results are the
same.
"""

from __future__ import annotations

import gc
import os
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
FIRST = 64
"""Definitions of a first batch that one process judges: most of what is loaded or compiled only once it
is needed is then there, and no other process does it again."""
_MOST = 8
KILLED = (
    "a process that did part of the work was killed, perhaps for want of memory; what was"
    " printed or stored before is right; run it again where more is free"
)
"""What a `WorkerError` says."""


def cores() -> int:
    """Return how many processes are worth their while; one where none can be forked."""
    if not hasattr(os, "fork"):
        return 1
    # macOS, whose libraries do not bear a fork, has no affinity either, and gets one
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def pool(size: int) -> ProcessPoolExecutor:
    """Return forked processes, which neither answer to Ctrl-C nor outlive this one."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(
        size, mp_context=multiprocessing.get_context("fork"), initializer=go_with_first
    )


def go_with_first() -> None:
    """Let a process that was just forked leave Ctrl-C to the first one, and end with it."""
    import signal
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends the rest
    Thread(target=_end_with_first, daemon=True).start()


def _end_with_first() -> None:
    """Wait for the end of the process that forked this one, and go with it.

    One that is killed would leave the others waiting for work for ever: each holds open what they
    read it from.
    """
    import signal
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    first = parent_process()
    if first is not None:
        wait([first.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)


def batches(
    items: Iterable[Given], size: int = BATCH, first: int | None = None
) -> Iterator[list[Given]]:
    """Yield lists of so many, the last one shorter; what came before an error is yielded first.

    `first` is the size of the first list, where it is to be another one.
    """
    batch: list[Given] = []
    full = first or size
    try:
        for item in items:
            batch.append(item)
            if len(batch) == full:
                yield batch
                batch, full = [], size
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def map_batches(
    work: Callable[[Given], Made], given: Iterable[Given], *,
    ready: Callable[[], object] | None = None, alone: Callable[[], bool] | None = None,
    most: int = _MOST,
) -> Iterator[Made]:  # fmt: skip
    """Yield `work(batch)` for every batch, in order; `work` is a function of a module.

    No more batches are taken ahead than keep the cores busy, so that memory stays bounded; an error of
    the source comes after the results of what it gave before. With `ready` this process works on the
    first batch; then it is called, before the others are forked, `most` of them, and loads what each
    of them needs. `alone`, asked once the next batches are there, says that nothing may be forked: a
    second process would hold open what this one is about to close. Where none can be started, this
    process does the work.

    Raises:
        WorkerError: a process was killed, as where memory is short.

    """
    source = _Source(given)
    many = min(cores(), most)
    if ready and many > 1:
        yield from map(work, source.take(1))
    first = source.take(2)
    is_shared = len(first) > 1 and many > 1
    if is_shared and not (alone and alone()):
        first += source.take(many - len(first))
    if is_shared and not (alone and alone()):  # the source may have begun to ask since
        if ready:
            ready()
        workers = _started(min(many, len(first)))
        if workers:
            yield from _forked(workers, work, chain(first, source), len(first))
            source.check()
            return
    yield from map(work, chain(first, source))
    source.check()


class _Source(Iterator[Given]):
    """Batches as they come; an error ends them, and is raised when it is asked for."""

    def __init__(self, given: Iterable[Given]) -> None:
        self._given = iter(given)
        self._error: Exception | None = None

    def __next__(self) -> Given:
        if self._error is None:
            try:
                return next(self._given)
            except StopIteration:
                raise
            except Exception as error:  # noqa: BLE001 - raised by `check`
                self._error = error
        raise StopIteration

    def take(self, count: int) -> list[Given]:
        """Return the next batches, at most so many."""
        return list(islice(self, max(count, 0)))

    def check(self) -> None:
        """Raise the error that ended the batches, if one did."""
        if self._error is not None:
            raise self._error


def _started(size: int) -> ProcessPoolExecutor | None:
    """Return running processes, or None where the system has none to give."""
    workers = None
    gc.freeze()  # their own collections would copy what they share with this one
    try:
        workers = pool(size)
        workers.submit(int)  # the first task starts them all
    except (OSError, RuntimeError, NotImplementedError, ImportError):
        if workers is not None:
            _kill(workers)
        return None
    finally:
        gc.unfreeze()
    return workers


def _kill(workers: ProcessPoolExecutor) -> None:
    for process in list((workers._processes or {}).values()):  # noqa: SLF001 - there is no other way to them
        process.kill()
        process.join()


def _forked(
    workers: ProcessPoolExecutor, work: Callable[[Given], Made], source: Iterator[Given], many: int
) -> Iterator[Made]:
    waiting: deque[Future[Made]] = deque()

    def asked() -> Iterator[Future[Made]]:
        for batch in source:
            waiting.append(workers.submit(work, batch))
            while waiting and (len(waiting) > many or waiting[0].done()):
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()

    yield from _results(workers, asked())


def _results(workers: ProcessPoolExecutor, asked: Iterable[Future[Made]]) -> Iterator[Made]:
    """Yield results as they are asked for, and end the processes with the last one."""
    from concurrent.futures.process import BrokenProcessPool

    killed = False
    try:
        for one in asked:
            yield one.result()
    except BrokenProcessPool as cause:
        raise WorkerError(KILLED) from cause
    except BaseException:
        _kill(workers)  # nobody waits for what is not wanted any more
        killed = True
        raise
    finally:
        # one that was killed in the middle of an answer leaves half of it: who reads it waits for ever
        workers.shutdown(wait=not killed, cancel_futures=True)
