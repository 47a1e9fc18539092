"""The versions that decide what is said."""

from importlib.metadata import version

from classifier.engine import ruleset
from classifier.model import runtime


def versions() -> str:
    """Return the versions of program, rules and model in one line.

    Raises:
        DataError: the model is missing or malformed.

    """
    return f"{version('toolrisk')} ({ruleset()}, model {runtime.load().name})"
