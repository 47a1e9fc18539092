"""A vendor who states more than the definition tells is for a person to look at, and raises nothing."""

from dataclasses import replace

import pytest

from classifier.engine import Options, classify
from crawler.records import ServerName, Tool

SHADES = Tool(server=ServerName("s"), name="list_shades", description="List the shades of a palette.")  # fmt: skip
SUM = Tool(server=ServerName("s"), name="sum", description="Adds two numbers.")
DELETE = Tool(server=ServerName("s"), name="delete_shade", description="Delete a shade for good.")


def judged(tool, **hints):
    return classify(replace(tool, annotations=hints or None), Options(use_reviews=False))


@pytest.mark.parametrize(
    ("tool", "hints", "stated"),
    [
        (SHADES, {"destructiveHint": True}, "destructiveHint: true"),
        (SHADES, {"readOnlyHint": False}, "readOnlyHint: false"),
        (SHADES, {"readOnlyHint": False, "destructiveHint": True}, "destructiveHint: true"),
        (SUM, {"destructiveHint": True}, "destructiveHint: true"),
    ],
)
def test_what_a_vendor_states_beyond_it_is_for_review(tool, hints, stated):
    plain, found = judged(tool), judged(tool, **hints)
    assert found.needs_review
    assert not plain.needs_review
    assert any(f"The vendor states {stated}" in note for note in found.notes)
    assert (found.category, found.risk, found.risk_score) == (plain.category, plain.risk, plain.risk_score)  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "hints"),
    [
        (SHADES, {"readOnlyHint": True}),
        (
            SHADES,
            {"readOnlyHint": True, "destructiveHint": True},
        ),  # the protocol: then it means nothing
        (SHADES, {"idempotentHint": False, "openWorldHint": True}),
        (SHADES, {"destructiveHint": "yes"}),
        (SUM, {"readOnlyHint": False}),
        (DELETE, {"readOnlyHint": False, "destructiveHint": True}),
    ],
)
def test_what_goes_no_further_is_not(tool, hints):
    found = judged(tool, **hints)
    assert found.needs_review is judged(tool).needs_review
    assert not any("The vendor states" in note for note in found.notes)
