"""What the model sees of a definition: one extraction for training and run time.

A feature is a (block, key) pair; a key is a word, a class, or two of them with a space between.
Blocks keep the same word apart by where it stands: the acting verb of a name says more than the
same word in an example. Counts are ignored: a word is there or not. Keys may repeat and may be
None, which stands for "no class"; both are dropped by whoever collects them.

Words, parameters and servers come back in many definitions, each with the same few features. They
are given as bundles, so that the run time looks the features of a word up once (`BUNDLES`).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, pairwise, repeat
from typing import Any

from classifier.effects import EFFECTS
from classifier.lexicon import lexicon
from classifier.parameters import chooses
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.words import STOP, name_tokens

Feature = tuple[str, str | None]
"""Block and key."""
Group = tuple[str, Iterable[Any]]
"""A block and keys of it; the name of a bundle and what to spread; or "" and features as they are."""

WEIGHT = {"s": 0.3}
"""Blocks that count less than 1: words of the server's own text, which describe no call."""

_GENERAL = frozenset({"read", "write", "execute", "compute-only"})
_MAX_PARAMETERS = 60
_MAX_ENUM_KEY = 20
_FARTHEST_FIRST = ("exec", "write", "read", "other")
_LENGTHS = (1, 30, 80, 200, 600)
_PLACES = ("0 ", "1 ", "2 ")
_NONE: tuple[str, ...] = ()


@cache
def _verb_class() -> dict[str, str]:
    return {word: found[1] for word, found in lexicon().verb.items()}


def _classes(tokens: Iterable[str]) -> set[str]:
    return set(chain.from_iterable(map(lexicon().noun.get, tokens, repeat(_NONE))))


def _each(one: str, others: Iterable[str]) -> list[str]:
    start = one + " "
    return [start + other for other in others]


def features(reading: Reading, matched: tuple[Rule, ...]) -> Iterator[Feature]:
    """Yield the features of one reading, one by one."""
    for kind, keys in extract(reading, matched):
        for key in keys:
            if kind in BUNDLES:
                yield from BUNDLES[kind](key)
            elif kind:
                yield kind, key
            else:
                yield key


def extract(reading: Reading, matched: tuple[Rule, ...]) -> Iterator[Group]:
    """Yield the features of one reading, group by group."""
    name_class = reading.name_verb[1] if reading.name_verb else "@none"
    head_class = reading.head_verb[1] if reading.head_verb else "@none"
    acting = name_class if reading.name_verb else head_class
    rest = reading.rest
    yield from _name(reading, name_class)
    yield from _first(reading, head_class)
    yield "nvf", _each(name_class, reading.first)
    if rest:
        yield "rest word", rest
        yield "rb", map(" ".join, pairwise(rest))
    yield "t", reading.tail
    if reading.parameters:
        yield from _schema(reading, acting)
    yield "server", (reading.server,)
    yield "server classes", ((acting, reading.around),)
    yield "votes", (tuple([rule.id for rule in matched if not rule.apart]),)
    length = len(reading.tool.description or "")
    yield (
        "",
        (
            ("mix", f"{name_class} {head_class}"),
            ("x", f"parameters {min(len(reading.parameters), 8)}"),
            ("x", "schema" if reading.has_schema else "no schema"),
            ("x", f"length {sum([length >= bound for bound in _LENGTHS])}"),
        ),
    )


def _name(reading: Reading, name_class: str) -> Iterator[Group]:
    core = reading.core
    yield "n", reading.name
    yield "nb", map(" ".join, pairwise(core))
    yield "name word", _each(name_class, core)
    found = [("nv", name_class)]
    if core:
        found += [("n0", core[0]), ("nz", core[-1]), ("nl", str(min(len(core), 5)))]
    if reading.name_verb:
        first = lexicon().verb.get(core[0]) == reading.name_verb
        found += [("nvl", reading.name_verb[0]), ("nvp", name_class + (" 0" if first else " 1"))]
    yield "", found


def _name_word(key: str) -> Iterator[Feature]:
    name_class, _, word = key.partition(" ")
    yield "nva", _verb_class().get(word)
    for noun in lexicon().noun.get(word, _NONE):
        yield "nc", noun
        yield "nvc", f"{name_class} {noun}"


def _first(reading: Reading, head_class: str) -> Iterator[Group]:
    first = reading.first
    classes = _classes(first[:25])
    yield "first word", first
    yield "db", map(" ".join, pairwise(first))
    yield "dp", map(str.__add__, _PLACES, first)
    yield "fc", classes
    found = [("fv", head_class)]
    if reading.head_verb:
        lemma, at = reading.head_verb[0], reading.head_at
        found += [("fvl", lemma), ("fvi", str(min(at, 3)))]
        yield "fvc", _each(head_class, classes)
        after = [t for t in first[at + 1 : at + 8] if t not in STOP]
        yield "fo", _each(lemma, after[:4])
    yield "", found


def _first_word(word: str) -> Iterator[Feature]:
    yield "f", word
    yield "d", word
    yield "fva", _verb_class().get(word)


def _rest_word(word: str) -> Iterator[Feature]:
    yield "d", word
    yield "rv", _verb_class().get(word)
    yield from zip(repeat("rn"), lexicon().noun.get(word, _NONE), strict=False)


def _schema(reading: Reading, acting: str) -> Iterator[Group]:
    listed = reading.parameters[:_MAX_PARAMETERS]
    yield "parameter", [parameter.words for parameter in listed]
    yield "value", chain.from_iterable([parameter.enum for parameter in listed])
    for parameter in listed:
        if parameter.enum and chooses(parameter.words, parameter.flags):
            yield "act", parameter.enum
            yield "", _farthest(acting, parameter.enum)
    yield "flag", [(flag, acting) for flag in reading.flags]


def _parameter(words: tuple[str, ...]) -> Iterator[Feature]:
    yield "p", "_".join(words)
    yield from zip(repeat("pt"), words, strict=False)
    yield from zip(repeat("pc"), _classes(words), strict=False)


def value(given: str) -> Iterator[Feature]:
    """Yield the features of a value that a parameter lists."""
    told = given.lower()[:_MAX_ENUM_KEY]
    yield "e", told
    yield "ev", _verb_class().get(told.replace("-", "_").split("_", 1)[0])


def act(given: str) -> Iterator[Feature]:
    """Yield the features of a value of a parameter that chooses what the call does."""
    words = name_tokens(given)
    verbs = _verb_class()
    word = next((word for word in words if word in verbs), words[0] if words else None)
    yield "a", word
    yield "av", verbs.get(word or "")


def _farthest(acting: str, several: Iterable[str]) -> Iterator[Feature]:
    """Yield how far the value goes that goes farthest, alone and beside the acting verb."""
    found = chain.from_iterable(map(act, several))
    kinds = {kind[1:].partition("-")[0] for block, kind in found if block == "av" and kind}
    farthest = next((kind for kind in _FARTHEST_FIRST if kind in kinds), "")
    yield "am", farthest
    yield "amv", f"{farthest} {acting}"


def _flag(key: tuple[str, str]) -> Iterator[Feature]:
    flag, acting = key
    yield "pf", flag
    yield "pfv", f"{flag} {acting}"


def _server(words: frozenset[str]) -> Iterator[Feature]:
    yield from zip(repeat("s"), words, strict=False)


def _server_classes(key: tuple[str, frozenset[str]]) -> Iterator[Feature]:
    acting, around = key
    for word in around:
        if word[0] == "@":
            yield "sc", word
            yield "svc", f"{acting} {word}"


@cache
def _rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in EFFECTS}


def _votes(ids: tuple[str, ...]) -> Iterator[Feature]:
    votes: dict[str, int] = {}
    for rule in map(_rules().__getitem__, ids):
        yield "r", rule.id
        yield from zip(repeat("rs"), rule.signals, strict=False)
        if rule.id not in _GENERAL and rule.category:
            votes[rule.category.value] = votes.get(rule.category.value, 0) + 1
            yield "rr", rule.risk.value if rule.risk else ""
    for name, count in votes.items():
        yield "rc", f"{name} {min(count, 3)}"
    yield "rcs", "|".join(sorted(votes))


BUNDLES: dict[str, Callable[[Any], Iterator[Feature]]] = {
    "name word": _name_word,
    "first word": _first_word,
    "rest word": _rest_word,
    "parameter": _parameter,
    "value": value,
    "act": act,
    "flag": _flag,
    "server": _server,
    "server classes": _server_classes,
    "votes": _votes,
}
"""What stands for several features, and the function that spreads it; its argument is hashable."""

__all__ = ["BUNDLES", "WEIGHT", "Feature", "Group", "act", "extract", "features", "value"]
