"""What the model sees of a definition: one extraction for training and run time.

A feature is a (block, key) pair; a key is a word, a class, or two of them with a space between.
Blocks keep the same word apart by where it stands: the acting verb of a name says more than the
same word in an example. Counts are ignored: a word is there or not. Keys may repeat and may be
None, which stands for "no class"; both are dropped by whoever collects them.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise, repeat

from classifier.lexicon import lexicon
from classifier.reading import STOP, Reading
from classifier.rules import Rule

Block = tuple[str, Iterable[str | None]]

WEIGHT = {"s": 0.3}
"""Blocks that count less than 1: words of the server's own text, which describe no call."""

_GENERAL = frozenset({"read", "write", "execute", "compute-only"})
_MAX_PARAMETERS = 60
_MAX_ENUM_KEY = 20
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


def extract(reading: Reading, matched: tuple[Rule, ...]) -> Iterator[Block]:
    """Yield the features of one reading, block by block."""
    name_class = reading.name_verb[1] if reading.name_verb else "@none"
    head_class = reading.head_verb[1] if reading.head_verb else "@none"
    acting = name_class if reading.name_verb else head_class
    rest = reading.rest
    yield "mix", (f"{name_class} {head_class}",)
    yield from _name(reading, name_class)
    yield from _first(reading, head_class)
    if rest:
        yield "d", rest
        yield "rb", map(" ".join, pairwise(rest))
        yield "rv", map(_verb_class().get, rest)
        yield "rn", _classes(rest)
    yield "t", reading.tail
    yield from _schema(reading, acting)
    yield "s", reading.server
    server_classes = [word for word in reading.around if word[0] == "@"]
    yield "sc", server_classes
    yield "svc", _each(acting, server_classes)
    yield from _votes(matched)


def _name(reading: Reading, name_class: str) -> Iterator[Block]:
    core = reading.core
    classes = _classes(core)
    yield "n", reading.name
    yield "nb", map(" ".join, pairwise(core))
    yield "nc", classes
    yield "nvc", _each(name_class, classes)
    yield "nva", map(_verb_class().get, core)
    yield "nv", (name_class,)
    if core:
        yield "n0", core[:1]
        yield "nz", core[-1:]
        yield "nl", (str(min(len(core), 5)),)
    if reading.name_verb:
        first = lexicon().verb.get(core[0]) == reading.name_verb
        yield "nvl", reading.name_verb[:1]
        yield "nvp", (name_class + (" 0" if first else " 1"),)


def _first(reading: Reading, head_class: str) -> Iterator[Block]:
    first = reading.first
    classes = _classes(first[:25])
    yield "f", first
    yield "d", first
    yield "db", map(" ".join, pairwise(first))
    yield "dp", map(str.__add__, _PLACES, first)
    yield "fc", classes
    yield "fva", map(_verb_class().get, first)
    yield "fv", (head_class,)
    if reading.head_verb:
        lemma, at = reading.head_verb[0], reading.head_at
        yield "fvl", (lemma,)
        yield "fvi", (str(min(at, 3)),)
        yield "fvc", _each(head_class, classes)
        after = [t for t in first[at + 1 : at + 8] if t not in STOP]
        yield "fo", _each(lemma, after[:4])


def _schema(reading: Reading, acting: str) -> Iterator[Block]:
    listed = reading.parameters[:_MAX_PARAMETERS]
    if listed:
        words = set(chain.from_iterable(parameter.words for parameter in listed))
        yield "p", ["_".join(parameter.words) for parameter in listed]
        yield "pt", words
        yield "pc", _classes(words)
        values = {value.lower()[:_MAX_ENUM_KEY] for p in listed if p.enum for value in p.enum}
        if values:
            yield "e", values
            heads = [value.replace("-", "_").split("_", 1)[0] for value in values]
            yield "ev", map(_verb_class().get, heads)
        yield "pf", reading.flags
        yield "pfv", [f"{flag} {acting}" for flag in reading.flags]
    length = len(reading.tool.description or "")
    yield (
        "x",
        (
            "parameters " + str(min(len(reading.parameters), 8)),
            "schema" if reading.has_schema else "no schema",
            "length " + str(sum(length >= bound for bound in _LENGTHS)),
        ),
    )


def _votes(matched: tuple[Rule, ...]) -> Iterator[Block]:
    votes: dict[str, int] = {}
    risks: list[str] = []
    for rule in matched:
        if rule.id not in _GENERAL and rule.category:
            votes[rule.category.value] = votes.get(rule.category.value, 0) + 1
            risks.append(rule.risk.value if rule.risk else "")
    yield "r", [rule.id for rule in matched]
    yield "rs", set(chain.from_iterable(rule.signals for rule in matched))
    yield "rr", risks
    yield "rc", [f"{name} {min(count, 3)}" for name, count in votes.items()]
    yield "rcs", ("|".join(sorted(votes)),)
