"""Other tools: the server's own by risk, and the closest ones elsewhere with their labels."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("related", "Related tools", 110)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return siblings and similar tools, and where labels disagree."""
    mine = page.row
    similar = [
        {
            "row": row,
            "differs": row.category is not mine.category or row.risk is not mine.risk,
        }
        for row in page.similar[: 1 if page.is_tight else None]
    ]
    return {
        "server": page.server.title,
        "server_page": page.server.path,
        "siblings": page.siblings[:3] if page.is_tight else page.siblings,
        "others": len(page.server.rows) - (page.facts.removed_at is None),
        "similar": similar,
    }
