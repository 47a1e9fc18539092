"""`toolrisk classify`, also installed as `classify`."""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

import typer

from classifier.errors import ClassifierError
from classifier.verdict import Classification, Risk
from crawler.errors import CatalogError
from crawler.records import Tool


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


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
    if targets:
        worst = _print(inputs.classified(targets, db, options), output)
    else:
        worst = _catalogue(db, options, output)
    code = inputs.report(options)
    if code == 0 and level is not None and worst >= level.rank:
        code = 1
    raise typer.Exit(code)


def _catalogue(db: str, options: object, output: Format) -> int:
    """Classify what the catalogue holds and store it; print a summary or every line."""
    from classifier.commands import inputs
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog

    assert isinstance(options, inputs.InputOptions)  # noqa: S101 - narrows a lazily imported type
    inputs.require_catalog(db)
    with Catalog.open(db, create=False) as catalog:
        with inputs.counting("classifying") as progress:
            summary = classify_catalog(catalog, options.engine, progress)
        if output is Format.TABLE:
            sys.stdout.write(summary.text())
            return summary.worst
        return _print(((item.tool, item.classification) for item in summary.items(catalog)), output)


def _print(results: Iterable[tuple[Tool, Classification]], output: Format) -> int:
    from classifier.commands import inputs

    worst = -1

    def watched() -> Iterator[tuple[Tool, Classification]]:
        nonlocal worst
        for tool, result in results:
            worst = max(worst, result.risk.rank)
            yield tool, result

    match output:
        case Format.JSONL:
            for tool, result in watched():
                sys.stdout.write(inputs.to_line(inputs.record(tool, result)) + "\n")
        case Format.JSON:
            rows = ",\n".join(inputs.to_line(inputs.record(t, r)) for t, r in watched())
            sys.stdout.write(f"[{rows}]\n")
        case Format.TABLE:
            from classifier.commands.table import print_table

            print_table(watched())
    return worst


__all__ = ["CatalogError", "ClassifierError", "classify", "register"]
