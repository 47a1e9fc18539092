"""What a user's policy.toml says of servers, tools and arguments that are not here.

A misspelt name is a rule that holds for nothing, and the tool that it was meant for is as free as
before. It may as well be meant for other tools than those looked at, so it is said and no fault.
Signals are the same for all tools: one that there is not is an error (policy_table.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from classifier.condition import Condition
from classifier.enforcement.words import SHOWN_NAMES, quoted
from classifier.intent import Intent
from classifier.policy_table import FAMILIES, Overrides, shipped_table

_LIKE = 0.8
_MOST_COMPARED = 5_000
"""Names that a misspelt one is compared with; comparing takes its time."""


def unmatched(mine: Overrides, intents: Iterable[Intent]) -> Iterator[str]:
    """Yield a line for everything in a policy.toml that does nothing for these tools."""
    given = list(intents)
    tools = {(i.server, i.tool): i for i in given}
    servers = {i.server for i in given}
    names = {i.tool for i in given}
    yield from _told("server", mine.servers, servers)
    absent = {server for server, _ in mine.tools if server} - servers
    yield from _told("server", sorted(absent), servers)
    yield from _told("tool", [name for server, name in mine.tools if not server], names)
    for server in sorted(servers):
        of_it = {name for owner, name in tools if owner == server}
        own = [name for owner, name in mine.tools if owner == server]
        yield from _told(f"tool of {quoted(server)}", own, of_it)
    yield from _arguments(mine, given)
    yield from _families(mine, given)


def _told(what: str, said: Collection[str], known: Collection[str]) -> Iterator[str]:
    missing = [name for name in said if name not in known]
    for name in missing[:SHOWN_NAMES]:
        compared = known if len(known) <= _MOST_COMPARED else ()
        folded = {one.casefold(): one for one in compared}
        near = get_close_matches(name.casefold(), folded, 1, _LIKE)
        hint = f"; did you mean {quoted(folded[near[0]])}?" if near else ""
        yield f"no {what} here is called {quoted(name)}{hint}"
    if len(missing) > SHOWN_NAMES:
        yield f"nor are there {len(missing) - SHOWN_NAMES} more of its {what} names"


def _arguments(mine: Overrides, intents: Iterable[Intent]) -> Iterator[str]:
    """Yield the arguments of a user's own conditions that a tool does not declare."""
    for intent in intents:
        own = mine.tool(intent.server, intent.tool)
        for condition in own.conditions if own else ():
            declared = _declared(intent, condition)
            if declared is not None and condition.argument[0] not in declared:
                yield (
                    f"tool {quoted(intent.tool)} declares no argument "
                    f"{quoted(condition.argument[0])}, so every call of it is refused"
                )


def _declared(intent: Intent, condition: Condition) -> Collection[str] | None:
    """Return the names of a tool's arguments; `None` where its schema does not tell."""
    schema = intent.input_schema
    if condition not in intent.conditions or not isinstance(schema, dict):
        return None
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) and properties else None


def _families(mine: Overrides, intents: Iterable[Intent]) -> Iterator[str]:
    held = {condition.kind for intent in intents for condition in intent.conditions}
    table = shipped_table().arguments
    for family in mine.bounds:
        if table[family].kind not in held:
            yield (
                f"arguments.{family}.{FAMILIES[family]} bounds nothing: no tool that may be used has "
                "such an argument"
            )
