"""Where `toolrisk` starts: Ctrl-C while the rest is still loading leaves no traceback."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run `toolrisk` and exit with its code."""
    _run("main")


def main_classify() -> None:
    """Run `classify`, the short spelling of `toolrisk classify`."""
    _run("main_classify")


def _run(name: str) -> None:
    try:
        from classifier import cli
    except KeyboardInterrupt:
        sys.stderr.write("toolrisk: interrupted\n")
        sys.exit(_INTERRUPTED)
    getattr(cli, name)()
