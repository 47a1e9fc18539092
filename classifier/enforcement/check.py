"""A policy that exists, held against what is known of the tools that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from classifier.enforcement import drift, reading
from classifier.enforcement.approximation import approximate
from classifier.enforcement.simulation import Call, Verdict, first_verdict
from classifier.enforcement.target import Target
from classifier.enforcement.words import quoted
from classifier.intent import Intent
from classifier.rule import Decision


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a policy. `kind` is one of the words in `KINDS`."""

    kind: str
    text: str


KINDS = {
    "no-effect": "valid, but does something else than it says",
    "too-loose": "lets a tool do more than its risk warrants",
    "matches-nothing": "names a tool that the catalogue does not have",
    "unknown-server": "names a server that is not among those given",
    "not-covered": "a tool that no rule names and that gets something else than it should",
    "drift": "made from other definitions than the catalogue has now",
}

_RANK = {Verdict.ALLOW: 0, Verdict.ASK: 2, Verdict.LIMITED: 3, Verdict.DENY: 3}
_NEEDS = {Decision.ALLOW: 0, Decision.LIMIT: 1, Decision.ASK: 2, Decision.DENY: 3, Decision.HIDE: 3}


def check(
    target: Target, module: ModuleType, text: str, intents: Mapping[str, list[Intent]]
) -> Iterator[Fault]:
    """Yield what is wrong with a policy; `intents` by server key.

    Raises:
        PolicyError: it cannot be read at all, or its engine is not installed.

    """
    for line in reading.lint(target, module, text):
        yield Fault("no-effect", line)
    named = reading.named(target, module, text)
    yield from _names(named, intents)
    decide = reading.simulator(target, module, text)
    for key, given in intents.items():
        for intent in given:
            verdict = decide(Call(server=key, tool=intent.tool))
            is_named = bool(named & {(key, intent.tool), (None, intent.tool)})
            if not is_named and verdict is not _wanted(target, module, intent):
                yield Fault("not-covered", f"{quoted(key)} {quoted(intent.tool)}: {verdict}")
            yield from _loose(intent, key, verdict)
    made, now = drift.made_from(text), drift.digest(i for given in intents.values() for i in given)
    if made and now and made != now:
        yield Fault("drift", f"made from definitions {made}, the catalogue has {now}")


def _wanted(target: Target, module: ModuleType, intent: Intent) -> Verdict:
    """Return what the target would best do, so that leaving a tool out is no fault where it does."""
    effective, _ = approximate(target, intent, getattr(module, "condition_fault", None))
    return first_verdict(effective.decision)


def _names(
    named: set[tuple[str | None, str]], intents: Mapping[str, list[Intent]]
) -> Iterator[Fault]:
    """Yield rules for tools that are not there; a name that differs only in case is pointed out."""
    known = {(key, i.tool) for key, given in intents.items() for i in given}
    anywhere = {tool for _, tool in known}
    folded = {tool.casefold(): tool for tool in anywhere}
    if len(intents) > 1:  # a whole configuration, so that a server outside of it is a mistake
        for key in sorted({key for key, _ in named if key is not None} - set(intents)):
            yield Fault("unknown-server", quoted(key))
    for server, name in sorted(named, key=str):
        if server is not None and server not in intents:
            continue
        if (server, name) in known or (server is None and name in anywhere):
            continue
        near = folded.get(name.casefold())
        hint = f"; did you mean {quoted(near)}? names are case-sensitive" if near else ""
        yield Fault("matches-nothing", f"{quoted(name)}{hint}")


def _loose(intent: Intent, key: str, verdict: Verdict) -> Iterator[Fault]:
    # A call without arguments: whatever passes even so is let through for every argument.
    needed = _NEEDS[intent.decision]
    bounded = intent.decision is Decision.LIMIT and verdict is Verdict.ALLOW
    if _RANK[verdict] < needed and not bounded:
        yield Fault(
            "too-loose",
            f"{quoted(key)} {quoted(intent.tool)}: {verdict}, but {intent.reason} "
            f"calls for {intent.decision}",
        )
