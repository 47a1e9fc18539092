import signal
import threading

import pytest

from crawler.interrupts import held_back


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_comes_when_the_block_is_done() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), held_back():  # noqa: PT012 - that it goes on is what is asked
        interrupt()
        with pytest.raises(KeyboardInterrupt), held_back():  # noqa: PT012
            interrupt()
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_a_block_that_fails_says_why() -> None:
    with pytest.raises(ValueError, match="mine"), held_back():  # noqa: PT012
        interrupt()
        raise ValueError("mine")


def test_who_was_told_to_ignore_it_still_does() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_are_never_interrupted() -> None:
    done: list[bool] = []

    def work() -> None:
        with held_back():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
