"""The command as a user runs it: real files, exit codes, one line on trouble."""

import io
import json
import os
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace
from unittest import mock

import pytest

from classifier.cli import main

TOOLS = [
    {"name": "get_issue", "description": "Get an issue of a repository by its number."},
    {"name": "list_labels", "description": "List the labels of a repository."},
    {"name": "create_issue", "description": "Create an issue in a repository."},
    {"name": "delete_comment", "description": "Permanently delete one comment of an issue."},
    {"name": "run_shell", "description": "Run a shell command given by the caller on the host."},
]


def in_a_process(*words):
    return subprocess.run(
        [sys.executable, "-c", "from classifier.cli import main; main()", *map(str, words)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def toolrisk(*words, stdin="", code=0):
    """Run the command as `main` does; a process for each would cost a second."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as stop,
    ):
        main([str(word) for word in words])
    done = SimpleNamespace(returncode=stop.value.code, stdout=out.getvalue(), stderr=err.getvalue())
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def tools(tmp_path):
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(TOOLS), encoding="utf-8")
    return path


def test_reads_pass_and_the_rest_asks_without_listing_tools_by_hand(tools):
    done = toolrisk("policy", tools, "--for", "claude-code", "--server-key", "gh")
    permissions = json.loads(done.stdout)["permissions"]
    assert permissions["allow"] == ["mcp__gh__get_issue", "mcp__gh__list_labels"]
    assert "mcp__gh__create_issue" in permissions["ask"]
    assert "mcp__gh__run_shell" in permissions["deny"]
    assert "not run in the real engine" in done.stderr


def test_a_dash_after_out_prints_and_leaves_no_file(tools, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh")
    assert toolrisk(*words, "--out", "-").stdout == toolrisk(*words).stdout
    assert sorted(tmp_path.iterdir()) == before


def test_a_process_of_its_own_says_the_same(tools):
    for words in (("--for", "claude-code", "--server-key", "gh"), ("--for", "nonesuch")):
        real = in_a_process("policy", tools, *words)
        here = toolrisk("policy", tools, *words, code=real.returncode)
        assert (real.stdout, real.stderr) == (here.stdout, here.stderr)


def test_profiles_and_a_users_policy_change_the_outcome(tools, tmp_path):
    strict = toolrisk(
        "policy", tools, "--for", "claude-code", "--server-key", "gh", "--profile", "strict"
    )
    assert "mcp__gh__create_issue" in json.loads(strict.stdout)["permissions"]["deny"]
    mine = tmp_path / "policy.toml"
    mine.write_text("[tools]\nrun_shell = 'ask'\n", encoding="utf-8")
    own = toolrisk("policy", tools, "--for", "claude-code", "--server-key", "gh", "--policy", mine)
    assert "mcp__gh__run_shell" in json.loads(own.stdout)["permissions"]["ask"]


def test_a_merge_keeps_what_is_not_ours_and_is_idempotent(tools, tmp_path):
    settings = tmp_path / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "model": "some-model",
                "env": {"TOKEN": "token-of-the-user"},
                "permissions": {
                    "allow": ["Bash(ls)", "mcp__other__x", "mcp__gh__create_issue"],
                    "deny": ["mcp__gh__get_issue"],
                    "defaultMode": "default",
                },
            },
            indent=4,
        ),
        encoding="utf-8",
    )
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh", "--merge", settings)
    before = settings.read_text()
    dry = toolrisk(*words, "--dry-run")
    assert settings.read_text() == before
    first = toolrisk(*words)
    assert first.stdout == dry.stdout
    assert first.stdout.startswith("--- before\n+++ after\n")
    assert '-allow "mcp__gh__create_issue"\n+ask   "mcp__gh__create_issue"\n' in first.stdout
    assert "token-of-the-user" not in first.stdout + first.stderr
    assert '"mcp__gh__get_issue": your deny stays' in first.stderr
    assert '"mcp__gh__create_issue": tightened from allow to ask' in first.stderr
    merged = json.loads(settings.read_text())
    assert merged["model"] == "some-model"
    assert merged["permissions"]["defaultMode"] == "default"
    assert merged["permissions"]["allow"] == ["Bash(ls)", "mcp__other__x", "mcp__gh__list_labels"]
    assert merged["permissions"]["deny"][0] == "mcp__gh__get_issue"
    assert settings.read_text().splitlines()[1].startswith('    "')
    after = settings.read_text()
    again = toolrisk(*words)
    assert again.stdout == ""
    assert settings.read_text() == after


def test_a_rule_of_ours_may_loosen_again_and_go_away(tmp_path):
    tools, settings = tmp_path / "t.json", tmp_path / "s.json"
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh", "--merge", settings)
    tools.write_text(json.dumps(TOOLS), encoding="utf-8")
    toolrisk(*words, "--profile", "strict")
    strict = json.loads(settings.read_text())["permissions"]
    assert "mcp__gh__create_issue" in strict["deny"]
    tools.write_text(json.dumps(TOOLS[:3]), encoding="utf-8")
    toolrisk(*words)
    recommended = json.loads(settings.read_text())["permissions"]
    assert recommended["ask"] == ["mcp__gh__create_issue"]
    assert not any("run_shell" in rule for rules in recommended.values() for rule in rules)


@pytest.mark.parametrize("target_id", ["claude-code", "codex", "cursor"])
def test_rules_of_a_server_that_was_not_looked_at_stay(tmp_path, target_id):
    pytest.importorskip("tomlkit")
    tools, settings = tmp_path / "t.jsonl", tmp_path / "settings"
    rows = [{**tool, "server": server} for server in ("one", "two") for tool in TOOLS]
    tools.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    words = ("policy", tools, "--for", target_id, "--merge", settings)
    toolrisk(*words)
    both = settings.read_text()
    tools.write_text("\n".join(map(json.dumps, rows[: len(TOOLS)])), encoding="utf-8")
    assert toolrisk(*words).stdout == ""
    assert settings.read_text() == both
    tools.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert toolrisk(*words).stdout == ""


def test_a_merge_into_a_link_writes_what_it_points_to(tools, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("{}", encoding="utf-8")
    link.symlink_to(real)
    toolrisk("policy", tools, "--for", "cursor", "--server-key", "gh", "--merge", link)
    assert link.is_symlink()
    assert json.loads(real.read_text())["mcpAllowlist"] == ["gh:get_issue", "gh:list_labels"]


def test_a_merge_is_done_though_nobody_reads_the_diff(tmp_path):
    many = [{"name": f"get_issue_{n}", "description": "Get an issue."} for n in range(3000)]
    tools, settings = tmp_path / "many.json", tmp_path / "settings.json"
    tools.write_text(json.dumps(many), encoding="utf-8")
    there, here = os.pipe()
    os.close(there)
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh", "--merge", settings)
    ended = subprocess.run(
        [sys.executable, "-c", "from classifier.cli import main; main()", *map(str, words)],
        stdin=subprocess.DEVNULL, stdout=here, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    os.close(here)
    assert b"Traceback" not in ended.stderr
    assert len(json.loads(settings.read_text())["permissions"]["allow"]) == len(many)


def test_a_merge_into_codex_keeps_comments_and_the_users_allow_list(tools, tmp_path):
    pytest.importorskip("tomlkit")
    config = tmp_path / "config.toml"
    config.write_text(
        "# my settings\nmodel = 'some-model'\n\n"
        "[mcp_servers.gh]  # the repository server\ncommand = 'gh-mcp'\n"
        "disabled_tools = ['list_labels']\n\n"
        "[mcp_servers.other]\ncommand = 'x'\nenabled_tools = ['only']\n",
        encoding="utf-8",
    )
    words = ("policy", tools, "--for", "codex", "--server-key", "gh", "--merge", config)
    done = toolrisk(*words)
    assert '"gh:list_labels": your deny stays' in done.stderr
    text = config.read_text()
    assert "# my settings" in text
    assert "# the repository server" in text
    merged = tomllib.loads(text)
    server = merged["mcp_servers"]["gh"]
    assert (merged["model"], server["command"]) == ("some-model", "gh-mcp")
    assert server["enabled_tools"] == ["get_issue", "create_issue", "delete_comment"]
    assert set(server["disabled_tools"]) == {"list_labels", "run_shell"}
    assert server["tools"] == {"get_issue": {"approval_mode": "approve"}}
    assert merged["mcp_servers"]["other"] == {"command": "x", "enabled_tools": ["only"]}
    again = toolrisk(*words)
    assert again.stdout == ""
    assert config.read_text() == text
    other = toolrisk("policy", tools, "--for", "codex", "--server-key", "other", "--merge", config)
    assert '"other:get_issue": your deny stays' in other.stderr
    assert tomllib.loads(config.read_text())["mcp_servers"]["other"]["enabled_tools"] == ["only"]


def test_a_merge_into_codex_keeps_asking_where_the_user_asks_about_everything(tools, tmp_path):
    pytest.importorskip("tomlkit")
    config = tmp_path / "config.toml"
    config.write_text(
        "[mcp_servers.gh]\ncommand = 'x'\ndefault_tools_approval_mode = 'prompt'\n",
        encoding="utf-8",
    )
    words = ("policy", tools, "--for", "codex", "--server-key", "gh", "--merge", config)
    assert '"gh:get_issue": your ask stays' in toolrisk(*words).stderr
    text = config.read_text()
    server = tomllib.loads(text)["mcp_servers"]["gh"]
    assert "tools" not in server
    assert {"get_issue", "list_labels", "create_issue"} <= set(server["enabled_tools"])
    assert toolrisk(*words).stdout == ""
    assert config.read_text() == text


def test_a_merge_says_that_codex_knows_no_such_server(tools, tmp_path):
    pytest.importorskip("tomlkit")
    config = tmp_path / "config.toml"
    config.write_text("[mcp_servers.gh]\ncommand = 'x'\n", encoding="utf-8")
    words = ("policy", tools, "--for", "codex", "--merge", config, "--dry-run", "--server-key")
    assert "no server of this file" not in toolrisk(*words, "gh").stderr
    assert '"other" is no server of this file' in toolrisk(*words, "other").stderr


def test_a_server_that_a_merge_switched_off_comes_on_again(tmp_path):
    pytest.importorskip("tomlkit")
    tools, config = tmp_path / "t.json", tmp_path / "config.toml"
    config.write_text("[mcp_servers.gh]\ncommand = 'x'\n", encoding="utf-8")
    words = ("policy", tools, "--for", "codex", "--server-key", "gh", "--merge", config)
    own = tmp_path / "policy.toml"
    own.write_text("version = 1\n[servers]\n't.json' = 'deny'\n", encoding="utf-8")
    tools.write_text(json.dumps(TOOLS[:1]), encoding="utf-8")
    toolrisk(*words, "--policy", own)
    assert tomllib.loads(config.read_text())["mcp_servers"]["gh"]["enabled"] is False
    toolrisk(*words)
    server = tomllib.loads(config.read_text())["mcp_servers"]["gh"]
    assert "enabled" not in server
    assert server["enabled_tools"] == [TOOLS[0]["name"]]
    config.write_text("[mcp_servers.gh]\ncommand = 'x'\nenabled = false\n", encoding="utf-8")
    config.with_name("config.toml.toolrisk").unlink()
    toolrisk(*words)
    assert tomllib.loads(config.read_text())["mcp_servers"]["gh"]["enabled"] is False


def test_a_merge_that_cannot_be_is_refused_and_touches_nothing(tools, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"permissions": ', encoding="utf-8")
    done = toolrisk(
        "policy", tools, "--for", "claude-code", "--server-key", "gh", "--merge", broken, code=2
    )
    assert "line 1 column" in done.stderr
    assert broken.read_text() == '{"permissions": '
    done = toolrisk("policy", tools, "--for", "opa", "--merge", tmp_path / "x.rego", code=2)
    assert "nothing to merge" in done.stderr


def test_check_tells_what_is_wrong_by_its_exit_code(tools, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh")
    toolrisk(*words, "--out", good)
    assert toolrisk(*words, "--check", good).stdout == ""
    bad.write_text(
        '{"permissions": {"allow": ["mcp__*", "mcp__gh__run_shell", "mcp__gh__Get_issue"]}}',
        encoding="utf-8",
    )
    done = toolrisk(*words, "--check", bad, code=1)
    assert "no-effect: " in done.stdout
    assert 'too-loose: "gh" "run_shell": allow' in done.stdout
    assert 'did you mean "get_issue"?' in done.stdout
    assert 'not-covered: "gh" "list_labels": ask' in done.stdout


def test_a_check_passes_where_a_name_was_left_out_and_is_refused(tmp_path):
    tools, policy = tmp_path / "tools.json", tmp_path / "kong.yaml"
    found = {"name": "$HOME", "description": "Get one item.", "inputSchema": {"type": "object"}}
    tools.write_text(json.dumps({"tools": [found]}), encoding="utf-8")
    words = ("policy", tools, "--for", "kong", "--server-key", "gh")
    toolrisk(*words, "--out", policy)
    done = toolrisk(*words, "--check", policy)
    assert done.stdout == ""
    assert 'left-out: "gh" "$HOME": deny' in done.stderr
    assert "1 left-out" in done.stderr


def test_simulate_answers_every_call(tools, tmp_path):
    policy, calls = tmp_path / "policy.yaml", tmp_path / "calls.jsonl"
    toolrisk("policy", tools, "--for", "intercept", "--out", policy)
    asked = [{"tool": "get_issue"}, {"name": "run_shell"}, {"tool": "nobody"}]
    asked += [{"tool": "create_issue", "at": "2026-01-01T00:00:01"}] * 31
    calls.write_text("\n".join(map(json.dumps, asked)) + "\n\n", encoding="utf-8")
    done = toolrisk("policy", "simulate", policy, "--for", "intercept", "--calls", calls)
    got = [json.loads(line)["decision"] for line in done.stdout.splitlines()]
    assert got == ["allow", "deny", "deny", *["allow"] * 30, "limited"]
    assert "our model of the order" in done.stderr


CALLS = '{"tool": "get_issue"}\n{"tool": "run_shell", "server": null}\n'


@pytest.mark.parametrize("target", ["claude-code", "codex", "docker-gateway", "opa"])
def test_a_call_without_a_server_is_one_of_the_only_server_that_the_policy_names(
    tools, tmp_path, target
):
    if target == "opa":
        pytest.importorskip("regopy")
    policy = tmp_path / "policy"
    toolrisk("policy", tools, "--for", target, "--server-key", "gh", "--out", policy)
    done = toolrisk("policy", "simulate", policy, "--for", target, "--calls", "-", stdin=CALLS)
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["decision"] for one in got] == ["allow", "deny"]
    assert {one["server"] for one in got} == {"gh"}


def test_a_call_without_a_server_is_not_answered_where_there_are_several(tools, tmp_path):
    policy = tmp_path / "settings.json"
    both = json.dumps({"gh": TOOLS[:2], "sh": TOOLS[4:]})
    tools.write_text(both, encoding="utf-8")
    toolrisk("policy", tools, "--for", "claude-code", "--out", policy)
    words = ("policy", "simulate", policy, "--for", "claude-code", "--calls", "-")
    done = toolrisk(*words, stdin='{"tool": "run_shell", "server": "sh"}\n' + CALLS, code=2)
    assert [json.loads(line)["decision"] for line in done.stdout.splitlines()] == ["deny"]
    last = done.stderr.splitlines()[-1]
    assert 'calls line 2: names no server, and the policy has rules for "gh", "sh"' in last
    assert "--server-key" in last
    done = toolrisk(*words, "--server-key", "gh", stdin=CALLS)
    assert [json.loads(line)["server"] for line in done.stdout.splitlines()] == ["gh", "gh"]


def test_a_call_may_name_a_server_by_the_name_that_has_the_key(tools, tmp_path):
    policy = tmp_path / "settings.json"
    tools.write_text(json.dumps({"gh": TOOLS[:2], "sh": TOOLS[4:]}), encoding="utf-8")
    keys = ("--server-key", "gh=mine", "--server-key", "sh=shell")
    toolrisk("policy", tools, "--for", "claude-code", *keys, "--out", policy)
    words = ("policy", "simulate", policy, "--for", "claude-code", *keys, "--calls", "-")
    asked = '{"tool": "get_issue", "server": "gh"}\n{"tool": "get_issue", "server": "mine"}\n'
    got = [json.loads(line) for line in toolrisk(*words, stdin=asked).stdout.splitlines()]
    assert [(one["server"], one["decision"]) for one in got] == [("mine", "allow")] * 2


def test_a_policy_that_tells_no_servers_apart_needs_none_in_a_call(tools, tmp_path):
    for target in ("intercept", "vscode"):
        policy = tmp_path / target
        toolrisk("policy", tools, "--for", target, "--out", policy)
        done = toolrisk("policy", "simulate", policy, "--for", target, "--calls", "-", stdin=CALLS)
        assert [json.loads(line)["server"] for line in done.stdout.splitlines()] == [None, None]


def test_simulate_asks_the_real_engine(tools, tmp_path):
    pytest.importorskip("cedarpy")
    policy = tmp_path / "authz.json"
    toolrisk("policy", tools, "--for", "toolhive", "--out", policy)
    calls = '{"tool": "get_issue"}\n{"tool": "run_shell"}\n'
    done = toolrisk("policy", "simulate", policy, "--for", "toolhive", "--calls", "-", stdin=calls)
    assert [json.loads(line)["decision"] for line in done.stdout.splitlines()] == ["allow", "deny"]
    assert "the real engine cedarpy" in done.stderr


def test_a_missing_engine_is_one_clear_line(tmp_path):
    policy = tmp_path / "x.rego"
    policy.write_text("package toolrisk\n", encoding="utf-8")
    script = (
        "import sys; sys.modules['regopy'] = None\n"
        "from classifier.cli import main\n"
        f"main(['policy', 'simulate', {str(policy)!r}, '--for', 'opa', '--calls', '-'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input="", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "needs regopy, which is not installed: pip install regopy"
    )
    assert "Traceback" not in done.stderr


def test_a_file_per_server_goes_into_a_folder(tmp_path):
    path, out = tmp_path / "t.jsonl", tmp_path / "out"
    rows = [{**tool, "server": server} for server in ("one", "two") for tool in TOOLS]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = toolrisk("policy", path, "--for", "intercept", code=2)
    assert "one file per server, and there are 2 servers" in done.stderr
    toolrisk("policy", path, "--for", "intercept", "--out", out)
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.yaml")) == [
        "one/policy.yaml",
        "two/policy.yaml",
    ]
    both = tomllib.loads(toolrisk("policy", path, "--for", "codex").stdout)
    assert set(both["mcp_servers"]) == {"one", "two"}


def test_servers_whose_names_make_one_folder_keep_a_policy_each(tmp_path):
    path, out = tmp_path / "t.jsonl", tmp_path / "out"
    names = ("npm:@a/b", "npm:@a-b", "\N{CJK UNIFIED IDEOGRAPH-65E5}", "c", "C")
    rows = [{"name": f"get_{n}", "server": name} for n, name in enumerate(names)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    toolrisk("policy", path, "--for", "intercept", "--out", out)
    found = {p.parent.name.casefold(): p.read_text() for p in out.rglob("policy.yaml")}
    assert len(found) == len(names)
    assert not (out / "policy.yaml").exists()
    assert all(sum(f"get_{n}" in text for text in found.values()) == 1 for n in range(len(names)))


def test_a_server_name_that_is_no_key_is_guessed_aloud_or_refused(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({**TOOLS[0], "server": "io.github.owner/issues"}), encoding="utf-8")
    done = toolrisk("policy", path, "--for", "claude-code")
    assert "mcp__issues__get_issue" in done.stdout
    assert '"io.github.owner/issues" is taken to be "issues"' in done.stderr
    keyed = toolrisk(
        "policy", path, "--for", "claude-code", "--server-key", "io.github.owner/issues=gh"
    )
    assert "mcp__gh__get_issue" in keyed.stdout
    path.write_text(json.dumps({**TOOLS[0], "server": "my_server"}), encoding="utf-8")
    done = toolrisk("policy", path, "--for", "gemini-cli", code=2)
    assert "fail silently" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--for is missing"),
        (("--for", "nonesuch"), "no policy target"),
        (("--for", "opa", "--profile", "mild"), "no profile 'mild'"),
        (("--for", "opa", "--server-key", "a", "--server-key", "b"), "SERVER=KEY"),
        (("--for", "opa", "--server-key", "nobody=b"), "not among the servers"),
        (("--for", "opa", "--check", "absent.rego"), "cannot read"),
        (("--for", "opa", "--out", "x.rego", "--dry-run"), "--dry-run shows what --merge"),
        (
            ("--for", "claude-code", "--out", "x", "--merge", "y"),
            "--out and --merge are two things",
        ),
        (
            ("--for", "claude-code", "--merge", "y", "--check", "y"),
            "--merge and --check are two things",
        ),
        (("--for", "claude-code", "--calls", "y"), "--calls is for"),
        (("--for", "codex", "--for", "opa"), "--for is given twice"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(tools, words, says):
    done = toolrisk("policy", tools, *words, code=2)
    assert says in done.stderr.splitlines()[-1]


def test_a_broken_policy_toml_says_where(tools, tmp_path):
    mine = tmp_path / "policy.toml"
    mine.write_text("[tools]\nx = 'never'\n", encoding="utf-8")
    done = toolrisk("policy", tools, "--for", "opa", "--policy", mine, code=2)
    assert "'never' is no rule" in done.stderr


def test_bad_calls_are_named_by_line(tools, tmp_path):
    policy = tmp_path / "p.json"
    toolrisk("policy", tools, "--for", "policylayer", "--out", policy)
    for line, says in (
        ('{"tool": ', "calls line 2: not valid JSON"),
        ("[1]", "calls line 2: an object is needed"),
        ('{"arguments": {}}', "calls line 2: needs a tool"),
        ('{"tool": "x", "at": "noon"}', "calls line 2: at is no ISO time"),
        ('{"tool": "x", "at": 1e999}', "calls line 2: not valid JSON: 1e999 is larger"),
        ('{"tool": "x", "at": Infinity}', "calls line 2: not valid JSON: Infinity"),
        ('{"tool": "x", "at": ' + "9" * 6000 + "}", "not valid JSON: a number is too long"),
    ):
        done = toolrisk(
            "policy",
            "simulate",
            policy,
            "--for",
            "policylayer",
            "--calls",
            "-",
            stdin='{"tool": "get_issue"}\n' + line + "\n",
            code=2,
        )
        assert says in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("from_file", [True, False])
def test_calls_are_lines_of_json_and_nothing_else_ends_one(tools, tmp_path, from_file):
    """A line separator may stand in a string; a byte order mark may begin the file."""
    policy, file = tmp_path / "p.json", tmp_path / "calls.jsonl"
    toolrisk("policy", tools, "--for", "policylayer", "--out", policy)
    call = {"tool": "get_issue", "arguments": {"text": "a\u2028b\x0cc"}}
    text = "\ufeff" + json.dumps(call, ensure_ascii=False) + "\r\n" + json.dumps(call) + "\n"
    file.write_bytes(text.encode())
    words = ("policy", "simulate", policy, "--for", "policylayer", "--calls")
    given = {} if from_file else {"stdin": text}
    done = toolrisk(*words, file if from_file else "-", **given)
    assert len(done.stdout.splitlines()) == 2


def test_the_list_names_every_target():
    from classifier.policies import targets

    lines = toolrisk("policy", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [target.id for target in targets()]


def test_what_could_not_be_asked_is_said_to_have_no_rules(tools, tmp_path):
    own = tmp_path / "mcp.json"
    own.write_text('{"mcpServers": {"own": {"command": "/opt/own-server"}}}', encoding="utf-8")
    done = toolrisk(
        "policy", tools, own, "--for", "claude-code", "--server-key", "tools.json=gh", code=3
    )
    assert "mcp__gh__get_issue" in done.stdout
    assert "own: unsupported: not run (command: own-server)" in done.stderr
    assert "rules for 1 server; none for what is named above" in done.stderr


@pytest.mark.parametrize(
    ("target_id", "theirs"),
    [
        ("claude-code", '{"permissions": {"allow": ["Bash(ls)"]}}'),
        ("codex", 'model = "m"\n'),
        ("toolhive", '{"version": "1.0", "own": true}'),
        ("vscode", "# My notes\n"),
    ],
)
def test_a_persons_file_is_never_written_over(tools, tmp_path, target_id, theirs):
    file = tmp_path / "settings"
    file.write_text(theirs, encoding="utf-8")
    words = ("policy", tools, "--for", target_id, "--server-key", "gh", "--out")
    done = toolrisk(*words, file, code=2)
    assert "holds what toolrisk did not write" in done.stderr
    assert file.read_text() == theirs
    file.unlink()
    toolrisk(*words, file)
    toolrisk(*words, file, "--profile", "strict")


def test_a_merge_says_where_it_is_without_effect(tools, tmp_path):
    """A wildcard of the user's stays; that the narrower list then does nothing must be said."""
    settings = tmp_path / "permissions.json"
    settings.write_text('{"mcpAllowlist": ["gh:*"]}', encoding="utf-8")
    words = ("policy", tools, "--for", "cursor", "--server-key", "gh", "--merge", settings)
    for _ in range(2):
        done = toolrisk(*words)
        assert '"gh:*": 2 entries for single tools beside it are without effect' in done.stderr
    assert json.loads(settings.read_text())["mcpAllowlist"][0] == "gh:*"


def test_a_folder_of_policies_is_written_whole_or_not_at_all(tmp_path):
    path, out = tmp_path / "tools.json", tmp_path / "out"
    path.write_text(json.dumps([{"server": s, **TOOLS[0]} for s in "abc"]), encoding="utf-8")
    (out / "b").mkdir(parents=True)
    mine = out / "b" / "policy.json"
    mine.write_text('{"mine": 1}', encoding="utf-8")
    words = ("policy", path, "--for", "policylayer", "--out", out)
    assert "did not write" in toolrisk(*words, code=2).stderr
    assert sorted(p.name for p in out.rglob("*")) == ["b", "policy.json"]
    assert mine.read_text() == '{"mine": 1}'
    mine.unlink()
    toolrisk(*words)
    assert len(list(out.rglob("policy.json"))) == 3


def test_a_persons_json_of_our_keys_is_never_written_over(tools, tmp_path):
    """The same top-level keys do not make a file ours; also beside the policy."""
    theirs = {"version": "1", "default": "allow", "tools": {"mine": {}}}
    beside = {"mcpServers": {"a": {"command": "mine"}}}
    for target_id, name, value in (
        ("policylayer", "policy.json", theirs),
        ("gemini-cli", "gemini-settings.json", beside),
    ):
        text = json.dumps(value, indent=2) + "\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
        out = f"{tmp_path}/"
        done = toolrisk(
            "policy", tools, "--for", target_id, "--server-key", "gh", "--out", out, code=2
        )
        assert "holds what toolrisk did not write" in done.stderr
        assert (tmp_path / name).read_text() == text
    assert not (tmp_path / "toolrisk.toml").exists()


def test_a_folder_is_made_and_what_stands_beside_it_stays(tools, tmp_path):
    settings = tmp_path / "settings.json"
    settings.write_text('{"mcpServers": {}}', encoding="utf-8")
    toolrisk(
        "policy", tools, "--for", "gemini-cli", "--server-key", "gh", "--out", f"{tmp_path}/p/"
    )
    assert sorted(p.name for p in (tmp_path / "p").iterdir()) == [
        "gemini-settings.json",
        "toolrisk.toml",
    ]
    assert settings.read_text() == '{"mcpServers": {}}'


def test_a_broken_settings_file_is_named(tools, tmp_path):
    settings = tmp_path / "settings.json"
    settings.write_text('{"a":', encoding="utf-8")
    done = toolrisk("policy", tools, "--for", "claude-code", "--merge", settings, code=2)
    assert f'"{settings}": settings: not valid JSON at line 1' in done.stderr


def test_settings_of_another_form_are_one_clear_line(tools, tmp_path):
    pytest.importorskip("tomlkit")
    config = tmp_path / "config.toml"
    config.write_text("[mcp_servers.gh]\nenabled_tools = 5\n", encoding="utf-8")
    words = ("policy", tools, "--for", "codex", "--server-key", "gh", "--merge", config)
    said = toolrisk(*words, code=2).stderr
    assert said == f'toolrisk: "{config}": enabled_tools: a list is needed here\n'


def test_a_malformed_memory_is_named_with_what_to_do(tools, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"permissions": {"deny": ["mcp__gh__x"]}}', encoding="utf-8")
    for broken in ("[", "[]", '{"target": "cursor", "rules": {"a": "never"}}'):
        (tmp_path / "settings.json.toolrisk").write_text(broken, encoding="utf-8")
        for way in ("--merge", "--out"):
            words = ("policy", tools, "--for", "cursor", "--server-key", "gh", way, file)
            said = toolrisk(*words, code=2).stderr
            assert "the memory of a merge (*.toolrisk) is malformed; take that file away\n" in said


def test_a_merge_says_what_it_did_and_what_checked_it(tools, tmp_path):
    file = tmp_path / "settings.json"
    words = ("policy", tools, "--for", "claude-code", "--server-key", "gh", "--merge", file)
    told = toolrisk(*words, "--dry-run").stderr
    assert "leave out --dry-run to write it" in told
    assert "not run in the real engine" in told
    assert not file.exists()
    assert f'wrote "{file}"' in toolrisk(*words).stderr
    assert f'"{file}" is up to date' in toolrisk(*words).stderr
