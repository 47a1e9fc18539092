"""What the model sees of a definition: one extraction for training and run time.

A feature is a (block, key) pair; a key is a word, a class, or a tuple of them. Blocks keep the
same word apart by where it stands: the acting verb of a name says more than the same word in an
example. Counts are ignored: a word is there or not.
"""

from collections.abc import Iterable
from typing import Any

from classifier.lexicon import lexicon
from classifier.reading import STOP, Reading
from classifier.rules import Rule

Features = dict[str, set[Any]]

WEIGHT = {"s": 0.3}
"""Blocks that count less than 1: words of the server's own text, which describe no call."""

_GENERAL = frozenset({"read", "write", "execute", "compute-only"})
_MAX_PARAMETERS = 60
_MAX_ENUM_KEY = 20
_LENGTHS = (1, 30, 80, 200, 600)


def extract(reading: Reading, matched: Iterable[Rule]) -> Features:
    """Return the features of one reading, block by block."""
    noun, verb = lexicon().noun, lexicon().verb
    name_class = reading.name_verb[1] if reading.name_verb else "@none"
    head_class = reading.head_verb[1] if reading.head_verb else "@none"
    acting = name_class if reading.name_verb else head_class
    found: Features = {"mix": {(name_class, head_class)}}
    _name(found, reading, name_class, noun, verb)
    _first(found, reading, head_class, noun, verb)
    rest = reading.rest
    found["d"] |= set(rest)
    found["rb"] = set(zip(rest, rest[1:], strict=False))
    found["rv"] = {verb[t][1] for t in rest if t in verb}
    found["rn"] = {c for t in rest if t in noun for c in noun[t]}
    found["t"] = set(reading.tail)
    _schema(found, reading, acting, noun, verb)
    server_classes = {c for t in reading.server if t in noun for c in noun[t]}
    found["s"] = set(reading.server)
    found["sc"] = server_classes
    found["svc"] = {(acting, c) for c in server_classes}
    _votes(found, matched)
    return found


def _name(
    found: Features, reading: Reading, name_class: str,
    noun: dict[str, tuple[str, ...]], verb: dict[str, tuple[str, str]],
) -> None:  # fmt: skip
    core = reading.core
    classes = {c for t in core if t in noun for c in noun[t]}
    found["n"] = set(reading.name)
    found["nb"] = set(zip(core, core[1:], strict=False))
    found["nc"] = classes
    found["nvc"] = {(name_class, c) for c in classes}
    found["nva"] = {verb[t][1] for t in core if t in verb}
    found["nv"] = {name_class}
    if core:
        found["n0"] = {core[0]}
        found["nz"] = {core[-1]}
        found["nl"] = {str(min(len(core), 5))}
    if reading.name_verb:
        first = verb.get(core[0]) == reading.name_verb
        found["nvl"] = {reading.name_verb[0]}
        found["nvp"] = {(name_class, "0" if first else "1")}


def _first(
    found: Features, reading: Reading, head_class: str,
    noun: dict[str, tuple[str, ...]], verb: dict[str, tuple[str, str]],
) -> None:  # fmt: skip
    first = reading.first
    classes = {c for t in first[:25] if t in noun for c in noun[t]}
    found["f"] = set(first)
    found["d"] = set(first)
    found["db"] = set(zip(first, first[1:], strict=False))
    found["dp"] = {(str(i), t) for i, t in enumerate(first[:3])}
    found["fc"] = classes
    found["fva"] = {verb[t][1] for t in first if t in verb}
    found["fv"] = {head_class}
    if reading.head_verb:
        lemma = reading.head_verb[0]
        found["fvl"] = {lemma}
        found["fvi"] = {str(min(reading.head_at, 3))}
        found["fvc"] = {(head_class, c) for c in classes}
        after = [t for t in first[reading.head_at + 1 : reading.head_at + 8] if t not in STOP]
        found["fo"] = {(lemma, t) for t in after[:4]}


def _schema(
    found: Features, reading: Reading, acting: str,
    noun: dict[str, tuple[str, ...]], verb: dict[str, tuple[str, str]],
) -> None:  # fmt: skip
    listed = reading.parameters[:_MAX_PARAMETERS]
    words = {word for parameter in listed for word in parameter.words}
    found["p"] = {"_".join(parameter.words) for parameter in listed}
    found["pt"] = words
    found["pc"] = {c for t in words if t in noun for c in noun[t]}
    values = {value.lower()[:_MAX_ENUM_KEY] for parameter in listed for value in parameter.enum}
    found["e"] = values
    heads = {value.replace("-", "_").split("_")[0] for value in values}
    found["ev"] = {verb[t][1] for t in heads if t in verb}
    found["pf"] = set(reading.flags)
    found["pfv"] = {(flag, acting) for flag in reading.flags}
    length = len(reading.tool.description or "")
    found["x"] = {
        "parameters " + str(min(len(reading.parameters), 8)),
        "schema" if reading.has_schema else "no schema",
        "length " + str(sum(length >= bound for bound in _LENGTHS)),
    }


def _votes(found: Features, matched: Iterable[Rule]) -> None:
    votes: dict[str, int] = {}
    found["r"], found["rs"], found["rr"] = set(), set(), set()
    for rule in matched:
        found["r"].add(rule.id)
        found["rs"] |= rule.signals
        if rule.id not in _GENERAL and rule.category:
            votes[rule.category.value] = votes.get(rule.category.value, 0) + 1
            found["rr"].add(rule.risk.value if rule.risk else "")
    found["rc"] = {(name, str(min(count, 3))) for name, count in votes.items()}
    found["rcs"] = {"|".join(sorted(votes))}
