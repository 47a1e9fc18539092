"""Linked data (schema.org, JSON-LD) of a page, beside the questions: where it stands, what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.pages.environment import safe_url
from classifier.pages.invisible import visible
from classifier.pages.model import ServerPage
from classifier.pages.words import cut


def breadcrumbs(trail: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    """Return a BreadcrumbList of (name, address if it is known)."""
    items = [
        {
            "@type": "ListItem",
            "position": position,
            "name": visible(name),
            **({"item": address} if address else {}),
        }
        for position, (name, address) in enumerate(trail, start=1)
    ]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": items,
    }


def application(page: ServerPage) -> dict[str, Any]:
    """Return a server as a SoftwareApplication, in its sources' words."""
    server = page.facts.server
    made = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "applicationCategory": "MCP server",
        "name": visible(page.title),
        "identifier": visible(server.name),
        "description": visible(cut(server.description or "", 600)),
        "softwareVersion": visible(cut(server.version or "", 60)),
        "codeRepository": safe_url(server.repository_url),
        "url": safe_url(server.website_url),
    }
    return {key: value for key, value in made.items() if value}
