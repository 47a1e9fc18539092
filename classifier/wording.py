"""Sentences that read like an order to the model, weighed by what their words are about.

A linear model (data/models/tool-threat-v1) over words, neighbours, and meetings of classes of words
(`@user` with `@not` and `@tell`), by the place where the sentence stands and by what is foreign to the
tool: a secret in a tool about secrets is none. It was fitted on hand-written attacks and on real
definitions (benchmarks/train_threats.py). A sum over words in which no word counts less than nothing says
beforehand whether a definition, a string, a sentence is worth the look: what is ruled out as a whole
is ruled out in every part, and padding with harmless words hides nothing.
"""

from __future__ import annotations

import math
import re  # noqa: TID251 - one bounded expression, linear; a fraction of re2's cost per match
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise, repeat
from typing import Any, NamedTuple

import orjson
import re2

from classifier import cues
from classifier.errors import DataError
from classifier.gate import MODEL, gate_keys, halves, words_of
from classifier.passages import Part, parts, sentences, worthy_parts
from classifier.texts import Text, texts
from classifier.verdict import Evidence
from crawler.placed_names import name_without_place
from crawler.records import Tool

__all__ = [
    "MODEL", "Passage", "Weights", "gate_keys", "listen", "odd", "passages", "share", "singles_and_pairs",
    "weights", "words_of", "worst",
]  # fmt: skip
_ZERO = repeat(0.0)
_MOST_QUOTES = 3
_JUST_BELOW = 0.75
_MOST_PIECES = 45
_LONGEST_LEAD = 2_000
_LONGEST_NAME = 200
_LONGEST_JOINED = 1_500
_LENGTHS = (4, 10, 25, 50)
_KNOWN = 3  # letters; shorter words of a name say nothing


class Passage(NamedTuple):
    """A part of a definition that is weighed: a sentence, two, a field, several fields as one."""

    text: Text
    start: int
    end: int
    told: str
    singles: tuple[str, ...]
    """Words, classes, and what else is weighed alone."""
    near: frozenset[tuple[str, str]]
    """Neighbouring words."""
    classes: Sequence[str]
    """Of words, sorted."""
    alien: Sequence[str]
    """The classes that are foreign to the tool, sorted."""
    meant: Sequence[str]
    """The classes of the parameter's name."""
    place: str

    @property
    def size(self) -> int:
        """How many features there are: singles, and `pairs` without making them."""
        many, foreign = len(self.classes), len(self.alien)
        among = many * (many - 1) // 2 + foreign * (foreign - 1) // 2
        return len(self.singles) + len(self.near) + among + len(self.meant) * foreign + many

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield what is weighed by twos: neighbours, and classes that meet."""
        yield from self.near
        for one, others in self.meetings():
            yield from zip(repeat(one), others, strict=False)

    def meetings(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield each class, or place, with all those that it meets."""
        for several in (self.classes, self.alien):
            for number, one in enumerate(several, 1):
                yield one, several[number:]
        for one in self.meant:
            yield one, self.alien
        yield self.place, self.classes

    def quote(self) -> Evidence:
        """Quote it."""
        return self.text.quote(self.start, self.end)


class Weights(NamedTuple):
    """A fitted model; scores are logits."""

    single: dict[str, float]
    pairs: dict[str, dict[str, float]]
    """By the first of two, then by the second."""
    bias: float
    sure: float
    """Score from which a passage is called hostile."""
    doubt: float
    """Score below which a hit of other detectors on words is not believed."""
    gate: dict[str, float]
    ready: dict[str, float]
    """What common words add to the gate, worked out beforehand."""
    open: float
    """Sum of the gate from which a text is read."""

    def score(self, passage: Passage) -> float:
        """Return the logit of a passage; a long one has more of everything, so it counts for less."""
        found = sum(map(self.single.get, passage.singles, _ZERO))
        rows = self.pairs
        for one, other in passage.near:
            if one in rows:
                found += rows[one].get(other, 0.0)
        for one, others in passage.meetings():
            if one in rows:
                found += sum(map(rows[one].get, others, _ZERO))
        return self.bias + found * share(passage.size)


def share(features: int) -> float:
    """Return what the sum over so many features is multiplied with."""
    return math.sqrt(math.sqrt(150.0 / max(features, 20)))


@cache
def weights() -> Weights:
    """Return the shipped model.

    Raises:
        DataError: the file is missing or malformed.

    """
    head, rest = halves()
    try:
        made = head if "single" in head else head | orjson.loads(rest)
        return Weights(
            single=made["single"], pairs=made["pairs"],
            bias=made["bias"], sure=made["sure"], doubt=made["doubt"],
            gate=made["gate"], ready=made["ready"], open=made["open"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as cause:
        raise DataError(f"data/models/{MODEL}/weights.json: {cause}") from cause


def listen(tool: Tool, every: Sequence[Text]) -> list[tuple[float, Evidence]]:
    """Return (score, quote) of the passages above the bar or just below it, the worst first.

    What is quoted does not overlap. `every` are the strings of the definition.
    """
    model = weights()
    scored = [(model.score(one), one) for one in _weighed(tool, worthy_parts(every))]
    scored = sorted(
        (one for one in scored if one[0] >= model.sure - _JUST_BELOW), key=lambda one: -one[0]
    )
    found: list[tuple[float, Evidence]] = []
    for score, one in scored:
        quote = one.quote()
        if not any(_overlap(quote, other) for _, other in found):
            found.append((score, quote))
            if len(found) == _MOST_QUOTES:
                break
    return found


def worst(tool: Tool) -> float:
    """Return the highest score of a definition, every passage weighed."""
    return max(map(weights().score, passages(tool)), default=-math.inf)


def odd(tool: Tool) -> bool:
    """Say whether any passage is weighed at least so that a detector of phrases is believed."""
    model = weights()
    return any(model.score(one) >= model.doubt for one in passages(tool))


def _overlap(one: Evidence, other: Evidence) -> bool:
    return one.pointer == other.pointer and (
        one == other or (one.start < other.end and other.start < one.end)
    )


class _Setting(NamedTuple):
    """What is known of a tool before its sentences are read."""

    about: frozenset[str]  # classes of its name and its first sentence
    known: frozenset[str]  # words of its names
    parameters: frozenset[str]
    latin: bool


def _setting(tool: Tool) -> _Setting:
    description = tool.description if isinstance(tool.description, str) else ""
    description = _encodable(description[:_LONGEST_LEAD])
    lead = next((description[start:end] for start, end in sentences(description)), "")
    schema = tool.input_schema if isinstance(tool.input_schema, dict) else {}
    listed = schema.get("properties")
    parameters = frozenset(map(str.lower, listed)) if isinstance(listed, dict) else frozenset()
    words = frozenset(_words(tool.name))
    about = chain(map(cues.of_word, words), (cues.piece(p).cues for p in lead[:300].split()))
    return _Setting(
        about=frozenset().union(*about),
        known=words | frozenset(_words(name_without_place(tool.server))) | parameters,
        parameters=parameters,
        latin=_is_latin(lead),
    )


@cache
def _name_word() -> Any:
    """Return the words of a name in any script: dear to compile, and seldom asked for."""
    return re2.compile(r"\pL+|\d+")  # type: ignore[no-untyped-call]


_ascii_word = re.compile("[a-z]+|[0-9]+")


def _words(name: str) -> tuple[str, ...]:
    return _words_of(name[:_LONGEST_NAME])


@lru_cache(maxsize=8192)
def _words_of(name: str) -> tuple[str, ...]:
    if name.isascii():
        return tuple(_ascii_word.findall(name.lower()))
    return tuple(map(cues.fold, _name_word().findall(_encodable(name))))


def _encodable(text: str) -> str:
    """Return a text without lone surrogates, which RE2 refuses."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _is_latin(text: str) -> bool:
    """Say whether at least half of the letters are Latin ones."""
    if text.isascii():
        return True
    letters = [c for c in text[:_LONGEST_JOINED] if c.isalpha()]
    return sum(c < "\u0250" for c in letters) * 2 >= len(letters)


def passages(tool: Tool) -> Iterator[Passage]:
    """Yield every passage of a definition that is weighed."""
    return _weighed(tool, parts(texts(tool)))


def _weighed(tool: Tool, cut: Iterable[Part]) -> Iterator[Passage]:
    setting: _Setting | None = None
    for part in cut:
        setting = setting or _setting(tool)
        yield _passage(part, setting)


_ALIEN = frozenset(
    [
        "@secret", "@file", "@path", "@talk", "@prompt", "@personal", "@env", "@money", "@user", "@model",
        "@consent", "@delete", "@run", "@remember", "@tool", "@server", "@url", "@mail", "@other", "@rule",
        "@authority", "@ignore", "@hide", "@best", "@obey", "@send",
    ]
)  # fmt: skip
"""Classes that are telling where a tool's name and first sentence have nothing of the kind."""


def _passage(part: Part, setting: _Setting) -> Passage:
    words, found = _read(part.told, setting)
    near = frozenset(pairwise(words))
    table = cues.lexicon().pairs
    for pair in table.keys() & near:
        found |= table[pair]
    classes = sorted(found)
    alien = ["!" + one for one in classes if one in _ALIEN and one not in setting.about]
    field = part.text.pointer.split("/")[-2] if part.place == "field" else ""
    named, meant = _field(field[:_LONGEST_NAME])
    marks = (part.mark, "p:" + part.place, f"n:{bisect_left(_LENGTHS, len(words))}")
    return Passage(
        part.text, part.start, part.end, part.told,
        (*frozenset(words), *classes, *alien, *meant, *named, *marks),
        near, classes, alien, meant, part.place,
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _field(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a parameter's name, and their classes."""
    words = frozenset(_words(name))
    classes = frozenset[str]().union(*map(cues.of_word, words))
    return tuple("x:" + one for one in words), tuple("X" + one for one in classes)


def _read(told: str, setting: _Setting) -> tuple[list[str], set[str]]:
    """Return the words and the classes of a passage."""
    words: list[str] = []
    found: set[str] = set()
    for text in told.split(None, _MOST_PIECES)[:_MOST_PIECES]:
        said, classes, name = cues.piece(text)
        words += said
        if classes:
            found |= classes
        if name:
            found.add(_whose(name, setting))
        elif text[0] in "`'\"(" and text.strip("`'\".,;:()").lower() in setting.parameters:
            found.add("@own")
    if setting.latin and not _is_latin(told):
        found.add("@foreign")
    return words, found


def _whose(name: str, setting: _Setting) -> str:
    """Say whether a name in code's spelling is a parameter, of the same family, or from elsewhere."""
    if name in setting.parameters:
        return "@own"
    words = (word for word in name.split("_") if len(word) > _KNOWN)
    return "@stranger" if setting.known.isdisjoint(words) else "@sibling"


def singles_and_pairs(found: Iterable[Passage]) -> Iterator[list[str]]:
    """Yield the features of passages as texts, for training."""
    for one in found:
        yield [*one.singles, *("\t".join(pair) for pair in frozenset(one.pairs()))]
