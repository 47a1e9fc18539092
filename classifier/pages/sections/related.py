"""Other tools: the server's own by risk, and the closest ones elsewhere with their labels."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import Row, ToolPage
from classifier.pages.sections import Section
from classifier.pages.words import listed

SECTION = Section("related", "Related tools", 110)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return siblings and similar tools, and where labels disagree."""
    mine = page.row
    similar = [
        {
            "row": row,
            "differs": _differs(mine, row),
        }
        for row in page.similar[: 1 if page.is_tight else None]
    ]
    return {
        "server": page.server.title,
        "server_page": page.server.path,
        "siblings": page.siblings[:3] if page.is_tight else page.siblings,
        "others": page.others,
        "is_only": len(page.server.known) <= 1 and not page.server.unclassified,
        "is_gone": page.is_gone,
        "similar": similar,
        "differing": sum(bool(one["differs"]) for one in similar),
    }


def _differs(mine: Row, other: Row) -> str:
    """Say in which labels two tools disagree; empty where they agree."""
    said = []
    if other.category is not mine.category:
        said.append(f"category {mine.category.value} here")
    if other.risk is not mine.risk:
        said.append(f"risk {mine.risk.value} here")
    return listed(said)
