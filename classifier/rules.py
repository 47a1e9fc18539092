"""The form of a rule: which words, where, and what they say about a call.

A rule is a conjunction of set tests on a `Reading`; nothing here is a regular expression on tool
text. Words are plain lemmas or `@classes` of data/lexicons.
"""

from dataclasses import dataclass

from classifier.reading import Reading
from classifier.verdict import Category, Evidence, Risk

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Every non-empty condition must hold; `unless_*` must not.

    acts: the acting verb of the name or of the first sentence.
    verbs: any verb of name and first sentence.
    near, near2: a word or noun class of name or first sentence.
    around: a word or noun class there or in what is known of the server.
    flags: what a parameter is (classifier.parameters).
    phrases: word sequences of the description, as they stand, lower case, single spaces.
    settled: the guide rules on this very case, so the rule decides without the model.
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
    settled: bool = False

    def matches(self, reading: Reading, text: str) -> bool:  # noqa: PLR0911 - a conjunction, cheapest test first
        """Say whether the rule holds; `text` is `padded(reading)`."""
        if self.acts and self.acts.isdisjoint(reading.acts):
            return False
        if self.near and self.near.isdisjoint(reading.near):
            return False
        if self.verbs and self.verbs.isdisjoint(reading.near):
            return False
        if self.near2 and self.near2.isdisjoint(reading.near):
            return False
        if self.flags and self.flags.isdisjoint(reading.flags):
            return False
        if (
            self.around
            and self.around.isdisjoint(reading.near)
            and self.around.isdisjoint(reading.around)
        ):
            return False
        if self.phrases and not any(phrase in text for phrase in self.phrases):
            return False
        return not self._excluded(reading, text)

    def _excluded(self, reading: Reading, text: str) -> bool:
        return (
            (bool(self.unless_acts) and not self.unless_acts.isdisjoint(reading.acts))
            or (bool(self.unless_near) and not self.unless_near.isdisjoint(reading.near))
            or (bool(self.unless_flags) and not self.unless_flags.isdisjoint(reading.flags))
            or (
                bool(self.unless_around)
                and not (
                    self.unless_around.isdisjoint(reading.near)
                    and self.unless_around.isdisjoint(reading.around)
                )
            )
            or any(phrase in text for phrase in self.unless_phrases)
        )

    def evidence(self, reading: Reading) -> tuple[Evidence, ...]:
        """Quote the words that made the rule hold: at most three, name and description first."""
        found: list[Evidence] = []
        for words in (self.acts, self.verbs, self.near, self.near2, self.around):
            if words:
                quote = reading.quote_name(words) or reading.quote_text(words)
                if quote and quote not in found:
                    found.append(quote)
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


def padded(reading: Reading) -> str:
    """Return first sentence and rest as one text of words with single spaces, for phrases."""
    return " " + " ".join(reading.first) + " . " + " ".join(reading.rest) + " "


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
    settled: bool = False,
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
        settled=settled,
    )


class RuleBook:
    """Rules indexed by words that must be there for them to hold, so that most are never tried."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._by_act: dict[str, list[int]] = {}
        self._by_word: dict[str, list[int]] = {}
        self._by_told: dict[str, list[int]] = {}  # longest words of phrases, anywhere in the text
        self._by_flag: dict[str, list[int]] = {}
        self._always: list[int] = []
        for index, item in enumerate(rules):
            where, words = self._place(item)
            if not words:
                self._always.append(index)
            for word in words:
                where.setdefault(word, []).append(index)

    def _place(self, item: Rule) -> tuple[dict[str, list[int]], frozenset[str]]:
        """Return the index that a rule is kept in, and the words of which it needs one."""
        if item.acts:
            return self._by_act, item.acts
        if item.flags:
            return self._by_flag, item.flags
        if item.near or item.near2 or item.verbs:
            return self._by_word, min(
                (w for w in (item.near, item.near2, item.verbs) if w), key=len
            )
        if item.phrases:
            # Any word of a phrase must be there; the longest is the rarest.
            return self._by_told, frozenset(max(p.split(), key=len) for p in item.phrases)
        return self._by_word, _NONE

    def matching(self, reading: Reading) -> tuple[Rule, ...]:
        """Return the rules that hold, in their own order."""
        candidates = set(self._always)
        for act in reading.acts:
            candidates.update(self._by_act.get(act, ()))
        for flag in self._by_flag.keys() & reading.flags:
            candidates.update(self._by_flag[flag])
        for word in self._by_word.keys() & reading.near:
            candidates.update(self._by_word[word])
        for words in (reading.near, reading.far):
            for word in self._by_told.keys() & words:
                candidates.update(self._by_told[word])
        text = padded(reading)
        rules = self.rules
        return tuple(rules[i] for i in sorted(candidates) if rules[i].matches(reading, text))
