"""What is said beside a verdict: of a review, of what was not read, of the vendor's hints."""

from collections.abc import Iterator, Sequence

from classifier import decide
from classifier.considered import Considered, weight
from classifier.model import runtime
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Category
from crawler.misfits import misfits

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def notes(
    item: Considered, model: runtime.Model, category: Category, least: Rule | None
) -> tuple[str, ...]:
    """Return a sentence for each thing that a reader should know beside the verdict."""
    return (*_of_review(item, model, category, least), *_of_definition(item, category))


def _of_review(
    item: Considered, model: runtime.Model, category: Category, least: Rule | None
) -> Iterator[str]:
    review = item.review
    if review is None:
        return
    if not review.exact:
        yield "Reviewed by name and description; the schema or hints differ, so the higher risk stands."
    if (
        least
        and least.category
        and least.category is not category
        and weight(least) > review.risk.rank
        and least.id in model.trusted
    ):
        yield f"The review and rule {least.id} disagree: the rule says {least.category.value}."


def _of_definition(item: Considered, category: Category) -> Iterator[str]:
    reading = item.reading
    if reading.truncated:
        odd = [f"The field {one}." for one in misfits(reading.tool)]
        yield from odd or ["The definition is longer than what is judged; the rest was not read."]
    if item.review is None and reading.tool.annotations:
        beyond = decide.stated_beyond(category, reading.tool.hints)
        if beyond:
            yield f"The vendor states {beyond}, which goes beyond what the definition tells."
    missing = _missing_hints(reading)
    if missing:
        yield "The vendor does not state " + ", ".join(missing) + "."


def _missing_hints(reading: Reading) -> Sequence[str]:
    if not reading.tool.annotations:
        return _HINTS
    hints = reading.tool.hints
    said = (
        hints.read_only_hint,
        hints.destructive_hint,
        hints.idempotent_hint,
        hints.open_world_hint,
    )
    return [name for name, value in zip(_HINTS, said, strict=True) if value is None]
