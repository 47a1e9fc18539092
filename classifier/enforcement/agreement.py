"""Everything that a page says about a tool's policy must say the same.

A page has a sentence, a snippet and answers to questions. All are made from one intent; this
looks at the finished texts again, so that a change in one of them cannot contradict the others.
"""

from __future__ import annotations

import re  # noqa: TID251  # our own sentences, bounded and linear
from collections.abc import Iterable, Iterator
from types import ModuleType

from classifier.enforcement.simulation import Call, first_verdict
from classifier.enforcement.target import Output
from classifier.intent import Intent, effect
from classifier.rule import Decision

_RATE = re.compile(r"\b(\d{1,7}) (?:calls )?(?:a|per|an) (minute|hour|day)\b")
_SENTENCES = {
    decision: effect(Intent(server="", tool="", decision=decision))
    for decision in Decision
    if decision is not Decision.LIMIT
}
"""The plain sentence of each decision, to find one that has no place on a page."""


def disagreements(
    module: ModuleType, output: Output, key: str, tool: str, texts: Iterable[str]
) -> Iterator[str]:
    """Yield where a snippet or a text says something else than the policy's effect on a tool.

    `texts` are all sentences of one view of the policy: effect, answers, captions. At least one
    has to state the effect, none may state another.
    """
    effective = output.effective[key, tool]
    if not effective.conditions and not output.target.advisory:
        got = module.simulate(output.text)(Call(server=key, tool=tool))
        wanted = first_verdict(effective.decision)
        if got is not wanted:
            yield f"the snippet says {got}, the effect is {wanted}"
    whole = " ".join(" ".join(texts).split())
    if effect(effective) not in whole:
        yield f"no text states the effect: {effect(effective)}"
    for decision, sentence in _SENTENCES.items():
        if decision is not effective.decision and sentence in whole:
            yield f"a text states another effect: {sentence}"
    stated = {(int(count), window) for count, window in _RATE.findall(whole)}
    limit = effective.limit
    allowed = {(limit.max, limit.window)} if limit else set()
    for count, window in sorted(stated - allowed):
        yield f"a text speaks of {count} a {window}, the limit is {limit or 'none'}"


def answers(intent: Intent, output: Output, key: str) -> tuple[tuple[str, str], ...]:
    """Return questions and answers about the policy of one tool, made from its intent.

    The tool is not named: a page puts its name, escaped, where it belongs.
    """
    effective = output.effective[key, intent.tool]
    title = output.target.title
    items = [
        (f"What does the policy for {title} do with calls?", effect(effective)),
        ("Why?", f"It is {intent.reason}." if intent.risk else f"{intent.reason}."),
    ]
    if output.approximations or output.not_enforced:
        differs = " ".join((*output.not_enforced, *output.approximations))
        items.append((f"What can {title} not express?", differs + "."))
    if effective.limit:
        items.append(("Can the limit be changed?", "Yes: with a rule of your own in policy.toml."))
    elif not effective.decision.refuses:
        items.append(("How is the tool blocked?", "With the rule deny in your own policy.toml."))
    return tuple(items)
