"""What the notebooks share: where the data is, colours, and small figures."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt

from classifier.engine import Options
from classifier.resources import data_dir
from classifier.store import classify_catalog
from crawler.catalog import Catalog

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
CORPUS = SHARED / "corpus" / "tools.jsonl.gz"
GOLD = SHARED / "labels" / "gold.jsonl"
RISKS = ("low", "medium", "high", "critical")
CATEGORIES = ("Read", "Write", "Execute", "Other")
COLOURS = {"low": "#5b8c5a", "medium": "#d9a441", "high": "#d9713c", "critical": "#a8323e"}
SAMPLE = 4000
"""Definitions of the corpus that are looked at; enough for shares, quick enough for CI."""

plt.rcParams.update(
    {"figure.figsize": (8, 3.2), "axes.spines.top": False, "axes.spines.right": False}
)


def reviewed() -> list[dict]:
    """Return the labels of definitions that people have read, which ship with the product."""
    names = ("text", "definition", "category", "risk", "signals", "certainty", "server", "tool")
    lines = (data_dir() / "labels" / "reviewed.tsv").read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines if line[0] != "#"]
    return [row | {"signals": row["signals"].split()} for row in rows]


def corpus_rows(limit: int) -> list[dict]:
    """Return every n-th definition of the corpus, `limit` in all."""
    from classifier.model.labels import lines

    rows = [row for _, row in lines(CORPUS)]
    return rows[:: max(1, len(rows) // limit)][:limit]


@contextmanager
def catalogue() -> Iterator[Catalog]:
    """Open a temporary catalogue: of the corpus where it is, else of our own sample server."""
    from classifier.model.labels import to_tool
    from crawler import sample_server
    from crawler.gathered import Gathered
    from crawler.parse import parse_tools
    from crawler.records import Server, ServerName

    if CORPUS.is_file():
        tools = [to_tool(row) for row in corpus_rows(SAMPLE)]
    else:
        tools, _ = parse_tools(ServerName("toolrisk-sample"), sample_server.TOOLS, "")
    by_server: dict = {}
    for tool in tools:
        by_server.setdefault(tool.server, []).append(tool)
    with tempfile.TemporaryDirectory() as folder, Catalog.open(f"{folder}/c.db") as catalog:
        catalog.record_many(
            Gathered(server=Server(name=name), tools=tuple(found))
            for name, found in by_server.items()
        )
        classify_catalog(catalog, Options())
        yield catalog


def bars(axis, names, values, colour="#44617b", share=False) -> None:
    """Draw horizontal bars with their values, the largest on top."""
    axis.barh(list(names)[::-1], list(values)[::-1], color=colour)
    for place, value in enumerate(list(values)[::-1]):
        axis.text(
            value, place, f" {value:.1%}" if share else f" {value:,}", va="center", fontsize=9
        )
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)
