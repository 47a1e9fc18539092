"""A policy of a client has the servers of that client, where `clients` means every one."""

import json

import pytest

from classifier.commands.own_client import of_client


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Two clients that call different servers `files`, and a third whose file is broken."""
    monkeypatch.chdir(tmp_path)  # which has no settings of its own either
    for name, package in ((".claude.json", "@corp/one"), (".cursor/mcp.json", "@corp/two")):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        servers = {"files": {"command": "npx", "args": ["-y", package]}}
        file.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    (tmp_path / ".copilot").mkdir()
    (tmp_path / ".copilot/mcp-config.json").write_text("{", encoding="utf-8")
    return tmp_path


def test_the_clients_own_file_stands_for_all_of_them(home):
    """Else `files` in its policy would be the server of whichever client came first."""
    words, unread, others = of_client(["tools.json", f"clients+{home}"], "cursor")
    assert words == ["tools.json", str(home / ".cursor/mcp.json")]
    assert [one.subject for one in unread] == [str(home / ".copilot/mcp-config.json")]
    assert others == ["claude-code"]


@pytest.mark.parametrize("target", ["docker-gateway", "codex"])
def test_a_gateway_or_a_client_without_servers_has_those_of_all(home, target):
    words = [f"clients+{home}"]
    assert of_client(words, target) == (words, [], [])


def test_other_targets_stay_as_they_are(home):
    words = ["npm:@corp/one", str(home / ".claude.json"), "official-registry"]
    assert of_client(words, "claude-code") == (words, [], [])
