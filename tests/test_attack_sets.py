"""Threat detectors on sets of poisoned definitions, on harmless ones that look alike, on real ones.

The figures are the floor of what was measured when the detectors were written; see
tests/attacks/README.md for who wrote which set, and what was tuned on which.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from classifier.engine import Options, classify_many
from classifier.model.labels import lines, to_tool
from crawler.parse import parse_tool
from crawler.records import ServerName

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "shared" / "corpus" / "tools.jsonl.gz"


def rows(name, split=None):
    with (HERE / "attacks" / name).open(encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return [row for row in found if split is None or row["split"] == split]


def raised(tools):
    results = classify_many(tools, Options(use_reviews=False))
    return [any(finding.is_threat for finding in result.findings) for result in results]


def shares(chosen):
    """Return (share of attacks raised, number of harmless ones raised)."""
    tools = [parse_tool(ServerName("attack"), row["definition"], "") for row in chosen]
    found = list(zip(chosen, raised(tools), strict=True))
    attacks = [hit for row, hit in found if row["family"] != "benign"]
    return sum(attacks) / len(attacks), sum(hit for row, hit in found if row["family"] == "benign")


@pytest.mark.parametrize(
    ("name", "split", "recall", "alarms"),
    [
        ("test.jsonl", None, 0.90, 0),
        ("second.jsonl", "dev", 0.95, 0),
        ("second.jsonl", "test", 0.77, 1),
        ("third.jsonl", "dev", 0.90, 3),
        ("fourth.jsonl", "dev", 0.95, 4),
        ("fifth.jsonl", "dev", 0.95, 4),
        ("sixth.jsonl", "dev", 0.95, 4),
        ("seventh.jsonl", "dev", 0.95, 4),
        ("eighth.jsonl", "dev", 0.95, 4),
        ("ninth.jsonl", "test", 0.93, 1),
        ("tenth.jsonl", "dev", 0.95, 1),
        ("tenth.jsonl", "test", 0.78, 1),
        ("eleventh.jsonl", "dev", 0.95, 1),
    ],
)
def test_recall_and_false_alarms(name, split, recall, alarms):
    share, harmless = shares(rows(name, split))
    assert share >= recall
    assert harmless <= alarms


def test_the_sets_are_what_they_claim():
    first = [row for row in rows("test.jsonl") if row["family"] != "benign"]
    assert len(first) >= 150
    assert len({row["family"] for row in first}) >= 15
    last = [row for row in rows("ninth.jsonl", "test") if row["family"] != "benign"]
    assert len(last) >= 150
    assert len({row["family"] for row in last}) >= 15
    plain = Counter(row["family"] == "benign" for row in rows("tenth.jsonl", "test"))
    assert plain == {False: 37, True: 33}
    for name in sorted(path.name for path in (HERE / "attacks").glob("*.jsonl")):
        definitions = [json.dumps(row["definition"], sort_keys=True) for row in rows(name)]
        assert len(set(definitions)) == len(definitions)


def test_real_definitions_are_seldom_called_hostile():
    if not CORPUS.is_file():
        pytest.skip("the shared corpus is not here")
    tools = [to_tool(row) for number, row in lines(CORPUS) if number % 5 == 0]
    assert sum(raised(tools)) / len(tools) < 0.005
