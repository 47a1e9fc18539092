"""`toolrisk schema`: the JSON Schema of what other programs read."""

import json
from typing import Annotated

import typer

from crawler.inert import print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)


def schema(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="classification, lock, baseline, differences or annotations.")] = "classification",
) -> None:  # fmt: skip
    """Print the JSON Schema of a file or an output: of a line of `classify --format jsonl`."""
    from classifier.pipeline.schemas import SCHEMAS

    if name not in SCHEMAS:
        raise typer.BadParameter(f"{name!r} is no schema; give one of {', '.join(SCHEMAS)}")
    print_json(json.dumps(SCHEMAS[name](), indent=1) + "\n")
