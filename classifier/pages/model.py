"""What a page is made of: plain facts, apart from the catalogue's rows and from any template."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from classifier.intent import Intent, decide_intent
from classifier.pages.definition import View, view_of
from classifier.pages.marks import Marks, number_evidence
from classifier.pages.shapes import Made, made_for
from classifier.verdict import Category, Classification, Risk
from crawler.records import JsonObject, Origin, Outcome, Provenance, Server, Tool

if TYPE_CHECKING:
    from classifier.pages.questions import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFacts:
    """How the last attempt to list a server went. Unknown fields are empty."""

    outcome: Outcome
    detail: str = ""
    transport: str | None = None
    endpoint: str | None = None
    era: str | None = None
    protocol_version: str | None = None
    sandbox: str | None = None
    dummy_config: bool = False
    truncated: bool = False
    broke_off: str | None = None
    """At which page a truncated list ended before its end, and why, where it did."""
    unread: int = 0
    """Entries of the list that could not be read; of very many, fewer are known."""
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFacts:
    """What is not known of the list in force, where the last attempt did not bring it.

    It is a source's statement, or what the server answered before it could not be asked any more.
    """

    at: str
    unread: int = 0
    """Things in it that could not be read, each of which may be several tools."""
    truncated: bool = False
    broke_off: str | None = None
    """As in `ProbeFacts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """One server: what sources say, what the probe met, when it was seen (UTC ISO 8601)."""

    server: Server
    probe: ProbeFacts | None = None
    stated: StatedFacts | None = None
    """None where the list in force is whole, or what the last attempt brought."""
    listings: tuple[Provenance, ...] = ()
    first_seen: str = ""
    last_seen: str = ""
    instructions: str | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Whether a registry took it back."""
        return self.server.status == "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One definition, from when to when it was in force; newest last in a history."""

    definition_sha256: str
    definition: JsonObject
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFacts:
    """One tool as last seen, with what was concluded about it."""

    tool: Tool
    classification: Classification
    origin: Origin = Origin.DECLARED
    first_seen: str = ""
    last_seen: str = ""
    removed_at: str | None = None
    """When the server stopped listing it; None while it is listed."""
    ordinal: int = 0
    """Tells tools of one name apart, which a server should not have but can."""
    history: tuple[Version, ...] = ()
    past: tuple[Changed, ...] = ()
    """What happened to it, oldest first; where none is given, what its dates and history tell."""


@dataclass(frozen=True, slots=True)
class ServerTools:
    """The tools of one server, and the names of those that are known but not judged yet."""

    tools: tuple[ToolFacts, ...]
    unclassified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The few facts about a tool that lists, search and related tools need."""

    server: str
    server_title: str
    name: str
    path: str
    """Of the tool's page, relative to the site's root, without extension."""
    category: Category
    risk: Risk
    score: int
    confidence: float
    signals: tuple[str, ...]
    summary: str
    doubtful: bool = False
    """The label needs review, or the definition says too little."""

    def __repr__(self) -> str:
        """Return all of it; that of a dataclass takes ten times as long, and keys are made of it."""
        # fmt: off
        return repr((
            self.server, self.server_title, self.name, self.path, self.category._value_,
            self.risk._value_, self.score, self.confidence, self.signals, self.summary,
            self.doubtful,
        ))
        # fmt: on

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Worst first, then by name: the one order of every list."""
        return (-self.risk.rank, -self.score, self.name.casefold(), self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large the index is, rounded down so that one more tool changes no other page."""

    servers: int
    tools: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPage:
    """Everything that the page of one server is made of."""

    facts: ServerFacts
    title: str
    slug: str
    rows: tuple[Row, ...]
    tools: tuple[ToolFacts, ...]
    """Those of the rows, in the same order."""
    known: tuple[tuple[ToolFacts, str], ...] = ()
    """Every tool that it has ever listed, with the path of its page."""
    unclassified: tuple[str, ...] = ()
    similar: tuple[tuple[str, str, int], ...] = ()
    """(title, slug, shared tools) of servers that offer much the same."""
    imitates: tuple[str, str, str | None] | None = None
    """(name, how, slug if it is here) of a better-known server of a like name."""

    @property
    def path(self) -> str:
        """Of the page, relative to the site's root, without extension."""
        return f"servers/{self.slug}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether its registry took it back; then its pages are tombstones."""
        return self.facts.is_withdrawn


@dataclass(frozen=True, kw_only=True)
class ToolPage:
    """Everything that the page of one tool is made of; what a section's `context` reads."""

    facts: ToolFacts
    server: ServerPage
    row: Row
    scale: Scale
    siblings: tuple[Row, ...] = ()
    similar: tuple[Row, ...] = ()
    base_url: str | None = None
    is_tight: bool = False
    """The page came out too large: sections that can leave things out must do so."""

    @property
    def tool(self) -> Tool:
        """The definition."""
        return self.facts.tool

    @property
    def classification(self) -> Classification:
        """The conclusion."""
        return self.facts.classification

    @property
    def is_gone(self) -> bool:
        """Whether the server lists it no more, or was withdrawn; then the page is a tombstone."""
        return self.facts.removed_at is not None

    @property
    def others(self) -> int:
        """How many tools the server lists beside this one."""
        return len(self.server.rows) - (not self.is_gone)

    @cached_property
    def marks(self) -> Marks:
        """The evidence, numbered."""
        return number_evidence(self.classification)

    @cached_property
    def view(self) -> View:
        """The definition with the evidence in place."""
        return view_of(self.tool, self.marks)

    @cached_property
    def intent(self) -> Intent:
        """What should become of calls."""
        return decide_intent(self.tool, self.classification)

    @cached_property
    def made(self) -> tuple[Made, ...]:
        """Every target's policy for the tool, as the page shows it."""
        return made_for(self.tool.server, self.intent)

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """What people ask about the tool; the page and its twins share it."""
        from classifier.pages.questions import questions  # it reads pages, as sections do

        return questions(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSummary:
    """What a build did."""

    servers: int
    tools: int
    pages: int
    written: int
    kept: int
    removed: int = 0
    unclassified: int = 0
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What happened to one tool: `new` (or there again), `changed` or `removed`."""

    kind: str
    server: str
    tool: str
    at: str
    definition_sha256: str


class SiteSource(Protocol):
    """Where a build gets its facts: light facts of all servers, full facts of one at a time."""

    def servers(self) -> Sequence[ServerFacts]:
        """Return every server, sorted by name."""
        ...

    def tools(self, server: str) -> ServerTools:
        """Return the tools of one server."""
        ...

    def several(self, servers: Collection[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of these servers, in any order; without tools it may be left out."""
        ...

    def many(self, servers: AbstractSet[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of these servers, in any order; histories may be left out."""
        ...

    def fingerprints(self) -> Mapping[str, str]:
        """Return a digest of all facts for each server."""
        ...

    def changes(self) -> Sequence[Changed]:
        """Return what was added, changed and removed, as far back as is known."""
        ...


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Facts held in memory: for previews and for catalogues that are small."""

    given: tuple[tuple[ServerFacts, ServerTools], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[ServerFacts, ServerTools]]) -> MemorySource:
        """Make a source from (server, tools) pairs."""
        return cls(tuple(sorted(pairs, key=lambda pair: pair[0].server.name)))

    def servers(self) -> Sequence[ServerFacts]:
        """Return every server."""
        return [facts for facts, _ in self.given]

    def tools(self, server: str) -> ServerTools:
        """Return the tools of one server."""
        found = (tools for facts, tools in self.given if facts.server.name == server)
        return next(found, ServerTools(()))

    def several(self, servers: Collection[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of these servers."""
        yield from self.many(frozenset(servers))

    def many(self, servers: AbstractSet[str]) -> Iterator[tuple[str, ServerTools]]:
        """Yield (name, tools) of these servers."""
        for facts, tools in self.given:
            if facts.server.name in servers:
                yield facts.server.name, tools

    def fingerprints(self) -> Mapping[str, str]:
        """Return a digest of all facts for each server."""
        return {facts.server.name: digest_of(facts, tools) for facts, tools in self.given}

    def changes(self) -> Sequence[Changed]:
        """Return what can be told from the tools' dates and histories."""
        return [
            one for _, tools in self.given for facts in tools.tools for one in changes_of(facts)
        ]


def changes_of(facts: ToolFacts) -> Iterator[Changed]:
    """Yield what happened to one tool, as its past tells, or its dates and its history."""
    if facts.past:
        yield from facts.past
        return
    digest = facts.tool.definition_sha256
    steps = [("new", facts.first_seen, digest)]
    steps += [("changed", v.first_seen, v.definition_sha256) for v in facts.history[1:]]
    if facts.removed_at:
        steps.append(("removed", facts.removed_at, digest))
    for kind, at, of in steps:
        yield Changed(
            kind=kind,
            server=facts.tool.server,
            tool=facts.tool.name,
            at=at,
            definition_sha256=of,
        )


def digest_of(facts: ServerFacts, offered: ServerTools) -> str:
    """Return a digest of one server's facts, whatever the order of its tools."""
    tools = [
        (
            one.tool.definition_sha256,
            one.tool.server_text,
            one.classification,
            one.origin,
            (one.first_seen, one.last_seen, one.removed_at),
            one.ordinal,
            one.history,
            one.past,
        )
        for one in sorted(offered.tools, key=lambda t: (t.tool.name, t.ordinal))
    ]
    text = repr((facts, tools, offered.unclassified))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
