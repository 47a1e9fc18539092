"""The folder of a site: written beside its place and swapped in whole, and never over another's.

A site is known by its marker file, which lists what was written. A folder without one that holds
anything is refused: `--out` may be mistyped. Beside it is a hidden folder of ours, the *yard*:
there stands the spare tree, in which the next site is put together. It shares the live tree's
files, so that a build writes what changed and nothing else; then the two change places. Whatever
a killed build leaves of the spare, the next one makes it the same as the live.

What the marker does not list is not ours (ours.py): no build removes or replaces it (swap.py).
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.errors import PageError
from classifier.pages.aside import LARGE, aside
from classifier.pages.locks import held
from classifier.pages.ours import MARKER, Ours, listed, listed_in
from classifier.pages.swap import left, mend, owned, parted, swap, sweep
from classifier.pages.trees import can_link, listing, mirror, prune

SPARE = "spare"
FORMAT = 5
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(slots=True)
class Manifest:
    """What a built site is made of.

    `groups` maps a group (a server, or one of the overviews) to the key of what went into it
    and the files that came out, with their sizes. `prints` are the fingerprints of the servers'
    facts; `rows` and `facts` are what the index needs of each server, so that unchanged ones need
    not be read; `around` is what the pages of a server depend on besides its own facts.
    """

    stamp: str = ""
    whole: str = ""
    groups: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[list[Any]]] = field(default_factory=dict)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    around: dict[str, Sequence[str]] = field(default_factory=dict)
    mark: tuple[int, int] = (0, 0)
    """Of the marker that it was read from: tells whether another build came between."""

    ours: Ours | None = None
    """What the marker lists, of whichever version it is; None where that cannot be read."""

    def forgotten(self) -> Manifest:
        """Return a manifest that knows which files are ours, and nothing of what is in them."""
        return Manifest(mark=self.mark, ours=self.ours)


def read_manifest(out: Path) -> Manifest:
    """Return the manifest of the site in a folder; an empty one where there is none.

    Raises:
        PageError: the folder holds something that is not a site of ours.

    """
    if not out.exists() and not out.is_symlink():
        return Manifest()
    if out.is_symlink() or not out.is_dir():
        raise PageError(f"cannot write the site to {out}: it is not a folder; give another --out")
    marker = out / MARKER
    if not marker.is_file() or marker.is_symlink():
        try:
            is_empty = next(out.iterdir(), None) is None
        except OSError as cause:
            raise PageError(f"cannot read the folder {out}: {cause.strerror}") from cause
        if is_empty or left(yard_of(out.absolute())):  # a swap may end where the marker is away
            return Manifest()
        raise PageError(
            f"cannot write the site to {out}: the folder holds files that are not a site of "
            "toolrisk; give an empty or new folder as --out"
        )
    found = _parsed(marker)
    return found.forgotten() if left(yard_of(out.absolute())) else found


def _parsed(marker: Path) -> Manifest:
    try:
        mark = _mark(marker)
        given = json.loads(marker.read_text(encoding="utf-8"))
        ours = listed_in(given["groups"], mark[1])
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Manifest()  # a damaged marker costs a full build, nothing else
    try:
        if given["format"] != FORMAT:
            return Manifest(mark=mark, ours=ours)
        return Manifest(
            mark=mark,
            ours=ours,
            stamp=given["stamp"],
            whole=given["whole"],
            groups={k: (v[0], v[1]) for k, v in given["groups"].items()},
            prints=given["prints"],
            rows=given["rows"],
            facts=given["facts"],
            around=given["around"],
        )
    except (KeyError, TypeError, IndexError):
        return Manifest(mark=mark, ours=ours)


def _mark(marker: Path) -> tuple[int, int]:
    found = marker.stat()
    return found.st_ino, found.st_mtime_ns


class Staging:
    """The tree in which the next site is put together: the files of the last one to begin with."""

    def __init__(
        self, folder: Path, yard: Path, listed: Callable[[], set[str]], kept: bool
    ) -> None:
        """Take a tree; `listed` waits until it is like the live one, and returns its files."""
        self.folder = folder
        self.yard = yard
        self._listed = listed
        self._there: set[str] = set()
        self._kept = kept
        self._made: set[str] = {""}
        self.much = False
        """Whether most of the files are new."""
        self.files: dict[str, int] = {}
        """All files of the next site, once it is finished."""

    def wait(self) -> None:
        """Wait until the tree is like the live one; nothing can be written before."""
        self._there = self._listed()

    def write(self, path: str, data: bytes) -> None:
        """Write one file; `path` is relative, made of slugs, with forward slashes."""
        # A file object, with its buffer and its look at what was opened, costs half as much again.
        place = self._place(path)
        try:
            handle = os.open(place, _NEW_FILE, 0o666)
        except FileExistsError:  # the live tree has this very file: only the name is ours
            os.unlink(place)  # noqa: PTH108  # hot path
            handle = os.open(place, _NEW_FILE, 0o666)
        try:
            written = os.write(handle, data)
            while written < len(data):  # a disk that fills up takes a part, and then refuses
                written += os.write(handle, memoryview(data)[written:])
        finally:
            os.close(handle)

    def write_or_keep(self, path: str, data: bytes) -> bool:
        """Write a file, or take it over where it has not changed; say whether it was written."""
        if path in self._there:
            with open(f"{self.folder}/{path}", "rb") as file:  # noqa: PTH123  # hot path
                if file.read() == data:
                    return False
        self.write(path, data)
        return True

    def keep(self, path: str) -> bool:
        """Take a file over from the site before; say whether it was there."""
        return self._kept and path in self._there

    def keep_all(self, paths: Iterable[str]) -> bool:
        """Take files over if all of them are there; say whether they were."""
        return self._kept and self._there.issuperset(paths)

    def _place(self, path: str) -> str:
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            os.makedirs(f"{self.folder}/{parent}", exist_ok=True)  # noqa: PTH103  # hot path
            self._made.add(parent)
        return f"{self.folder}/{path}"

    def finish(self, manifest: Manifest, written: int) -> None:
        """Write the marker, and take out of the tree what is not part of the next site."""
        given = {
            "format": FORMAT,
            "stamp": manifest.stamp,
            "whole": manifest.whole,
            "groups": manifest.groups,
            "prints": manifest.prints,
            "rows": manifest.rows,
            "facts": manifest.facts,
            "around": manifest.around,
        }
        text = json.dumps(given, ensure_ascii=True, separators=(",", ":"))
        self.write(MARKER, text.encode())
        self.files = {MARKER: len(text)}
        for _, paths in manifest.groups.values():
            self.files.update(paths)
        prune(self.folder, self._there - self.files.keys())
        self.much = written > len(self.files) // 4


def is_whole(out: Path, manifest: Manifest) -> bool:
    """Say whether every file of a site is as it was written, by its size and time."""
    return manifest.ours is not None and listing(out, manifest.ours).issuperset(manifest.ours.files)


@contextmanager
def staging(out: Path, before: Manifest) -> Iterator[Staging]:
    """Yield a tree like the live one, and swap it in when the block ends well.

    `before` is the live one's manifest. If another build has put its site there since, nothing
    is taken over by name.

    Raises:
        PageError: the place cannot be written.

    """
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yard = _yard(out)
        with held(yard) as is_first:
            _mend(out, yard, is_first=is_first)
            with _tree(out, yard, before, is_first=is_first) as stage:
                yield stage
                _swap(out, stage, before, is_first=is_first)
                if is_first:
                    _tidy(out, stage)
    except OSError as cause:
        raise PageError(f"cannot write the site to {out}: {cause.strerror}") from cause


def yard_of(out: Path) -> Path:
    """Return the folder beside a site in which the next one is made."""
    return out.with_name(f".{out.name}.toolrisk")


def _yard(out: Path) -> Path:
    """Return the yard, made if need be; one of another user could lead our writing astray."""
    yard = yard_of(out)
    with suppress(FileExistsError):
        yard.mkdir(mode=0o700)
    found = yard.lstat()
    # A mount may show one owner for all; who owns the folder around could replace the site anyway.
    trusted = (
        {os.geteuid(), yard.parent.stat().st_uid} if hasattr(os, "geteuid") else {found.st_uid}
    )
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
        raise PageError(f"cannot use {yard}: it is not a folder of yours; remove it")
    return yard


@contextmanager
def _tree(out: Path, yard: Path, before: Manifest, *, is_first: bool) -> Iterator[Staging]:
    """Yield the spare tree; one of its own for a build while another is at work."""
    folder = yard / SPARE if is_first else Path(tempfile.mkdtemp(prefix="new-", dir=yard))
    handle = nullcontext(True) if is_first else held(folder)
    try:
        with handle:
            is_there = (out / MARKER).is_file()
            if not is_there:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            same = is_there and _mark(out / MARKER) == before.mark
            pays = sum(map(len, before.rows.values())) >= LARGE
            work = mirror if is_there else _nothing
            ours = owned(yard, _listed(out, before))
            with aside(work, out, folder, ours, pays=pays) as there:
                yield Staging(folder, yard, there, same)
    finally:
        if folder.exists() and not (is_first and (out / MARKER).is_file()):
            shutil.rmtree(folder, ignore_errors=True)


def _nothing(_live: Path, _spare: Path, _ours: Ours | None) -> set[str]:
    return set()


def _listed(out: Path, before: Manifest) -> Ours | None:
    """Return what the live tree's marker lists, without reading it once more if it can be."""
    marker = out / MARKER
    return before.ours if marker.is_file() and _mark(marker) == before.mark else listed(out)


def _swap(out: Path, stage: Staging, before: Manifest, *, is_first: bool) -> None:
    given = (stage.folder, out, stage.yard, stage.files)
    if is_first:
        swap(*given, _listed(out, before))
        sweep(stage.yard)
    elif parted(*given, _listed(out, before))[1]:
        # It takes more than one step, and these not two builds at a time.
        with held(stage.yard, wait=True):
            swap(*given, _listed(out, before))
    else:
        swap(*given, _listed(out, before))


def _tidy(out: Path, stage: Staging) -> None:
    """Leave a spare tree with which the next build has little to do.

    A failure costs the next build time, and is no fault of this one.
    """
    with suppress(OSError):
        if not can_link(stage.yard):
            shutil.rmtree(stage.folder)  # it would be a second copy of the site
        elif stage.much:
            stage.folder.mkdir(exist_ok=True)
            mirror(out, stage.folder, Ours(stage.files))


def _mend(out: Path, yard: Path, *, is_first: bool) -> None:
    """Put back or remove what an interrupted build left behind."""
    for old in yard.glob("*-old"):  # so called by earlier versions
        if not out.exists() and (old / MARKER).is_file():
            old.rename(out)
    if is_first:
        mend(out, yard)
    for half in yard.glob("new-*"):
        with held(half) as is_left:  # another build at work holds its own
            if is_left:
                shutil.rmtree(half, ignore_errors=True)
