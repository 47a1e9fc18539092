"""What a client config does wrong by itself, without a secret of it ever being shown."""

import json

import pytest

from classifier.pipeline.config.auto_approved import find as approvals
from classifier.pipeline.config.unpinned_launch import is_pinned

CONFIG = """{
  // servers of the team
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "@scope/files", "--token=SECRET-A"],
              "env": {"KEY": "SECRET-B"}, "autoApprove": ["delete_file", "read_file"]},
    "pinned": {"command": "uvx", "args": ["pkg==1.2.3"]},
    "git": {"command": "uvx", "args": ["--from", "git+https://user:SECRET-C@example.org/SECRETe1f2a3b4c5d6/x?k=SECRET-D", "x"]},
    "own": {"command": "python", "args": ["server.py"], "trust": true},
    "evil\\u202e": {"command": "npx", "args": ["`@octocat` [a](http://evil.example)"]}
  },
}"""


@pytest.mark.parametrize(
    ("registry", "package", "pinned"),
    [
        ("npm", "server", False),
        ("npm", "@scope/server", False),
        ("npm", "@scope/server@latest", False),
        ("npm", "server@^1.2.3", False),
        ("npm", "server@1.2", False),
        ("npm", "server@1.2.3", True),
        ("npm", "@scope/server@1.2.3-beta.1", True),
        ("npm", "github:owner/repo", False),
        ("npm", "./server", True),
        ("pypi", "server", False),
        ("pypi", "server[extra]", False),
        ("pypi", "server>=1.2", False),
        ("pypi", "server==1.2.*", False),
        ("pypi", "server@latest", False),
        ("pypi", "server==1.2", True),
        ("pypi", "server[extra]==1.2.3rc1", True),
        ("pypi", "server@1.2.3", True),
        ("pypi", "git+https://example.org/x@main", False),
        ("pypi", f"git+https://example.org/x@{'a' * 40}", True),
        ("oci", "org/server", False),
        ("oci", "org/server:1.2.3", False),
        ("oci", f"org/server@sha256:{'a' * 64}", True),
    ],
)
def test_only_an_exact_version_is_a_pin(registry, package, pinned):
    assert is_pinned(registry, package) is pinned


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "mcp.json"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def found(toolrisk, config, *words, code=0):
    words = ("classify", config.name, "--no-launch", "--format", "sarif", *words)
    done = toolrisk(*words, cwd=config.parent, code=code)
    return done, json.loads(done.stdout)["runs"][0]["results"]


def test_findings_point_to_the_servers_line(toolrisk, config):
    _, results = found(toolrisk, config)
    seen = {(r["ruleId"], r["properties"]["server"], r["properties"]["tool"]) for r in results}
    assert {("unpinned-launch", "files", ""), ("unpinned-launch", "git", "")} <= seen
    assert ("auto-approved", "files", "delete_file") in seen
    assert ("auto-approved", "files", "read_file") not in seen
    assert ("auto-approved", "own", "") in seen
    assert not any(server == "pinned" for _, server, _ in seen)
    lines = CONFIG.split("\n")
    for result in results:
        region = result["locations"][0]["physicalLocation"]["region"]
        words = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert json.loads(words) == result["properties"]["server"]


def test_no_secret_is_shown_in_any_form(toolrisk, config):
    for form in ("sarif", "junit", "markdown", "csv", "table", "jsonl"):
        done = toolrisk("classify", config.name, "--no-launch", "--format", form, cwd=config.parent)
        assert "SECRET" not in done.stdout + done.stderr
    toolrisk("baseline", config.name, cwd=config.parent, code=None)
    for path in config.parent.glob("toolrisk*"):
        assert "SECRET" not in path.read_text()


def test_a_hostile_server_name_stays_text(toolrisk, config):
    done = toolrisk(
        "classify", config.name, "--no-launch", "--format", "markdown", cwd=config.parent
    )
    assert "\u202e" not in done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if "octocat" in line)
    assert line.endswith("`` `@octocat` [a](http:// ``")


def test_the_gate_and_the_baseline_know_them(toolrisk, config):
    found(toolrisk, config, "--fail-on", "high", code=1)
    found(toolrisk, config, "--fail-on", "critical", code=0)
    rules = [{"rule": rule, "reason": "known"} for rule in ("unpinned-launch", "auto-approved")]
    path = config.parent / "b.json"
    path.write_text(json.dumps({"toolrisk_baseline": 1, "findings": [], "suppressions": rules}))
    found(toolrisk, config, "--fail-on", "low", "--baseline", "b.json", code=0)


def test_a_baseline_is_made_as_the_gate_looks(toolrisk, config):
    """The action looks at files only, and asking servers finds other things."""
    known = config.with_name("known.json")
    done = toolrisk("baseline", config, "--no-launch", "--file", known)
    assert "could not" not in done.stderr
    words = ("classify", config, "--no-launch", "--fail-on", "low")
    toolrisk(*words, code=1)
    toolrisk(*words, "--baseline", known)


def test_a_table_tells_them_on_stderr_and_fails_too(toolrisk, config):
    words = ("classify", config.name, "--no-launch", "--fail-on", "high")
    done = toolrisk(*words, cwd=config.parent, code=1)
    assert "unpinned-launch: files" in done.stderr
    assert 'write it as name@1.2.3: "@scope/files"' in done.stderr
    assert "auto-approved: files / delete_file" in done.stderr


def test_that_nobody_was_asked_is_not_told_as_no_tools(toolrisk, config, tmp_path):
    first, *found = toolrisk(
        "classify", config.name, "--no-launch", cwd=config.parent
    ).stderr.splitlines()
    assert first == (
        "toolrisk: no server was asked for its tools (--no-launch); only the settings are looked at"
    )
    assert any("unpinned-launch: files" in line for line in found)
    (tmp_path / "good.json").write_text('{"mcpServers": {"own": {"command": "/opt/own"}}}')
    done = toolrisk("classify", "good.json", "--no-launch", cwd=tmp_path)
    assert done.stderr.splitlines() == [
        first,
        "toolrisk: nothing found in the client config itself",
    ]
    (tmp_path / "bad.json").write_text('{"mcpServers": {"own": {"command": "own"}}}')
    failed = toolrisk("classify", "bad.json", cwd=tmp_path, code=3).stderr.splitlines()
    assert failed[0] == "toolrisk: no tools; why, stands below"
    assert failed[-1].startswith("toolrisk: own: unsupported: ")


@pytest.mark.parametrize("target", ["clients", "clients+~", "~/.cursor/mcp.json"])
def test_the_clients_of_this_machine_are_looked_at_too(
    toolrisk, config, tmp_path, monkeypatch, target
):
    """As one target, under a home folder, and as a file below `~`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".cursor"
    folder.mkdir()
    (folder / "mcp.json").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    goose = tmp_path / ".config" / "goose"
    goose.mkdir(parents=True)
    (goose / "config.yaml").write_text(
        "extensions:\n  g: {cmd: npx, args: [g], enabled: true, type: stdio}\n"
    )
    (tmp_path / "work").mkdir()
    words = ("classify", target, "--no-launch", "--fail-on", "high")
    done = toolrisk(*words, cwd=tmp_path / "work", code=1)
    is_all = target.startswith("clients")
    before = "cursor:" if is_all else ""
    assert f"unpinned-launch: {before}files" in done.stderr
    assert f"auto-approved: {before}files / delete_file" in done.stderr
    assert ("unpinned-launch: goose:g" in done.stderr) is is_all
    assert "SECRET" not in done.stderr + done.stdout
    sarif = toolrisk(*words, "--format", "sarif", cwd=tmp_path / "work", code=1).stdout
    assert "unpinned-launch" in sarif
    toolrisk("baseline", target, "--no-launch", cwd=tmp_path / "work")
    toolrisk(*words, "--baseline", "toolrisk-baseline.json", cwd=tmp_path / "work")


def test_no_client_at_all_is_no_pass(toolrisk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    done = toolrisk("classify", "clients", "--no-launch", cwd=tmp_path, code=3)
    assert "no settings of a known client" in done.stderr


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        ({"autoApprove": []}, 0),
        ({"autoApprove": ["*"]}, 1),
        ({"alwaysAllow": ["delete_database"]}, 1),
        ({"alwaysAllow": ["list_files"]}, 0),
        ({"trust": "yes"}, 0),
        ({"trust": True}, 1),
        ({"autoApprove": {"x": 1}}, 0),
        ({"autoApprove": [1, None, ["x"]]}, 0),
    ],
)
def test_what_counts_as_approved(entry, count):
    assert len(list(approvals("s", entry, None, "mcp.json"))) == count


def test_other_reports_can_be_written_beside(toolrisk, config):
    words = ("--also", "junit=j.xml", "--also", "markdown=m.md")
    found(toolrisk, config, *words)
    assert (config.parent / "j.xml").read_text().startswith("<?xml")
    assert (config.parent / "m.md").read_text().startswith("<!-- toolrisk -->")
    toolrisk("classify", config.name, "--also", "colour=x", cwd=config.parent, code=2)
    toolrisk(
        "classify",
        config.name,
        "--no-launch",
        "--also",
        "csv=/no/such/x",
        cwd=config.parent,
        code=3,
    )


@pytest.mark.parametrize("target", [".mcp.json", "clients"])
@pytest.mark.parametrize("settings", ["settings.json", "settings.local.json"])
def test_a_server_that_the_settings_of_its_project_refuse_is_not_judged(
    toolrisk, tmp_path, monkeypatch, target, settings
):
    """The other is only not approved: whoever starts it is asked, or nobody is."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    entry = {"command": "npx", "args": ["-y", "unpinned"]}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"off": entry, "on": entry}}))
    (tmp_path / ".claude").mkdir()
    lists = {"disabledMcpjsonServers": ["off"], "enabledMcpjsonServers": ["off"]}
    (tmp_path / ".claude" / settings).write_text(json.dumps(lists))
    done = toolrisk("classify", target, "--no-launch", cwd=tmp_path)
    before = "claude-code:" if target == "clients" else ""
    assert f"left out: {before}off: disabled in its client" in done.stderr
    assert f"unpinned-launch: {before}on" in done.stderr
    assert f"unpinned-launch: {before}off" not in done.stderr


@pytest.mark.parametrize("words", [(), ("--no-launch",)])
@pytest.mark.parametrize("target", ["mcp.json", "clients"])
def test_a_disabled_server_is_told_and_neither_asked_nor_judged(
    toolrisk, tmp_path, monkeypatch, target, words
):
    monkeypatch.setenv("HOME", str(tmp_path))
    entry = {"command": "npx", "args": ["-y", "unpinned"], "autoApprove": ["*"], "disabled": True}
    text = json.dumps({"mcpServers": {"files": entry, "far": {"url": "x:", "disabled": True}}})
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".cursor" / "mcp.json").write_text(text)
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": {"files": entry}}))
    done = toolrisk("classify", target, "--fail-on", "low", *words, cwd=tmp_path, code=None)
    before = "cursor:" if target == "clients" else ""
    assert f"left out: {before}files: disabled in its client" in done.stderr
    assert "auto-approved" not in done.stderr
    assert "unpinned" not in done.stderr
    bad = target == "clients"  # the other entry has no URL that can be read
    assert done.returncode == (3 if bad else 0)
