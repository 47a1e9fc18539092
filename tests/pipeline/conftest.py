"""The real command in this process, and files of tools."""

import json

import pytest


@pytest.fixture(scope="session")
def toolrisk(run_here):
    """Return a function that runs `toolrisk` as `main` does, and asserts its exit code."""

    def run(*words, cwd=".", code=0):
        done = run_here(*words, cwd=cwd, stdin=None)
        assert code is None or done.returncode == code, done.stdout + done.stderr
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
