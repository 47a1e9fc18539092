"""Entries of a list that cannot be read: they are said to be there, and to be unknown."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from crawler.catalog import Catalog
from crawler.crawl import Summary
from crawler.records import Outcome, Probe, ServerName, Tool

NAME = ServerName("io.example/odd")
AT = "2026-11-01T00:00:00+00:00"
NOTE = "1 server lists tools that cannot be read: what they do is unknown"


@pytest.fixture
def db(tmp_path):
    """Return a catalogue with a server that listed one tool well, and one entry that is none."""
    tool = Tool(server=NAME, name="get_note", description="Get a note.")
    problems = ("tools[1]: its name is no text",)
    probe = Probe(outcome=Outcome.LISTED, tools=(tool,), problems=problems, started_at=AT)
    with Catalog.open(tmp_path / "toolrisk.db") as catalog:
        catalog.record_probe(NAME, probe, now=AT)
        fine = Tool(server=ServerName("fine"), name="get_note", description="Get a note.")
        plain = Probe(outcome=Outcome.LISTED, tools=(fine,), started_at=AT)
        catalog.record_probe(ServerName("fine"), plain, now=AT)
    return tmp_path / "toolrisk.db"


def test_commands_say_that_something_is_unknown(db, toolrisk):
    assert NOTE in toolrisk("classify", "--db", db).stderr
    assert NOTE in toolrisk("status", "--db", db).stdout
    assert NOTE in Summary(unread=1).to_text("x.db")
    assert "cannot be read" not in Summary().to_text("x.db")


def test_the_page_of_a_server_does_not_pass_for_all_of_it(db, toolrisk, tmp_path):
    toolrisk("classify", "--db", db)
    with Catalog.open(db) as catalog:
        build(CatalogSource(catalog), tmp_path / "site")
    told = {}
    for path in (tmp_path / "site" / "servers").glob("*.html"):
        main = LexborHTMLParser(path.read_text(encoding="utf-8")).css_first("main")
        told[path.stem.partition("-")[0]] = " ".join(main.text().split())
    said = "On 2026-11-01 its list had 1 entry that could not be read: what it does is unknown."
    assert said in told["io"]
    assert "could not be read" not in told["fine"]
    (twin,) = (tmp_path / "site" / "servers").glob("io-*.json")
    assert json.loads(twin.read_text(encoding="utf-8"))["probe"]["unread"] == 1
