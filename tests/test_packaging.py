"""Wheel and source archive: built, small, complete, and working in a clean environment elsewhere."""

import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parent.parent
LARGEST = 20_000_000
"""The model is most of the wheel."""
LARGEST_ARCHIVE = 30_000_000
"""It also holds the invented definitions: a third of it."""


def run(*words, cwd, code=0, timeout=280):
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the archive from the checkout and the wheel from the archive."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", place, ROOT, cwd=place)
    return next(place.glob("*.whl")), next(place.glob("*.tar.gz"))


def test_the_wheel_is_small_and_whole(built):
    wheel, _ = built
    names = set(zipfile.ZipFile(wheel).namelist())
    print(f"wheel {wheel.stat().st_size:,} bytes")
    assert wheel.stat().st_size < LARGEST
    needed = {
        "classifier/_data/models/tool-risk-v1/weights.bin",
        "classifier/_data/labels/reviewed.tsv",
        "classifier/_data/starter.toml",
        "classifier/_data/policy.toml",
        "classifier/py.typed",
        "crawler/py.typed",
        "crawler/catalog/migrations/env.py",
        "crawler/catalog/migrations/schema.sql",
    }
    assert needed - names == set()
    for folder, ending in (("crawler", "py"), ("classifier", "py"), ("classifier", "html")):
        here = {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob(f"*.{ending}")}
        assert here - names == set()
    data = {
        p.relative_to(ROOT / "data").as_posix() for p in (ROOT / "data").rglob("*") if p.is_file()
    }
    missing = {name for name in data if f"classifier/_data/{name}" not in names}
    unread = {"labels/own.tsv", "labels/written.jsonl"}
    assert missing == unread  # only training reads them
    assert not [n for n in names if n.startswith(("tests/", "notebooks/", "benchmarks/"))]


def test_the_archive_holds_what_a_developer_needs(built):
    _, archive = built
    print(f"sdist {archive.stat().st_size:,} bytes")
    assert archive.stat().st_size < LARGEST_ARCHIVE
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    wanted = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", ".ci/run"}
    assert wanted - names == set()
    assert {"tests/test_packaging.py", "docs/make.py", "benchmarks/classify.py"} - names == set()


@pytest.mark.online
@pytest.mark.skipif(find_spec("pip") is None, reason="no pip to install with")
def test_it_works_in_a_clean_environment_outside_the_checkout(built, tmp_path):
    wheel, _ = built
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    scripts = tmp_path / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--no-compile", wheel],  # of all that is installed, little is loaded here
        cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("the package registry cannot be reached, so dependencies cannot be installed")
    assert done.returncode == 0, done.stderr
    told = run(scripts / "toolrisk", "--version", cwd=tmp_path)
    assert "model tool-risk-v1" in told
    told = run(scripts / "toolrisk", "run", "--sample", "--out", "build", cwd=tmp_path)
    assert "6 tools classified" in told
    assert (tmp_path / "build" / "site" / "index.html").is_file()
    (tmp_path / "t.json").write_text('[{"name": "drop_database", "description": "Drop it."}]')
    run(scripts / "classify", "t.json", "--fail-on", "high", cwd=tmp_path, code=1)
