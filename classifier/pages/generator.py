"""What makes pages: its shared assets, and a stamp that changes when any part of it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import crawler
from classifier.resources import data_dir

_OURS = (".py", ".html", ".css", ".js")


def static_files() -> Iterator[tuple[str, bytes]]:
    """Yield the shared assets."""
    folder = Path(__file__).parent / "static"
    for path in sorted(folder.iterdir()):
        yield f"static/{path.name}", path.read_bytes()


@lru_cache(maxsize=1)
def assets_stamp() -> str:
    """Return a digest of the assets, which makes a browser fetch changed ones."""
    digest = sha256()
    for path, data in static_files():
        digest.update(path.encode() + b"\0" + data)
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def generator_stamp() -> str:
    """Return a digest of all code and tables that a page can depend on."""
    digest = sha256()
    for path in sorted(_code()) + sorted(data_dir().glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _code() -> Iterator[Path]:
    """Yield our files, those of the crawler too: its records say what of a catalogue is shown."""
    for package in (Path(__file__).parent.parent, Path(crawler.__file__).parent):
        yield from (path for path in package.rglob("*") if path.suffix in _OURS)
