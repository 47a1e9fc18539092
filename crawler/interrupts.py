"""Ctrl-C, held back while something must not be left half-way.

SQLAlchemy closes a connection whose query an interrupt meets, but SQLite keeps the lock of one with
an open cursor, and that lives on with the exception: the program then waits for itself.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt wait until the block is done; where the block fails, that is what counts.

    Raises:
        KeyboardInterrupt: at the end of the block, if one came.

    """
    before = signal.getsignal(signal.SIGINT)
    # only the main thread is interrupted, and nobody who was told to ignore it
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
