"""Which words of a definition are quoted for what is said of it: those of rules, else the model's."""

from collections.abc import Iterator
from itertools import chain

from classifier import explain
from classifier.considered import CATEGORIES, Considered
from classifier.model import runtime
from classifier.model.deciding import heaviest
from classifier.model.tokens import tokens
from classifier.rules import Rule
from classifier.verdict import Category, Evidence, Risk

_MOST = 4
FEW = 3
ACTS = {
    Category.READ: ("read",), Category.WRITE: ("write",), Category.EXECUTE: ("exec",), Category.OTHER: ("other",),
}  # fmt: skip
"""What the class of a verb begins with that speaks for a category."""


def for_category(
    item: Considered,
    model: runtime.Model,
    category: Category,
    raised: frozenset[str | None],
    level: Risk,
) -> tuple[Evidence, ...]:
    """Quote what speaks for the category: the rules that hold, else the words that weigh most.

    Of a rule that says more than was found, a higher risk or another label than those `raised`, only the verb is quoted;
    so it is of one that says what is read, or what a call does besides, where the verb says the category.
    """
    verb = explain.acting(item.reading, ACTS[category])
    quotes: list[Evidence] = []
    for rule in item.matched:
        if rule.category is not category:
            continue
        if not rule.signals <= raised or (rule.risk is not None and rule.risk.rank > level.rank):
            act = rule.act(item.reading)
            quotes += (act,) if act else ()
        elif verb and ((rule.signals and category is Category.READ) or _steps_back(rule, item)):
            quotes.append(verb)
        else:
            quotes += rule.evidence(item.reading)
    told = [quote for quote in quotes if not explain.says_nothing(quote)]
    if told:
        return unique(iter(told))
    first = (verb,) if verb else ()
    return unique(chain(first, words(item, model, CATEGORIES.index(category))))[:FEW]


def _steps_back(rule: Rule, item: Considered) -> bool:
    """Say whether a rule of what a call does besides leaves it to the verb; a row of actions is quoted itself."""
    return rule.as_well and not item.reading.offers.keys() & rule.near


def words(
    item: Considered, model: runtime.Model, column: int, *, verbs: bool = True
) -> tuple[Evidence, ...]:
    """Quote the words by which the model speaks for an output: of the part of it that made the difference."""
    reading, said = item.reading, item.said
    if said and model.convolution and model.turned(said, column):
        seen = tokens(reading, item.matched)
        told = explain.words_in_order(reading, heaviest(model.convolution, seen, column))
        return explain.quotes(reading, told, verbs=verbs)
    rows, awake = item.weighed(model)
    return explain.quotes(reading, explain.words(rows, model, column, awake), verbs=verbs)


def unique(quotes: Iterator[Evidence]) -> tuple[Evidence, ...]:
    """Return the first few of these quotes, without those that another one says again."""
    found: list[Evidence] = []
    for quote in quotes:
        if (
            quote.text
            and quote not in found
            and not any(explain.is_repeated(quote, one) for one in found)
        ):
            found.append(quote)
        if len(found) == _MOST:
            break
    return tuple(found)
