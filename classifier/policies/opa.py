"""Open Policy Agent: a Rego module with `decision` (allow, ask or deny) and `allow`.

The input is `{"server": KEY, "tool": NAME, "arguments": {...}}`. Both rules have a default,
because undefined is not false. A caller that knows no "ask" uses `allow`, which is true only for
"allow". Conditions are plain text tests instead of regular expressions, whose dialects differ
between engines.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # our own expressions over lines, linear
from collections.abc import Iterator

from classifier.condition import TELLABLE, Condition, ConditionKind, TextTest, number_text
from classifier.enforcement.documents import comment, engine
from classifier.enforcement.names import fault_anywhere
from classifier.enforcement.quoting import rego
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.rule import Decision

TARGET = Target(
    id="opa",
    title="Open Policy Agent",
    file_name="toolrisk.rego",
    language="rego",
    expresses=frozenset({Power.DENY, Power.ASK, Power.CONDITIONS}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by="regopy",
    documentation="https://www.openpolicyagent.org/docs/policy-language",
    condition_kinds=TELLABLE,
    condition_each=True,
    condition_optional=True,
    install="Load it into OPA and query data.toolrisk.decision or data.toolrisk.allow.",
)

_HEAD = """package toolrisk

import rego.v1

default decision := "deny"

default allow := false

allow if decision == "allow"

decision := tools[input.server][input.tool]

"""
_ENTRY = re.compile(r'\t(\t?)("(?:[^"\\]|\\.)*"): (\{|"[a-z]+",)')
_INPUT = re.compile(r'\tinput\.(server|tool) == ("(?:[^"\\]|\\.)*")')
_VERDICTS = {"allow": Verdict.ALLOW, "ask": Verdict.ASK}


def key_fault(key: str) -> str | None:
    """Say why not: a key that cannot be read cannot be reviewed."""
    return fault_anywhere(key)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write a table of plain decisions and a rule for each tool with conditions."""
    tables: list[str] = []
    rules: list[str] = []
    for server in servers:
        entries: list[str] = []
        for rule in server.rules:
            if rule.conditions and not rule.decision.refuses:
                rules.append(_conditional(server.key, rule))
            elif not rule.decision.refuses:
                entries.append(f"\t\t{rego(rule.tool)}: {rego(rule.decision.value)},\n")
        if entries:
            tables.append(f"\t{rego(server.key)}: {{\n{''.join(entries)}\t}},\n")
    text = comment(("Whatever is not named here is denied.",)) + _HEAD
    text += f"tools := {{\n{''.join(tables)}}}\n" if tables else "tools := {}\n"
    return Rendered(text=text + "".join("\n" + rule for rule in rules))


def _conditional(key: str, rule: Intent) -> str:
    lines = [f"input.server == {rego(key)}", f"input.tool == {rego(rule.tool)}"]
    lines += [line for condition in rule.conditions for line in _condition(condition)]
    body = "".join(f"\t{line}\n" for line in lines)
    return f"decision := {rego(rule.decision.value)} if {{\n{body}}}\n"


def _condition(condition: Condition) -> Iterator[str]:
    if not condition.optional:
        yield from _given(condition)
        return
    place, cases = "input.arguments", []
    for name in condition.argument:
        cases.append(f"is_object({place}); not {rego(name)} in object.keys({place})")
        place += "." + name
    cases.append("; ".join(_given(condition)))
    yield " + ".join(f"count([1 | {case}])" for case in cases) + " > 0"


def _given(condition: Condition) -> Iterator[str]:
    subject = "input.arguments." + ".".join(condition.argument)
    if condition.each:
        yield f"is_array({subject})"
        tests = "; ".join(_demand("item", condition))
        yield f"count([1 | some item in {subject}; {tests}]) == count({subject})"
    else:
        yield from _demand(subject, condition)


def _demand(subject: str, condition: Condition) -> Iterator[str]:
    if condition.kind is ConditionKind.AT_MOST:
        yield f"is_number({subject})"
        yield f"{subject} >= 0"
        yield f"{subject} <= {number_text(condition.number)}"
        return
    yield f"is_string({subject})"
    yield from _text(subject, condition.text_test())


def _text(subject: str, test: TextTest) -> Iterator[str]:
    # `or` within a rule: at least one text of the lists fits.
    either = [
        f"count([part | some part in [{', '.join(map(rego, parts))}]; {fits}])"
        for parts, fits in (
            (test.equals, f"{subject} == part"),
            (test.starts, f"startswith({subject}, part)"),
            (test.ends, f"endswith({subject}, part)"),
        )
        if parts
    ]
    yield f"{' + '.join(either)} > 0"
    for function, parts in (
        ("contains", test.without),
        ("startswith", test.not_starts),
        ("endswith", test.not_ends),
    ):
        # One line each instead of `every`, which the engine that we test with gets wrong.
        for part in parts:
            yield f"not {function}({subject}, {rego(part)})"
    if test.once:
        yield f"count(split({subject}, {rego(test.once)})) == 2"


def simulate(text: str) -> Simulator:
    """Ask a real Rego engine for `data.toolrisk.decision`."""
    regopy = engine("regopy", "regopy")
    interpreter = regopy.Interpreter()
    try:
        interpreter.add_module("toolrisk", text)
        question = interpreter.build("data.toolrisk.decision")  # read once for all calls
    except regopy.RegoError as error:
        raise PolicyError("the Rego module does not parse") from error

    def decide(call: Call) -> Verdict:
        given = {"server": call.server, "tool": call.tool, "arguments": dict(call.arguments)}
        # As a term of JSON: only so does this engine read escapes alike in input and module.
        interpreter.set_input_term(json.dumps(given, ensure_ascii=False))
        answer = str(interpreter.query_bundle(question))
        try:
            (value,) = json.loads(answer)["expressions"]
        except (ValueError, KeyError):
            return Verdict.DENY  # undefined: a module without a default
        return _VERDICTS.get(value, Verdict.DENY) if isinstance(value, str) else Verdict.DENY

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of a module in the form that we write; others are not looked into."""
    server = ""
    for line in text.splitlines():
        if found := _ENTRY.fullmatch(line):
            if found[3] == "{":
                server = json.loads(found[2])
            else:
                yield server, json.loads(found[2])
        elif found := _INPUT.fullmatch(line):
            if found[1] == "server":
                server = json.loads(found[2])
            else:
                yield server, json.loads(found[2])


def lint(text: str) -> Iterator[str]:
    """Yield rules whose result would be undefined, which is not false."""
    for rule in ("decision", "allow"):
        if re.search(rf"^{rule}\b", text, re.MULTILINE) and not re.search(
            rf"^default {rule} := ", text, re.MULTILINE
        ):
            yield f"{rule} has no default, so it is undefined where no rule holds"
    if re.search(r'^default (decision := "allow"|allow := true)', text, re.MULTILINE):
        yield "the default lets every tool through that no rule names"
