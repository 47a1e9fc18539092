"""One definition on its way through the engine: what was read, which rules hold, what the model says.

Rows and scores are worked out when first asked for: where people have read a definition, hardly ever.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

from classifier import explain
from classifier.model import outputs, runtime
from classifier.model.features import extract
from classifier.model.tokens import tokens
from classifier.reading import Reading
from classifier.reviewed import Review
from classifier.rules import Rule
from classifier.verdict import Category, Finding

CATEGORIES = tuple(Category(name) for name in outputs.CATEGORIES)


@dataclass(slots=True)
class Considered:
    """One definition on its way through a batch."""

    reading: Reading
    matched: tuple[Rule, ...]
    review: Review | None
    known: set[int] | None = None
    said: runtime.Scores | None = None
    quoting: tuple[list[int], list[float]] | None = None
    hostile: Iterable[Finding] = ()

    @property
    def beside(self) -> Rule | None:
        """What the definition says the call does as well, the most consequential of it; people know better."""
        if self.review:
            return None
        found = [rule for rule in self.matched if rule.as_well]
        return max(found, key=weight) if found else None

    @property
    def standing(self) -> tuple[Rule, ...]:
        """The rules that hold and that no other one lifts, which says more exactly what they see."""
        lifted = frozenset[str]().union(*(rule.lifts for rule in self.matched if rule.lifts))
        return (
            tuple([rule for rule in self.matched if rule.id not in lifted])
            if lifted
            else self.matched
        )

    @property
    def settled(self) -> bool:
        """Whether people have read this very definition: then nothing has to be guessed."""
        return self.review is not None and self.review.exact

    def rows(self, model: runtime.Model) -> set[int]:
        """Return the rows of the model that the definition has; looked up when first asked for."""
        if self.known is None:
            self.known = model.rows(extract(self.reading, self.matched))
        return self.known

    def scores(self, model: runtime.Model) -> runtime.Scores:
        """Return what the model says; worked out when first asked for."""
        if self.said is None:
            score([self], model)
        return self.said  # type: ignore[return-value]

    def likeliest(self, model: runtime.Model) -> tuple[Category, float]:
        """Return the category that the model thinks most likely, and how likely."""
        probabilities = self.scores(model).category
        confidence = max(probabilities)
        return CATEGORIES[probabilities.index(confidence)], confidence

    def weighed(self, model: runtime.Model) -> tuple[list[int], list[float]]:
        """Return the rows that can be quoted, and how awake the model's hidden units are.

        Where people decided, the model decided nothing: what each word says directly is enough.
        """
        if self.quoting is None:
            if self.said:
                rows, awake = self.rows(model), self.said.awake
            else:
                rows, awake = model.rows(explain.in_place(extract(self.reading, self.matched))), []
            self.quoting = explain.quotable(rows, model), awake
        return self.quoting


def weight(rule: Rule) -> int:
    """Return the rank of the risk that a rule speaks of; 0 where it speaks of none."""
    return rule.risk.rank if rule.risk else 0


def score(items: Sequence[Considered], model: runtime.Model) -> None:
    """Let the model score definitions, all at once."""
    beside: Iterable[Sequence[float]] = repeat(())
    if model.convolution and items:
        beside = model.convolution.scores([tokens(one.reading, one.matched) for one in items])
    for item, said in zip(items, beside, strict=False):
        item.said = model.score(item.rows(model), said)
