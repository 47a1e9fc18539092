"""Writing a file that a team commits: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from classifier.errors import DataError


def save(path: Path, text: str) -> None:
    """Replace a file by a text in one step.

    Raises:
        DataError: it cannot be written; the old file stays.

    """
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError as cause:
        raise DataError(f"{path}: {cause.strerror}; give a file that can be written") from cause
