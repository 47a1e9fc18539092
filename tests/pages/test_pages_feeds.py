"""What machines ask for: feed, sitemap, robots.txt, llms.txt, linked data, search index."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.pages import feeds
from classifier.pages.environment import render
from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.search import shard_of, words_of, words_of_name
from classifier.pages.site import build

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def hosted(world: MemorySource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hosted") / "site"
    build(world, out, "https://host.example/tools/")
    return out


def test_the_feed_is_well_formed_and_newest_first(hosted: Path) -> None:
    feed = ET.fromstring((hosted / "changes.atom").read_bytes())  # noqa: S314  # our own output
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) > 20
    dates = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert (entries[0].findtext(f"{ATOM}title") or "").startswith("Changed definition: DeskOpen")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    for link in feed.iter(f"{ATOM}link"):
        target = link.attrib["href"]
        assert target.startswith("https://") or (hosted / target).is_file()


def test_no_name_can_break_the_feed() -> None:
    name = "".join(map(chr, (*range(0x80), 0xD800, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE)))
    entry = {"what": "New tool", "name": name[-80:], "server": name, "id": "0", "path": ""}
    changed = {**entry, "at": "2026-01-01T00:00:00Z", "day": "2026-01-01"}
    given = {"base": "", "updated": "2026-01-01T00:00:00Z", "changes": [changed]}
    feed = ET.fromstring(render("templates/changes.atom", given).encode())  # noqa: S314  # our own
    assert "U+FFFE" in (feed.findtext(f"{ATOM}entry/{ATOM}title") or "")


def test_the_sitemap_names_every_page(hosted: Path) -> None:
    tree = ET.fromstring((hosted / "sitemap.xml").read_bytes())  # noqa: S314  # our own output
    places = [node.text or "" for node in tree.iter(f"{MAP}loc")]
    base = "https://host.example/tools/"
    assert all(place.startswith(base) for place in places)
    assert all((hosted / place.removeprefix(base)).is_file() for place in places)
    tools = sorted(str(p.relative_to(hosted)) for p in hosted.glob("tools/*/*.html"))
    assert set(tools) <= {place.removeprefix(base) for place in places}
    assert f"Sitemap: {base}sitemap.xml" in (hosted / "robots.txt").read_text()


def test_a_large_sitemap_is_split(
    world: MemorySource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "PER_SITEMAP", 10)
    build(world, tmp_path / "site", "https://host.example")
    index = ET.fromstring((tmp_path / "site/sitemap.xml").read_bytes())  # noqa: S314  # ours
    names = [(node.text or "").rsplit("/", 1)[-1] for node in index.iter(f"{MAP}loc")]
    assert len(names) > 1
    for name in names:
        part = ET.fromstring((tmp_path / "site" / name).read_bytes())  # noqa: S314  # ours
        assert 0 < len(list(part.iter(f"{MAP}url"))) <= 10


def test_linked_data_is_json_and_says_what_the_page_says(site: Path) -> None:
    for path in site.glob("tools/*/*.html"):
        tree = LexborHTMLParser(path.read_text(encoding="utf-8"))
        script = tree.css_first('script[type="application/ld+json"]')
        assert script is not None
        found = json.loads(script.text(deep=True))
        asked = {" ".join(node.text(deep=True).split()) for node in tree.css("#questions summary")}
        assert len(found["mainEntity"]) == 3
        if "desk" in str(path):
            assert {q["name"] for q in found["mainEntity"]} <= asked


def test_llms_txt_escapes_what_servers_say(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    assert "# Toolrisk" in text
    assert "<img" not in text.replace("\\<img", "")


def test_removed_tools_are_in_the_changes(
    tmp_path: Path, make: Callable[..., ToolFacts], make_server: Callable[..., ServerFacts]
) -> None:
    import dataclasses

    gone = dataclasses.replace(make("old_tool", "Was here."), removed_at="2026-11-21T00:00:00Z")
    source = MemorySource.of([(make_server("io.example/made"), ServerTools((gone,)))])
    build(source, tmp_path / "site")
    assert "Removed tool" in (tmp_path / "site/changes.html").read_text()
    assert list(tmp_path.glob("site/tools/*/old_tool.html"))


def test_words_of_names_are_found_whole_and_apart() -> None:
    assert words_of_name("getHTTPResponse_v2") >= {
        "get",
        "http",
        "response",
        "v2",
        "gethttpresponse",
    }
    assert words_of("The quick, brown-fox") == {"quick", "brown", "fox"}
    assert shard_of("delete") == "de"
    assert shard_of("\u65e5\u672c") == "x65e5x672c"


def test_the_index_leads_to_every_tool(site: Path) -> None:
    shards = json.loads((site / "search/shards.json").read_bytes())
    names = 0
    for shard in shards:
        words = json.loads((site / f"search/w-{shard}.json").read_bytes())
        assert all(shard_of(word) == shard for word in words)
        names += len(words)
    assert names > 50
    blocks = sorted(site.glob("search/block-*.json"))
    entries = [entry for block in blocks for entry in json.loads(block.read_bytes())]
    attributes = json.loads((site / "search/attributes.json").read_bytes())
    assert len(entries) == len(attributes)
    assert all((site / f"{entry[1]}.html").is_file() for entry in entries)
