"""Combinations: found with their tools named, broken by the fewest rules, checked in engines."""

import json
from itertools import combinations as subsets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.combinations import PATTERNS, look
from classifier.enforcement.simulation import Call, Verdict
from classifier.engine import Options, classify_many
from classifier.errors import PolicyError
from classifier.grade import LETTERS, START, grade
from classifier.intent import decide_intent
from classifier.legs import Leg
from classifier.policies import module_of, render
from classifier.policy_table import Overrides, read_overrides
from classifier.rule import Decision, Profile, Rule
from classifier.stack_policy import overrides, text
from classifier.verdict import (
    Basis,
    Category,
    Classification,
    Evidence,
    Finding,
    Kind,
    Risk,
    Severity,
    Signal,
)
from crawler.records import ServerName, Tool

CODE_HOST = Path(__file__).parent / "code_host.json"
ASK, DENY = Rule(Decision.ASK), Rule(Decision.DENY)
ALLOW_ALL = Overrides(servers={"host": Rule(Decision.ALLOW)})
TRIFECTA = {Leg.PRIVATE, Leg.OUTSIDE, Leg.WAY_OUT}


def code_host():
    tools = [
        Tool(
            server=ServerName("host"),
            name=row["name"],
            description=row["description"],
            input_schema=row["inputSchema"],
        )
        for row in json.loads(CODE_HOST.read_text(encoding="utf-8"))["tools"]
    ]
    return list(zip(tools, classify_many(tools, Options(use_reviews=False)), strict=True))


def made(server, name, *signals, category=Category.READ, risk=Risk.HIGH, kind=Kind.CAPABILITY):
    """Return a tool with a classification made by hand: findings of these signals."""
    tool = Tool(server=ServerName(server), name=name)
    findings = tuple(
        Finding(
            signal=Signal(id=one, kind=kind, severity=Severity.HIGH, title=one),
            evidence=(Evidence("/name", 0, len(name), name),),
        )
        for one in signals
    )
    result = Classification(
        category=category, risk=risk, risk_score=60, confidence=0.9, decided_by=Basis.RULES,
        needs_review=False, insufficient_definition=False, findings=findings, evidence=(),
        rationale="", addends=(), notes=(), ruleset="test", model="test",
    )  # fmt: skip
    return tool, result


def allowed(*servers):
    return Overrides(servers={server: Rule(Decision.ALLOW) for server in servers})


def passing(target, pairs, mine):
    """Ask the real engine which tools of the host run without a person."""
    intents = [decide_intent(tool, result, Profile.RECOMMENDED, mine) for tool, result in pairs]
    decide = module_of(target).simulate(render(target, "host", intents).text)
    names = [tool.name for tool, _ in pairs]
    return {n for n in names if decide(Call(server="host", tool=n)) is Verdict.ALLOW}


def legs_left(stack, names):
    """Return the legs of the trifecta that some of these tools still form."""
    (found,) = [c for c in stack.combinations if c.pattern.id == "lethal-trifecta"]
    return {leg for leg, given in found.legs.items() if names & {part.tool for part in given}}


@pytest.mark.parametrize(("target", "rule"), [("opa", ASK), ("opa", DENY), ("toolhive", DENY)])
def test_the_trifecta_of_a_code_host_is_found_and_broken_in_a_real_engine(target, rule):
    pytest.importorskip({"opa": "regopy", "toolhive": "cedarpy"}[target])
    pairs = code_host()
    stack = look(pairs, overrides=ALLOW_ALL)
    before = passing(target, pairs, ALLOW_ALL)
    assert legs_left(stack, before) == TRIFECTA
    after = passing(target, pairs, overrides(stack, rule, ALLOW_ALL))
    assert len(legs_left(stack, after)) == 2
    assert len(before - after) == len(stack.to_shut) == 1


def test_the_tools_of_each_leg_are_named_with_a_quote():
    pairs = code_host()
    (found,) = look(pairs).combinations
    assert found.pattern.id == "lethal-trifecta"
    by_leg = {leg: {part.tool for part in given} for leg, given in found.legs.items()}
    assert by_leg[Leg.PRIVATE] == {"get_file_contents"}
    assert {"get_issue", "list_issues"} <= by_leg[Leg.OUTSIDE]
    assert {"create_issue", "add_issue_comment", "create_pull_request"} <= by_leg[Leg.WAY_OUT]
    definitions = {tool.name: tool.definition for tool, _ in pairs}
    for formed in found.legs.values():
        for part in formed:
            assert part.reason
            for quote in part.evidence:
                if quote.end:
                    value = definitions[part.tool][quote.pointer[1:]]
                    assert value[quote.start : quote.end] == quote.text


def test_a_trifecta_over_several_servers_belongs_to_none_of_them():
    pairs = [
        made("notes", "read_note", "sensitive-data"),
        made("web", "read_page", "untrusted-content"),
        made("mail", "send_mail", "external-side-effect", category=Category.EXECUTE),
    ]
    mine = allowed("notes", "web", "mail")
    (found,) = look(pairs, overrides=mine).combinations
    assert found.together
    assert found.is_open
    for pair in pairs:
        assert look([pair], overrides=mine).combinations == ()


def test_the_profile_may_have_broken_it_already():
    pairs = [
        made("s", "read_note", "sensitive-data", "untrusted-content", risk=Risk.LOW),
        made("s", "wipe", "destructive", category=Category.WRITE, risk=Risk.CRITICAL),
    ]
    stack = look(pairs)
    (found,) = stack.combinations
    assert found.pattern.id == "destructive-reach"
    assert found.shut == (Leg.HARM,)
    assert not found.is_open
    assert stack.to_shut == ()


def test_what_cannot_carry_words_is_no_way_out():
    quiet = made("s", "restart", "external-side-effect", category=Category.EXECUTE)
    number = {
        "type": "object",
        "properties": {"job_id": {"type": "string"}, "n": {"type": "integer"}},
    }
    fixed = Tool(server=ServerName("s"), name="restart", input_schema=number)
    rest = [made("s", "read", "sensitive-data", "untrusted-content")]
    assert [c.pattern.id for c in look([*rest, quiet]).combinations] == ["lethal-trifecta"]
    assert look([*rest, (fixed, quiet[1])]).combinations == ()


def test_a_database_query_reads_but_is_no_way_out_and_a_shell_is():
    outside = made("s", "read_page", "untrusted-content")

    def runner(parameter):
        tool, result = made("s", "run", "code-execution", category=Category.EXECUTE)
        schema = {"type": "object", "properties": {parameter: {"type": "string"}}}
        return Tool(server=tool.server, name="run", input_schema=schema), result

    query = look([outside, runner("sql")], overrides=allowed("s"))
    shell = look([outside, runner("command")], overrides=allowed("s"))
    assert [c.pattern.id for c in query.combinations] == ["destructive-reach"]
    assert [c.pattern.id for c in shell.combinations] == ["lethal-trifecta", "destructive-reach"]


SIGNALS = ("sensitive-data", "untrusted-content", "external-side-effect", "destructive", "admin", "credentials", "code-execution")  # fmt: skip
STACKS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sets(st.sampled_from(SIGNALS), max_size=3),
        st.sampled_from([Category.READ, Category.WRITE, Category.EXECUTE]),
    ),
    min_size=1,
    max_size=7,
)


def is_broken(pairs, closed):
    mine = allowed("a", "b")
    tools = {key: overrides_of(DENY) for key in closed}
    shut = Overrides(servers=mine.servers, tools=tools)
    return not any(c.is_open for c in look(pairs, overrides=shut).combinations)


def overrides_of(rule):
    from classifier.policy_table import ToolOverride

    return ToolOverride(rule=rule)


@settings(max_examples=60, deadline=None)
@given(STACKS)
def test_the_rules_break_everything_and_no_smaller_set_does(drawn):
    pairs = [
        made(server, f"t{number}", *sorted(signals), category=category)
        for number, (server, signals, category) in enumerate(drawn)
    ]
    found = look(pairs, overrides=allowed("a", "b"))
    assert is_broken(pairs, found.to_shut)
    keys = sorted({(str(tool.server), tool.name) for tool, _ in pairs})
    for size in range(len(found.to_shut)):
        assert not any(is_broken(pairs, closed) for closed in subsets(keys, size))


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3, unique=True))
def test_the_written_rules_say_the_same_whatever_the_names(tmp_path_factory, keys):
    pairs = [
        made(server, name, "sensitive-data", "untrusted-content", "external-side-effect")
        for server, name in keys
    ]
    stack = look(pairs, overrides=allowed(*(server for server, _ in keys)))
    assert set(stack.to_shut) == set(keys)
    file = tmp_path_factory.mktemp("policy") / "policy.toml"
    file.write_text(text([stack], ASK, Profile.RECOMMENDED), encoding="utf-8")
    read = read_overrides(file)
    assert {key: own.rule for key, own in read.tools.items()} == dict.fromkeys(keys, ASK)


def test_a_name_that_toml_cannot_hold_is_refused_not_left_out():
    pair = made("s", "a\ud800", "sensitive-data", "untrusted-content", "external-side-effect")
    stack = look([pair], overrides=allowed("s"))
    with pytest.raises(PolicyError, match="surrogate"):
        text([stack], ASK, Profile.RECOMMENDED)


@settings(max_examples=60, deadline=None)
@given(STACKS)
def test_a_grade_is_the_sum_of_its_parts(drawn):
    pairs = [made(s, f"t{n}", *sorted(g), category=c) for n, (s, g, c) in enumerate(drawn)]
    given_ = grade(pairs, look(pairs))
    assert sum(addend.points for addend in given_.addends) == given_.points
    assert 0 <= given_.points <= START
    assert given_.letter == next(letter for letter, least in LETTERS if given_.points >= least)


def test_no_tools_no_grade_and_a_hostile_definition_fails():
    assert grade([], look([])) is None
    fine = [made("s", "get", risk=Risk.LOW)]
    assert grade(fine, look(fine)).letter == "A"
    hostile = [made("s", "get", "hidden-instructions", risk=Risk.LOW, kind=Kind.THREAT)]
    assert grade(hostile, look(hostile)).letter == "F"


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "A of the 1 tool that was read"), (1200, "A of the 1,200 tools that were read")],
)
def test_a_grade_of_a_part_says_so_itself(count, told):
    pairs = [made("s", "get", risk=Risk.LOW)] * count
    assert str(grade(pairs, look(pairs), in_part=True)) == told
    assert str(grade(pairs, look(pairs))) == "A"


@pytest.mark.parametrize(
    ("silent", "doubtful", "fine", "told"),
    [
        (0, 2, 2, "2 of 4 labels should be reviewed"),
        (1, 0, 1, "1 of 2 definitions says too little"),
        (2, 1, 0, "2 of 3 definitions say too little, 1 of 3 labels should be reviewed"),
        (1, 0, 0, "1 of 1 definition says too little"),
    ],
)
def test_a_grade_tells_silent_definitions_from_doubtful_labels(silent, doubtful, fine, told):
    def one(index, **flags):
        tool, result = made("s", f"get{index}", risk=Risk.LOW)
        return tool, result._replace(**flags)

    pairs = [one(0, insufficient_definition=True, needs_review=True)] * silent
    pairs += [one(1, needs_review=True)] * doubtful + [one(2)] * fine
    reasons = [addend.reason for addend in grade(pairs, look(pairs)).addends]
    assert reasons == ["start", told]


def test_a_grade_counts_one_thing_as_one():
    hostile = made("s", "get", "hidden-instructions", risk=Risk.LOW, kind=Kind.THREAT)
    conflict = made("s", "put", "annotation-conflict", risk=Risk.LOW)
    told = {addend.reason for addend in grade([hostile, conflict], look([hostile])).addends}
    assert {"1 definition looks hostile", "hints of 1 tool contradict it"} <= told
    told = {addend.reason for addend in grade([hostile, conflict] * 2, look([hostile])).addends}
    assert {"2 definitions look hostile", "hints of 2 tools contradict them"} <= told


def test_every_pattern_is_told_and_mapped():
    assert len({pattern.id for pattern in PATTERNS}) == len(PATTERNS)
    for pattern in PATTERNS:
        assert pattern.text.endswith(".")
        assert len(pattern.legs) >= 2
        assert pattern.references


@pytest.fixture
def toolrisk(run_here):
    """Return a function that runs `toolrisk` and asserts its exit code."""

    def run(*words, code=0):
        done = run_here(*words, cwd=".")
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def test_the_command_writes_rules_that_the_policy_command_takes(toolrisk, tmp_path):
    rules = tmp_path / "rules.toml"
    report = json.loads(toolrisk("stack", CODE_HOST, "--format", "json", "--out", rules).stdout)
    (whole,) = report["stack"]["combinations"]
    assert whole["id"] == "lethal-trifecta"
    assert whole["open"] is True
    assert report["stack"]["shut"] == [{"server": "code_host.json", "tool": "get_file_contents"}]
    words = ("policy", CODE_HOST, "--for", "claude-code", "--server-key", "gh", "--policy", rules)
    permissions = json.loads(toolrisk(*words).stdout)["permissions"]
    assert "mcp__gh__get_file_contents" in permissions["ask"]
    again = json.loads(toolrisk("stack", CODE_HOST, "--format", "json", "--policy", rules).stdout)
    assert again["stack"]["combinations"][0]["open"] is False
    assert again["stack"]["shut"] == []


def test_the_attack_goes_through_before_and_stops_after_as_a_user_would_run_it(toolrisk, tmp_path):
    pytest.importorskip("cedarpy")
    attack = [
        {"tool": "get_issue", "arguments": {"owner": "o", "repo": "public", "issue_number": 1}},
        {"tool": "get_file_contents", "arguments": {"owner": "o", "repo": "private", "path": "p"}},
        {"tool": "create_issue", "arguments": {"owner": "o", "repo": "public", "title": "t"}},
    ]
    calls = tmp_path / "calls.jsonl"
    calls.write_text("\n".join(map(json.dumps, attack)), encoding="utf-8")
    mine, rules = tmp_path / "mine.toml", tmp_path / "rules.toml"
    mine.write_text('version = 1\n[servers]\n"code_host.json" = "allow"\n', encoding="utf-8")

    def decisions(own):
        file = tmp_path / "authz.json"
        toolrisk("policy", CODE_HOST, "--for", "toolhive", "--policy", own, "--out", file)
        done = toolrisk("policy", "simulate", file, "--for", "toolhive", "--calls", calls)
        assert "the real engine cedarpy" in done.stderr
        return [json.loads(line)["decision"] for line in done.stdout.splitlines()]

    assert decisions(mine) == ["allow", "allow", "allow"]
    toolrisk("stack", CODE_HOST, "--policy", mine, "--break-with", "deny", "--out", rules)
    both = rules.read_text(encoding="utf-8") + '\n[servers]\n"code_host.json" = "allow"\n'
    rules.write_text(both, encoding="utf-8")
    after = decisions(rules)
    assert after.count("deny") == 1
    assert after[1] == "deny"


def test_the_rules_never_replace_a_persons_own_policy(toolrisk, tmp_path):
    rules = tmp_path / "policy.toml"
    rules.write_text('version = 1\n[servers]\n"code_host.json" = "ask"\n', encoding="utf-8")
    before = rules.read_text()
    done = toolrisk("stack", CODE_HOST, "--out", rules, code=2)
    assert "holds what toolrisk did not write" in done.stderr
    assert rules.read_text() == before
    rules.unlink()
    toolrisk("stack", CODE_HOST, "--out", rules)
    toolrisk("stack", CODE_HOST, "--break-with", "deny", "--out", rules)


def test_the_command_names_tools_that_two_servers_have(toolrisk, tmp_path):
    other = tmp_path / "other.json"
    mine = [
        {"name": "get_issue", "description": "Get an issue, and much more."},
        {"name": "get_m\u0435", "description": "Get the account."},
        {"name": "unique", "description": "Gets nothing."},
    ]
    other.write_text(json.dumps({"tools": mine}), encoding="utf-8")
    report = json.loads(toolrisk("stack", CODE_HOST, other, "--format", "json").stdout)
    assert [(c["server"], c["tool"], c["other_tool"]) for c in report["collisions"]] == [
        ("other.json", "get_issue", "get_issue"),
        ("other.json", "get_m\u0435", "get_me"),
    ]
    text_ = toolrisk("stack", CODE_HOST, other).stdout
    assert "under one name" in text_
    assert "other.json\tget_issue\tcode_host.json" in text_
    alone = json.loads(toolrisk("stack", CODE_HOST, "--format", "json").stdout)
    assert alone["collisions"] == []


def test_the_command_fails_on_a_grade_in_either_case_and_explains_trouble(toolrisk, tmp_path):
    text_ = toolrisk("stack", CODE_HOST, "--fail-on", "c", code=1).stdout
    assert "lethal trifecta" in text_
    assert text_ == toolrisk("stack", CODE_HOST, "--fail-on", "F").stdout
    assert "no grade" in toolrisk("stack", CODE_HOST, "--fail-on", "high", code=2).stderr
    assert "no profile" in toolrisk("stack", CODE_HOST, "--profile", "lax", code=2).stderr
    assert "no catalogue" in toolrisk("stack", "--db", tmp_path / "none.db", code=2).stderr
    assert "no such server" in toolrisk("stack", CODE_HOST, "--server", "x", code=2).stderr
