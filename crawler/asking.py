"""The asking half of a crawl: an event loop in a thread of its own, seen as two streams.

Targets are expanded and servers are asked here, a bounded number at a time; what arrives is
handed over in batches. Writing happens elsewhere, so that no answer waits for the disk and no
query for the network.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import anyio.from_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from crawler.errors import FetchError
from crawler.expand import Prepared, expand
from crawler.gathered import Gathered, told_tools
from crawler.printable import one_line
from crawler.records import Listing, Outcome, Probe, Server, Skipped, Tool
from crawler.static import Static
from crawler.url_secrets import bare, without_query

if TYPE_CHECKING:
    from crawler.fetch import Fetcher, FetchOptions
    from crawler.fetch.keys import KeyHeader

BATCH = 256
"""The most that is handed over at once, hence the rows of a transaction."""


@dataclass(frozen=True, kw_only=True)
class CrawlOptions:
    """How to crawl. `limit` counts servers of each source; `concurrency` servers at a time.

    `static` says when packages are read instead of run.
    `full` walks registries whole, where else only what has changed is asked for.
    `only` are patterns (`io.github.*`) of server names, blind to case; empty means every server.
    `exclude` are patterns of names, or of hosts (`example.com` is all hosts below it too), that are
    neither contacted nor fetched nor run: who has asked to be left alone.
    """

    allow_private: bool = False
    unsafe_no_sandbox: bool = False
    no_probe: bool = False
    limit: int | None = None
    concurrency: int = 64
    per_host: int = 1
    per_host_delay: float | None = None  # None: a second for sources on public hosts, else none
    contact: str | None = None
    keys: tuple["KeyHeader", ...] = ()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    static: Static = Static.LAST
    full: bool = False

    def wants(self, server: Server) -> bool:
        """Say whether a server is among those asked for."""
        name = server.name.casefold()
        return not self.only or any(fnmatchcase(name, p.casefold()) for p in self.only)

    def excludes(self, server: Server, other_names: Sequence[str] = ()) -> str | None:
        """Return the pattern by which a server of these names is left alone, or None."""
        names = [name.casefold() for name in (server.name, *other_names)]
        urls = [remote.url for remote in server.remotes]
        urls += [p.identifier for p in server.packages if "://" in p.identifier]  # a bundle's
        hosts = [_host(url) for url in urls]
        for pattern in self.exclude:
            own = pattern.casefold()
            is_host = any(fnmatchcase(h, own) or h.endswith(f".{own}") for h in hosts)
            if is_host or any(fnmatchcase(name, own) for name in names):
                return pattern
        return None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # it is no URL, and asking it says so
        return ""


@dataclass(frozen=True, slots=True)
class Asker:
    """The running half: `ask` hands servers in, `receive` waits for what has arrived."""

    _portal: anyio.from_thread.BlockingPortal
    _jobs: MemoryObjectSendStream[Gathered]
    _results: MemoryObjectReceiveStream[Gathered | None]

    def receive(self) -> list[Gathered | None]:
        """Return at least one item, or nothing at the end; None marks the end of discovery."""
        return self._portal.call(_receive, self._results)

    def ask(self, items: Sequence[Gathered]) -> None:
        """Hand in servers; at most twice `concurrency` may be under way."""
        if items:
            self._portal.call(_send_all, self._jobs, items)

    def close(self) -> None:
        """Say that nothing more will be handed in."""
        self._portal.call(self._jobs.aclose)


@contextmanager
def asking(
    targets: Sequence[Prepared], options: CrawlOptions, *, hand_over: bool
) -> Generator[Asker, None, None]:
    """Run the event loop until the block ends; leaving early cancels all that is under way.

    With `hand_over`, servers that were found are reported as pending, and only those handed
    back with `ask` are asked. Without it they are asked as they are found.
    """
    jobs, waiting = anyio.create_memory_object_stream[Gathered](options.concurrency * 2)
    results, arrived = anyio.create_memory_object_stream[Gathered | None](BATCH)
    with anyio.from_thread.start_blocking_portal() as portal:
        found = results.clone() if hand_over else jobs.clone()
        job = portal.start_task_soon(_run, targets, options, (waiting, results, found))
        asker = Asker(portal, jobs, arrived)
        if not hand_over:
            asker.close()
        try:
            yield asker
            job.result()
        finally:
            job.cancel()
            portal.call(arrived.aclose)
            portal.call(jobs.aclose)


async def _receive(
    stream: MemoryObjectReceiveStream[Gathered | None],
) -> list[Gathered | None]:
    try:
        batch = [await stream.receive()]
    except anyio.EndOfStream:
        return []
    with suppress(anyio.WouldBlock, anyio.EndOfStream):
        while len(batch) < BATCH:
            batch.append(stream.receive_nowait())
    return batch


async def _send_all(stream: MemoryObjectSendStream[Gathered], items: Sequence[Gathered]) -> None:
    for item in items:
        await stream.send(item)


_Streams = tuple[
    MemoryObjectReceiveStream[Gathered],
    MemoryObjectSendStream[Gathered | None],
    MemoryObjectSendStream[Gathered] | MemoryObjectSendStream[Gathered | None],
]


async def _run(targets: Sequence[Prepared], options: CrawlOptions, streams: _Streams) -> None:
    """Discover and ask until both are done."""
    from crawler.fetch import Fetcher
    from crawler.probe.clients import sweep

    if not options.no_probe:
        await anyio.to_thread.run_sync(sweep)
    limits = limits_of(options)
    waiting, results, found = streams
    async with results, Fetcher(limits) as fetcher, anyio.create_task_group() as group:
        for _ in range(options.concurrency):
            group.start_soon(_work, waiting.clone(), results.clone(), options, fetcher)
        waiting.close()
        async with found:
            for target in targets:
                await _discover(target, options, fetcher, (results, found))
        await results.send(None)


def limits_of(options: CrawlOptions) -> "FetchOptions":
    """Return what a crawl's requests may cost; a pause that is given is that of sources too."""
    from crawler.fetch import FetchOptions
    from crawler.fetch.limits import LISTING_DELAY

    delay = options.per_host_delay
    return FetchOptions(
        allow_private=options.allow_private,
        per_host=options.per_host,
        keys=options.keys,
        per_host_delay=delay or 0.0,
        listing_delay=LISTING_DELAY if delay is None else delay,
        user_agent=user_agent(options.contact),
        cache=_cache_folder(),
    )


def _cache_folder() -> Path:
    """Return where answers of sources are kept between crawls."""
    from platformdirs import user_cache_path

    return user_cache_path("toolrisk") / "http"


def user_agent(contact: str | None) -> str:
    """Return how the crawl names itself: product, version, and whom to write to."""
    from importlib.metadata import version

    return f"toolrisk/{version('toolrisk')}" + (f" (+{contact})" if contact else "")


async def _discover(
    target: Prepared,
    options: CrawlOptions,
    fetcher: "Fetcher",
    streams: tuple[MemoryObjectSendStream[Gathered | None], MemoryObjectSendStream[Gathered]],
) -> None:
    """Report the servers of one target; those worth asking go the way of the jobs."""
    results, found = streams
    try:
        async for item in expand(target, fetcher, options.limit):
            if item.server is not None and not options.wants(item.server):
                if item.stop is not None:  # that it was read counts all the same
                    await results.send(Gathered(server=None, stop=item.stop))
                continue
            if _is_askable(item, options):
                await found.send(replace(item, pending=True))
            else:
                await results.send(item)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):  # nobody listens any more
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours must cost one source, not the crawl
        text = target.target.text
        reason = without_query(f"internal error: {type(error).__name__}: {error}", text)[:300]
        subject = bare(text)
        skipped = Skipped(subject=subject, outcome=Outcome.PROTOCOL_ERROR, reason=reason)
        await results.send(Gathered(server=None, skipped=skipped))


def _is_askable(item: Gathered, options: CrawlOptions) -> bool:
    is_told = item.tools is not None or item.skipped is not None or options.no_probe
    is_off = item.server is None or item.server.left_alone is not None
    return not is_told and not is_off


async def _work(
    waiting: MemoryObjectReceiveStream[Gathered],
    results: MemoryObjectSendStream[Gathered | None],
    options: CrawlOptions,
    fetcher: "Fetcher",
) -> None:
    async with waiting, results:
        async for item in waiting:
            await results.send(await look_at(item, options, fetcher))


async def look_at(item: Gathered, options: CrawlOptions, fetcher: "Fetcher") -> Gathered:
    """Ask one server for its tools; whatever goes wrong is an outcome of that server alone."""
    from crawler.probe import probe

    server = item.server
    if server is None:
        return item
    item = replace(item, pending=False)
    pattern = options.excludes(server, item.other_names) if options.exclude else None
    if pattern is not None:
        reason = one_line(f"left alone by this crawl's settings: exclude {pattern}")
        return replace(item, probe=Probe(outcome=Outcome.SKIPPED_POLICY, detail=reason))
    try:
        found = await probe(server, options, fetcher, item.era)
    except FetchError as error:
        detail = one_line(str(error))
        found = Probe(outcome=error.outcome, detail=detail, wait_seconds=error.wait)
    except Exception as error:  # noqa: BLE001 - a defect of ours must cost one server, not the crawl
        name = type(error).__name__
        detail = f"internal error: {name}: {error}"[:300]
        found = Probe(outcome=Outcome.PROTOCOL_ERROR, detail=detail)
    tools = told_tools(found)
    if tools is None:
        return replace(item, probe=found)
    text = server_text(item.listing, found)
    named = tuple(_named(tool, server, text) for tool in tools)
    return replace(item, probe=replace(found, tools=named), tools=named, origin=found.origin)


def server_text(listing: Listing | None, found: Probe | None) -> str:
    """Return what is known of a server beside its tools: title, then description."""
    stated = listing.server if listing is not None else None
    title = (stated.title if stated else None) or (found.server_title if found else None)
    return ". ".join(text for text in (title, stated.description if stated else None) if text)


def _named(tool: Tool, server: Server, text: str) -> Tool:
    if tool.server == server.name and tool.server_text == text:
        return tool
    return replace(tool, server=server.name, server_text=text or tool.server_text)
