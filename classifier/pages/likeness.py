"""Which tools of different servers are much the same, found in one pass.

Tools that share a key are compared. Two keys come from the name. The exact one is its words,
sorted: `get_issue`, `getIssue` and `issue-get` are one. The loose one also drops what every tool
of the server carries (`pg_`, `kubectl`) and small words, takes words of one meaning for one
(`run`, `execute`) and plurals for singulars. The others come from the words of name and summary
by MinHash (bands.py): texts that share most words are likely to share one. No key depends on
another tool, so one changed tool moves few pages, and the time grows with the number of tools.
"""

from __future__ import annotations

import re  # noqa: TID251  # one character class on names cut to 200 characters
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.pages.bands import Bands, from_bytes, sketched
from classifier.pages.model import Row

if TYPE_CHECKING:
    from classifier.pages.index import Index

MOST = 4
MOST_NEAR = 160
COMPARED = 40
"""Tools that are compared for one key; more of them share but a phrase."""

NEAR = 0.34
"""Tools of other names are only called similar from this share of common words on."""

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

    def __init__(self, rows: Mapping[str, Sequence[Row]], index: Index) -> None:
        self.exact: dict[str, list[Row]] = defaultdict(list)
        self._loose: dict[str, list[Row]] = defaultdict(list)
        self._rows = [row for server in sorted(rows) for row in rows[server]]
        self._places = {row.path: place for place, row in enumerate(self._rows)}
        self._keys = [key for server in sorted(rows) for key in index.entries[server].loose]
        self._bands = Bands(
            from_bytes(b"".join(index.entries[server].bands for server in sorted(rows)))
        )
        self._words = dict(index.words)
        self._closest: dict[str, tuple[Row, ...]] = {}
        for row, key in zip(self._rows, self._keys, strict=True):
            self.exact[exact_key(row.name)].append(row)
            if " " in key:  # one word says too little
                self._loose[key].append(row)

    def near(self, rows: Mapping[str, Sequence[Row]]) -> set[str]:
        """Return the paths of the tools that share a key with one of these.

        Only theirs can be other closest tools, before and after, if these change or go.
        """
        found: set[str] = set()
        for own in rows.values():
            for row, key in zip(own, loose_keys([row.name for row in own]), strict=True):
                groups = (self.exact.get(exact_key(row.name), ()), self._loose.get(key, ()))
                found.update(other.path for group in groups for other in group)
            bands = sketched([words_of(row) for row in own])
            found.update(self._rows[place].path for place in self._bands.sharing(bands))
        return found

    def closest(self, row: Row) -> tuple[Row, ...]:
        """Return the closest tools of other servers, those of the same name first."""
        known = self._closest.get(row.path)
        if known is None:
            known = self._closest[row.path] = self._found(row)
        return known

    def _found(self, row: Row) -> tuple[Row, ...]:
        exact = exact_key(row.name)
        place = self._places.get(row.path)
        loose, near = "", []
        if place is not None:
            loose = self._keys[place]
            beside = self._bands.beside(place, COMPARED)
            near = [self._rows[other] for group in beside for other in group]
        groups = (
            (self.exact.get(exact, []) if len(exact) >= SHORTEST else [], 0.0),
            (self._loose.get(loose, []), 0.0),
            (near, NEAR),
        )
        mine = frozenset() if place is None else self._words_of(row)
        made: dict[tuple[object, ...], Row] = {}
        for group, least in groups:
            if len(made) >= MOST:
                break
            others = {r.path: r for r in group[:MOST_NEAR] if r.server != row.server}
            rated = [(overlap(mine, self._words_of(other)), path) for path, other in others.items()]
            rated.sort(key=lambda one: (-one[0], one[1]))
            for rating, path in rated:
                if rating < least or len(made) >= MOST:
                    break
                one = others[path]  # forks say the same again, and that is said once
                made.setdefault((one.name, one.summary, one.category, one.risk), one)
        return tuple(made.values())

    def _words_of(self, row: Row) -> frozenset[str]:
        words = self._words.get(row.path)
        if words is None:
            words = self._words[row.path] = words_of(row)
        return words


def words_of(row: Row) -> frozenset[str]:
    """Return the words of a tool's name and summary, in the form in which they are compared."""
    said = (_plain(word) for word in _WORD.findall(row.summary.lower()))
    named = (_plain(word) for word in name_words(row.name))
    return frozenset(word for word in (*said, *named) if len(word) > 2) - _COMMON  # noqa: PLR2004  # `is`, `as`


def overlap(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """Return the share of words that two tools have in common: 0 to 1."""
    common = len(mine & theirs)
    return common / (len(mine) + len(theirs) - common or 1)
