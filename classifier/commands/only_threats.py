"""`toolrisk classify --only-threats`: which definitions look hostile, and nothing else.

Heavy imports are left out on purpose: files of a thousand tools are looked at in well under a second.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.commands.files import Files, is_read_once
from classifier.parallel import FIRST, batches, map_batches
from classifier.pipeline.findings import Entry, Looked, Numbering, Report
from classifier.pipeline.plain import in_line, plain
from classifier.pipeline.saving import save
from classifier.threats import prepare, threats_of
from classifier.verdict import Finding, Risk, Severity, evidence_json
from classifier.whole import why_not_whole
from crawler.errors import TargetError
from crawler.inert import print_json
from crawler.misfits import misfits
from crawler.printable import counted
from crawler.records import Tool
from crawler.targets import FileTarget, parse_target

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions

_MOST_TOLD = 20
Mark = Callable[[Entry], Entry]
"""Marks what a baseline accepts."""


class Look:
    """One look at definitions; `seen` are these, `entries` are what was found."""

    def __init__(self, mark: Mark | None, *, tells_odd: bool = False) -> None:
        """Start; `tells_odd`: fields of another type are told with what was left out of the targets."""
        self._mark, self._tells_odd = mark, tells_odd
        self.seen: list[Looked] = []
        self.entries: list[Entry] = []
        self.lines: list[dict[str, Any]] = []
        self.unheard: list[tuple[Looked, str]] = []
        """Those that are not looked at whole, and why."""

    def at(
        self, tools: Iterator[tuple[Tool, str | None]], alone: Callable[[], bool] | None = None
    ) -> None:
        """Look at definitions, each with the file that it came from, if it did; on every core.

        Raises:
            WorkerError: a process that did part of the work was killed.

        """
        number = Numbering()
        waiting: deque[list[tuple[Tool, str | None]]] = deque()

        def only() -> Iterator[list[Tool]]:
            for batch in batches(tools, first=FIRST):
                waiting.append(batch)
                yield [tool for tool, _ in batch]

        for several in map_batches(_threats, only(), ready=prepare, alone=alone):
            for (tool, file), (found, why, is_odd) in zip(waiting.popleft(), several, strict=True):
                ordinal = number(tool)
                self.seen.append(Looked(tool.server, tool.name, ordinal))
                if why and not (is_odd and self._tells_odd):
                    self.unheard.append((self.seen[-1], why))
                new = [self._entry(tool, one, ordinal, file) for one in found]
                self.entries += new
                if any(entry.accepted is None for entry in new):
                    self.lines.append(_line(tool, found))

    def _entry(self, tool: Tool, found: Finding, ordinal: int, file: str | None) -> Entry:
        sure = found.is_threat
        entry = Entry(
            rule=found.signal.id,
            server=tool.server,
            tool=tool.name,
            ordinal=ordinal,
            level=found.signal.severity if sure else Severity.INFO,
            message=found.signal.title if sure else f"{found.signal.title}, perhaps",
            evidence=found.evidence,
            confidence=found.confidence,
            file=file,
        )
        return self._mark(entry) if self._mark else entry


def _threats(batch: list[Tool]) -> list[tuple[tuple[Finding, ...], str, bool]]:
    return [(threats_of(tool), why_not_whole(tool), any(misfits(tool))) for tool in batch]


def look(
    targets: list[str], db: str, options: dict[str, Any], mark: Mark | None
) -> tuple[Look, InputOptions | None]:
    """Look at TARGETs or the catalogue; also return what could not be looked at, if that matters.

    Raises:
        TargetError: a target cannot be read, or there is neither a target nor a catalogue.
        CatalogError: the catalogue cannot be opened.

    """
    found, given = Look(mark, tells_odd=bool(targets)), _Inputs(db, options)
    found.at(given.tools(targets), given.asked)
    return found, given.options


class _Inputs:
    """Definitions; whatever is no plain file costs the imports of a crawl."""

    def __init__(self, db: str, wish: dict[str, Any]) -> None:
        self._db, self._wish = db, wish
        self._files = Files()
        self.options: InputOptions | None = None

    def asked(self) -> bool:
        """Say whether servers were asked, and what talks to them may be at work."""
        return self.options is not None and self.options.asked

    def tools(self, targets: list[str]) -> Iterator[tuple[Tool, str | None]]:
        parsed = [(text, parse_target(text)) for text in self._files.distinct(targets)]
        if not targets:
            yield from ((tool, None) for tool in self._catalogue())
        for text, target in parsed:
            if isinstance(target, FileTarget) and (plain_file := self._file(target)) is not None:
                yield from ((tool, text) for tool in plain_file)
            else:
                file = text if isinstance(target, FileTarget) else None
                yield from ((tool, file) for tool in self._others(text))

    def _file(self, target: FileTarget) -> list[Tool] | None:
        if is_read_once(target.text):
            return None  # it may turn out to be a client config
        found = self._files.take(target.text)
        if found.servers or found.problems:
            return None  # servers have to be asked, problems have to be told
        return list(found.tools[: self._wish.get("limit")])

    def _others(self, text: str) -> Iterator[Tool]:
        from classifier.commands import inputs

        if self.options is None:
            self.options = inputs.InputOptions(**self._wish, files=self._files)
        is_bare = inputs.is_config(text, self.options) and text not in self._files.with_tools
        if is_bare and not self.options.launch:
            raise TargetError(
                f"{text}: a client config holds no definitions: --only-threats has to ask its servers;"
                " leave out --no-launch, or leave out --only-threats to have the config looked at"
            )
        yield from inputs.tools([text], self.options)

    def _catalogue(self) -> Iterator[Tool]:
        from classifier.commands import inputs
        from crawler.catalog import Catalog

        inputs.require_catalog(self._db, or_target=True)
        self.options = inputs.InputOptions(**self._wish, files=self._files)
        with Catalog.open(self._db, create=False) as catalog:
            self.options.problems.extend(inputs.known_in_part(catalog))
            yield from (item.tool for item in catalog.tools())


def require_writable(forms: Iterable[str]) -> None:
    """Refuse a form that has no place for findings alone, before anything is looked at.

    Raises:
        TargetError: one of these forms is such a one.

    """
    if "csv" in forms:
        raise TargetError("--only-threats cannot be written as csv; csv has a row a tool")


def write(
    found: Look, form: str, level: Risk | None, skipped: list[str], also: list[tuple[str, Path]]
) -> bool:
    """Print what was found, write it to files as well; say whether the gate stops."""
    report = Report([], fail_on=level, extra=found.entries, skipped=skipped, looked=found.seen)
    try:
        _show(found, form, report)
    finally:  # a reader that left (`| head`) or a full disk costs no file elsewhere
        for one, path in also:
            save(path, _written(one, report))
    hostile = {(e.server, e.tool, e.ordinal) for e in found.entries if e.level is not Severity.INFO}
    sys.stderr.write(
        f"toolrisk: {counted(len(found.seen), 'tool')} looked at, {len(hostile)} look{'s' if len(hostile) == 1 else ''} hostile\n"
    )
    for looked, why in found.unheard[:_MOST_TOLD]:
        name = f"{plain(in_line(looked.server), 60)} / {plain(in_line(looked.tool), 60)}"
        sys.stderr.write(f"toolrisk: {name}: {why}\n")
    if len(found.unheard) > _MOST_TOLD:
        sys.stderr.write(f"toolrisk: {len(found.unheard) - _MOST_TOLD} more of this kind\n")
    return report.fails()


def _show(found: Look, form: str, report: Report) -> None:
    match form:
        case "json":
            print_json(json.dumps(found.lines) + "\n")
        case "jsonl":
            for line in found.lines:
                print_json(json.dumps(line) + "\n")
        case "table":
            sys.stdout.writelines(_row(entry) for entry in _worst(found.entries))
        case "sarif":
            print_json(_written(form, report))
        case _:
            sys.stdout.write(_written(form, report))


def _written(form: str, report: Report) -> str:
    return str(importlib.import_module(f"classifier.pipeline.{form}").write(report))


def _worst(entries: list[Entry]) -> list[Entry]:
    order = tuple(Severity)
    new = [entry for entry in entries if entry.accepted is None]
    return sorted(new, key=lambda e: (-order.index(e.level), -e.confidence, e.server, e.tool))


def _row(entry: Entry) -> str:
    quote = plain(entry.evidence[0].text, 80)
    cells = (
        entry.level.value,
        plain(in_line(entry.server), 60),
        plain(in_line(entry.tool), 60),
        entry.rule,
        quote,
    )
    return "\t".join((*cells, f"{entry.confidence:.2f}")) + "\n"


def _line(tool: Tool, found: tuple[Finding, ...]) -> dict[str, Any]:
    return {
        "server": tool.server,
        "tool": tool.name,
        "definition_sha256": tool.definition_sha256,
        "threats": [
            {
                "id": one.signal.id,
                "title": one.signal.title,
                "severity": one.signal.severity.value,
                "confidence": one.confidence,
                "evidence": [evidence_json(quote) for quote in one.evidence],
            }
            for one in found
        ],
    }
