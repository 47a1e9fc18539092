"""The key of each server in a policy: given, its own name, or a guess that is said to be one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from classifier import policies
from classifier.enforcement.names import PLAIN
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError

_SHOWN = 20


def choose(
    target_id: str, servers: Collection[str], named: Mapping[str, str], way: str
) -> dict[str, str]:
    """Return a key for every server: the named one, its name where that can be one, or a guess.

    `way` says how to give another.

    Raises:
        PolicyError: a plain name is none that the target can hold, or no key can be guessed.

    """
    fault_of = getattr(policies.module_of(target_id), "key_fault", None)
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for server in servers:
        # A plain name is a key that somebody chose; guessing another would match nothing.
        if server not in named and PLAIN.fullmatch(server) and fault_of and fault_of(server):
            raise PolicyError(
                f"{policies.target(target_id).title} cannot hold the server key {quoted(server)}: "
                f"{fault_of(server)}; give another with {way.replace('SERVER', server)}"
            )
        keys[server] = named.get(server) or policies.suggest_key(target_id, server, taken)
        taken.add(keys[server])
    return keys


def guessed(keys: Mapping[str, str], named: Mapping[str, str], way: str) -> str:
    """Say in one line which keys were guessed, and how to give others; nothing where none was."""
    pairs = [
        f"{quoted(server)} is taken to be {quoted(key)}"
        for server, key in keys.items()
        if server not in named and key != server
    ]
    if not pairs:
        return ""
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return f"in your configuration {', '.join(pairs[:_SHOWN])}{more}; where it is not, say {way}"
