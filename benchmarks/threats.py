"""How well threats are found: recall on the attack set, false alarms on real definitions, time.

    python benchmarks/threats.py [--corpus ../shared/corpus/tools.jsonl.gz] [--families] [--peers]

With --peers the static checks of `cisco-ai-mcp-scanner` and the import of `mcp-tool-auditor` run on
the same definitions, each in a virtual environment of the benchmark's own.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from pathlib import Path

from classifier.engine import Options, classify_many
from classifier.model.labels import lines, to_tool
from crawler.parse import parse_tool
from crawler.records import ServerName

ATTACKS = Path(__file__).parent.parent / "tests" / "attacks" / "test.jsonl"


def cases():
    for line in ATTACKS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["family"], parse_tool(ServerName("attack"), row["definition"], "")


def sure(tools):
    """Return for each definition the threats that are sure, and the seconds of CPU spent."""
    start = time.process_time()
    found = [
        [f.signal.id for f in result.findings if f.is_threat]
        for result in classify_many(tools, Options(use_reviews=False))
    ]
    return found, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus/tools.jsonl.gz"))
    parser.add_argument("--families", action="store_true", help="print recall of each family")
    options = parser.parse_args()
    rows = list(cases())
    found, _ = sure([tool for _, tool in rows])
    seen, hit = Counter(), defaultdict(int)
    for (family, _), threats in zip(rows, found, strict=True):
        seen[family] += 1
        hit[family] += bool(threats)
    attacks = sum(n for family, n in seen.items() if family != "benign")
    caught = sum(n for family, n in hit.items() if family != "benign")
    print(f"attack set: {caught} of {attacks} found, recall {caught / attacks:.3f}")
    print(f"harmless near misses: {hit['benign']} of {seen['benign']} raised")
    if options.families:
        for family, count in seen.items():
            print(f"  {family:26}{hit[family]:3} of {count}")
    if options.corpus.is_file():
        tools = [to_tool(row) for _, row in lines(options.corpus)]
        found, seconds = sure(tools)
        raised = sum(map(bool, found))
        kinds = Counter(threat for one in found for threat in set(one))
        print(
            f"corpus: {raised} of {len(tools)} raised, {1000 * raised / len(tools):.2f} per 1,000"
        )
        print(f"  {dict(kinds)}")
        print(f"  whole classification: {seconds / len(tools) * 1e6:.0f} microseconds a tool")


if __name__ == "__main__":
    main()
