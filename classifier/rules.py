"""The form of a rule: which words, where, and what they say about a call.

A rule is a conjunction of set tests on a `Reading`; nothing here is a regular expression on tool
text. Words are plain lemmas or `@classes` of data/lexicons.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from classifier.reading import Reading
from classifier.verdict import Category, Evidence, Risk

_NONE: frozenset[str] = frozenset()


class Rule(NamedTuple):
    """One rule. Every non-empty condition must hold; `unless_*` must not.

    acts: the acting verb of the name or of the first sentence.
    verbs: any verb of name and first sentence.
    near, near2: a word or noun class of name or first sentence.
    around: a word or noun class there or in what is known of the server.
    flags: what a parameter is (classifier.parameters).
    phrases: word sequences of the description, as they stand, lower case, single spaces.
    as_well: what a call does beside what its words are about, so the verdict is at least the rule's.
    apart: the model has not learned from it; it holds by itself.
    lifts: rules, by id, that set no floor where this one holds: it says more exactly what they see.
    """

    id: str
    category: Category | None = None
    risk: Risk | None = None
    signals: frozenset[str] = _NONE
    acts: frozenset[str] = _NONE
    verbs: frozenset[str] = _NONE
    near: frozenset[str] = _NONE
    near2: frozenset[str] = _NONE
    around: frozenset[str] = _NONE
    flags: frozenset[str] = _NONE
    phrases: tuple[str, ...] = ()
    unless_acts: frozenset[str] = _NONE
    unless_near: frozenset[str] = _NONE
    unless_around: frozenset[str] = _NONE
    unless_flags: frozenset[str] = _NONE
    unless_phrases: tuple[str, ...] = ()
    as_well: bool = False
    apart: bool = False
    lifts: frozenset[str] = _NONE

    def evidence(self, reading: Reading) -> tuple[Evidence, ...]:
        """Quote the words that made the rule hold: at most three, name and description first."""
        known = reading.quoted.get(self.id)
        if known is None:
            known = reading.quoted[self.id] = self._evidence(reading)
        return known

    def act(self, reading: Reading) -> Evidence | None:
        """Quote the acting verb that made the rule hold, and nothing that says what it is about."""
        return _first(reading, self.acts) or _first(reading, self.verbs)

    def things(self, reading: Reading) -> tuple[Evidence, ...]:
        """Quote what made the rule hold but for the verb: what the call is about."""
        act = self.act(reading)
        return tuple(quote for quote in self.evidence(reading) if quote != act)

    def _evidence(self, reading: Reading) -> tuple[Evidence, ...]:
        found: list[Evidence] = []
        if self.as_well:  # what it does besides is the point, not the verb that it begins with
            found += filter(None, map(reading.quote_phrase, self.phrases))
            if found:
                return tuple(found[:1])
        listed = [words for offer, words in reading.offers.items() if offer in self.near]
        for words in (self.acts, self.verbs):
            found += filter(None, [_first(reading, words)])
        found += filter(None, map(reading.quote_text, listed))
        for words in (self.near, self.near2):
            found += filter(None, [_thing(reading, words) or _first(reading, words)])
        around = _thing(reading, self.around)
        if not around and not found and not self.phrases and not self.flags:
            around = _first(reading, self.around)
        found = list(dict.fromkeys([*found, around] if around else found))
        for phrase in self.phrases:
            quote = reading.quote_phrase(phrase)
            if quote:
                found.append(quote)
                break
        if self.flags:
            found += [
                Evidence(parameter.pointer, 0, 0, parameter.name)
                for parameter in reading.parameters
                if not self.flags.isdisjoint(
                    (*parameter.flags, *(f + "!" for f in parameter.flags))
                )
                and parameter.pointer.startswith("/inputSchema")
            ][:1]
        return tuple(found[:3])


def _first(reading: Reading, words: AbstractSet[str]) -> Evidence | None:
    return (reading.quote_name(words) or reading.quote_text(words)) if words else None


def _thing(reading: Reading, words: AbstractSet[str]) -> Evidence | None:
    """Quote what a call is about; of the name not what the server is called by (`linear_get_issue`)."""
    if not words:
        return None
    return reading.quote_name(words, reading.product) or reading.quote_text(words)


def padded(reading: Reading, *, documented: bool = False) -> str:
    """Return first sentence and rest as one text of words with single spaces, for phrases.

    `documented` adds what stands among the argument docs: there, too, a call may be said to do more.
    What is said not to be bound to reading is not: those words are left out.
    """
    text = " " + " ".join(reading.first) + " . " + " ".join(reading.rest) + " "
    if documented:
        text += ". " + " ".join(reading.tail) + " "
    if " read" in text or " select" in text:
        for phrase in _NOT_READ_ONLY:
            text = text.replace(phrase, " ")
    return text


_NOT_READ_ONLY = (
    " not read only ", " not readonly ", " isn t read only ", " not limited to read only ", " not just read only ",
    " not limited to select ", " not only select ", " not restricted to read only ",
)  # fmt: skip


def rule(  # noqa: PLR0913 - one keyword per condition is the point of the form
    identifier: str,
    category: str = "",
    risk: str = "",
    signals: str = "",
    *,
    acts: str = "",
    verbs: str = "",
    near: str = "",
    near2: str = "",
    around: str = "",
    flags: str = "",
    phrases: tuple[str, ...] = (),
    unless_acts: str = "",
    unless_near: str = "",
    unless_around: str = "",
    unless_flags: str = "",
    unless_phrases: tuple[str, ...] = (),
    as_well: bool = False,
    apart: bool = False,
    lifts: str = "",
) -> Rule:
    """Make a rule from space-separated words."""
    return Rule(
        id=identifier,
        category=Category(category) if category else None,
        risk=Risk(risk) if risk else None,
        signals=frozenset(signals.split()),
        acts=frozenset(acts.split()),
        verbs=frozenset(verbs.split()),
        near=frozenset(near.split()),
        near2=frozenset(near2.split()),
        around=frozenset(around.split()),
        flags=frozenset(flags.split()),
        phrases=tuple(f" {phrase} " for phrase in phrases),
        unless_acts=frozenset(unless_acts.split()),
        unless_near=frozenset(unless_near.split()),
        unless_around=frozenset(unless_around.split()),
        unless_flags=frozenset(unless_flags.split()),
        unless_phrases=tuple(f" {phrase} " for phrase in unless_phrases),
        as_well=as_well,
        apart=apart,
        lifts=frozenset(lifts.split()),
    )


_ACTS = ("acts", "unless_acts")
_NEAR = ("near", "near2", "verbs", "around", "unless_near", "unless_around")
_AROUND = ("around", "unless_around")
_FLAGS = ("flags", "unless_flags")
"""Conditions by what they are asked of, a lane each: acting verbs, near words, the server, flags."""


class _Table:
    """For every word, which rules it counts for in which condition: a bit a rule and condition."""

    def __init__(self, rules: Sequence[Rule], conditions: tuple[str, ...]) -> None:
        self._bits: dict[str, int] = {}
        for lane, condition in enumerate(conditions):
            for index, item in enumerate(rules, lane * len(rules)):
                for word in getattr(item, condition):
                    self._bits[word] = self._bits.get(word, 0) | 1 << index

    def met(self, words: AbstractSet[str]) -> int:
        """Return the bits of all these words."""
        bits = 0
        for word in self._bits.keys() & words:
            bits |= self._bits[word]
        return bits


def _by_word(phrases: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return phrases by a word that is in any text with them: the longest, as a rule the rarest.

    A text is searched only for the phrases whose words it has: most have none of them.
    """
    found: dict[str, tuple[str, ...]] = {}
    for phrase in phrases:
        word = max(phrase.split(), key=len)
        found[word] = (*found.get(word, ()), phrase)
    return found


def _has_any(text: str, words: AbstractSet[str], phrases: Mapping[str, Sequence[str]]) -> bool:
    """Say whether one of the phrases is in the text, which has these words."""
    for word in phrases.keys() & words:
        for phrase in phrases[word]:  # loops: `any` makes a generator for each rule and text
            if phrase in text:
                return True
    return False


class RuleBook:
    """Rules as bits, so that a word says at once for which of all the rules it counts."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._acts, self._near = _Table(rules, _ACTS), _Table(rules, _NEAR)
        self._flags = _Table(rules, _FLAGS)
        self._met_around = lru_cache(maxsize=4096)(_Table(rules, _AROUND).met)
        self._free = [self._where(rules, name) for name in (*_NEAR[:4], "acts", "flags")]
        self._told = self._where(rules, "phrases", "unless_phrases", has=True)
        self._phrases = [_by_word(item.phrases) for item in rules]
        self._unless = [_by_word(item.unless_phrases) for item in rules]

    @staticmethod
    def _where(rules: Sequence[Rule], *conditions: str, has: bool = False) -> int:
        """Return the bits of the rules with none of these conditions, or with some."""
        return sum(
            1 << index
            for index, item in enumerate(rules)
            if any(getattr(item, condition) for condition in conditions) is has
        )

    def matching(self, reading: Reading) -> tuple[Rule, ...]:
        """Return the rules that hold, in their own order."""
        rules, size = self.rules, len(self.rules)
        acts, flags = self._acts.met(reading.acts), self._flags.met(reading.flags)
        words, around = self._near.met(reading.near), self._met_around(reading.around)
        near, near2, verbs, beside, no_acts, no_flags = self._free
        # What needs nothing of a kind holds without it; lanes of `unless` take away at the end.
        bits = (words | near) & (words >> size | near2) & (words >> 2 * size | verbs)
        bits &= (words >> 3 * size | around | beside) & (acts | no_acts) & (flags | no_flags)
        bits &= ~(words >> 4 * size | words >> 5 * size | (acts | around | flags) >> size)
        bits &= (1 << size) - 1
        heard = reading.opening | reading.far if bits & self._told else _NONE
        text = padded(reading) if heard else ""
        found = []
        while bits:
            index = (bits & -bits).bit_length() - 1
            item, wanted, barred = rules[index], self._phrases[index], self._unless[index]
            bits &= bits - 1
            if wanted or barred:
                said, told = heard, text
                if item.as_well and reading.tail:
                    said = heard | frozenset(reading.tail)
                    told = padded(reading, documented=True)
                if wanted and not _has_any(told, said, wanted):
                    continue
                if barred and _has_any(told, said, barred):
                    continue
            found.append(item)
        return tuple(found)
