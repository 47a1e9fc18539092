"""A merge into a person's settings: what they wrote stays, and the report is what the file does."""

import json
import random
import tomllib

import pytest

from classifier.enforcement.merge import merge
from classifier.enforcement.simulation import Call, Verdict
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent
from classifier.policies import module_of, render

RANK = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 2}


def policy(target_id, **decisions):
    given = [
        Intent(server="s", tool=tool, decision=Decision(word)) for tool, word in decisions.items()
    ]
    return render(target_id, "gh", given)


def into(target_id, old, remembered=None, **decisions):
    return merge(module_of(target_id), policy(target_id, **decisions), old, remembered)


@pytest.fixture(autouse=True)
def tomlkit():
    pytest.importorskip("tomlkit")


@pytest.mark.parametrize(
    ("default", "own", "kept"),
    [
        ("", 'approval_mode = "auto"', "auto"),
        ('default_tools_approval_mode = "approve"', "other = 1", "approve"),
        ('default_tools_approval_mode = "prompt"', 'approval_mode = "auto"', "auto"),
    ],
)
def test_codex_tools_that_the_policy_does_not_know_keep_their_mode(default, own, kept):
    old = f"[mcp_servers.gh]\ncommand = 'x'\n{default}\n[mcp_servers.gh.tools.wipe]\n{own}\n"
    merged = into("codex", old, read="allow", write="ask")
    server = tomllib.loads(merged.text)["mcp_servers"]["gh"]
    assert server["tools"]["wipe"]["approval_mode"] == kept
    assert "wipe" not in merged.diff
    assert server["tools"].get("read", {}).get("approval_mode") == (
        None if "prompt" in default else "approve"
    )


@pytest.mark.parametrize("listed", ['enabled_tools = "abc"', "disabled_tools = [1]"])
def test_a_codex_list_that_is_none_is_named(listed):
    with pytest.raises(PolicyError, match=f"{listed.partition(' ')[0]}: a list"):
        into("codex", f"[mcp_servers.gh]\ncommand = 'x'\n{listed}\n", a="allow")


def test_codex_tools_that_only_the_users_list_names_keep_what_decided_about_them():
    """An allow list of theirs stays closed, on every merge, also where one of it is tightened."""
    old = (
        "[mcp_servers.gh]\ncommand = 'x'\ndefault_tools_approval_mode = 'approve'\n"
        'enabled_tools = [\n  "wipe", "write",  # mine\n]\n'
        "[mcp_servers.gh.tools.hidden]\napproval_mode = 'approve'\n"
    )
    text, memory = old, None
    for _ in range(2):
        merged = into("codex", text, memory, read="allow", write="ask")
        text, memory = merged.text, merged.ours
        assert '"gh:write": tightened from allow to ask' in merged.kept
        assert '"gh:read": your deny stays, though allow was enough' in merged.kept
        assert "# mine" in text
        server = tomllib.loads(text)["mcp_servers"]["gh"]
        assert server["enabled_tools"] == ["wipe", "write"]
        decide = module_of("codex").simulate(text)
        got = [decide(Call(server="gh", tool=t)) for t in ("wipe", "write", "read", "hidden")]
        assert got == [Verdict.ALLOW, Verdict.ASK, Verdict.DENY, Verdict.DENY]
    assert merged.diff == ""


def test_a_codex_allow_list_that_a_merge_made_is_ours_to_extend():
    old = "[mcp_servers.gh]\ncommand = 'x'\ndefault_tools_approval_mode = 'prompt'\n"
    first = into("codex", old, write="ask")
    assert '+deny  "gh:(unlisted)"' in first.diff
    second = into("codex", first.text, first.ours, write="ask", more="ask")
    assert tomllib.loads(second.text)["mcp_servers"]["gh"]["enabled_tools"] == ["write", "more"]


AWKWARD = {
    "dotted": 'mcp_servers.gh.command = "x"\nmodel = "m"\nsandbox_mode = "read-only"\n',
    "out of order": '[mcp_servers.gh]\ncommand = "x"\n[tui]\na = 1\n[mcp_servers.fs]\n'
    'command = "fs"\nenabled_tools = ["y"]\n[mcp_servers.gh.env]\nT = "1"\n',
    "inline": 'mcp_servers = {gh = {command = "x", tools = {read = {approval_mode = "auto"}}}}\n',
    "dotted modes": '[mcp_servers.gh.env]\nT = "1"\n[mcp_servers.gh]\ncommand = "x"\n'
    'tools.read.approval_mode = "auto"\n[z]\n',
}


@pytest.mark.parametrize("old", AWKWARD.values(), ids=AWKWARD)
def test_codex_settings_of_any_layout_lose_nothing_and_get_every_rule(old):
    merged = into("codex", old, read="allow", query="allow", write="ask", wipe="deny")
    before, after = tomllib.loads(old), tomllib.loads(merged.text)
    server = after["mcp_servers"]["gh"]
    assert {key: value for key, value in after.items() if key != "mcp_servers"} == {
        key: value for key, value in before.items() if key != "mcp_servers"
    }
    assert after["mcp_servers"].get("fs") == before["mcp_servers"].get("fs")
    assert (server["command"], server.get("env")) == ("x", before["mcp_servers"]["gh"].get("env"))
    decide = module_of("codex").simulate(merged.text)
    got = [decide(Call(server="gh", tool=t)) for t in ("read", "query", "write", "wipe", "new")]
    assert got == [Verdict.ALLOW] * 2 + [Verdict.ASK, Verdict.DENY, Verdict.DENY]
    again = into("codex", merged.text, merged.ours, read="allow", query="allow", write="ask", wipe="deny")  # fmt: skip
    assert (again.text, again.diff, again.ours) == (merged.text, "", merged.ours)


def test_a_codex_file_that_tomlkit_cannot_change_alone_is_refused_or_right():
    old = (
        '[mcp_servers.gh]\ncommand = "x"\ntools.d.approval_mode = "approve"\n'
        '[mcp_servers.fs]\ncommand = "fs"\n[mcp_servers.gh.tools.c]\napproval_mode = "approve"\n'
    )
    try:
        text = into("codex", old, c="deny", d="deny", n="allow").text
    except PolicyError as error:
        assert "could not be changed without changing other settings" in str(error)  # noqa: PT017
    else:
        decide = module_of("codex").simulate(text)
        got = [decide(Call(server="gh", tool=tool)) for tool in "cdn"]
        assert got == [Verdict.DENY, Verdict.DENY, Verdict.ALLOW]
        assert tomllib.loads(text)["mcp_servers"]["fs"] == {"command": "fs"}


def _settings(chance):
    """Return a config.toml with two servers in a layout that chance picks."""
    names, modes = ["a", "b", "c", "u", "v"], ["auto", "prompt", "approve"]
    blocks = []
    for key in ("gh", "fs"):
        body = [f'command = "{key}"  # {key}']
        body += [
            f"{name} = {json.dumps(chance.sample(names, 2))}"
            for name in ("enabled_tools", "disabled_tools")
            if chance.random() < 0.4
        ]
        if chance.random() < 0.5:
            body.append(f'default_tools_approval_mode = "{chance.choice(modes)}"')
        blocks += [f"[mcp_servers.{key}]\n" + "\n".join(body), f"[mcp_servers.{key}.env]\nT = 1"]
        for name in chance.sample(names, chance.randint(0, 2)):
            mode = f'[mcp_servers.{key}.tools.{name}]\napproval_mode = "{chance.choice(modes)}"'
            blocks.append(mode)
    if chance.random() < 0.5:
        chance.shuffle(blocks)
    return "\n".join(['model = "m"', *blocks, "[tui]\nx = 1", ""])


@pytest.mark.parametrize("seed", range(25))
def test_codex_is_never_looser_than_the_user_whatever_policies_follow(seed):
    chance = random.Random(seed)  # noqa: S311  # layouts, no secrets
    module, first = module_of("codex"), _settings(chance)
    users, theirs = module.read_rules(first), module.simulate(first)
    text, memory = first, None
    for _ in range(3):
        wanted = {tool: chance.choice(["allow", "ask", "deny"]) for tool in "abc"}
        merged = into("codex", text, memory, **wanted)
        text, memory = merged.text, merged.ours
        assert into("codex", text, memory, **wanted).text == text
        now = module.simulate(text)
        for tool in ("a", "b", "c", "u", "v"):
            there = Call(server="fs", tool=tool)
            assert now(there) is theirs(there)
            call = Call(server="gh", tool=tool)
            if f"gh:{tool}" in users:
                assert RANK[now(call)] >= RANK[theirs(call)]
        rest = [tomllib.loads(one) for one in (first, text)]
        for name in ("model", "tui"):
            assert rest[0][name] == rest[1][name]
        assert text.count("# gh") == 1


def test_a_rule_that_was_tightened_goes_back_to_what_the_user_wrote():
    old = '{"permissions": {"ask": ["mcp__gh__wipe"]}}'
    strict = into("claude-code", old, wipe="deny")
    assert json.loads(strict.text)["permissions"]["deny"] == ["mcp__gh__wipe"]
    loose = into("claude-code", strict.text, strict.ours, wipe="allow")
    assert json.loads(loose.text)["permissions"] == {"ask": ["mcp__gh__wipe"], "deny": []}
    assert '"mcp__gh__wipe": your ask stays, though allow was enough' in loose.kept


def test_cursor_asks_about_what_the_report_says_it_asks_about():
    old = '{"mcpAllowlist": ["gh:write", "gh:read", "fs:write"]}'
    merged = into("cursor", old, read="allow", write="ask")
    assert '"gh:write": tightened from allow to ask' in merged.kept
    assert '-allow "gh:write"\n' in merged.diff
    assert json.loads(merged.text)["mcpAllowlist"] == ["gh:read", "fs:write"]


@pytest.mark.parametrize(
    ("target_id", "old", "loose"),
    [
        ("cursor", {"mcpAllowlist": ["gh:*"]}, '2 tools: "write", "x.y"'),
        ("cursor", {"mcpAllowlist": ["*:write"]}, '1 tool: "write"'),
        ("claude-code", {"permissions": {"allow": ["mcp__gh"]}}, '1 tool: "x.y"'),
        ("claude-code", {"permissions": {"allow": ["mcp__gh__*"]}}, '1 tool: "x.y"'),
    ],
)
def test_what_a_wider_rule_of_the_user_lets_pass_is_named(target_id, old, loose):
    decisions = {"read": "allow", "write": "ask", "x.y": "ask"}
    merged = into(target_id, json.dumps(old), **decisions)
    assert f"NOT ENFORCED: allow, not ask, by a rule of yours that stays ({loose})" in merged.kept
    plain = into(target_id, "{}", **decisions)
    assert not any("of yours" in line for line in plain.kept)


def test_a_tool_called_star_takes_no_wildcard_of_the_user_away():
    merged = into("cursor", '{"mcpAllowlist": ["gh:*"]}', **{"*": "ask"})
    assert json.loads(merged.text)["mcpAllowlist"] == ["gh:*"]
