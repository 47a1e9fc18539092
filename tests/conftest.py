"""What every test stands on."""

import contextlib
import io
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, settings

from classifier.cli import main

# How long one example takes says more of the machine than of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

# A shell that starts a job in the background lets it ignore Ctrl-C, and so do all its children: the
# programs that tests start would inherit that, and never stop when they are asked to.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Begin with the long ones, so that at the end no process is left alone with one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def run_here():
    """Return a function that runs `toolrisk` in a folder as `main` does, without a new process.

    To start Python and load what a crawl needs takes a second and more. The streams are bytes below,
    as a program's are; with None, standard input is what the test has made of it. What is about the
    process itself (signals, pipes, the start) needs a real one.
    """

    def run(*words, cwd, stdin=""):
        out, err = io.BytesIO(), io.BytesIO()
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(io.TextIOWrapper(out, encoding="utf-8")) as printed,
            contextlib.redirect_stderr(io.TextIOWrapper(err, encoding="utf-8")) as told,
            pytest.MonkeyPatch.context() as patch,
        ):
            if stdin is not None:
                given = io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin)
                patch.setattr(sys, "stdin", io.TextIOWrapper(given, encoding="utf-8"))
            with pytest.raises(SystemExit) as stop:
                main([str(word) for word in words])
        printed.flush()
        told.flush()
        return subprocess.CompletedProcess(
            words, stop.value.code, out.getvalue().decode(), err.getvalue().decode()
        )

    return run


@pytest.fixture
def steps():
    """Return a function that counts the lines of Python that a piece of work runs through.

    What grows with the square of its input is found on any machine, however busy it is.
    """

    def count(work):
        total = 0

        def trace(_frame, event, _given):
            nonlocal total
            total += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
        return total

    return count
