"""What a build waits for: `verify` on pinned tools, and SARIF of many findings. Prints seconds.

    python benchmarks/pipeline.py [--corpus ../shared/corpus/tools.jsonl.gz] [--tools 5000]

`verify` is timed as a whole process, unchanged and with one tool in a hundred changed. SARIF is
timed from findings to text, and as a whole process from a file of definitions to a SARIF log.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from classifier.engine import Options, classify_many
from classifier.model.labels import lines, to_tool
from classifier.pipeline import sarif
from classifier.pipeline.findings import Report, rows
from crawler.records import ServerName, Tool

RUNS = 5
FINDINGS = 10_000
ENOUGH = 30_000
"""Definitions among which there are so many findings."""


def definitions(corpus, count):
    """Return definitions with names of their own, of the corpus or made up where it is absent."""
    if corpus.is_file():
        found = [to_tool(row) for _, row in lines(corpus)][:count]
        return [tool.definition | {"name": f"{tool.name}_{i}"} for i, tool in enumerate(found)]
    return [
        {"name": f"delete_row_{i}", "description": f"Deletes row {i} of all tables for good."}
        for i in range(count)
    ]


def run(*words):
    """Run toolrisk; return seconds of wall clock and of CPU, and the exit code."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *map(str, words)], capture_output=True, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.returncode


def timed(expected, *words):
    """Run it several times; return the medians of the seconds, in words."""
    taken = []
    for _ in range(RUNS):
        *seconds, code = run(*words)
        assert code == expected, code
        taken.append(seconds)
    wall, cpu = (statistics.median(part) for part in zip(*taken, strict=True))
    return f"{wall:.2f} s (CPU {cpu:.2f} s)"


def verify(folder, tools):
    file, lock = folder / "tools.json", folder / "toolrisk.lock"
    file.write_text(json.dumps({"tools": tools}), encoding="utf-8")
    run("pin", file, "--lock", lock)
    same = timed(0, "verify", file, "--lock", lock)
    changed = [
        one | {"description": f"{one.get('description')} Changed."} if i % 100 == 0 else one
        for i, one in enumerate(tools)
    ]
    file.write_text(json.dumps({"tools": changed}), encoding="utf-8")
    other = timed(1, "verify", file, "--lock", lock)
    print(f"verify, {len(tools):,} pinned tools, whole process: {same} unchanged")
    print(f"verify, one in a hundred of them changed: {other}")


def report(tools):
    """Return a report of at least so many findings."""
    made = [
        Tool(
            server=ServerName("bench"),
            name=one["name"],
            title=one.get("title"),
            description=one.get("description"),
            input_schema=one.get("inputSchema"),
            output_schema=one.get("outputSchema"),
            annotations=one.get("annotations"),
        )
        for one in tools
    ]
    found, count, empty = [], 0, Report([])
    for row in rows(
        (tool, result, None)
        for tool, result in zip(made, classify_many(made, Options(use_reviews=False)), strict=True)
    ):
        found.append(row)
        count += sum(map(empty.shows, row.entries))
        if count >= FINDINGS:
            break
    return Report(found), count


def write(folder, tools):
    given, count = report(tools)
    sarif.write(Report(given.rows[:1]))  # what is read once
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        text = sarif.write(given)
        taken.append(time.perf_counter() - start)
    results = len(json.loads(text)["runs"][0]["results"])
    assert results == count
    print(
        f"SARIF of {results:,} findings: {statistics.median(taken):.2f} s, {len(text) / 1e6:.1f} MB"
    )
    file = folder / "sarif.json"
    some = tools[:1000]
    file.write_text(json.dumps({"tools": some}), encoding="utf-8")
    whole = timed(0, "classify", file, "--format", "sarif", "--no-reviews")
    print(f"classify {len(some):,} tools to SARIF with lines and columns, whole process: {whole}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus/tools.jsonl.gz"))
    parser.add_argument("--tools", type=int, default=5000, help="how many tools are pinned")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verify(Path(folder), definitions(options.corpus, options.tools))
        write(Path(folder), definitions(options.corpus, ENOUGH))


if __name__ == "__main__":
    main()
