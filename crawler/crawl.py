"""The pipeline: targets to servers, servers to tools, tools to the catalogue.

Asking runs in its own thread and event loop, bounded by `concurrency`; writing stays in the
caller's thread, one batch a transaction, so that there is one writer and readers never wait.
A batch is whatever has arrived: one server when they come slowly, hundreds when they come fast.
"""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.from_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from crawler.expand import Prepared, expand, prepare
from crawler.gathered import Gathered, told_tools
from crawler.records import Listing, Origin, Outcome, Probe, Server, Tool
from crawler.targets import Target

if TYPE_CHECKING:  # `gather` works without a database, and without paying for one
    from crawler.catalog import Catalog
    from crawler.fetch import Fetcher

_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """How to crawl. `limit` counts servers of each registry; `concurrency` servers at a time."""

    allow_private: bool = False
    unsafe_no_sandbox: bool = False
    no_probe: bool = False
    limit: int | None = None
    concurrency: int = 32


class Observer(Protocol):
    """Who watches a crawl: a progress display, a log, or nobody."""

    def found(self, server: Server) -> None:
        """Take note of a server that will be looked at."""

    def finished(self, item: Gathered) -> None:
        """Take note of a server that has been looked at, or of what was skipped."""


class Nobody:
    """An observer that does not look."""

    def found(self, server: Server) -> None:
        """Do nothing."""

    def finished(self, item: Gathered) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Summary:
    """What a crawl saw and what it changed.

    `new`, `changed` and `unchanged` count tools; a server of which only a source was asked, and
    which names no tools, counts itself. `skipped` counts by outcome what could not be looked at.
    """

    servers: int = 0
    tools: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)
    reached: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the published fields."""
        return {
            "servers": self.servers,
            "tools": self.tools,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "skipped": dict(sorted(self.skipped.items())),
            "seconds": round(self.seconds, 3),
        }

    def to_text(self, database: str) -> str:
        """Return the summary for people: a line for each number that says something."""
        removed = f", {self.removed:,} gone" if self.removed else ""
        lines = [
            f"{self.servers:,} servers and {self.tools:,} tools in {self.seconds:.1f} s, in {database}",
            f"{self.new:,} new, {self.changed:,} changed, {self.unchanged:,} unchanged{removed}",
        ]
        if self.skipped:
            reasons = ", ".join(f"{name} {count:,}" for name, count in self.skipped.most_common())
            lines.append(f"skipped: {reasons}")
        if self.interrupted:
            lines.append("interrupted: what is counted here is stored")
        return "\n".join(lines)


def crawl(
    targets: Sequence[Target],
    options: CrawlOptions,
    catalog: "Catalog",
    observer: Observer | None = None,
) -> Summary:
    """Crawl the targets into the catalogue; an interrupt ends it with all that had arrived.

    Raises:
        TargetError: a file that cannot be read.
        CatalogError: the database refuses.

    """
    summary = Summary()
    started = time.monotonic()
    batch: list[Gathered] = []
    batches = _batches(targets, options)
    try:
        for batch in batches:
            _store(batch, catalog, summary, observer or Nobody())
            batch = []  # noqa: PLW2901 - what is stored must not be stored again
    except KeyboardInterrupt:
        summary.interrupted = True
        if batch:
            _store(batch, catalog, summary, observer or Nobody())
    finally:
        batches.close()
        summary.seconds = time.monotonic() - started
    return summary


def _store(batch: list[Gathered], catalog: "Catalog", summary: Summary, observer: Observer) -> None:
    tally = catalog.record_many(batch)
    for name in ("servers", "tools", "new", "changed", "unchanged", "removed"):
        setattr(summary, name, getattr(summary, name) + getattr(tally, name))
    summary.skipped.update(tally.skipped)
    for item in batch:
        summary.reached += _is_reached(item)
        line = reason_of(item)
        if line is not None and len(summary.reasons) < _MAX_REASONS:
            summary.reasons.append(line)
        observer.finished(item)


_MAX_REASONS = 100


def _is_reached(item: Gathered) -> bool:
    from_registry = item.listing is not None and item.listing.provenance.source != "target"
    return item.server is not None and (item.tools is not None or from_registry)


def reason_of(item: Gathered) -> str | None:
    """Return one line on why something could not be looked at, or None if it was."""
    if item.skipped is not None:
        return f"{item.skipped.subject}: {item.skipped.outcome.value}: {item.skipped.reason}"
    if item.probe is None or item.probe.outcome is Outcome.LISTED or item.server is None:
        return None
    detail = f": {item.probe.detail}" if item.probe.detail else ""
    return f"{item.server.name}: {item.probe.outcome.value}{detail}"


def gather(
    targets: Sequence[Target], options: CrawlOptions, observer: Observer | None = None
) -> Iterator[Gathered]:
    """Yield what the targets bring, as it arrives, without any database.

    Raises:
        TargetError: a file that cannot be read.

    """
    batches = _batches(targets, options)
    try:
        for batch in batches:
            for item in batch:
                if observer is not None:
                    observer.finished(item)
                yield item
    finally:
        batches.close()


def _batches(
    targets: Sequence[Target], options: CrawlOptions
) -> Generator[list[Gathered], None, None]:
    """Run the crawl in another thread and yield what has arrived, at least one item at a time."""
    # files are read before anything is contacted: a bad one is refused, and nothing is half done
    prepared = [prepare(target) for target in targets]
    send, receive = anyio.create_memory_object_stream[Gathered](_BATCH)
    with anyio.from_thread.start_blocking_portal() as portal:
        job = portal.start_task_soon(_produce, prepared, options, send)
        try:
            while batch := portal.call(_receive, receive):
                yield batch
            job.result()
        finally:
            job.cancel()
            portal.call(receive.aclose)


async def _receive(stream: MemoryObjectReceiveStream[Gathered]) -> list[Gathered]:
    """Wait for one item and take all that are there; an empty list is the end."""
    try:
        batch = [await stream.receive()]
    except anyio.EndOfStream:
        return []
    with suppress(anyio.WouldBlock, anyio.EndOfStream):
        while len(batch) < _BATCH:
            batch.append(stream.receive_nowait())
    return batch


async def _produce(
    targets: list[Prepared], options: CrawlOptions, send: MemoryObjectSendStream[Gathered]
) -> None:
    """Expand the targets and look at each server, a bounded number at a time."""
    from crawler.fetch import Fetcher

    jobs, waiting = anyio.create_memory_object_stream[Gathered](options.concurrency)
    async with send, Fetcher(options) as fetcher, anyio.create_task_group() as group:
        for _ in range(options.concurrency):
            group.start_soon(_work, waiting.clone(), send, options, fetcher)
        waiting.close()
        async with jobs:
            for target in targets:
                async for item in expand(target, fetcher, options.limit):
                    asks = item.tools is None and item.skipped is None and not options.no_probe
                    await (jobs if asks and _is_alive(item) else send).send(item)


def _is_alive(item: Gathered) -> bool:
    return item.server is not None and item.server.status != "deleted"


async def _work(
    waiting: MemoryObjectReceiveStream[Gathered],
    send: MemoryObjectSendStream[Gathered],
    options: CrawlOptions,
    fetcher: "Fetcher",
) -> None:
    async with waiting:
        async for item in waiting:
            await send.send(await look_at(item, options, fetcher))


async def look_at(item: Gathered, options: CrawlOptions, fetcher: "Fetcher") -> Gathered:
    """Ask one server for its tools; whatever goes wrong is an outcome of that server alone."""
    from crawler.probe import probe

    assert item.server is not None  # noqa: S101 - only servers are handed to workers
    try:
        found = await probe(item.server, options, fetcher)
    except Exception as error:  # noqa: BLE001 - a defect of ours must cost one server, not the crawl
        name = type(error).__name__
        found = Probe(
            outcome=Outcome.PROTOCOL_ERROR, detail=f"internal error: {name}: {error}"[:300]
        )
    tools = told_tools(found)
    if tools is None:
        return replace(item, probe=found)
    text = server_text(item.listing, found)
    named = tuple(_named(tool, item.server, text) for tool in tools)
    return replace(item, probe=replace(found, tools=named), tools=named, origin=Origin.LIVE)


def server_text(listing: Listing | None, found: Probe | None) -> str:
    """Return what is known of a server beside its tools: title, then description."""
    stated = listing.server if listing is not None else None
    title = (stated.title if stated else None) or (found.server_title if found else None)
    return ". ".join(text for text in (title, stated.description if stated else None) if text)


def _named(tool: Tool, server: Server, text: str) -> Tool:
    if tool.server == server.name and tool.server_text == text:
        return tool
    return replace(tool, server=server.name, server_text=text or tool.server_text)
