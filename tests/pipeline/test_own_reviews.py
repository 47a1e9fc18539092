"""A person's own reviews: every command that judges looks them up, and says the same of a tool."""

import json

import pytest

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
