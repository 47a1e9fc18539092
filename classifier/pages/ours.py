"""What of a folder builds of ours wrote, and what somebody else put there.

A site is often a place of work too: a git repository, a CNAME, a page written by hand. Such files
are found by what the site's marker does not list, and nothing here ever removes one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.errors import PageError

MARKER = ".toolrisk-site.json"
UNKNOWN = -1
"""In the place of a size: any is right."""

_DAY = 86_400 * 10**9
_DAMAGED = (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True)
class Ours:
    """The files that builds of ours wrote in a folder, each with its size."""

    files: Mapping[str, int]
    """By relative path, with forward slashes."""

    until: int | None = None
    """When the last of them was written, in nanoseconds; None where times say nothing."""

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders in which they are, and those around these."""
        return folders_of(self.files)

    def is_as_written(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Say whether a file is ours, of the size that was written, and not changed since."""
        size = self.files.get(path)
        if size is None:
            return False
        if self.until is None:
            return True
        found = entry.stat(follow_symlinks=False)
        return found.st_mtime_ns <= self.until and size in {UNKNOWN, found.st_size}


def listed(folder: Path) -> Ours | None:
    """Return the files that a folder's marker lists: none without one, None if it is damaged."""
    marker = folder / MARKER
    if not marker.is_file():
        return Ours({})
    try:
        written = marker.stat().st_mtime_ns
        return listed_in(json.loads(marker.read_text(encoding="utf-8"))["groups"], written)
    except _DAMAGED:
        return None


def listed_in(groups: dict[str, Any], written: int) -> Ours:
    """Return the files of a marker written at a time; before format 5 it has no sizes."""
    files = {MARKER: UNKNOWN}
    for _, paths in groups.values():
        files.update(paths if isinstance(paths, dict) else dict.fromkeys(paths, UNKNOWN))
    # By a clock that was ahead, nothing that is done to the files would seem to come after it.
    return Ours(files, written if written < time.time_ns() + _DAY else 0)


def folders_of(paths: Iterable[str]) -> frozenset[str]:
    """Return all folders above these paths; the uppermost is an empty text."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def foreign(root: Path, ours: Ours) -> set[str]:
    """Return the paths below a folder that are not ours; what is in such a folder is not looked at."""
    found: set[str] = set()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(f"{root}/{inside}") as entries:
            for entry in entries:
                path = inside + entry.name
                if not entry.is_dir(follow_symlinks=False):
                    if path not in ours.files:
                        found.add(path)
                elif path in ours.folders:
                    waiting.append(f"{path}/")
                else:
                    found.add(path)
    return found


def rescue(tree: Path, out: Path, ours: Ours) -> None:
    """Move what is not ours from a tree of the yard to the same place of the site.

    Raises:
        PageError: something is there.
        OSError: a file cannot be moved.

    """
    late = foreign(tree, ours)
    if late:  # or of a build that came between
        late &= foreign(tree, listed(tree) or ours)
    for path in sorted(late):
        target = out / path
        if os.path.lexists(target):
            raise PageError(
                f"cannot put {tree / path} back to {target}: something is there; move one of them"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        (tree / path).rename(target)
