"""Names that a client respells before it compares: `a.b` may become `a_b`, or may not.

What a client does is not documented for every character, so both spellings are refused where one
is, and a name that may be respelt is never let through unasked.
"""

from __future__ import annotations

import re  # noqa: TID251  # one class of characters over bounded names, linear
from collections.abc import Iterable
from dataclasses import replace

from classifier.enforcement.names import PLAIN
from classifier.enforcement.target import ServerRules
from classifier.enforcement.words import some
from classifier.intent import Intent
from classifier.rule import Decision

Changed = dict[tuple[str, str], Intent]


def respelt(name: str) -> str:
    """Return the spelling that every model API admits: everything else becomes `_`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def namesakes(intents: Iterable[Intent]) -> set[str]:
    """Return the spellings under which a client may call a tool that must not run unasked."""
    asked = (i.tool for i in intents if i.decision is not Decision.ALLOW)
    return {respelt(name) for name in asked if not PLAIN.fullmatch(name)}


def settle(server: ServerRules, changed: Changed) -> list[tuple[str, Decision]]:
    """Return (name to write, decision) for each rule that has to be written.

    A tool whose name may be respelt is written only to refuse it, in both spellings; otherwise it
    is left out, so that the client asks. What came out stricter is added to `changed`.
    """
    refused = {respelt(rule.tool) for rule in server.rules if rule.decision.refuses}
    written: list[tuple[str, Decision]] = []
    for rule in server.rules:
        plain = PLAIN.fullmatch(rule.tool) is not None
        decision = rule.decision
        if not decision.refuses and respelt(rule.tool) in refused:
            decision = Decision.DENY  # another tool's refusal covers this spelling
        elif decision is Decision.ALLOW and not plain:
            decision = Decision.ASK
        if decision is not rule.decision:
            changed[server.key, rule.tool] = replace(rule, decision=decision)
        if plain or decision.refuses:
            written.append((rule.tool, decision))
        if decision.refuses and not plain:
            written.append((respelt(rule.tool), decision))
    return written


def notes(changed: Changed) -> tuple[str, ...]:
    """Say which tools came out stricter, or nothing."""
    if not changed:
        return ()
    return (f"stricter, as the client may respell the name ({some([t for _, t in changed])})",)
