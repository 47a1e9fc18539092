"""The rules that break the combinations of a stack, as a `policy.toml` for `toolrisk policy`.

Only tools that would run without a person are named, so a rule here is always the stricter one.
"""

from __future__ import annotations

from collections.abc import Iterable

from classifier.combinations import Stack
from classifier.errors import PolicyError
from classifier.policy_table import Overrides, ToolOverride
from classifier.rule import Profile, Rule, stricter

HEAD = (
    "The fewest rules that break every combination of these tools that is still open:",
    "one leg of each is shut. Made for the profile {profile}; with another one, make it anew.",
    "Use it as: toolrisk policy TARGET --for CLIENT --policy THIS-FILE",
)


def overrides(stack: Stack, rule: Rule, base: Overrides | None = None) -> Overrides:
    """Return a user's overrides with the rules that break the stack laid over them."""
    mine = base or Overrides()
    tools = dict(mine.tools)
    for key in stack.to_shut:
        own = mine.tool(*key)
        given = own.rule if own and own.rule else rule
        tools[key] = ToolOverride(
            rule=stricter(given, rule), conditions=own.conditions if own else ()
        )
    return Overrides(signals=mine.signals, servers=mine.servers, tools=tools, bounds=mine.bounds)


def text(stacks: Iterable[Stack], rule: Rule, profile: Profile) -> str:
    """Return the rules of several stacks as TOML; hostile names are escaped by the library.

    Raises:
        PolicyError: a name cannot be written in TOML (a lone surrogate).

    """
    import tomlkit

    document = tomlkit.document()
    for line in HEAD:
        document.add(tomlkit.comment(line.format(profile=profile.value)))
    document.add("version", tomlkit.item(1))
    tables: dict[str, dict[str, str]] = {}
    for stack in stacks:
        for server, tool in stack.to_shut:
            _require_writable(server, tool)
            tables.setdefault(server, {})[tool] = str(rule)
    if tables:
        document.add("server_tools", tomlkit.item(tables))
    return tomlkit.dumps(document)


def _require_writable(*names: str) -> None:
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            shown = name.encode("ascii", "backslashreplace").decode()
            raise PolicyError(
                f"the name {shown!r} holds a lone surrogate, which TOML cannot hold; "
                "take that server out of the stack"
            ) from error
