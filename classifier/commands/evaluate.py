"""`toolrisk evaluate`: how good the classifier is on labelled tools."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.inert import print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    labels: Annotated[Path, typer.Argument(metavar="LABELS.jsonl", help="Labelled definitions: server, tool, description, input_schema, category, risk, signals.")],
    group: Annotated[str | None, typer.Option(metavar="KEY", help="Cross-validate on these labels, with every group on one side; only server_family is known.")] = None,
    facts: Annotated[list[Path] | None, typer.Option(help="With --group: further labels by digest to learn from, joined with --corpus, not measured; repeatable, the last label of a digest holds.")] = None,
    corpus: Annotated[list[Path] | None, typer.Option(help="Definitions that --facts speak of: JSONL, also .gz, or what `toolrisk export` wrote; repeatable.")] = None,
    written: Annotated[list[Path] | None, typer.Option(help="With --group: invented definitions with labels, as JSONL, to learn from, not measured; repeatable.")] = None,
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:  # fmt: skip
    """Measure category, risk, signals, calibration and evidence. Reviews are not looked up.

    A macro-F1 is the mean over the classes that occur in labels or answers. A figure of nothing is
    not available: "-" in the table, null in JSON.
    """
    from classifier.commands.inputs import say
    from classifier.commands.train import require_enough
    from classifier.errors import LabelError
    from classifier.model import evaluate as evaluation
    from classifier.model.labels import read_facts, read_labels, read_written

    if group not in {None, "server_family"}:
        raise typer.BadParameter(f"{group!r}: only server_family is known", param_hint="--group")
    if output not in {"table", "json"}:
        raise typer.BadParameter(f"{output!r}: give table or json", param_hint="--format")
    if bool(facts) != bool(corpus) or ((facts or written) and not group):
        raise typer.BadParameter(
            "--facts and --corpus go together, and they and --written with --group"
        )
    labelled = read_labels(labels)
    known = {item.tool.definition_sha256 for item in labelled}
    also = read_facts(facts, corpus, known, say) if facts and corpus else []
    also += [item for path in written or [] for item in read_written(path)]
    if group:
        require_enough([*labelled, *also], [labels])
    elif not labelled:
        raise LabelError(f"{labels} holds no labelled tools to measure with")
    results = evaluation.grouped(labelled, say, also) if group else evaluation.answers(labelled)
    figures = evaluation.measure(labelled, results)
    if output == "table":
        sys.stdout.write(evaluation.table(figures))
    else:
        print_json(json.dumps(figures, indent=1, allow_nan=False) + "\n")
