"""`toolrisk train`: rebuild the model from labels, bit for bit."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from classifier.model.labels import Labelled


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    labels: Annotated[list[Path], typer.Argument(metavar="LABELS.jsonl...", help="Labelled definitions; give your own beside gold.jsonl.")],
    facts: Annotated[list[Path] | None, typer.Option(help="Labels by digest (reviewed.tsv form), joined with --corpus; repeatable, the last label of a digest holds.")] = None,
    corpus: Annotated[list[Path] | None, typer.Option(help="Definitions that --facts speak of: JSONL, also .gz, or what `toolrisk export` wrote; repeatable.")] = None,
    written: Annotated[list[Path] | None, typer.Option(help="Invented definitions with labels, as JSONL: learned from, no reviews of anything; repeatable.")] = None,
    out: Annotated[Path, typer.Option(help="The model directory to write.")] = Path("model"),
    write_facts: Annotated[Path | None, typer.Option(help="Also write these labels by digest, for the look-up.")] = None,
    name: Annotated[str, typer.Option(help="What the model is called in results.")] = "tool-risk-v1",
) -> None:  # fmt: skip
    """Train the model: the same labels give the same bytes."""
    from classifier.commands.apart import require_apart
    from classifier.commands.inputs import say
    from classifier.model import train as training
    from classifier.model.labels import read_facts, read_labels, read_written
    from classifier.pipeline.saving import make_folder

    if write_facts:
        files = [*labels, *(written or []), *(facts or []), *(corpus or [])]
        require_apart("--write-facts", write_facts, files=files)
    labelled = [item for path in labels for item in read_labels(path)]
    if bool(facts) != bool(corpus):
        raise typer.BadParameter("--facts and --corpus go together")
    known = {item.tool.definition_sha256 for item in labelled}
    also = read_facts(facts, corpus, known, say) if facts and corpus else []
    invented = [item for path in written or [] for item in read_written(path)]
    everything = [*also, *invented]
    require_enough([*labelled, *everything], labels)
    if write_facts:
        from classifier.model.facts import write

        _require_own(write_facts)
        say(f"{write(write_facts, [*labelled, *also])} reviewed definitions in {write_facts}")
    make_folder(out)  # before minutes of work that would be lost
    training.train(labelled, out, name, say, everything)
    say(f"judge with it: toolrisk classify TARGET --model {shlex.quote(str(out))}")


def _require_own(path: Path) -> None:
    """Refuse to write over what is not a file of facts, and over a person's own reviews.

    Raises:
        LabelError: it is such a file, or cannot be read.

    """
    from classifier.errors import LabelError
    from classifier.reviewed import takes_reviews, user_file

    try:
        is_ours = takes_reviews(path) and path.resolve() != user_file().resolve()
    except OSError as cause:
        raise LabelError(f"{path} cannot be read: {cause.strerror}") from cause
    if not is_ours:
        raise LabelError(
            f"{path} holds your own reviews or something else; give --write-facts another place"
        )


_FAMILIES = 5
"""Servers, or families of them, without which none can be held out to be measured with."""
_LEAST = 20
"""Labelled tools below which nothing is learned; each category and risk has to be among them."""


def require_enough(labelled: "Sequence[Labelled]", files: Sequence[Path]) -> None:
    """Refuse labels of which no model can be made.

    Raises:
        LabelError: too few, or none of some category or risk.

    """
    from classifier.errors import LabelError
    from classifier.verdict import Category, Risk

    names = ", ".join(str(file) for file in files)
    if len(labelled) < _LEAST:
        count = len(labelled)
        raise LabelError(f"{names}: {count} labelled tools are too few to learn from; give more")
    if len({item.family for item in labelled}) < _FAMILIES:
        raise LabelError(f"{names}: tools of {_FAMILIES} servers at least are needed to learn from")
    had = {str(value) for item in labelled for value in (item.category, item.risk)}
    missing = [str(value) for value in (*Category, *Risk) if str(value) not in had]
    if missing:
        raise LabelError(f"{names}: no tool is labelled {', '.join(missing)}; give some")
