"""Writing what a command leaves behind: whole or not at all, and one kind of error where it cannot."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from classifier.errors import OutputError


def save(path: Path, text: str) -> None:
    """Replace a file by a text in one step; a symbolic link stays one.

    Raises:
        OutputError: it cannot be written; the old file stays.

    """
    try:
        target = path.resolve()
        handle, name = mkstemp(dir=target.parent, prefix=f".{target.name[:_NAME]}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            Path(name).replace(target)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except (OSError, RuntimeError, ValueError) as cause:  # a loop of links; a name with a NUL
        raise _refusal("write", path, cause) from cause


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


_NAME = 100
"""What is kept of a name for the file beside it, whose own name may be no longer than any."""


def _refusal(act: str, path: Path, cause: Exception) -> OutputError:
    reason = getattr(cause, "strerror", None) or cause
    return OutputError(f"cannot {act} {json.dumps(str(path))}: {reason}; give another place")
