"""Statistics of the index: counts as bars, each with its numbers as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.pages.model import Row
from classifier.pages.overview import Draft, Overview
from classifier.pages.signal_catalog import signal_pages
from classifier.pages.words import number
from classifier.verdict import Category, Risk

WIDEST = 360
"""Width of the longest bar, in units of the plot."""

_SIZES = ((1, 1), (2, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, 10**9))
_STEP = 10
_LAST = 90


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    label: str
    count: int
    width: int
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars with a title, a sentence, and heads for the table of numbers."""

    title: str
    text: str
    column: str
    unit: str
    bars: tuple[Bar, ...]


def statistics_page(site: Overview) -> Draft:
    """Return the page of statistics."""
    doubtful = sum(row.doubtful for row in site.rows)
    intro = (
        f"{number(len(site.rows), 'tool')} of {number(len(site.servers), 'server')}. "
        f"{number(doubtful, 'label')} should be reviewed by a person."
    )
    return site.page(
        "statistics", "statistics.html", "Statistics", intro, intro=intro, plots=plots(site)
    )


def plots(site: Overview) -> tuple[Plot, ...]:
    """Return every plot."""
    rows = site.rows
    risks, categories = Counter(r.risk for r in rows), Counter(r.category for r in rows)
    tens = Counter(min(_LAST, row.score // _STEP * _STEP) for row in rows)
    scores = [
        (f"{low} to {100 if low == _LAST else low + _STEP - 1}", tens[low], "")
        for low in range(0, 100, _STEP)
    ]
    return (
        Plot(
            "Tools by risk",
            "How much harm one call can do, and how hard it is to undo.",
            "Risk",
            "Tools",
            _bars((r.value.capitalize(), risks[r], r.value) for r in reversed(Risk)),
        ),
        Plot(
            "Tools by category",
            "What a call does: the most consequential of its effects.",
            "Category",
            "Tools",
            _bars((c.value, categories[c], "") for c in Category),
        ),
        Plot(
            "Tools by signal",
            "A tool can have several signals, or none.",
            "Signal",
            "Tools",
            _bars(_signals(site)),
        ),
        Plot("Risk scores", "In steps of ten points.", "Score", "Tools", _bars(scores)),
        Plot(
            "Servers by number of tools",
            "Servers whose tools were not seen are left out.",
            "Tools",
            "Servers",
            _bars(_sizes([server.count for server in site.servers])),
        ),
    )


def _signals(site: Overview) -> list[tuple[str, int, str]]:
    found: dict[str, list[Row]] = site.by_signal
    counted = [(page.title, len(found.get(page.id, ())), "") for page in signal_pages(tuple(found))]
    return sorted((one for one in counted if one[1]), key=lambda one: (-one[1], one[0]))


def _sizes(counts: Sequence[int]) -> list[tuple[str, int, str]]:
    made = []
    for low, high in _SIZES:
        label = (
            str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"over {low - 1}"
        )
        made.append((label, sum(low <= count <= high for count in counts), ""))
    return made


def _bars(given: Iterable[tuple[str, int, str]]) -> tuple[Bar, ...]:
    listed = list(given)
    most = max((count for _, count, _ in listed), default=0) or 1
    return tuple(
        Bar(label, count, -(-count * WIDEST // most), risk) for label, count, risk in listed
    )
