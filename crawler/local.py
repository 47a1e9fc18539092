"""A path as a user wrote it."""

from pathlib import Path


def local_path(text: str) -> Path:
    """Return the path, `~` read as a shell would: of nobody's home it is part of a file's name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
