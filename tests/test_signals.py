"""Every signal against its own cases: what it must raise, and what it must not."""

import json
import tomllib
from pathlib import Path

import pytest

from classifier.engine import Options, classify
from classifier.signals import detectors
from classifier.verdict import Kind
from crawler.records import ServerName, Tool

CASES = Path(__file__).parent / "signals"
SIGNALS = [detector.signal.id for detector in detectors()]
MIN_MATCH, MIN_NEAR_MISS = 2, 4


def _file(signal: str) -> Path:
    return CASES / (signal.replace("-", "_") + ".toml")


def _cases(kind: str) -> list[tuple[str, dict]]:
    return [
        (signal, case)
        for signal in SIGNALS
        for case in tomllib.loads(_file(signal).read_text(encoding="utf-8"))[kind]
    ]


def _tool(case: dict) -> Tool:
    properties = {name: {"type": kind} for name, kind in case.get("parameters", {}).items()}
    schema = json.loads(case["schema"]) if "schema" in case else None
    return Tool(
        server=ServerName("example"),
        name=case["name"],
        description=case["description"],
        input_schema=schema or {"type": "object", "properties": properties},
        annotations=case.get("annotations"),
    )


def _name(value: object) -> str:
    return str(value["why"]) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_has_cases_and_a_page(signal):
    cases = tomllib.loads(_file(signal).read_text(encoding="utf-8"))
    assert len(cases["match"]) >= MIN_MATCH
    assert len(cases["no_match"]) >= MIN_NEAR_MISS
    page = next(d.page for d in detectors() if d.signal.id == signal)
    assert len(page.split()) >= 15


@pytest.mark.parametrize(("signal", "case"), _cases("match"), ids=_name)
def test_match(signal, case):
    result = classify(_tool(case), Options(use_reviews=False))
    finding = next((f for f in result.findings if f.signal.id == signal), None)
    assert finding is not None, [f.signal.id for f in result.findings]
    assert finding.evidence
    assert finding.is_threat or finding.signal.kind is not Kind.THREAT


@pytest.mark.parametrize(("signal", "case"), _cases("no_match"), ids=_name)
def test_near_miss(signal, case):
    result = classify(_tool(case), Options(use_reviews=False))
    found = [f for f in result.findings if f.signal.id == signal]
    # A threat may be shown with low confidence; then it decides nothing.
    wrong = [f for f in found if f.signal.kind is not Kind.THREAT or f.is_threat]
    assert wrong == [], [e for f in wrong for e in f.evidence]
