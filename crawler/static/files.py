"""The texts of a package, read from a folder or an archive without ever unpacking it to disk.

Nothing is written, so a member named `../x` or a link cannot lead anywhere: such members are left
out and counted. Bytes are counted after decompression, while they are read.
"""

import gzip
import io
import os
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import IO, cast

MAX_ARCHIVE = 200_000_000
"""Bytes of an archive as it lies on the disk."""
MAX_INFLATED = 600_000_000
"""Bytes that an archive may become while it is passed through."""
MAX_FILE = 4_000_000
"""Bytes of one source file; what is longer is data or hostile."""
MAX_TEXT = 30_000_000
"""Bytes of all source files of a package."""
MAX_FILES = 4_000
MAX_MEMBERS = 100_000
MAX_NESTING = 3_000
"""Levels of brackets of one file; walking a syntax tree costs their square."""

_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_WANTED = (*_SCRIPTS, ".py", ".json", "entry_points.txt")
_DATA = ("manifest.json", "package.json", "entry_points.txt")
_APART = frozenset({"node_modules", "test", "tests", "__tests__", "__mocks__", "fixtures", "examples", "example", "docs", "benchmarks", "site-packages", ".git"})  # fmt: skip


@dataclass(slots=True)
class Texts:
    """Path inside the package -> bytes, and why others were left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def is_wanted(self, name: str) -> bool:
        """Say whether a member is a source file of the package itself."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
            self.left_out["outside the package"] += 1
            return False
        if path.suffix == ".json" or not name.endswith(_WANTED):
            return path.name in _DATA
        is_other = ".d." in path.name or ".test." in path.name or ".spec." in path.name
        return not is_other and not _APART.intersection(path.parts[:-1])

    def add(self, name: str, data: bytes) -> None:
        """Keep a text, unless it or all texts together are too large."""
        if len(data) > MAX_FILE:
            self.left_out[f"longer than {MAX_FILE:,} bytes"] += 1
        elif nesting(data) > MAX_NESTING:
            self.left_out["nested too deeply"] += 1
        elif self.size + len(data) > MAX_TEXT or len(self.files) >= MAX_FILES:
            self.left_out["over the limit of a package"] += 1
        else:
            self.size += len(data) - len(self.files.get(name, b""))
            self.files[name] = data


_OTHERS = bytes(set(range(256)) - set(b"()[]{}"))
_WEIGHTS = {ord(one): 1 if one in "([{" else -1 for one in "()[]{}"}


def nesting(data: bytes) -> int:
    """Return how deep brackets nest, those in texts and comments counted like the rest."""
    brackets = data.translate(None, _OTHERS)
    return max(accumulate(map(_WEIGHTS.__getitem__, brackets)), default=0)


class UnreadableError(ValueError):
    """Neither a folder nor an archive that can be read; the message says why, in one line."""


def texts_of(path: Path) -> Texts:
    """Read the source files of a folder, `.tgz`, `.tar.gz`, `.whl`, `.zip` or `.mcpb`.

    Raises:
        UnreadableError: it is none of these, or over a limit as a whole.

    """
    found = Texts()
    try:
        if path.is_dir():
            folder_texts(path, found)
        elif path.stat().st_size > MAX_ARCHIVE:
            raise UnreadableError(f"an archive of more than {MAX_ARCHIVE:,} bytes")
        elif zipfile.is_zipfile(path):
            _zip(path, found)
        else:
            _tar(path, found)
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError) as error:
        raise UnreadableError(f"cannot be read as a package: {error}") from None
    except (RuntimeError, ValueError) as error:  # an encrypted member, a header that lies
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"cannot be read as a package: {error}") from None
    return _without_root(found)


def folder_texts(root: Path, found: Texts, prefix: str = "") -> None:
    """Read the source files of a folder; their paths start with a prefix."""
    for count, path in enumerate(_walk(root)):
        if count >= MAX_MEMBERS:
            found.left_out["over the limit of a package"] += 1
            return
        name = path.relative_to(root).as_posix()
        if found.is_wanted(name):
            with path.open("rb") as file:
                found.add(prefix + name, file.read(MAX_FILE + 1))


def _walk(root: Path) -> Iterator[Path]:
    """Yield regular files, never through a link, folders of dependencies left alone."""
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = sorted(n for n in names if n not in _APART)
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _zip(path: Path, found: Texts) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise UnreadableError(f"an archive of more than {MAX_MEMBERS:,} members")
        inflated = 0
        for member in members:
            if member.is_dir() or not found.is_wanted(member.filename):
                continue
            with archive.open(member) as file:
                data = file.read(MAX_FILE + 1)
            inflated += len(data)
            if inflated > MAX_INFLATED:
                raise UnreadableError(f"more than {MAX_INFLATED:,} bytes of content")
            found.add(member.filename, data)


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than `MAX_INFLATED` bytes."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self._count = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read, and count."""
        data = self._inner.read(size if size >= 0 else MAX_FILE)
        self._count += len(data)
        if self._count > MAX_INFLATED:
            raise UnreadableError(f"more than {MAX_INFLATED:,} bytes of content")
        return data


def _tar(path: Path, found: Texts) -> None:
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if is_packed else raw)
        # "r|": one pass over a stream that counts, so that no header can make it seek or inflate
        with tarfile.open(fileobj=_Counted(plain), mode="r|") as archive:
            for count, member in enumerate(archive):
                archive.members = []  # type: ignore[attr-defined] # what was passed is not kept
                if count >= MAX_MEMBERS:
                    raise UnreadableError(f"an archive of more than {MAX_MEMBERS:,} members")
                if not member.isfile():
                    found.left_out["links and devices"] += not member.isdir()
                elif found.is_wanted(member.name) and (file := archive.extractfile(member)):
                    found.add(member.name, file.read(MAX_FILE + 1))


def _without_root(found: Texts) -> Texts:
    """Drop the one folder that npm and sdist archives put around everything."""
    roots = {name.partition("/")[0] for name in found.files if "/" in name}
    if len(roots) == 1 and all("/" in name for name in found.files):
        root = f"{roots.pop()}/"
        inside = {name.removeprefix(root): data for name, data in found.files.items()}
        if any(name in inside for name in ("package.json", "manifest.json")) or (
            root.rstrip("/")[-1:].isdigit() and "-" in root
        ):
            found.files = inside
    return found
