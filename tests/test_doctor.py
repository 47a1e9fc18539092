"""`toolrisk doctor` in a real process: it names what is there, what is not, and what that costs."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest


def doctor(*words, code=0, **variables):
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "doctor", "--offline", "--format", "json", *words],
        capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | variables,
    )  # fmt: skip
    assert code is None or done.returncode == code, done.stderr
    return {check["name"]: check for check in json.loads(done.stdout)}


def test_every_check_has_a_state_and_a_reason(tmp_path):
    found = doctor("--db", str(tmp_path / "none.db"))
    assert {"toolrisk", "reviews", "sandbox", "node", "npm", "catalogue"} <= set(found)
    assert "model tool-risk-" in found["toolrisk"]["detail"]
    assert found["npm registry"]["state"] == "not-checked"
    assert found["catalogue"]["state"] == "not-checked"
    assert all(check["detail"] for check in found.values())


def test_what_is_not_installed_is_missing_with_its_cost(tmp_path):
    found = doctor("--db", str(tmp_path / "none.db"), PATH=str(tmp_path))
    assert found["sandbox"]["state"] == found["npm"]["state"] == "missing"
    assert "npm: and pypi: targets are refused" in found["sandbox"]["remedy"]


@pytest.mark.parametrize("content", [b"no database " * 200, b""])
def test_a_broken_catalogue_is_an_error_and_an_empty_one_is_not(tmp_path, content):
    path = tmp_path / "c.db"
    path.write_bytes(content)
    found = doctor("--db", str(path), code=3 if content else 0)
    assert found["catalogue"]["state"] == ("broken" if content else "not-checked")
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "songs.db") as other:
        other.execute("CREATE TABLE songs (id INTEGER)")
    other.close()
    found = doctor("--db", str(tmp_path / "songs.db"), code=3)
    assert "another program" in found["catalogue"]["detail"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"caf\xe9\n", "not UTF-8"), (b"# mine\nnonsense\n", ":2: no review")]
)
def test_reviews_of_ones_own_that_cannot_be_read_are_broken(tmp_path, content, said):
    folder = tmp_path / "toolrisk"
    folder.mkdir()
    (folder / "reviewed.tsv").write_bytes(content)
    found = doctor("--db", str(tmp_path / "none.db"), code=None, XDG_DATA_HOME=str(tmp_path))
    assert found["reviews"]["state"] == "broken"
    assert said in found["reviews"]["detail"]
