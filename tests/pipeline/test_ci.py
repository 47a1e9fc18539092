"""The GitHub Action and the pre-commit hooks, run step by step in a real shell."""

import json
import os
import re  # noqa: TID251 - our own YAML
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = {h["id"]: h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
DELETE = {"name": "delete_repo", "description": "Permanently delete a repository."}
READ = {"name": "list_colours", "description": "List the colours of the palette."}
EXPRESSION = re.compile(r"\$\{\{ (inputs|steps)\.([a-z-]+)(?:\.outputs\.([a-z]+))? \}\}")


@pytest.fixture
def path_with_toolrisk(tmp_path):
    """Return a PATH on which `toolrisk` and `python` are of this interpreter."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "toolrisk"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m classifier "$@"\n')
    script.chmod(0o755)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


class Runner:
    """Runs a composite action the way a runner does: expressions, files, `bash -eo pipefail`."""

    def __init__(self, folder, path):
        self.folder = folder
        self.work = folder / "repo"
        self.work.mkdir()
        self.path = path
        self.said = ""

    def run(self, **inputs):
        values = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
        values.update({name.replace("_", "-"): value for name, value in inputs.items()})
        outputs = {}
        for number, step in enumerate(ACTION["runs"]["steps"]):
            assert step["shell"] == "bash"
            files = {name: self.folder / f"{name}-{number}" for name in ("OUTPUT", "STEP_SUMMARY")}
            for file in files.values():
                file.write_text("")
            environment = {
                "PATH": self.path,
                "HOME": str(self.folder),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(files["OUTPUT"]),
                "GITHUB_STEP_SUMMARY": str(files["STEP_SUMMARY"]),
                **{k: self.evaluate(v, values, outputs) for k, v in step.get("env", {}).items()},
            }
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
                cwd=self.work, env=environment, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            self.said += done.stdout + done.stderr
            lines = files["OUTPUT"].read_text().splitlines()
            outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
            if done.returncode:
                break
        results = {
            k: self.evaluate(o["value"], values, outputs) for k, o in ACTION["outputs"].items()
        }
        return done.returncode, results

    @staticmethod
    def evaluate(text, inputs, outputs):
        found = EXPRESSION.fullmatch(text)
        assert found, f"{text!r} is more than this action needs"
        kind, name, output = found.groups()
        return inputs[name] if kind == "inputs" else outputs.get(name, {}).get(output, "")

    def tools(self, *definitions, name="tools.json"):
        (self.work / name).write_text(json.dumps({"server": "git", "tools": definitions}))

    def toolrisk(self, *words):
        subprocess.run(
            [sys.executable, "-m", "classifier", *words], cwd=self.work, check=True, timeout=60, capture_output=True
        )  # fmt: skip


@pytest.fixture
def runner(tmp_path, path_with_toolrisk):
    return Runner(tmp_path, path_with_toolrisk)


def test_no_script_holds_an_expression():
    """What a workflow passes must never become code."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert "uses" not in step


def test_nothing_of_the_checkout_is_run_while_installing(tmp_path):
    """`python3 -m pip` takes a pip.py of the working folder, which is a stranger's checkout.

    Packages go into a place of their own: the Python of a system refuses them (PEP 668).
    """
    work, programs, temp = (tmp_path / name for name in ("repo", "bin", "temp dir"))
    for folder in (work, programs, temp):
        folder.mkdir()
    for name in ("pip", "venv"):
        (work / f"{name}.py").write_text("import pathlib; pathlib.Path('hacked').touch()")
    find = "import importlib.util as u, sys; print(u.find_spec(sys.argv[1]))"
    real = f'#!/bin/sh\n{shlex.quote(sys.executable)} -c {shlex.quote(find)} "$2"\n'
    own = '[ "$2" != pip ] || { echo "#!/bin/sh" > "${0%/*}/toolrisk"; chmod +x "${0%/*}/toolrisk"; }\n'
    python = programs / "python3"
    python.write_text(
        f'{real}[ "$2" != venv ] || {{ mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; }}\n{own}'
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", ACTION["runs"]["steps"][0]["run"]],
        cwd=work, capture_output=True, text=True, timeout=60, check=False,
        env={
            "PATH": f"{programs}:/usr/bin:/bin", "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(temp), "GITHUB_PATH": str(tmp_path / "path"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ModuleSpec") == 2
    assert str(work) not in done.stdout
    assert not (work / "hacked").exists()
    assert (tmp_path / "path").read_text() == f"{temp}/toolrisk/bin\n"
    assert (temp / "toolrisk" / "bin" / "toolrisk").exists()


@pytest.mark.parametrize("targets", ["", " \n\t\n"])
def test_an_action_without_targets_says_so(runner, targets):
    """Without one, toolrisk would look for a catalogue, of which this workflow knows nothing."""
    code, results = runner.run(targets=targets)
    assert code == 2
    assert "::error::toolrisk: the input targets is empty" in runner.said
    assert "catalogue" not in runner.said
    assert results["result"] == ""


def test_an_action_finds_drift_and_findings(runner):
    runner.tools(READ)
    runner.toolrisk("pin", "tools.json")
    code, out = runner.run(targets="tools.json")
    assert (code, out["result"]) == (0, "passed"), runner.said
    runner.tools(READ, DELETE)
    code, out = runner.run(targets="\n  tools.json  \n")
    assert (code, out["result"]) == (1, "findings and drift")
    comment = (runner.work / out["comment"]).read_text()
    assert "1 tool at or above high" in comment
    assert "1 added" in comment
    log = json.loads((runner.work / out["sarif"]).read_text())
    assert any(r["ruleId"] == "destructive" for r in log["runs"][0]["results"])
    runner.toolrisk("pin", "tools.json")
    runner.toolrisk("baseline", "tools.json", "--reason", "agreed")
    code, out = runner.run(targets="tools.json", baseline="toolrisk-baseline.json")
    assert (code, out["result"]) == (0, "passed")


def test_a_lock_of_which_nothing_was_compared_does_not_pass(runner):
    """Without a launch the servers of a config are not asked: that is no agreement."""
    (runner.work / ".mcp.json").write_text(
        '{"mcpServers": {"git": {"command": "npx", "args": ["x@1.2.3"]}}}'
    )
    runner.tools(READ)
    runner.toolrisk("pin", "tools.json")
    code, out = runner.run(targets=".mcp.json")
    assert (code, out["result"]) == (1, "incomplete"), runner.said
    comment = (runner.work / out["comment"]).read_text()
    assert "### Toolrisk: incomplete, no pinned tool was compared" in comment
    assert "- `git`" in comment


def test_what_cannot_be_read_hides_no_finding_from_the_result(runner):
    """The server that lists a dangerous tool can add an entry that nobody can read."""
    runner.tools(READ)
    runner.toolrisk("pin", "tools.json")
    runner.tools(READ, {"description": "no name"})
    assert runner.run(targets="tools.json")[1]["result"] == "incomplete"
    runner.tools(READ, DELETE, {"description": "no name"})
    code, out = runner.run(targets="tools.json")
    assert (code, out["result"]) == (1, "findings and drift"), runner.said
    comment = (runner.work / out["comment"]).read_text()
    assert "1 tool at or above high" in comment
    assert "#### Could not be looked at" in comment
    code, out = runner.run(targets="tools.json", lock="none.lock")
    assert (code, out["result"]) == (1, "findings")


@pytest.mark.parametrize(
    ("level", "code"), [("HIGH", 1), ("High", 1), ("none", 0), ("enormous", 2)]
)
def test_the_level_is_read_in_any_case(runner, level, code):
    runner.tools(DELETE)
    assert runner.run(targets="tools.json", fail_on=level)[0] == code


def test_an_input_is_never_run(runner):
    runner.tools(READ)
    evil = "$(touch hacked)\n`touch hacked`\n; touch hacked"
    for inputs in ({"targets": evil}, {"targets": "tools.json", "fail_on": evil}):
        code, _ = runner.run(**inputs)
        assert code == 2
    assert not (runner.work / "hacked").exists()


def test_a_target_that_looks_like_an_option_is_a_target(runner):
    code, _ = runner.run(targets="--help")
    assert code == 2


def hook(name, work, path, *files, args=()):
    """Run a hook as pre-commit does: entry, then args, then the files that match."""
    spec = HOOKS[name]
    assert spec["language"] == "python"
    matching = [f for f in files if re.search(spec["files"], f)]
    words = [*shlex.split(spec["entry"]), *args, *matching]
    line = shlex.join(words)
    return subprocess.run(
        ["bash", "-c", line], cwd=work, env={"PATH": path, "HOME": str(work)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_hooks_catch_what_they_are_for(runner):
    work, path = runner.work, runner.path
    files = ("my-tools.json", "README.md", ".mcp.json")
    runner.tools(READ, name="my-tools.json")
    (work / ".mcp.json").write_text(
        '{"mcpServers": {"x": {"command": "npx", "args": ["x@1.2.3"]}}}'
    )
    runner.toolrisk("pin", "my-tools.json")
    for name in HOOKS:
        done = hook(name, work, path, *files)
        assert done.returncode == 0, done.stderr
    runner.tools(DELETE, name="my-tools.json")
    (work / ".mcp.json").write_text('{"mcpServers": {"x": {"command": "npx", "args": ["x"]}}}')
    for name in HOOKS:
        assert hook(name, work, path, *files).returncode == 1, name
    assert hook("toolrisk", work, path, *files, args=["--fail-on", "critical"]).returncode in {0, 1}


@pytest.mark.parametrize("name", ["toolrisk", "toolrisk-verify"])
@pytest.mark.parametrize(
    "file", ["--db=x.tools.json", "--lock=x.tools.jsonl", "npm:x.tools.json", "~.tools.json"]
)
def test_a_committed_file_is_a_file_whatever_its_name(runner, name, file):
    work = runner.work
    runner.tools(READ)
    runner.toolrisk("pin", "tools.json")
    runner.tools(READ, DELETE, name=file)
    assert re.search(HOOKS[name]["files"], file)
    done = hook(name, work, runner.path, file, "tools.json")
    assert done.returncode == 1, done.stderr
    assert "delete_repo" in done.stdout


def test_the_options_of_a_hook_stay_options(runner):
    runner.tools(DELETE)
    runner.toolrisk("baseline", "tools.json", "--reason", "agreed")
    for args in (["--baseline=toolrisk-baseline.json"], ["--baseline", "toolrisk-baseline.json"]):
        done = hook("toolrisk", runner.work, runner.path, "tools.json", args=args)
        assert done.returncode == 0, done.stderr
    (runner.work / "--no-launch").write_text("x")
    assert hook("toolrisk", runner.work, runner.path, "tools.json").returncode == 1


def test_a_hook_takes_no_module_of_the_checkout(runner):
    runner.tools(READ)
    for module in ("classifier", "typer", "orjson"):
        (runner.work / f"{module}.py").write_text("raise SystemExit(99)")
    assert hook("toolrisk", runner.work, runner.path, "tools.json").returncode == 0


@pytest.mark.parametrize(
    ("name", "file", "taken"),
    [
        ("toolrisk", "tools.json", True),
        ("toolrisk", "a/b/server.tools.jsonl", True),
        ("toolrisk", "devtools.json", False),
        ("toolrisk", "tools.json.bak", False),
        ("toolrisk-config", ".mcp.json", True),
        ("toolrisk-config", ".cursor/mcp.json", True),
        ("toolrisk-config", "claude_desktop_config.json", True),
        ("toolrisk-config", "package.json", False),
    ],
)
def test_hooks_take_the_files_that_they_mean(name, file, taken):
    assert bool(re.search(HOOKS[name]["files"], file)) is taken
