"""Which names imitate a better-known one, so that people install the wrong server.

A name is better known when data/known_packages.toml has it, when more sources list it, or when it was
in the catalogue a month earlier. Five ways to imitate, the surest first: letters that look alike
(Unicode TR39 in small, `rn` for `m`), another owner whose name is one letter off, the same letters
parted otherwise (`owner-name` for `owner/name`), one letter off in one word of the name, and the
same name under another owner, which is mostly a fork. Names of one publisher never imitate each other. Plurals and numbers are no imitation.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache

from classifier.errors import DataError
from classifier.resources import data_dir
from crawler.identify import is_registry_name, purl, repository_key
from crawler.records import Package, Server

KNOWN_DAYS = 30
"""Days in the catalogue after which a name counts as known beside a new one."""

_ALIKE = str.maketrans(
    "01|\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u0261\u04bb\u051b\u051d\u0475\u043a\u0442"
    "\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba\u03c4\u03c5\u0131\u026a\u0578",
    "ollaeopcyxijsdghqwvktaopviktuiin",
)
"""Letters that are read as another one: digits, Cyrillic, Greek, Armenian, Latin without a dot."""

_JOINTS = str.maketrans(dict.fromkeys("-_./@: ", " "))
_TYPO, _OTHER = 6, 8
"""Letters from which a word is long enough: for a slip of the finger, for any other letter."""
_LONGEST, _MOST_WORDS = 120, 12
_CROWD = 40
"""Names that are kept for one thing that they share, so that a flood of names costs little."""
_COMMON = frozenset(
    ["mcp", "server", "servers", "client", "api", "tool", "tools", "sdk", "cli", "app", "agent"]
)


class How(StrEnum):
    """In which way a name imitates another."""

    LETTERS = "letters that look alike"
    JOINTS = "the same letters, parted otherwise"
    OWNER = "an owner whose name is one letter off"
    SPELLING = "one letter off"
    SAME_NAME = "the same name under another owner"

    @property
    def confidence(self) -> float:
        """How much it says that someone meant it, 0 to 1."""
        return _SURE[self]


_SURE = {How.LETTERS: 0.9, How.OWNER: 0.85, How.JOINTS: 0.7, How.SPELLING: 0.6, How.SAME_NAME: 0.3}


@dataclass(frozen=True, slots=True)
class Name:
    """A name in one registry: npm, pypi, oci, nuget, or `name` for a registry of servers."""

    registry: str
    owner: str
    bare: str

    def __str__(self) -> str:
        """Return the name as people write it."""
        return f"{self.owner}/{self.bare}" if self.owner else self.bare


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A server with its names, who publishes it, how many sources list it, and since when."""

    server: str
    names: tuple[Name, ...]
    publishers: frozenset[str] = frozenset()
    listings: int = 0
    since: str = ""  # UTC ISO 8601; empty where it is not known


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A name, the better-known one that it imitates, and how."""

    name: Name
    of: Name
    of_server: str
    how: How


def names_of(server: Server) -> tuple[Name, ...]:
    """Return the names of a server: that of the registry, and those of its packages."""
    found = [name for package in server.packages if (name := name_of(package))]
    if is_registry_name(server.name):
        found.append(_split("name", server.name.lower()))
    return tuple(dict.fromkeys(found))


def name_of(package: Package) -> Name | None:
    """Return the name of a package without its version, or None for what is no package."""
    found = purl(package)
    if found is None:
        return None
    registry, _, rest = found.removeprefix("pkg:").partition("/")
    return _split(registry, rest)


def _split(registry: str, text: str) -> Name:
    owner, _, bare = text[:_LONGEST].rpartition("/")
    return Name(registry, owner, bare)


def known(server: Server, listings: int = 0, since: str = "") -> Known:
    """Return a server of the catalogue as it is compared."""
    names = names_of(server)
    publishers = {_publisher(name) for name in names if name.owner}
    repository = repository_key(server.repository_url)
    if repository and repository.count("/") > 1:
        publishers.add(repository.split("/")[1].lower())
    return Known(
        server=str(server.name), names=names, publishers=frozenset(publishers),
        listings=listings, since=since,
    )  # fmt: skip


def _publisher(name: Name) -> str:
    """Return the part of an owner that is a person or firm: of `io.github.jane`, `jane`."""
    last = name.owner.lower().lstrip("@").rpartition("/")[2]
    return last.rpartition(".")[2] if name.registry == "name" else last


@cache
def known_packages() -> tuple[Known, ...]:
    """Return the packages of data/known_packages.toml.

    Raises:
        DataError: the file does not say what it must.

    """
    path = data_dir() / "known_packages.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        pairs = [
            (registry, str(text))
            for registry, texts in given.items()
            if registry != "version"
            for text in texts
        ]
    except (OSError, ValueError, TypeError) as cause:
        raise DataError(f"{path.name}: cannot be read as names of packages: {cause!r}") from cause
    return tuple(_famous(registry, text) for registry, text in pairs)


def _famous(registry: str, text: str) -> Known:
    if registry == "name":
        name = _split("name", text.lower())
    else:
        name = name_of(Package(registry_type=registry, identifier=text)) or Name(registry, "", text)
    owners = frozenset([_publisher(name)]) if name.owner else frozenset[str]()
    return Known(server=text, names=(name,), publishers=owners, listings=_FAMOUS)


_FAMOUS = 1_000_000


@lru_cache(maxsize=1 << 16)
def skeleton(text: str) -> str:
    """Return a text as the eye reads it: equal skeletons look alike."""
    seen = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().translate(_ALIKE)
    seen = seen.translate(_JOINTS).replace(" ", "")
    return seen.replace("rn", "m").replace("vv", "w").replace("cl", "d")


@lru_cache(maxsize=1 << 16)
def words(bare: str) -> tuple[str, ...]:
    """Return the words of a name."""
    return tuple(bare.lower().translate(_JOINTS).split()[:_MOST_WORDS])


def off_by_one(word: str, other: str) -> bool:
    """Say whether a word is another one with one slip that a person overlooks.

    A letter dropped, doubled or swapped with its neighbour counts from six letters on; any other
    letter from eight on, and not in first place, where it is noticed.
    """
    if word == other or abs(len(word) - len(other)) > 1 or not (word + other).isalpha():
        return False
    if f"{word}s" == other or f"{other}s" == word or len(other) < _TYPO:
        return False
    head = 0
    while head < min(len(word), len(other)) and word[head] == other[head]:
        head += 1
    return _slipped(word, other, head)


def _slipped(word: str, other: str, head: int) -> bool:
    """Say whether texts that share their first `head` letters differ by one slip there."""
    is_long = len(other) >= _OTHER
    if len(word) == len(other):
        swapped = word[head : head + 2] == other[head : head + 2][::-1]
        if swapped and word[head + 2 :] == other[head + 2 :]:
            return True
        return bool(head) and is_long and word[head + 1 :] == other[head + 1 :]
    if not head:
        return False
    if len(word) < len(other):
        return word[head:] == other[head + 1 :]
    is_doubled = word[head] == word[head - 1]
    return (is_doubled or is_long) and word[head + 1 :] == other[head:]


def _holes(word: str) -> Iterator[str]:
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


@dataclass(slots=True)
class Names:
    """The names of a catalogue and the well-known ones, by what an imitation shares with them."""

    _entries: list[tuple[Name, Known]] = field(default_factory=list)
    _index: dict[int, list[int]] = field(default_factory=dict)

    def add(self, servers: Iterable[Known]) -> None:
        """Take in servers, the best known first: of a crowd of like names few are kept."""
        for one in sorted(servers, key=lambda server: (-server.listings, server.since)):
            for name in one.names:
                number = len(self._entries)
                self._entries.append((name, one))
                for key in _keys(name):
                    kept = self._index.setdefault(key, [])
                    if len(kept) < _CROWD:
                        kept.append(number)

    def imitated_by(self, server: Known) -> Lookalike | None:
        """Return the best-known name that a server imitates, the surest way first."""
        found: list[tuple[float, int, Lookalike]] = []
        for name in server.names:
            numbers = {n for key in _keys(name) for n in self._index.get(key, ())}
            for number in sorted(numbers):
                other, holder = self._entries[number]
                if not _better_known(holder, server) or _same_hand(holder, server):
                    continue
                if how := _how(name, other, holder):
                    one = Lookalike(name, other, holder.server, how)
                    found.append((how.confidence, holder.listings, one))
        return max(found, key=lambda item: item[:2])[2] if found else None


def imitations(servers: Sequence[Known]) -> Iterator[tuple[Known, Lookalike]]:
    """Yield the servers whose names imitate better-known ones: well-known packages, or each other."""
    least = min((server.listings for server in servers), default=0)
    newest = max(servers, key=lambda server: _day(server.since[:10]), default=None)
    names = Names()
    names.add(known_packages())
    names.add(
        server
        for server in servers
        if server.listings > least or (newest and _age(server, newest) >= KNOWN_DAYS)
    )
    for server in servers:
        if found := names.imitated_by(server):
            yield server, found


def _keys(name: Name) -> Iterator[int]:
    """Yield what two names share when one imitates the other, as numbers to save room."""
    yield hash((name.registry, skeleton(str(name))))
    yield hash((name.registry, name.bare))
    for holed in _holes(_publisher(name)) if name.owner else ():
        yield hash((name.registry, name.bare, holed))
    parts = words(name.bare)
    for place, word in enumerate(parts):
        if len(word) >= _TYPO - 1:
            rest = parts[:place] + parts[place + 1 :]
            for holed in _holes(word):
                yield hash((name.registry, place, rest, holed))


def _better_known(holder: Known, server: Known) -> bool:
    if server.listings >= _FAMOUS or holder.listings < server.listings:
        return False
    if holder.listings == server.listings and _age(holder, server) < KNOWN_DAYS:
        return False
    return holder.server != server.server and not any(n in server.names for n in holder.names)


def _age(holder: Known, server: Known) -> int:
    """Return how many days longer one is known than the other; 0 where it is not said."""
    earlier, later = _day(holder.since[:10]), _day(server.since[:10])
    return later - earlier if earlier and later else 0


@lru_cache(maxsize=4096)
def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return 0


def _same_hand(one: Known, other: Known) -> bool:
    return bool(one.publishers & other.publishers)


def _how(name: Name, other: Name, holder: Known) -> How | None:
    if name == other:
        return None
    if skeleton(str(name)) == skeleton(str(other)):
        return How.JOINTS if _letters(name) == _letters(other) else How.LETTERS
    if name.bare == other.bare:
        if off_by_one(_publisher(name), _publisher(other)):
            return How.OWNER
        return How.SAME_NAME if _tells(other) and holder.listings >= _FAMOUS else None
    mine, theirs = words(name.bare), words(other.bare)
    if len(mine) == len(theirs):
        differing = [(a, b) for a, b in zip(mine, theirs, strict=True) if a != b]
        if len(differing) == 1 and off_by_one(*differing[0]):
            return How.SPELLING
    return None


def _letters(name: Name) -> str:
    return "".join(words(str(name)))


def _tells(name: Name) -> bool:
    """Say whether a name is more than `mcp-server`."""
    return sum(len(word) for word in words(name.bare) if word not in _COMMON) >= _TYPO
