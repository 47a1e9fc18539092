"""How fast the classifier is: the whole process, the engine, the catalogue. Prints ratios.

    python benchmarks/classify.py [--corpus ../shared/corpus/tools.jsonl.gz] [--peer]

With --peer, `mcp-tool-auditor` is installed in a virtual environment of the benchmark's own and
imports the same file; the two run in turn, and the ratio is taken pair by pair.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from classifier.engine import Options, classify_many
from classifier.model.labels import lines, to_tool
from crawler.records import ServerName, Tool

RUNS = 5
COUNT = 1000


def made_up(count):
    """Stand-in definitions where the corpus is absent."""
    verbs, nouns = ["get", "delete", "send", "create", "run"], ["file", "email", "order", "query"]
    for i in range(count):
        verb, noun = verbs[i % 5], nouns[i % 4]
        yield Tool(
            server=ServerName(f"s{i % 50}"), name=f"{verb}_{noun}_{i}",
            description=f"{verb.capitalize()} a {noun} by its id. Returns the {noun} number {i}.",
            input_schema={"type": "object", "properties": {"id": {"type": "string"}, "path": {"type": "string"}}},
        )  # fmt: skip


def process(words):
    """Run a command; return wall and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def engine(tools):
    """Classify in process; return tools a second, the best of three runs."""
    best = min(_timed(tools) for _ in range(3))
    return len(tools) / best


def _timed(tools):
    start = time.process_time()
    for _ in classify_many(tools, Options(use_reviews=False)):
        pass
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus/tools.jsonl.gz"))
    parser.add_argument("--peer", action="store_true")
    options = parser.parse_args()
    real = options.corpus.is_file()
    tools = [to_tool(row) for _, row in lines(options.corpus)] if real else list(made_up(25_000))
    print(f"definitions: {len(tools)} {'of the corpus' if real else 'made up'}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tools.json"
        file.write_text(json.dumps({"tools": [tool.definition for tool in tools[:COUNT]]}))
        ours = [sys.executable, "-m", "classifier", "classify", str(file), "--format", "jsonl"]
        peer = _peer(Path(folder), file) if options.peer else None
        process(ours)
        pairs = [(process(ours), process(peer) if peer else None) for _ in range(RUNS)]
        wall = statistics.median(one[0] for one, _ in pairs)
        cpu = statistics.median(one[1] for one, _ in pairs)
        print(
            f"{COUNT} tools, whole process: wall {wall:.3f} s, CPU {cpu:.3f} s (median of {RUNS})"
        )
        if peer:
            ratio = statistics.median(one[0] / two[0] for one, two in pairs if two)
            theirs = statistics.median(two[0] for _, two in pairs if two)
            print(f"mcp-tool-auditor, same file: wall {theirs:.3f} s; ours / theirs {ratio:.2f}")
    list(classify_many(tools[:50], Options(use_reviews=False)))
    rate = engine(tools[:5000])
    print(f"engine, 5,000 tools: {rate:,.0f} a second a core")
    print(
        f"engine, 2,500 tools: {engine(tools[:2500]) / rate:.2f} times that rate (1.00 is linear)"
    )
    ordinary = 1 / rate
    for name, big in huge():
        once = min(_timed([big]) for _ in range(3))
        print(f"{name}: the time of {once / ordinary:.0f} ordinary tools")


def huge():
    """Definitions that must be bounded."""
    yield (
        "100 kB description",
        Tool(server=ServerName("s"), name="get", description="delete all files " * 6000),
    )
    properties = {f"p{i}": {"type": "string"} for i in range(5000)}
    yield (
        "5,000 properties",
        Tool(server=ServerName("s"), name="get", input_schema={"properties": properties}),
    )


def _peer(folder, file):
    venv.create(folder / "peer", with_pip=True)
    python = folder / "peer" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "mcp-tool-auditor==1.10.2"], check=True
    )
    return [str(folder / "peer" / "bin" / "mcp-tool-auditor"), "--no-log-file", "--no-metrics", "scan", "import", str(file), "--format", "json"]  # fmt: skip


if __name__ == "__main__":
    main()
