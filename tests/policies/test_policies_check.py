"""`--check`: what a policy drops of rates and bounds is found, whatever the language.

Asked of the real engine where there is one. Two policies for each target: the one that we write,
which is without fault, and the one for tools that may all be used freely.
"""

import pytest

from classifier.condition import Condition, ConditionKind
from classifier.enforcement.breaches import breaches, within
from classifier.enforcement.check import check
from classifier.intent import Decision, Intent, Limit
from classifier.policies import module_of, render, target, targets

K = ConditionKind
ARN = "arn:aws:bedrock-agentcore:eu:1:gateway/g"
AMOUNT = Condition(("amount",), K.AT_MOST, 500)
TO = Condition(("to",), K.DOMAIN_IN, ("example.com",))
COPY = Condition(("cc",), K.DOMAIN_IN, ("example.com",))
PATH = Condition(("path",), K.INSIDE, ("/srv/data", "/opt/x"))
URL = Condition(("url",), K.HOST_IN, ("api.example.com",))


def intent(name, decision=Decision.ALLOW, limit=None, conditions=()):
    kinds = {c.argument[0]: "integer" if c.kind is K.AT_MOST else "string" for c in conditions}
    schema = {"properties": {argument: {"type": kind} for argument, kind in kinds.items()}}
    return Intent(
        server="gh",
        tool=name,
        decision=decision,
        limit=limit,
        conditions=conditions,
        reason="a test",
        input_schema=schema,
    )


def rate(name, most, window, *conditions):
    return intent(name, Decision.LIMIT, Limit(most, window), conditions)


MEANT = (
    rate("write", 3, "minute"),
    rate("send", 2, "hour", TO, COPY),
    intent("pay", conditions=(AMOUNT,)),
    intent("read", conditions=(PATH,)),
    intent("fetch", conditions=(URL,)),
)


def key_of(target_id):
    return f"gh@{ARN}" if target_id == "agentcore" else "gh"


def loose(target_id, text, intents):
    module = module_of(target_id)
    found = check(target(target_id), module, text, {key_of(target_id): intents})
    return [fault.text for fault in found if fault.kind == "too-loose"]


def intercept(rules):
    return f'version: "1"\ndefault: deny\ntools:\n  send: {{rules: [{rules}]}}\n'


@pytest.mark.parametrize("target_id", [t.id for t in targets() if not t.advisory])
def test_a_policy_that_drops_rates_and_bounds_is_too_loose(target_id):
    ours = render(target_id, key_of(target_id), MEANT).text
    assert loose(target_id, ours, MEANT) == []
    free = render(target_id, key_of(target_id), [intent(one.tool) for one in MEANT]).text
    found = loose(target_id, free, MEANT)
    for one in MEANT:
        assert any(f'"{one.tool}": ' in line for line in found), one.tool


@pytest.mark.parametrize(("target_id", "title"), [("cursor", "Cursor"), ("vscode", "VS Code")])
def test_a_client_that_cannot_refuse_is_not_said_to_refuse(target_id, title):
    refused = [intent("wipe", Decision.DENY)]
    assert loose(target_id, render(target_id, "gh", refused).text, refused) == [
        f'"gh" "wipe": ask, but a test calls for deny; {title} has no way to refuse'
    ]


@pytest.mark.parametrize("target_id", ["claude-code", "gemini-cli"])
def test_the_second_spelling_of_a_refused_name_is_no_fault(target_id):
    refused = [intent("issue.update", Decision.DENY)]
    ours = render(target_id, "gh", refused).text
    assert "issue_update" in ours
    chosen, module = target(target_id), module_of(target_id)
    assert list(check(chosen, module, ours, {"gh": refused})) == []
    alone = [intent("issue_update", Decision.DENY)]
    (fault,) = check(
        chosen, module, render(target_id, "gh", alone).text, {"gh": [intent("x", Decision.ASK)]}
    )
    assert (fault.kind, fault.text) == ("matches-nothing", '"issue_update"')


def test_a_client_that_lets_a_limited_tool_through_is_told_what_it_should_do():
    text = '{"permissions": {"allow": ["mcp__gh__write", "mcp__gh__pay"]}}'
    limited, bounded = loose("claude-code", text, [MEANT[0], MEANT[2]])
    assert limited == (
        '"gh" "write": allow, but a test calls for 3/minute; Claude Code has no rate limits, so ask'
    )
    assert bounded == (
        '"gh" "pay": allow, but a test calls for allow with conditions; '
        "Claude Code has no argument conditions, so ask"
    )


@pytest.mark.parametrize(
    ("limit", "meant", "passes"),
    [
        ("3/minute", Limit(3, "minute"), False),
        ("4/minute", Limit(3, "minute"), True),
        ("3/minute", Limit(3, "hour"), True),
        ("1/minute", Limit(59, "hour"), True),
        ("1/minute", Limit(60, "hour"), False),
        ("5/hour", Limit(5, "minute"), False),
        ("6/hour", Limit(5, "minute"), True),
    ],
)
def test_a_rate_is_held_against_the_whole_of_its_window(limit, meant, passes):
    text = intercept(f"{{name: r, rate_limit: {limit}}}")
    found = loose("intercept", text, [rate("send", meant.max, meant.window)])
    many = f'"gh" "send": {meant.max + 1} calls in a {meant.window} pass'
    assert found == ([f"{many}, but a test calls for {meant}"] if passes else [])


def test_a_limit_for_all_tools_does_not_hide_what_passes():
    """One call a day in all: asked on one day, only the first tool would be found."""
    text = (
        'version: "1"\ndefault: deny\ntools:\n  a: {rules: []}\n  b: {rules: []}\n'
        '  "*": {rules: [{name: r, rate_limit: 1/day}]}\n'
    )
    denied = [intent(name, Decision.DENY) for name in "ab"]
    assert len(loose("intercept", text, denied)) == len(denied)


@pytest.mark.parametrize(
    ("conditions", "not_held"),
    [
        ([("to", "@example\\.com$"), ("cc", "@example\\.com$")], 2),  # a list of addresses passes
        ([("to", "^[a-z]+@example\\.com$")], 1),
        ([("to", "^[a-z]+@example\\.com$"), ("cc", "^[a-z]+@example\\.com$")], 0),
        ([("to", "^[a-z]+@example"), ("cc", "^[a-z]+@example\\.com$")], 1),
    ],
)
def test_each_bound_is_broken_on_its_own(conditions, not_held):
    parts = [f"{{path: args.{name}, op: regex, value: '{value}'}}" for name, value in conditions]
    text = intercept(f"{{name: c, conditions: [{', '.join(parts)}]}}")
    found = loose("intercept", text, [intent("send", conditions=(TO, COPY))])
    assert len(found) == not_held


def test_samples_meet_all_bounds_or_break_the_one_that_they_should():
    nested = Condition(("message", "to"), K.DOMAIN_IN, ("example.com",), each=True)
    conditions = (AMOUNT, TO, PATH, URL, nested)
    assert all(c.holds(within(conditions)) for c in conditions)
    broken = list(breaches(conditions))
    assert {condition for condition, _ in broken} == set(conditions)
    for condition, arguments in broken:
        assert [c for c in conditions if not c.holds(arguments)] == [condition]
    clash = (TO, Condition(("to",), K.DOMAIN_IN, ("example.org",)))
    assert within(clash) is None
