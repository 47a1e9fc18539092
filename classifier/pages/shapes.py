"""The policy of one tool, made from one that was rendered for another tool.

A page has a file for each of seventeen targets, and most differ from the next tool's in three
words: the tool's name, the server's key and the digest of the definition. A *shape* is a file
and its panel, rendered once with stand-ins for those, and the stand-ins then made into places to
fill: a hundredth of the work. It is no less safe, for three reasons. Only plain words are filled
in: letters, digits and marks that a stand-in has too. What a target says against a name is asked
for every name. And a shape is only used if filling in a second, unlike stand-in gives to the
letter what rendering gives for that one. Everything else is rendered in full.
"""

from __future__ import annotations

import re  # noqa: TID251  # anchored classes over bounded names, linear
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from classifier.enforcement.documents import AMBIGUOUS
from classifier.enforcement.drift import digest
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.pages.control import Policy, ordered_targets, policy, policy_for_key, server_key
from classifier.pages.environment import filled
from classifier.pages.panels import panel
from classifier.policies import Target, module_of, target
from classifier.rule import Decision, Limit
from classifier.verdict import Risk

LONGEST = 50
LONGEST_KEY = 60
"""Characters of a name or key; what is longer may be cut by a target or in our own words."""

_PLAIN = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{LONGEST - 1}}}")
_KEY = re.compile(rf"[A-Za-z0-9@:/._-]{{1,{LONGEST_KEY}}}")
_NAMES = ("Zqjx_wk-7Jq", "vkq" * 16 + "vk")
_KEYS = ("7kzv:q@7/w.x-v_j", "kzvq-7wj", "kzvq_7wj")
"""Stand-ins for a key: the first that a target admits. Marks that it lacks are rendered in full."""
_PLAIN_KEY = "wvjkzvwj"
_LEADING = "leading"
"""Counts as a mark of a key that does not begin with a letter."""


@dataclass(frozen=True, slots=True)
class Made:
    """A target's policy for one tool, on the page: the file's text, its panel, and its size."""

    target: Target
    text: str
    panel: Any
    size: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """A file and its panel with places to fill."""

    text: str
    panel: str
    size: int
    marks: frozenset[str]
    """What a key may have besides letters and digits."""


def made_for(server: str, intent: Intent) -> tuple[Made, ...]:
    """Return every target's policy for one tool."""
    given = _words(intent, digest((intent,))) if _is_plain(intent) else None
    return tuple(_made(one, server, intent, given) for one in ordered_targets())


def _is_plain(intent: Intent) -> bool:
    plain = _PLAIN.fullmatch(intent.tool) and intent.tool.lower() not in AMBIGUOUS
    return bool(plain and intent.definition_sha256 and not intent.conditions)


def _made(one: Target, server: str, intent: Intent, given: Mapping[str, str] | None) -> Made:
    if given is not None:
        key = server_key(one.id, server)
        shape = _shape(one.id, intent.decision, intent.limit)
        if shape and _fits(shape, key) and not _fault(one.id, intent.tool, key):
            words = {**given, "key": key}
            return Made(one, shape.text % words, filled(shape.panel, words), shape.size)
    full = policy(one, server, (intent,))
    return Made(one, full.text, panel(full), full.size)


def _words(intent: Intent, definitions: str) -> dict[str, str]:
    return {"name": intent.tool, "lower": intent.tool.lower(), "definitions": definitions}


def _fits(shape: _Shape, key: str) -> bool:
    return shape.marks.issuperset(_marks(key))


@lru_cache(maxsize=4096)
def _marks(key: str) -> frozenset[str]:
    """Return the characters of a key besides letters and digits; all of them if it is unusual."""
    if not _KEY.fullmatch(key) or key.lower() in AMBIGUOUS:
        return frozenset(key)
    leading = () if key[0].isalpha() else (_LEADING,)
    return frozenset((*leading, *(char for char in key if not char.isalnum())))


def _fault(target_id: str, name: str, key: str) -> str | None:
    fault_of = getattr(module_of(target_id), "name_fault", None)
    return fault_of(name, key) if fault_of else None


@lru_cache(maxsize=4096)
def _shape(target_id: str, decision: Decision, limit: Limit | None) -> _Shape | None:
    """Return the shape of a target's policy for a decision; None where there can be none."""
    key_fault = getattr(module_of(target_id), "key_fault", None)
    keys = [key for key in (*_KEYS, _PLAIN_KEY) if not (key_fault and key_fault(key))]
    # What a file may say of a tool besides its name differs between the two as well.
    first = _stand_in(_NAMES[0], decision, limit, None)
    second = _stand_in(_NAMES[1], decision, limit, Risk.HIGH)
    if _fault(target_id, first.tool, keys[0]) or _fault(target_id, second.tool, keys[-1]):
        return None
    try:
        one = policy_for_key(target(target_id), keys[0], (first,))
        other = policy_for_key(target(target_id), keys[-1], (second,))
    except PolicyError:
        return None
    shape = _cut(one, first, keys[0])
    words = {**_words(second, digest((second,))), "key": keys[-1]}
    rendered, drawn = str(other.text), panel(other)
    same = shape.text % words == rendered and filled(shape.panel, words) == drawn
    return shape if same else None


def _stand_in(name: str, decision: Decision, limit: Limit | None, risk: Risk | None) -> Intent:
    return Intent(
        server=f"server of {name}",
        tool=name,
        decision=decision,
        limit=limit,
        reason=f"reason of {name}",
        definition_sha256=name,
        risk=risk,
    )


def _cut(one: Policy, stand_in: Intent, key: str) -> _Shape:
    """Return a policy with places where its stand-ins were."""
    places = {word: f"%({name})s" for name, word in _words(stand_in, digest((stand_in,))).items()}
    places[key] = "%(key)s"

    def cut(text: str) -> str:
        text = text.replace("%", "%%")
        for word, place in places.items():
            text = text.replace(word, place)
        return text

    text, drawn = cut(one.text), cut(str(panel(one)))
    size = one.size + drawn.count("%(") * LONGEST_KEY
    return _Shape(text, drawn, size, _marks(key))
