"""The page of a tool: its sections, its words, and that every quote is marked where it stands."""

from __future__ import annotations

import re  # noqa: TID251  # our own pages
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.intent import effect
from classifier.pages import words
from classifier.pages.control import intent_of, ordered_targets
from classifier.pages.definition import view_of
from classifier.pages.marks import number_evidence
from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.sections import sections
from classifier.pages.site import build
from classifier.policies import render, suggest_key
from classifier.rule import Decision
from classifier.signals.annotation_conflict import SIGNAL as CONFLICT
from classifier.verdict import Category, Evidence, Finding, Risk


def tools_of(world: MemorySource, name: str) -> dict[str, ToolFacts]:
    return {t.tool.name: t for t in world.tools(name).tools}


@pytest.fixture(scope="module")
def opens(site: Path) -> LexborHTMLParser:
    path = next(site.glob("tools/*/deskopenstream-*.html"))
    return LexborHTMLParser(path.read_text(encoding="utf-8"))


def text_of(tree: LexborHTMLParser, selector: str) -> str:
    return " ".join(node.text(deep=True) for node in tree.css(selector))


def test_sections_stand_in_the_order_of_the_brief(opens: LexborHTMLParser) -> None:
    shown = [node.attributes["id"] for node in opens.css("main > section")]
    assert shown == [
        "verdict",
        "effect",
        "definition",
        "rationale",
        "signals",
        "hints",
        "control",
        "parameters",
        "attacks",
        "history",
        "related",
        "questions",
        "provenance",
    ]
    assert shown == [loaded.section.id for loaded in sections()]


def test_the_card_answers_at_once(opens: LexborHTMLParser) -> None:
    card = text_of(opens, "#verdict")
    for expected in (
        "DeskOpenStream",
        "One call can take, return or change a secret",
        "High risk",
        "Execute",
        "of 100",
        "+15",
        "Allow, at most 10 calls a minute",
        "91 %",
        "live, seen 2026-11-20",
    ):
        assert expected in card


def test_marks_equal_the_quotes(opens: LexborHTMLParser, world: MemorySource) -> None:
    judged = tools_of(world, "io.example/desk")["DeskOpenStream"].classification
    marks = number_evidence(judged)
    assert len(marks.quotes) == 4
    for quote in marks.quotes:
        found = [
            node.text(deep=True)
            for node in opens.css("mark.ev")
            if str(quote.number) in (node.attributes["data-n"] or "").split()
        ]
        assert "".join(found) == quote.evidence.text
        assert opens.css_first(f"#m{quote.number}") is not None
        assert opens.css_first(f"#e{quote.number}") is not None


def test_marks_survive_a_text_that_is_too_long(world: MemorySource) -> None:
    tool = next(
        t.tool for t in world.tools("io.example/desk").tools if t.tool.name == "DeskOpenStream"
    )
    judged = tools_of(world, "io.example/desk")["DeskOpenStream"].classification
    filler = "word " * 4000
    long = type(tool)(
        server=tool.server,
        name=tool.name,
        description=(tool.description or "") + filler,
        input_schema=tool.input_schema,
    )
    view = view_of(long, number_evidence(judged))
    assert view.shown == {1, 2, 3, 4}
    shown = sum(len(s.text) for field in view.fields for s in field.segments)
    assert shown < 6000
    assert any(s.left_out for field in view.fields for s in field.segments)


def test_policies_are_those_of_the_targets(opens: LexborHTMLParser, world: MemorySource) -> None:
    one = tools_of(world, "io.example/desk")["DeskOpenStream"]
    intent = intent_of(one.tool, one.classification)
    panels = opens.css("#control .panel")
    assert len(panels) == len(ordered_targets())
    for target, panel in zip(ordered_targets(), panels, strict=True):
        code = panel.css_first("pre code")
        assert code is not None
        key = suggest_key(target.id, "io.example/desk")
        assert code.text(deep=True) == render(target.id, key, (intent,)).text
    assert effect(intent) in text_of(opens, "#control")


def test_missing_hints_are_shown_as_missing(opens: LexborHTMLParser) -> None:
    rows = [node.text(deep=True, separator="|") for node in opens.css("#hints tbody tr")]
    assert rows[0].split("|") == ["readOnlyHint", "true", "false", "differ"]
    assert "missing" in rows[1]


def test_a_hint_contradicts_only_where_the_signal_points_at_it(
    tmp_path: Path, make_server: Callable[..., ServerFacts], make: Callable[..., ToolFacts]
) -> None:
    one = make("empty_bin", "Empties the bin.")
    hints = {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": False}
    pointer = Evidence("/annotations/destructiveHint", 0, 0, "destructiveHint")
    judged = one.classification._replace(
        category=Category.READ,
        findings=(Finding(signal=CONFLICT, evidence=(pointer,)),),
    )
    told = replace(one, tool=replace(one.tool, annotations=hints), classification=judged)
    build(
        MemorySource.of([(make_server("io.example/made"), ServerTools((told,)))]), tmp_path / "site"
    )
    page = next((tmp_path / "site").glob("tools/*/empty_bin.html"))
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    cells = [[cell.text() for cell in row.css("th, td")][1:] for row in tree.css("#hints tbody tr")]
    assert cells == [
        ["false", "true", "differ"],
        ["false", "true", "contradict"],
        ["missing", "no sign either way", "cannot be compared"],
        ["false", "no sign either way", "cannot be compared"],
    ]
    assert text_of(tree, "#hints strong") == "1 hint contradicts what the definition says."
    assert "1 hint differs from our label" in text_of(tree, "#hints")


def test_the_history_shows_words_that_came_and_went(opens: LexborHTMLParser) -> None:
    assert "quiet" in text_of(opens, "#history del")
    assert "trading desk" in text_of(opens, "#history ins")


def test_related_tools_come_worst_first(opens: LexborHTMLParser) -> None:
    names = [node.text() for node in opens.css("#related td.tool a")]
    assert names == ["list_accounts", "rename_account", "DeskRenewStream"]


def test_no_words_of_another_category(site: Path) -> None:
    own = {
        c: (words.CATEGORY_MEANING[c][1:], words.CATEGORY_HANDLING[c], words.CATEGORY_VERB[c])
        for c in Category
    }
    seen = set()
    for path in site.glob("tools/*/*.html"):
        tree = LexborHTMLParser(path.read_text(encoding="utf-8"))
        main = tree.css_first("main")
        assert main is not None
        mine = Category(main.attributes["data-category"])
        seen.add(mine)
        text = main.text(deep=True)
        assert words.sentence_on(mine) in text
        for category, phrases in own.items():
            if category is not mine:
                assert not [p for p in phrases if p in text], path
    assert seen == set(Category)


def test_what_is_said_of_calls_follows_the_decision(
    tmp_path: Path, make_server: Callable[..., ServerFacts], make: Callable[..., ToolFacts]
) -> None:
    kinds = [(category, risk) for category in Category for risk in Risk]
    plain = [make(f"{c.value}_{r.value}".lower(), "Does a thing.") for c, r in kinds]
    judged = [
        replace(one, classification=one.classification._replace(category=c, risk=r))
        for one, (c, r) in zip(plain, kinds, strict=True)
    ]
    known = make_server("io.example/made")
    build(MemorySource.of([(known, ServerTools(tuple(judged)))]), tmp_path / "site")
    met = set()
    for one in judged:
        decided = intent_of(one.tool, one.classification).decision
        met.add(decided)
        page = next((tmp_path / "site").glob(f"tools/*/{one.tool.name}.html"))
        said = text_of(LexborHTMLParser(page.read_text(encoding="utf-8")), "#effect").lower()
        if one.classification.category is not Category.READ:
            assert ("limit on calls" in said) == (decided is Decision.LIMIT), said
            assert ("refuses it" in said) == decided.refuses, said
            assert ("has a person look" in said) == (decided is Decision.ASK), said
    assert {Decision.LIMIT, Decision.ASK, Decision.DENY} <= met


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 tools"), (1, "1 tool"), (99, "99 tools"), (100, "about 100 tools"),
        (275, "about 270 tools"), (25_318, "about 25,000 tools"),
    ],
)  # fmt: skip
def test_the_size_of_the_index_is_called_rounded_where_it_is(count: int, told: str) -> None:
    assert words.scale(words.rounded(count), "tool") == told


def test_our_words_are_well_formed(site: Path) -> None:
    for path in site.rglob("*.html"):
        if "evil" in str(path):
            continue
        tree = LexborHTMLParser(path.read_text(encoding="utf-8"))
        tree.strip_tags(["pre", "script", "title"])
        for node in tree.css("p, dd, summary, li, h1, h2"):
            text = " ".join(node.text(deep=True).split())
            assert not re.search(r"\b[Aa] (Execute|Other|[aeiou]\w+)\b", text), text
            assert not re.search(r"\b[Aa]n (Read|Write)\b", text), text
            assert not re.search(r"\b(\w{2,}) \1\b", text), text
            assert not re.search(r"(?<!\.)\.\.(?![./])", text), text
            assert not re.search(r"\b[Ss]afe\b|Sign up|free account", text), text
            assert "MCP Server MCP" not in text


def test_every_internal_link_leads_somewhere(site: Path) -> None:
    ids: dict[Path, set[str]] = {}
    trees = {
        p: LexborHTMLParser(p.read_text(encoding="utf-8")) for p in sorted(site.rglob("*.html"))
    }
    for path, tree in trees.items():
        found = [node.attributes["id"] or "" for node in tree.css("[id]")]
        assert len(found) == len(set(found)), f"{path}: an id twice"
        ids[path.resolve()] = set(found)
    for path, tree in trees.items():
        for node in tree.css("[href], [src]"):
            link = node.attributes.get("href") or node.attributes.get("src") or ""
            if link.startswith(("http://", "https://")):
                continue
            file, _, anchor = link.partition("#")
            target = (path.parent / file.split("?")[0]).resolve() if file else path.resolve()
            assert target.is_file(), f"{path}: {link}"
            if anchor:
                assert anchor in ids[target], f"{path}: {link}"


def test_a_server_without_tools_says_why(site: Path) -> None:
    page = next(site.glob("servers/io-example-silent-*.html")).read_text(encoding="utf-8")
    assert "asked for credentials, so its tools were not seen" in page


def test_pages_are_small(site: Path) -> None:
    for path in site.glob("tools/*/*.html"):
        assert path.stat().st_size < 60_000, path
