"""The table that `classify` prints: worst first, hostile text made harmless."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable

from classifier.verdict import Classification, Finding, Kind, Risk
from crawler.records import Tool

_STYLE = {Risk.LOW: "green", Risk.MEDIUM: "yellow", Risk.HIGH: "red", Risk.CRITICAL: "bold red"}
_NAME = 60
_NARROW = 72
"""Columns below which eight cells side by side are slivers; each has a line of its own then."""


def print_table(
    results: Iterable[tuple[Tool, Classification]], nothing: Callable[[], str] = lambda: "no tools"
) -> None:
    """Print one row a tool, the most dangerous first, and a line of totals on stderr.

    `nothing` says what it means that there is no tool, once that is known.
    """
    rows = sorted(results, key=lambda row: (-row[1].risk_score, row[0].server, row[0].name))
    if not rows:
        sys.stderr.write(f"toolrisk: {nothing()}\n")
        return
    if sys.stdout.isatty():
        _rich(rows)
    else:
        for tool, result in rows:
            sys.stdout.write("\t".join(_cells(tool, result)) + "\n")
    counts = Counter(result.risk.value for _, result in rows)
    told = ", ".join(
        f"{counts[risk.value]} {risk.value}" for risk in reversed(Risk) if counts[risk.value]
    )
    review = sum(result.needs_review for _, result in rows)
    tools = "1 tool" if len(rows) == 1 else f"{len(rows)} tools"
    sys.stderr.write(f"toolrisk: {tools}: {told}; {review} need review\n")


def _cells(tool: Tool, result: Classification) -> tuple[str, ...]:
    signals = ", ".join(_signal(f) for f in result.findings if f.signal.kind.value != "schema")
    quote = next((e.text for e in result.evidence), "")
    return (
        result.risk.value,
        str(result.risk_score),
        result.category.value,
        clean(tool.server),
        clean(tool.name),
        signals,
        clean(quote),
        f"{result.confidence:.2f}" + (" review" if result.needs_review else ""),
    )


def _signal(finding: Finding) -> str:
    """Return the name of what was found; of hostile wording that is not sure, with that."""
    unsure = finding.signal.kind is Kind.THREAT and not finding.is_threat
    return f"{finding.signal.id} (perhaps)" if unsure else finding.signal.id


def _rich(rows: list[tuple[Tool, Classification]]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if console.width < _NARROW:
        for tool, result in rows:
            risk, score, category, server, name, signals, quote, sure = _cells(tool, result)
            console.print(Text(f"{risk} {score}", style=_STYLE[result.risk]), category, Text(name))
            for cell in (server, signals, quote, f"sure {sure}"):
                if cell:
                    console.print(Padding(Text(cell), (0, 0, 0, 2), expand=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("risk", "score", "category", "server", "tool", "signals", "evidence", "sure"):
        table.add_column(
            title, overflow="fold" if title in {"tool", "signals", "evidence"} else "ellipsis"
        )
    for tool, result in rows:
        cells = [Text(cell) for cell in _cells(tool, result)]  # Text: no markup is interpreted
        cells[0].stylize(_STYLE[result.risk])
        table.add_row(*cells)
    console.print(table)


def clean(text: str) -> str:
    """Return text for one cell: no control or invisible characters, bounded."""
    shown = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: _NAME + 1]
    )
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"
