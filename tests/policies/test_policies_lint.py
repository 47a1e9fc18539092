"""Valid files that do nothing, or something else: each way has its test, ours has none."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.enforcement import reading
from classifier.enforcement.check import check
from classifier.enforcement.simulation import Call, Verdict
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent, Limit, Profile
from classifier.policies import module_of, render, target, targets

SILENT = [
    ("claude-code", '{"permissions": {"allow": ["mcp__*"]}}', "skipped in allow"),
    ("claude-code", '{"permissions": {"deny": ["mcp__gh__rm(x)"]}}', "parentheses"),
    (
        "claude-code",
        '{"permissions": {"allow": ["mcp__gh__a"], "deny": ["mcp__gh"]}}',
        "deny and ask come first",
    ),
    (
        "gemini-cli",
        '[[rule]]\nmcpName = "my_gh"\ntoolName = "a"\ndecision = "deny"\npriority = 1\n',
        "fail silently",
    ),
    (
        "gemini-cli",
        (
            '[[rule]]\nmcpName = "gh"\ntoolName = "a"\ndecision = "deny"\npriority = 1\n'
            '[[rule]]\nmcpName = "gh"\ntoolName = "a"\ndecision = "allow"\npriority = 2\n'
        ),
        "shadowed",
    ),
    (
        "gemini-cli",
        (
            '[[rule]]\nmcpName = "gh"\ntoolAnnotations = {readOnlyHint = true}\n'
            'decision = "allow"\npriority = 2\n'
        ),
        "claims",
    ),
    (
        "codex",
        '[mcp_servers.gh]\nenabled_tools = ["a"]\ndisabled_tools = ["a"]\n',
        "disabled_tools wins",
    ),
    (
        "codex",
        (
            '[mcp_servers.gh]\nenabled_tools = ["a"]\n[mcp_servers.gh.tools.b]\n'
            'approval_mode = "approve"\n'
        ),
        "not enabled",
    ),
    ("cursor", '{"mcpAllowlist": ["gh:*"]}', "nobody has looked at"),
    ("cursor", '{"mcpAllowlist": ["gh/a"]}', "dropped"),
    ("cursor", '{"mcpAllowlist": [{"gh": 1}]}', "not SERVER:TOOL"),
    ("cursor", '{"mcpAllowlist": ["gh:*", "gh:a", "o:b"]}', "1 entry for single tools beside it"),
    ("cursor", '{"mcpAllowlist": ["gh:a", "*:*", "o:b"]}', "2 entries for single tools beside it"),
    ("docker-gateway", "docker mcp gateway run --servers gh", "every tool"),
    ("docker-gateway", "docker mcp gateway run --servers gh --tools x:a", "not in --servers"),
    ("policylayer", '{"version": "1", "default": "deny", "hide": ["a"]}', "whole server"),
    (
        "policylayer",
        (
            '{"version": "1", "default": "deny", "tools": {"a": {"deny_if": [{"conditions": [],'
            ' "on_deny": "Requires human approval."}]}}}'
        ),
        "nobody is asked",
    ),
    ("intercept", 'version: "1"\ntools: {a: {rules: []}}\n', "left out, which means allow"),
    ("intercept", 'version: "1"\ndefault: allow\ntools: {a: {rules: []}}\n', "do nothing"),
    ("intercept", 'version: "1"\ndefault: deny\ntools: {on: {rules: []}}\n', "no text in YAML"),
    (
        "intercept",
        (
            'version: "1"\ndefault: deny\nhide: [a]\n'
            "tools: {a: {rules: [{name: r, rate_limit: 1/hour}]}}\n"
        ),
        "never reached",
    ),
    (
        "toolhive",
        '{"cedar": {"policies": ["forbid(principal, action, resource == Tool::\\"a\\");"]}}',
        "no permit covers",
    ),
    (
        "toolhive",
        (
            '{"cedar": {"policies": ["permit(principal, action == Action::\\"call_tool\\",'
            ' resource);"]}}'
        ),
        "every tool",
    ),
    ("agentcore", 'permit(principal, action == Action::"gh__a", resource);', "TARGET___TOOL"),
    ("agentcore", 'permit(principal, action == Action::"gh___a", resource);', "every gateway"),
    (
        "agentgateway",
        "mcp: {policies: {mcpAuthorization: {rules: [{deny: 'mcp.tool.name == \"a\"'}]}}}",
        "fails open",
    ),
    ("agentgateway", "mcp: {policies: {mcpAuthorization: {rules: []}}}", "everything is allowed"),
    (
        "agentgateway",
        "mcp: {policies: {mcpAuthorization: {rules: ['mcp.tool.arguments.a == 1']}}}",
        "not there",
    ),
    (
        "envoy-ai-gateway",
        (
            "spec: {backendRefs: [{name: gh, toolSelector: {include: [b]}}], securityPolicy:"
            " {authorization: {rules: [{target: {tools: [{backend: gh, tool: a}]}}]}}}"
        ),
        "toolSelector leaves it out",
    ),
    (
        "envoy-ai-gateway",
        "spec: {securityPolicy: {authorization: {defaultAction: Allow}}}",
        "no rule names",
    ),
    ("opa", 'package toolrisk\nallow if input.tool == "a"\n', "no default"),
    ("opa", "package toolrisk\ndefault allow := true\n", "lets every tool through"),
    ("kong", "plugins: [{name: ai-mcp-proxy, config: {tools: [{name: a}]}}]", "is open"),
    (
        "kong",
        "plugins: [{name: ai-mcp-proxy, config: {default_acl: [{scope: tools, deny: [x]}]}}]",
        "open to every consumer",
    ),
    (
        "traefik-hub",
        (
            "spec: {plugin: {mcp: {defaultAction: deny, policies: [{match: 'Equals(`mcp.method`,"
            "`tools/call`)', action: allow}]}}}"
        ),
        "no client can work",
    ),
    ("pomerium", "allow: {and: [{mcp_tool: {in: [a]}}]}", "under allow"),
    ("pomerium", "deny: {and: [{mcp_tool: {in: [a]}}]}", "not named passes"),
    ("litellm", "mcp_servers: {gh: {allowed_tools: []}}", "counts as none"),
    (
        "litellm",
        "mcp_servers: {gh: {allowed_tools: [a], disallowed_tools: [b]}}",
        "not consulted",
    ),
    (
        "kong",
        (
            "plugins: [{name: ai-mcp-proxy, config: {default_acl: [{scope: tools, allow: [x]}],"
            ' tools: [{name: "${{`apply`}}"}]}}]\n'
        ),
        "decK renders templates",
    ),
    (
        "agentgateway",
        "mcp: {policies: {mcpAuthorization: {rules: [\"mcp.tool.name == '${U:-apply}'\"]}}}\n",
        "variables behind $",
    ),
    (
        "envoy-ai-gateway",
        (
            "spec: {securityPolicy: {authorization: {rules: [{action: Allow, target: {tools:"
            ' [{backend: gh, tool: "$HOME"}]}}]}}}\n'
        ),
        "aigw expands variables",
    ),
    (
        "traefik-hub",
        (
            "spec: {plugin: {mcp: {policies: [{action: allow, match:"
            " 'Equals(`mcp.method`, `tools/call`) && Equals(`mcp.params.name`,"
            " `${mcp.params.name}`)'}]}}}\n"
        ),
        "takes its place",
    ),
]
BROKEN = {
    "json": '{"a": ',
    "yaml": "a: [",
    "toml": "a = ",
    "shell": "docker 'x",
    "cedar": "permit(",
}


@pytest.mark.parametrize(("target_id", "text", "says"), SILENT)
def test_a_file_without_effect_is_found(target_id, text, says):
    assert any(says in line for line in module_of(target_id).lint(text))


@pytest.mark.parametrize("target_id", [t.id for t in targets()])
def test_every_target_that_has_a_file_has_a_lint_case(target_id):
    assert target(target_id).advisory or any(case[0] == target_id for case in SILENT)


@pytest.mark.parametrize("target_id", [t.id for t in targets()])
def test_our_own_policies_are_free_of_it(target_id, own_tools, by_server, profile):
    for intents in by_server(own_tools, profile).values():
        key = "own@arn:aws:bedrock-agentcore:eu:1:gateway/g" if target_id == "agentcore" else "own"
        text = render(target_id, key, intents).text
        assert list(module_of(target_id).lint(text)) == []


@pytest.mark.parametrize("target_id", [t.id for t in targets() if t.language in BROKEN])
def test_a_broken_file_is_one_clear_line(target_id):
    text = BROKEN[target(target_id).language]
    with pytest.raises(PolicyError) as caught:
        module_of(target_id).simulate(text)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def intent(name, decision, limit=None):
    return Intent(server="gh", tool=name, decision=decision, limit=limit, reason="a test")


def faults(target_id, text, intents, key="gh"):
    module = module_of(target_id)
    return [(f.kind, f.text) for f in check(target(target_id), module, text, {key: intents})]


def test_check_finds_what_is_loose_uncovered_absent_and_in_another_case():
    text = (
        '{"permissions": {"allow": ["mcp__gh__read", "mcp__gh__pay", "mcp__gh__Send",'
        ' "mcp__gh__gone", "mcp__other__x"], "ask": ["mcp__gh__rate"]}}'
    )
    known = [
        intent("read", Decision.ALLOW),
        intent("pay", Decision.DENY),
        intent("send", Decision.ASK),
        intent("rate", Decision.LIMIT, Limit(1, "minute")),
    ]
    assert faults("claude-code", text, known) == [
        ("matches-nothing", '"Send"; did you mean "send"? names are case-sensitive'),
        ("matches-nothing", '"gone"'),
        ("too-loose", '"gh" "pay": allow, but a test calls for deny'),
    ]


def test_check_finds_a_server_that_the_configuration_does_not_have():
    text = '{"permissions": {"allow": ["mcp__gh__read", "mcp__ghub__read"]}}'
    known = [intent("read", Decision.ALLOW)]
    module, chosen = module_of("claude-code"), target("claude-code")
    found = list(check(chosen, module, text, {"gh": known, "other": known}))
    assert [(f.kind, f.text) for f in found] == [
        ("unknown-server", '"ghub"'),
        ("not-covered", '"other" "read": ask'),
    ]
    assert list(check(chosen, module, text, {"gh": known})) == []


def test_check_finds_a_policy_from_older_definitions(make_tool, classify):
    from classifier.intent import decide_intent
    from classifier.verdict import Category, Risk

    low = classify(Category.READ, Risk.LOW)
    old = [decide_intent(make_tool("a"), low)]
    new = [decide_intent(make_tool("a", url={"type": "string"}), low)]
    text = render("intercept", "own", old).text
    assert faults("intercept", text, old, "own") == []
    ((kind, says),) = faults("intercept", text, new, "own")
    assert kind == "drift"
    assert "made from definitions" in says


@pytest.mark.parametrize("target_id", [t.id for t in targets() if not t.advisory])
def test_our_own_policy_passes_its_own_check(target_id, own_tools, by_server):
    (intents,) = by_server(own_tools, Profile.RECOMMENDED).values()
    plain = [
        i for i in intents if i.tool.isidentifier() and i.tool.isascii() and "__" not in i.tool
    ]
    plain = [i for i in plain if len(i.tool) < 40]
    key = "own@arn:aws:bedrock-agentcore:eu:1:gateway/g" if target_id == "agentcore" else "own"
    text = render(target_id, key, plain).text
    found = {kind for kind, _ in faults(target_id, text, plain, key)}
    # Cursor cannot refuse a call at all.
    assert found <= ({"too-loose"} if target_id == "cursor" else set())


@pytest.mark.parametrize(
    "target_id", [t.id for t in targets() if t.unlisted.refuses and not t.advisory]
)
def test_a_fresh_policy_that_leaves_names_out_passes_its_check_where_they_are_refused(target_id):
    given = [
        intent(name, decision)
        for names, decision in (
            (("$HOME", "a b\N{ZERO WIDTH SPACE}c", "read", "*"), Decision.ALLOW),
            (("$(id)", "wipe", "x" * 200), Decision.DENY),
        )
        for name in names
    ]
    key = "own@arn:aws:bedrock-agentcore:eu:1:gateway/g" if target_id == "agentcore" else "gh"
    output = render(target_id, key, given)
    found = faults(target_id, output.text, given, key)
    assert {kind for kind, _ in found} == {"left-out"}
    assert all(": deny; no rule can name it, because " in text for _, text in found)
    assert any("a b" in text for _, text in found)
    assert not any('"read"' in text or '"wipe"' in text for _, text in found)


def test_a_name_that_is_left_out_is_asked_about_at_worst_which_is_no_fault_where_it_may_be_called():
    given = [intent("$HOME", Decision.ALLOW), intent("a.b", Decision.ALLOW)]
    text = render("claude-code", "gh", given).text
    why = "no rule can name it, because"
    assert faults("claude-code", text, given) == [
        (
            "left-out",
            (
                f'"gh" "$HOME": ask; {why} the name has characters that cannot be written here'
                " without changing their meaning"
            ),
        ),
        ("left-out", f'"gh" "a.b": ask; {why} the client may respell the name'),
    ]


def test_a_name_that_is_left_out_and_not_refused_is_a_fault_where_it_should_be():
    text = render("claude-code", "gh", [intent("read", Decision.ALLOW)]).text
    found = faults("claude-code", text, [intent("$HOME", Decision.DENY)])
    (says,) = (told for kind, told in found if kind == "not-covered")
    assert ": ask; it is not refused by default, and no rule can name it, because" in says


def test_a_name_that_cannot_be_written_is_a_fault_where_the_file_lets_everything_through():
    (kind, says), *_ = faults("kong", "plugins: []\n", [intent("$HOME", Decision.DENY)])
    assert kind == "not-covered"
    assert "allow; it is not refused by default" in says


def test_a_server_that_is_refused_whole_is_no_fault_only_where_it_has_to_be():
    refused = [intent("read", Decision.ALLOW), intent("wi(pe)", Decision.DENY)]
    text = render("claude-code", "gh", refused).text
    assert faults("claude-code", text, refused) == [
        (
            "left-out",
            '"gh" "read": deny; its server is refused whole, because a tool to refuse cannot be named',
        )
    ]
    named = [intent("read", Decision.ALLOW), intent("wipe", Decision.DENY)]
    assert faults("claude-code", text, named) == [("not-covered", '"gh" "read": deny')]


ARN = "arn:aws:bedrock-agentcore:eu:1:gateway/"


def faults_of_two(text, *keys):
    """What `--check` finds for two servers with a tool each."""
    given = {
        key: [intent(tool, Decision.ALLOW)] for key, tool in zip(keys, ("a", "b"), strict=True)
    }
    module = module_of("agentcore")
    return [(f.kind, f.text) for f in check(target("agentcore"), module, text, given)]


def two_gateways(*keys):
    given = [replace(intent(tool, Decision.ALLOW), server=tool) for tool in ("a", "b")]
    return render("agentcore", dict(zip(("a", "b"), keys, strict=True)), given).text


def test_an_agentcore_key_with_an_arn_is_found_in_the_policy():
    keys = (f"gh@{ARN}one", f"fs@{ARN}two")
    text = two_gateways(*keys)
    assert faults_of_two(text, *keys) == []
    assert faults_of_two(text, "gh", "fs") == []  # the ARN of the policy, then
    swapped = faults_of_two(text, f"gh@{ARN}two", f"fs@{ARN}one")
    assert ("unknown-server", f'"gh@{ARN}one"') in swapped
    assert ("unknown-server", f'"fs@{ARN}two"') in swapped
    assert sum(kind == "not-covered" for kind, _ in swapped) == 2


def test_one_agentcore_target_on_two_gateways_is_two_servers():
    keys = (f"gh@{ARN}one", f"gh@{ARN}two")
    text = two_gateways(*keys)
    assert faults_of_two(text, *keys) == []
    decide = module_of("agentcore").simulate(text)
    verdicts = [decide(Call(server=key, tool=tool)) for key in keys for tool in ("a", "b")]
    assert verdicts == [Verdict.ALLOW, Verdict.DENY, Verdict.DENY, Verdict.ALLOW]


def test_what_agentcore_policies_name_is_read_past_comments_texts_and_open_gateways():
    text = (
        '// Action::"no___comment" in Gateway::"no"\n'
        'permit(principal, action == Action::"gh___open", resource)'
        ' when { context.input.x == "; Gateway::no" };\n'
        f'permit(principal, action in [Action::"gh___c", Action::"gh___d"],'
        f' resource == AgentCore::Gateway::"{ARN}one");\n'
    )
    assert list(module_of("agentcore").named(text)) == [
        ("gh", "open"),
        (f"gh@{ARN}one", "c"),
        (f"gh@{ARN}one", "d"),
    ]


@pytest.mark.parametrize("target_id", [t.id for t in targets() if not t.advisory])
@pytest.mark.parametrize("text", ["[]", "3", '"x"', '{"permissions": 3}', "a: 1", "= =", "\0", ""])
def test_a_file_of_another_form_is_one_clear_line_or_empty(target_id, text):
    try:
        faults(target_id, text, [intent("a", Decision.ALLOW)])
    except PolicyError as error:
        said = str(error)
    else:
        said = "nothing"
    assert said
    assert "\n" not in said


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(
        ["1", "deny", "allow", "a", "tools", "mcp__gh__a", "permit(", "^(", "1/hour"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "version",
                    "default",
                    "hide",
                    "tools",
                    "rules",
                    "conditions",
                    "limits",
                    "deny_if",
                    "permissions",
                    "allow",
                    "deny",
                    "mcp_servers",
                    "gh",
                    "enabled_tools",
                    "rule",
                    "mcpName",
                    "toolName",
                    "mcpAllowlist",
                    "cedar",
                    "policies",
                    "mcp",
                    "mcpAuthorization",
                    "spec",
                    "securityPolicy",
                    "authorization",
                    "target",
                    "plugins",
                    "name",
                    "config",
                    "acl",
                    "default_acl",
                    "scope",
                    "plugin",
                    "match",
                    "and",
                    "mcp_tool",
                    "not_in",
                    "allowed_tools",
                    "path",
                    "op",
                    "value",
                    "cel",
                    "disabled_tools",
                    "decision",
                    "priority",
                    "action",
                    "backendRefs",
                    "toolSelector",
                    "include",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    tree=st.dictionaries(
        st.sampled_from(
            [
                "permissions",
                "tools",
                "mcp_servers",
                "spec",
                "mcp",
                "version",
                "default",
                "hide",
                "rule",
                "mcpAllowlist",
                "cedar",
                "plugins",
                "deny",
                "allow",
            ]
        ),
        TREES,
        max_size=4,
    )
)
def test_any_document_is_read_or_refused_in_one_line(tree):
    # One tree for all targets: making it takes longer than reading it everywhere.
    texts = {"json": json.dumps(tree), "yaml": json.dumps(tree)}  # JSON is YAML too
    with suppress(TypeError):  # TOML has no null
        texts["toml"] = tomli_w.dumps(tree)
    for chosen in targets():
        if chosen.language in texts:
            said = _read(chosen, texts[chosen.language])
            assert said, chosen.id
            assert "\n" not in said, chosen.id


def _read(chosen, text):
    module = module_of(chosen.id)
    try:
        reading.lint(chosen, module, text)
        reading.named(chosen, module, text)
        decide = reading.simulator(chosen, module, text)
        assert decide(Call(server="gh", tool="a")) in set(Verdict)
    except PolicyError as error:
        return str(error)
    return "read"
