"""What a crawl brings home about one server, before anything is stored. Import-light."""

from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.records import Listing, Origin, Outcome, Probe, Server, Skipped, Tool, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The end of a complete walk of a registry, which began at `started_at` (UTC)."""

    source: str
    url: str
    started_at: str
    is_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How far a walk of a slow source came: behind `after` the next one goes on."""

    source: str
    place: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One server, what a source says of it, and what asking it brought.

    `tools` None means that nobody said anything about tools; an empty tuple, that there are
    none. `probe` None means that it was not asked. `skipped` says why nothing was looked at,
    and then there may be no server at all.
    """

    server: Server | None
    listing: Listing | None = None
    probe: Probe | None = None
    tools: tuple[Tool, ...] | None = None
    origin: Origin = Origin.DECLARED
    skipped: Skipped | None = None
    pending: bool = False  # it will be asked for its tools; until then it does not count itself
    found_by: str = ""  # the source that was read, where there is no listing to say so
    other_names: tuple[str, ...] = ()  # by which other sources list it
    era: str | None = None  # how the server was spoken with last: initialize, stateless, or sse
    stop: Stop | None = None  # of a source that is walked a part at a time
    walk: Walk | None = None  # nothing but the news that everything before it was complete

    @property
    def source(self) -> str:
        """Who stated the tools: `probe`, `package` (its source), or the list with its place."""
        if self.probe is not None and self.probe.tools:
            return "package" if self.probe.origin is Origin.STATIC else "probe"
        return self.listing.provenance.label if self.listing is not None else "probe"

    @property
    def is_complete(self) -> bool:
        """Say whether a tool that is missing here is gone.

        Not in a cut list, under a placeholder set-up, or where source was read: it may be made
        at run time. Nor where a tool was left out as malformed: it is offered still.
        """
        told = self.probe or self.listing
        if told is not None and (told.truncated or told.problems):
            return False
        if self.probe is None:
            return self.origin is not Origin.STATIC
        return not self.probe.dummy_config and self.probe.origin is not Origin.STATIC


def told_tools(probe: Probe) -> tuple[Tool, ...] | None:
    """Return the tools that an attempt found, or None where it says nothing about them.

    Source in which no tool was found says nothing: the tools may be made at run time.
    """
    if probe.origin is Origin.STATIC and not probe.tools:
        return None
    return probe.tools if probe.outcome in (Outcome.LISTED, Outcome.NO_TOOLS) else None


def era_of(found: Probe) -> str | None:
    """Return how a server was spoken with, for the next time: None where it was not."""
    return "sse" if found.era and found.transport == Transport.SSE else found.era


def utc_now() -> str:
    """Return the time as UTC ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
