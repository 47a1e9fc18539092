"""Facts for the pages' tests: tools and verdicts made by hand, every quote cut from its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.pages.model import (
    MemorySource,
    ProbeFacts,
    ServerFacts,
    ServerTools,
    ToolFacts,
    Version,
)
from classifier.pages.site import build
from classifier.signals import detectors
from classifier.verdict import (
    Addend,
    Basis,
    Category,
    Classification,
    Evidence,
    Finding,
    Risk,
)
from crawler.records import Origin, Outcome, Provenance, Server, ServerName, Tool

SIGNALS = {one.signal.id: one.signal for one in detectors()}
LISTEN = (
    "Opens a stream of account events on the trading desk. The stream key lives 60 minutes and "
    "must be renewed before that."
)
RENEW = "Renews a stream key for another 60 minutes; call it every 30-50 minutes."
HOSTILE_NAMES = (
    "../../x",
    "<script>alert(1)</script>",
    "con",
    "\U0001f600" * 300,
    "Same",
    "same",
    "sAme",
    "trailing...",
    "..",
    ".",
    "",
    "a/b\\c",
    "x" * 500,
    "{{ 7 * 7 }}{% raw %}",
    "pay\u202eexe.gpj",
    "zero\u200bwidth",
    '" onmouseover="alert(1)',
    "index",
    "nul\x00byte",
    "\ud800lone",
)
HOSTILE_TEXTS = (
    "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>",
    "</pre></code></textarea></title><svg/onload=window.hurt=3>",
    "<a href='javascript:window.hurt=4'>x</a> <style>body{display:none}</style>",
    "{{ config }}{% for x in y %}{{ self.__init__ }}{% endfor %}<iframe src=//evil.example>",
    "\u202ereversed\u202c \u200b\u200c\u200d\ufeff hidden \U000e0041\U000e0042\U000e0043",
    "\x00\x01\x1b[31mred\x1b[0m\x7f\x85 \ud83d lone",
    "-->]]><!-- <base href=//evil.example> <meta http-equiv=refresh content=0;url=//evil.example>",
    "long " * 20_000,
)


def quote(tool: Tool, pointer: str, text: str) -> Evidence:
    """Return evidence for the first place of a text in the text that a pointer leads to."""
    value = tool.name if pointer == "/name" else str(tool.description)
    start = value.index(text)
    return Evidence(pointer, start, start + len(text), text)


def parameter(name: str) -> Evidence:
    """Return evidence about a parameter itself."""
    escaped = name.replace("~", "~0").replace("/", "~1")
    return Evidence(f"/inputSchema/properties/{escaped}", 0, 0, name)


def verdict(
    category: Category = Category.READ,
    risk: Risk = Risk.LOW,
    found: dict[str, tuple[Evidence, ...]] | None = None,
    **given: object,
) -> Classification:
    """Return a classification whose score is the sum of its parts."""
    findings = tuple(
        Finding(signal=SIGNALS[name], evidence=evidence) for name, evidence in (found or {}).items()
    )
    addends = (
        Addend(10, "the call reaches an outside service"),
        *(Addend(15, finding.signal.title, finding.signal.id) for finding in findings),
    )
    base = {
        "category": category,
        "risk": risk,
        "risk_score": min(100, sum(a.points for a in addends)),
        "confidence": 0.91,
        "decided_by": Basis.RULES,
        "needs_review": False,
        "insufficient_definition": False,
        "findings": findings,
        "evidence": findings[0].evidence[:1] if findings else (),
        "rationale": "The definition names one effect, and the words quoted below say which.",
        "addends": addends,
        "notes": (),
        "ruleset": "rules-test",
        "model": "",
    }
    return Classification(**{**base, **given})


def facts(tool: Tool, judged: Classification, **given: object) -> ToolFacts:
    """Return a tool seen live in November 2026."""
    base = {
        "tool": tool,
        "classification": judged,
        "origin": Origin.LIVE,
        "first_seen": "2026-10-02T08:00:00Z",
        "last_seen": "2026-11-20T08:00:00Z",
    }
    return ToolFacts(**{**base, **given})


def server(name: str, title: str | None = None, **given: object) -> ServerFacts:
    """Return a server that listed its tools."""
    base = {
        "server": Server(
            name=ServerName(name),
            title=title,
            description="Offers things.",
            repository_url="https://code.example/repo",
        ),
        "probe": ProbeFacts(outcome=Outcome.LISTED, at="2026-11-20T08:00:00Z", era="stateless"),
        "listings": (
            Provenance(
                source="a list", url="https://list.example/x", fetched_at="2026-11-20T08:00:00Z"
            ),
        ),
        "first_seen": "2026-10-02T08:00:00Z",
        "last_seen": "2026-11-20T08:00:00Z",
    }
    return ServerFacts(**{**base, **given})


def desk() -> tuple[ServerFacts, ServerTools]:
    """Return an ordinary server: one tool of each category, one with a history."""
    name = ServerName("io.example/desk")
    opens = Tool(
        server=name,
        name="DeskOpenStream",
        description=LISTEN,
        input_schema={
            "type": "object",
            "properties": {
                "callback_url": {"type": "string", "description": "where events are sent"},
                "depth": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
            },
            "required": ["callback_url"],
        },
        annotations={"readOnlyHint": True},
    )
    renews = Tool(server=name, name="DeskRenewStream", description=RENEW, input_schema={})
    reads = Tool(server=name, name="list_accounts", description="Lists the accounts of the desk.")
    writes = Tool(server=name, name="rename_account", description="Changes an account's name.")
    found = {
        "external-side-effect": (
            quote(opens, "/description", "Opens a stream of account events"),
            quote(opens, "/description", "stream of account events on the trading desk"),
        ),
        "credentials": (quote(opens, "/description", "stream key"),),
        "url-parameter": (parameter("callback_url"),),
    }
    old = {**opens.definition, "description": "Opens a quiet stream of account events."}
    history = (
        Version(
            definition_sha256="0" * 64,
            definition=old,
            first_seen="2026-10-02T08:00:00Z",
            last_seen="2026-11-01T08:00:00Z",
        ),
        Version(
            definition_sha256=opens.definition_sha256,
            definition=opens.definition,
            first_seen="2026-11-02T08:00:00Z",
            last_seen="2026-11-20T08:00:00Z",
        ),
    )
    sensitive = {"sensitive-data": (quote(reads, "/description", "accounts"),)}
    tools = (
        facts(opens, verdict(Category.EXECUTE, Risk.HIGH, found), history=history),
        facts(renews, verdict(Category.OTHER)),
        facts(reads, verdict(Category.READ, Risk.MEDIUM, sensitive)),
        facts(writes, verdict(Category.WRITE, Risk.MEDIUM)),
    )
    return server(str(name), "Trading Desk MCP Server"), ServerTools(tools)


def hostile() -> tuple[ServerFacts, ServerTools]:
    """Return a server whose every word is an attack."""
    name = ServerName("<b>evil</b>/../srv")
    tools = []
    for index, own in enumerate(HOSTILE_NAMES):
        text = HOSTILE_TEXTS[index % len(HOSTILE_TEXTS)]
        tool = Tool(
            server=name,
            name=own,
            title=text[:200],
            description=text,
            input_schema={
                "type": "object",
                "properties": {
                    own or "p": {"type": text[:100], "description": text, "enum": [text[:300], 1]},
                    "</pre>": text[:50],
                },
                "required": [own, 3, None],
            },
            annotations={"readOnlyHint": "yes", "title": text[:80]},
        )
        found = {
            "untrusted-content": (Evidence("/description", 0, min(40, len(text)), text[:40]),),
            "path-parameter": (parameter(own or "p"),),
        }
        judged = verdict(Category.EXECUTE, Risk.CRITICAL, found, rationale=f"It says: {text[:90]}")
        tools.append(facts(tool, judged))
    evil = Server(
        name=name,
        title="<img src=x onerror=alert(1)>",
        description=HOSTILE_TEXTS[0],
        version="<b>1</b>",
        repository_url="javascript:window.hurt=9",
        website_url="https://user:secret@evil.example/",
    )
    return server(str(name), server=evil), ServerTools(tuple(tools))


@pytest.fixture(scope="session")
def world() -> MemorySource:
    """Return a catalogue of an ordinary, a hostile and an empty server."""
    probe = ProbeFacts(outcome=Outcome.AUTH_REQUIRED, at="2026-11-20T08:00:00Z")
    silent = server("io.example/silent", "Silent", probe=probe)
    return MemorySource.of([desk(), hostile(), (silent, ServerTools(()))])


@pytest.fixture(scope="session")
def site(world: MemorySource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site of that catalogue."""
    out = tmp_path_factory.mktemp("built") / "site"
    build(world, out)
    return out


@pytest.fixture(scope="session")
def make() -> Callable[..., ToolFacts]:
    """Return a maker of plain tools: make(name, description)."""

    def one(name: str, description: str, own: str = "io.example/made") -> ToolFacts:
        tool = Tool(server=ServerName(own), name=name, description=description)
        return facts(tool, verdict())

    return one


@pytest.fixture(scope="session")
def make_server() -> Callable[..., ServerFacts]:
    """Return the maker of servers."""
    return server
