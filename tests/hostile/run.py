"""Crawl a registry of hostile servers with shorter limits: `run.py REGISTRY DATABASE SECONDS`.

A program of its own, so that its memory can be measured; prints one JSON line.
"""

import json
import sys
from pathlib import Path

from crawler import probe
from crawler.catalog import Catalog
from crawler.crawl import CrawlOptions, crawl
from crawler.probe import sandbox
from crawler.targets import parse_targets


def peak():
    """Return the most bytes that this program held: `ru_maxrss` also counts who started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    probe.TOTAL_SECONDS = float(sys.argv[3])
    sandbox.watch.__defaults__ = (300_000_000, sandbox.PROCESSES)
    with Catalog.open(sys.argv[2]) as catalog:
        summary = crawl(
            parse_targets(sys.argv[1:2]), CrawlOptions(allow_private=True, per_host=4), catalog
        )
    print(json.dumps(summary.to_json() | {"peak": peak()}))
