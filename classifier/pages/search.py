"""The search index: small files that a browser fetches as a reader types.

Documents are the servers by name, then the tools, worst first; a document's number is its place.
`attributes.json` has one character per document (category and risk). A word lives in the shard of
its first two characters; there stand the documents whose name holds it, and those whose text
does. What is shown of a document is in blocks of 64, so that twenty results cost twenty small
files at most. What is shown names characters that a reader does not see, as pages do. All lists
are differences, which keeps them short.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # one character class on our own cut summaries
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from classifier.pages.invisible import visible
from classifier.pages.model import Row
from classifier.pages.overview import Overview
from classifier.pages.signal_catalog import signal_pages
from classifier.pages.words import named
from classifier.verdict import Category, Risk

BLOCK = 64
MOST_TEXT = 4000
"""Documents kept of a word that occurs in texts; those whose name holds it are all kept."""

LONGEST_WORD = 24
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_STOP = frozenset(["a", "an", "and", "the", "of", "to", "in", "for", "or", "is", "it", "by", "on"])
_SERVER = "S"


def words_of(text: str) -> set[str]:
    """Return the words of a text as the search knows them."""
    found = {word[:LONGEST_WORD] for word in _WORD.findall(text.lower())}
    return found - _STOP


def words_of_name(name: str) -> set[str]:
    """Return the words of a name, camelCase taken apart and whole."""
    return words_of(_CAMEL.sub(" ", name)) | words_of(name)


def words_in_name(row: Row) -> set[str]:
    """Return the words by which a tool's name is found."""
    return words_of_name(row.name[:200])


def words_in_text(row: Row) -> set[str]:
    """Return the words by which the rest of what is shown of a tool is found."""
    return words_of(f"{row.summary} {row.server_title}")


def shard_of(word: str) -> str:
    """Return the name of the shard of a word; the script computes the same."""
    head = word[:2]
    return "".join(c if c in _PLAIN else f"x{ord(c):x}" for c in head)


@cache
def attribute(category: Category, risk: Risk) -> str:
    """Return the character of a tool: a to p, category by risk."""
    return chr(ord("a") + list(Category).index(category) * len(Risk) + risk.rank)


def search_files(
    site: Overview, words: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of the index; `words` are those of each tool, by path (index.py)."""
    names: dict[str, list[int]] = defaultdict(list)
    texts: dict[str, list[int]] = defaultdict(list)
    shown: list[list[Any]] = []
    attributes: list[str] = []
    for server in sorted(site.servers, key=lambda s: (s.title.casefold(), s.name)):
        _post(names, len(shown), words_of_name(f"{server.title} {server.name}"))
        _post(texts, len(shown), words_of(server.text))
        shown.append(
            [
                visible(server.title),
                f"servers/{server.slug}",
                server.count,
                visible(server.text),
            ]
        )
        attributes.append(_SERVER)
    signals: dict[str, list[int]] = {page.id: [] for page in signal_pages(tuple(site.by_signal))}
    for row in site.rows:
        number = len(shown)
        in_name, in_text = words[row.path]
        _post(names, number, in_name.split())
        _post(texts, number, in_text.split())
        shown.append(
            [
                visible(named(row.name))[:120],
                row.path,
                row.score,
                visible(row.summary)[:120],
                visible(row.server_title),
            ]
        )
        attributes.append(attribute(row.category, row.risk))
        for signal in dict.fromkeys(row.signals):
            signals[signal].append(number)
    yield "search/attributes.json", _dump("".join(attributes))
    for signal, numbers in signals.items():
        yield f"search/signal-{signal}.json", _dump(_differences(numbers))
    for start in range(0, len(shown), BLOCK):
        yield f"search/block-{start // BLOCK}.json", _dump(shown[start : start + BLOCK])
    yield from _shards(names, texts)


def _post(lists: dict[str, list[int]], number: int, words: Iterable[str]) -> None:
    for word in words:
        lists[word].append(number)


def _shards(
    names: dict[str, list[int]], texts: dict[str, list[int]]
) -> Iterator[tuple[str, bytes]]:
    shards: dict[str, dict[str, list[list[int]]]] = defaultdict(dict)
    for word in sorted(names.keys() | texts.keys()):
        shards[shard_of(word)][word] = [
            _differences(names.get(word, [])),
            _differences(texts.get(word, [])[:MOST_TEXT]),
        ]
    for shard in sorted(shards):
        yield f"search/w-{shard}.json", _dump(shards[shard])
    yield "search/shards.json", _dump(sorted(shards))


def _differences(numbers: list[int]) -> list[int]:
    last = 0
    made = []
    for number in numbers:
        made.append(number - last)
        last = number
    return made


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
