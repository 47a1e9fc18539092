"""Reading a package instead of running it: its archive, a reading process, and what that told."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anyio

from crawler.errors import FetchError, ProbeError
from crawler.fetch import Fetcher
from crawler.parse import load_json, parse_tools
from crawler.printable import one_line
from crawler.probe.archives import archive
from crawler.probe.packages import npm_tree
from crawler.records import JsonObject, Origin, Outcome, Package, Probe, ServerName

READ_SECONDS = 90.0
CPU_SECONDS = 30
"""Processor time of the reading process."""
MAX_ANSWER = 40_000_000
"""Bytes that the reading process may print; it caps itself earlier."""


async def read_package(name: ServerName, package: Package, fetcher: Fetcher) -> Probe:
    """Return the tools that a package defines. `NO_TOOLS` means that reading found none."""
    label = f"{package.registry_type}:{package.identifier}"
    base = Probe(
        outcome=Outcome.NO_TOOLS,
        endpoint=one_line(label.partition("?")[0])
        + (f"@{package.version}" if package.version else ""),
        origin=Origin.STATIC,
    )
    try:
        path, version = await archive(package, fetcher)
        told = await read_path(path)
        if package.registry_type == "npm" and not told.get("tools"):
            told = await _with_dependencies(replace(package, version=version))
    except FetchError as error:
        return _with(base, error.outcome, one_line(str(error)))
    base = _with(base, base.outcome, "", endpoint=f"{one_line(label.partition('?')[0])}@{version}")
    return listed(base, name, told)


async def _with_dependencies(package: Package) -> JsonObject:
    """Read a package whose own source only starts what packages of the same hand define."""
    tree, _ = await npm_tree(package)
    root = tree / "node_modules"
    return await read_path(root / package.identifier, root)


def listed(base: Probe, name: ServerName, told: JsonObject) -> Probe:
    """Return a probe with the tools of a reading, and in a line what reading left out."""
    tools, problems = parse_tools(name, told.get("tools", []))
    counts = [
        f"{count} {why}"
        for kind in ("artefacts", "left_out")
        for why, count in sorted(told.get(kind, {}).items())
        if count
    ]
    detail = f"read from {told.get('files', 0)} files, not run"
    if counts:
        detail += "; left out: " + ", ".join(counts)
    outcome = Outcome.LISTED if tools else Outcome.NO_TOOLS
    return _with(base, outcome, one_line(detail), tools=tuple(tools), problems=tuple(problems[:50]))


async def read_path(path: Path, dependencies: Path | None = None) -> JsonObject:
    """Read a folder or an archive in a process of its own.

    Raises:
        ProbeError: it is no package, or the process was stopped by its limits.

    """
    words = [sys.executable, "-P", "-m", "crawler.static", str(path), str(CPU_SECONDS)]
    words += [str(dependencies)] if dependencies is not None else []
    out, told = bytearray(), bytearray()
    try:
        with anyio.fail_after(READ_SECONDS):
            async with await anyio.open_process(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                async with anyio.create_task_group() as group:
                    group.start_soon(_take, process.stdout, out, MAX_ANSWER)
                    group.start_soon(_take, process.stderr, told, 2048)
                code = await process.wait()
    except TimeoutError:
        raise ProbeError(Outcome.TIMEOUT, f"not read in {READ_SECONDS:g} s") from None
    if code == 1:
        raise ProbeError(Outcome.UNSUPPORTED, one_line(told.decode("utf-8", "replace")))
    try:
        value = load_json(bytes(out)) if code == 0 else None
    except (json.JSONDecodeError, UnicodeDecodeError):
        value = None
    if not isinstance(value, dict):
        raise ProbeError(Outcome.TOO_LARGE, "reading it took more time or memory than allowed")
    return value


async def _take(stream: anyio.abc.ByteReceiveStream | None, into: bytearray, limit: int) -> None:
    """Read a stream to its end and keep its head."""
    if stream is not None:
        async for part in stream:
            into += part[: max(0, limit - len(into))]


def _with(probe: Probe, outcome: Outcome, detail: str, **others: object) -> Probe:
    return replace(probe, outcome=outcome, detail=detail, **others)  # type: ignore[arg-type]
