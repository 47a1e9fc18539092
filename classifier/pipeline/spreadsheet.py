"""CSV that a spreadsheet opens without running anything.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break (or their full-width forms) is a
formula to a spreadsheet, and a tool's name may be one. Such cells get an apostrophe in front, as
OWASP's page on CSV injection advises; every cell is quoted, on one line, without unseen characters.
"""

from __future__ import annotations

import csv
import io

from classifier.pipeline.findings import Report
from classifier.pipeline.plain import encodable, plain

COLUMNS = (
    "server", "tool", "risk", "score", "category", "confidence", "decided_by", "needs_review",
    "signals", "new", "evidence", "rationale", "definition_sha256",
)  # fmt: skip
BEGINS = '"server","tool","risk",'
"""How every report of ours begins, with more columns or fewer; one that does not is another's."""
_FORMULA = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")


def write(report: Report) -> str:
    """Return a header and a row for every tool."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        result = row.result
        shown = [entry for entry in row.entries if report.shows(entry)]
        writer.writerow(
            [
                cell(row.tool.server),
                cell(row.tool.name),
                result.risk.value,
                str(result.risk_score),
                result.category.value,
                f"{result.confidence:.2f}",
                result.decided_by.value,
                "yes" if result.needs_review else "no",
                " ".join(finding.signal.id for finding in result.findings),
                " ".join(entry.rule for entry in shown if entry.accepted is None),
                cell(" | ".join(quote.text for quote in result.evidence)),
                cell(result.rationale),
                row.tool.definition_sha256,
            ]
        )
    return out.getvalue()


def cell(text: str, limit: int = 1000) -> str:
    """Return hostile text as a cell that is text and nothing else."""
    shown = encodable(plain(text, limit))
    starts = (text[:1], shown.lstrip(" \"'")[:1])
    return f"'{shown}" if any(char in _FORMULA for char in starts if char) else shown
