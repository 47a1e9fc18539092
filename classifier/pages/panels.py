"""The tabs of a policy: what is the same on thousands of pages is rendered once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.pages.control import Policy, ordered_targets, within
from classifier.pages.environment import joined, render_part


def panels(
    given: Sequence[Policy], budget: int, group: str = "target", profile: str = ""
) -> dict[str, Any]:
    """Return the variables of the tabs: their heads and their panels.

    `group` tells several sets of tabs on one page apart.
    """
    return {
        "heads": heads(group),
        "panels": joined(panel(one, profile) for one in within(given, budget)),
    }


def heads(group: str = "target") -> Any:
    """Return the markup of the tabs, one for each target."""
    given = {"targets": ordered_targets(), "group": group}
    return render_part("templates/policy_tabs.html", given, same=group)


def panel(one: Policy, profile: str = "") -> Any:
    """Return the markup of one target's policy."""
    given = {"p": one, "words": _words(one), "profile": profile}
    return render_part("templates/policy_panel.html", given)


def _words(one: Policy) -> Any:
    if not one.text:
        return ""
    about = {"target": one.target, "effective": one.effective, "differs": one.differs}
    return render_part(
        "templates/policy_words.html", about, same=(one.target.id, one.effective, one.differs)
    )
