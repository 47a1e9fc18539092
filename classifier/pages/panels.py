"""The tabs of a policy: what is the same on thousands of pages is rendered once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.pages.control import Policy, within
from classifier.pages.environment import render_part


def panels(given: Sequence[Policy], budget: int, group: str = "target") -> dict[str, Any]:
    """Return the variables of the tabs: their heads, and (policy, words under it) of each.

    `group` tells several sets of tabs on one page apart.
    """
    kept = within(given, budget)
    return {
        "heads": render_part(
            "templates/policy_tabs.html",
            {"targets": [one.target for one in kept], "group": group},
            same=(group, *(one.target.id for one in kept)),
        ),
        "panels": [(one, _words(one)) for one in kept],
    }


def _words(one: Policy) -> Any:
    if not one.text:
        return ""
    about = {"target": one.target, "effective": one.effective, "differs": one.differs}
    return render_part(
        "templates/policy_words.html", about, same=(one.target.id, one.effective, one.differs)
    )
