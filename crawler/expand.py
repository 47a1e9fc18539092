"""From a target to servers: what the target itself, a registry or a file says they are."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from crawler.gathered import Gathered, Stop, Walk, utc_now
from crawler.local import local_path
from crawler.records import (
    Listing,
    Origin,
    Outcome,
    Package,
    Provenance,
    Remote,
    Server,
    ServerName,
    Skipped,
    Tool,
    Transport,
)
from crawler.sources import Getter, load, official_registry
from crawler.targets import (
    FileTarget,
    PackageTarget,
    RegistryTarget,
    RemoteTarget,
    SourceTarget,
    Target,
)
from crawler.tool_file import ToolFile, read_tool_file
from crawler.tool_forms import goes_on_note
from crawler.url_secrets import bare, without_query


@dataclass(frozen=True, slots=True)
class Prepared:
    """A target, with its content if it is a file."""

    target: Target
    content: ToolFile | None = None
    since: str | None = None  # ask a registry for what has changed since
    tells_end: bool = False  # say when a registry's list was read to its end
    after: str | None = None  # go on behind this entry of a slow source


def prepare(target: Target, content: ToolFile | None = None) -> Prepared:
    """Read a target that is a file, unless its content is known.

    Raises:
        TargetError: it cannot be read.

    """
    if isinstance(target, FileTarget):
        return Prepared(target, content or read_tool_file(target.text))
    return Prepared(target)


async def expand(prepared: Prepared, fetcher: Getter, limit: int | None) -> AsyncIterator[Gathered]:
    """Yield the servers of a target, not yet asked for tools."""
    target = prepared.target
    match target:
        case PackageTarget():
            yield _package(target)
        case RemoteTarget():
            yield _remote(target)
        case RegistryTarget():
            async for item in _registry(target, prepared, fetcher, limit):
                yield item
        case SourceTarget():
            async for item in _source(target, prepared.after, fetcher, limit):
                yield item
        case FileTarget():
            for item in from_file(target, prepared.content or ToolFile((), (), ())):
                yield item


async def _registry(
    target: RegistryTarget, prepared: Prepared, fetcher: Getter, limit: int | None
) -> AsyncIterator[Gathered]:
    """Yield what a registry lists, and then that it was all, if it was."""
    source, started = official_registry.source_of(target.base_url), utc_now()
    is_complete = limit is None
    walk = official_registry.listings(fetcher, target.base_url, limit, prepared.since)
    async for entry in walk:
        is_complete &= isinstance(entry, Listing)
        yield _listed(entry, source)
    if is_complete and prepared.tells_end:
        is_full = prepared.since is None
        url = target.base_url.rstrip("/")
        end = Walk(source=source, url=url, started_at=started, is_full=is_full)
        yield Gathered(server=None, walk=end)


async def _source(
    target: SourceTarget, after: str | None, fetcher: Getter, limit: int | None
) -> AsyncIterator[Gathered]:
    module = load(target.source)
    where = target.where or module.SOURCE.where
    if where is None:
        reason = f"{target.source} needs an address or a folder: {target.source}+WHERE"
        skipped = Skipped(subject=target.text, outcome=Outcome.NEEDS_CONFIG, reason=reason)
        yield _listed(skipped, target.source)
        return
    place = listed_at(target)
    goes_on = module.SOURCE.goes_on
    more = {"after": after} if goes_on else {}
    async for entry in module.listings(fetcher, where, limit, **more):
        at = entry.provenance.url if isinstance(entry, Listing) else entry.subject
        is_entry = goes_on is not None and goes_on(at)
        stop = Stop(source=target.source, place=place, after=at) if is_entry else None
        placed = _placed(entry, place) if isinstance(entry, Listing) else entry
        yield replace(_listed(_hushed(placed, where), target.source), stop=stop)


def _hushed(entry: Listing | Skipped, where: str) -> Listing | Skipped:
    """Return an entry that does not repeat the query of its source's address: it may hold a key."""
    if isinstance(entry, Skipped):
        subject, reason = (without_query(one, where) for one in (entry.subject, entry.reason))
        return replace(entry, subject=subject, reason=reason)
    provenance = entry.provenance
    url = without_query(provenance.url, where)
    return replace(entry, provenance=replace(provenance, url=url))


def listed_at(target: SourceTarget) -> str:
    """Return which of a source's lists a target is; its usual one has no name."""
    where = target.where
    return "" if where is None or where == load(target.source).SOURCE.where else place_of(where)


def place_of(where: str) -> str:
    """Return which list an address, a file or a folder is: never with the query of a URL."""
    if "://" in where:
        return bare(where)
    return "-" if where == "-" else str(local_path(where).absolute())


def _placed(listing: Listing, place: str) -> Listing:
    """Return a listing with its place, unless its source has said a closer one."""
    own = listing.provenance.place or place
    return replace(listing, provenance=replace(listing.provenance, place=own))


def _listed(entry: Listing | Skipped, source: str) -> Gathered:
    if isinstance(entry, Skipped):
        return Gathered(server=None, skipped=entry, found_by=source)
    return Gathered(server=entry.server, listing=entry, tools=entry.tools, origin=entry.origin)


def _package(target: PackageTarget) -> Gathered:
    """Name the server after the package without its version: an update is the same server."""
    package = Package(
        registry_type=target.registry_type, identifier=target.name, version=target.version
    )
    name = ServerName(f"{target.registry_type}:{target.name}")
    return _stated(Server(name=name, version=target.version, packages=(package,)), name)


def name_of(target: RemoteTarget) -> ServerName:
    """Return the name of a remote target: its address without what may hold a key."""
    parts = urlsplit(target.url)
    return ServerName(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))


def _remote(target: RemoteTarget) -> Gathered:
    """Keep the query, which may hold a key, for the request only: never in what is stored."""
    name = name_of(target)
    remote = Remote(transport=Transport.STREAMABLE_HTTP, url=name)
    stated = _stated(Server(name=name, remotes=(remote,)), name)
    asked = Remote(transport=Transport.STREAMABLE_HTTP, url=target.url)
    return Gathered(server=Server(name=name, remotes=(asked,)), listing=stated.listing)


def _stated(server: Server, url: str, source: str = "target", place: str = "") -> Gathered:
    provenance = Provenance(source=source, url=url, fetched_at=utc_now(), place=place)
    return Gathered(server=server, listing=Listing(server=server, provenance=provenance))


def _left_out(content: ToolFile) -> tuple[str, ...]:
    """Return the problems that may be of any server of a file; of source there are only likenesses."""
    if content.origin is Origin.STATIC:
        return ()
    told = {goes_on_note(name) for name in content.goes_on}
    return tuple(one for one in content.problems if one not in told)[:_MOST_PROBLEMS]


_MOST_PROBLEMS = 50
"""That are kept of a file, as of a server's own list; all are counted and printed."""


def from_file(target: FileTarget, content: ToolFile) -> Iterator[Gathered]:
    """Yield the servers of a file in the order in which it names them, then what was left out."""
    place = place_of(target.text)
    left_out = _left_out(content)
    groups: dict[ServerName, list[Tool]] = {}
    for tool in content.tools:
        groups.setdefault(tool.server, []).append(tool)
    for name, tools in groups.items():
        server = Server(name=name)
        provenance = Provenance(source="file", url=target.text, fetched_at=utc_now(), place=place)
        listing = Listing(
            server=server,
            provenance=provenance,
            tools=tuple(tools),
            origin=content.origin,
            truncated=name in content.goes_on,
            problems=left_out,
        )
        yield _listed(listing, "file")
    for server in content.servers:
        yield _stated(server, target.text, source="client-config", place=place)
    for problem in content.problems:
        skipped = Skipped(subject=target.text, outcome=Outcome.PROTOCOL_ERROR, reason=problem)
        yield Gathered(server=None, skipped=skipped, found_by="file")
