"""Where and when all this was obtained, how much else there is, and the same for machines."""

from collections.abc import Mapping
from typing import Any

from classifier.pages import words
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section
from classifier.pages.server_facts import sources

SECTION = Section("provenance", "Where this comes from", 130)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return origin, dates, digest, versions, counts and links."""
    facts, probe = page.facts, page.server.facts.probe
    return {
        "origin": words.ORIGIN[facts.origin],
        "first": words.day(facts.first_seen),
        "last": words.day(facts.last_seen),
        "probe": words.OUTCOME[probe.outcome] if probe else "",
        "probe_day": words.day(probe.at) if probe else "",
        "listings": sources(page.server)[:6],
        "digest": page.tool.definition_sha256,
        "ruleset": page.classification.ruleset,
        "model": page.classification.model,
        "truncated": page.classification.truncated,
        "server": page.server.title,
        "tools_here": words.number(len(page.server.rows), "tool") if page.server.rows else "",
        "tools_all": words.scale(page.scale.tools, "tool"),
        "servers_all": words.scale(page.scale.servers, "server"),
        "file": page.row.path.rsplit("/", 1)[-1],
    }
