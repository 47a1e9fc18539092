"""The rules in a Codex `config.toml`, read and written in place: nothing else of the file changes.

A rule is `SERVER:TOOL`. `SERVER:` alone stands for a server that is switched off, `SERVER:*` for
one that asks about every tool that has no mode of its own, and `SERVER:(unlisted)` for one with an
allow list. What a rule does not say is kept: a tool whose decision stays keeps the very mode that
the user gave it.

tomlkit keeps comments, but a file whose tables are out of order or whose keys are dotted it can
write wrongly. So the result is always read again with tomllib, and refused where anything but the
rules is not as it was.
"""

from __future__ import annotations

import copy
from typing import Any

import tomli_w

from classifier.enforcement.documents import engine, mapping, read_toml, sequence
from classifier.errors import PolicyError
from classifier.rule import Decision

_DEFAULT = "default_tools_approval_mode"
_MODE = "approval_mode"
_MANAGED = ("enabled", "enabled_tools", "disabled_tools", _DEFAULT)
_OFF, _ANY, _UNLISTED = "", "*", "(unlisted)"
_GENERAL = frozenset({_OFF, _ANY, _UNLISTED})
_TRIPS = (AttributeError, LookupError, TypeError, ValueError)
"""What tomlkit raises besides its own errors over a file that tomllib has read without fault."""

_UNTOUCHED = (
    "Codex: the file could not be changed without changing other settings of it; write each "
    "server as one table [mcp_servers.KEY] with its own tables right after it, then merge again"
)


def read_rules(text: str) -> dict[str, Decision]:
    """Return the decision of everything that the file names."""
    found: dict[str, Decision] = {}
    for key, server in _servers(text).items():
        table = mapping(server, key)
        if table.get("enabled") is False:
            found[f"{key}:{_OFF}"] = Decision.DENY
        if table.get(_DEFAULT) == "prompt":
            found[f"{key}:{_ANY}"] = Decision.ASK
        enabled = _names(table, "enabled_tools") if "enabled_tools" in table else None
        if enabled is not None:
            found[f"{key}:{_UNLISTED}"] = Decision.DENY
        for name in dict.fromkeys((*(enabled or ()), *mapping(table.get("tools"), "tools"))):
            # A mode does not offer a tool that the allow list leaves out.
            listed = enabled is None or name in enabled
            asks = _mode(table, name) == "prompt"
            decision = Decision.ASK if asks else Decision.ALLOW
            found[f"{key}:{name}"] = decision if listed else Decision.DENY
        found.update({f"{key}:{n}": Decision.DENY for n in _names(table, "disabled_tools")})
    return found


def fallback(rule: str) -> str:
    """Return the rule that decides about the tools of a server that have no mode of their own."""
    return f"{rule.partition(':')[0]}:{_ANY}"


def closing(rule: str) -> tuple[str, ...]:
    """Return the rules that, where they are there, refuse every tool of a server without one."""
    key = rule.partition(":")[0]
    return f"{key}:{_OFF}", f"{key}:{_UNLISTED}"


def write_rules(text: str, rules: dict[str, Decision]) -> str:
    """Return the file with exactly these rules; comments and everything else as they were.

    Raises:
        PolicyError: tomlkit is not installed, or cannot write this file so.

    """
    for at_end in (False, True):
        written = _edited(text, rules, at_end=at_end)
        if written is not None and _holds(text, written, rules):
            return written
    raise PolicyError(_UNTOUCHED)


def _servers(text: str) -> dict[str, Any]:
    return mapping(read_toml(text, "config").get("mcp_servers"), "mcp_servers")


def _names(table: dict[str, Any], key: str) -> list[str]:
    names = sequence(table.get(key), key)
    if not all(isinstance(name, str) for name in names):
        raise PolicyError(f"{key}: a list of names is needed here")
    return names


def _mode(table: Any, name: str) -> Any:
    """Return how Codex approves a tool: by its own mode, the server's, or `auto`."""
    own = mapping(mapping(table.get("tools"), "tools").get(name), name)
    return own.get(_MODE, table.get(_DEFAULT, "auto"))


def _of(key: str, rules: dict[str, Decision]) -> dict[str, Decision]:
    return {r.partition(":")[2]: d for r, d in rules.items() if r.startswith(f"{key}:")}


def _edited(text: str, rules: dict[str, Decision], *, at_end: bool) -> str | None:
    """Return the file with new modes in the server's table or at the end; `None`: tomlkit cannot."""
    tomlkit = engine("tomlkit", "tomlkit")
    old, before = _servers(text), read_rules(text)
    added: dict[str, Any] = {}
    try:
        document = tomlkit.parse(text)
        servers = document.setdefault("mcp_servers", tomlkit.table(is_super_table=True))
        for key in dict.fromkeys(rule.partition(":")[0] for rule in (*before, *rules)):
            mine, theirs = _of(key, rules), _of(key, before)
            if mine != theirs:
                table = servers.setdefault(key, tomlkit.table())
                modes = _write_server(table, mapping(old.get(key), key), mine, theirs)
                if modes and at_end:
                    added[key] = {"tools": modes}
                elif modes:
                    _add_modes(table, modes)
        written = str(tomlkit.dumps(document))
    except (tomlkit.exceptions.TOMLKitError, *_TRIPS):
        return None
    if not added:
        return written
    return f"{written.rstrip()}\n\n{tomli_w.dumps({'mcp_servers': added})}"


def _write_server(
    table: Any, old: dict[str, Any], mine: dict[str, Decision], theirs: dict[str, Decision]
) -> dict[str, Any]:
    """Bring one server's table up to date; return the modes of tools that had none of their own."""
    tools = [name for name in mine if name not in _GENERAL]
    if _OFF in mine and _OFF not in theirs:
        table["enabled"] = False
    elif _OFF in theirs and _OFF not in mine:
        table.pop("enabled", None)
    if _UNLISTED in mine:
        _write_list(table, "enabled_tools", [name for name in tools if not mine[name].refuses])
    else:
        table.pop("enabled_tools", None)
    if _ANY in mine and _ANY not in theirs:
        table[_DEFAULT] = "prompt"
    elif _ANY in theirs and _ANY not in mine:
        table.pop(_DEFAULT, None)
    listed = old.get("disabled_tools", ())
    refused = [n for n in tools if mine[n].refuses and (n in listed or theirs.get(n) != mine[n])]
    if refused:
        _write_list(table, "disabled_tools", refused)
    else:
        table.pop("disabled_tools", None)
    return _write_modes(table, old, mine, theirs)


def _write_list(table: Any, name: str, wanted: list[str]) -> None:
    """Put the missing names at the end of a list and take the others out; its comments stay."""
    if name not in table:
        table[name] = wanted
        return
    listed, kept = table[name], set(wanted)
    for place in reversed(range(len(listed))):
        if listed[place] not in kept:
            del listed[place]
    present = set(listed)
    # After a comment on a line of several names, `append` would write into the comment.
    add = listed.add_line if "#" in listed.as_string() else listed.append
    for tool in wanted:
        if tool not in present:
            add(tool)


def _write_modes(
    table: Any, old: dict[str, Any], mine: dict[str, Decision], theirs: dict[str, Decision]
) -> dict[str, Any]:
    """Set the modes that are there already; return those to add, as tables by tool."""
    modes = table.get("tools", {})
    default = table.get(_DEFAULT, "auto")
    added: dict[str, Any] = {}
    for name in [name for name in modes if mine.get(name) is not theirs.get(name)]:
        if name not in mine or mine[name].refuses:
            modes[name].pop(_MODE, None)
            if not modes[name]:
                del modes[name]
    for name, decision in mine.items():
        if name in _GENERAL or decision.refuses:
            continue
        wanted = "approve" if decision is Decision.ALLOW else "prompt"
        if theirs.get(name) is decision:
            wanted = _mode(old, name)
        if name in modes:
            if modes[name].get(_MODE, default) != wanted:
                modes[name][_MODE] = wanted
        elif wanted != default or _UNLISTED not in mine:
            added[name] = {_MODE: wanted}
    return added


def _add_modes(table: Any, modes: dict[str, Any]) -> None:
    for name, mode in modes.items():
        table.setdefault("tools", {}).setdefault(name, {}).update(mode)


def _holds(old: str, new: str, rules: dict[str, Decision]) -> bool:
    """Say whether the new file has these rules and is otherwise as the old one."""
    try:
        if read_rules(new) != rules:
            return False
    except PolicyError:  # what was written is no TOML
        return False
    before = read_rules(old)
    touched = {
        key
        for key in (rule.partition(":")[0] for rule in (*before, *rules))
        if _of(key, before) != _of(key, rules)
    }
    if _rest(old, touched) != _rest(new, touched):
        return False
    was, now = _servers(old), _servers(new)
    return all(
        _mode(was[key], name) == _mode(now[key], name)
        for key in touched & set(was)
        for name, decision in _of(key, rules).items()
        if name not in _GENERAL and not decision.refuses
        if before.get(f"{key}:{name}") is decision
    )


def _rest(text: str, touched: set[str]) -> dict[str, Any]:
    """Return a file without the rules of the servers that were touched."""
    document = copy.deepcopy(read_toml(text, "config"))
    servers = mapping(document.pop("mcp_servers", None), "mcp_servers")
    for key in touched & set(servers):
        table = servers[key]
        for name in _MANAGED:
            table.pop(name, None)
        tools = mapping(table.pop("tools", None), "tools")
        for tool in tools.values():
            tool.pop(_MODE, None)
        if rest := {name: tool for name, tool in tools.items() if tool}:
            table["tools"] = rest
        if not table:
            del servers[key]
    return {**document, "mcp_servers": servers}
