"""`toolrisk export`: every tool with definition and classification, a line each."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from crawler.inert import print_json


class Format(StrEnum):
    """How the catalogue is written."""

    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    db: Annotated[str, typer.Option(help="The catalogue, a file or an SQLite URL.")] = "toolrisk.db",
    output: Annotated[Format, typer.Option("--format", help="How to write.")] = Format.JSONL,  # noqa: ARG001 - one format so far
) -> None:  # fmt: skip
    """Write every tool of the catalogue with definition, provenance and classification."""
    from classifier.commands import inputs, judging
    from classifier.commands.outdated import say_outdated
    from classifier.commands.partly import say_partly
    from crawler.catalog import Catalog

    inputs.require_catalog(db)
    with Catalog.open(db, create=False) as catalog:
        say_outdated(catalog)
        say_partly(catalog)
        for item in catalog.tools():
            row: dict[str, Any] = {
                "server": item.tool.server,
                "tool": item.tool.name,
                "origin": str(item.origin),
                "first_seen": item.first_seen,
                "last_seen": item.last_seen,
                "definition_sha256": item.tool.definition_sha256,
                "definition": item.tool.definition,
                "classification": item.classification,
            }
            print_json(judging.to_line(row) + "\n")
