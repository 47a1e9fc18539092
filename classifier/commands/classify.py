"""`toolrisk classify`, also installed as `classify`."""

import importlib
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.errors import ClassifierError
from classifier.verdict import Classification, Risk
from crawler.errors import CatalogError
from crawler.records import Tool

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions
    from classifier.pipeline.baseline import Baseline

Judged = tuple[Tool, Classification, str | None]
"""A tool, what was concluded, and the TARGET that it came from; None for the catalogue."""


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    CSV = "csv"


_REPORTS = {
    Format.SARIF: "classifier.pipeline.sarif",
    Format.JUNIT: "classifier.pipeline.junit",
    Format.MARKDOWN: "classifier.pipeline.markdown",
    Format.CSV: "classifier.pipeline.spreadsheet",
}
"""Formats that are written as a whole, by the module that exports `write(report)`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify")(classify)


def risk_level(text: str | None) -> Risk | None:
    """Read a level in any case; a gate that depends on case never fires."""
    if text is None or isinstance(text, Risk):
        return text
    try:
        return Risk(text.lower())
    except ValueError as cause:
        levels = ", ".join(level.value for level in Risk)
        raise typer.BadParameter(f"{text!r} is no level; give one of {levels}") from cause


def classify(
    targets: Annotated[list[str] | None, typer.Argument(metavar="TARGET", help="npm:NAME, pypi:NAME, https://…, official-registry, registry+https://…, a file, or -. Without one: every tool in the catalogue, stored there.")] = None,
    db: Annotated[str, typer.Option(help="The catalogue, a file or an SQLite URL.")] = "toolrisk.db",
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    fail_on: Annotated[str | None, typer.Option(metavar="LEVEL", help="Exit with 1 when a tool is at or above low, medium, high or critical.")] = None,
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Known findings, as `toolrisk baseline` writes them; only new ones fail.")] = None,
    reviews: Annotated[bool, typer.Option(help="Look definitions up that people have reviewed.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most so many tools of a file, or servers of a registry.")] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox. They can do anything that you can.")] = False,
) -> None:  # fmt: skip
    """Label tools Read, Write, Execute or Other with a risk, and quote why."""
    from classifier.commands import inputs
    from classifier.engine import Options

    level = risk_level(fail_on)
    engine = Options(use_reviews=reviews, extra_reviews=inputs.user_reviews() if reviews else None)
    options = inputs.InputOptions(
        allow_private=allow_private, unsafe_no_sandbox=unsafe_no_sandbox, limit=limit, engine=engine
    )
    known = _read_baseline(baseline)
    if targets:
        fails = _print(inputs.classified_by_target(targets, options), output, level, known, options)
    else:
        fails = _catalogue(db, options, output, level, known)
    code = inputs.report(options)
    if known is not None and known.expired:
        inputs.say(f"{known.expired} accepted findings have expired in {baseline}")
    raise typer.Exit(1 if code == 0 and fails else code)


def _read_baseline(path: Path | None) -> "Baseline | None":
    if path is None:
        return None
    from classifier.pipeline.baseline import read

    return read(path)


def _catalogue(
    db: str, options: "InputOptions", output: Format, level: Risk | None, known: "Baseline | None"
) -> bool:
    """Classify what the catalogue holds and store it; print a summary or every line."""
    from classifier.commands import inputs
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog

    inputs.require_catalog(db)
    with Catalog.open(db, create=False) as catalog:
        with inputs.counting("classifying") as progress:
            summary = classify_catalog(catalog, options.engine, progress)
        if output is Format.TABLE and known is None:
            sys.stdout.write(summary.text())
            return level is not None and summary.worst >= level.rank
        items = ((one.tool, one.classification, None) for one in summary.items(catalog))
        return _print(items, output, level, known, options)


def _print(
    results: Iterable[Judged], output: Format, level: Risk | None, known: "Baseline | None",
    options: "InputOptions",
) -> bool:  # fmt: skip
    """Print and say whether the gate stops: with a baseline, at what is new only."""
    if output in _REPORTS or known is not None:
        return _report(results, output, level, known, options)
    worst = -1

    def watched() -> Iterator[tuple[Tool, Classification]]:
        nonlocal worst
        for tool, result, _ in results:
            worst = max(worst, result.risk.rank)
            yield tool, result

    _plain(watched(), output)
    return level is not None and worst >= level.rank


def _plain(results: Iterable[tuple[Tool, Classification]], output: Format) -> None:
    from classifier.commands import inputs

    match output:
        case Format.JSONL:
            for tool, result in results:
                sys.stdout.write(inputs.to_line(inputs.record(tool, result)) + "\n")
        case Format.JSON:
            rows = ",\n".join(inputs.to_line(inputs.record(t, r)) for t, r in results)
            sys.stdout.write(f"[{rows}]\n")
        case _:
            from classifier.commands.table import print_table

            print_table(results)


def _report(
    results: Iterable[Judged], output: Format, level: Risk | None, known: "Baseline | None",
    options: "InputOptions",
) -> bool:  # fmt: skip
    from classifier.pipeline.findings import Report, rows

    found = list(rows(results))
    if known is not None:
        found = [known.apply(row) for row in found]
    report = Report(found, fail_on=level, has_baseline=known is not None)
    report.skipped = [f"{s.subject}: {s.outcome.value}: {s.reason}" for s in options.skipped]
    if output in _REPORTS:
        sys.stdout.write(importlib.import_module(_REPORTS[output]).write(report))
    else:
        _plain(((row.tool, row.result) for row in found), output)
    return level is not None and any(row.fails(level) for row in found)


__all__ = ["CatalogError", "ClassifierError", "classify", "register"]
