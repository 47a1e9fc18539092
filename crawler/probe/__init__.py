"""`probe`: ask one server for its tools, by the best way there is, and never raise for it."""

import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Protocol

import anyio
from anyio.lowlevel import RunVar

from crawler.errors import FetchError, LoginError
from crawler.fetch import Fetcher, Turn
from crawler.gathered import utc_now
from crawler.printable import one_line
from crawler.probe.advice import NO_CREDENTIALS, advised
from crawler.probe.challenge import challenge_of
from crawler.probe.jsonrpc import Listed
from crawler.records import (
    Outcome,
    Package,
    Probe,
    Remote,
    Server,
    ServerName,
    Transport,
    canonical_json,
    sha256,
)
from crawler.registries import other_registry
from crawler.static import READABLE, Static

TOTAL_SECONDS = 20.0
_RUNNABLE = ("npm", "pypi")


class ProbeOptions(Protocol):
    """What a probe needs of a crawl's options."""

    @property
    def unsafe_no_sandbox(self) -> bool:
        """Whether packages may run without a sandbox."""
        ...

    @property
    def static(self) -> Static:
        """When packages are read instead of run."""
        ...


async def probe(
    server: Server, options: ProbeOptions, fetcher: Fetcher, era: str | None = None
) -> Probe:
    """Ask a server: a remote that needs no configuration, else a package in the sandbox.

    `era` is how it was spoken with last (`gathered.era_of`), which is tried first.
    """
    started, clock = utc_now(), time.monotonic()
    found = await _best(server, options, fetcher, era)
    return replace(found, started_at=started, seconds=round(time.monotonic() - clock, 3))


async def _best(server: Server, options: ProbeOptions, fetcher: Fetcher, era: str | None) -> Probe:
    for remote in server.remotes:
        if not remote.required_inputs and "{" not in remote.url:
            return await _remote(server.name, remote, fetcher, era)
    found = await _of_packages(server, options, fetcher, era)
    return found if found is not None else _unasked(server)


_READING_ADDS_NOTHING = frozenset({Outcome.LISTED, Outcome.NO_TOOLS, Outcome.CONNECT_ERROR})
"""Outcomes of a run after which the source is not read: it has told, or it cannot be had."""


async def _of_packages(
    server: Server, options: ProbeOptions, fetcher: Fetcher, era: str | None
) -> Probe | None:
    """Run or read a package; None where the server has none that can be."""
    read = None
    if options.static in {Static.FIRST, Static.ONLY}:
        read = await _read(server, fetcher)
        if read is not None and (read.tools or options.static is Static.ONLY):
            return read
    run = await _run(server, options, era)
    is_told = run is not None and run.outcome in _READING_ADDS_NOTHING
    if options.static is Static.LAST and not is_told:
        read = await _read(server, fetcher)
        if run is not None and read is not None and read.tools:
            return _read_instead(read, run)
    if run is not None or read is None or read.outcome is Outcome.NO_TOOLS:
        return run  # that reading finds none does not say that there are none
    return read


async def _run(server: Server, options: ProbeOptions, era: str | None) -> Probe | None:
    """Run the first package of a kind that can be run, one of a usual registry before others."""
    runnable = [
        package
        for package in server.packages
        if package.registry_type in _RUNNABLE and package.transport == Transport.STDIO
    ]
    chosen = _usual_first(runnable)
    return await _package(server.name, chosen[0], options, era) if chosen else None


def _usual_first(packages: Iterable[Package]) -> list[Package]:
    return sorted(packages, key=lambda package: other_registry(package) is not None)


def _unasked(server: Server) -> Probe:
    """Return why a server was neither asked nor run nor read."""
    if server.remotes:
        names = ", ".join(server.remotes[0].required_inputs) or "a value for its URL"
        return Probe(
            outcome=Outcome.NEEDS_CONFIG,
            detail=one_line(f"the remote needs {names}; {NO_CREDENTIALS}"),
            transport=server.remotes[0].transport,
            endpoint=server.remotes[0].url.partition("?")[0],
        )
    if server.packages:
        first = server.packages[0]
        what = f"{first.registry_type}: {first.identifier}"
        return Probe(
            outcome=Outcome.UNSUPPORTED,
            detail=one_line(
                f"not run ({what}): no npm or pypi package; give a file of its tools instead"
            ),
        )
    return Probe(
        outcome=Outcome.UNSUPPORTED, detail="the source names neither a remote nor a package"
    )


async def _read(server: Server, fetcher: Fetcher) -> Probe | None:
    """Read the first package of a kind that can be read, without running anything."""
    from crawler.probe.static import read_package

    for package in _usual_first(server.packages):
        if package.registry_type in READABLE:
            async with _slots(_running, os.cpu_count() or 2):
                return await read_package(server.name, package, fetcher)
    return None


def _read_instead(read: Probe, run: Probe) -> Probe:
    """Return what reading told, with what became of the run before it."""
    detail = one_line(f"{read.detail}; when run: {run.outcome.value}: {run.detail}")
    return replace(read, detail=detail, sandbox=run.sandbox, transport=run.transport)


_NO_ENDPOINT = frozenset({Outcome.NOT_MCP, Outcome.PROTOCOL_ERROR})
"""Outcomes after which another transport may be the one that is spoken there."""


async def _remote(name: ServerName, remote: Remote, fetcher: Fetcher, era: str | None) -> Probe:
    from crawler.probe.streamable_http import HttpConversation, SseConversation

    base = Probe(
        outcome=Outcome.PROTOCOL_ERROR,
        transport=remote.transport,
        endpoint=remote.url.partition("?")[0],
    )
    # one turn for the whole conversation; waiting for it is not the server's time
    async with fetcher.turn(remote.url) as turn:
        sse = SseConversation(fetcher, turn, remote.url, name)
        if remote.transport == Transport.SSE:
            return await _bounded(base, sse.list, turn=turn)
        old = replace(base, transport=Transport.SSE)
        if era == "sse":
            found = await _bounded(old, sse.list, turn=turn)
            if found.outcome not in _NO_ENDPOINT or _is_list(found):
                return found
        http = HttpConversation(fetcher, turn, remote.url, name)
        found = await _bounded(base, partial(http.list, era), turn=turn)
        if era != "sse" and found.outcome in _NO_ENDPOINT and http.is_other_transport():
            second = await _bounded(old, sse.list, turn=turn)
            is_told = second.outcome in {Outcome.LISTED, Outcome.NO_TOOLS} or _is_list(second)
            is_better = found.outcome is Outcome.NOT_MCP and second.outcome is not found.outcome
            return second if is_told or is_better else found
        return found


def _is_list(found: Probe) -> bool:
    """Say whether what cannot be read was a list all the same."""
    return bool(found.problems) or found.truncated


async def _package(
    name: ServerName, package: Package, options: ProbeOptions, era: str | None
) -> Probe:
    from crawler.probe import packages, sandbox
    from crawler.probe.stdio import list_stdio

    reason = sandbox.unavailable()
    label = f"{package.registry_type}:{package.identifier}"
    base = Probe(
        outcome=Outcome.NO_SANDBOX,
        transport=Transport.STDIO,
        endpoint=label + (f"@{package.version}" if package.version else ""),
        sandbox=None if reason else sandbox.PROFILE,
        dummy_config=bool(package.required_inputs),
    )
    if reason and not options.unsafe_no_sandbox:
        return replace(base, detail=f"not run: {reason}; --unsafe-no-sandbox runs it all the same")
    try:
        async with _slots(_fetching, _FETCHES):
            program, version = await packages.fetch(package)
    except FetchError as error:
        return replace(base, outcome=error.outcome, detail=one_line(str(error)))
    async with _slots(_running, os.cpu_count() or 2):
        base = replace(
            base, endpoint=f"{label}@{version}", sandbox="none" if reason else sandbox.PROFILE
        )
        if reason:
            command, env, cwd = packages.bare(program)
        else:
            command, env, cwd = sandbox.command(program), None, None

        async def ask() -> Listed:
            return await list_stdio(command, name, seconds=TOTAL_SECONDS, env=env, cwd=cwd, era=era)

        found = await _bounded(base, ask, seconds=TOTAL_SECONDS + 5)
        return advised(found, package)


_FETCHES = 4
_fetching: RunVar[anyio.CapacityLimiter] = RunVar("packages being fetched")
_running: RunVar[anyio.CapacityLimiter] = RunVar("servers being run")


def _slots(of: RunVar[anyio.CapacityLimiter], count: int) -> anyio.CapacityLimiter:
    """Return the limiter of this event loop; running servers is bound by the processor."""
    try:
        return of.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(count)
        of.set(limiter)
        return limiter


async def _bounded(
    base: Probe,
    ask: Callable[[], Awaitable[Listed]],
    seconds: float | None = None,
    turn: Turn | None = None,
) -> Probe:
    """Run one conversation under its deadline and put what it brought into the probe."""
    seconds = TOTAL_SECONDS if seconds is None else seconds
    try:
        with anyio.fail_after(seconds) as scope:
            if turn is not None:
                turn.deadline = scope
            listed = await ask()
    except TimeoutError:
        return replace(base, outcome=Outcome.TIMEOUT, detail=f"no answer in {seconds:g} s")
    except LoginError as error:
        asked = challenge_of(error.demand)
        return replace(
            base,
            outcome=error.outcome,
            detail=one_line(str(error)),
            auth_scheme=asked.scheme if asked else None,
            auth_metadata_url=asked.metadata_url if asked else None,
            auth_scope=asked.scope if asked else None,
        )
    except FetchError as error:
        detail = one_line(str(error))
        return replace(base, outcome=error.outcome, detail=detail, wait_seconds=error.wait)
    tools = tuple(listed.tools)
    outcome, detail = _became_of(listed)
    text = canonical_json(sorted(tool.definition_sha256 for tool in tools))
    return replace(
        base,
        outcome=outcome,
        detail=detail,
        era=listed.era,
        protocol_version=listed.protocol_version,
        server_title=listed.title,
        instructions=listed.instructions,
        truncated=listed.truncated,
        wait_seconds=None if listed.ttl_ms is None else listed.ttl_ms / 1000,
        payload_sha256=sha256(text),
        tools=tools,
        problems=tuple(listed.problems[:50]),
    )


def _became_of(listed: Listed) -> tuple[Outcome, str]:
    """Say what a list was; one of which no entry can be read is not an empty one."""
    if listed.tools:
        return Outcome.LISTED, one_line(listed.broke_off)
    if listed.broke_off:
        return Outcome.PROTOCOL_ERROR, one_line(listed.broke_off)
    if listed.problems:
        why = f"lists tools, none of which can be read: {listed.problems[0]}"
        return Outcome.PROTOCOL_ERROR, one_line(why)
    return Outcome.NO_TOOLS, "lists no tools" if listed.has_tools else "declares no tools"


async def probe_command(
    name: ServerName, command: list[str], *, seconds: float = TOTAL_SECONDS
) -> Probe:
    """Ask a command of our own over stdio, without a sandbox: the sample server and tests."""
    from crawler.probe.stdio import list_stdio

    base = Probe(
        outcome=Outcome.CRASHED, transport=Transport.STDIO, endpoint=command[-1], sandbox="none"
    )

    async def ask() -> Listed:
        return await list_stdio(command, name, seconds=seconds)

    return await _bounded(base, ask, seconds=seconds + 5)
