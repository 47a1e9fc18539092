"""What a policy lets a tool do beyond what it may: asked with calls that must not pass.

Not read from the file but asked of what decides, so that it holds for any way of writing it. Every
call is made on a day of its own: no limit of the policy, whatever it counts, can hide another gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from classifier.enforcement.approximation import in_short
from classifier.enforcement.breaches import breaches, within
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Target
from classifier.enforcement.words import quoted
from classifier.intent import Intent
from classifier.rule import WINDOWS, Decision, Limit

_RANK = {Verdict.ALLOW: 0, Verdict.ASK: 2, Verdict.LIMITED: 3, Verdict.DENY: 3}
_NEEDS = {Decision.ALLOW: 0, Decision.LIMIT: 0, Decision.ASK: 2, Decision.DENY: 3, Decision.HIDE: 3}
"""What a single call needs; how many may pass is asked apart."""


class Gaps:
    """Finds what passes and should not, in one policy."""

    def __init__(self, target: Target, decide: Simulator) -> None:
        """Take the target and what decides calls under the policy."""
        self._target = target
        self._decide = decide
        self._days = count()

    def ask(self, key: str, tool: str, arguments: dict[str, object] | None = None) -> Verdict:
        """Return what a call gets on a day on which nothing else was called."""
        day = float(next(self._days) * WINDOWS["day"])
        return self._decide(Call(server=key, tool=tool, arguments=arguments or {}, at=day))

    def of(self, key: str, intent: Intent, effective: Intent, why: str | None) -> Iterator[str]:
        """Yield a sentence for each gap; `effective` is the best that the target can do, `why` how so.

        Raises:
            PolicyError: the policy cannot be asked.

        """
        subject = f"{quoted(key)} {quoted(intent.tool)}"
        wanted = max(intent, effective, key=lambda one: one.decision.rank)
        inside = within(effective.conditions)
        # A call without arguments too: what passes even so is let through for every argument.
        given = [self.ask(key, intent.tool, arguments) for arguments in (None, inside)]
        loosest = min(given, key=lambda verdict: _RANK[verdict])
        if _RANK[loosest] < _NEEDS[wanted.decision]:
            because = f"; {self._target.title} has {why}" if why else ""
            if wanted is not intent:  # stricter than meant, for want of anything between
                because += f", so {wanted.decision}"
            yield f"{subject}: {loosest}, but {intent.reason} calls for {in_short(intent)}{because}"
            return
        if effective.limit and self._passes(key, intent.tool, inside, effective.limit):
            many = f"{effective.limit.max + 1} calls in a {effective.limit.window} pass"
            yield f"{subject}: {many}, but {intent.reason} calls for {intent.rule}"
        yield from dict.fromkeys(
            f"{subject}: {verdict} even where not {quoted(condition.sentence())}"
            for condition, arguments in breaches(effective.conditions)
            if _RANK[verdict := self.ask(key, intent.tool, arguments)] < _NEEDS[Decision.DENY]
        )

    def _passes(
        self, key: str, tool: str, arguments: dict[str, object] | None, limit: Limit
    ) -> bool:
        """Say whether one call more than the limit passes in its window.

        Spread evenly: a limit of a shorter window, at least as strict over the whole, refuses one
        of them as well, and one that is looser over the whole does not.
        """
        start = next(self._days) * WINDOWS["day"]
        step = WINDOWS[limit.window] / (limit.max + 1)
        return all(
            self._decide(
                Call(server=key, tool=tool, arguments=arguments or {}, at=start + number * step)
            )
            is Verdict.ALLOW
            for number in range(limit.max + 1)
        )
