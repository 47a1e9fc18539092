"""Tools that a policy leaves out because no rule can name them, and what becomes of their server."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from classifier.enforcement.approximation import approximate
from classifier.enforcement.names import fault_anywhere
from classifier.enforcement.target import Target
from classifier.intent import Intent


def name_fault(module: ModuleType, name: str, key: str) -> str | None:
    """Say why a target's rules cannot name a tool of the server with a key, or `None`."""
    fault_of = getattr(module, "name_fault", None)
    return fault_anywhere(name) or (fault_of(name, key) if fault_of else None)


def needs_closing(target: Target, effective: Intent) -> bool:
    """Say whether a tool that is left out would get more than it may, unless its server is refused.

    `effective` is what the target would do if it could name the tool.
    """
    unlisted = target.unlisted
    return not unlisted.refuses and effective.decision.rank > unlisted.rank


def is_closed(target: Target, module: ModuleType, key: str, intents: Iterable[Intent]) -> bool:
    """Say whether a server is refused whole, because a tool to refuse cannot be named."""
    fault = getattr(module, "condition_fault", None)
    return target.closes_server and any(
        needs_closing(target, approximate(target, intent, fault)[0])
        for intent in intents
        if name_fault(module, intent.tool, key)
    )
