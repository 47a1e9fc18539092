"""What the definitions cost: the part of a model's context that they take on every turn."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.pages.invisible import visible
from classifier.pages.model import ToolFacts
from classifier.pages.words import cut, number
from crawler.records import canonical_json

CONTEXT = 200_000
"""The context that percentages refer to, in tokens."""

CHARACTERS_PER_TOKEN = 4
"""A common rule of thumb for JSON and English; every model's own count differs."""


def tokens(facts: ToolFacts) -> int:
    """Return about how many tokens a definition takes."""
    return -(-len(canonical_json(facts.tool.definition)) // CHARACTERS_PER_TOKEN)


def cost_sentence(tools: Sequence[ToolFacts]) -> str:
    """Say what the definitions cost, and which one costs most."""
    if not tools:
        return ""
    each = [(tokens(facts), facts.tool.name) for facts in tools]
    total = sum(count for count, _ in each)
    most, name = max(each)
    share = f"{100 * total / CONTEXT:.1f} %"
    return (
        f"About {number(total, 'token')} on every turn, {share} of a context of {CONTEXT:,} "
        f"(estimated at {CHARACTERS_PER_TOKEN} characters a token). The heaviest definition is "
        f"that of {cut(visible(name), 60)}, with about {number(most, 'token')}."
    )
