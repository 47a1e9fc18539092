"""Which servers told only a part of their tools: what else there is of them is unknown, not gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from crawler.records import Tool

if TYPE_CHECKING:
    from crawler.catalog import Catalog

_SHOWN = 60
"""Characters of a server's name with which a problem of a file begins."""


def told_in_part(problems: Sequence[str], tools: Sequence[Tool]) -> frozenset[str]:
    """Return the servers of tools that were read whose lists have more than was read.

    A problem names its server, or the file that it stands in, which may be any server's.
    """
    servers: Collection[str] = {str(tool.server) for tool in tools}
    found: set[str] = set()
    for problem in problems:
        of = {name for name in servers if problem.startswith(f"{name[:_SHOWN]}: ")}
        found |= of or set(servers)
    return frozenset(found)


def say_partly(catalog: Catalog) -> None:
    """Say in a few lines of how many servers the catalogue knows a part of the list only."""
    from classifier.commands.inputs import say
    from crawler.catalog.partly import notes

    for note in notes(catalog.incomplete()):
        say(note)
