"""The real command in this process, and files of tools."""

import contextlib
import io
import json
from types import SimpleNamespace

import pytest

from classifier.cli import main


@pytest.fixture(scope="session")
def toolrisk():
    """Return a function that runs `toolrisk` as `main` does, and asserts its exit code."""

    def run(*words, cwd=".", code=0):
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as stop,
        ):
            main([str(word) for word in words])
        done = SimpleNamespace(
            returncode=stop.value.code, stdout=out.getvalue(), stderr=err.getvalue()
        )
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
