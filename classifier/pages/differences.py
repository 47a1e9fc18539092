"""What changed between two versions of a definition: words of texts, and the rest by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from classifier.pages.definition import escape
from classifier.pages.places import place
from classifier.pages.words import cut
from crawler.records import canonical_json

MOST_CHANGES = 24
MOST_WORDS = 600
MOST_PAIRS = 10_000
"""Pairs of equal words up to which two texts are aligned: `a a a …` costs the cube of its length."""

_CONTEXT = 8
_LONGEST = 200
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One place that changed. Parts are (`same`, `out` or `in`, words)."""

    where: str
    parts: tuple[tuple[str, str], ...]


def differences(old: dict[str, Any], new: dict[str, Any]) -> tuple[Change, ...]:
    """Return what changed, in the order of the definition's keys, at most 24 places."""
    made: list[Change] = []
    for change in _walk("", old, new, 0):
        made.append(change)
        if len(made) == MOST_CHANGES:
            break
    return tuple(made)


def _walk(pointer: str, old: Any, new: Any, depth: int) -> Iterator[Change]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and depth < _DEEPEST:
        for key in dict.fromkeys([*old, *new]):
            inner = f"{pointer}/{escape(str(key))}"
            if key not in new:
                yield Change(place(inner), (("out", _brief(old[key])),))
            elif key not in old:
                yield Change(place(inner), (("in", _brief(new[key])),))
            else:
                yield from _walk(inner, old[key], new[key], depth + 1)
        return
    if isinstance(old, str) and isinstance(new, str):
        yield Change(place(pointer), tuple(word_diff(old, new)))
        return
    yield Change(place(pointer), (("out", _brief(old)), ("in", _brief(new))))


def _brief(value: Any) -> str:
    return cut(value if isinstance(value, str) else canonical_json(value), _LONGEST)


def aligned(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Return which stretches of two lists of words are equal, as `SequenceMatcher` names them.

    Where finding that out would take too long, the whole counts as replaced.
    """
    counts = Counter(after)
    if sum(counts[word] for word in before) > MOST_PAIRS:
        return [("equal" if before == after else "replace", 0, len(before), 0, len(after))]
    return list(SequenceMatcher(None, before, after, autojunk=False).get_opcodes())


def word_diff(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield the words that stayed, went and came; long unchanged stretches are cut."""
    before, after = old.split()[:MOST_WORDS], new.split()[:MOST_WORDS]
    for tag, i1, i2, j1, j2 in aligned(before, after):
        if tag == "equal":
            kept = before[i1:i2]
            if len(kept) > 2 * _CONTEXT:
                kept = [*kept[:_CONTEXT], "\u2026", *kept[-_CONTEXT:]]
            yield "same", " ".join(kept)
            continue
        if i1 < i2:
            yield "out", cut(" ".join(before[i1:i2]), 3 * _LONGEST)
        if j1 < j2:
            yield "in", cut(" ".join(after[j1:j2]), 3 * _LONGEST)
