"""Writing what a command leaves behind: whole or not at all, and one kind of error where it cannot."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from classifier.errors import OutputError
from crawler.inert import print_exactly


def save(path: Path, text: str) -> None:
    """Replace a file by a text in one step; a symbolic link stays one.

    What is no file (a pipe, a device, this program's own output) is written to, never replaced.

    Raises:
        OutputError: it cannot be written, and the old file stays; or see `print_whole`.
        BrokenPipeError: nobody reads this program's output any more.

    """
    if is_output(path):
        print_whole(text)
        return
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                stream.write(text)
        else:
            _replace(path.resolve(), text)
    except (OSError, RuntimeError, ValueError) as cause:  # a loop of links; a name with a NUL
        raise _refusal("write", path, cause) from cause


def print_whole(text: str) -> None:
    """Print what a program reads, every character as it is.

    Raises:
        OutputError: a build's log would take words in it for a command.

    """
    if not print_exactly(text):
        raise OutputError(
            "a name in it holds what a build's log takes for a command (:: or ##[), so it is not "
            "printed; name a file to write it to"
        )


def is_output(path: Path) -> bool:
    """Say whether a path is where this program prints, as /dev/stdout is."""
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, RuntimeError, AttributeError):  # no such file, or no real output
        return False


def _replace(target: Path, text: str) -> None:
    """Write beside the file and rename; a new one gets the permissions that the umask leaves."""
    beside = target.with_name(f".toolrisk-{token_hex(8)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def make_folder(path: Path) -> Path:
    """Return a folder that exists, made with those above it.

    Raises:
        OutputError: it cannot be made.

    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as cause:
        raise _refusal("make the folder", path, cause) from cause
    return path


def _refusal(act: str, path: Path, cause: Exception) -> OutputError:
    reason = getattr(cause, "strerror", None) or cause
    return OutputError(f"cannot {act} {json.dumps(str(path))}: {reason}; give another place")
