"""Two trees of one site: the live one, and a spare one that shares its files.

Both name the same files (hard links), so that the second costs folders and no more. A file is
never written where it stands: its name is taken away in one tree, and a new file gets it, while
the other tree keeps the old one. Hence two names of one inode always have one content, and
bringing a tree up to date is a walk over names that opens no file.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from contextlib import suppress
from pathlib import Path

_HERE = -100
_EXCHANGE = 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux, linux/fcntl.h and linux/fs.h."""


def listing(root: Path) -> set[str]:
    """Return the files below a folder, relative and with forward slashes; links are left out."""
    there: set[str] = set()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        files, folders, _ = _entries(f"{root}/{inside}")
        there.update(inside + name for name in files)
        waiting += [f"{inside}{name}/" for name in folders]
    return there


def mirror(live: Path, spare: Path) -> set[str]:
    """Make a tree the same as the live one, whatever it was before; return the files in it.

    Raises:
        OSError: the tree cannot be written.

    """
    there: set[str] = set()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        source, target = f"{live}/{inside}", f"{spare}/{inside}"
        files, folders, _ = _entries(source)
        for name in _outdated(target, files, folders):
            _link(source + name, target + name)
        there.update(inside + name for name in files)
        waiting += [f"{inside}{name}/" for name in folders]
    return there


def _outdated(target: str, files: dict[str, int], folders: set[str]) -> list[str]:
    """Take away what a folder should not hold; return the names that it lacks."""
    try:
        mine, inner, odd = _entries(target)
    except FileNotFoundError:
        os.mkdir(target)  # noqa: PTH102  # hot path
        return list(files)
    for name in inner - folders:
        shutil.rmtree(target + name)
    odd += [name for name, inode in mine.items() if files.get(name) != inode]
    for name in odd:
        os.unlink(target + name)  # noqa: PTH108  # hot path
    return [name for name, inode in files.items() if mine.get(name) != inode]


def _entries(folder: str) -> tuple[dict[str, int], set[str], list[str]]:
    """Return the files of a folder with their inodes, its folders, and links and the like."""
    files: dict[str, int] = {}
    folders: set[str] = set()
    odd: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.add(entry.name)
            elif entry.is_file(follow_symlinks=False):
                files[entry.name] = entry.inode()
            else:
                odd.append(entry.name)
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


def replace(folder: Path, out: Path, aside: Path) -> None:
    """Put a folder in the place of another, which is then where the first was.

    In one step where the system can. Elsewhere two renames: between them there is no site for
    some microseconds, but never half of one. Should the second fail, the first is undone.

    Raises:
        OSError: neither can be done.

    """
    if not out.exists():
        folder.rename(out)
        return
    if exchange(folder, out):
        return
    out.rename(aside)
    try:
        folder.rename(out)
    except OSError:
        aside.rename(out)
        raise
    aside.rename(folder)
