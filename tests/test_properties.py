"""Promises of the engine that hold for any definition whatsoever."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.engine import Options, classify, classify_many
from classifier.model.evaluate import quotes_exactly
from crawler.records import ServerName, Tool

PLAIN = Options(use_reviews=False)
VERBS = ["get", "delete", "send", "create", "run", "list", "transfer", "calculate", "Wipe", "取得"]
NOUNS = [
    "file",
    "email",
    "all users",
    "payment",
    "shell command",
    "API key",
    "ß",
    "İstanbul",
    "日历",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=12) | st.sampled_from(["properties", "type", "enum", "anyOf", "items", "$ref", "required"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
sentences = st.lists(st.sampled_from(VERBS + NOUNS) | st.text(max_size=15), max_size=12).map(
    " ".join
)


@st.composite
def definitions(draw):
    return Tool(
        server=ServerName(draw(st.text(max_size=10))),
        name=draw(st.text(min_size=1, max_size=20) | st.builds("{}_{}".format, st.sampled_from(VERBS), st.sampled_from(NOUNS))),
        description=draw(st.none() | sentences),
        input_schema=draw(json_values),
        annotations=draw(json_values),
    )  # fmt: skip


@given(definitions())
@settings(max_examples=150, deadline=None)
def test_any_definition_is_judged_and_every_quote_is_verbatim(tool):
    result = classify(tool, PLAIN)
    assert sum(a.points for a in result.addends) == result.risk_score
    assert 0 <= result.risk_score <= 100
    assert result.evidence
    for evidence in (*result.evidence, *(e for f in result.findings for e in f.evidence)):
        assert quotes_exactly(tool, evidence), evidence


@given(st.lists(definitions(), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_company_changes_nothing(tools):
    assert list(classify_many(tools, PLAIN)) == [classify(tool, PLAIN) for tool in tools]


@given(definitions(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_keys_changes_no_label(tool, chance):
    if not isinstance(tool.input_schema, dict):
        return
    keys = list(tool.input_schema)
    chance.shuffle(keys)
    other = Tool(
        server=tool.server,
        name=tool.name,
        description=tool.description,
        input_schema={key: tool.input_schema[key] for key in keys},
        annotations=tool.annotations,
    )
    one, two = classify(tool, PLAIN), classify(other, PLAIN)
    assert (one.category, one.risk, {f.signal.id for f in one.findings}) == (
        two.category, two.risk, {f.signal.id for f in two.findings},
    )  # fmt: skip


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_a_claim_never_lowers_a_risk(tool):
    given = tool.annotations if isinstance(tool.annotations, dict) else {}
    tool = replace(tool, annotations=given)  # what is not an object may hold a threat of its own
    claim = given | {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False}
    meek = replace(tool, annotations=claim)
    assert classify(meek, PLAIN).risk.rank >= classify(tool, PLAIN).risk.rank


@pytest.mark.parametrize(
    "tool",
    [
        Tool(server=ServerName("s"), name="x" * 5000, description="delete " * 20000),
        Tool(server=ServerName("s"), name="get", description="a" * 100_000),
        Tool(server=ServerName("s"), name="get", description="[" * 50_000 + "*" * 50_000),
        Tool(
            server=ServerName("s"), name="get", description="Get.",
            input_schema={"properties": {f"p{i}": {"type": "string"} for i in range(5000)}},
        ),
        Tool(
            server=ServerName("s"), name="get", description="Get.",
            input_schema={"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a", "properties": {"b": {"$ref": "#/$defs/a"}}}}},
        ),
    ],
    ids=["long", "one word", "decoration", "5,000 properties", "self reference"],
)  # fmt: skip
def test_huge_definitions_are_bounded_and_say_so(tool):
    result = classify(tool, PLAIN)
    big = len(tool.description or "") > 3000 or len(json.dumps(tool.input_schema)) > 50_000
    assert result.truncated is big


def test_mutated_definitions_are_judged():
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    words = VERBS + NOUNS + ["\ud800", "\u0000", "\u202e", "{{x}}", "<b>", "'", '"', "\\"]

    def text():
        return "".join(
            chance.choice(words) + chance.choice(" _-./") for _ in range(chance.randrange(9))
        )

    tools = [
        Tool(
            server=ServerName(text()), name=text() or "x", description=text(),
            input_schema={"properties": {text(): {"type": "string", "enum": [text()]}, text(): chance.choice([1, None, [], True])}},
        )
        for _ in range(2000)
    ]  # fmt: skip
    results = list(classify_many(tools, PLAIN))
    assert len(results) == len(tools)
    assert all(
        quotes_exactly(t, e) for t, r in zip(tools, results, strict=True) for e in r.evidence
    )
