"""Two trees of one site: the live one, and a spare one that shares its files.

Both name the same files (hard links), so that the second costs folders and no more. A file is
never written where it stands: its name is taken away in one tree, and a new file gets it, while
the other tree keeps the old one. Hence two names of one inode always have one content, and
bringing a tree up to date is a walk over names that opens no file.

What somebody else put into the live tree is in no other one, and never moves: where there is
such a thing, what is ours changes places around it, piece by piece.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from classifier.errors import PageError
from classifier.pages.ours import Ours, folders_of

_HERE = -100
_EXCHANGE = 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux, linux/fcntl.h and linux/fs.h."""


def listing(root: Path, ours: Ours | None = None) -> set[str]:
    """Return the files below a folder, relative and with forward slashes; links are left out.

    If it is said what is ours, then only that, and of that only what is as it was written.
    """
    there: set[str] = set()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        files, folders, _ = _entries(str(root), inside, ours)
        there.update(inside + name for name in files)
        waiting += [f"{inside}{name}/" for name in folders]
    return there


def mirror(live: Path, spare: Path, ours: Ours | None = None) -> set[str]:
    """Make a tree the same as the live one, whatever it was before; return the files in it.

    If it is said what is ours, then that alone is taken over, where it is as it was written.

    Raises:
        OSError: the tree cannot be written.

    """
    there: set[str] = set()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        source, target = f"{live}/{inside}", f"{spare}/{inside}"
        files, folders, _ = _entries(str(live), inside, ours)
        for name in _outdated(target, files, folders):
            _link(source + name, target + name)
        there.update(inside + name for name in files)
        waiting += [f"{inside}{name}/" for name in folders]
    return there


def _outdated(target: str, files: dict[str, int], folders: set[str]) -> list[str]:
    """Take away what a folder should not hold; return the names that it lacks."""
    try:
        mine, inner, odd = _entries(target, "", None)
    except FileNotFoundError:
        os.mkdir(target)  # noqa: PTH102  # hot path
        return list(files)
    for name in inner - folders:
        shutil.rmtree(target + name)
    odd += [name for name, inode in mine.items() if files.get(name) != inode]
    for name in odd:
        os.unlink(target + name)  # noqa: PTH108  # hot path
    return [name for name, inode in files.items() if mine.get(name) != inode]


def _entries(
    root: str, inside: str, ours: Ours | None
) -> tuple[dict[str, int], set[str], list[str]]:
    """Return the files of a folder with their inodes, its folders, and links and the like."""
    files: dict[str, int] = {}
    folders: set[str] = set()
    odd: list[str] = []
    with os.scandir(f"{root}/{inside}") as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if ours is None or inside + entry.name in ours.folders:
                    folders.add(entry.name)
            elif not entry.is_file(follow_symlinks=False):
                odd.append(entry.name)
            elif ours is None or ours.is_as_written(inside + entry.name, entry):
                files[entry.name] = entry.inode()
    return files, folders, odd


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def prune(root: Path, gone: set[str]) -> None:
    """Remove files of a tree, and the folders that they leave empty."""
    for path in gone:
        with suppress(FileNotFoundError):
            os.unlink(f"{root}/{path}")  # noqa: PTH108  # hot path
    for parent in sorted({path.rpartition("/")[0] for path in gone} - {""}, reverse=True):
        inner = parent
        while inner:
            try:
                os.rmdir(f"{root}/{inner}")  # noqa: PTH106  # hot path
            except OSError:  # it holds something still
                break
            inner = inner.rpartition("/")[0]


def can_link(folder: Path) -> bool:
    """Say whether the file system of a folder gives a file two names."""
    one, other = folder / "link-1", folder / "link-2"
    try:
        one.touch()
        os.link(one, other)
    except OSError:
        return False
    finally:
        one.unlink(missing_ok=True)
        other.unlink(missing_ok=True)
    return True


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change places at one instant; say whether that was done."""
    if os.name != "posix":
        return False
    call = getattr(ctypes.CDLL(None), "renameat2", None)
    if call is None:
        return False
    done = call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return bool(done == 0)


def replace(folder: Path, out: Path, aside: Path, foreign: AbstractSet[str] = frozenset()) -> None:
    """Put a folder in the place of another, which is then where the first was.

    In one step, if nothing foreign is in the other. Else the largest pieces that hold nothing
    foreign change places one by one: for a moment there is some of both. Should one of them
    fail, those before it change back.

    Raises:
        OSError: it cannot be done.
        PageError: it can neither be done nor undone.

    """
    if not foreign:
        _change_places(folder, out, aside)
        return
    done: list[str] = []
    try:
        for path in _pieces(folder, out, foreign):
            _pass(folder / path, out / path, aside / path)
            done.append(path)
    except OSError:
        try:
            for path in reversed(done):
                _pass(folder / path, out / path, aside / path)
        except OSError as cause:
            raise PageError(
                f"the site in {out} is half of the one before ({cause.strerror}); build it again"
            ) from cause
        raise


def _pieces(folder: Path, out: Path, foreign: AbstractSet[str]) -> Iterator[str]:
    """Yield the paths of two trees that are to change places around what is foreign."""
    around = folders_of(foreign)
    for inside in sorted(around):
        (folder / inside).mkdir(exist_ok=True)
        names = {*os.listdir(folder / inside), *os.listdir(out / inside)}  # noqa: PTH208
        for name in sorted(names):
            path = f"{inside}/{name}" if inside else name
            if path not in foreign and path not in around:
                yield path


def _pass(one: Path, other: Path, aside: Path) -> None:
    """Let two files or folders change places; where the first is missing, the other moves there."""
    if os.path.lexists(one):
        _change_places(one, other, aside)
    else:
        other.rename(one)


def _change_places(one: Path, other: Path, aside: Path) -> None:
    """Let two files or folders change places; where the other is missing, the first moves there.

    In one step where the system can. Elsewhere two renames: between them there is nothing for
    some microseconds, but never half of it. Should the second fail, the first is undone.
    """
    if not os.path.lexists(other):
        one.rename(other)
        return
    if exchange(one, other):
        return
    aside.parent.mkdir(parents=True, exist_ok=True)
    other.rename(aside)
    try:
        one.rename(other)
    except OSError:
        aside.rename(other)
        raise
    aside.rename(one)
