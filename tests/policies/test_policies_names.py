"""Hostile names: no target writes a broken policy, a wider one, or another tool's name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.condition import Condition, ConditionKind
from classifier.enforcement import quoting
from classifier.enforcement.cedar import ask
from classifier.enforcement.cedar import policies as cedar_policies
from classifier.enforcement.documents import Name, dump_yaml, read_yaml
from classifier.enforcement.names import fault_anywhere
from classifier.enforcement.simulation import Call, Verdict, first_verdict
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent, Limit
from classifier.policies import module_of, render, targets

TARGETS = {target.id: target for target in targets()}
NASTY = (
    "\"\\'`\n\t\r*?[](){}<>#:;,.$%&|!~^=+-_/@ 01onyesnull\N{RIGHT-TO-LEFT OVERRIDE}"
    "\N{ZERO WIDTH JOINER}\N{ROCKET}\N{NO-BREAK SPACE}\N{CYRILLIC SMALL LETTER A}é\0"
)
names = st.one_of(
    st.text(alphabet=NASTY, max_size=12),
    st.text(max_size=8),
    st.sampled_from(
        ["on", "no", "1", "~", "null", "*", "a.b", "a_b", "a-b", "A_B", "x" * 200, "", " a", "a "]
    ),
    st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True),
)
decisions = st.sampled_from(
    [
        (Decision.ALLOW, None),
        (Decision.LIMIT, Limit(2, "minute")),
        (Decision.ASK, None),
        (Decision.DENY, None),
        (Decision.HIDE, None),
    ]
)
matrices = st.dictionaries(names, decisions, min_size=1, max_size=6)
LOOSEST = {
    Decision.ALLOW: 0,
    Decision.LIMIT: 1,
    Decision.ASK: 2,
    Decision.DENY: 3,
    Decision.HIDE: 3,
}
RANK = {Verdict.ALLOW: 0, Verdict.ASK: 2, Verdict.LIMITED: 3, Verdict.DENY: 3}


def intents(matrix, server="srv"):
    return [
        Intent(server=server, tool=name, decision=decision, limit=limit)
        for name, (decision, limit) in matrix.items()
    ]


@pytest.mark.parametrize("target_id", TARGETS)
@settings(max_examples=120, deadline=None)
@given(matrix=matrices, strangers=st.lists(names, max_size=4))
def test_no_name_breaks_or_widens_a_policy(target_id, matrix, strangers):
    target = TARGETS[target_id]
    try:
        output = render(target_id, "srv", intents(matrix))
    except PolicyError:
        assert not target.unlisted.refuses  # under default deny a name is left out instead
        return
    module = module_of(target_id)
    decide = module.simulate(output.text)
    for name, (decision, _) in matrix.items():
        got = decide(Call(server="srv", tool=name))
        effective = output.effective["srv", name]
        assert got is first_verdict(effective.decision), (name, output.text)
        refusable = "deny" in target.expresses
        if refusable and not (decision is Decision.LIMIT and "rate" in target.expresses):
            assert RANK[got] >= LOOSEST[decision], (name, output.text)
    closed = any("refused whole" in note for note in output.notes)
    unlisted = Verdict.DENY if closed else first_verdict(target.unlisted)
    for stranger in strangers:
        if stranger in matrix:
            continue
        got = decide(Call(server="srv", tool=stranger))
        # A respelling that is refused with its original may be refused too, never let through.
        assert RANK[got] >= RANK[unlisted], (stranger, output.text)
    assert not any(fault_anywhere(name) for _, name in module.named(output.text))
    assert list(module.lint(output.text)) == [] or target_id == "agentcore"


@pytest.mark.parametrize("target_id", ["claude-code", "cursor", "gemini-cli"])
@pytest.mark.parametrize("asked", ["delete.all", "deleté_all", "delete all"])
def test_a_respelt_name_never_gets_the_leave_of_another_tool(target_id, asked):
    plain = "delete_all" if asked != "deleté_all" else "delet__all"
    rules = {asked: (Decision.ASK, None), plain: (Decision.ALLOW, None)}
    output = render(target_id, "srv", intents(rules))
    decide = module_of(target_id).simulate(output.text)
    assert decide(Call(server="srv", tool=plain)) is Verdict.ASK
    assert "may respell" in " ".join(output.report)
    alone = render(target_id, "srv", intents({plain: (Decision.ALLOW, None)}))
    allowed = module_of(target_id).simulate(alone.text)
    assert allowed(Call(server="srv", tool=plain)) is Verdict.ALLOW


@pytest.mark.parametrize("code", [0x3164, 0x2800, 0x115F, 0xFE0E, 0xE0101, 0x34F, 0x200B, 0x202E])
def test_a_name_with_something_that_is_not_drawn_is_in_no_policy(code):
    name = f"read{chr(code)}file"
    assert fault_anywhere(name) == "the name has invisible or control characters"
    assert "read" not in render("opa", "srv", intents({name: (Decision.ALLOW, None)})).text


@pytest.mark.parametrize("target_id", [t for t in TARGETS if TARGETS[t].whole_set])
@settings(max_examples=40, deadline=None)
@given(first=matrices, second=matrices)
def test_equal_names_of_two_servers_do_not_mix(target_id, first, second):
    given_intents = [*intents(first, "one"), *intents(second, "two")]
    try:
        output = render(target_id, None, given_intents)
    except PolicyError:
        assert not TARGETS[target_id].unlisted.refuses
        return
    decide = module_of(target_id).simulate(output.text)
    for server, matrix in (("one", first), ("two", second)):
        for name in matrix:
            wanted = first_verdict(output.effective[server, name].decision)
            assert decide(Call(server=server, tool=name)) is wanted


@given(text=st.text(max_size=20))
def test_cedar_literals_parse_back(text):
    literal = quoting.cedar(text)
    assert quoting.cedar_unquoted(literal) == text
    assert literal.isascii()
    assert "\n" not in literal


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=12), other=st.text(max_size=12))
def test_a_cedar_literal_means_its_text_and_no_other(text, other):
    policy = f"permit(principal, action, resource == Tool::{quoting.cedar(text)});"
    parsed = cedar_policies(policy)
    for name in (text, other):
        request = {
            "principal": {"type": "Client", "id": "c"},
            "action": {"type": "Action", "id": "a"},
            "resource": {"type": "Tool", "id": name},
            "context": {},
        }
        assert (ask(parsed, request) is Verdict.ALLOW) is (name == text)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=12), around=st.text(alphabet="*x", max_size=3))
def test_a_cedar_pattern_matches_its_parts_literally(text, around):
    policy = (
        "permit(principal, action, resource) when "
        f"{{ context.a like {quoting.cedar_pattern(('', text))} }};"
    )
    parsed = cedar_policies(policy)
    request = {
        "principal": {"type": "Client", "id": "c"},
        "action": {"type": "Action", "id": "a"},
        "resource": {"type": "Tool", "id": "t"},
    }
    for value in (around + text, text + around + "!"):
        got = ask(parsed, request | {"context": {"a": value}})
        assert (got is Verdict.ALLOW) is value.endswith(text)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
def test_cel_literals_parse_back_in_the_engine(text):
    celpy = pytest.importorskip("celpy")
    environment = celpy.Environment()
    program = environment.program(environment.compile(f"a == {quoting.cel(text)}"))
    assert program.evaluate({"a": celpy.celtypes.StringType(text)})
    assert not program.evaluate({"a": celpy.celtypes.StringType(text + "x")})
    assert quoting.cel_unquoted(quoting.cel(text)) == text


@settings(max_examples=60, deadline=None)
@given(text=names)
def test_rego_literals_mean_their_text_in_the_engine(text):
    if fault_anywhere(text):
        return
    import json

    import regopy

    interpreter = regopy.Interpreter()
    interpreter.add_module(
        "t", f"package t\nimport rego.v1\nsame if input.a == {quoting.rego(text)}"
    )
    for value, wanted in ((text, True), (text + "x", False)):
        interpreter.set_input_term(json.dumps({"a": value}, ensure_ascii=False))
        assert ("true" in str(interpreter.query("data.t.same"))) is wanted


@given(texts=st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=12), max_size=4))
def test_yaml_names_parse_back(texts):
    printable = [t for t in texts if not fault_anywhere(t)]
    value = {"tools": [Name(t) for t in printable], "keys": {Name(t): 1 for t in printable}}
    assert read_yaml(dump_yaml(value), "x") == {
        "tools": printable,
        "keys": dict.fromkeys(printable, 1),
    }


@pytest.mark.parametrize(
    "key", ["", "a__b", "_a", "a_", "a b", "a:b", "a*", 'a"b', "a\nb", "é", "x(y)", "../x", "a,b"]
)
@pytest.mark.parametrize("target_id", [t for t in TARGETS if TARGETS[t].whole_set])
def test_a_server_key_is_refused_or_means_itself(target_id, key):
    intent = Intent(server="s", tool="go", decision=Decision.ALLOW)
    try:
        output = render(target_id, key, [intent])
    except PolicyError:
        return
    decide = module_of(target_id).simulate(output.text)
    wanted = first_verdict(output.effective[key, "go"].decision)
    assert decide(Call(server=key, tool="go")) is wanted
    for other in ("s", "a", "x", key + "x"):
        got = decide(Call(server=other, tool="go"))
        assert got is not Verdict.ALLOW


EXPANDING = ("agentgateway", "envoy-ai-gateway", "kong", "traefik-hub")
"""Targets whose reader puts something else where `$` stands, most of them before they parse."""


@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.LIMIT, Decision.ASK])
@pytest.mark.parametrize(
    "name", ["${{`apply`}}", "${U:-apply}", "$HOME", "${mcp.params.name}", "cost$", "$$"]
)
@pytest.mark.parametrize("target_id", EXPANDING)
def test_what_a_reader_would_expand_is_nowhere_in_a_file(target_id, name, decision):
    limit = Limit(2, "minute") if decision is Decision.LIMIT else None
    given = [
        Intent(server="$s", tool=name, decision=decision, limit=limit),
        Intent(server="$s", tool="apply", decision=Decision.DENY),
        Intent(server="$s", tool="read", decision=Decision.ALLOW),
    ]
    output = render(target_id, "srv", given)
    assert "$" not in output.text
    assert output.effective["srv", name].decision is Decision.DENY
    decide = module_of(target_id).simulate(output.text)
    assert decide(Call(server="srv", tool="read")) is Verdict.ALLOW
    assert decide(Call(server="srv", tool="apply")) is Verdict.DENY


@pytest.mark.parametrize("target_id", [i for i in TARGETS if TARGETS[i].language != "json"])
def test_no_comment_of_a_policy_carries_what_could_be_expanded(target_id):
    given = [Intent(server="s", tool="a${{b}}", decision=Decision.LIMIT, limit=Limit(2, "minute"))]
    key = "srv@arn:aws:bedrock-agentcore:eu:1:gateway/g" if target_id == "agentcore" else "srv"
    lines = render(target_id, key, given).text.splitlines()
    assert not [line for line in lines if line.startswith(("#", "//")) and "$" in line]


def test_conditions_of_a_route_hold_nothing_that_could_be_expanded():
    inside = Condition(("path",), ConditionKind.INSIDE, ("/srv/$HOME",))
    given = Intent(server="s", tool="read", decision=Decision.ALLOW, conditions=(inside,))
    text = render("envoy-ai-gateway", "srv", [given]).text
    assert "$" not in text
    decide = module_of("envoy-ai-gateway").simulate(text)
    passing = Call(server="srv", tool="read", arguments={"path": "/srv/$HOME/x"})
    other = Call(server="srv", tool="read", arguments={"path": "/srv/root/x"})
    assert (decide(passing), decide(other)) == (Verdict.ALLOW, Verdict.DENY)


def test_agentgateway_refuses_a_server_key_that_would_be_expanded():
    intent = Intent(server="s", tool="go", decision=Decision.ALLOW)
    with pytest.raises(PolicyError, match="expanded as a variable"):
        render("agentgateway", "${SRV:-other}", [intent])


def test_gemini_refuses_an_underscore_in_the_server_key():
    intent = Intent(server="s", tool="go", decision=Decision.ALLOW)
    with pytest.raises(PolicyError, match="fail silently"):
        render("gemini-cli", "my_server", [intent])


def test_a_definition_that_comes_twice_gets_the_stricter_rule():
    twice = [
        Intent(server="s", tool="go", decision=Decision.ALLOW),
        Intent(server="s", tool="go", decision=Decision.DENY),
    ]
    for target_id in TARGETS:
        output = render(target_id, "srv", twice)
        assert output.effective["srv", "go"].decision is not Decision.ALLOW
        assert any("defined twice" in note for note in output.notes)


@pytest.mark.parametrize("target_id", ["claude-code", "gemini-cli"])
def test_a_server_that_is_refused_whole_is_told_in_one_line(target_id):
    """That tools of it are "left out, so ask" would be said of what is refused."""
    odd = ("$HOME", "`id`", "line\nbreak")
    rules = dict.fromkeys(odd, (Decision.DENY, None)) | {"get": (Decision.ALLOW, None)}
    limit = {"create": (Decision.LIMIT, Limit(5, "hour"))}
    output = render(target_id, "srv", intents(rules | limit | {"$odd": (Decision.ASK, None)}))
    (told,) = output.report
    assert told.startswith('server "srv" is refused whole, with all of its 6 tools')
    assert "(2 tools: " in told
    assert "(1 tool: " in told
    assert "$odd" not in told
