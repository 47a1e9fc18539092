"""The target `clients`: the settings files of this machine, each to be looked at as a config."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from crawler.records import Listing, Skipped
from crawler.targets import SourceTarget, parse_target

if TYPE_CHECKING:
    from crawler.sources import Getter


def is_clients(target: str) -> bool:
    """Say whether a TARGET means the clients of this machine.

    Raises:
        TargetError: it is no TARGET.

    """
    parsed = parse_target(target)
    return isinstance(parsed, SourceTarget) and parsed.source == "clients"


def read_clients(target: str) -> tuple[dict[str, str], list[Skipped]]:
    """Return the client of every settings file that has servers, and what could not be read.

    Nothing is fetched and no server is asked.
    """
    from crawler.sources import clients

    async def listings() -> list[Listing | Skipped]:
        nobody = cast("Getter", None)  # every file is on this machine
        return [one async for one in clients.listings(nobody, where, None)]

    where = target.partition("+")[2] or clients.SOURCE.where or "~"
    found = asyncio.run(listings())
    files = {
        one.provenance.url: one.server.name.partition(":")[0]
        for one in found
        if isinstance(one, Listing)
    }
    return files, [one for one in found if isinstance(one, Skipped)]
