"""The recommended decision about a tool, and the policy of every target that carries it out.

Nothing here writes policy text: classifier.policies does, from the one intent that the card, the
questions and the machine twins also read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from classifier.errors import PolicyError
from classifier.intent import Intent, Profile, decide_intent, effect
from classifier.policies import Memo, Power, Target, render, suggest_key, targets
from classifier.verdict import Classification
from crawler.records import Tool

FIRST = ("policylayer", "claude-code")
_NOT_UTF8 = "its name holds half a character, which no file can hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One target's file for one tool or server, or why there is none."""

    target: Target
    text: str
    file_name: str
    effective: str
    differs: bool
    limits: tuple[str, ...]
    """What the target cannot express, and other remarks."""
    refusal: str = ""
    """Why no file can be made; then `text` is empty."""
    is_left_out: bool = False
    """The file is too long for the page; then `text` is empty too."""

    @property
    def size(self) -> int:
        """Characters on a page, about: a quotation mark is escaped to five."""
        return sum(len(text) + 4 * text.count('"') for text in (self.text, *self.limits))


@lru_cache(maxsize=1)
def ordered_targets() -> tuple[Target, ...]:
    """Return the targets, the best known first."""
    rank = {name: place for place, name in enumerate(FIRST)}
    return tuple(sorted(targets(), key=lambda t: (rank.get(t.id, len(rank)), t.title.casefold())))


@lru_cache(maxsize=4096)
def server_key(target_id: str, server: str) -> str:
    """Return the key that a server would have in a target's configuration: a guess, said as one."""
    return suggest_key(target_id, server)


def intent_of(
    tool: Tool, verdict: Classification, profile: Profile = Profile.RECOMMENDED
) -> Intent:
    """Return what should become of calls to a tool."""
    return decide_intent(tool, verdict, profile)


def policies(server: str, intents: Sequence[Intent]) -> tuple[Policy, ...]:
    """Return every target's policy for tools of one server."""
    return tuple(policy(target, server, intents) for target in ordered_targets())


def within(given: Sequence[Policy], budget: int) -> tuple[Policy, ...]:
    """Return policies with the texts that a page of so many characters can hold.

    The first ones keep theirs; a name of a thousand characters stands in seventeen files.
    """
    made: list[Policy] = []
    for one in given:
        budget -= one.size
        made.append(one if budget >= 0 else replace(one, text="", limits=(), is_left_out=True))
    return tuple(made)


def policy(
    target: Target,
    server: str,
    intents: Sequence[Intent],
    *,
    whole: bool = False,
    memo: Memo | None = None,
) -> Policy:
    """Return one target's policy, or the reason why there is none.

    For a `whole` server nothing is said of a single tool's effect, only what differs.
    """
    try:
        key = server_key(target.id, server)
        return policy_for_key(target, key, intents, whole=whole, memo=memo)
    except (PolicyError, UnicodeError) as error:
        # A name with a lone surrogate is in no file that is UTF-8.
        return Policy(
            target=target,
            text="",
            file_name=target.file_name,
            effective="",
            differs=True,
            limits=(),
            refusal=str(error) if isinstance(error, PolicyError) else _NOT_UTF8,
        )


def policy_for_key(
    target: Target,
    key: str,
    intents: Sequence[Intent],
    *,
    whole: bool = False,
    memo: Memo | None = None,
) -> Policy:
    """Return one target's policy for a server of that key.

    Raises:
        PolicyError: the target can hold no policy for these tools.
        UnicodeError: a name is no Unicode text.

    """
    output = render(target.id, key, intents, memo)
    wanted = intents[0]
    got = output.effective.get((key, wanted.tool), wanted)
    if whole:
        differs = bool(output.not_enforced or output.approximations)
    else:
        differs = got.rule != wanted.rule or got.conditions != wanted.conditions
    return Policy(
        target=target,
        text=output.text,
        file_name=output.file_name,
        effective="" if whole else effect(got),
        differs=differs,
        limits=output.report,
    )


def titles_that_can(power: Power) -> tuple[str, ...]:
    """Return the titles of the targets that express something."""
    return tuple(t.title for t in ordered_targets() if t.can(power) and not t.advisory)
