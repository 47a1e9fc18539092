"""Labels as facts: digests and answers, without the third-party text that was read.

The lines of data/labels/reviewed.tsv are made here, from gold labels or from a person's reviews.
"""

from collections.abc import Iterable
from pathlib import Path

from classifier.model.labels import Labelled
from classifier.model.outputs import LABEL_SIGNALS
from classifier.reviewed import text_digest
from classifier.signals import detectors
from crawler.records import Tool

HEADER = "# text digest\tdefinition digest\tcategory\trisk\tsignals\tcertainty\tserver\ttool\n"
_DIGITS = 16
_CERTAIN = 2


def line(tool: Tool, category: str, risk: str, signals: Iterable[str], certainty: int) -> str:
    """Return one fact; server and tool names are flattened, so that a tab cannot forge a field."""
    fields = (
        text_digest(tool),
        tool.definition_sha256[:_DIGITS],
        category,
        risk,
        " ".join(sorted(signals)),
        str(certainty),
        _flat(tool.server),
        _flat(tool.name),
    )
    return "\t".join(fields) + "\n"


def write(path: Path, labelled: Iterable[Labelled]) -> int:
    """Write the facts of labelled tools, sorted; return how many.

    A name and description that were labelled twice and differently are left out: that is a
    disagreement, not a review. Labels of certainty 1 say that the definition says too little.
    """
    ids = {d.label: d.signal.id for d in detectors() if d.label}
    rows: dict[str, set[str]] = {}
    for item in labelled:
        signals = [ids[s] for s in LABEL_SIGNALS if s in item.signals]
        text = line(item.tool, item.category, item.risk, signals, item.certainty)
        rows.setdefault(text[:_DIGITS], set()).add(text)
    agreed = sorted(_one(found) for found in rows.values() if _agree(found))
    path.write_text(HEADER + "".join(agreed), encoding="utf-8")
    return len(agreed)


def _agree(found: set[str]) -> bool:
    return len({tuple(text.split("\t")[2:5]) for text in found}) == 1


def _one(found: set[str]) -> str:
    """Of several schemas under one name and text keep one; a mismatch then keeps the higher risk."""
    return min(found)


def _flat(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:120]
