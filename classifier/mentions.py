"""Verbs of change and action that a description names, told from nouns that are spelt the same.

"Deletes the file", "to send it" and "and places the order" name one; "a label", "the stored card",
"builds" and "clear text" do not. A word counts where it stands as a verb does: in its base form or
with -s, at the start of a clause or after a word like "to", and before its object.
"""

from enum import Enum
from functools import cache
from typing import NamedTuple

import re2

from classifier.described import is_other
from classifier.lexicon import lexicon
from classifier.reading import MAX_DESCRIPTION, Reading

_CLASSES = frozenset(
    [
        *("@write-create", "@write-delete", "@write-mark", "@write-save", "@write-undo"),
        *("@write-update", "@exec-connect", "@exec-device", "@exec-gen", "@exec-run"),
        *("@exec-send", "@exec-social", "@exec-stop", "@exec-trade", "@exec-ui"),
    ]
)
_EMPTY = frozenset(
    [
        "accept", "apply", "ask", "attach", "build", "call", "choose", "compose", "confirm", "define", "dial",
        "establish", "focus", "follow", "handle", "input", "join", "leave", "like", "make", "mark",
        "orchestrate", "perform", "process", "prompt", "say", "set", "setup", "share", "speak",
        "test", "translate", "type", "visit",
    ]
)  # fmt: skip
"""Verbs that say nothing of a change without their object: "make a request", "perform a search"."""
_VERB = re2.compile(  # type: ignore[no-untyped-call]
    r"(?i)(?:^|[.;:!?)\n]\s*|\b(?:to|and|or|then|also|it|can|will|may|automatically|permanently|silently|that|which)\s+)"
    r"([a-z]+)\s+(?:the|a|an|all|any|every|each|it|them|this|these|those|its|your|their|one|new|existing|multiple|everything)\b"
)


_NO_VERBS = frozenset({"long", "new", "news", "short"})


class Kind(Enum):
    """How a definition speaks of changes."""

    NONE = "none"  # no word of it is a form of a verb of change
    UNCLEAR = "unclear"  # a word is spelt like one, or the language is not read
    HEAD = "head"  # its first word is one
    NAMED = "named"  # a clause has one
    SAVES = "saves"  # a parameter says where to save something


class Mention(NamedTuple):
    """What is named: the word as it stands, and whether it is an action rather than a change."""

    kind: Kind
    word: str = ""
    acts: bool = False


_NONE, _UNCLEAR = Mention(Kind.NONE), Mention(Kind.UNCLEAR)


@cache
def _forms() -> frozenset[str]:
    return frozenset(word for word, (_, kind) in lexicon().verb.items() if kind in _CLASSES)


def mention(reading: Reading) -> Mention:
    """Return the first verb of change or action that the description names."""
    if "outpath" in reading.flags and (where := _saved_at(reading)):
        return Mention(Kind.SAVES, where)
    text = reading.tool.description or ""
    told = text[reading.lead : MAX_DESCRIPTION]
    if _clear_of(reading):
        return _NONE if told.isascii() and len(text) <= MAX_DESCRIPTION else _UNCLEAR
    forms = _forms()
    first = reading.first[0] if reading.first else ""
    if not told.isascii():
        told = told.encode(errors="replace").decode()  # re2 takes no lone surrogates
    for found in _VERB.finditer(told):
        word = found.group(1).lower()
        if word in forms and _finite(word) and _tells(*lexicon().verb[word]):
            begins = found.start(1) == 0 and word == first and _begins(told, first)
            return Mention(Kind.HEAD if begins else Kind.NAMED, found.group(1), _acts(word))
    return _UNCLEAR


def _saved_at(reading: Reading) -> str:
    """Return the name of the parameter that says where to save something; empty where none does."""
    found = (
        one.name
        for one in reading.parameters
        if "outpath" in one.flags and not one.enum and not is_other(reading, one, "outpath")
    )
    return next(found, "")


def _clear_of(reading: Reading) -> bool:
    """Say whether no word of a definition is a form of a verb of change."""
    forms = _forms()
    return (
        _CLASSES.isdisjoint(reading.near)
        and _CLASSES.isdisjoint(reading.far)
        and forms.isdisjoint(reading.tail)
        and all(forms.isdisjoint(parameter.words) for parameter in reading.parameters)
    )


def _finite(word: str) -> bool:
    """Say whether a form is the base form or ends in -s: "stored" and "storing" describe a thing."""
    return word.isascii() and (word == lexicon().verb[word][0] or word.endswith("s"))


def _begins(told: str, first: str) -> bool:
    """Say whether a text begins with a verb: not with "long-range", "News" or an underscore."""
    if first in _NO_VERBS or not told.lower().startswith(first):
        return False
    return told[len(first) : len(first) + 1] != "-"


def _tells(lemma: str, kind: str) -> bool:
    """Say whether a verb says something by itself; what a reading tool generates is its answer."""
    return lemma not in _EMPTY and kind != "@exec-gen"


def _acts(word: str) -> bool:
    return lexicon().verb[word][1].startswith("@exec")
