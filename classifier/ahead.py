"""The same function over a few batches in one other process, begun now and asked for later.

A pool would take longer to import than the process takes to begin: this is for what is done in half a
second. Nothing is sent there: the process is forked, so it has what it works on; only results come back.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from classifier.errors import WorkerError
from classifier.parallel import KILLED, cores, go_with_first

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

Given = TypeVar("Given")
Made = TypeVar("Made")


def ahead(work: Callable[[Given], Made], given: Sequence[Given]) -> Iterator[Made]:
    """Begin with `work` on all batches in one other process; return what yields the results, in order.

    The caller goes on meanwhile, and waits where a result is not there yet. Where no process can be
    started, each result is worked out when it is asked for.

    Raises:
        WorkerError: on asking for a result, that the process was killed.

    """
    begun = _begun(work, given) if cores() > 1 else None
    return _results(*begun, len(given)) if begun else map(work, given)


def _begun(
    work: Callable[[Given], Made], given: Sequence[Given]
) -> tuple[ForkProcess, Connection] | None:
    """Return a running process and what its results are read from, or None where there is none to be had."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    gc.freeze()  # its own collections would copy what it shares with this one
    try:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_tell, args=(work, given, here, there), daemon=True)
        process.start()
    except (OSError, NotImplementedError, ImportError, AssertionError):  # the last: in a daemon
        return None
    finally:
        gc.unfreeze()
    there.close()  # only the other process can write now: its end is the end of what is read
    return process, here


def _tell(
    work: Callable[[Given], Made], given: Sequence[Given], here: Connection, there: Connection
) -> None:
    """Send each result, or the error that ends them."""
    go_with_first()
    here.close()
    for one in given:
        try:
            there.send((work(one), None))
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            there.send((None, error))
            return


def _results(process: ForkProcess, here: Connection, count: int) -> Iterator[Made]:
    """Yield results as they are asked for, and end the process with the last one."""
    try:
        for _ in range(count):
            try:
                made, error = here.recv()
            except (EOFError, OSError) as cause:  # the latter in the middle of an answer
                raise WorkerError(KILLED) from cause
            if error is not None:
                raise error
            yield made
    finally:
        here.close()
        process.kill()  # it has nothing to do any more that anybody waits for
        process.join()
