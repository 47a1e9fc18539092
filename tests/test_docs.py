"""Documents say what is there: links, commands, files, and what is made from the code."""

import json
import re  # noqa: TID251 - our own text
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.verbs import VERBS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]


def test_the_reference_is_what_the_code_says():
    done = subprocess.run(
        [sys.executable, "docs/make.py", "--check"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_is_short_and_starts_with_two_commands():
    assert len(README.splitlines()) < 250
    commands = re.findall(r"^    (.+)$", README, re.MULTILINE)
    assert commands[0].endswith("pip install . && toolrisk run")
    assert commands[1] == "pip install '.[test]' && pytest"


def test_the_readme_names_every_command():
    assert [verb for verb in VERBS if f"toolrisk {verb}" not in README] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_shows_pictures_that_are_small():
    shown = set(re.findall(r"\]\((docs/images/[^)]+)\)", README))
    assert shown == {f"docs/images/{p.name}" for p in (ROOT / "docs" / "images").iterdir()}
    for path in shown:
        data = (ROOT / path).read_bytes()
        assert len(data) < 200_000
        assert b"font-face" not in data  # nothing is fetched to show it
        if path.endswith(".png"):
            assert int.from_bytes(data[16:20]) == 1200


def test_every_data_file_is_explained():
    told = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+)`", told))
    missing = []
    for path in sorted((ROOT / "data").rglob("*")):
        name = path.relative_to(ROOT / "data").as_posix()
        folders = {f"{parent.as_posix()}/" for parent in Path(name).parents}
        if path.is_file() and name != "README.md" and name not in named and not folders & named:
            missing.append(name)
    assert missing == []


def test_contributing_shows_every_kind_of_plugin():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for kind in ("source", "signal", "target", "section"):
        assert f"python -m tests.scaffold {kind} " in told


def test_the_newest_change_of_the_model_is_the_model_that_ships():
    model = ROOT / "data" / "models" / "tool-risk-v1"
    digest = json.loads((model / "config.json").read_text(encoding="utf-8"))["digest"]
    lines = (model / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| 2")]
    assert f"`{digest}`" in rows[0][1]
    category = json.loads((model / "metrics.json").read_text(encoding="utf-8"))["category"]
    measured = [category["macro_f1"], category["accuracy"], category["accuracy_most_confident_80"]]
    assert [cell.strip() for cell in rows[0][3:6]] == [f"{one:.3f}" for one in measured]
