"""Conditions on arguments: one meaning in every language that can say it.

Each side of the bound, the wrong type and the absent argument, asked of the real engines; the two
ways to say a text demand (plain tests, regular expression) hold each other up.
"""

import json
from dataclasses import replace

import pytest
import re2
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.condition import Condition, ConditionKind
from classifier.enforcement.memory import Memory
from classifier.enforcement.ownership import may_replace
from classifier.enforcement.simulation import Call, Verdict, first_verdict
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent, Limit
from classifier.policies import module_of, render, targets

K = ConditionKind
CASES = {
    K.AT_MOST: (
        Condition(("amount",), K.AT_MOST, 500),
        "integer",
        [0, 1, 500],
        [501, -1, True, None, "100", [100], {}, 10**12],
    ),
    K.INSIDE: (
        Condition(("amount",), K.INSIDE, ("/srv/data", "/opt/x*")),
        "string",
        ["/srv/data", "/srv/data/a", "/srv/data/a/b.txt", "/srv/data/..a", "/opt/x*/y"],
        [
            "/srv/database",
            "/srv/data/../../etc/passwd",
            "/srv/data/./a",
            "/srv/data//a",
            "/srv/data/..",
            "/etc/passwd",
            "srv/data/a",
            "/srv/data\\..\\x",
            "/opt/xy/z",
            "",
            7,
            ["/srv/data"],
        ],
    ),
    K.HOST_IN: (
        Condition(("amount",), K.HOST_IN, ("api.example.com", "b.example:8443")),
        "string",
        [
            "https://api.example.com",
            "https://api.example.com/v1?q=1#x",
            "https://b.example:8443/",
            "https://api.example.com?x",
        ],
        [
            "http://api.example.com/",
            "https://api.example.com.evil.test/",
            "https://api.example.com@evil.test/",
            "https://api.example.com:1/",
            "https://apixexample.com/",
            "https://evil.test/https://api.example.com/",
            " https://api.example.com/",
            "https://api.example.com\\@evil.test",
            "https://api.example.com/\nHost: evil.test",
            None,
            5,
        ],
    ),
    K.DOMAIN_IN: (
        Condition(("amount",), K.DOMAIN_IN, ("example.com",)),
        "string",
        ["a@example.com", "a.b+c@example.com"],
        [
            "a@evil.test",
            "a@example.com.evil.test",
            "a@sub.example.com",
            "a@evil.test,b@example.com",
            "x@evil.test@example.com",
            "A <a@example.com>",
            "@example.com",
            "a@examplexcom",
            "",
            ["a@example.com"],
        ],
    ),
    K.READ_ONLY: (
        Condition(("amount",), K.READ_ONLY),
        "string",
        [],
        [
            "select a from b",
            "select 1 delete from users",
            "SELECT 1 EXEC xp_cmdshell whoami",
            "select 1drop table users",
            "select 1; drop table x",
            "drop table x",
            3,
        ],
    ),
}
CONDITIONAL = [
    (target.id, kind) for target in targets() for kind in CASES if kind in target.condition_kinds
]


def intent(condition, declared, decision=Decision.ALLOW, limit=None):
    schema = {"type": "object", "properties": {"amount": {"type": declared}}}
    return Intent(
        server="srv",
        tool="pay",
        decision=decision,
        limit=limit,
        conditions=(condition,),
        input_schema=schema,
    )


@pytest.mark.parametrize(("target_id", "kind"), CONDITIONAL, ids=str)
def test_each_side_of_the_bound_in_the_engine(target_id, kind):
    condition, declared, good, bad = CASES[kind]
    output = render(target_id, "srv", [intent(condition, declared)])
    assert output.effective["srv", "pay"].conditions == (condition,)
    decide = module_of(target_id).simulate(output.text)

    def verdict(arguments):
        return decide(Call(server="srv", tool="pay", arguments=arguments))

    for value in good:
        assert condition.holds({"amount": value}), value
        assert verdict({"amount": value}) is Verdict.ALLOW, value
    for value in bad:
        assert not condition.holds({"amount": value}), value
        assert verdict({"amount": value}) is Verdict.DENY, value
    assert verdict({}) is Verdict.DENY
    assert verdict({"Amount": good[0]}) is Verdict.DENY


@pytest.mark.parametrize("target_id", ["intercept", "envoy-ai-gateway", "opa", "toolhive"])
def test_fractions_are_bounded(target_id):
    condition = Condition(("amount",), K.AT_MOST, 99.5)
    text = render(target_id, "srv", [intent(condition, "number")]).text
    decide = module_of(target_id).simulate(text)
    for value, wanted in ((99.5, Verdict.ALLOW), (99.25, Verdict.ALLOW), (99.75, Verdict.DENY)):
        assert decide(Call(server="srv", tool="pay", arguments={"amount": value})) is wanted


@pytest.mark.parametrize(
    "value", [10**20, -(10**20), 10**400, [10**20], {"deep": 10**400}], ids=lambda v: str(v)[:12]
)
@pytest.mark.parametrize("target_id", [t.id for t in targets() if K.AT_MOST in t.condition_kinds])
def test_a_number_that_no_engine_holds_is_out_of_bounds(target_id, value):
    condition, declared, *_ = CASES[K.AT_MOST]
    text = render(target_id, "srv", [intent(condition, declared)]).text
    decide = module_of(target_id).simulate(text)
    assert decide(Call(server="srv", tool="pay", arguments={"amount": value})) is Verdict.DENY


@pytest.mark.parametrize("target_id", ["intercept", "envoy-ai-gateway", "opa", "toolhive"])
def test_a_large_number_beside_it_does_not_change_what_a_bound_says(target_id):
    condition, declared, good, _ = CASES[K.INSIDE]
    text = render(target_id, "srv", [intent(condition, declared)]).text
    decide = module_of(target_id).simulate(text)
    arguments = {"amount": good[0], "other": 10**20, "more": [10**20]}
    assert decide(Call(server="srv", tool="pay", arguments=arguments)) is Verdict.ALLOW


def test_agentcore_bounds_decimals_by_the_declared_type():
    condition = Condition(("amount",), K.AT_MOST, 99.5)
    text = render("agentcore", "srv", [intent(condition, "number")]).text
    assert 'lessThanOrEqual(decimal("99.5000"))' in text
    decide = module_of("agentcore").simulate(text)
    for value, wanted in ((99.5, Verdict.ALLOW), (99.75, Verdict.DENY), (-0.5, Verdict.DENY)):
        assert decide(Call(server="srv", tool="pay", arguments={"amount": value})) is wanted


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [
        (0, Verdict.ALLOW),
        (100, Verdict.ALLOW),
        (100.0, Verdict.ALLOW),
        (500, Verdict.ALLOW),
        (500.00001, Verdict.DENY),
        (501, Verdict.DENY),
        (-0.00001, Verdict.DENY),
        (10**20, Verdict.DENY),
        (float("inf"), Verdict.DENY),
        (True, Verdict.DENY),
        ("100", Verdict.DENY),
    ],
)
def test_agentcore_reads_a_number_as_the_type_that_the_policy_compares(amount, wanted):
    condition = CASES[K.AT_MOST][0]
    both = [
        replace(intent(condition, declared), tool=f"pay_{declared}")
        for declared in ("number", "integer")
    ]
    decide = module_of("agentcore").simulate(render("agentcore", "srv", both).text)
    for tool in ("pay_number", "pay_integer"):
        assert decide(Call(server="srv", tool=tool, arguments={"amount": amount})) is wanted


@pytest.mark.parametrize(
    "test",
    [
        'decimal("5.0").greaterThanOrEqual(context.input["amount"])',
        'context.input.amount == decimal("5.0")',
        '!(context.input.amount.greaterThan(decimal("5.0")))',
        'context.input.amount.lessThan(decimal ("5.1")) && context != {lessThan: 5, "==": "x"}',
    ],
)
@pytest.mark.parametrize(
    "action",
    [
        "action",
        'action == AgentCore::Action::"srv___pay"',
        'action in [AgentCore::Action::"srv___get", AgentCore::Action::"srv___pay"]',
    ],
)
def test_agentcore_finds_decimals_in_policies_of_a_person(test, action):
    text = f"permit(principal, {action}, resource) when {{ {test} }};"
    decide = module_of("agentcore").simulate(text)
    for amount, wanted in ((5, Verdict.ALLOW), (5.5, Verdict.DENY)):
        assert decide(Call(server="srv", tool="pay", arguments={"amount": amount})) is wanted


@pytest.mark.parametrize(("bound", "said"), [(99.99999, "99.9999"), (500, "500.0000")])
def test_agentcore_never_rounds_a_bound_up(bound, said):
    condition = Condition(("amount",), K.AT_MOST, bound)
    text = render("agentcore", "srv", [intent(condition, "number")]).text
    assert f'lessThanOrEqual(decimal("{said}"))' in text


@pytest.mark.parametrize("key", ["in", "default", "true", "package"])
@pytest.mark.parametrize("target", targets(), ids=lambda t: t.id)
def test_an_argument_named_like_a_keyword_breaks_no_policy(target, key):
    schema = {"type": "object", "properties": {key: {"type": "string"}}}
    bounded = Intent(
        server="srv",
        tool="pay",
        decision=Decision.ALLOW,
        conditions=(Condition((key,), K.INSIDE, ("/srv",)),),
        input_schema=schema,
    )
    output = render(target.id, "srv", [bounded])
    assert not output.effective["srv", "pay"].conditions
    decide = module_of(target.id).simulate(output.text)
    assert decide(Call(server="srv", tool="pay", arguments={key: "/etc"})) is not Verdict.ALLOW


@pytest.mark.parametrize("target_id", ["envoy-ai-gateway", "opa"])
def test_every_item_of_a_list_must_hold(target_id):
    condition = Condition(("amount",), K.DOMAIN_IN, ("example.com",), each=True)
    text = render(target_id, "srv", [intent(condition, "array")]).text
    decide = module_of(target_id).simulate(text)
    for value, wanted in (
        (["a@example.com", "b@example.com"], Verdict.ALLOW),
        (["a@example.com", "b@evil.test"], Verdict.DENY),
        (["a@example.com", 3], Verdict.DENY),
        ("a@example.com", Verdict.DENY),
        ({"a@example.com": "b@evil.test"}, Verdict.DENY),
        (None, Verdict.DENY),
        (7, Verdict.DENY),
    ):
        assert condition.holds({"amount": value}) is (wanted is Verdict.ALLOW)
        assert decide(Call(server="srv", tool="pay", arguments={"amount": value})) is wanted


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.id)
@pytest.mark.parametrize("kind", CASES)
def test_a_condition_that_cannot_be_said_makes_the_policy_stricter(target, kind):
    condition, _, good, bad = CASES[kind]
    meant = intent(condition, "object")  # no plain type, so typed languages cannot say it either
    output = render(target.id, "srv", [meant])
    got = output.effective["srv", "pay"]
    if got.conditions:
        assert kind in target.condition_kinds
        return
    assert got.decision.rank > Decision.ALLOW.rank
    assert output.approximations or target.advisory
    decide = module_of(target.id).simulate(output.text)
    call = Call(server="srv", tool="pay", arguments={"amount": [*good, *bad][0]})
    assert decide(call) is first_verdict(got.decision)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.id)
@pytest.mark.parametrize("limit", [None, Limit(3, "hour")], ids=["allow", "limit"])
def test_no_statement_passes_for_reading_only(target, limit):
    """In Transact-SQL any text may go on with a second statement; no text shows what a view calls."""
    condition, declared, _, bad = CASES[K.READ_ONLY]
    decision = Decision.LIMIT if limit else Decision.ALLOW
    output = render(target.id, "srv", [intent(condition, declared, decision, limit)])
    got = output.effective["srv", "pay"]
    assert got.decision is Decision.ASK or got.decision.refuses
    if "conditions" in target.expresses:
        assert "from the text of a statement" in " ".join(output.report)
    decide = module_of(target.id).simulate(output.text)
    for value in bad:
        assert not condition.holds({"amount": value}), value
        call = Call(server="srv", tool="pay", arguments={"amount": value})
        assert decide(call) is first_verdict(got.decision)


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.id)
@pytest.mark.parametrize("kind", sorted(set(K) - {K.READ_ONLY}), ids=str)
def test_a_statement_beside_another_bound_does_not_pass_either(target, kind):
    statement, (bound, declared, good, _) = Condition(("sql",), K.READ_ONLY), CASES[kind]
    both = replace(intent(bound, declared), conditions=(statement, bound))
    output = render(target.id, "srv", [both])
    got = output.effective["srv", "pay"]
    assert got.decision is Decision.ASK or got.decision.refuses
    decide = module_of(target.id).simulate(output.text)
    call = Call(server="srv", tool="pay", arguments={"sql": "select 1", "amount": good[0]})
    assert decide(call) is first_verdict(got.decision)


def test_a_bound_that_goes_while_another_stays_is_said_so():
    statement, bound = Condition(("sql",), K.READ_ONLY), CASES[K.AT_MOST][0]
    both = replace(intent(bound, "integer", Decision.ASK), conditions=(statement, bound))
    (said,) = render("opa", "srv", [both]).approximations
    assert said.startswith("ask with conditions became ask with fewer of them: ")
    assert "from the text of a statement" in said


@pytest.mark.parametrize(
    "target", [t for t in targets() if "rate" in t.expresses], ids=lambda t: t.id
)
def test_one_call_more_than_the_limit_is_refused(target):
    limited = Intent(server="srv", tool="go", decision=Decision.LIMIT, limit=Limit(3, "minute"))
    decide = module_of(target.id).simulate(render(target.id, "srv", [limited]).text)
    calls = [decide(Call(server="srv", tool="go", at=second)) for second in (0, 20, 40, 59, 60)]
    assert calls == [Verdict.ALLOW] * 3 + [Verdict.LIMITED, Verdict.ALLOW]


def test_intercept_holds_rate_and_condition_together():
    condition = CASES[K.AT_MOST][0]
    both = intent(condition, "integer", Decision.LIMIT, Limit(1, "hour"))
    decide = module_of("intercept").simulate(render("intercept", "srv", [both]).text)
    verdicts = [
        decide(Call(server="srv", tool="pay", arguments={"amount": amount}))
        for amount in (900, 100, 100)
    ]
    assert verdicts == [Verdict.DENY, Verdict.ALLOW, Verdict.LIMITED]


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.id)
def test_a_rate_that_cannot_be_held_does_not_take_the_bound_with_it(target):
    condition, _, good, bad = CASES[K.AT_MOST]
    both = intent(condition, "integer", Decision.LIMIT, Limit(5, "day"))
    output = render(target.id, "srv", [both])
    got = output.effective["srv", "pay"]
    decide = module_of(target.id).simulate(output.text)

    def verdict(amount):
        return decide(Call(server="srv", tool="pay", arguments={"amount": amount}))

    assert verdict(good[-1]) is first_verdict(got.decision)
    if got.decision.refuses or target.can("conditions"):
        assert verdict(bad[0]) is Verdict.DENY
        assert target.advisory or got.decision.refuses or got.conditions == (condition,)
    else:
        assert verdict(bad[0]) is Verdict.ASK


def test_the_conditions_that_can_be_held_stay_beside_one_that_cannot():
    """A person is asked about the argument out of reach, never about one out of bounds."""
    reached = Condition(("to",), K.DOMAIN_IN, ("example.com",))
    beyond = Condition(("people", "*", "to"), K.DOMAIN_IN, ("example.com",))
    schema = {"type": "object", "properties": {"to": {"type": "string"}}}
    meant = Intent(
        server="srv",
        tool="send",
        decision=Decision.ALLOW,
        conditions=(reached, beyond),
        input_schema=schema,
    )
    output = render("opa", "srv", [meant])
    assert output.effective["srv", "send"].conditions == (reached,)
    assert any("allow with conditions became ask with conditions" in a for a in output.report)
    decide = module_of("opa").simulate(output.text)
    for address, wanted in (("a@example.com", Verdict.ASK), ("a@evil.test", Verdict.DENY)):
        assert decide(Call(server="srv", tool="send", arguments={"to": address})) is wanted


def test_intercept_refuses_a_limited_tool_with_a_dot_and_not_the_whole_file():
    """Its validate.go looks for the counter under what comes before the first dot."""
    dotted, plain, free = (
        Intent(server="srv", tool=name, decision=Decision.LIMIT if limit else Decision.ALLOW, limit=limit)
        for name, limit in (("issue.update", Limit(30, "minute")), ("list", Limit(30, "minute")), ("issue.get", None))
    )  # fmt: skip
    output = render("intercept", "srv", [dotted, plain, free])
    got = {tool: effective.decision for (_, tool), effective in output.effective.items()}
    assert got == {
        "issue.update": Decision.DENY,
        "list": Decision.LIMIT,
        "issue.get": Decision.ALLOW,
    }
    assert 'no rates for names with a dot (1 tool: "issue.update")' in " ".join(output.report)
    decide = module_of("intercept").simulate(output.text)
    for tool, decision in got.items():
        assert decide(Call(server="srv", tool=tool)) is first_verdict(decision)
    for name, tool in yaml.safe_load(output.text)["tools"].items():
        assert "." not in name or not any("rate_limit" in rule for rule in tool["rules"])


def test_a_file_that_intercept_refuses_is_not_simulated():
    rate = 'version: "1"\ndefault: deny\ntools: {{"{}": {{rules: [{{name: r, rate_limit: 1/hour}}]}}}}\n'
    module_of("intercept").simulate(rate.format("a-b"))
    with pytest.raises(PolicyError, match="its name has a dot"):
        module_of("intercept").simulate(rate.format("a.b"))


def texts(start, alphabet):
    return st.text(alphabet=alphabet, max_size=16).map(lambda tail: start + tail)


TEXTS = {
    K.INSIDE: texts("/srv/data", "/.ad\\ x"),
    K.HOST_IN: texts("https://api.example.com", "/?#@: .\\ab\n"),
    K.DOMAIN_IN: st.one_of(
        st.text(alphabet="ab@., <\n", max_size=12).map(lambda head: head + "@example.com"),
        st.text(alphabet="ab@.exmplco", max_size=20),
    ),
}


@pytest.mark.parametrize("kind", TEXTS)
@settings(max_examples=1000)
@given(data=st.data())
def test_plain_tests_and_the_expression_say_the_same(kind, data):
    text = data.draw(TEXTS[kind])
    condition = CASES[kind][0]
    by_expression = re2.search(condition.pattern, text) is not None
    assert condition.holds({"amount": text}) is by_expression


@pytest.mark.parametrize("target_id", ["toolhive", "opa", "envoy-ai-gateway"])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from([K.INSIDE, K.HOST_IN, K.DOMAIN_IN]))
def test_real_engines_agree_with_the_meaning(target_id, data, kind):
    condition = CASES[kind][0]
    decide = module_of(target_id).simulate(
        render(target_id, "srv", [intent(condition, "string")]).text
    )
    text = data.draw(TEXTS[kind])
    got = decide(Call(server="srv", tool="pay", arguments={"amount": text}))
    assert (got is Verdict.ALLOW) is condition.holds({"amount": text})


@pytest.mark.parametrize("target_id", [target.id for target in targets()])
def test_what_we_wrote_may_be_written_anew(own_tools, by_server, profile, target_id):
    """Every file of every target, with conditions, limits and names that break things."""
    intents = by_server(own_tools, profile)["own"]
    bounded = [
        replace(intent(condition, declared, *how), server="own", tool=f"b_{kind}_{len(how)}")
        for kind, (condition, declared, *_) in CASES.items()
        for how in ((), (Decision.LIMIT, Limit(3, "hour")))
    ]
    old, new = (render(target_id, "gh", given) for given in ([*intents, *bounded], intents[:2]))
    others = dict(new.extra)
    module = module_of(target_id)
    memory = Memory(module.read_rules(old.text) if hasattr(module, "read_rules") else {})
    for name, text in ((old.file_name, old.text), *old.extra):
        assert may_replace(module, text, others.get(name) or new.text, memory), name


def test_toolhive_compares_numbers_as_the_decimals_that_it_makes_of_them():
    """Its parser reads every number as a double, and entity.go makes a decimal of that."""
    condition = CASES[K.AT_MOST][0]
    text = render("toolhive", "srv", [intent(condition, "integer")]).text
    (policy,) = json.loads(text)["cedar"]["policies"]
    assert '.lessThanOrEqual(decimal("500.0000"))' in policy
    decide = module_of("toolhive").simulate(text)
    for amount, wanted in (
        (500, Verdict.ALLOW),
        (500.0, Verdict.ALLOW),
        (499.9999, Verdict.ALLOW),
        (500.0002, Verdict.DENY),
        (-0.001, Verdict.DENY),
        (float("inf"), Verdict.DENY),
    ):
        call = Call(server="srv", tool="pay", arguments={"amount": amount})
        assert decide(call) is wanted, amount
    as_long = text.replace('.lessThanOrEqual(decimal(\\"500.0000\\"))', " <= 500")
    assert as_long != text
    call = Call(server="srv", tool="pay", arguments={"amount": 5})
    assert module_of("toolhive").simulate(as_long)(call) is Verdict.DENY
    assert list(module_of("toolhive").lint(text)) == []
    assert "compared as a Long" in " ".join(module_of("toolhive").lint(as_long))


def test_toolhive_gets_a_bound_that_no_decimal_holds_refused():
    condition = Condition(("amount",), K.AT_MOST, 10**14)
    output = render("toolhive", "srv", [intent(condition, "integer")])
    assert output.effective["srv", "pay"].decision is Decision.DENY
    assert "numbers this large" in " ".join(output.report)


def test_toolhive_always_gets_a_policy_because_it_does_not_start_without():
    denied = Intent(server="srv", tool="pay", decision=Decision.DENY)
    module, text = module_of("toolhive"), render("toolhive", "srv", [denied]).text
    (policy,) = json.loads(text)["cedar"]["policies"]
    assert policy == 'forbid(principal, action == Action::"call_tool", resource);'
    assert module.simulate(text)(Call(server="srv", tool="pay")) is Verdict.DENY
    assert list(module.lint(text)) == []
    other = render("toolhive", "srv", [intent(CASES[K.AT_MOST][0], "integer")]).text
    assert may_replace(module, text, other)
    assert may_replace(module, other, text)
    empty = text.replace(json.dumps(policy), "")
    assert "does not start" in " ".join(module.lint(empty))


PERMIT = 'permit({}, action == Action::"call_tool", resource == Tool::"mine"){};'


def cedar_file(principal="principal", when="", entities="[]"):
    policies = [PERMIT.format(principal, when)]
    cedar = {"policies": policies, "entities_json": entities}
    return {"version": "1.0", "type": "cedarv1", "cedar": cedar}


def deny_by_default(**more):
    return {"version": "1", "default": "deny", **more}


@pytest.mark.parametrize(
    ("target_id", "ours", "theirs"),
    [
        ("policylayer", deny_by_default(tools={"mine": {}}), theirs)
        for theirs in (
            {"version": "1", "default": "allow", "tools": {"mine": {}}},
            deny_by_default(tools={"mine": {"require": []}}),
            deny_by_default(tools={"mine": {"limits": []}}),
            deny_by_default(tools={"mine": {"limits": [{"window": [], "max": 3}]}}),
            deny_by_default(hide=["mine"]),
            deny_by_default(hide=7, tools={}),
            [1],
        )
    ]
    + [
        ("toolhive", cedar_file(), theirs)
        for theirs in (
            cedar_file(principal='principal == Client::"me"'),
            cedar_file(when=' when { context.claim_sub == "me" }'),
            cedar_file(entities='[{"uid": "mine"}]'),
            cedar_file() | {"mine": 1},
            {"version": "1.0", "cedar": {"policies": [1]}},
        )
    ]
    + [("gemini-cli", {"mcpServers": {"a": {"excludeTools": ["x"]}}}, {"mcpServers": {"a": {"command": "x"}}})]
    + [("agentcore", {"AgentCore": {"entityTypes": {"OAuthUser": {}, "Gateway": {}}, "actions": {}}}, {"AgentCore": {"actions": {}}})],
)  # fmt: skip
def test_json_that_a_person_changed_is_not_ours(target_id, ours, theirs):
    """The same top-level keys say nothing; every rule must be one that we write, as we write it."""
    module, new = module_of(target_id), "{}\n"
    form = None if target_id == "agentcore" else 2
    assert may_replace(module, json.dumps(ours, indent=form) + "\n", new)
    assert not may_replace(module, json.dumps(theirs, indent=form) + "\n", new)
    assert not may_replace(module, json.dumps(ours, indent=7) + "\n", new)
    assert not may_replace(module, "{\n  // mine\n}\n", new)


class Counted(dict):
    """Parameters that count how often all of them are walked through."""

    walks = 0

    def items(self):
        self.walks += 1
        return super().items()


def test_a_condition_on_each_of_many_parameters_takes_no_square():
    """Looking all parameters over for every condition would."""
    names = [f"p{number}" for number in range(200)]
    properties = Counted({name: {"type": "integer"} for name in names})
    conditions = tuple(Condition((name,), K.AT_MOST, 5) for name in names)
    given = replace(
        intent(conditions[0], "integer"),
        conditions=conditions,
        input_schema={"type": "object", "properties": properties},
    )
    output = render("agentcore", "srv", [given])
    assert output.effective["srv", "pay"].conditions == conditions
    assert 0 < properties.walks < 10
