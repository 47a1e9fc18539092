"""What is read from a catalogue: tools, servers, versions and changes, each with its place in it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from crawler.catalog import rows
from crawler.records import Listing, Probe, Server, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTool:
    """A tool with its place in the catalogue; `classification` is the newest, or None."""

    tool: Tool
    tool_id: int
    version_id: int
    ordinal: int
    origin: str
    first_seen: str
    last_seen: str
    removed_at: str | None = None
    classification: dict[str, Any] | None = None


class Due(NamedTuple):
    """A definition that is to be judged, as it is stored: whoever judges it takes it apart."""

    version_id: int
    server: str
    definition: str
    definition_sha256: str
    server_text: str
    extra: str | None

    @property
    def tool(self) -> Tool:
        """The definition; made anew every time it is asked for."""
        return rows.tool_of(self.server, self._asdict())


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogServer:
    """A server with everything that is known of it but its tools' definitions."""

    server_id: int
    server: Server
    listings: tuple[Listing, ...]
    stated: Listing | None
    """The listing whose list of tools is in force; None where the server was asked itself."""
    last_probe: Probe | None
    kept: Probe | None
    """The last answer that brought a list, where that is not known to its end and others followed."""
    tool_count: int
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogVersion:
    """One definition in a tool's history, and from when to when it was in force."""

    version_id: int
    tool: Tool
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one tool: `new` (or there again), `changed` or `removed`."""

    kind: str
    server: str
    tool: str
    tool_id: int
    at: str
    definition_sha256: str
    previous_sha256: str | None = None
