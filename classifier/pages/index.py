"""What search and likeness need of each server's tools: words and keys, made once and kept.

They follow from a tool's name and summary. Taking texts apart anew took a second and a half of
every build of 26,000 tools. They are kept in the site's yard, under the fingerprint of the
server and the stamp of the generator; without the file, or with a damaged one, they are made.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.pages.bands import BANDS, sketched, to_bytes
from classifier.pages.likeness import loose_keys, words_of
from classifier.pages.model import Row
from classifier.pages.search import words_in_name, words_in_text

FILE = "index.json"
_BYTES = 8 * BANDS


@dataclass(frozen=True, slots=True)
class Entry:
    """One server's tools, in the order of its rows; words are parted by spaces."""

    names: Sequence[str]
    """Words of the names, for search."""
    texts: Sequence[str]
    """Words of the summaries and of the server's title that are not in the name, for search."""
    loose: Sequence[str]
    bands: bytes

    def fits(self, count: int) -> bool:
        """Say whether it is about so many tools."""
        lengths = {len(self.names), len(self.texts), len(self.loose), len(self.bands) / _BYTES}
        return lengths == {count}


@dataclass(slots=True)
class Index:
    """The entries of a catalogue, by server."""

    entries: dict[str, Entry] = field(default_factory=dict)
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    """The words by which tools are compared, of those whose entry was made just now, by path."""

    def add(self, server: str, rows: Sequence[Row]) -> None:
        """Make the entry of one server."""
        own = [words_of(row) for row in rows]
        self.words.update((row.path, words) for row, words in zip(rows, own, strict=True))
        names = [words_in_name(row) for row in rows]
        texts = [words_in_text(row) - mine for row, mine in zip(rows, names, strict=True)]
        self.entries[server] = Entry(
            names=[" ".join(one) for one in names],
            texts=[" ".join(one) for one in texts],
            loose=list(loose_keys([row.name for row in rows])),
            bands=to_bytes(sketched(own)),
        )

    def search_words(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, tuple[str, str]]:
        """Return the words of each tool's name and of its text, by path."""
        return {
            row.path: (name, text)
            for server, own in rows.items()
            for row, name, text in zip(
                own, self.entries[server].names, self.entries[server].texts, strict=True
            )
        }


def index_of(
    rows: Mapping[str, Sequence[Row]], prints: Mapping[str, str], yard: Path | None, stamp: str
) -> Index:
    """Return the index of these rows, from the yard where nothing changed."""
    index = Index()
    kept = dict(_kept(yard / FILE, stamp)) if yard else {}
    for server, own in rows.items():
        known, entry = kept.get(server, ("", None))
        if entry is not None and known == prints.get(server) and entry.fits(len(own)):
            index.entries[server] = entry
        else:
            index.add(server, own)
    return index


def _kept(file: Path, stamp: str) -> Iterator[tuple[str, tuple[str, Entry]]]:
    try:
        given = json.loads(file.read_bytes())
        if given["stamp"] != stamp:
            return
        for server, (known, names, texts, loose, bands) in given["servers"].items():
            yield server, (known, Entry(names, texts, loose, b64decode(bands)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # what was read so far is whole


def keep_index(index: Index, prints: Mapping[str, str], yard: Path, stamp: str) -> None:
    """Write the index to the yard, whole or not at all.

    Raises:
        OSError: it cannot be written.

    """
    servers: dict[str, list[Any]] = {
        server: [
            prints.get(server),
            *(entry.names, entry.texts, entry.loose),
            b64encode(entry.bands).decode(),
        ]
        for server, entry in index.entries.items()
    }
    half = yard / f"{FILE}.new"
    text = json.dumps({"stamp": stamp, "servers": servers}, separators=(",", ":"))
    half.write_bytes(text.encode())
    half.replace(yard / FILE)
