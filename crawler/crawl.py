"""The pipeline: targets to servers, servers to tools, tools to the catalogue.

Asking runs in its own thread (crawler.asking); writing stays in the caller's, one batch a
transaction, so that there is one writer and readers never wait. A batch is whatever has arrived:
one server when they come slowly, hundreds when they come fast.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crawler.asking import Asker, CrawlOptions, asking
from crawler.by_source import BySource
from crawler.errors import TargetError
from crawler.expand import Prepared, listed_at, name_of, prepare
from crawler.gathered import Gathered, Walk
from crawler.interrupts import held_back
from crawler.printable import counted, incomplete_notes
from crawler.records import Outcome, Remote, Server, ServerName, Transport
from crawler.sources import load
from crawler.sources.official_registry import source_of
from crawler.targets import RegistryTarget, RemoteTarget, SourceTarget, Target
from crawler.tool_file import ToolFile
from crawler.url_secrets import bare

if TYPE_CHECKING:  # `gather` works without a database, and without paying for one
    from crawler.catalog import Catalog, Run, Tally

__all__ = ["CrawlOptions", "Nobody", "Observer", "Summary", "crawl", "gather", "reason_of"]


class Observer(Protocol):
    """Who watches a crawl: a progress display, a log, or nobody."""

    def found(self, server: Server) -> None:
        """Take note of a server that will be looked at."""

    def finished(self, item: Gathered) -> None:
        """Take note of a server that has been looked at, or of what was skipped."""

    def waits(self, count: int, *, more: bool) -> None:
        """Take note of how many servers are still to be asked; `more` may yet be found."""


class Nobody:
    """An observer that does not look."""

    def found(self, server: Server) -> None:
        """Do nothing."""

    def finished(self, item: Gathered) -> None:
        """Do nothing."""

    def waits(self, count: int, *, more: bool) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Summary:
    """What a crawl saw and what it changed.

    `new`, `changed` and `unchanged` count tools; a server of which only a source was asked, and
    which names no tools, counts itself, unless nobody is to visit it (`by_source.left_alone`).
    `skipped` counts by outcome what could not be looked at.
    """

    servers: int = 0
    tools: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    unread: int = 0  # servers with entries in their lists that could not be read
    cut: int = 0  # servers whose lists go on where they were not read
    broken_off: list[tuple[str, str]] = field(default_factory=list)  # server, where and why
    skipped: Counter[str] = field(default_factory=Counter)
    by_source: BySource = field(default_factory=BySource)
    reasons: list[str] = field(default_factory=list)
    reached: int = 0
    found: int = 0  # worth asking, each as often as it was named
    asked: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the published fields; `known_in_part` is among them where some list is."""
        partly = {
            "unread": self.unread,
            "cut": self.cut,
            "broken_off": [{"server": name, "detail": told} for name, told in self.broken_off],
        }
        return ({"known_in_part": partly} if any(partly.values()) else {}) | {
            "servers": self.servers,
            "tools": self.tools,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "skipped": dict(sorted(self.skipped.items())),
            "by_source": self.by_source.to_json(),
            "seconds": round(self.seconds, 3),
        }

    def to_text(self, database: str) -> str:
        """Return the summary for people: a line for each number that says something."""
        removed = f", {self.removed:,} gone" if self.removed else ""
        lines = [
            (
                f"{counted(self.servers, 'server')} and {counted(self.tools, 'tool')}"
                f" in {self.seconds:.1f} s, in {database}"
            ),
            f"{self.new:,} new, {self.changed:,} changed, {self.unchanged:,} unchanged{removed}",
        ]
        if alone := self.by_source.left_alone():
            told = ", ".join(f"{name} {count:,}" for name, count in alone.most_common())
            lines.append(f"listed and not visited: {told}")
        if self.skipped:
            reasons = ", ".join(f"{name} {count:,}" for name, count in self.skipped.most_common())
            lines.append(f"skipped: {reasons}")
        lines += incomplete_notes(self.unread, self.cut, self.broken_off)
        lines += self.by_source.lines()
        if self.found > self.asked and not self.interrupted:
            again = counted(self.found - self.asked, "server")
            lines.append(f"not asked again, because asked already or not due yet: {again}")
        if self.interrupted:
            lines.append("interrupted: what is counted here is stored; the same command goes on")
        return "\n".join(lines)


def crawl(
    targets: Sequence[Target],
    options: CrawlOptions,
    catalog: "Catalog",
    observer: Observer | None = None,
    *,
    max_age: timedelta | None = None,
) -> Summary:
    """Crawl the targets into the catalogue; an interrupt ends it with all that had arrived.

    A crawl of the same targets that was cut off is taken up. `max_age` leaves alone what was
    looked at more recently, or failed and is not due again.

    Raises:
        TargetError: a file that cannot be read.
        CatalogError: the database refuses.

    """
    # files are read before anything is contacted: a bad one is refused, and nothing is half done
    prepared = [prepare(target) for target in targets]
    urls = _asked_as_given(targets)
    # where nobody is asked there is nothing to take up, and a second time nothing to write
    prepared = [_walked(one, options, catalog) for one in prepared]
    run = None if options.no_probe else catalog.start_run(_key(targets, options), max_age)
    work = _Crawl(catalog, run, options, observer or Nobody(), urls)
    try:
        with asking(prepared, options, hand_over=True) as asker:
            work.loop(asker)
    except KeyboardInterrupt:
        work.summary.interrupted = True
        with suppress(KeyboardInterrupt):  # impatience must not cost what has arrived
            work.store(work.unstored, 0)
    work.summary.seconds = time.monotonic() - work.started
    if not work.summary.asked:  # nobody is due: that is no failure
        work.summary.reached += work.summary.found
    if run is not None:
        if not work.summary.reached:  # one that was left alone as fresh has told its tools
            work.summary.reached = catalog.listed(run)
        done = None if work.summary.interrupted else json.dumps(work.summary.to_json())
        catalog.stop_run(run, done)
    return work.summary


def _walked(prepared: Prepared, options: CrawlOptions, catalog: "Catalog") -> Prepared:
    """Return a target with what the catalogue knows of its last walk: when, or how far.

    Where only some servers are wanted, a walk is not complete, and none is built on.
    """
    target = prepared.target
    if isinstance(target, SourceTarget) and load(target.source).SOURCE.goes_on:
        return replace(prepared, after=catalog.stopped_after(target.source, listed_at(target)))
    if not isinstance(target, RegistryTarget) or options.only or options.limit is not None:
        return prepared
    url = target.base_url.rstrip("/")
    known = None if options.full else catalog.walked_since(source_of(url), url)
    return replace(prepared, since=known, tells_end=True)


def _key(targets: Sequence[Target], options: CrawlOptions) -> str:
    """Return what makes two crawls the same one: a query of a URL may be secret, and is left out."""
    names = sorted(bare(target.text) for target in targets)
    return json.dumps([names, sorted(options.only), options.limit])


def _asked_as_given(targets: Sequence[Target]) -> dict[ServerName, str]:
    """Return the full URLs of remote targets, whose queries are asked with and never stored.

    Raises:
        TargetError: two of them are the same without their queries: the catalogue has one place
            for both, and one would be stored as what the other is.

    """
    urls: dict[ServerName, str] = {}
    for target in targets:
        if isinstance(target, RemoteTarget):
            name, query = name_of(target), urlsplit(target.url).query
            asked = f"{name}?{query}" if query else name
            if urls.setdefault(name, asked) != asked:
                raise TargetError(
                    f"{name} is given with two queries, and queries are never stored: "
                    "crawl one of them, or each into a --db of its own"
                )
    return {name: url for name, url in urls.items() if url != name}


class _Crawl:
    """One crawl at work in the writing thread."""

    def __init__(
        self,
        catalog: "Catalog",
        run: "Run | None",
        options: CrawlOptions,
        observer: Observer,
        urls: dict[ServerName, str],
    ) -> None:
        self.catalog = catalog
        self.run = run
        self.options = options
        self.observer = observer
        self.urls = urls
        self.summary = Summary()
        self.started = self.told = time.monotonic()
        self.unstored: list[Gathered] = []

    def loop(self, asker: Asker) -> None:
        """Store what arrives and hand in what is due, until nothing is found or under way."""
        under_way = 0
        is_discovering = True
        while received := asker.receive():
            is_discovering = is_discovering and None not in received
            batch = [item for item in received if item is not None and item.walk is None]
            walks = [item.walk for item in received if item is not None and item.walk is not None]
            self.unstored = batch
            under_way -= sum(item.probe is not None for item in batch)
            held = self.store(batch, self.options.concurrency * 2 - under_way, walks)
            under_way += len(held)
            self._tell(under_way, more=is_discovering)
            asker.ask([self._as_given(item) for item in held])
            if not is_discovering and not under_way:
                asker.close()

    def _tell(self, under_way: int, *, more: bool) -> None:
        """Say how much is left, now and then: counting it is a query."""
        now = time.monotonic()
        if self.run is not None and now - self.told >= _TELL_SECONDS:
            self.told = now
            self.observer.waits(self.catalog.waiting(self.run) + under_way, more=more)

    def store(
        self, batch: Sequence[Gathered], room: int, walks: Sequence[Walk] = ()
    ) -> list[Gathered]:
        """Store a batch, count it, and return the servers to ask next.

        An interrupt waits for the end: half-way, the batch is lost, or counted as known before.
        """
        with held_back():
            held = self._store(batch, room, walks)
            self.unstored = []
        return held

    def _store(self, batch: Sequence[Gathered], room: int, walks: Sequence[Walk]) -> list[Gathered]:
        # the listing of a server that was asked is stored already
        slim = [item if item.probe is None else replace(item, listing=None) for item in batch]
        held: list[Gathered] = []
        if self.run is None:
            tally = self.catalog.record_many(slim)
        else:
            tally, held = self.catalog.step(self.run, slim, 0 if walks else room)
        self._count(tally, batch)
        stops = {(one.stop.source, one.stop.place): one.stop for one in batch if one.stop}
        if stops:
            self.catalog.record_stops(stops.values())
        for walk in walks:  # what it named is stored by now
            self.catalog.end_walk(self.run, walk)
            self.summary.reached += not walk.is_full  # nothing may have changed
        if walks and self.run is not None:
            _, held = self.catalog.step(self.run, [], room)
        return held

    def _count(self, tally: "Tally", batch: Sequence[Gathered]) -> None:
        summary = self.summary
        for name in ("tools", "new", "changed", "unchanged", "removed"):
            setattr(summary, name, getattr(summary, name) + getattr(tally, name))
        summary.skipped.update(tally.skipped)
        for item in batch:
            summary.by_source.count(item)
            summary.found += item.pending
            summary.asked += item.probe is not None
            self._count_unknown(item)
            if item.server is not None and item.probe is None:
                summary.servers += 1
                self.observer.found(item.server)
            is_indexed = self.options.no_probe and item.listing is not None
            summary.reached += is_indexed or _is_reached(item)
            line = reason_of(item)
            if line is not None and len(summary.reasons) < _MAX_REASONS:
                summary.reasons.append(line)
            if not item.pending:
                self.observer.finished(item)

    def _count_unknown(self, item: Gathered) -> None:
        told = item.probe or item.listing
        if told is None or item.pending:
            return
        self.summary.unread += bool(told.problems)
        if item.server is not None and item.probe is not None and item.probe.broke_off:
            self.summary.broken_off.append((item.server.name, item.probe.broke_off))
        else:
            self.summary.cut += told.truncated

    def _as_given(self, item: Gathered) -> Gathered:
        server = item.server
        url = self.urls.get(server.name) if server is not None else None
        if server is None or url is None:
            return item
        # another source may describe it by packages alone; it is asked where the user said
        plain = Remote(transport=Transport.STREAMABLE_HTTP, url=url)
        remote = replace(server.remotes[0], url=url) if server.remotes else plain
        return replace(item, server=replace(server, remotes=(remote,)))


_MAX_REASONS = 100
_TELL_SECONDS = 2.0


_ASKED_FOR = frozenset({"target", "client-config", "clients"})
"""Where a person names servers to be asked: that they are named is no answer, as a registry's list is."""


def _is_reached(item: Gathered) -> bool:
    stated = item.listing is not None and item.listing.provenance.source not in _ASKED_FOR
    return item.server is not None and (item.tools is not None or stated)


def reason_of(item: Gathered) -> str | None:
    """Return one line on why something could not be looked at, or None if it was."""
    if item.skipped is not None:
        return f"{item.skipped.subject}: {item.skipped.outcome.value}: {item.skipped.reason}"
    if item.probe is None or item.probe.outcome is Outcome.LISTED or item.server is None:
        return None
    detail = f": {item.probe.detail}" if item.probe.detail else ""
    return f"{item.server.name}: {item.probe.outcome.value}{detail}"


def gather(
    targets: Sequence[Target],
    options: CrawlOptions,
    observer: Observer | None = None,
    content: ToolFile | None = None,
) -> Iterator[Gathered]:
    """Yield what the targets bring, as it arrives, without any database.

    `content` is that of the file, where a single one is the target and was read already: from
    standard input nothing comes twice.

    Raises:
        TargetError: a file that cannot be read.

    """
    prepared = [prepare(target, content) for target in targets]
    with asking(prepared, options, hand_over=False) as asker:
        while received := asker.receive():
            for item in received:
                if item is not None:
                    if observer is not None:
                        observer.finished(item)
                    yield item
