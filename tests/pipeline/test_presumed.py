"""Lists without a gap that may lack tools: read from source, or told under placeholders for settings."""

import json

import pytest

from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from crawler.catalog import Catalog
from crawler.records import Origin, Outcome, Probe, ServerName, Tool

AT = "2026-11-01T00:00:00+00:00"
READ = "A of the 1 tool that was read"


@pytest.fixture
def db(tmp_path):
    """Return a catalogue with a server that was read, one under placeholders, and one known whole."""
    with Catalog.open(tmp_path / "toolrisk.db") as catalog:
        for name, origin, placeholders in (
            ("source", Origin.STATIC, False),
            ("placeholders", Origin.LIVE, True),
            ("whole", Origin.LIVE, False),
        ):
            tool = Tool(server=ServerName(name), name="get_note", description="Get a note.")
            probe = Probe(
                outcome=Outcome.LISTED, tools=(tool,), started_at=AT, origin=origin,
                dummy_config=placeholders,
            )  # fmt: skip
            catalog.record_probe(tool.server, probe, origin, now=AT)
        assert catalog.known_in_part() == {"source", "placeholders"}
        assert catalog.incomplete() == []
    return tmp_path / "toolrisk.db"


def test_a_catalogues_grades_are_of_what_was_read(db, toolrisk):
    text = toolrisk("stack", "--db", db).stdout
    for name in ("source", "placeholders"):
        assert f"{READ}\t92\t{name}\tno combination of the tools that were read\n" in text
    assert "A\t92\twhole\tno combination\n" in text
    told = json.loads(toolrisk("stack", "--db", db, "--format", "json").stdout)["servers"]
    assert {one["server"]: one["grade"] is None for one in told} == {
        "source": True, "placeholders": True, "whole": False,
    }  # fmt: skip


def test_pages_say_so_too(db, toolrisk, tmp_path):
    toolrisk("classify", "--db", db)
    with Catalog.open(db) as catalog:
        build(CatalogSource(catalog), tmp_path / "site")
    graded = {}
    for page in (tmp_path / "site" / "servers").glob("*.html"):
        if page.stem != "index":
            told = " ".join(page.read_text(encoding="utf-8").split())
            graded[page.stem.partition("-")[0]] = "of the 1 tool that was read" in told
    assert graded == {"source": True, "placeholders": True, "whole": False}


def test_a_settled_probe_makes_the_grade_whole_again(db):
    with Catalog.open(db) as catalog:
        tool = Tool(server=ServerName("placeholders"), name="get_note", description="Get a note.")
        probe = Probe(outcome=Outcome.LISTED, tools=(tool,), started_at="2026-11-02T00:00:00+00:00")
        catalog.record_probe(tool.server, probe, now="2026-11-02T00:00:00+00:00")
        assert catalog.known_in_part() == {"source"}


def test_tools_that_a_limit_left_out_are_not_graded_unsaid(tmp_path, toolrisk):
    tools = [{"name": f"get_{what}", "description": f"Get a {what}."} for what in ("note", "file")]
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"tools": tools}), encoding="utf-8")
    assert READ in toolrisk("stack", path, "--limit", "1").stdout
    assert "that were read" not in toolrisk("stack", path, "--limit", "2").stdout


def test_a_package_that_is_only_read_is_graded_by_what_was_read(tmp_path, toolrisk):
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text(
        json.dumps({"name": "notes", "version": "1.0.0", "main": "index.js"}), encoding="utf-8"
    )
    (folder / "index.js").write_text(
        'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'
        'const server = new McpServer({ name: "notes", version: "1.0.0" });\n'
        'server.tool("get_note", "Get a note.", {}, async () => ({}));\n',
        encoding="utf-8",
    )
    assert "of the 1 tool that was read" in toolrisk("stack", folder).stdout
