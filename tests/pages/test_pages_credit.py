"""A page credits the sources that it is built from, in the words that they ask for."""

import json

import pytest

from classifier.pages.model import MemorySource, ServerTools
from classifier.pages.site import build
from crawler.records import Provenance
from crawler.sources import load, terms_of
from crawler.targets import source_ids

DAY = "2026-11-20T08:00:00Z"


@pytest.mark.parametrize("source", source_ids())
def test_every_source_has_terms(source):
    described = load(source).SOURCE
    assert terms_of(source) == (described.credit or described.licence) != ""


def test_what_is_no_source_of_ours_has_its_own_terms():
    assert "own terms" in terms_of("https://registry.example")
    assert [terms_of(own) for own in ("file", "target", "client-config", "../x")] == [""] * 4


def test_the_credit_stands_on_every_page_and_in_the_twin(make_server, make, tmp_path):
    where = ("https://listing.example/sea/tide", "https://registry.example/v0.1/servers/x")
    listings = tuple(
        Provenance(source=source, url=url, fetched_at=DAY)
        for source, url in zip(("glama", "https://registry.example"), where, strict=True)
    )
    facts = make_server("io.example/tide", listings=listings)
    tools = ServerTools((make("look", "Looks.", "io.example/tide"),))
    build(MemorySource.of([(facts, tools)]), tmp_path / "site")
    (server,) = (tmp_path / "site" / "servers").glob("io-example-tide*.html")
    (tool,) = (tmp_path / "site" / "tools").glob("io-example-tide*/look*.html")
    for path in (server, tool):
        page = path.read_text()
        assert f'<a href="{where[0]}" rel="noreferrer">glama</a>' in page
        assert terms_of("glama") in page
    listed = json.loads(server.with_suffix(".json").read_text())["listed_by"]
    assert {(one["source"], one["url"], one["terms"]) for one in listed} == {
        ("glama", where[0], terms_of("glama")),
        ("https://registry.example", where[1], "by that registry's own terms"),
    }
