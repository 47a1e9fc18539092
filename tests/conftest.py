"""What every test stands on."""

import signal
import sys
import threading

import pytest
from hypothesis import HealthCheck, settings

# How long one example takes says more of the machine than of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

# A shell that starts a job in the background lets it ignore Ctrl-C, and so do all its children: the
# programs that tests start would inherit that, and never stop when they are asked to.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
