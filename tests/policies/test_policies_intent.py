"""The intent: the table, its floors, a user's overrides, and the one sentence about it."""

import sys
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import signals
from classifier.errors import DataError
from classifier.intent import (
    Condition,
    ConditionKind,
    Decision,
    Intent,
    Limit,
    Overrides,
    Profile,
    decide_intent,
    effect,
)
from classifier.policy_table import ToolOverride, read_overrides, shipped_table
from classifier.rule import Rule, stricter
from classifier.verdict import Category, Kind, Risk

SIGNALS = (
    "destructive",
    "financial",
    "code-execution",
    "external-side-effect",
    "bulk-operation",
    "sensitive-data",
    "credentials",
    "untrusted-content",
    "admin",
)
WEAKENED = (Profile.RECOMMENDED, Profile.READ_ONLY, Profile.STRICT)

categories = st.sampled_from(list(Category))
risks = st.sampled_from(list(Risk))
profiles = st.sampled_from(list(Profile))
signal_sets = st.sets(st.sampled_from(SIGNALS), max_size=4)


@given(category=categories, low=risks, high=risks, profile=profiles, signals=signal_sets)
def test_a_higher_risk_is_never_looser(
    *, classify, make_tool, category, low, high, profile, signals
):
    if low.rank > high.rank:
        low, high = high, low
    first = decide_intent(make_tool("t"), classify(category, low, *signals), profile)
    second = decide_intent(make_tool("t"), classify(category, high, *signals), profile)
    assert second.rule.strictness >= first.rule.strictness


@given(
    category=categories,
    risk=risks,
    profile=profiles,
    signals=signal_sets,
    more=st.sampled_from(SIGNALS),
    review=st.booleans(),
    vague=st.booleans(),
)
def test_a_signal_or_a_doubt_never_loosens(
    *, classify, make_tool, category, risk, profile, signals, more, review, vague
):
    known = decide_intent(make_tool("t"), classify(category, risk, *signals), profile)
    doubted = classify(
        category, risk, *signals, more, needs_review=review, insufficient_definition=vague
    )
    intent = decide_intent(make_tool("t"), doubted, profile)
    assert intent.rule.strictness >= known.rule.strictness
    assert not ((review or vague) and intent.decision is Decision.ALLOW)


@given(category=categories, risk=risks, profile=profiles, signals=signal_sets)
def test_a_hostile_definition_is_refused(*, classify, make_tool, category, risk, profile, signals):
    verdict = classify(category, risk, *signals, "hidden-instructions", kind=Kind.THREAT)
    assert decide_intent(make_tool("t"), verdict, profile).decision.refuses


@pytest.mark.parametrize(("category", "risk"), list(product(Category, Risk)))
def test_profiles_are_ordered(classify, make_tool, category, risk):
    rules = [
        decide_intent(make_tool("t"), classify(category, risk), profile).rule.strictness
        for profile in WEAKENED
    ]
    assert all(a <= b for a, b in pairwise(rules))


def test_every_row_of_the_table_grows_with_the_risk():
    for table in shipped_table().profiles.values():
        for category in Category:
            row = [table.cells[category, risk].strictness for risk in Risk]
            assert row == sorted(row)


def test_the_two_seed_rules_of_the_recommended_profile(classify, make_tool):
    execute = decide_intent(make_tool("a"), classify(Category.EXECUTE, Risk.HIGH))
    other = decide_intent(make_tool("b"), classify(Category.OTHER, Risk.LOW))
    assert (execute.limit, other.limit) == (Limit(10, "minute"), Limit(60, "minute"))
    with_signals = classify(
        Category.EXECUTE, Risk.HIGH, "external-side-effect", "credentials", "sensitive-data"
    )
    assert decide_intent(make_tool("a"), with_signals).limit == Limit(10, "minute")


@pytest.mark.parametrize("signal", ["financial", "destructive", "code-execution"])
def test_a_high_execute_tool_with_a_grave_signal_asks(classify, make_tool, signal):
    intent = decide_intent(make_tool("a"), classify(Category.EXECUTE, Risk.HIGH, signal))
    assert intent.decision is Decision.ASK
    assert signal in intent.reason


def test_a_users_word_on_a_tool_is_final_and_on_a_server_only_the_start(classify, make_tool):
    mine = Overrides(
        tools={("own", "a"): ToolOverride(rule=Rule(Decision.ALLOW))},
        servers={"own": Rule(Decision.ALLOW)},
    )
    grave = classify(Category.WRITE, Risk.CRITICAL, "destructive")
    final = decide_intent(make_tool("a"), grave, overrides=mine)
    start = decide_intent(make_tool("b"), grave, overrides=mine)
    assert (final.decision, final.reason) == (Decision.ALLOW, "your own rule for this tool")
    assert start.decision is Decision.ASK  # the signal still tightens


@pytest.mark.parametrize("profile", [Profile.READ_ONLY, Profile.STRICT])
def test_a_statement_that_has_to_read_only_waits_for_a_person(classify, make_tool, profile):
    """Pages and counts speak of the intent, so it must not be looser than what every target does."""
    low = classify(Category.READ, Risk.LOW)
    asked = decide_intent(make_tool("query", sql={"type": "string"}), low, profile)
    assert asked.decision is Decision.ASK
    assert asked.reason.endswith("of which no policy can tell that it only reads")
    assert decide_intent(make_tool("query"), low, profile).decision is Decision.ALLOW
    refused = classify(Category.WRITE, Risk.LOW)
    assert decide_intent(make_tool("q", sql={}), refused, profile).decision is Decision.DENY


@pytest.mark.parametrize("rule", ["allow", "5/minute"])
def test_a_users_own_demand_to_read_only_waits_for_a_person_too(
    tmp_path, classify, make_tool, rule
):
    path = tmp_path / "policy.toml"
    path.write_text(
        f'[tools]\nrun = {{rule = "{rule}", conditions = [{{argument = "q", read_only = true}}]}}\n',
        encoding="utf-8",
    )
    low = classify(Category.READ, Risk.LOW)
    asked = decide_intent(make_tool("run", q={}), low, overrides=read_overrides(path))
    assert asked.rule == Rule(Decision.ASK)


def test_a_policy_file_of_the_user_is_read(tmp_path, classify, make_tool):
    path = tmp_path / "policy.toml"
    path.write_text(
        "[signals]\nfinancial = 'deny'\n"
        "[servers]\nother = 'hide'\n"
        "[tools]\nanywhere = '5/hour'\n"
        "[server_tools.own]\n"
        "pay = {rule = 'ask', conditions = [{argument = 'amount', at_most = 50}]}\n"
        "[arguments.path]\ninside = ['/srv/data']\n",
        encoding="utf-8",
    )
    mine = read_overrides(path)
    low = classify(Category.READ, Risk.LOW)

    def decide(name, verdict=low, server="own", **properties):
        return decide_intent(make_tool(name, server, **properties), verdict, overrides=mine)

    assert decide("x", classify(Category.READ, Risk.LOW, "financial")).decision is Decision.DENY
    assert decide("x", server="other").decision is Decision.HIDE
    assert decide("anywhere", server="other").limit == Limit(5, "hour")
    assert decide("pay").conditions == (Condition(("amount",), ConditionKind.AT_MOST, 50),)
    bounded = decide(
        "read", classify(Category.READ, Risk.LOW, "path-parameter"), file_path={"type": "string"}
    )
    assert bounded.conditions == (Condition(("file_path",), ConditionKind.INSIDE, ("/srv/data",)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[signals]\nx = 'never'\n", "no rule"),
        ("[signals]\nx = '0/minute'\n", "no rule"),
        ("[signals]\nx = '9999999999/minute'\n", "no rule"),
        ("[signals]\nx = '10/week'\n", "no rule"),
        ("[signal]\nx = 'ask'\n", "unknown table 'signal'"),
        ("[signals]\ndestructiv = 'deny'\n", "no signal 'destructiv'; did you mean 'destructive'"),
        ("[signals]\nFinancial = 'deny'\n", "no signal 'Financial'; did you mean 'financial'"),
        ("[signals]\nqqq = 'deny'\n", r"no signal 'qqq'; known are \['admin', "),
        ("[signals\n", "not valid TOML"),
        ("[arguments.path]\ninside = ['data']\n", "absolute"),
        ("[arguments.path]\ninside = []\n", "list of plain texts"),
        ("[arguments.amount]\nat_most = true\n", "number"),
        ("[arguments.amount]\nat_most = -1\n", "number"),
        ("[arguments.colour]\nat_most = 1\n", "unknown arguments.colour"),
        ("[tools]\nx = {conditions = [{at_most = 1}]}\n", "argument"),
        ("[tools]\nx = 3\n", "table"),
        ("tools = 3\n", "table"),
        ("server_tools = 3\n", "server_tools: a table"),
        ("[server_tools]\nx = 3\n", "tools of 'x': a table"),
        ("servers = 'deny'\n", "table"),
        ("signals = []\n", "table"),
        ("arguments = 7\n", "table"),
        ("version = 99\n", "version 99 is not known"),
        ("version = '1'\n", "version '1' is not known"),
        ("version = true\n", "version True is not known"),
    ],
)
def test_a_broken_policy_file_is_refused_with_the_place(tmp_path, text, says):
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says) as caught:
        read_overrides(path)
    assert str(path) in str(caught.value)
    with pytest.raises(DataError, match="cannot read"):
        read_overrides(tmp_path / "absent.toml")


def test_a_signal_that_somebody_installed_can_be_ruled(tmp_path, monkeypatch):
    path, folder = tmp_path / "policy.toml", tmp_path / "plugins"
    path.write_text("[signals]\nmy-own = 'deny'\n", encoding="utf-8")
    with pytest.raises(DataError, match="no signal 'my-own'"):
        read_overrides(path)
    folder.mkdir()
    (folder / "my_own.py").write_text(
        "from classifier.verdict import Kind, Severity, Signal\n"
        "SIGNAL = Signal(id='my-own', kind=Kind.SCHEMA, severity=Severity.LOW, title='Own')\n"
        "def detect(reading, matched):\n    return iter(())\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(signals, "__path__", [*signals.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, "classifier.signals.my_own", raising=False)
    signals.detectors.cache_clear()
    try:
        assert read_overrides(path).signals == {"my-own": Rule(Decision.DENY)}
    finally:
        signals.detectors.cache_clear()
        sys.modules.pop("classifier.signals.my_own", None)


def test_a_server_without_a_name_does_not_take_the_rules_for_any_server_away(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("[tools]\na = 'ask'\n[server_tools.'']\nb = 'deny'\n", encoding="utf-8")
    assert set(read_overrides(path).tools) == {("", "a"), ("", "b")}


@given(
    first=st.builds(Rule, st.sampled_from([d for d in Decision if d is not Decision.LIMIT])),
    second=st.builds(
        lambda n, w: Rule(Decision.LIMIT, Limit(n, w)),
        st.integers(1, 1000),
        st.sampled_from(["minute", "hour", "day"]),
    ),
)
def test_rules_parse_back_and_the_stricter_wins(first, second):
    assert Rule.parse(str(first), "x") == first
    assert Rule.parse(str(second), "x") == second
    assert stricter(first, second) is (second if first.decision is Decision.ALLOW else first)


def test_a_limit_belongs_to_the_decision_limit():
    with pytest.raises(ValueError, match="limit"):
        Intent(server="s", tool="t", decision=Decision.LIMIT)
    with pytest.raises(ValueError, match="limit"):
        Intent(server="s", tool="t", decision=Decision.ASK, limit=Limit(1, "minute"))


@pytest.mark.parametrize(
    ("decision", "limit", "says"),
    [
        (Decision.ALLOW, None, "pass without a question"),
        (Decision.LIMIT, Limit(10, "minute"), "at most 10 a minute"),
        (Decision.ASK, None, "waits for a person"),
        (Decision.DENY, None, "Every call is refused"),
        (Decision.HIDE, None, "taken out of the list"),
    ],
)
def test_the_effect_is_one_plain_sentence(decision, limit, says):
    sentence = effect(Intent(server="s", tool="t", decision=decision, limit=limit))
    assert says in sentence
    assert sentence.endswith(".")
    assert sentence.count(".") == 1


def pointing(pointer):
    """A finding of path-parameter about one place of the schema."""
    from classifier.verdict import Evidence, Finding, Severity, Signal

    signal = Signal(id="path-parameter", kind=Kind.SCHEMA, severity=Severity.LOW, title="path")
    return Finding(signal=signal, evidence=(Evidence(pointer, 0, 0, "x"),))


@pytest.mark.parametrize(
    ("pointer", "schema", "argument", "each"),
    [
        ("/inputSchema/properties/where", {"where": {"type": "string"}}, ("where",), False),
        ("/inputSchema/properties/where", {"where": {"type": "array"}}, ("where",), True),
        (
            "/inputSchema/properties/o/properties/where",
            {"o": {"properties": {"where": {"type": "string"}}}},
            ("o", "where"),
            False,
        ),
        (
            "/inputSchema/properties/where/items",
            {"where": {"type": "array", "items": {"type": "string"}}},
            ("where",),
            True,
        ),
        (
            "/inputSchema/properties/o/items/properties/where",
            {"o": {"items": {"properties": {"where": {}}}}},
            ("o", "*", "where"),
            False,
        ),
        ("/inputSchema/properties/a~1b", {"a/b": {}}, ("a/b",), False),
        (
            "/inputSchema/properties/o/allOf/0/properties/where",
            {"o": {"allOf": [{"properties": {"where": {}}}]}},
            ("o", "where"),
            False,
        ),
    ],
)
def test_a_bound_holds_where_the_signal_points(
    *, classify, make_tool, pointer, schema, argument, each
):

    from classifier.policies import render, targets

    mine = Overrides(bounds={"path": ("/srv/data",)})
    verdict = classify(Category.READ, Risk.LOW)._replace(findings=(pointing(pointer),))
    intent = decide_intent(make_tool("t", **schema), verdict, overrides=mine)
    assert intent.conditions == (Condition(argument, ConditionKind.INSIDE, ("/srv/data",), each),)
    for target in targets():
        got = render(target.id, "srv", [intent]).effective["srv", "t"]
        assert got.conditions or got.decision is not Decision.ALLOW
        if "*" in argument or "/" in argument[0]:
            assert not got.conditions
