"""Bounds that a user writes: one meaning in every target, or refused with the place."""

from dataclasses import replace

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.condition import Condition, ConditionKind
from classifier.enforcement.simulation import Call, Verdict
from classifier.errors import DataError
from classifier.intent import Decision, Overrides, decide_intent
from classifier.policies import module_of, render, targets
from classifier.policy_table import read_overrides
from classifier.verdict import Category, Risk

K = ConditionKind
REFUSED = [
    ("path", "inside", "/srv/../etc", "as a part"),
    ("path", "inside", "/srv/./data", "as a part"),
    ("path", "inside", "/srv/data/..", "as a part"),
    ("path", "inside", "/srv//data", "without //"),
    ("path", "inside", "/srv/data//", "without //"),
    ("path", "inside", "/srv\\\\data", "without"),
    ("path", "inside", "/", "every path is inside /"),
    ("path", "inside", "data", "absolute"),
    ("url", "hosts", "*.example.com", r"no \*"),
    ("url", "hosts", "https://api.example.com", "no URL"),
    ("url", "hosts", "API.example.com", "lower case"),
    ("url", "hosts", "api.example.com/v1", "no URL"),
    ("url", "hosts", "api.example.com.", "written as"),
    ("url", "hosts", "me@api.example.com", "no URL"),
    ("url", "hosts", "api.example.com:https", "written as"),
    ("recipient", "domains", "@example.com", "without @"),
    ("recipient", "domains", "*.example.com", r"without \*"),
    ("recipient", "domains", "Example.com", "lower case"),
    ("recipient", "domains", ".example.com", "written as"),
]


@pytest.mark.parametrize(("family", "key", "value", "says"), REFUSED)
def test_a_bound_in_a_spelling_that_bounds_nothing_is_refused_with_the_place(
    *, tmp_path, family, key, value, says
):
    path = tmp_path / "policy.toml"
    for text in (
        f'[arguments.{family}]\n{key} = ["/srv", "{value}"]\n'.replace('"/srv", ', ""),
        f'[tools]\nt = {{conditions = [{{argument = "a", {key} = ["{value}"]}}]}}\n',
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=says) as caught:
            read_overrides(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [
        ("path", "inside", "/srv/data"),
        ("path", "inside", "/srv/data/"),
        ("path", "inside", "/home/me/.cache/..x y"),
        ("url", "hosts", "localhost"),
        ("url", "hosts", "my_service:8080"),
        ("url", "hosts", "[::1]:8443"),
        ("url", "hosts", "xn--bcher-kva.example"),
        ("recipient", "domains", "mail.example.co.uk"),
    ],
)
def test_an_ordinary_bound_is_taken(*, tmp_path, family, key, value):
    path = tmp_path / "policy.toml"
    path.write_text(f'[arguments.{family}]\n{key} = ["{value}"]\n', encoding="utf-8")
    assert read_overrides(path).bounds == {family: (value,)}


@pytest.mark.parametrize("kind", [K.INSIDE, K.HOST_IN, K.DOMAIN_IN])
def test_no_list_at_all_is_no_bound(kind):
    """An empty list of beginnings would be met by every text."""
    with pytest.raises(ValueError, match="list"):
        Condition(("a",), kind, ())


PIECES = {
    K.INSIDE: ("/", ["/a", "/.b", "/..", "/a b*", "/a.", "/", "\\"]),
    K.HOST_IN: ("https://", ["a", "b.a", ":9", ".", "-", "[::1]", "/", "@", "A"]),
    K.DOMAIN_IN: ("x@", ["a", "b.a", ".", "-", "_", "@", "(", ",", "A"]),
}


@pytest.mark.parametrize("kind", PIECES)
@settings(max_examples=300)
@given(data=st.data())
def test_plain_tests_and_expression_agree_whatever_the_bound(kind, data):
    start, pieces = PIECES[kind]
    joined = st.lists(st.sampled_from(pieces), min_size=1, max_size=3).map("".join)
    bound = tuple(data.draw(st.lists(joined, min_size=1, max_size=2)))
    try:
        condition = Condition(("x",), kind, bound)
    except ValueError:
        return  # refused, so no target is given it
    beginning = data.draw(st.sampled_from(["", start, *bound, *(start + b for b in bound)]))
    text = beginning + data.draw(st.lists(st.sampled_from([*pieces, "\n", " "])).map("".join))
    by_expression = re2.search(condition.pattern, text) is not None
    assert condition.holds({"x": text}) is by_expression


TEXT = {"type": "string"}
MAIL = {"type": "object", "properties": {"to": TEXT, "body": TEXT}}
PEOPLE = {"type": "array", "items": {"type": "object", "properties": {"email": TEXT}}}


@pytest.fixture
def recipients(make_tool, classify):
    """Return the paths that a bound on recipients is put on, of a tool with some parameters."""

    def find(schema):
        tool = replace(make_tool("send_message"), input_schema=schema)
        verdict = classify(Category.EXECUTE, Risk.HIGH, "external-side-effect")
        mine = Overrides(bounds={"recipient": ("example.com",)})
        intent = decide_intent(tool, verdict, overrides=mine)
        return intent, {".".join(c.argument) + "[]" * c.each for c in intent.conditions}

    return find


@pytest.mark.parametrize(
    ("properties", "paths"),
    [
        ({"message": MAIL}, {"message.to"}),
        ({"message": {"$ref": "#/$defs/Mail"}}, {"message.to"}),
        ({"message": {"anyOf": [{"$ref": "#/$defs/Mail"}, {"type": "null"}]}}, {"message.to"}),
        ({"message": {"allOf": [MAIL]}, "cc": TEXT}, {"message.to", "cc"}),
        ({"recipients": PEOPLE}, {"recipients.*.email"}),
        ({"mails": {"type": "array", "items": {"$ref": "#/$defs/Mail"}}}, {"mails.*.to"}),
        ({"by": {"additionalProperties": MAIL}}, {"by.*.to"}),
        ({"by": {"patternProperties": {"^x": MAIL}}}, {"by.*.to"}),
        ({"thread": {"$ref": "#/$defs/Thread"}}, {"thread.to", "*.to"}),
        ({"to": {"type": ["array", "null"], "items": TEXT}}, {"to[]"}),
        ({"to": {"anyOf": [{"type": "array"}, {"type": "null"}]}}, {"to[]"}),
        ({"to": {"anyOf": [{"type": "array"}, TEXT]}}, {"to"}),
        ({"message": {"properties": {"subject": TEXT}}}, set()),
    ],
)
def test_a_bound_finds_the_arguments_within_arguments(recipients, properties, paths):
    thread = {"properties": {"to": TEXT, "answers": {"items": {"$ref": "#/$defs/Thread"}}}}
    schema = {"properties": properties, "$defs": {"Mail": MAIL, "Thread": thread}}
    assert recipients(schema)[1] == paths


def test_a_nested_argument_out_of_bounds_is_refused_and_one_in_a_list_never_passes(recipients):
    bounded, _ = recipients({"properties": {"message": MAIL}})
    listed, _ = recipients({"properties": {"recipients": PEOPLE}})
    for target in targets():
        for intent, arguments in (
            (bounded, {"message": {"to": "x@evil.test"}}),
            (listed, {"recipients": [{"email": "x@evil.test"}]}),
        ):
            output = render(target.id, "srv", [intent])
            decide = module_of(target.id).simulate(output.text)
            call = Call(server="srv", tool=intent.tool, arguments=arguments)
            assert decide(call) in {Verdict.DENY, Verdict.ASK}, target.id
    within = Call(server="srv", tool="send_message", arguments={"message": {"to": "x@example.com"}})
    decide = module_of("intercept").simulate(render("intercept", "srv", [bounded]).text)
    assert decide(within) is Verdict.ALLOW


def deep(levels):
    schema = MAIL
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def wide():
    """Every level refers twice to the next, so there are 2**20 places of one parameter."""
    defs = {
        f"L{n}": {"properties": {k: {"$ref": f"#/$defs/L{n + 1}"} for k in "ab"}} for n in range(20)
    }
    return {"$ref": "#/$defs/L0", "$defs": {**defs, "L20": MAIL}}


@pytest.mark.parametrize(
    "schema",
    [
        deep(40),
        wide(),
        {
            "properties": {f"p{n}": {"$ref": "#/$defs/M"} for n in range(3_000)},
            "$defs": {"M": {"properties": {f"q{n}": TEXT for n in range(3_000)}}},
        },
    ],
    ids=["deep", "wide", "many"],
)
def test_what_a_walk_does_not_reach_is_out_of_bounds_and_not_forgotten(recipients, schema):
    intent, paths = recipients(schema)
    assert paths
    assert all(path.startswith("*") for path in paths)
    output = render("opa", "srv", [intent])
    assert output.effective["srv", "send_message"].decision is Decision.ASK


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        [],
        {"properties": []},
        {"properties": {"a": None, "b": True}},
        {"$ref": "#"},
        {"$ref": "#/nowhere/at/all"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": 5, "anyOf": {"x": 1}, "items": [None, 3], "patternProperties": 7},
        {"properties": {"to": {"type": ["array", {}]}, "cc": {"anyOf": [None, 4]}}},
    ],
)
def test_any_schema_is_walked(recipients, schema):
    intent, paths = recipients(schema)
    assert intent.decision is Decision.LIMIT
    assert paths <= {"to", "cc"}
