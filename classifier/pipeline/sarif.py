"""SARIF 2.1.0, the form that code scanning takes.

Rule ids are the ids of the signals and do not change; `partialFingerprints` survive a change of
wording and of place, so that an alert stays the same alert. Where a target is a file, a finding
points to the line and column where the words stand, in code points. Where it is none, it points to
a path that is made of the server's name, because code scanning refuses a whole log for one result
without a path, or with an address that is not of the checkout. Text of a tool is escaped:
in SARIF messages brackets make links and braces are placeholders.
Source of the rules: the OASIS standard of 2020-03-27 and its published JSON Schema.
"""

from __future__ import annotations

import os
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent

import orjson

from classifier.engine import ruleset
from classifier.pipeline.findings import Entry, Report, Row, Rule
from classifier.pipeline.places import Places, Region
from classifier.pipeline.plain import encodable, in_line, plain
from classifier.pipeline.rulebook import rules
from classifier.taxa import taxon, taxonomies, taxonomy_of, titles
from classifier.verdict import Severity
from crawler.local import local_path

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
BEGINS = (
    f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"toolrisk",'
)
"""How every log of ours begins; one that does not is somebody else's."""
FINGERPRINT = "toolriskFinding/v1"
_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "2.0",
    Severity.MEDIUM: "5.0",
    Severity.HIGH: "7.5",
    Severity.CRITICAL: "9.5",
}
"""Numbers in the bands by which code scanning names a severity: 4.0, 7.0 and 9.0."""
_MOST_QUOTES = 4
_SERVERS = "mcp-servers"


def write(report: Report) -> str:
    """Return the whole report as one SARIF log."""
    known = rules()
    index = {rule.id: number for number, rule in enumerate(known)}
    taxa, places = _taxa(known), _Files()
    results = [_result(row, entry, index, places, report) for row, entry in report.entries()]
    run = {
        "tool": {
            "driver": {
                "name": "toolrisk",
                "version": version("toolrisk"),
                "properties": {"ruleset": ruleset()},
                "rules": [_rule(rule, taxa) for rule in known],
                "supportedTaxonomies": [{"name": name} for name in taxa],
            }
        },
        "columnKind": "unicodeCodePoints",
        "taxonomies": _taxonomies(taxa),
        "invocations": [
            {
                "executionSuccessful": not report.skipped,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _message(line)}}
                    for line in report.skipped
                ],
            }
        ],
        "results": results,
    }
    return orjson.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode() + "\n"


def _rule(rule: Rule, taxa: dict[str, list[str]]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.text},
        "help": {"text": f"{rule.text} See `toolrisk explain` for the words that say so."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "kind": rule.kind,
            "tags": ["security", "mcp", rule.kind],
            "security-severity": _SCORES[rule.severity],
        },
    }
    names = list(taxa)
    related = []
    for reference in rule.references:
        taxonomy = taxonomy_of(reference)
        if taxonomy:
            component = {"name": taxonomy.name, "index": names.index(taxonomy.name)}
            target = {"id": taxon(reference), "toolComponent": component}
            related.append({"target": target, "kinds": ["relevant"]})
    if related:
        value["relationships"] = related
    return value


def _taxa(known: tuple[Rule, ...]) -> dict[str, list[str]]:
    """Return the taxa that rules refer to, by taxonomy, in a stable order."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule in known:
        for reference in rule.references:
            taxonomy = taxonomy_of(reference)
            if taxonomy:
                found[taxonomy.name].add(taxon(reference))
    return {one.name: sorted(found[one.name]) for one in taxonomies() if one.name in found}


def _taxonomies(taxa: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "organization": one.organization,
            "version": one.version,
            "informationUri": one.url,
            "taxa": [
                {"id": taxon_id, "shortDescription": {"text": titles().get(taxon_id, taxon_id)}}
                for taxon_id in taxa[one.name]
            ],
        }
        for one in taxonomies()
        if one.name in taxa
    ]


def _result(
    row: Row | None, entry: Entry, index: dict[str, int], places: _Files, report: Report
) -> dict[str, Any]:
    value: dict[str, Any] = {
        "ruleId": entry.rule,
        "ruleIndex": index[entry.rule],
        "level": _LEVELS[entry.level],
        "message": {"text": _text(entry)},
        "locations": [places.location(row, entry)],
        "partialFingerprints": {FINGERPRINT: entry.fingerprint},
        "properties": {
            "server": encodable(entry.server),
            "tool": encodable(entry.tool),
            "confidence": round(entry.confidence, 4),
            "evidence": [
                {"pointer": encodable(e.pointer), "start": e.start, "end": e.end}
                for e in entry.evidence[:_MOST_QUOTES]
            ],
        },
    }
    if row is not None:
        value["properties"]["risk"] = row.result.risk.value
        value["properties"]["score"] = row.result.risk_score
        value["properties"]["definitionSha256"] = row.tool.definition_sha256
    if report.has_baseline:
        value["baselineState"] = "unchanged" if entry.accepted else "new"
    if entry.accepted:
        value["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": entry.accepted.reason or "known when the baseline was written",
            }
        ]
    return value


def _text(entry: Entry) -> str:
    quotes = ", ".join(f'"{_message(e.text, 80)}"' for e in entry.evidence[:_MOST_QUOTES] if e.text)
    said = f" Evidence: {quotes}." if quotes else ""
    server = _message(in_line(entry.server), 80)
    subject = f"{_message(in_line(entry.tool), 80)} of {server}" if entry.tool else server
    return f"{subject}: {_message(entry.message, 500).rstrip('.')}.{said}"


def _message(text: str, limit: int = 300) -> str:
    """Return text as it may stand in a message: no links, no placeholders, nothing unseen."""
    shown = encodable(plain(text, limit)).replace("\\", "\\\\")
    shown = shown.replace("[", "\\[").replace("]", "\\]")
    return shown.replace("{", "{{").replace("}", "}}")


class _Files:
    """The files of a report, each read and walked once."""

    def __init__(self) -> None:
        self._places: dict[str, Places | None] = {}
        self._uris: dict[str, str] = {}
        self._starts: dict[int, int | None] = {}

    def location(self, row: Row | None, entry: Entry) -> dict[str, Any]:
        """Return where a finding stands: the tool by name, and the file, or a path for the server."""
        names = [
            encodable(plain(in_line(part), 120)) for part in (entry.server, entry.tool) if part
        ]
        kind = "function" if entry.tool else "module"
        logical = {"name": names[-1], "fullyQualifiedName": "/".join(names), "kind": kind}
        target = row.target if row is not None else entry.file
        places = self._of(target) if target else None
        region = None
        if target and places:
            artifact: dict[str, Any] = {"uri": self._uris[target]}
            region = self._region(places, row, entry)
        else:
            artifact = _no_file(entry.server)
        physical = {"artifactLocation": artifact, "region": _region(region or Region(1, 1, 1, 1))}
        return {"logicalLocations": [logical], "physicalLocation": physical}

    def _of(self, target: str) -> Places | None:
        if target not in self._places:
            path = local_path(target)
            text = None
            if target != "-" and path.is_file():
                text = path.read_bytes().decode("utf-8-sig", "replace")
            self._uris[target] = _uri(target)
            self._places[target] = None if text is None else Places(text)
        return self._places[target]

    def _region(self, places: Places, row: Row | None, entry: Entry) -> Region | None:
        if row is None:
            start = places.named(entry.tool)
        else:
            if id(row) not in self._starts:
                self._starts[id(row)] = places.tool(row.tool)
            start = self._starts[id(row)]
        if start is None:
            return places.server(entry.server)
        for quote in entry.evidence:
            if found := places.evidence(start, quote):
                return found
        return places.head(start)


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _no_file(server: str) -> dict[str, Any]:
    """Return a place for what stands in no file: a relative path that no name can lead elsewhere."""
    name = percent(encodable(plain(server, 120)), safe="@")
    told = f"No file: what the server {_message(server, 80)} says of itself"
    return {
        "uri": f"{_SERVERS}/{name if name.strip('.') else 'unnamed'}",
        "description": {"text": told},
    }


def _uri(target: str) -> str:
    """Return a file as code scanning wants it: relative to the working folder where it can be."""
    path = local_path(target).resolve()
    here = Path.cwd()
    if path.is_relative_to(here):
        return percent(os.fsencode(path.relative_to(here).as_posix()))  # a name may be no UTF-8
    return path.as_uri()
