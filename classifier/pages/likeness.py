"""Which tools of different servers are much the same, found in one pass.

Tools that share a key are compared. Two keys come from the name. The exact one is its words,
sorted: `get_issue`, `getIssue` and `issue-get` are one. The loose one also drops what every tool
of the server carries (`pg_`, `kubectl`) and small words, takes words of one meaning for one
(`run`, `execute`) and plurals for singulars. The others come from the words of name and summary
by MinHash (Broder 1997, "On the resemblance and containment of documents"): texts that share
most words are likely to share one. No key depends on another tool, so one changed tool moves
few pages, and the time grows with the number of tools.
"""

from __future__ import annotations

import re  # noqa: TID251  # one character class on names cut to 200 characters
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from classifier.pages.model import Row

MOST = 4
MOST_NEAR = 160
COMPARED = 40
"""Tools that are compared for one key; more of them share but a phrase."""

NEAR = 0.34
"""Tools of other names are only called similar from this share of common words on."""

FEWEST = 4
"""Words below which texts are not compared."""

BANDS, ROWS = 8, 2
_ODD = np.array([(0x9E3779B97F4A7C15 * (2 * n + 1)) % 2**64 | 1 for n in range(1, BANDS * ROWS + 3)], np.uint64)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")

SHORTEST = 6
"""Letters below which a name says nothing: `run`, `get`."""

_OWN = 0.6
"""A word on so large a part of a server's tools names the server, not the tool."""

_LONGEST = 200
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SMALL_WORDS = "a an and by for from in mcp of on or the to tool tools via with"
_COMMON_WORDS = """
all any arg argument are available based can data default detail detailed example existing
given id information into item its name not number object one optional param parameter
provided require required result return server single specific specified string support
that this type use used user using value when which you your
get list search create update delete run send
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_COMMON = _SMALL | frozenset(_COMMON_WORDS.split())
"""Words in so many definitions that sharing them says nothing."""

_ALIKE = {
    word: group[0]
    for group in (
        ("get", "fetch", "retrieve", "read", "show", "view", "describe", "lookup", "load"),
        ("list", "ls", "enumerate", "all"),
        ("search", "find", "query"),
        ("create", "add", "new", "insert", "make"),
        ("update", "edit", "modify", "set", "change", "patch"),
        ("delete", "remove", "destroy", "drop", "del", "rm"),
        ("run", "execute", "exec", "invoke", "evaluate", "eval"),
        ("send", "post", "publish"),
        ("directory", "folder", "dir"),
        ("database", "db"),
        ("repository", "repo"),
        ("message", "msg"),
        ("document", "doc"),
        ("command", "cmd"),
        ("information", "info", "detail"),
    )
    for word in group
}


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, camelCase taken apart."""
    return tuple(part.lower() for part in _PARTS.findall(name[:_LONGEST]))


def exact_key(name: str) -> str:
    """Return the words of a name, sorted; the name itself where it has none that are Latin."""
    return " ".join(sorted(name_words(name))) or name[:_LONGEST]


def loose_keys(names: Sequence[str]) -> Iterator[str]:
    """Yield the loose key of each of one server's tool names; empty where nothing is left."""
    counts = Counter(word for name in names for word in set(name_words(name)))
    own = {word for word, count in counts.items() if len(names) > 2 and count > _OWN * len(names)}  # noqa: PLR2004  # two tools share words by chance
    for name in names:
        kept = {_plain(word) for word in name_words(name) if word not in own}
        yield " ".join(sorted(kept - _SMALL))


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    known = _ALIKE.get(word)
    if known:
        return known
    single = word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word  # noqa: PLR2004  # `gas`, `aws` stay
    return _ALIKE.get(single, single)


class Likeness:
    """The tools of a catalogue by their keys."""

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self.exact: dict[str, list[Row]] = defaultdict(list)
        self._loose: dict[str, list[Row]] = defaultdict(list)
        self._near: dict[tuple[int, int], list[Row]] = defaultdict(list)
        self._keys: dict[str, tuple[str, list[tuple[int, int]]]] = {}
        every = [row for server in sorted(rows) for row in rows[server]]
        loose = [key for s in sorted(rows) for key in loose_keys([row.name for row in rows[s]])]
        self._words = {row.path: words_of(row) for row in every}
        sketches = sketched([self._words[row.path] for row in every])
        for row, key, bands in zip(every, loose, sketches, strict=True):
            self._keys[row.path] = (key, bands)
            self.exact[exact_key(row.name)].append(row)
            if " " in key:  # one word says too little
                self._loose[key].append(row)
            for band in bands:
                self._near[band].append(row)

    def near(self, rows: Mapping[str, Sequence[Row]]) -> set[str]:
        """Return the servers that have a tool which shares a key with one of these.

        Only theirs can be other tools' closest, before and after, if these change or go.
        """
        found: set[str] = set()
        for own in rows.values():
            sketches = sketched([words_of(row) for row in own])
            loose = loose_keys([row.name for row in own])
            for row, key, bands in zip(own, loose, sketches, strict=True):
                groups = [self.exact.get(exact_key(row.name), []), self._loose.get(key, [])]
                groups += [self._near.get(band, []) for band in bands]
                found.update(other.server for group in groups for other in group)
        return found

    def closest(self, row: Row) -> tuple[Row, ...]:
        """Return the closest tools of other servers, those of the same name first."""
        exact = exact_key(row.name)
        loose, bands = self._keys.get(row.path, ("", []))
        near = [other for band in bands for other in self._near[band][:COMPARED]]
        groups = (
            (self.exact.get(exact, []) if len(exact) >= SHORTEST else [], 0.0),
            (self._loose.get(loose, []), 0.0),
            (near, NEAR),
        )
        mine = self._words.get(row.path, frozenset())
        made: dict[tuple[object, ...], Row] = {}
        for group, least in groups:
            if len(made) >= MOST:
                break
            others = {r.path: r for r in group[:MOST_NEAR] if r.server != row.server}
            rated = [(overlap(mine, self._words[path]), path) for path in others]
            rated.sort(key=lambda one: (-one[0], one[1]))
            for rating, path in rated:
                if rating < least or len(made) >= MOST:
                    break
                one = others[path]  # forks say the same again, and that is said once
                made.setdefault((one.name, one.summary, one.category, one.risk), one)
        return tuple(made.values())


def words_of(row: Row) -> frozenset[str]:
    """Return the words of a tool's name and summary, in the form in which they are compared."""
    said = (_plain(word) for word in _WORD.findall(row.summary.lower()))
    named = (_plain(word) for word in name_words(row.name))
    return frozenset(word for word in (*said, *named) if len(word) > 2) - _COMMON  # noqa: PLR2004  # `is`, `as`


def overlap(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """Return the share of words that two tools have in common: 0 to 1."""
    common = len(mine & theirs)
    return common / (len(mine) + len(theirs) - common or 1)


def sketched(texts: Sequence[frozenset[str]]) -> list[list[tuple[int, int]]]:
    """Return the MinHash keys of each text: (band, hash) pairs; a short text has none."""
    codes = [
        np.fromiter((crc32(w.encode("utf-8", "replace")) for w in t), np.uint64) for t in texts
    ]
    long = [index for index, text in enumerate(texts) if len(text) >= FEWEST]
    made: list[list[tuple[int, int]]] = [[] for _ in texts]
    if not long:
        return made
    flat = np.concatenate([codes[index] for index in long])
    starts = np.cumsum([0, *(codes[index].size for index in long[:-1])])
    for band in range(BANDS):
        key = np.zeros(len(long), np.uint64)
        for part in range(ROWS):
            factor = _ODD[band * ROWS + part]
            mixed = (flat + np.uint64(1)) * factor
            mixed ^= mixed >> np.uint64(29)
            mixed *= _ODD[-1]
            mixed ^= mixed >> np.uint64(32)
            key = key * _ODD[-2] + np.minimum.reduceat(mixed, starts)
        for index, value in zip(long, key.tolist(), strict=True):
            made[index].append((band, value))
    return made
