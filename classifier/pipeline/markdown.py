"""Markdown for a pull-request comment: what is new first, short enough for any forge.

Every word of a tool stands in a code span, which is the one place where Markdown knows no links,
images, mentions, HTML or issue numbers; the fence is longer than any run of backticks inside.
"""

from __future__ import annotations

from collections import Counter

from classifier.pipeline.findings import TOOL_RISK, Entry, Report, Row
from classifier.pipeline.plain import encodable, in_line, plain
from classifier.verdict import Risk

MARKER = "<!-- toolrisk -->"
"""First line, by which an action finds its own comment again, and a report is known as ours."""
BEGINS = MARKER
_MOST_ROWS = 60
_MOST_SIGNALS = 6
_MOST_CHARACTERS = 32_000
"""A comment on a pull request may hold 65,536 characters; the action puts two reports into one."""


def write(report: Report) -> str:
    """Return the comment."""
    level = report.fail_on or Risk.HIGH
    failing = [row for row in report.rows if row.fails(level)]
    counts = Counter(row.result.risk.value for row in report.rows)
    told = ", ".join(
        f"{counts[risk.value]} {risk.value}" for risk in reversed(Risk) if counts[risk.value]
    )
    known = sum(row.result.risk.rank >= level.rank and not row.fails(level) for row in report.rows)
    lines = [MARKER, "", f"### Toolrisk: {_verdict(report, failing, level)}", ""]
    if report.looked is None:
        lines.append(f"{_count(len(report.rows), 'tool')}: {told or 'none'}.")
    else:
        lines.append(f"{_count(len(report.looked), 'tool')} looked at, for threats alone.")
    if report.has_baseline:
        lines.append(f"{_count(known, 'tool')} at or above {level.value} known from the baseline.")
    if failing:
        lines += ["", "| Risk | Server | Tool | Why | Words |", "|---|---|---|---|---|"]
        worst = sorted(
            failing, key=lambda row: (-row.result.risk_score, row.tool.server, row.tool.name)
        )
        lines += [_row(row) for row in worst[:_MOST_ROWS]]
        if len(worst) > _MOST_ROWS:
            lines += ["", f"And {_count(len(worst) - _MOST_ROWS, 'more tool')}."]
    if report.extra:
        lines += [
            "",
            "#### Servers and configuration"
            if report.looked is None
            else "#### What looks hostile",
            "",
            *[_item(e) for e in report.extra[:_MOST_ROWS]],
        ]
    if report.skipped:
        lines += ["", "#### Could not be looked at", ""]
        lines += [f"- {code(line, 200)}" for line in report.skipped[:_MOST_ROWS]]
    return fit(lines)


def fit(lines: list[str], limit: int = _MOST_CHARACTERS) -> str:
    """Join lines as long as they fit in a comment, and say when some did not."""
    kept, room = [], limit
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept += ["", "The rest does not fit in a comment."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _verdict(report: Report, failing: list[Row], level: Risk) -> str:
    what = "new " if report.has_baseline else ""
    configs = report.failing_extra(level)
    if failing or configs:
        told = [_count(len(failing), f"{what}tool")] if failing else []
        about = " about servers or configs" if report.looked is None else ""
        told += [_count(len(configs), f"{what}finding") + about] if configs else []
        return f"{' and '.join(told)} at or above {level.value}"
    if report.skipped:
        return f"nothing {what}at or above {level.value} in what could be looked at"
    return f"nothing {what}at or above {level.value}"


def _row(row: Row) -> str:
    new = [e.rule for e in row.entries if e.accepted is None and e.rule != TOOL_RISK]
    why = ", ".join(new[:_MOST_SIGNALS]) or row.result.category.value
    quote = next((e.text for e in row.result.evidence if e.text), "")
    cells = (
        f"**{row.result.risk.value}** {row.result.risk_score}",
        code(in_line(row.tool.server), 60, table=True),
        code(in_line(row.tool.name), 60, table=True),
        why,
        code(quote, 100, table=True),
    )
    return "| " + " | ".join(cells) + " |"


def _item(entry: Entry) -> str:
    words = " ".join(code(e.text, 80) for e in entry.evidence[:2])
    tool = f" {code(in_line(entry.tool), 60)}" if entry.tool else ""
    known = " (known)" if entry.accepted else ""
    said = f"- **{entry.level.value}** {entry.rule}{known} {code(in_line(entry.server), 60)}{tool}"
    return f"{said}: {entry.message} {words}".rstrip()


def code(text: str, limit: int, *, table: bool = False) -> str:
    """Return hostile text as a code span.

    In a table a bar becomes a broken bar: no two readers of Markdown agree on how one is escaped
    behind a backslash.
    """
    shown = encodable(plain(text, limit))
    if not shown:
        return ""
    longest = run = 0
    for char in shown:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    if table:
        shown = shown.replace("|", "\N{BROKEN BAR}")
    return f"{fence}{pad}{shown}{pad}{fence}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
