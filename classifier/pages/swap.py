"""The moment at which a finished tree takes the live one's place, and what is left if it is killed.

What no build wrote stays where it is: the rest changes places around it. While that goes on, the
finished tree stands in a folder `swap-...` of the yard. A killed build leaves that folder. By it
the next one knows that the live tree may have files of two builds, and that the other one may
hold what somebody put into the live one at the last moment; and it brings that back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from classifier.errors import PageError
from classifier.pages.locks import held
from classifier.pages.ours import MARKER, UNKNOWN, Ours, foreign, listed, rescue
from classifier.pages.trees import replace

_SWAP = "swap-"


def left(yard: Path) -> list[Path]:
    """Return the folders of swaps that are going on or were cut short."""
    return sorted(yard.glob(f"{_SWAP}*"))


def owned(yard: Path, here: Ours | None) -> Ours | None:
    """Return what builds wrote in the live tree, of which `here` is what its marker says.

    After a swap that was cut short, that is what either of its trees lists. None where it cannot
    be known.
    """
    killed = left(yard)
    if here is None or not killed:
        return here
    files = dict.fromkeys(here.files, UNKNOWN)
    for tree in (tree for folder in killed for tree in _trees(folder)):
        files |= dict.fromkeys((listed(tree) or Ours({})).files, UNKNOWN)
    return Ours(files)


def mend(out: Path, yard: Path) -> None:
    """Bring back what swaps that were cut short have taken from the live tree.

    Their folders stay until the next swap is done: they tell whose the files are.
    """
    for folder in _killed(yard):
        for tree in _trees(folder):
            if not out.exists() and (tree / MARKER).is_file():
                tree.rename(out)  # between two renames; `old` is looked at first
        ours = owned(yard, listed(out))
        if ours is not None and out.exists():
            for tree in _trees(folder):
                rescue(tree, out, ours)


def _killed(yard: Path) -> Iterator[Path]:
    for folder in left(yard):
        with held(folder) as is_left:  # a build at work holds its own
            if is_left:
                yield folder


def _trees(folder: Path) -> list[Path]:
    return [tree for tree in (folder / "old", folder / "tree") if tree.is_dir()]


def swap(folder: Path, out: Path, yard: Path, files: Mapping[str, int], here: Ours | None) -> None:
    """Put a finished tree, of these files, in the place of the live one, around what is not ours.

    `here` is what the live one's marker lists.

    Raises:
        PageError: something that is not ours is where a file of the tree has to be.
        OSError: a file cannot be moved; all are then where they were.

    """
    ours, theirs = parted(folder, out, yard, files, here)
    own = Path(tempfile.mkdtemp(prefix=_SWAP, dir=yard))
    with held(own):
        tree = folder.rename(own / "tree")
        try:
            replace(tree, out, own / "old", theirs)
        except OSError:
            tree.rename(folder)
            shutil.rmtree(own, ignore_errors=True)
            raise
        if tree.exists():
            rescue(tree, out, ours)  # what was put there since
            tree.rename(folder)
        shutil.rmtree(own, ignore_errors=True)


def sweep(yard: Path) -> None:
    """Remove what is left of swaps that were cut short, after one that was not."""
    for folder in _killed(yard):
        shutil.rmtree(folder, ignore_errors=True)


def parted(
    folder: Path, out: Path, yard: Path, files: Mapping[str, int], here: Ours | None
) -> tuple[Ours, set[str]]:
    """Return what is ours in either tree, and the paths of the live one that are not.

    Raises:
        PageError: something that is not ours is where a file of the tree has to be.

    """
    known = owned(yard, here)
    ours = Ours({**(known.files if known else {}), **files})
    if known is None:
        _strip(folder, ours)  # it may have links to anything
    if not out.exists():
        return ours, set()
    theirs = foreign(out, ours)
    if known is not None:
        new = files.keys() - known.files.keys()
        theirs |= {path for path in new if _is_other(out / path, folder / path)}
    clash = sorted(path for path in theirs if path in ours.folders or path in files)
    if clash:
        raise PageError(
            f"cannot write the site to {out}: {clash[0]} is none of the files that the last build "
            "wrote there, and this one has a file of that name; move it away"
        )
    return ours, theirs


def _strip(folder: Path, ours: Ours) -> None:
    """Take out of a tree of the yard what is not part of it."""
    for path in foreign(folder, ours):
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            shutil.rmtree(folder / path)
        else:
            (folder / path).unlink()


def _is_other(live: Path, new: Path) -> bool:
    """Say whether there is something else than a file of the same bytes."""
    if not os.path.lexists(live):
        return False
    return live.is_symlink() or not live.is_file() or live.read_bytes() != new.read_bytes()
