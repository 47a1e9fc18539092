"""Whatever a tool says, a page shows it as text: nothing is executed, nothing leads outside."""

from __future__ import annotations

import ast
import json
import re  # noqa: TID251  # our own templates
from pathlib import Path

import pytest
from hypothesis import given as some
from hypothesis import settings
from hypothesis import strategies as st
from markupsafe import escape
from selectolax.lexbor import LexborHTMLParser

from classifier.pages import environment as made
from classifier.pages.environment import safe_url
from classifier.pages.invisible import pieces, visible
from classifier.pages.model import MemorySource
from classifier.pages.slugs import slug, slugs

PACKAGE = Path(made.__file__).parent
EXPECTED_TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "header",
        "nav",
        "main",
        "footer",
        "p",
        "h1",
        "h2",
        "h3",
        "ol",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "strong",
        "svg",
        "rect",
        "section",
        "blockquote",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "pre",
        "code",
        "mark",
        "q",
        "fieldset",
        "legend",
        "input",
        "label",
        "button",
        "form",
        "select",
        "option",
        "noscript",
        "abbr",
        "del",
        "ins",
        "text",
        "g",
        "path",
        "circle",
        "line",
        "desc",
    ]
)
URL_ATTRIBUTES = ("href", "src", "action", "cite", "formaction", "data")


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_no_live_markup_on_any_page(site: Path) -> None:
    for path in pages(site):
        tree = LexborHTMLParser(path.read_text(encoding="utf-8"))
        for node in tree.css("*"):
            assert node.tag in EXPECTED_TAGS, f"{path}: <{node.tag}>"
            for name, value in node.attributes.items():
                assert not name.startswith("on"), f"{path}: {name}"
                assert name != "style", path
                if name in URL_ATTRIBUTES and value:
                    scheme = value.split(":", 1)[0] if ":" in value else ""
                    assert scheme in {"", "https", "http"}, f"{path}: {value}"
        scripts = tree.css("script")
        for script in scripts:
            source = script.attributes.get("src")
            assert source is not None or script.attributes.get("type") == "application/ld+json"
        assert not tree.css("style, iframe, object, embed, base, img")


def test_no_template_syntax_is_evaluated(site: Path) -> None:
    text = next(p for p in pages(site) if "7-7" in p.name).read_text(encoding="utf-8")
    assert "{{ 7 * 7 }}{% raw %}" in text


def test_no_unseen_character_reaches_a_page(site: Path) -> None:
    for path in pages(site):
        text = path.read_bytes().decode("utf-8")
        odd = [part for part, unseen in pieces(text) if unseen]
        assert not odd, f"{path}: {odd[:3]}"


def test_unseen_characters_are_named(site: Path) -> None:
    everything = "".join(p.read_text(encoding="utf-8") for p in pages(site))
    assert "U+202E right-to-left override" in everything
    assert "U+200B zero-width space" in everything
    assert "3 tag characters: &#34;ABC&#34;" in everything


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        ("a\u200bb", 'a<span class="unseen">U+200B zero-width space</span>b'),
        ("\u200b" * 9, '<span class="unseen">9 \u00d7 U+200B zero-width space</span>'),
        ("\U000e0042", '<span class="unseen">1 tag character: &#34;B&#34;</span>'),
        ("\U000e003c\U000e0062", '<span class="unseen">2 tag characters: &#34;&lt;b&#34;</span>'),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("a\ufe0f", 'a<span class="unseen">U+FE0F</span>'),
        ("line\nline\t.", "line\nline\t."),
        ("\ud800", '<span class="unseen">U+D800</span>'),
        (
            "na\u00efve \u65e5\u672c \u05e9\u05dc\u05d5\u05dd",
            "na\u00efve \u65e5\u672c \u05e9\u05dc\u05d5\u05dd",
        ),
    ],
)
def test_show_invisible(given: str, shown: str) -> None:
    printed = made.environment().from_string("{{ it|show_invisible }}").render(it=given)
    assert printed == shown


@settings(max_examples=300, deadline=None)
@some(st.text(st.sampled_from("<>&\"'ab\n\t\u200b\x00\u00e9\ud800 ")) | st.integers() | st.none())
def test_what_is_printed_is_escaped_once(value: object) -> None:
    # The compiled templates escape in one step what Jinja2 escapes after it is finalised.
    text = visible(value) if isinstance(value, str) else str(value)
    template = made.environment().from_string("{{ it }}|{{ it|e }}|<i title='{{ it }}'>{{ 'a<' }}")
    escaped = str(escape(text))
    assert template.render(it=value).split("|")[0] == escaped
    assert template.render(it=value).endswith(f"<i title='{escaped}'>a&lt;")
    assert made.environment().from_string("{{ it }}").render(it=escape(text)) == escaped


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        " java\nscript:alert(1)",
        "data:text/html,<script>",
        "//evil.example",
        "/etc/passwd",
        "https://user:secret@example.com/",
        "https://ex ample.com",
        "https://example.com/<b>",
        "https://[::1",
        "vbscript:x",
        "file:///etc/passwd",
        "https://\u0430pple.example",
        "",
        None,
    ],
)
def test_unsafe_urls_are_not_linked(url: str | None) -> None:
    assert safe_url(url) is None


def test_ordinary_urls_are_linked() -> None:
    assert safe_url("https://example.com/a?b=c#d") == "https://example.com/a?b=c#d"
    assert safe_url("http://example.com:8080") == "http://example.com:8080"


def test_escaping_is_always_on() -> None:
    environment = made.environment()
    assert environment.autoescape is True
    for template in [*PACKAGE.rglob("*.html")]:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape", text), template
        for value in re.findall(r"=\s*\{\{", text):
            pytest.fail(f"{template}: an attribute without quotes: {value}")


def test_markup_is_made_in_one_module() -> None:
    for module in PACKAGE.rglob("*.py"):
        if module.name == "environment.py":
            continue
        names = {
            node.id
            for node in ast.walk(ast.parse(module.read_text()))
            if isinstance(node, ast.Name)
        }
        assert "Markup" not in names, module


def test_every_name_gets_a_file_of_its_own(world: MemorySource) -> None:
    names = [t.tool.name for _, tools in world.given for t in tools.tools]
    made_slugs = slugs(names)
    values = list(made_slugs.values())
    assert len({value.casefold() for value in values}) == len(set(names))
    for value in values:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value)
        assert len(value) <= 90
        assert value not in {"con", "nul", "index", "404"}


def test_a_slug_depends_on_the_name_alone() -> None:
    assert slug("list_accounts") == "list_accounts"
    assert slugs(["Same", "same"])["Same"] == slugs(["Same"])["Same"]
    assert slug("Same") != slug("sAme")


def test_a_name_cannot_pose_as_the_slug_of_another() -> None:
    posing = slug("Same")
    assert slugs(["Same", posing])[posing] != posing


def test_twins_hold_everything_and_break_nothing(site: Path) -> None:
    for path in sorted(site.glob("tools/*/*.json")):
        found = json.loads(path.read_bytes())
        assert found["schema_version"] == 1
        assert found["definition"]["name"] == found["tool"]
    for path in sorted(site.glob("tools/*/*.md")):
        text = path.read_bytes().decode("utf-8")
        outside = re.sub(r"(?ms)^(`{3,})[a-z]*\n.*?\n\1\n", "", text)
        assert not re.search(r"(?<!\\)<", outside), path
