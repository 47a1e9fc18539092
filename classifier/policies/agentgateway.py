"""agentgateway: CEL rules under `mcpAuthorization`.

Only allow rules are written: a deny rule fails open where its expression has an error, while an
allow rule with an error lets nothing through. Conditions on arguments are not written, because
the arguments are not there when authorization is decided (agentgateway issue 3092). Tools that
no rule allows are left out of the list. `$NAME` and `${NAME:-default}` are expanded in the text of the
whole file before it is parsed, so no name with `$` is written.
"""

from __future__ import annotations

import re  # noqa: TID251  # our own expressions, linear
from collections.abc import Iterator
from typing import Any

from classifier.enforcement.documents import (
    Name,
    dump_yaml,
    engine,
    mapping,
    read_yaml,
    sequence,
)
from classifier.enforcement.names import UNEXPANDED, unless
from classifier.enforcement.quoting import cel, cel_unquoted
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.rule import Decision

TARGET = Target(
    id="agentgateway",
    title="agentgateway",
    file_name="agentgateway.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by="cel-python",
    documentation="https://agentgateway.dev/docs/mcp/mcp-authz/",
    install="Merge mcp.policies into your configuration; target names are the server keys.",
)

NAMES_PER_RULE = 200
"""Expressions stay short enough to read and to parse quickly."""

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_OURS = re.compile(rf"mcp\.tool\.target == ({_LITERAL.pattern}) && mcp\.tool\.name in \[(.*)\]")
_EXPANDED = re.compile(r"\$[\w{$]")
_NOTHING = 'mcp.tool.name == "" && mcp.tool.name != ""'


def key_fault(key: str) -> str | None:
    """Say why not: `$` begins a variable."""
    return None if UNEXPANDED.fullmatch(key) else "what follows $ is expanded as a variable"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `$` begins a variable."""
    return unless(UNEXPANDED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write allow rules: for each target the names that may be used."""
    rules = [Name(expression) for server in servers for expression in _allow(server)]
    # Without any rule everything would be allowed; a rule that never holds allows nothing.
    policies = {"mcpAuthorization": {"rules": rules or [Name(_NOTHING)]}}
    header = ("Only what a rule allows can be listed or called.",)
    notes = ("mcp.targets is empty: your own targets stay there, named by the server keys",)
    config = {"mcp": {"targets": [], "policies": policies}}
    return Rendered(text=dump_yaml(config, header), notes=notes)


def _allow(server: ServerRules) -> list[str]:
    names = [cel(rule.tool) for rule in server.rules if rule.decision is Decision.ALLOW]
    chunks = [names[i : i + NAMES_PER_RULE] for i in range(0, len(names), NAMES_PER_RULE)]
    target = f"mcp.tool.target == {cel(server.key)}"
    return [f"{target} && mcp.tool.name in [{', '.join(chunk)}]" for chunk in chunks]


def simulate(text: str) -> Simulator:
    """Ask a real CEL engine for each rule; deny before require before allow, as documented."""
    celpy = engine("celpy", "cel-python")
    environment = celpy.Environment()
    programs: dict[str, list[Any]] = {"deny": [], "require": [], "allow": []}
    for kind, expression in _rules(text):
        try:
            programs[kind].append(environment.program(environment.compile(expression)))
        except celpy.CELParseError as error:
            raise PolicyError(f"a CEL rule does not parse: {str(error).splitlines()[0]}") from error

    def decide(call: Call) -> Verdict:
        tool = {"tool": {"name": call.tool, "target": call.server}}
        activation = {"mcp": celpy.json_to_cel(tool)}

        def holds(program: Any) -> bool:
            try:
                return bool(program.evaluate(activation))
            except celpy.CELEvalError:
                return False

        if any(map(holds, programs["deny"])) or not all(map(holds, programs["require"])):
            return Verdict.DENY
        allowed = not programs["allow"] or any(map(holds, programs["allow"]))
        return Verdict.ALLOW if allowed else Verdict.DENY

    return decide


def _kind(rule: object) -> tuple[str, str]:
    if isinstance(rule, str):
        return "allow", rule
    if isinstance(rule, dict) and len(rule) == 1:
        ((kind, expression),) = rule.items()
        if kind in {"allow", "deny", "require"} and isinstance(expression, str):
            return kind, expression
    raise PolicyError("a rule must be an expression, or one of allow, deny, require with one")


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (target, tool) of rules in the form that we write; others are not looked into."""
    for kind, expression in _rules(text):
        found = _OURS.fullmatch(expression)
        if kind == "allow" and found is not None:
            for literal in _LITERAL.findall(found[2]):
                yield cel_unquoted(found[1]), cel_unquoted(literal)


def lint(text: str) -> Iterator[str]:
    """Yield rules that fail open, can never hold or are for another tool than they name."""
    rules = _rules(text)
    if not any(kind == "allow" for kind, _ in rules):
        yield "without an allow rule everything is allowed"
    for kind, expression in rules:
        if kind == "deny":
            yield f"deny {quoted(expression)}: a deny rule fails open when its expression errs"
        if "mcp.tool.arguments" in expression or "mcp.tool.params" in expression:
            yield f"{quoted(expression)}: arguments are not there when rules are decided"
        if _EXPANDED.search(expression):
            yield f"{quoted(expression)}: variables behind $ are expanded before it is read"


def _rules(text: str) -> list[tuple[str, str]]:
    config = mapping(read_yaml(text, "configuration"), "configuration")
    policies = mapping(mapping(config.get("mcp"), "mcp").get("policies"), "mcp.policies")
    authorization = mapping(policies.get("mcpAuthorization"), "mcpAuthorization")
    return [_kind(rule) for rule in sequence(authorization.get("rules"), "rules")]
