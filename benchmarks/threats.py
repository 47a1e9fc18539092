"""How well threats are found: recall on three attack sets, false alarms, time; beside two peers.

    python benchmarks/threats.py [--corpus ../shared/corpus/tools.jsonl.gz] [--families] [--peers]

The corpus is of real definitions, nearly all harmless, so what is raised there counts as a false
alarm: an upper bound. With --peers the static checks of `cisco-ai-mcp-scanner` (YARA) and the
import of `mcp-tool-auditor` read the same definitions in the same run, and are timed in turn with
us on one file of 1,000 definitions that all can read, whole processes. The peers look for threats
only, so we are timed with `classify --only-threats`, and once more with all that we say.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from peers import PEERS, PeerError, Verdicts

from classifier.engine import Options, classify_many
from classifier.model.labels import lines, to_tool
from classifier.verdict import Kind
from crawler.parse import parse_tool
from crawler.records import ServerName, Tool

ATTACKS = Path(__file__).parent.parent / "tests" / "attacks"
RUNS, TIMED = 5, 1000


@dataclass(frozen=True, slots=True)
class Case:
    """One definition and where it is from: an attack set or the corpus."""

    place: str  # first, second, ninth, corpus
    family: str  # of an attack; benign; real
    tool: Tool


def cases(corpus, sample):
    """Return the definitions of all sets; of the second and the ninth only what is not tuned on."""
    found = []
    for place, name in (
        ("first", "test.jsonl"),
        ("second", "second.jsonl"),
        ("ninth", "ninth.jsonl"),
    ):
        for line in (ATTACKS / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("split") != "dev":
                tool = parse_tool(ServerName("attack"), row["definition"], "")
                found.append(Case(place, row["family"], tool))
    if corpus.is_file():
        real = [to_tool(row) for _, row in lines(corpus)]
        step = max(1, len(real) // sample) if sample else 1
        found += [Case("corpus", "real", tool) for tool in real[::step]]
    return found


def ours(tools):
    """Return our verdicts (sure threats; threats at all) and the ids of the sure ones."""
    found = [
        [f for f in result.findings if f.signal.kind is Kind.THREAT]
        for result in classify_many(tools, Options(use_reviews=False))
    ]
    sure = [[f.signal.id for f in one if f.is_threat] for one in found]
    return Verdicts(list(map(bool, sure)), list(map(bool, found))), sure


def rates(rows, raised):
    """Return recall, false alarms and alarms per 1,000 as the table shows them."""
    count, hit = Counter(), Counter()
    for case, alarm in zip(rows, raised, strict=True):
        kind = (case.place, "attack" if case.family not in {"benign", "real"} else case.family)
        count[kind] += 1
        hit[kind] += alarm
    shown = []
    for place in ("first", "second", "ninth"):
        kind = (place, "attack")
        shown.append(f"{hit[kind] / count[kind]:.3f}")
    for place in ("first", "second", "ninth"):
        kind = (place, "benign")
        shown.append(f"{hit[kind]}/{count[kind]}")
    kind = ("corpus", "real")
    shown.append(f"{1000 * hit[kind] / count[kind]:.2f}" if count[kind] else "-")
    return shown


def families(rows, sure):
    """Print recall family by family, all sets together."""
    seen, hit = Counter(), defaultdict(int)
    for case, threats in zip(rows, sure, strict=True):
        seen[case.family] += 1
        hit[case.family] += bool(threats)
    for family, count in sorted(seen.items()):
        if family != "real":
            print(f"  {family:26}{hit[family]:3} of {count}")


def once(words):
    """Run a command; return seconds of wall clock and of CPU."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def times(rows, scanners, unread):
    """Time every scanner on one file, in turn; return the medians as the table shows them."""
    readable = [
        case.tool for i, case in enumerate(rows) if case.place == "corpus" and i not in unread
    ]
    some = (readable or [case.tool for case in rows])[:TIMED]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tools.json"
        file.write_text(json.dumps({"tools": [tool.definition for tool in some]}), encoding="utf-8")
        own = [sys.executable, "-m", "classifier", "classify", str(file), "--format", "jsonl"]
        commands = {
            "toolrisk": [*own, "--only-threats"],
            "toolrisk, whole": own,
        } | {name: scanner.words(file) for name, scanner in scanners.items()}
        taken = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, words in commands.items():
                taken[name].append(once(words))
    scale = TIMED / len(some)
    return {
        name: [f"{scale * statistics.median(run[part] for run in runs):.2f}" for part in (0, 1)]
        for name, runs in taken.items()
    }


def beside(definitions):
    """Run the peers; return their verdicts, those that work, and why the others do not."""
    verdicts, scanners, failed = {}, {}, {}
    for kind in PEERS:
        peer = kind()
        name = peer.package.replace("==", " ")
        try:
            peer.install()
            verdicts[name] = peer.scan(definitions)
            scanners[name] = peer
        except PeerError as cause:
            failed[name] = str(cause)
    return verdicts, scanners, failed


def table(rows, verdicts, taken, failed):
    """Print the table."""
    head = ["", "raised", "recall 1", "recall 2", "recall 9", "benign 1", "benign 2", "benign 9", "per 1,000", "wall s", "CPU s"]  # fmt: skip
    body = [head]
    for name, verdict in verdicts.items():
        bars = (
            ("sure threat", "any threat") if name == "toolrisk" else ("high severity", "anything")
        )
        for bar, raised in zip(bars, (verdict.grave, verdict.any), strict=True):
            body.append([name, bar, *rates(rows, raised), *taken[name]])
    widths = [max(len(row[i]) for row in body) for i in range(len(head))]
    for row in body:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    wall, cpu = taken["toolrisk, whole"]
    print(f"toolrisk is timed with --only-threats; with category and risk: {wall} s, CPU {cpu} s")
    for name, why in failed.items():
        print(f"{name}: not available: {why}")
    for name, verdict in verdicts.items():
        if verdict.unread:
            print(f"{name}: fails on {len(verdict.unread)} definitions; counted as not raised")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus/tools.jsonl.gz"))
    parser.add_argument("--sample", type=int, help="take about this many corpus definitions")
    parser.add_argument("--families", action="store_true", help="print recall of each family")
    parser.add_argument("--peers", action="store_true", help="install and run the two peers")
    options = parser.parse_args()
    rows = cases(options.corpus, options.sample)
    count = Counter((case.place, case.family == "benign") for case in rows)
    print(
        f"set 1: {count['first', False]} attacks, {count['first', True]} harmless; "
        f"set 2 (test split): {count['second', False]}, {count['second', True]}; "
        f"set 9: {count['ninth', False]}, {count['ninth', True]}; "
        f"corpus: {count['corpus', False]} definitions; "
        f"seconds for {TIMED:,} definitions, whole process, median of {RUNS}"
    )
    verdicts, sure = ours([case.tool for case in rows])
    others, scanners, failed = (
        beside([case.tool.definition for case in rows]) if options.peers else ({}, {}, {})
    )
    unread = {index for verdict in others.values() for index in verdict.unread}
    table(rows, {"toolrisk": verdicts} | others, times(rows, scanners, unread), failed)
    raised = Counter(
        signal for case, one in zip(rows, sure, strict=True) if case.place == "corpus" for signal in set(one)
    )  # fmt: skip
    print(f"sure threats of the corpus by signal: {dict(raised)}")
    if options.families:
        families(rows, sure)


if __name__ == "__main__":
    main()
