"""The files of one tool: its page and the twins for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from classifier.pages import words
from classifier.pages.environment import render, render_part
from classifier.pages.invisible import visible
from classifier.pages.linked import breadcrumbs
from classifier.pages.model import ToolPage
from classifier.pages.sections import sections
from classifier.pages.twins import tool_json, tool_markdown

ROOT = "../../"
LARGEST = 58_000
"""Bytes of a page above which its sections are asked to leave things out."""


Part = tuple[str, dict[str, Any], bool]
"""A section's template, its variables, and whether it repeats."""


def contexts(page: ToolPage) -> list[Part]:
    """Return every section that has something to say, in order."""
    made: list[Part] = []
    for loaded in sections():
        given = loaded.context(page)
        if given is not None:
            made.append((loaded.template, {**given, "root": ROOT}, loaded.section.repeats))
    return made


def frame(page: ToolPage, stamp: str) -> dict[str, Any]:
    """Return the variables of the page around the sections."""
    name, verdict = page.tool.name, page.classification
    shown = words.cut(visible(words.named(name)), 80)
    return {
        "title": f"{shown} on {page.server.title}: {verdict.risk.value} risk",
        "description": words.cut(
            f"{shown}: {words.capability(verdict)} {verdict.category.value}, "
            f"{verdict.risk.value} risk, score {verdict.risk_score} of 100.",
            200,
        ),
        "root": ROOT,
        "canonical": canonical(page.base_url, f"{page.row.path}.html"),
        "stamp": stamp,
        "file": page.row.path.rsplit("/", 1)[-1],
        "server": page.server.title,
        "server_page": page.server.path,
        "name": name,
        "category": verdict.category.value,
        "trail": breadcrumbs(
            (
                ("Catalogue", canonical(page.base_url, "index.html")),
                (page.server.title, canonical(page.base_url, f"{page.server.path}.html")),
                (shown, canonical(page.base_url, f"{page.row.path}.html")),
            )
        ),
    }


def canonical(base_url: str | None, path: str) -> str | None:
    """Return the page's own address, where it is known."""
    return f"{base_url.rstrip('/')}/{path}" if base_url else None


def assemble(made: list[Part], around: dict[str, Any]) -> str:
    """Render the sections and the page around them."""
    parts = [
        render_part(name, given, same=repr(given) if repeats else None)
        for name, given, repeats in made
    ]
    return render("templates/tool.html", {**around, "parts": parts})


def tool_files(page: ToolPage, stamp: str) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of a tool's page, its JSON and its Markdown."""
    text = assemble(contexts(page), frame(page, stamp)).encode()
    if len(text) > LARGEST:
        tight = replace(page, is_tight=True)
        text = assemble(contexts(tight), frame(tight, stamp)).encode()
    yield f"{page.row.path}.html", text
    yield f"{page.row.path}.json", tool_json(page)
    yield f"{page.row.path}.md", tool_markdown(page)
