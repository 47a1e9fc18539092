"""Stored verdicts that are out of date: who shows them says so, once, and only where it is so."""

import io
import json
import subprocess
import sys

import pytest

from classifier.model import facts
from crawler.catalog import Catalog

STORED = [["export"], ["pages"], ["diff", "2020-01-01"], ["review"]]
ANEW = [["policy", "--for", "claude-code"], ["stack"], ["baseline"], ["annotate"]]
TOLD = (
    "toolrisk: 2 stored verdicts are older than the reviews, rules or model here; "
    "`toolrisk classify` brings the catalogue up to date"
)


@pytest.fixture
def place(tmp_path, monkeypatch, toolrisk, tools_file):
    """Return a folder with a catalogue that was classified, and no reviews of a person's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    tools_file({"name": "get_shelf"}, {"name": "delete_shelf"}, server="s")
    toolrisk("crawl", "tools.json", cwd=tmp_path)
    toolrisk("classify", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def label(place):
    def add():
        with Catalog.open(place / "toolrisk.db") as catalog:
            (item,) = catalog.tools(tool="get_shelf")
        (place / "toolrisk").mkdir(exist_ok=True)
        line = facts.line(item.tool, "Write", "critical", ["destructive"], 3)
        (place / "toolrisk" / "reviewed.tsv").write_text(line, encoding="utf-8")

    return add


@pytest.mark.parametrize("words", STORED)
def test_who_shows_stored_verdicts_says_once_that_reviews_came_since(toolrisk, place, label, words):
    def said():
        return toolrisk(*words, cwd=place).stderr.splitlines().count(TOLD)

    assert said() == 0
    label()
    assert said() == 1
    toolrisk("classify", cwd=place)
    assert said() == 0


@pytest.mark.parametrize("words", [*ANEW, ["classify"]])
def test_who_judges_anew_has_nothing_to_say(toolrisk, place, label, words):
    label()
    assert "older than" not in toolrisk(*words, cwd=place, code=None).stderr


def test_an_agents_server_says_it_where_it_starts(place, label):
    def said():
        done = subprocess.run(
            [sys.executable, "-m", "classifier", "mcp"], cwd=place, input="", capture_output=True,
            text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stderr.splitlines(), done.stdout

    assert said() == ([], "")
    label()
    assert said() == ([TOLD], "")


def test_verdicts_that_were_wanted_without_reviews_are_not_out_of_date(toolrisk, place, label):
    label()
    toolrisk("classify", "--no-reviews", cwd=place)
    assert "older than" not in toolrisk("export", cwd=place).stderr


def test_what_no_run_of_classify_would_mend_is_not_counted(toolrisk, place, label, tools_file):
    label()
    tools_file({"name": "delete_shelf"}, server="s")
    toolrisk("crawl", "tools.json", cwd=place)
    one = TOLD.replace("2 stored verdicts are", "1 stored verdict is")
    assert one in toolrisk("export", cwd=place).stderr.splitlines()
    toolrisk("classify", cwd=place)
    assert "older than" not in toolrisk("export", cwd=place).stderr


def test_reviews_that_cannot_be_read_hide_nothing_that_is_stored(toolrisk, place):
    (place / "toolrisk").mkdir()
    (place / "toolrisk" / "reviewed.tsv").write_bytes(b"caf\xe9\n")
    done = toolrisk("export", cwd=place)
    assert len(done.stderr.splitlines()) == 1
    assert "is not UTF-8 text" in done.stderr
    assert [json.loads(line)["tool"] for line in done.stdout.splitlines()] == ["get_shelf", "delete_shelf"]  # fmt: skip
