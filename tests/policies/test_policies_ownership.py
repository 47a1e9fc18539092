"""`--out` over a settings file: it is replaced only where all of its rules are our own."""

import json

import pytest

from classifier.commands.policy_files import write
from classifier.errors import PolicyError
from classifier.intent import Decision, Intent

TOOLS = {"read": Decision.ALLOW, "write": Decision.ASK, "wipe": Decision.DENY}


def intents(**changed):
    return {
        "s": [
            Intent(server="s", tool=tool, decision=decision, definition_sha256="0" * 64)
            for tool, decision in (TOOLS | changed).items()
        ]
    }


STRICT = intents(read=Decision.ASK)
FILES = {"claude-code": "settings.json", "cursor": "permissions.json", "codex": "config.toml"}


@pytest.fixture(params=FILES)
def target_id(request):
    if request.param == "codex":
        pytest.importorskip("tomlkit")
    return request.param


@pytest.fixture
def file(tmp_path, target_id):
    return tmp_path / FILES[target_id]


def refused(target_id, file, given):
    before = file.read_text()
    with pytest.raises(PolicyError, match=r"did not write or does not remember; --merge .*keeps"):
        write(target_id, file, given, "gh")
    assert file.read_text() == before


def test_our_own_file_is_written_anew_and_remembered(target_id, file):
    write(target_id, file, intents(), "gh")
    first = file.read_text()
    write(target_id, file, STRICT, "gh")
    assert file.read_text() != first
    write(target_id, file, intents(), "gh")
    assert file.read_text() == first
    assert json.loads(file.with_name(f"{file.name}.toolrisk").read_text())["target"] == target_id


THEIRS = {
    "claude-code": [
        '{"permissions": {"deny": ["mcp__bank__pay"], "ask": ["mcp__gh__read"]}}',
        '{"permissions": {"ask": ["mcp__gh__read"]}}',
        '{"permissions": {"allow": ["mcp__gh__write"]}}',
        "// mine\n{}\n",
    ],
    "cursor": ['{"mcpAllowlist": ["bank:show"]}', '{"mcpAllowlist": ["gh:*"], "x": 1}'],
    "codex": [
        "[mcp_servers.gh]\nenabled_tools = ['read']\n",
        "# Made by toolrisk from definitions 0000000000000000.\nmodel = 'm'\n",
    ],
}


def test_rules_that_a_person_wrote_are_never_replaced(target_id, file):
    for theirs in THEIRS[target_id]:
        file.write_text(theirs, encoding="utf-8")
        refused(target_id, file, intents())
        assert not file.with_name(f"{file.name}.toolrisk").exists()


@pytest.mark.parametrize(
    "mine",
    [
        '\n[projects."/home/me"]\ntrust_level = "trusted"\n',
        '\n[mcp_servers.bank]\nenv = {TOKEN = "t"}\n',
        '\n[mcp_servers.bank]\nenabled_tools = ["show"]\n',
        '\n[mcp_servers.gh.tools.write]\napproval_mode = "prompt"\n',
        "\n# a note of mine\n",
    ],
)
def test_what_a_person_added_to_our_config_is_kept(tmp_path, mine):
    config = tmp_path / "config.toml"
    write("codex", config, intents(), "gh")
    with config.open("a", encoding="utf-8") as end:
        end.write(mine)
    refused("codex", config, intents())
    refused("codex", config, STRICT)


def test_a_rule_that_a_person_changed_in_our_file_is_kept(target_id, file):
    write(target_id, file, intents(), "gh")
    ours = file.read_text()
    changed = {
        "claude-code": ours.replace("deny", "x").replace("ask", "deny").replace("x", "ask"),
        "cursor": ours.replace("gh:read", "gh:write"),
        "codex": ours.replace('"approve"', '"auto"'),
    }[target_id]
    assert changed != ours
    file.write_text(changed, encoding="utf-8")
    refused(target_id, file, intents())


def test_a_persons_rule_that_is_also_ours_stays_theirs(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"permissions": {"deny": ["mcp__gh__wipe"]}}', encoding="utf-8")
    write("claude-code", file, intents(), "gh")
    remembered = json.loads((tmp_path / "settings.json.toolrisk").read_text())["rules"]
    assert set(remembered) == {"mcp__gh__read", "mcp__gh__write"}
    refused("claude-code", file, intents(wipe=Decision.ALLOW))


def test_the_users_rule_below_one_that_was_tightened_is_not_replaced(tmp_path):
    from classifier.commands.policy_files import merge

    file = tmp_path / "settings.json"
    file.write_text('{"permissions": {"ask": ["mcp__gh__wipe"]}}', encoding="utf-8")
    merge("claude-code", file, intents(), "gh", dry_run=False)
    refused("claude-code", file, intents(wipe=Decision.ALLOW))


def test_what_was_sent_to_a_file_by_the_shell_is_known_while_it_is_the_same(
    target_id, file, capsys
):
    write(target_id, None, intents(), "gh")
    text = capsys.readouterr().out
    file.write_text(text, encoding="utf-8")
    refused(target_id, file, STRICT)
    write(target_id, file, intents(), "gh")
    write(target_id, file, STRICT, "gh")
    assert file.read_text() != text
