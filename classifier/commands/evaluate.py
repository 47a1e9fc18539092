"""`toolrisk evaluate`: how good the classifier is on labelled tools."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    labels: Annotated[Path, typer.Argument(metavar="LABELS.jsonl", help="Labelled definitions: server, tool, description, input_schema, category, risk, signals.")],
    group: Annotated[str | None, typer.Option(metavar="KEY", help="Cross-validate on these labels, with every group on one side; only server_family is known.")] = None,
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:  # fmt: skip
    """Measure category, risk, signals, calibration and evidence. Reviews are not looked up."""
    from classifier.commands.inputs import say
    from classifier.model import evaluate as evaluation
    from classifier.model.labels import read_labels

    if group not in {None, "server_family"}:
        raise typer.BadParameter(f"{group!r}: only server_family is known", param_hint="--group")
    if output not in {"table", "json"}:
        raise typer.BadParameter(f"{output!r}: give table or json", param_hint="--format")
    labelled = read_labels(labels)
    results = evaluation.grouped(labelled, say) if group else evaluation.answers(labelled)
    figures = evaluation.measure(labelled, results)
    sys.stdout.write(
        evaluation.table(figures) if output == "table" else json.dumps(figures, indent=1) + "\n"
    )
