"""A path as a user wrote it, and what a name that he gave is called beside others."""

from pathlib import Path, PurePath

from crawler.printable import one_line

_PARTS = 3
"""Parts of a path that a name is told apart by, before the whole path is."""


def local_path(text: str) -> Path:
    """Return the path, `~` read as a shell would: of nobody's home it is part of a file's name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def names_by_place(name: str, place: str) -> tuple[str, str, str]:
    """Return the names that something named in a file may get beside others of that name.

    The shortest first; the last is its own for sure.
    """
    tail = "/".join(PurePath(place).parts[-_PARTS:])
    return name, f"{name} ({one_line(tail)})", f"{name} ({one_line(place, 1000)})"
