"""Another model than the one that ships: `--model DIR` and TOOLRISK_MODEL."""

import json
import os
import shutil
from pathlib import Path

import pytest

from classifier.halves import LEAST
from classifier.model import runtime
from classifier.resources import MODEL_VARIABLE

TOOLS = [
    {"name": f"frobnicate_{i}", "description": f"Frobnicates widget {i} for its owner."}
    for i in range(LEAST * 3)
]


@pytest.fixture
def other(tmp_path, monkeypatch):
    """Return a copy of the shipped model under another name, which takes everything for Read."""
    monkeypatch.setenv(MODEL_VARIABLE, "")  # so that what a command sets is gone with the test
    folder = tmp_path / "my model"
    shutil.copytree(runtime.directory(), folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "name": "mine",
        "digest": "0000",
        "review_below": 0.0,
        "intercept": [99.0] + 16 * [0.0],
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tools.json"
    path.write_text(json.dumps({"tools": TOOLS}))
    return path


def rows(done):
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def test_another_model_judges(other, file, run_here, tmp_path):
    shipped = rows(run_here("classify", file, "--format", "json", cwd=tmp_path))
    mine = rows(run_here("--model", other, "classify", file, "--format", "json", cwd=tmp_path))
    assert {row["model"] for row in mine} == {"mine-0000"}
    assert {row["category"] for row in mine} == {"Read"} != {row["category"] for row in shipped}
    assert Path(os.environ[MODEL_VARIABLE]) == other


@pytest.mark.parametrize("form", ["before", "after", "joined"])
def test_it_may_stand_before_the_command_and_after(form, other, file, run_here, tmp_path):
    words = ["classify", file, "--format", "json"]
    given = {"before": ["--model", other, *words], "after": [*words, "--model", other]}
    done = run_here(*given.get(form, [*words, f"--model={other}"]), cwd=tmp_path)
    assert {row["model"] for row in rows(done)} == {"mine-0000"}


def test_without_a_directory_it_says_so(file, run_here, tmp_path):
    done = run_here("classify", file, "--model", cwd=tmp_path)
    assert done.returncode == 2
    assert "'--model' requires an argument" in done.stderr


def test_after_two_dashes_it_is_a_target(file, run_here, tmp_path):
    done = run_here("classify", "--", "--model", cwd=tmp_path)
    assert done.returncode == 2
    assert "--model" in done.stderr


def test_the_environment_names_one_too(other, file, run_here, tmp_path, monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    found = rows(run_here("classify", file, "--format", "json", cwd=tmp_path))
    assert {row["model"] for row in found} == {"mine-0000"}
    told = run_here("explain", file, "frobnicate_3", cwd=tmp_path)
    assert told.stdout.splitlines()[1].startswith("Read, ")
    assert "model mine-0000" in run_here("--version", cwd=tmp_path).stdout


def test_a_catalogue_is_judged_again_by_another_model(other, file, run_here, tmp_path):
    db = tmp_path / "c.db"
    assert not run_here("crawl", file, "--db", db, cwd=tmp_path).returncode
    count = len(TOOLS)
    first = run_here("classify", "--db", db, cwd=tmp_path)
    assert f"{count} tools classified, 0 unchanged" in first.stdout
    assert (
        f"0 tools classified, {count} unchanged"
        in run_here("classify", "--db", db, cwd=tmp_path).stdout
    )
    again = run_here("--model", other, "classify", "--db", db, cwd=tmp_path)
    assert f"{count} tools classified, 0 unchanged" in again.stdout


@pytest.mark.parametrize("there", [False, True])
def test_what_is_no_model_is_one_line(there, file, run_here, tmp_path, monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, "")
    where = tmp_path / "none"
    if there:
        where.mkdir()
    done = run_here("--model", where, "classify", file, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(where) in done.stderr
    assert "toolrisk train --out" in done.stderr
