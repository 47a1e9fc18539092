"""A change moves only the pages that it can move, and every one of those."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.pages.index import index_of
from classifier.pages.likeness import Likeness
from classifier.pages.model import Row
from classifier.verdict import Category, Risk

NAMES = st.sampled_from(
    ["get_issue", "getIssue", "issue_get", "fetch_issue", "pg_run_query", "pg_query", "run",
     "delete_branch", "remove_branches", "send_mail_message", "post_message", "create_page"]
)  # fmt: skip
WORDS = [
    "issue",
    "tracker",
    "branch",
    "protected",
    "release",
    "mail",
    "recipient",
    "page",
    "space",
    "query",
    "table",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=0, max_size=7).map(" ".join)
SERVERS = [f"server-{number}" for number in range(9)]


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, tuple[Row, ...]]:
    return {server: draw(rows(server)) for server in SERVERS}


@st.composite
def rows(draw: st.DrawFn, server: str) -> tuple[Row, ...]:
    tools = draw(st.lists(st.tuples(NAMES, TEXTS), max_size=3, unique_by=lambda one: one[0]))
    return tuple(
        Row(
            server=server,
            server_title=server,
            name=name,
            path=f"tools/{server}/{name}",
            category=draw(st.sampled_from(Category)),
            risk=Risk.LOW,
            score=1,
            confidence=0.5,
            signals=(),
            summary=text,
        )
        for name, text in tools
    )


@settings(max_examples=200, deadline=None)
@given(catalogues(), st.data())
def test_who_is_not_near_a_change_keeps_the_closest_tools(before, data) -> None:
    changed = data.draw(st.sets(st.sampled_from(SERVERS), min_size=1, max_size=2))
    after = {**before, **{server: data.draw(rows(server)) for server in sorted(changed)}}
    old, new = (Likeness(rows, index_of(rows, {}, None, "")) for rows in (before, after))
    was = {server: before[server] for server in changed}
    now = {server: after[server] for server in changed}
    moved = new.near(was) | new.near(now)
    for server in set(SERVERS) - changed:
        for row in after[server]:
            assert row.path in moved or old.closest(row) == new.closest(row)
