"""A person's own reviews: every command that judges looks them up, and says the same of a tool."""

import io
import json

import pytest

from classifier import reviewed
from classifier.engine import classify
from classifier.model import facts
from classifier.pipeline.mcp_server import Desk
from classifier.verdict import Risk
from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.records import Origin, Outcome, Probe, Server, ServerName, Tool

SHELF = ServerName("shelf")
TOOL = Tool(
    server=SHELF,
    name="get_shelf_colour",
    description="Get the colour of one shelf by its number.",
    input_schema={"type": "object", "properties": {"number": {"type": "integer"}}},
)
BEFORE = Tool(server=SHELF, name=TOOL.name, description="Get the colour of one shelf.")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A person has read that the tool destroys something; a file, a catalogue and a lock have it."""
    assert classify(TOOL).risk is Risk.LOW
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "toolrisk").mkdir()
    line = facts.line(TOOL, "Write", "critical", ["destructive"], 3)
    (tmp_path / "toolrisk" / "reviewed.tsv").write_text(line, encoding="utf-8")
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([{"server": SHELF, **TOOL.definition}]), encoding="utf-8")
    with Catalog.open(tmp_path / "toolrisk.db") as catalog:
        for day, tool in (("2026-11-01", BEFORE), ("2026-11-02", TOOL)):
            at = f"{day}T00:00:00+00:00"
            probe = Probe(outcome=Outcome.LISTED, tools=(tool,), started_at=at)
            server = Server(name=SHELF)
            seen = Gathered(server=server, probe=probe, tools=(tool,), origin=Origin.LIVE)
            catalog.record_many([seen], now=at)
    return tmp_path


@pytest.mark.parametrize("target", [["tools.json"], []])
def test_a_policy_goes_by_them(toolrisk, place, target):
    done = toolrisk("policy", *target, "--for", "claude-code", cwd=place)
    assert json.loads(done.stdout)["permissions"] == {"deny": ["mcp__shelf__get_shelf_colour"]}


@pytest.mark.parametrize("target", [["tools.json"], []])
def test_a_stack_goes_by_them(toolrisk, place, target):
    done = toolrisk("stack", *target, "--format", "json", cwd=place)
    (server,) = json.loads(done.stdout)["servers"]
    assert "worst tool is of critical risk" in [one["reason"] for one in server["grade"]["sum"]]


def test_what_changed_goes_by_them(toolrisk, place):
    def difference(*words, code=0):
        found = json.loads(toolrisk(*words, "--format", "json", cwd=place, code=code).stdout)
        return next(one for one in found["differences"] if one["kind"] == "changed")

    told = "higher risk: low to critical"
    assert told in difference("diff", "2026-11-02")["reasons"]
    now = (place / "tools.json").read_text(encoding="utf-8")
    before = json.dumps([{"server": SHELF, **BEFORE.definition}])
    (place / "tools.json").write_text(before, encoding="utf-8")
    toolrisk("pin", "tools.json", cwd=place)
    (place / "tools.json").write_text(now, encoding="utf-8")
    assert told in difference("verify", "tools.json", code=1)["reasons"]


def test_agents_are_told_by_them(place):
    desk = Desk(str(place / "toolrisk.db"))
    assert desk.classify_definition(TOOL.definition, SHELF)["risk"] == "critical"
    assert desk.get_policy("claude-code", SHELF)["decisions"] == {"deny": 1}
    assert desk.check_stack([SHELF])["risks"] == {"critical": 1}


STRAYS = (
    "{good}nonsense\n\n# mine\n0123456789abcdef\tfedcba9876543210\tRead\nXYZ\tRead\tlow\t\t3\ts\n"
)


@pytest.fixture
def strayed(place):
    """Return the file of reviews with lines that are none about the one that holds."""
    file = place / "toolrisk" / "reviewed.tsv"
    file.write_text(STRAYS.format(good=file.read_text(encoding="utf-8")), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "words",
    [
        ["classify", "tools.json"], ["classify"], ["classify", "tools.json", "--format", "jsonl"],
        ["policy", "tools.json", "--for", "claude-code"], ["stack"], ["diff", "2026-11-02"],
        ["explain", "tools.json"], ["review"],
    ],
)  # fmt: skip
def test_lines_that_are_no_reviews_are_told_once_with_their_place(toolrisk, place, strayed, words):
    said = toolrisk(*words, cwd=place).stderr
    assert said.count("no review") == 1
    form = "two digests, category, risk, signals and certainty, with tabs between"
    told = f"toolrisk: {strayed}:2: no review ({form}), left out; so are lines 5, 6"
    assert told in said.splitlines()


def test_a_good_line_among_others_still_holds_and_they_change_nothing(toolrisk, place):
    def lines():
        return toolrisk("classify", "tools.json", "--format", "jsonl", cwd=place).stdout

    file = place / "toolrisk" / "reviewed.tsv"
    good, before, version = file.read_text(encoding="utf-8"), lines(), reviewed.version(file)
    assert json.loads(before)["decided_by"] == "reviewed"
    cut = good[:40] + "\n"  # of the same digest, and later: it must not stand before the whole one
    file.write_text(STRAYS.format(good=good) + cut, encoding="utf-8")
    assert lines() == before
    assert reviewed.version(file) == version
    assert reviewed.count(file) == reviewed.count() + 1


def test_nothing_is_told_of_a_file_of_reviews_alone_and_none_is_read_without_need(toolrisk, place):
    file = place / "toolrisk" / "reviewed.tsv"
    good = file.read_text(encoding="utf-8")
    file.write_text(f"\ufeff# mine\n{good}\n", encoding="utf-8", newline="\r\n")
    assert "no review" not in toolrisk("classify", "tools.json", cwd=place).stderr
    file.write_text("nonsense\n", encoding="utf-8")
    assert "no review" not in toolrisk("classify", "tools.json", "--no-reviews", cwd=place).stderr


def test_a_tool_whose_label_was_cut_off_is_asked_again(toolrisk, place, monkeypatch, tools_file):
    tools_file({"name": "zqx", "description": ""}, server="s")
    toolrisk("crawl", "tools.json", cwd=place)
    toolrisk("classify", cwd=place)
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO("eh\n"))
        assert "1 label kept" in toolrisk("review", "--file", "mine", cwd=place).stderr
        line = (place / "mine").read_text(encoding="utf-8").splitlines()[-1]
        other = facts.line(BEFORE, "Read", "low", [], 3)
        (place / "mine").write_text(f"{other}{line[:40]}\n", encoding="utf-8")
