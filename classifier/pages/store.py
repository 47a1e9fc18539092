"""The folder of a site: written beside its place and swapped in whole, and never over another's.

A site is known by its marker file. A folder without one that holds anything is refused: `--out`
may be mistyped, and a build removes what is not part of it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.errors import PageError

try:
    import fcntl
except ImportError:  # Windows: leftovers of other builds are then swept without asking
    fcntl = None  # type: ignore[assignment]

MARKER = ".toolrisk-site.json"
FORMAT = 3
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


@dataclass(slots=True)
class Manifest:
    """What a built site is made of.

    `groups` maps a group (a server, or one of the overviews) to the key of what went into it
    and the files that came out. `prints` are the fingerprints of the servers' facts; `rows` and
    `facts` are what the index needs of each server, so that unchanged ones need not be read;
    `around` is what the pages of a server depend on besides its own facts.
    """

    stamp: str = ""
    whole: str = ""
    groups: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[list[Any]]] = field(default_factory=dict)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    around: dict[str, str] = field(default_factory=dict)


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
        if is_empty:
            return Manifest()
        raise PageError(
            f"cannot write the site to {out}: the folder holds files that are not a site of "
            "toolrisk; give an empty or new folder as --out"
        )
    return _parsed(marker)


def _parsed(marker: Path) -> Manifest:
    try:
        given = json.loads(marker.read_text(encoding="utf-8"))
        if given.get("format") != FORMAT:
            return Manifest()
        return Manifest(
            stamp=given["stamp"],
            whole=given["whole"],
            groups={k: (v[0], v[1]) for k, v in given["groups"].items()},
            prints=given["prints"],
            rows=given["rows"],
            facts=given["facts"],
            around=given["around"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Manifest()  # a damaged marker costs a full build, nothing else


class Staging:
    """A folder beside the site's place in which the next one is put together."""

    def __init__(self, folder: Path, previous: Path | None) -> None:
        self.folder = folder
        self.previous = previous
        self._made: set[str] = set()

    def write(self, path: str, data: bytes) -> None:
        """Write one file; `path` is relative, made of slugs, with forward slashes."""
        # A file object, with its buffer and its look at what was opened, costs half as much again.
        handle = os.open(self._place(path), _NEW_FILE, 0o666)
        try:
            written = os.write(handle, data)
            while written < len(data):  # a disk that fills up takes a part, and then refuses
                written += os.write(handle, memoryview(data)[written:])
        finally:
            os.close(handle)

    def write_or_keep(self, path: str, data: bytes) -> bool:
        """Write a file, or take it over where it has not changed; say whether it was written."""
        if self.previous is not None:
            try:
                with open(f"{self.previous}/{path}", "rb") as file:  # noqa: PTH123  # hot path
                    same = file.read() == data
            except OSError:
                same = False
            if same and self.keep(path):
                return False
        self.write(path, data)
        return True

    def keep(self, path: str) -> bool:
        """Take a file over from the site before; say whether it was there."""
        if self.previous is None:
            return False
        try:
            os.link(f"{self.previous}/{path}", self._place(path))
        except FileNotFoundError:
            return False
        except OSError:
            shutil.copyfile(self.previous / path, self._place(path))
        return True

    def _place(self, path: str) -> str:
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            os.makedirs(f"{self.folder}/{parent}", exist_ok=True)  # noqa: PTH103  # hot path
            self._made.add(parent)
        return f"{self.folder}/{path}"

    def finish(self, manifest: Manifest) -> None:
        """Write the marker."""
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


def is_whole(out: Path, manifest: Manifest) -> bool:
    """Say whether every file of a site is where it was written."""
    there: set[str] = set()
    for folder, _, files in os.walk(out):
        inside = os.path.relpath(folder, out).replace(os.sep, "/")
        there.update(files if inside == "." else (f"{inside}/{name}" for name in files))
    return all(there.issuperset(paths) for _, paths in manifest.groups.values())


@contextmanager
def staging(out: Path) -> Iterator[Staging]:
    """Yield a staging folder, and swap it in when the block ends well.

    Raises:
        PageError: the place cannot be written.

    """
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-", dir=out.parent))
    except OSError as cause:
        raise PageError(f"cannot write beside {out}: {cause.strerror}") from cause
    try:
        folder.chmod(0o755)
        with _held(folder):
            yield Staging(folder, out if (out / MARKER).is_file() else None)
            _swap(folder, out)
    except OSError as cause:
        raise PageError(f"cannot write the site to {out}: {cause.strerror}") from cause
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _swap(folder: Path, out: Path) -> None:
    """Put the new folder in the place of the old one.

    Two renames: between them there is no site for some microseconds, but never half of one.
    Should the second fail, the first is undone.
    """
    if not out.exists():
        folder.rename(out)
        return
    aside = folder.with_name(folder.name.replace(".new-", ".old-"))
    out.rename(aside)
    try:
        folder.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Put back or remove what an interrupted build left behind."""
    for aside in sorted(out.parent.glob(f".{_literal(out.name)}.old-*")):
        if not (aside / MARKER).is_file():
            continue
        if out.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(out)
    for half in out.parent.glob(f".{_literal(out.name)}.new-*"):
        with suppress(BlockingIOError), _held(half):  # another build at work holds its own
            shutil.rmtree(half, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder against other builds; a killed process lets go by itself."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _literal(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
