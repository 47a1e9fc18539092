"""Tools for the policy tests: our own sixty, and two thousand of the shared corpus."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from classifier.intent import Profile, decide_intent
from classifier.verdict import (
    Basis,
    Category,
    Classification,
    Evidence,
    Finding,
    Kind,
    Risk,
    Severity,
    Signal,
)
from crawler.records import ServerName, Tool

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
CORPUS_SAMPLE = 2_000

HOSTILE_NAMES = (
    'quote"d',
    "apos'trophe",
    "back\\slash",
    "dotted.name",
    "two..dots",
    "line\nbreak",
    "tab\tbed",
    "star*",
    "*",
    "on",
    "no",
    "1",
    "~",
    "null",
    "true",
    "emoji_\N{ROCKET}",
    "rtl_\N{RIGHT-TO-LEFT OVERRIDE}txt",
    "zero\N{ZERO WIDTH SPACE}width",
    "x" * 200,
    "x" * 128,
    "${HOME}",
    "$(id)",
    "`id`",
    "a,b",
    "a:b",
    "mcp__other__tool",
    "__proto__",
    "../../x",
    "<script>alert(1)</script>",
    "# comment",
    "a b",
    " leading",
    "",
    "{{ x }}",
    "naïve",
    "nai\N{COMBINING DIAERESIS}ve",
    "\N{CYRILLIC SMALL LETTER A}dmin",
    "permit(principal,action,resource);",
    '" in ["x"] || true || "',
    "toolrisk.no.tool.may.be.used",
)


def classification(category, risk, *signals, kind=Kind.CAPABILITY, **flags):
    findings = tuple(
        Finding(
            signal=Signal(id=s, kind=kind, severity=Severity.HIGH, title=s),
            evidence=(Evidence("/name", 0, 0, "x"),),
        )
        for s in signals
    )
    return Classification(
        category=category,
        risk=risk,
        risk_score=50,
        confidence=0.9,
        decided_by=Basis.RULES,
        needs_review=flags.get("needs_review", False),
        insufficient_definition=flags.get("insufficient_definition", False),
        findings=findings,
        evidence=(),
        rationale="",
        addends=(),
        notes=(),
        ruleset="test",
        model="test",
    )


def tool(name, server="own", **properties):
    schema = {"type": "object", "properties": properties}
    return Tool(server=ServerName(server), name=name, input_schema=schema)


@pytest.fixture(scope="session")
def classify():
    """Make a classification by hand: (category, risk, *signals, kind=, needs_review=...)."""
    return classification


@pytest.fixture(scope="session")
def make_tool():
    return tool


@pytest.fixture(scope="session")
def own_tools():
    """Sixty tools of our own: every cell of the table, then names that break things."""
    cells = [(c, r) for c in Category for r in Risk]
    plain = [(tool(f"{c.lower()}_{r}_thing"), classification(c, r)) for c, r in cells]
    special = [
        (tool("Get_Thing"), classification(Category.READ, Risk.LOW)),
        (tool("run_query", sql={"type": "string"}), classification(Category.READ, Risk.LOW)),
        (tool("poisoned"), classification(Category.READ, Risk.LOW, "hidden", kind=Kind.THREAT)),
        (
            tool("vague"),
            classification(Category.READ, Risk.LOW, insufficient_definition=True),
        ),
    ]
    hostile = [
        (tool(name), classification(*cells[i * 7 % len(cells)]))
        for i, name in enumerate(HOSTILE_NAMES)
    ]
    pairs = plain + special + hostile
    assert len(pairs) == 60
    return pairs


@pytest.fixture(scope="session")
def corpus_tools():
    """Tools of the shared corpus with made-up classifications that reach every cell."""
    path = SHARED / "corpus" / "tools.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the shared corpus is not there: {path}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for i, line in enumerate(lines) if i % 12 == 0][:CORPUS_SAMPLE]
    assert len(rows) == CORPUS_SAMPLE
    cells = [(c, r) for c in Category for r in (Risk.LOW, Risk.LOW, *Risk)]
    pairs = []
    for row in rows:
        one = Tool(
            server=ServerName(row["server"]),
            name=row["tool"],
            description=row.get("description"),
            input_schema=row.get("input_schema"),
        )
        seed = int(hashlib.sha256(f"{row['server']}/{row['tool']}".encode()).hexdigest(), 16)
        pairs.append((one, classification(*cells[seed % len(cells)])))
    return pairs


@pytest.fixture(scope="session", params=list(Profile), ids=str)
def profile(request):
    return request.param


@pytest.fixture(scope="session")
def by_server():
    """Group (tool, classification) pairs into intents per server under a profile."""

    def group(pairs, profile, overrides=None):
        servers = {}
        for one, verdict in pairs:
            intent = decide_intent(one, verdict, profile, overrides)
            servers.setdefault(one.server, []).append(intent)
        return servers

    return group


@pytest.fixture(scope="session", autouse=True)
def cel_environment():
    """Let the CEL engine raise the recursion limit once, before Hypothesis looks at it."""
    celpy = pytest.importorskip("celpy")
    environment = celpy.Environment()
    environment.program(environment.compile("1 == 1")).evaluate({})
