"""The real command, run as a user would, and files of tools."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def toolrisk():
    """Return a function that runs `toolrisk` as a user would."""

    def run(*words, stdin=None, cwd=None, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", *map(str, words)],
            capture_output=True, text=True, input=stdin, timeout=120, check=False, cwd=cwd,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def tools_file(tmp_path):
    """Return a function that writes a file of tools."""

    def write(*definitions, name="tools.json", server=None, **options):
        path = tmp_path / name
        value = {"tools": list(definitions)}
        if server is not None:
            value["server"] = server
        path.write_text(json.dumps(value, **options), encoding="utf-8")
        return path

    return write
