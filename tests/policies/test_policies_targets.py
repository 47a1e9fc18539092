"""What single targets promise: the seeds, the limits, the schemas, the report, the agreement."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from classifier.enforcement import agreement, drift
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent, Limit, Profile, decide_intent
from classifier.policies import module_of, render, suggest_key, target, targets
from classifier.verdict import Category, Kind, Risk

SHARED = Path(__file__).parents[3] / "shared"
ALL = [t.id for t in targets()]


def allow(name, server="srv"):
    return Intent(server=server, tool=name, decision=Decision.ALLOW)


def test_there_are_the_seventeen_targets():
    assert ALL == [
        "agentcore",
        "agentgateway",
        "claude-code",
        "codex",
        "cursor",
        "docker-gateway",
        "envoy-ai-gateway",
        "gemini-cli",
        "intercept",
        "kong",
        "litellm",
        "opa",
        "policylayer",
        "pomerium",
        "toolhive",
        "traefik-hub",
        "vscode",
    ]
    with pytest.raises(PolicyError, match='no policy target "nonesuch"; there are agentcore'):
        target("nonesuch")


@pytest.mark.parametrize(
    ("file", "name", "cell"),
    [
        ("000_", "BinanceFuturesCreateListenKey", (Category.EXECUTE, Risk.HIGH)),
        ("003_", "BinanceFuturesKeepAliveListenKey", (Category.OTHER, Risk.LOW)),
    ],
)
def test_the_seed_policies_come_out_as_they_are(classify, make_tool, file, name, cell):
    seeds = sorted((SHARED / "seeds").glob(file + "*"))
    if not seeds:
        pytest.skip("the seeds are not there")
    intent = decide_intent(make_tool(name), classify(*cell), Profile.RECOMMENDED)
    text = render("policylayer", "any", [intent]).text
    page = seeds[0].read_text(encoding="utf-8")
    start = page.index("{\n")
    value, length = json.JSONDecoder().raw_decode(page[start:])
    recorded = page[start : start + length]
    assert json.loads(text) == value
    lines = [line.strip() for line in recorded.splitlines()]
    assert [line.strip() for line in text.splitlines()] == lines
    if recorded.startswith('{\n  "version"'):
        assert text == recorded + "\n"
    assert text == json.dumps(json.loads(text), indent=2) + "\n"


@pytest.mark.parametrize("window", ["minute", "hour", "day"])
@pytest.mark.parametrize("target_id", ALL)
def test_a_limit_keeps_its_window_or_becomes_stricter(target_id, window):
    limited = Intent(
        server="srv", tool="go", decision=Decision.LIMIT, limit=Limit(5, window), reason="x"
    )
    output = render(target_id, "srv", [limited])
    got = output.effective["srv", "go"]
    if got.limit is not None:
        assert got == limited
        assert window in target(target_id).windows
    else:
        assert got.decision.rank > Decision.LIMIT.rank
        assert output.report
    assert (target_id, window) != ("policylayer", "day") or got.decision is Decision.DENY


def test_envoy_chunks_sixteen_tools_a_rule_and_refuses_more_than_512():
    names = [f"tool_{number}" for number in range(513)]
    text = render("envoy-ai-gateway", "srv", [allow(name) for name in names[:512]]).text
    rules = yaml.safe_load(text)["spec"]["securityPolicy"]["authorization"]["rules"]
    assert [len(rule["target"]["tools"]) for rule in rules] == [16] * 32
    with pytest.raises(PolicyError, match="513 tools need 33 rules"):
        render("envoy-ai-gateway", "srv", [allow(name) for name in names])


@pytest.mark.parametrize("target_id", [t.id for t in targets() if not t.whole_set])
def test_a_file_for_one_server_is_not_made_for_two(target_id):
    with pytest.raises(PolicyError, match="one file per server"):
        render(target_id, None, [allow("a", "one"), allow("a", "two")])


def test_two_servers_never_share_a_key():
    both = [allow("a", "one"), allow("a", "two")]
    with pytest.raises(PolicyError, match="one server key for 2 servers"):
        render("claude-code", "same", both)
    with pytest.raises(PolicyError, match="share a key"):
        render("claude-code", {"one": "same", "two": "same"}, both)


@pytest.mark.parametrize("target_id", ["agentgateway"])
def test_targets_that_fail_open_get_allow_lists_only(target_id, own_tools, by_server):
    for intents in by_server(own_tools, Profile.RECOMMENDED).values():
        document = yaml.safe_load(render(target_id, "own", intents).text)
        rules = document["mcp"]["policies"]["mcpAuthorization"]["rules"]
        assert rules
        assert all(isinstance(rule, str) for rule in rules)


def test_agentcore_policies_are_valid_under_the_schema_made_from_the_input_schemas(
    own_tools, by_server, make_tool, classify
):
    cedarpy = pytest.importorskip("cedarpy")
    bounded = make_tool("bounded", amount={"type": "integer"}, note={"type": "string"})
    pairs = [*own_tools, (bounded, classify(Category.READ, Risk.LOW))]
    (intents,) = by_server(pairs, Profile.RECOMMENDED).values()
    from classifier.condition import Condition, ConditionKind

    intents.append(
        Intent(
            server="own",
            tool="capped",
            decision=Decision.ALLOW,
            conditions=(Condition(("amount",), ConditionKind.AT_MOST, 5),),
            input_schema=bounded.input_schema,
        )
    )
    output = render("agentcore", "own", intents)
    ((_, schema),) = output.extra
    result = cedarpy.validate_policies(output.text, schema)
    assert result.validation_passed, [str(e) for e in result.errors][:3]
    wrong = output.text.replace("context.input.amount >=", "context.input.amuont >=")
    assert wrong != output.text
    assert not cedarpy.validate_policies(wrong, schema).validation_passed


def test_gemini_settings_fit_the_published_schema(own_tools, by_server):
    path = SHARED / "schemas" / "gemini.settings.schema.json"
    if not path.is_file():
        pytest.skip("the published schema is not there")
    (intents,) = by_server(own_tools, Profile.STRICT).values()
    plain = [i for i in intents if i.tool.isidentifier() and len(i.tool) < 40]
    plain = [i for i in plain if i.tool.isascii() and not i.tool.startswith("mcp_")]
    ((name, text),) = render("gemini-cli", "own", plain).extra
    assert name == "gemini-settings.json"
    jsonschema.validate(json.loads(text), json.loads(path.read_text()))
    assert "trust" not in text


@pytest.mark.parametrize("target_id", ALL)
def test_approximations_are_stricter_and_said(target_id, own_tools, by_server):
    chosen = target(target_id)
    (intents,) = by_server(own_tools, Profile.RECOMMENDED).values()
    output = render(target_id, "own", intents)
    wanted = {intent.tool: intent for intent in intents}
    looser, changed = set(), set()
    for (_, name), got in output.effective.items():
        if got.decision.rank < min(wanted[name].decision.rank, Decision.DENY.rank):
            looser.add(name)
        elif got.rule != wanted[name].rule:
            changed.add(name)
    if Decision.DENY in {d for d in Decision if d.value in chosen.expresses}:
        assert not looser
        assert not output.not_enforced
    else:
        assert looser
        assert output.not_enforced[0].startswith("NOT ENFORCED: ")
    assert bool(changed) <= bool(output.report)
    mark = {"yaml": "#", "toml": "#", "rego": "#", "shell": "#", "cedar": "//"}
    if chosen.language in mark:
        head = output.text.splitlines()[: len(output.approximations) + 1]
        assert all(line.startswith(mark[chosen.language]) for line in head)


@pytest.mark.parametrize("target_id", ALL)
def test_page_sentence_snippet_and_answers_agree(target_id, own_tools, by_server):
    (intents,) = by_server(own_tools, Profile.RECOMMENDED).values()
    module = module_of(target_id)
    for intent in intents:
        try:
            output = render(target_id, "own", [intent])
        except PolicyError:
            continue
        texts = [answer for _, answer in agreement.answers(intent, output, "own")]
        found = list(agreement.disagreements(module, output, "own", intent.tool, texts[:1]))
        assert found == []


def test_a_contradiction_on_a_page_is_found():
    limited = Intent(server="srv", tool="go", decision=Decision.LIMIT, limit=Limit(10, "minute"))
    module = module_of("policylayer")
    output = render("policylayer", "srv", [limited])
    good = ["Calls pass, at most 10 a minute; the rest is refused."]
    assert list(agreement.disagreements(module, output, "srv", "go", good)) == []
    for wrong, says in (
        ([], "no text states the effect"),
        ([*good, "Every call is refused."], "another effect"),
        ([*good, "It may be called 30 per hour."], "30 a hour"),
    ):
        (found,) = agreement.disagreements(module, output, "srv", "go", wrong)
        assert says in found
    loosened = render("policylayer", "srv", [allow("go")])
    object.__setattr__(loosened, "effective", output.effective)
    hidden = render("policylayer", "srv", [Intent(server="s", tool="go", decision=Decision.DENY)])
    object.__setattr__(hidden, "effective", output.effective)
    assert "the snippet says deny" in next(
        agreement.disagreements(module, hidden, "srv", "go", good)
    )


def test_a_policy_remembers_the_definitions_that_it_was_made_from(make_tool, classify):
    low = classify(Category.READ, Risk.LOW)
    before = [decide_intent(make_tool("a"), low)]
    after = [decide_intent(make_tool("a", url={"type": "string"}), low)]
    text = render("intercept", "srv", before).text
    assert drift.made_from(text) == drift.digest(before) != drift.digest(after)
    assert drift.made_from("version: '1'") is None


@pytest.mark.parametrize(
    ("server", "claude", "litellm"),
    [
        ("npm:@scope/server-files@1.2.3", "server-files", "server_files"),
        ("pypi:mcp-server-git==1.0", "mcp-server-git", "mcp_server_git"),
        ("io.github.owner/name", "name", "name"),
        ("gh", "gh", "gh"),
        ("a__b", "a-b", "a__b"),
        ("Ü", "server", "server"),
    ],
)
def test_a_key_is_guessed_from_a_server_name(server, claude, litellm):
    assert suggest_key("claude-code", server) == claude
    assert suggest_key("litellm", server) == litellm
    again = suggest_key("claude-code", server, taken=(claude,))
    assert again == f"{claude}-2"


def test_a_threat_is_refused_in_every_target(classify, make_tool):
    verdict = classify(Category.READ, Risk.LOW, "hidden-instructions", kind=Kind.THREAT)
    intent = decide_intent(make_tool("nice"), verdict)
    for chosen in targets():
        effective = render(chosen.id, "srv", [intent]).effective["srv", "nice"]
        assert effective.decision.refuses or "deny" not in chosen.expresses
