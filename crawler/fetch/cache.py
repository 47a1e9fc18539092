"""Conditional requests: what a source answered before, with its ETag or Last-Modified.

Only answers to plain requests (no key, no cookie) that carry a validator are kept, by the digest
of their URL, so that a later crawl asks "has it changed?" and mostly hears "no". A cache that
cannot be written or read is a cache that is empty.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crawler.records import sha256

_FILES = 5000
"""Answers kept; the oldest go first."""

_BYTES = 500_000_000
"""Bytes that all of them may take together."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer from an earlier crawl."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask whether it has changed."""
        named = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {ask: self.headers[name] for ask, name in named.items() if name in self.headers}


class HttpCache:
    """A folder of answers. `None` as folder keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, url: str) -> Kept | None:
        """Return what a URL answered before, if it was kept whole."""
        if self._folder is None:
            return None
        try:
            head, _, body = (self._folder / sha256(url)).read_bytes().partition(b"\n")
            value = json.loads(head)
        except (OSError, ValueError):
            return None
        is_whole = isinstance(value, dict) and value.pop("size", None) == str(len(body))
        is_whole = is_whole and all(str(v).isascii() for v in value.values())
        return Kept(value, body) if is_whole else None

    def keep(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer that can be asked for again conditionally."""
        kept = {k: headers[k] for k in ("etag", "last-modified", "content-type") if k in headers}
        # what cannot be sent back as it came is no validator
        kept = {k: v for k, v in kept.items() if v.isascii() and v.isprintable()}
        if self._folder is None or not ({"etag", "last-modified"} & set(kept)):
            return
        data = json.dumps(kept | {"size": str(len(body))}).encode() + b"\n" + body
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(self._folder / sha256(url))

    def tidy(self) -> None:
        """Drop the oldest answers beyond the number and the bytes that are kept."""
        if self._folder is None:
            return
        with suppress(OSError):
            known = [(file.stat(), file) for file in self._folder.iterdir()]
            known.sort(key=lambda one: one[0].st_mtime, reverse=True)
            size = 0
            for number, (about, file) in enumerate(known):
                size += about.st_size
                if number >= _FILES or size > _BYTES:
                    file.unlink(missing_ok=True)
