"""Where servers can be learnt of: one module a source, each yielding `Listing` or `Skipped`.

A source is found because its file is there. It exports `SOURCE`, whose id is the module's name
with hyphens, and `listings(fetcher, where, limit)`.
"""

import importlib
import json
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from crawler.errors import FetchError, TargetError
from crawler.gathered import utc_now
from crawler.local import local_path
from crawler.parse import MAX_DEPTH, load_json
from crawler.records import (
    JsonObject,
    Listing,
    Outcome,
    Provenance,
    Server,
    Skipped,
    Tool,
    canonical_json,
    sha256,
)
from crawler.targets import source_ids

MAX_FILE = 64 * 1024 * 1024
"""The largest file of a checkout that is read."""


class Body(Protocol):
    """A successful answer."""

    @property
    def body(self) -> bytes:
        """The bytes, decoded and within the cap."""
        ...


class Getter(Protocol):
    """What a source needs of the fetcher; every failure is a `FetchError`."""

    async def get_bytes(self, url: str) -> bytes:
        """Return the body of a JSON answer."""
        ...

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Body:
        """Return a complete answer."""
        ...

    async def page(self, url: str) -> Body:
        """Return an HTML page, where robots.txt allows it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that lists servers. `where` is its address when the user names none."""

    id: str
    title: str
    licence: str
    credit: str = (
        ""  # what pages built from it must or may say, where that is more than the licence
    )
    where: str | None = None
    key: str | None = None  # the environment variable that may hold a key
    needs_key: bool = False
    # so slow that a walk goes on where the one before it stopped: says what address is an entry
    goes_on: Callable[[str], bool] | None = None


class Module(Protocol):
    """What a source's module exports."""

    SOURCE: Source

    def listings(
        self, fetcher: Getter, where: str, limit: int | None
    ) -> AsyncIterator[Listing | Skipped]:
        """Yield what the source lists, at most `limit` servers.

        One that `goes_on` takes `after` too: the address of the entry that was read last.
        """
        ...


def load(source_id: str) -> Module:
    """Return the module of a source.

    Raises:
        TargetError: it exports no source of that id: a defect of ours.

    """
    module: Any = importlib.import_module(f"crawler.sources.{source_id.replace('-', '_')}")
    if getattr(getattr(module, "SOURCE", None), "id", None) != source_id:
        raise TargetError(f"{module.__file__} exports no SOURCE with the id {source_id!r}")
    loaded: Module = module
    return loaded


def key_of(source: Source, where: str) -> str | None:
    """Return the user's key for a source, only where its own host is asked.

    An address that somebody names after `SOURCE+` may be anybody's; a key for it is given by
    `registries` in crawl.toml.
    """
    own, asked = urlsplit(source.where or ""), urlsplit(where)
    is_own = (own.scheme, own.netloc) == (asked.scheme, asked.netloc)
    return os.environ.get(source.key or "") or None if is_own else None


@cache
def terms_of(source: str) -> str:
    """Return the credit or licence to show beside a listing of this source; empty for our own.

    `source` is what provenance holds: an id, or the address of somebody's registry.
    """
    if source == "official-registry" or source in source_ids():
        described = load(source).SOURCE
        return described.credit or described.licence
    return "by that registry's own terms" if "://" in source else ""


async def fetch_json(fetcher: Getter, url: str) -> Any:
    """Return the JSON of a URL.

    Raises:
        FetchError: it cannot be had, or is no JSON.

    """
    return parse_json(await fetcher.get_bytes(url), url.partition("?")[0])


def parse_json(data: bytes, label: str) -> Any:
    """Return the JSON of a body or file.

    Raises:
        FetchError: it is no JSON.

    """
    try:
        return load_json(data)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{label} does not hold JSON") from None


def parse_yaml(data: bytes, label: str) -> Any:
    """Return the YAML of a body or file, by the safe loader only and as JSON would hold it.

    Raises:
        FetchError: it is no YAML, or nests or repeats itself beyond reason.

    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if b"&" in data and data.count(b"*") > MAX_ALIASES:
            raise FetchError(Outcome.TOO_LARGE, f"{label} repeats itself too often")
        depth = 0
        for event in yaml.parse(data, Loader=loader):  # the loader in C is as deep as its stack
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise FetchError(Outcome.PROTOCOL_ERROR, f"{label} is nested too deeply")
        value = yaml.load(data, Loader=loader)  # noqa: S506 - a safe loader, in C where there is one
        return _plain(value, iter(range(MAX_VALUES)))
    except StopIteration:
        raise FetchError(Outcome.TOO_LARGE, f"{label} repeats itself too often") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{label} does not hold YAML") from None


MAX_ALIASES = 10_000
MAX_VALUES = 2_000_000
"""Values of a YAML file, those that it repeats by alias counted each time."""


def _plain(value: object, budget: Iterator[int]) -> Any:
    """Return a value of YAML as JSON has it: dates and bytes as text, keys as text, no cycles.

    Raises:
        StopIteration: more values than the budget, as when nine aliases nine deep repeat a list.
        RecursionError: it holds itself.

    """
    next(budget)
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else str(key): _plain(item, budget)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set):
        return [_plain(item, budget) for item in value]
    is_json = value is None or isinstance(value, str | int)
    is_json |= isinstance(value, float) and math.isfinite(value)
    return value if is_json else str(value)


async def read(fetcher: Getter, where: str) -> bytes:
    """Return the bytes of a URL or of a file.

    Raises:
        FetchError: it cannot be had.

    """
    if "://" in where:
        return (await fetcher.get(where)).body
    return read_file(Path(where))


def read_file(path: Path) -> bytes:
    """Return the bytes of a file of a checkout.

    Raises:
        FetchError: it cannot be read, or is larger than `MAX_FILE`.

    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise FetchError(Outcome.NOT_FOUND, f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise FetchError(Outcome.TOO_LARGE, f"{path} is larger than {MAX_FILE >> 20} MB")
    return data


def folder_of(where: str) -> Path | None:
    """Return the folder of a checkout, or None for a file or a URL."""
    if "://" in where:
        return None
    path = local_path(where)
    return path if path.is_dir() else None


def commit_of(folder: Path) -> str:
    """Return the commit that a checkout is at, or an empty text; git itself is not run."""
    for root in (folder, *folder.parents):
        head = root / ".git" / "HEAD"
        if head.is_file():
            text = head.read_text(encoding="ascii", errors="replace").strip()
            reference = root / ".git" / text.removeprefix("ref: ")
            if text.startswith("ref: ") and reference.is_file():
                text = reference.read_text(encoding="ascii", errors="replace").strip()
            return text if not text.startswith("ref: ") else ""
    return ""


ToolsRead = tuple[list[Tool], list[str]]
"""The tools of a list, and what of it could not be read: the others do not pass for all."""
_MOST_PROBLEMS = 50
"""That are kept of a list of tools, as of a server's own."""


def state(
    source: Source, server: Server, url: str, raw: object, listed: ToolsRead | None = None
) -> Listing:
    """Return a listing with its provenance: where it was read, when, and its digest.

    `listed` is what became of its list of tools; None where it says nothing about tools.
    """
    tools, problems = listed or (None, [])
    provenance = Provenance(
        source=source.id, url=url, fetched_at=utc_now(), sha256=sha256(canonical_json(raw))
    )
    return Listing(
        server=server,
        provenance=provenance,
        tools=None if tools is None else tuple(tools),
        problems=tuple(problems[:_MOST_PROBLEMS]),
    )


def skip(subject: str, error: FetchError) -> Skipped:
    """Return what could not be read, as a value."""
    return Skipped(subject=subject, outcome=error.outcome, reason=str(error))


def text_of(holder: object, *keys: str) -> str | None:
    """Return the first of these keys that holds a text, going into objects along dots."""
    for key in keys:
        value: object = holder
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and value.strip():
            return value
    return None


def objects(value: object) -> list[JsonObject]:
    """Return the objects of a list; anything else counts as none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
