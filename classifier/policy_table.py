"""The table of rules in data/policy.toml, and what a user lays over it.

A malformed table is refused with the place named: a policy made from a half-read table would
look right and be wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifier.condition import Condition, ConditionKind, bound_fault
from classifier.errors import DataError
from classifier.resources import data_dir
from classifier.rule import Profile, Rule
from classifier.signals import detectors
from classifier.verdict import Category, Risk

STATES = ("needs_review", "insufficient_definition", "threat")

BOUND_KEYS = {
    "at_most": ConditionKind.AT_MOST,
    "inside": ConditionKind.INSIDE,
    "hosts": ConditionKind.HOST_IN,
    "domains": ConditionKind.DOMAIN_IN,
    "read_only": ConditionKind.READ_ONLY,
}
"""How a bound is spelt in a policy.toml, for an argument family and for a single tool."""

VERSION = 1
"""Of the form of a policy.toml."""

FAMILIES = {
    "amount": "at_most",
    "path": "inside",
    "url": "hosts",
    "recipient": "domains",
    "statement": "read_only",
}


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """The rules of one profile."""

    cells: Mapping[tuple[Category, Risk], Rule]
    signals: Mapping[str, Rule]
    states: Mapping[str, Rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentFamily:
    """Parameters that mean the same thing, and which signal must be there to bound them.

    With `optional`, one that the schema does not require may be left out of a call that has
    another: what is not given does nothing, and no default of the server stands in for it.
    """

    kind: ConditionKind
    names: frozenset[str]
    signal: str | None
    read_only_in: frozenset[Profile]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """All of data/policy.toml."""

    profiles: Mapping[Profile, ProfileTable]
    arguments: Mapping[str, ArgumentFamily]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOverride:
    """A user's own word about one tool; it is final."""

    rule: Rule | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """A user's policy.toml: floors by signal, rules by server and by tool, argument bounds.

    `tools` is keyed by (server, tool); server "" means any server.
    """

    signals: Mapping[str, Rule] = field(default_factory=dict)
    servers: Mapping[str, Rule] = field(default_factory=dict)
    tools: Mapping[tuple[str, str], ToolOverride] = field(default_factory=dict)
    bounds: Mapping[str, float | tuple[str, ...]] = field(default_factory=dict)

    def tool(self, server: str, name: str) -> ToolOverride | None:
        """Return what the user says of a tool: of that server first, then of any."""
        return self.tools.get((server, name)) or self.tools.get(("", name))


@lru_cache(maxsize=1)
def shipped_table() -> PolicyTable:
    """Read the shipped table; it is read once."""
    return read_table(data_dir() / "policy.toml")


def read_table(path: Path) -> PolicyTable:
    """Read a table of rules.

    Raises:
        DataError: it cannot be read, or a cell is missing or malformed.

    """
    data = _toml(path)
    where = str(path)
    profiles = {
        profile: _profile(_mapping(data, "profiles", where), profile, where) for profile in Profile
    }
    arguments = {
        name: _family(name, key, _mapping(data, "arguments", where), where)
        for name, key in FAMILIES.items()
    }
    return PolicyTable(profiles, arguments)


def _profile(profiles: Mapping[str, Any], profile: Profile, where: str) -> ProfileTable:
    table = _mapping(profiles, profile.value, where)
    cells = {
        (category, risk): Rule.parse(
            _mapping(table, category.value, where).get(risk.value),
            f"{where}: profiles.{profile}.{category}.{risk}",
        )
        for category in Category
        for risk in Risk
    }
    states = _rules(_mapping(table, "states", where), f"{where}: profiles.{profile}.states")
    if set(states) != set(STATES):
        raise DataError(f"{where}: profiles.{profile}.states must have exactly {list(STATES)}")
    signals = _rules(_mapping(table, "signals", where), f"{where}: profiles.{profile}.signals")
    return ProfileTable(cells, signals, states)


def _family(name: str, key: str, arguments: Mapping[str, Any], where: str) -> ArgumentFamily:
    table = _mapping(arguments, name, where)
    return ArgumentFamily(
        kind=BOUND_KEYS[key],
        names=frozenset(table["names"]),
        signal=table.get("signal"),
        read_only_in=frozenset(Profile(p) for p in table.get("read_only_in", ())),
        optional=table.get("optional", False) is True,
    )


def read_overrides(path: Path) -> Overrides:
    """Read a user's policy.toml.

    Tables: `[signals] ID = RULE`, `[servers] NAME = RULE`, `[tools] NAME = RULE`,
    `[server_tools."SERVER"] NAME = RULE`, `[arguments.FAMILY] BOUND = VALUE`. A tool may also be
    a table: `{rule = RULE, conditions = [{argument = "amount", at_most = 500}]}`; with
    `optional = true` a condition holds for a call without the argument too.

    Raises:
        DataError: it cannot be read, has an unknown table or signal, or a rule is malformed.

    """
    data = _toml(path)
    where = str(path)
    known = {"version", "signals", "servers", "tools", "server_tools", "arguments"}
    if unknown := sorted(set(data) - known):
        raise DataError(f"{where}: unknown table {unknown[0]!r}; known are {sorted(known)}")
    version = data.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise DataError(f"{where}: version {version!r} is not known here; leave it at {VERSION}")
    tools: dict[tuple[str, str], ToolOverride] = {}
    per_server = _as_mapping(data.get("server_tools", {}), f"{where}: server_tools")
    scopes = (("", data.get("tools", {})), *per_server.items())
    for server, table in scopes:
        for name, value in _as_mapping(table, f"{where}: tools of {server!r}").items():
            tools[(server, name)] = _tool_override(value, f"{where}: tool {name!r}")
    return Overrides(
        signals=_signals(data.get("signals", {}), where),
        servers=_rules(data.get("servers", {}), f"{where}: servers"),
        tools=tools,
        bounds=_bounds(_as_mapping(data.get("arguments", {}), f"{where}: arguments"), where),
    )


def _signals(table: object, where: str) -> dict[str, Rule]:
    """Return the rules by signal; a misspelt one would leave every tool of it as free as before."""
    rules = _rules(table, f"{where}: signals")
    if not rules:
        return rules
    known = sorted(one.signal.id for one in detectors())
    for name in rules:
        if name not in known:
            near = get_close_matches(name.casefold(), known, 1)
            way = f"did you mean {near[0]!r}?" if near else f"known are {known}"
            raise DataError(f"{where}: signals: there is no signal {name!r}; {way}")
    return rules


def _tool_override(value: object, where: str) -> ToolOverride:
    if isinstance(value, str):
        return ToolOverride(rule=Rule.parse(value, where))
    table = _as_mapping(value, where)
    if unknown := sorted(set(table) - {"rule", "conditions"}):
        raise DataError(f"{where}: unknown key {unknown[0]!r}; known are rule and conditions")
    rule = Rule.parse(table["rule"], where) if "rule" in table else None
    given = table.get("conditions", [])
    if not isinstance(given, list):
        raise DataError(f"{where}: conditions must be a list")
    return ToolOverride(rule=rule, conditions=tuple(_condition(c, where) for c in given))


def _condition(value: object, where: str) -> Condition:
    table = dict(_as_mapping(value, where))
    argument = table.pop("argument", None)
    each, optional = table.pop("each", False), table.pop("optional", False)
    if not isinstance(argument, str) or not all(argument.split(".")):
        raise DataError(f'{where}: a condition needs argument = "name" (nested: "a.b")')
    if not isinstance(each, bool) or not isinstance(optional, bool):
        raise DataError(f"{where}: each and optional of a condition are true or false")
    if len(table) != 1 or not set(table) <= set(BOUND_KEYS):
        raise DataError(f"{where}: a condition needs exactly one of {sorted(BOUND_KEYS)}")
    ((key, bound),) = table.items()
    path = tuple(argument.split("."))
    return Condition(path, BOUND_KEYS[key], _bound(key, bound, where), each, optional)


def _bounds(arguments: Mapping[str, Any], where: str) -> dict[str, float | tuple[str, ...]]:
    bounds: dict[str, float | tuple[str, ...]] = {}
    for family, table in arguments.items():
        if family not in FAMILIES:
            raise DataError(f"{where}: unknown arguments.{family}; known are {sorted(FAMILIES)}")
        key = FAMILIES[family]
        given = _as_mapping(table, f"{where}: arguments.{family}")
        if set(given) != {key}:
            raise DataError(f"{where}: arguments.{family} takes exactly {key!r}")
        bounds[family] = _bound(key, given[key], f"{where}: arguments.{family}.{key}")
    return bounds


def _bound(key: str, value: object, where: str) -> float | tuple[str, ...]:
    bound = _typed_bound(key, value, where)
    if fault := bound_fault(BOUND_KEYS[key], bound):
        raise DataError(f"{where}: {fault}")
    return bound


def _typed_bound(key: str, value: object, where: str) -> float | tuple[str, ...]:
    if key == "at_most":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DataError(f"{where}: at_most needs a number")
        return value
    if key == "read_only":
        if value is not True:
            raise DataError(f"{where}: read_only can only be true; leave it out otherwise")
        return ()
    if not isinstance(value, list) or not value or not all(map(_is_plain, value)):
        raise DataError(f"{where}: {key} needs a list of plain texts")
    return tuple(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def _rules(table: object, where: str) -> dict[str, Rule]:
    return {key: Rule.parse(v, f"{where}.{key}") for key, v in _as_mapping(table, where).items()}


def _mapping(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    return _as_mapping(table.get(key), f"{where}: {key}")


def _as_mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: a table is needed here")
    return value


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read the policy file {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not valid TOML: {error}") from error
