"""The target `clients`: the settings files of this machine, each to be looked at as a config."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, cast

from crawler.client_config import disabled_notes
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


class Clients(NamedTuple):
    """The client of every settings file that has servers, and what is not looked at."""

    files: dict[str, str]
    unread: list[Skipped]
    notes: list[str]
    """A line for each server that is switched off."""
    servers: tuple[str, ...]


def read_clients(target: str) -> Clients:
    """Read the settings files of this machine; nothing is fetched and no server is asked."""
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
    servers = tuple(one.server for one in found if isinstance(one, Listing))
    unread = [one for one in found if isinstance(one, Skipped)]
    names = tuple(server.name for server in servers)
    return Clients(files, unread, list(disabled_notes(servers)), names)
