"""All files of one server: its page, the pages of its tools, and their twins."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from classifier.pages.model import ServerFacts, ServerPage, ServerTools, ToolPage
from classifier.pages.plan import Plan, paired
from classifier.pages.server_site import server_files
from classifier.pages.tool_site import tool_files

SIBLINGS = 6


def files_of(
    plan: Plan, facts: ServerFacts, offered: ServerTools, only: AbstractSet[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file about one server, or of `only` these pages."""
    stamp = plan.overview.stamp
    page, tools = pages_of(plan, facts, offered)
    if only is None or page.path in only:
        yield from server_files(page, stamp, plan.base_url)
    for tool in tools:
        if only is None or tool.row.path in only:
            yield from tool_files(tool, stamp)


def pages_of(
    plan: Plan, facts: ServerFacts, offered: ServerTools
) -> tuple[ServerPage, Iterator[ToolPage]]:
    """Return what the pages of one server and of its tools are made of."""
    name = facts.server.name
    pairs = paired(facts, plan.slug[name], offered)
    listed = [(row, tool) for row, tool in pairs if not tool.removed_at]
    rows = tuple(row for row, _ in listed)
    page = ServerPage(
        facts=facts,
        title=plan.titles[name],
        slug=plan.slug[name],
        rows=rows,
        tools=tuple(tool for _, tool in listed),
        known=tuple((tool, row.path) for row, tool in pairs),
        unclassified=offered.unclassified,
        similar=plan.similar_servers(name),
        imitates=plan.imitates(name),
    )
    head = rows[: SIBLINGS + 1]
    tools = (
        ToolPage(
            facts=tool,
            server=page,
            row=row,
            scale=plan.overview.scale,
            siblings=tuple(one for one in head if one.path != row.path)[:SIBLINGS],
            similar=plan.similar(row),
            base_url=plan.base_url,
        )
        for row, tool in pairs
    )
    return page, tools
