"""Looking again is no change: a site is not written anew because a crawl found all as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from classifier.engine import Options
from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from classifier.store import classify_catalog
from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool


def crawled(db: Path, now: str, names: list[str], told: str) -> None:
    """Record the same two servers at a time, one with these tools."""
    found = []
    for server in ("one", "two"):
        tools = tuple(
            Tool(
                server=ServerName(server), name=name, description=f"{told} {name}.",
                input_schema={"type": "object", "properties": {"id": {"type": "string"}}},
            )
            for name in names
        )  # fmt: skip
        found.append(Gathered(server=Server(name=ServerName(server)), tools=tools))
    found[1] = replace(
        found[1], tools=tuple(replace(t, description="Gets it.") for t in found[1].tools or ())
    )
    with Catalog.open(str(db)) as catalog:
        catalog.record_many(found, now=now)
        classify_catalog(catalog, Options())


def test_a_second_crawl_on_the_same_day_writes_no_page(tmp_path: Path) -> None:
    db, out = tmp_path / "c.db", tmp_path / "site"
    crawled(db, "2026-11-20T08:00:00+00:00", ["get_item", "get_user"], "Gets")
    with Catalog.open(str(db)) as catalog:
        first = build(CatalogSource(catalog), out)
    assert first.written > 0
    crawled(db, "2026-11-20T21:30:07+00:00", ["get_item", "get_user"], "Gets")
    with Catalog.open(str(db)) as catalog:
        again = build(CatalogSource(catalog), out)
    assert again.written == 0
    crawled(db, "2026-11-21T08:00:00+00:00", ["get_item", "get_user"], "Gets")
    with Catalog.open(str(db)) as catalog:
        later = build(CatalogSource(catalog), out)
    assert later.written > 0
    assert "2026-11-21" in "".join(
        p.read_text(encoding="utf-8") for p in (out / "servers").glob("*.html")
    )


def test_a_tool_that_changed_is_written_though_the_others_were_looked_at_too(
    tmp_path: Path,
) -> None:
    db, out = tmp_path / "c.db", tmp_path / "site"
    crawled(db, "2026-11-20T08:00:00+00:00", ["get_item", "get_user"], "Gets")
    with Catalog.open(str(db)) as catalog:
        build(CatalogSource(catalog), out)
    before = {path: path.read_bytes() for path in out.rglob("*.html")}
    crawled(db, "2026-11-20T09:00:00+00:00", ["get_item", "get_user"], "Deletes")
    with Catalog.open(str(db)) as catalog:
        build(CatalogSource(catalog), out)
    changed = {path for path, was in before.items() if path.read_bytes() != was}
    assert {path.stem for path in changed if path.parent.name == "one"} >= {"get_item", "get_user"}
