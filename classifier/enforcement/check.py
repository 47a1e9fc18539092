"""A policy that exists, held against what is known of the tools that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from classifier.enforcement import drift, reading
from classifier.enforcement.approximation import approximate
from classifier.enforcement.left_out import is_closed, name_fault
from classifier.enforcement.looseness import Gaps
from classifier.enforcement.respelling import respelt
from classifier.enforcement.simulation import Verdict, first_verdict
from classifier.enforcement.target import Target
from classifier.enforcement.words import quoted
from classifier.intent import Intent
from classifier.rule import Decision

LEFT_OUT = "left-out"
"""The kind of what is told and no fault: the tool is refused, and nobody could have named it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a policy, or to know of it. `kind` is one of the words in `KINDS`."""

    kind: str
    text: str


KINDS = {
    "no-effect": "valid, but does something else than it says",
    "too-loose": "lets a tool do more than its risk, its rate or a bound on it warrants",
    "matches-nothing": "names a tool that the catalogue does not have",
    "unknown-server": "names a server that is not among those given",
    "not-covered": "a tool that no rule names and that gets something else than it should",
    LEFT_OUT: "refused or asked about without a rule of its own, as none is possible; no fault",
    "drift": "made from other definitions than the catalogue has now",
}

_CLOSED = "its server is refused whole, because a tool to refuse cannot be named"


def check(
    target: Target, module: ModuleType, text: str, intents: Mapping[str, list[Intent]]
) -> Iterator[Fault]:
    """Yield what is wrong with a policy, and the tools that it could not name; `intents` by key.

    Raises:
        PolicyError: it cannot be read at all, or its engine is not installed.

    """
    for line in reading.lint(target, module, text):
        yield Fault("no-effect", line)
    named = reading.named(target, module, text, intents)
    yield from _names(
        named - _respelt(named) if target.unlisted is Decision.ASK else named, intents
    )
    gaps = Gaps(target, reading.simulator(target, module, text))
    for key, given in intents.items():
        closed = _CLOSED if is_closed(target, module, key, given) else None
        for intent in given:
            best, why = approximate(target, intent, getattr(module, "condition_fault", None))
            if not named & {(key, intent.tool), (None, intent.tool)}:
                verdict = gaps.ask(key, intent.tool)
                wanted = first_verdict(best.decision)
                if verdict is not wanted:
                    yield _uncovered(target, module, (key, intent.tool), (wanted, verdict), closed)
            for line in gaps.of(key, intent, best, why):
                yield Fault("too-loose", line)
    made, now = drift.made_from(text), drift.digest(i for given in intents.values() for i in given)
    if made and now and made != now:
        yield Fault("drift", f"made from definitions {made}, the catalogue has {now}")


def _uncovered(
    target: Target,
    module: ModuleType,
    tool: tuple[str, str],
    verdicts: tuple[Verdict, Verdict],
    closed: str | None,
) -> Fault:
    """Tell of a tool without a rule that gets another verdict than it should: (wanted, given).

    Where no rule is possible and what it gets is stricter, nobody can do better: that is no fault.
    """
    key, name = tool
    subject = f"{quoted(key)} {quoted(name)}: {verdicts[1]}"
    fault = name_fault(module, name, key)
    reason = fault or _respelling(target, name)
    unnamed = f"no rule can name it, because {reason}"
    if verdicts[1] is Verdict.DENY and (fault or closed):
        return Fault(LEFT_OUT, f"{subject}; {unnamed if fault else closed}")
    if reason and verdicts == (Verdict.ALLOW, Verdict.ASK):
        return Fault(LEFT_OUT, f"{subject}; {unnamed}")
    if reason:
        return Fault("not-covered", f"{subject}; it is not refused by default, and {unnamed}")
    return Fault("not-covered", subject)


def _respelling(target: Target, tool: str) -> str | None:
    """Say why a client that asks about every name that it may respell is given no leave for one."""
    asks = target.unlisted is Decision.ASK and not target.advisory
    return "the client may respell the name" if asks and respelt(tool) != tool else None


def _respelt(named: set[tuple[str | None, str]]) -> set[tuple[str | None, str]]:
    """Return the second spellings of names that a client may respell, which we refuse as well."""
    others = {(server, respelt(name)) for server, name in named if respelt(name) != name}
    return others & named


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
