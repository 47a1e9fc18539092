"""Where `toolrisk` starts and ends: neither Ctrl-C while it loads nor a large heap costs more than it must."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

_INTERRUPTED = 130
_COULD_NOT = 3


def main() -> NoReturn:
    """Run `toolrisk` and exit with its code."""
    _run("main")


def main_classify() -> NoReturn:
    """Run `classify`, the short spelling of `toolrisk classify`."""
    _run("main_classify")


def _run(name: str) -> NoReturn:
    try:
        from classifier import cli

        getattr(cli, name)()
    except KeyboardInterrupt:
        with suppress(OSError):
            sys.stderr.write("toolrisk: interrupted\n")
        _leave(_INTERRUPTED)
    except SystemExit as stop:
        _leave(stop.code if isinstance(stop.code, int) else int(stop.code is not None))
    except Exception:  # noqa: BLE001 - a fault of ours; Python's own code for it means findings
        sys.excepthook(*sys.exc_info())
        _leave(_COULD_NOT)
    _leave(0)


def _leave(code: int) -> NoReturn:
    """End without giving each of a million objects back first: after a large site that takes a second."""
    atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter itself calls
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # told of before, or never open
            code = code or _COULD_NOT
    os._exit(code)
