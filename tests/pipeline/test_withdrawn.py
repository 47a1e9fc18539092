"""A server that its registry withdraws: pages, feed, `diff`, `status` and `export` tell one story."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.engine import Options
from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from classifier.store import classify_catalog
from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.records import Listing, Provenance, Server, ServerName, Tool

NAME, OTHER = ServerName("io.example/taken"), ServerName("io.example/stays")
DAYS = [f"2026-11-{day:02}T08:00:00+00:00" for day in range(1, 6)]
ATOM = "{http://www.w3.org/2005/Atom}"


def stated(catalog: Catalog, day: int, status: str) -> None:
    """Let the registry speak of the server, and of no tool."""
    one = Server(name=NAME, status=status)
    source = Provenance(source="official-registry", url="https://r.example", fetched_at=DAYS[day])
    catalog.record_listing(Listing(server=one, provenance=source), now=DAYS[day])


def has(catalog: Catalog, day: int, name: ServerName, *tools: str) -> None:
    made = tuple(Tool(server=name, name=tool, description="Get it.") for tool in tools)
    catalog.record_many([Gathered(server=Server(name=name), tools=made)], now=DAYS[day])


def events(catalog: Catalog, since: str = "") -> list[tuple[str, str, str]]:
    return [(one.kind, one.tool, one.at) for one in catalog.changes(since)]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a catalogue with a server that was withdrawn on the third day, and one that stays."""
    path = tmp_path / "toolrisk.db"
    with Catalog.open(path) as catalog:
        stated(catalog, 0, "active")
        has(catalog, 0, NAME, "get_a", "get_b")
        has(catalog, 0, OTHER, "get_c")
        classify_catalog(catalog, Options())
        has(catalog, 1, NAME, "get_a")
        stated(catalog, 2, "deleted")
        stated(catalog, 3, "deleted")
    return path


def test_the_tools_go_once_and_come_back(db: Path) -> None:
    with Catalog.open(db) as catalog:
        assert events(catalog, DAYS[1]) == [
            ("removed", "get_b", DAYS[1]),
            ("removed", "get_a", DAYS[2]),
        ]
        assert catalog.withdrawals() == {NAME: DAYS[2]}
        stated(catalog, 4, "active")
        assert events(catalog, DAYS[3]) == [("new", "get_a", DAYS[4])]
        assert catalog.withdrawals() == {}


def test_the_commands_say_what_the_pages_say(db: Path, tmp_path: Path, toolrisk: Callable) -> None:
    counts = json.loads(toolrisk("status", "--db", db, "--format", "json").stdout)["counts"]
    assert (counts["servers"], counts["tools"], counts["removed_tools"]) == (1, 1, 2)
    assert len(toolrisk("export", "--db", db).stdout.splitlines()) == 1
    told = toolrisk("diff", DAYS[2], "--db", db, "--format", "json").stdout
    (gone,) = json.loads(told)["differences"]
    assert (gone["kind"], gone["tool"], gone["at"]) == ("removed", "get_a", DAYS[2])
    assert gone["before"]["category"] == "Read"

    with Catalog.open(db) as catalog:
        summary = build(CatalogSource(catalog), tmp_path / "site")
    assert (summary.servers, summary.tools) == (1, 1)
    feed = ET.parse(tmp_path / "site" / "changes.atom")  # noqa: S314 - our own file
    first = feed.find(f"{ATOM}entry")
    assert first is not None
    assert first.findtext(f"{ATOM}title") == f"Removed tool: get_a on {NAME}"
    assert str(first.findtext(f"{ATOM}updated"))[:10] == DAYS[2][:10]
    (path,) = (tmp_path / "site").glob("servers/*taken*.html")
    page = LexborHTMLParser(path.read_text(encoding="utf-8"))
    steps = {" ".join(node.text(deep=True).split()) for node in page.css("ul.steps li")}
    assert {"2026-11-03 get_a went", "2026-11-02 get_b went"} <= steps
