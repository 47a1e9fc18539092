"""Tools that went and servers that were withdrawn: their pages stay, and say nothing false."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.server_facts import MOST_CHANGES
from classifier.pages.site import build
from crawler.records import Server, ServerName

DAY = "2026-11-19T08:00:00Z"
MANY = MOST_CHANGES + 3


@pytest.fixture(scope="module")
def past(
    tmp_path_factory: pytest.TempPathFactory,
    make: Callable[..., ToolFacts],
    make_server: Callable[..., ServerFacts],
) -> Path:
    """Return a site of servers some of whose tools, or all, are listed no more."""

    def of(own: str, here: tuple[str, ...], went: tuple[str, ...]) -> ServerTools:
        kept = [make(name, f"Gets {name}.", own) for name in here]
        lost = [replace(make(name, f"Gets {name}.", own), removed_at=DAY) for name in went]
        return ServerTools((*kept, *lost))

    unlisted = make_server("io.example/empty", "Empty", probe=None)
    deleted = Server(name=ServerName("io.example/taken"), title="Taken", status="deleted")
    many = tuple(f"get_part_{index:02}" for index in range(MANY))
    given = [
        (make_server("io.example/some", "Some"), of("io.example/some", ("stays",), ("went",))),
        (unlisted, of("io.example/empty", (), ("first_gone", "second_gone"))),
        (make_server("io.example/lone", "Lone"), of("io.example/lone", ("alone",), ())),
        (make_server("io.example/taken", server=deleted), of("io.example/taken", (), many)),
    ]
    out = tmp_path_factory.mktemp("past") / "site"
    build(MemorySource.of(given), out)
    return out


def page(site: Path, pattern: str) -> LexborHTMLParser:
    path = next(site.glob(pattern))
    return LexborHTMLParser(path.read_text(encoding="utf-8"))


def text(tree: LexborHTMLParser, selector: str = "body") -> str:
    return " ".join(" ".join(n.text(deep=True) for n in tree.css(selector)).split())


def test_a_page_of_a_tool_that_went_speaks_of_the_past(past: Path) -> None:
    went = page(past, "tools/*/went.html")
    assert "takes in the tools that are still listed" in text(went, "#control")
    assert [n.text() for n in went.css("#related td.tool a")] == ["stays"]
    answer = (
        "went was provided by Some (io.example/some), which lists it no more (noticed 2026-11-19)."
    )
    assert answer in text(went, "#questions")
    assert "Which server provided went?" in text(went, "#questions")
    asked = json.loads(went.css("#questions script")[0].text())["mainEntity"]
    assert answer in asked[-1]["acceptedAnswer"]["text"]
    stays = page(past, "tools/*/stays.html")
    assert "No other tool of Some is listed here now." in text(stays, "#related")
    assert "comes in stricter profiles too" in text(stays, "#control")
    alone = page(past, "tools/*/alone.html")
    assert "It is the only tool that Lone was seen to offer." in text(alone, "#related")


@pytest.mark.parametrize("name", ["first_gone", "get_part_00"])
def test_without_a_listed_tool_there_is_no_policy_to_link_to(past: Path, name: str) -> None:
    tree = page(past, f"tools/*/{name}.html")
    assert tree.css('a[href$="#policy"]') == []
    assert "only tool" not in text(tree)
    assert "0 tools" not in text(tree)
    assert "No other tool of" in text(tree, "#related")


def test_the_page_of_a_server_without_tools_remembers_them(past: Path) -> None:
    empty = page(past, "servers/io-example-empty-*.html")
    assert "No tool of this server is listed any more." in text(empty)
    assert "of this server is known" not in text(empty)
    assert "Nobody has asked" not in text(empty)
    assert text(empty, "title").startswith("Empty: no tool listed any more")
    assert text(empty, "#gone ~ .steps a").startswith("first_gone second_gone")
    some = page(past, "servers/io-example-some-*.html")
    assert text(some, "title").startswith("Some: 1 tool and its policy")
    assert text(some, ".lead") == "1 tool: it reads."
    assert text(some, "#gone") == "Tools that it lists no more"
    assert page(past, "servers/io-example-lone-*.html").css("#gone") == []


def test_every_tombstone_of_a_withdrawn_server_is_linked_from_it(past: Path) -> None:
    taken = page(past, "servers/io-example-taken-*.html")
    linked = {node.attributes["href"] for node in taken.css("ul.steps a")}
    assert len(linked) == MANY
    assert "3 earlier steps are left out." in text(taken)
    assert "No tool of" not in text(taken)
    answer = text(page(past, "tools/*/get_part_00.html"), "#questions")
    assert "which a registry withdrew (noticed 2026-11-19)." in answer


def test_every_link_of_a_past_leads_somewhere(past: Path) -> None:
    trees = {
        path.resolve(): LexborHTMLParser(path.read_text(encoding="utf-8"))
        for path in past.rglob("*.html")
    }
    for path, tree in trees.items():
        for node in tree.css("a[href]"):
            file, _, anchor = (node.attributes["href"] or "").partition("#")
            target = (path.parent / file).resolve() if file else path
            if file.startswith("http") or not anchor:
                continue
            assert trees[target].css_first(f'[id="{anchor}"]') is not None, f"{path}: {anchor}"
