"""The facts that a crawl collects: servers, how to reach them, tools as they define themselves.

Frozen, standard library and orjson only. Rows of the catalogue are a different thing (crawler.catalog).
No address in them holds a user name or password, whoever states it and however old the row is that
a record is made of: what is in no record is neither sent, stored nor shown.
Names follow the MCP specification (2026-07-28) and the registry's server.json (2025-12-11);
camelCase occurs only in parse and dump.
"""

from __future__ import annotations

import hashlib
import json
import re  # noqa: TID251 - one linear expression on what we serialised
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, NewType

import orjson

from crawler.url_secrets import SECRET, without_user

JsonObject = dict[str, Any]
ServerName = NewType("ServerName", str)
"""A registry name (`io.github.owner/name`), a target such as `npm:NAME`, or a config key."""

DEFINITION_KEYS = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
"""The keys of a tool definition that make its identity; pointers into it start with one of them."""


class Transport(StrEnum):
    """How a server is spoken to, spelt as in server.json."""

    STDIO = "stdio"
    STREAMABLE_HTTP = "streamable-http"
    SSE = "sse"


class Origin(StrEnum):
    """How a tool definition was obtained."""

    LIVE = "live"  # the server's own answer to tools/list
    DECLARED = "declared"  # a file, manifest or catalogue that says so
    STATIC = "static"  # read out of source code


class Outcome(StrEnum):
    """What became of one attempt to list a server. Only `LISTED` says anything about its tools."""

    LISTED = "listed"  # the tools were listed in full
    NO_TOOLS = "no_tools"  # it answered, and has no tools
    AUTH_REQUIRED = "auth_required"  # it wants a login (401)
    FORBIDDEN = "forbidden"  # it refuses us (403)
    RATE_LIMITED = "rate_limited"  # it asks to come back later (429)
    NOT_MCP = "not_mcp"  # something else answers there
    PROTOCOL_ERROR = "protocol_error"  # it answers, but not as MCP or the format says
    HTTP_ERROR = "http_error"  # another HTTP error
    TIMEOUT = "timeout"  # no answer in time
    TLS_ERROR = "tls_error"  # no trusted connection
    DNS_ERROR = "dns_error"  # the name does not resolve
    CONNECT_ERROR = "connect_error"  # nothing takes the connection
    TOO_LARGE = "too_large"  # the answer is over a cap
    BLOCKED_SSRF = "blocked_ssrf"  # the address is private or local, and such were not allowed
    NEEDS_CONFIG = "needs_config"  # it does not start without settings of the user
    NEEDS_NETWORK = "needs_network"  # it does not start without network, which the sandbox has not
    NOT_FOUND = "not_found"  # the package, version or file does not exist
    UNSUPPORTED = "unsupported"  # a kind of package or transport that we do not run
    NO_SANDBOX = "no_sandbox"  # packages are not run where no sandbox can be made
    CRASHED = "crashed"  # a stdio server ended before it answered
    SKIPPED_POLICY = "skipped_policy"  # robots, opt-out, budget, --no-probe


_SMALL = re.compile(rb"e-[0-9]")  # begins with letters, so that it is found fast


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, Unicode as it is.

    Lone surrogates are legal in JSON escapes but not in UTF-8; they are kept escaped, so that
    every definition that parses has a digest. The standard library's text is what counts; orjson
    writes the same in a tenth of the time, but for small numbers (1e-05) and for what is no JSON.
    """
    try:
        raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | _AS_THE_LIBRARY)
    except TypeError:  # lone surrogates, integers beyond 64 bits, deep nesting, what is no JSON
        return _slow_json(value)
    # null may stand for a number that is none; the others are small numbers, or look like one
    odd = b"null" in raw or b"0.0000" in raw or _SMALL.search(raw)
    return _slow_json(value) if odd else raw.decode()


_AS_THE_LIBRARY = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""What `json` refuses or writes in its own way is left to it."""


def _slow_json(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def sha256(text: str) -> str:
    """Return the SHA-256 of a text as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _strip(record: object, *names: str, instead: str = "") -> None:
    """Take user names and passwords out of the addresses of a record that is being made."""
    for name in names:
        value = getattr(record, name)
        if value is not None and "@" in value:
            object.__setattr__(record, name, without_user(value, instead))


class ToolAnnotations(NamedTuple):
    """A server's claims about its tool. `None` means that the server did not say.

    The specification's effective defaults (read-only false, destructive true, idempotent false,
    open-world true) are not filled in: absent and false are different facts.
    """

    read_only_hint: bool | None = None
    destructive_hint: bool | None = None
    idempotent_hint: bool | None = None
    open_world_hint: bool | None = None

    @classmethod
    def parse(cls, value: object) -> ToolAnnotations:
        """Read the four hints out of a wire object; anything but a boolean counts as absent."""
        given = value if isinstance(value, Mapping) else {}

        def hint(key: str) -> bool | None:
            found = given.get(key)
            return found if isinstance(found, bool) else None

        return cls(
            read_only_hint=hint("readOnlyHint"),
            destructive_hint=hint("destructiveHint"),
            idempotent_hint=hint("idempotentHint"),
            open_world_hint=hint("openWorldHint"),
        )


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool as its server defines it, exactly as received.

    `input_schema`, `output_schema` and `annotations` hold the JSON values that came, whatever
    they are: `None` when absent. `server_text` is what is known of the server beside the
    definition (title, description): context for judging, not part of the definition.
    `extra` holds the keys of the wire object that are no part of the identity (`_meta`, icons).
    """

    server: ServerName
    name: str
    title: str | None = None
    description: str | None = None
    input_schema: Any = None
    output_schema: Any = None
    annotations: Any = None
    server_text: str = ""
    extra: JsonObject = field(default_factory=dict)

    @cached_property
    def definition(self) -> JsonObject:
        """The identity as a wire object: the present ones of `DEFINITION_KEYS`."""
        values = (
            self.name,
            self.title,
            self.description,
            self.input_schema,
            self.output_schema,
            self.annotations,
        )
        return {
            key: value
            for key, value in zip(DEFINITION_KEYS, values, strict=True)
            if value is not None
        }

    @cached_property
    def definition_sha256(self) -> str:
        """SHA-256 of the canonical JSON of `definition`; a change of it is definition drift."""
        return sha256(canonical_json(self.definition))

    @property
    def hints(self) -> ToolAnnotations:
        """The four hints, parsed."""
        return ToolAnnotations.parse(self.annotations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package of a server, as in server.json `packages[]`."""

    registry_type: str  # npm, pypi, oci, nuget, mcpb, or anything a registry says
    identifier: str
    version: str | None = None
    transport: str = "stdio"
    arguments: tuple[str, ...] = ()
    required_inputs: tuple[str, ...] = ()  # names of required variables and headers, never values
    file_sha256: str | None = None
    registry_base_url: str | None = None
    command: str | None = None  # the program of it to start, where not the one called like it

    def __post_init__(self) -> None:
        """Keep no password; that a registry wants a login still tells it from the public one."""
        _strip(self, "identifier")
        _strip(self, "registry_base_url", instead=f"{SECRET}@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A remote endpoint of a server, as in server.json `remotes[]`."""

    transport: str
    url: str
    required_inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep no password."""
        _strip(self, "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where and when a fact was obtained. `fetched_at` is UTC ISO 8601 with seconds.

    `place` is the list that it stands in, where a source has several: a URL without its query, a
    file, a checkout. Empty for the one that the source is known for.
    """

    source: str
    url: str
    fetched_at: str
    sha256: str | None = None
    place: str = ""

    @property
    def label(self) -> str:
        """Which list says so: the source, with the place where it is not the usual one."""
        return f"{self.source}+{self.place}" if self.place else self.source

    def __post_init__(self) -> None:
        """Keep no password."""
        _strip(self, "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a source says about one server."""

    name: ServerName
    title: str | None = None
    description: str | None = None
    version: str | None = None
    repository_url: str | None = None
    website_url: str | None = None
    status: str = "active"  # active, deprecated, deleted, or disabled in a client config
    packages: tuple[Package, ...] = ()
    remotes: tuple[Remote, ...] = ()

    def __post_init__(self) -> None:
        """Keep no password."""
        _strip(self, "repository_url", "website_url")

    @property
    def left_alone(self) -> str | None:
        """Why nobody visits it, in a word: `disabled` or `withdrawn`; None where it is visited."""
        return _WHY_LEFT_ALONE.get(self.status)


_WHY_LEFT_ALONE = {"disabled": "disabled", "deleted": "withdrawn"}
LEFT_ALONE = tuple(_WHY_LEFT_ALONE.values())
"""Why nobody visits a server: its client does not start it, or a registry took it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One source's statement that a server exists, with the tools it declares, if any."""

    server: Server
    provenance: Provenance
    tools: tuple[Tool, ...] | None = None  # None: the source says nothing about tools
    origin: Origin = Origin.DECLARED
    truncated: bool = False  # the list of tools goes on where it was not read
    problems: tuple[str, ...] = ()  # malformed tools that were left out, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that could not be looked at, and why. Never the same as "found nothing"."""

    subject: str
    outcome: Outcome
    reason: str


BROKE_OFF = "the list broke off at page "
"""How `Probe.detail` begins where it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one attempt to list a server's tools brought; one per server and crawl.

    `truncated`: the list has more than was read. Where it broke off, `detail` says at which page and why.
    """

    outcome: Outcome
    detail: str = ""  # one line, control characters stripped
    transport: str | None = None
    endpoint: str | None = None  # URL without query, or `npm:NAME@VERSION`
    era: str | None = None  # "initialize" or "stateless"
    protocol_version: str | None = None
    server_title: str | None = None
    instructions: str | None = None
    sandbox: str | None = None  # "bubblewrap", "none"
    dummy_config: bool = False  # listed with placeholder variables: absence proves nothing
    truncated: bool = False
    started_at: str = ""
    seconds: float = 0.0
    payload_sha256: str | None = None
    auth_scheme: str | None = None  # what a 401 asks for: Bearer, Basic and so on
    auth_metadata_url: str | None = None  # where it says how to get it; set where OAuth is offered
    auth_scope: str | None = None  # the scopes that it names
    wait_seconds: float | None = None  # when the server wants the next visit: Retry-After, ttlMs
    origin: Origin = Origin.LIVE  # of the tools: the server's answer, or its package's source
    tools: tuple[Tool, ...] = ()
    problems: tuple[str, ...] = ()  # malformed tools that were left out, and why

    def __post_init__(self) -> None:
        """Keep no password."""
        _strip(self, "endpoint", "auth_metadata_url")

    @property
    def broke_off(self) -> str | None:
        """Where and why the list broke off; None where it did not."""
        return self.detail if self.truncated and self.detail.startswith(BROKE_OFF) else None
