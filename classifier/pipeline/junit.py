"""JUnit XML: a suite per server, a case per tool; a case fails where the gate would.

Without `--fail-on` the gate stands at high. What could not be looked at is an error, never a pass.
XML 1.0 has no place for control characters at all, escaped or not, so they are named instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from classifier.pipeline.findings import Entry, Looked, Report, Row
from classifier.pipeline.plain import in_line, plain
from classifier.verdict import Risk

BEGINS = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="toolrisk"'
"""How every report of ours begins; one that does not is somebody else's."""
_MOST_QUOTES = 4


class _Failure(NamedTuple):
    """What a case that fails says."""

    message: str
    type: str
    entries: list[Entry]


def write(report: Report) -> str:
    """Return the report as one `testsuites` document."""
    level = report.fail_on or Risk.HIGH
    suites: dict[str, list[tuple[str, _Failure | None]]] = {}
    for server, name, failure in _cases(report, level):
        suites.setdefault(server, []).append((name, failure))
    root = ET.Element("testsuites", name="toolrisk")
    totals = [0, 0, 0]
    for server, members in suites.items():
        failing = sum(failure is not None for _, failure in members)
        suite = _suite(root, _xml(server), len(members), failing, 0)
        for name, failure in members:
            _case(suite, name, failure)
        totals = [totals[0] + len(members), totals[1] + failing, totals[2]]
    if report.extra and report.looked is None:
        failures = _group(root, "servers and configuration", report, level)
        totals = [totals[0] + len(report.extra), totals[1] + failures, totals[2]]
    if report.skipped:
        suite = _suite(root, "could not be looked at", len(report.skipped), 0, len(report.skipped))
        for line in report.skipped:
            case = ET.SubElement(suite, "testcase", classname="toolrisk", name=_xml(line))
            ET.SubElement(case, "error", message=_xml(line), type="skipped")
        totals = [totals[0] + len(report.skipped), totals[1], len(report.skipped)]
    for name, number in zip(("tests", "failures", "errors"), totals, strict=True):
        root.set(name, str(number))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, tests: int, failures: int, errors: int) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=name, skipped="0", tests=str(tests))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    return suite


def _cases(report: Report, level: Risk) -> Iterator[tuple[str, str, _Failure | None]]:
    """Yield the server and the name of every tool, and why it fails, if it does."""
    for row in report.rows:
        fails = row.fails(level)
        yield row.tool.server, row.tool.name, _of_row(report, row) if fails else None
    found: dict[Looked, list[Entry]] = {}
    for entry in report.failing_extra(level) if report.looked else ():
        found.setdefault(Looked(entry.server, entry.tool, entry.ordinal), []).append(entry)
    for one in report.looked or ():
        entries = found.get(one)
        yield one.server, one.tool, _of_threats(entries) if entries else None


def _of_row(report: Report, row: Row) -> _Failure:
    result = row.result
    message = f"{result.risk.value} risk, {result.risk_score} of 100: {result.category.value}"
    new = [entry for entry in row.entries if report.shows(entry) and entry.accepted is None]
    return _Failure(message, result.risk.value, new)


def _of_threats(entries: list[Entry]) -> _Failure:
    return _Failure(entries[0].message, entries[0].rule, entries)


def _case(suite: ET.Element, name: str, failure: _Failure | None) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=suite.get("name", ""), name=_xml(in_line(name))
    )
    if failure is not None:
        made = ET.SubElement(case, "failure", message=_xml(failure.message), type=failure.type)
        made.text = _xml("\n".join(_line(entry) for entry in failure.entries), 4000)


def _group(root: ET.Element, name: str, report: Report, level: Risk) -> int:
    """Add what is wrong with servers and client configs; return how much of it fails."""
    failing = report.failing_extra(level)
    suite = _suite(root, name, len(report.extra), len(failing), 0)
    for entry in report.extra:
        title = in_line(f"{entry.rule}: {entry.server} {entry.tool}").rstrip()
        case = ET.SubElement(suite, "testcase", classname=name, name=_xml(title))
        if any(entry is one for one in failing):
            failure = ET.SubElement(case, "failure", message=_xml(entry.message), type=entry.rule)
            failure.text = _xml(_line(entry))
    return len(failing)


def _line(entry: Entry) -> str:
    quotes = ", ".join(
        f'"{plain(e.text, 120)}" ({plain(e.pointer, 80)})' for e in entry.evidence[:_MOST_QUOTES]
    )
    return f"{entry.rule} ({entry.level.value}): {plain(entry.message, 500)} {quotes}".rstrip()


def _xml(text: str, limit: int = 300) -> str:
    """Return text that XML 1.0 can hold: nothing unseen, no surrogates, no non-characters."""
    lines = "\n".join(plain(line, limit) for line in text[: limit * 4].split("\n"))
    return "".join(char if _is_xml(char) else "\N{REPLACEMENT CHARACTER}" for char in lines)


def _is_xml(char: str) -> bool:
    code = ord(char)
    return char == "\n" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF  # noqa: PLR2004
