"""How to control the tool: one decision, and the file of every enforcement point for it."""

from collections.abc import Mapping
from typing import Any

from classifier.intent import effect
from classifier.pages import words
from classifier.pages.control import policies
from classifier.pages.environment import joined
from classifier.pages.model import ToolPage
from classifier.pages.panels import heads, panels
from classifier.pages.sections import Section

SECTION = Section("control", "How to control it", 70)

BUDGET = 24_000
"""Characters of policy text on a page, as they are escaped."""

BUDGET_TIGHT = 2_000


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the decision in words and a tab for each target."""
    return {
        "name": page.tool.name,
        "decision": words.decision(page.intent),
        "effect": effect(page.intent),
        "reason": page.intent.reason,
        **_panels(page, BUDGET_TIGHT if page.is_tight else BUDGET),
        "server_page": page.server.path,
        "server": page.server.title,
        "whole": _whole(page),
    }


def _whole(page: ToolPage) -> str:
    """Say what the policy of the server's page does beyond this one; empty where it has none."""
    if not page.server.rows:
        return ""
    if page.is_gone:
        return "takes in the tools that are still listed"
    return "takes in the other tools too" if page.others else "comes in stricter profiles too"


def _panels(page: ToolPage, budget: int) -> Mapping[str, Any]:
    if sum(one.size for one in page.made) <= budget:
        return {"heads": heads(), "panels": joined(one.panel for one in page.made)}
    return panels(policies(page.tool.server, (page.intent,)), budget)
