"""Policy targets: one module each, found because it is there.

A module exports `TARGET` and `render(servers: tuple[ServerRules, ...]) -> Rendered` and may
export `name_fault(name, key) -> str | None` (why a tool name cannot be held) and
`key_fault(key) -> str | None` (why a server key cannot be) and
`condition_fault(condition, intent) -> str | None`; `simulate(text) -> Simulator` asks the real
engine or our model of the documented order, `named` and `lint` read a file for `--check`. What
else it may export is described where it is called: `written` in enforcement/ownership.py, `fits`
in reading.py, and `read_rules`, `write_rules` and their like in merge.py. `render` of this package
is the one way to a policy: it approximates to the stricter side, keeps out what a target cannot
hold, and reports both.
"""

from __future__ import annotations

import re  # noqa: TID251  # our own expressions over a server's name, linear
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType

from classifier import plugins
from classifier.enforcement import drift, respelling
from classifier.enforcement.approximation import Report, approximate, strictest_per_name
from classifier.enforcement.left_out import name_fault, needs_closing
from classifier.enforcement.target import Output, Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted, some
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.rule import Decision
from crawler.printable import counted

__all__ = [
    "Memo",
    "Output",
    "Power",
    "ServerRules",
    "Target",
    "module_of",
    "render",
    "suggest_key",
    "target",
    "targets",
]

LONGEST_GUESS = 40
_RESPELT = "no way to tell it from a tool whose name the client may respell"


@dataclass(slots=True)
class Memo:
    """What was written for some tools, whose definitions must not change in its life."""

    rendered: dict[tuple[str, object], Rendered] = field(default_factory=dict)
    definitions: str | None = None


Keys = str | Mapping[str, str] | None
"""A server's key in the user's configuration; for several servers a mapping by server name."""


@lru_cache(maxsize=1)
def _modules() -> dict[str, tuple[ModuleType, Target]]:
    found = plugins.load(sys.modules[__name__], "TARGET", Target)
    return {target.id: (module, target) for module, target in found}


def targets() -> tuple[Target, ...]:
    """Return every target, sorted by id."""
    return tuple(target for _, target in _modules().values())


def target(target_id: str) -> Target:
    """Return a target by its id.

    Raises:
        PolicyError: there is none of that name.

    """
    try:
        return _modules()[target_id][1]
    except KeyError:
        known = ", ".join(_modules())
        raise PolicyError(f"no policy target {quoted(target_id)}; there are {known}") from None


def module_of(target_id: str) -> ModuleType:
    """Return the module of a target; `target` says what is wrong with an unknown id."""
    return _modules()[target(target_id).id][0]


def suggest_key(target_id: str, server: str, taken: Collection[str] = ()) -> str:
    """Return a key that a server might have in a configuration: its own name if that can be one.

    A guess, to be shown as such: the last part of the name, in letters and digits. It is none
    of `taken`.
    """
    fault_of = getattr(module_of(target_id), "key_fault", None)
    if server and server not in taken and not (fault_of and fault_of(server)):
        return server
    # npm:@scope/name@1.2, pypi:name==1.2, io.github.owner/name, https://host/mcp
    words = re.split(r"[@=?#]", server.lower().removeprefix("npm:@"))[0]
    last = re.sub(r"[^a-z0-9]+", "-", re.split(r"[/:]", words.rstrip("/"))[-1])
    base = last[:LONGEST_GUESS].strip("-") or "server"
    for number in range(1, len(taken) + 2):
        guess = base if number == 1 else f"{base}-{number}"
        if fault_of and fault_of(guess):
            guess = guess.replace("-", "_")
        if guess not in taken:
            return guess
    raise PolicyError(f"no key can be guessed for {quoted(server)}")


def render(
    target_id: str, server_key: Keys, intents: Iterable[Intent], memo: Memo | None = None
) -> Output:
    """Make the policy file of a target for the tools of one or more servers.

    With a `memo`, what was written for the same rules is written again: several profiles of the
    same tools often come out as one in a target that can do little.

    Raises:
        PolicyError: an unknown target, a server key that it cannot hold, several servers in a
            target whose file is for one, or a name that would make the policy wider.

    """
    chosen, module = target(target_id), module_of(target_id)
    by_server: dict[str, list[Intent]] = {}
    for intent in intents:
        by_server.setdefault(intent.server, []).append(intent)
    if len(by_server) > 1 and not chosen.whole_set:
        raise PolicyError(
            f"{chosen.title} takes one file per server, but there are {len(by_server)} servers; "
            "write one at a time, or use --out with a folder"
        )
    keys = _keys(chosen, module, server_key, list(by_server))
    report, notes = Report(chosen), list[str]()
    prepared = tuple(
        _prepare(module, keys[server], rules, report, notes) for server, rules in by_server.items()
    )
    rendered = _rendered(chosen, module, tuple(part.rules for part in prepared), memo)
    effective = {(part.rules.key, i.tool): i for part in prepared for i in part.effective}
    effective.update(rendered.changed)
    made_from = _definitions(by_server, memo)
    approximations, not_enforced = report.approximations(), report.not_enforced()
    own = (*not_enforced, *approximations)
    return Output(
        target=chosen,
        text=drift.header(chosen, made_from, own) + rendered.text,
        definitions=made_from,
        file_name=chosen.file_name,
        language=chosen.language,
        approximations=approximations,
        not_enforced=not_enforced,
        notes=(*notes, *rendered.notes),
        effective=effective,
        extra=rendered.extra,
    )


def _rendered(
    chosen: Target, module: ModuleType, servers: tuple[ServerRules, ...], memo: Memo | None
) -> Rendered:
    if memo is None:
        made: Rendered = module.render(servers)
        return made
    # Not by the reason, which no file holds: it is what tells one profile's rules from another's.
    rules = tuple(
        (
            s.key,
            s.closed,
            *((r.tool, r.decision, r.limit, r.conditions, id(r.input_schema)) for r in s.rules),
        )
        for s in servers
    )
    if (chosen.id, rules) not in memo.rendered:
        memo.rendered[chosen.id, rules] = module.render(servers)
    return memo.rendered[chosen.id, rules]


def _definitions(by_server: Mapping[str, list[Intent]], memo: Memo | None) -> str:
    if memo is not None and memo.definitions is not None:
        return memo.definitions
    made = drift.digest(i for given in by_server.values() for i in given)
    if memo is not None:
        memo.definitions = made
    return made


@dataclass(frozen=True, slots=True)
class _Prepared:
    rules: ServerRules
    effective: tuple[Intent, ...]


def _prepare(
    module: ModuleType, key: str, intents: list[Intent], report: Report, notes: list[str]
) -> _Prepared:
    """Approximate the intents of one server and keep out the names that cannot be held."""
    chosen = report.target
    unique, doubled = strictest_per_name(intents)
    if doubled:
        notes.append(f"defined twice, the stricter rule taken ({some(doubled)})")
    condition_fault = getattr(module, "condition_fault", None)
    listed, effective = list[Intent](), list[Intent]()
    differs: list[tuple[Intent, Intent, str]] = []
    faults, closing = dict[str, list[str]](), dict[str, list[str]]()
    # A client that asks may respell a name; what it then finds must not be another tool's leave.
    taken = respelling.namesakes(unique) if chosen.unlisted is Decision.ASK else set()
    for intent in unique:
        got, why = approximate(chosen, intent, condition_fault)
        if got.decision is Decision.ALLOW and intent.tool in taken:
            got, why = got.plainly(Decision.ASK), _RESPELT
        if why:
            differs.append((intent, got, why))
        fault = name_fault(module, intent.tool, key)
        if fault is None:
            listed.append(got)
            effective.append(got)
            continue
        faults.setdefault(fault, []).append(intent.tool)
        if needs_closing(chosen, got):
            closing.setdefault(fault, []).append(intent.tool)
        effective.append(got.plainly(chosen.unlisted))
    if closing:  # what would have become of each tool is of no interest any more
        _require_closing(chosen, key, faults)
        why = "; ".join(f"{fault} ({some(names)})" for fault, names in closing.items())
        whole = (
            f"server {quoted(key)} is refused whole, with all of its {counted(len(unique), 'tool')}"
        )
        notes.append(f"{whole}: a tool to refuse cannot be named: {why}")
        effective = [intent.plainly(Decision.DENY) for intent in effective]
    else:
        for intent, got, why in differs:
            report.add(intent, got, why)
        for fault, names in faults.items():
            notes.append(f"left out, so {chosen.unlisted}: {fault} ({some(names)})")
    server = intents[0].server
    rules = ServerRules(key=key, server=server, rules=tuple(listed), closed=bool(closing))
    return _Prepared(rules, tuple(effective))


def _require_closing(chosen: Target, key: str, faults: Mapping[str, list[str]]) -> None:
    if not chosen.closes_server:
        fault, names = next(iter(faults.items()))
        raise PolicyError(
            f"{chosen.title}: a tool of server {quoted(key)} has to be refused, but {fault} "
            f"({some(names)}); take the server out, or use another target"
        )


def _keys(chosen: Target, module: ModuleType, given: Keys, servers: list[str]) -> dict[str, str]:
    """Return the key of each server, checked.

    Raises:
        PolicyError: one key for several servers, two servers with one key, or a key that the
            target cannot hold.

    """
    if isinstance(given, str) and len(servers) > 1:
        raise PolicyError(f"one server key for {len(servers)} servers; give one key each")
    keys = {s: given if isinstance(given, str) else (given or {}).get(s, s) for s in servers}
    fault_of = getattr(module, "key_fault", None)
    seen: dict[str, str] = {}
    for server, key in keys.items():
        fault = "it is empty" if not key else fault_of(key) if fault_of else None
        if fault:
            raise PolicyError(
                f"{chosen.title} cannot hold the server key {quoted(key)}: {fault}; "
                "give the key of your configuration with --server-key"
            )
        if key in seen:
            raise PolicyError(f"servers {quoted(seen[key])} and {quoted(server)} share a key")
        seen[key] = server
    return keys
