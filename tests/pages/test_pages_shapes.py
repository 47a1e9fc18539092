"""A policy filled into a shape is, to the letter, the policy that rendering gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.condition import Condition, ConditionKind
from classifier.enforcement.documents import AMBIGUOUS
from classifier.intent import Intent
from classifier.pages import shapes
from classifier.pages.control import ordered_targets, policy
from classifier.pages.panels import panel
from classifier.rule import Decision, Limit
from classifier.verdict import Risk
from crawler.records import sha256

WORDS = [
    *sorted(AMBIGUOUS),
    "default", "tools", "rules", "deny", "allow", "version", "hide", "name", "key", "lower",
    "definitions", "match", "agents", "mcp_servers", "mcp__x", "mcp_x", "a__b", "a_", "inf", "nan",
    "Zqjx_wk-7Jq", "kzvq-7wj", "wvjkzvwj", "%(name)s", "%s", "{}", "1", "1.0", "0x1", "-", "~",
]  # fmt: skip
"""Names that mean something in some format, or in ours."""

PLAIN = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,70}", fullmatch=True)
NAMES = st.one_of(PLAIN, PLAIN, st.sampled_from(WORDS), st.text(max_size=8))
SERVERS = st.one_of(
    st.from_regex(r"(?:npm:@|pypi:|io\.github\.|@|)[A-Za-z0-9._-]{1,30}(?:/[A-Za-z0-9._-]{1,40})?", fullmatch=True),
    st.sampled_from(WORDS),
    st.text(min_size=1, max_size=8),
)  # fmt: skip
RULES = st.one_of(
    st.sampled_from([(d, None) for d in Decision if d is not Decision.LIMIT]),
    st.sampled_from([(Decision.LIMIT, Limit(n, w)) for n in (1, 60) for w in ("minute", "day")]),
)
CONDITIONS = st.sampled_from(
    [(), (), (), (Condition(("path",), ConditionKind.INSIDE, ("/srv",)),)],
)


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    decision, limit = draw(RULES)
    name = draw(NAMES)
    return Intent(
        server=draw(SERVERS),
        tool=name,
        decision=decision,
        limit=limit,
        conditions=() if decision.refuses else draw(CONDITIONS),
        reason="a Read tool of low risk",
        definition_sha256=draw(st.sampled_from(["", sha256("x"), sha256("y")])),
        risk=draw(st.sampled_from(Risk)),
        input_schema={"type": "object", "properties": {"path": {"type": "string"}}},
    )


@settings(max_examples=150, deadline=None)
@given(intents())
def test_a_filled_shape_is_what_rendering_gives(intent: Intent) -> None:
    for made in shapes.made_for(intent.server, intent):
        full = policy(made.target, intent.server, (intent,))
        assert made.text == full.text
        assert made.panel == panel(full)
        assert made.size >= full.size


@pytest.mark.parametrize("target", ordered_targets(), ids=lambda target: target.id)
@pytest.mark.parametrize("decision", Decision)
def test_every_target_has_shapes(target, decision) -> None:
    # Without one the pages are right all the same, and take many times as long.
    limit = Limit(10, "minute") if decision is Decision.LIMIT else None
    assert shapes._shape(target.id, decision, limit) is not None
