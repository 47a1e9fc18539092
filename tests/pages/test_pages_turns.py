"""A definition that comes back, and a tool that does: pages, feed and `diff` tell every turn."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.engine import Options
from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from classifier.pipeline.catalogue.reading import changed
from classifier.store import classify_catalog
from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool

NAME = ServerName("io.example/turns")
HARMLESS, GRAVE = "Get the weather.", "Delete all the files of the user."
DAYS = [f"2026-11-{day:02}T08:00:00+00:00" for day in range(1, 7)]
TURNS = (HARMLESS, GRAVE, HARMLESS, GRAVE, None, GRAVE)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a catalogue, and a site that was built after each crawl."""
    folder = tmp_path_factory.mktemp("turns")
    for at, words in zip(DAYS, TURNS, strict=True):
        tools = (Tool(server=NAME, name="run", description=words),) if words else ()
        with Catalog.open(folder / "toolrisk.db") as catalog:
            catalog.record_many([Gathered(server=Server(name=NAME), tools=tools)], now=at)
            classify_catalog(catalog, Options())
            build(CatalogSource(catalog), folder / "site")
    return folder


def page(folder: Path, pattern: str) -> LexborHTMLParser:
    (path,) = (folder / "site").glob(pattern)
    return LexborHTMLParser(path.read_text(encoding="utf-8"))


def test_the_feed_has_every_turn(turned: Path) -> None:
    feed = ET.parse(turned / "site" / "changes.atom")  # noqa: S314 - our own file
    entries = feed.findall(f"{ATOM}entry")
    told = [(e.findtext(f"{ATOM}updated", "")[:10], e.findtext(f"{ATOM}title")) for e in entries]
    assert [day for day, _ in told] == [at[:10] for at in reversed(DAYS)]
    kinds = ["New", "Removed", "Changed", "Changed", "Changed", "New"]
    assert [str(title).split()[0] for _, title in told] == kinds
    assert len({e.findtext(f"{ATOM}id") for e in entries}) == len(DAYS)


def test_the_history_of_a_definition_ends_with_the_one_in_force(turned: Path) -> None:
    steps = page(turned, "tools/*/run.html").css("#history ins, #history del")
    told = [(node.tag, " ".join(node.text(deep=True).split())) for node in steps]
    assert [tag for tag, words in told if words.startswith("Delete all")] == ["ins", "del", "ins"]
    (twin,) = (turned / "site").glob("tools/*/run.json")
    history = json.loads(twin.read_text(encoding="utf-8"))["history"]
    assert [one["first_seen"] for one in history] == DAYS[:4]


def test_the_page_of_a_server_tells_what_came_and_went(turned: Path) -> None:
    steps = page(turned, "servers/*turns*.html").css("ul.steps li")
    told = [" ".join(node.text(deep=True).split()) for node in steps]
    assert told == [
        "2026-11-06 run came",
        "2026-11-05 run went",
        *(f"2026-11-0{day} run changed its definition" for day in (4, 3, 2)),
    ]


def test_two_same_turns_keep_their_days(turned: Path) -> None:
    with Catalog.open(turned / "toolrisk.db") as catalog:
        turns = [one for one in catalog.changes("") if one.kind == "changed"]
        found = changed(catalog, turns, Options())
    told = sorted((str(one.at), bool(one.rug_pull)) for one in found)
    assert told == [(DAYS[1], True), (DAYS[2], False), (DAYS[3], True)]
