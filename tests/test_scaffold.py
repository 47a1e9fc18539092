"""What CONTRIBUTING.md promises: a scaffolded plugin works, with nothing else edited."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KINDS = {
    "source": "tests/crawl/test_source_my_own.py",
    "signal": "tests/test_signals.py",
    "target": "tests/policies/test_policies_my_own.py",
    "section": "tests/pages/test_pages_section_my_own.py",
}


@pytest.fixture
def checkout(tmp_path):
    """Copy what is needed of the checkout, so that the plugin is found by being there."""
    skip = shutil.ignore_patterns("__pycache__", "_data")
    for folder in ("crawler", "classifier", "data", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(checkout, *words):
    done = subprocess.run(
        [sys.executable, *words], cwd=checkout, capture_output=True, text=True, timeout=240,
        check=False, env=os.environ | {"PYTHONPATH": str(checkout), "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_scaffolded_plugin_works(checkout, kind):
    code, told = run(checkout, "-m", "tests.scaffold", kind, "my-own")
    assert code == 0, told
    chosen = ["-k", "my-own"] if kind == "signal" else []
    code, told = run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", KINDS[kind], *chosen)
    assert code == 0, told
    assert " passed" in told
    if shutil.which("ruff"):
        made = [str(p) for p in checkout.rglob("*my_own*.py") if "tests" not in p.parts]
        code, told = run(checkout, "-m", "ruff", "check", "--no-cache", *made)
        assert code == 0, told


def test_bad_words_are_refused(checkout):
    assert "is no kind" in run(checkout, "-m", "tests.scaffold", "planet", "x")[1]
    assert "is no name" in run(checkout, "-m", "tests.scaffold", "signal", "../x")[1]
    run(checkout, "-m", "tests.scaffold", "signal", "twice")
    assert "exists" in run(checkout, "-m", "tests.scaffold", "signal", "twice")[1]
