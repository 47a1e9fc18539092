"""What is not known of a definition, and from which level on it therefore stands: unknown is never low."""

from typing import NamedTuple

from classifier.considered import Considered, weight
from classifier.model import runtime
from classifier.reading import Reading
from classifier.reviewed import Review
from classifier.rules import Rule
from classifier.unfamiliar import is_unfamiliar
from classifier.verdict import Category, Finding, Kind, Risk

_SHORT = 3  # words of name and description below which a definition says too little
_LETTERS = 3  # of a word of a name that may say something
_LIKELIER = 0.5
_COMMANDS = {"bash", "cmd", "command", "commandline", "commands", "shell"}
_NOT_UNDERSTOOD = Rule(id="not-understood", risk=Risk.MEDIUM)
_NOT_READ = Rule(id="not-read-whole", risk=Risk.MEDIUM)
_SUSPECTED = Rule(id="may-be-hostile", risk=Risk.MEDIUM)
"""What is not understood, or not read, or may be hostile, is never low."""
_MAY_RUN = Rule(id="may-run-code", risk=Risk.HIGH)
"""What is taken for harmless and more likely than not runs what it is given is never below high."""
_UNKNOWN = {
    _NOT_UNDERSTOOD.id: "what so little is said of",
    _NOT_READ.id: "what is not read whole",
    _SUSPECTED.id: "what may be hostile",
}


class Unknown(NamedTuple):
    """Whether a definition says too little; whether in words nobody here knows; and whether its name as well."""

    insufficient: bool
    unfamiliar: bool
    blind: bool


def of(item: Considered, model: runtime.Model) -> Unknown:
    """Return what is not known of what a definition says."""
    unfamiliar = item.review is None and is_unfamiliar(item.reading, model.vocabulary["d"])
    insufficient = unfamiliar or _insufficient(item.reading, item.review)
    blind = insufficient and _says_nothing(item.reading, unfamiliar=unfamiliar)
    return Unknown(insufficient, unfamiliar, blind)


def bounded(
    item: Considered, category: Category, findings: tuple[Finding, ...], least: Rule | None, *, insufficient: bool
) -> Rule | None:  # fmt: skip
    """Return the rule that holds the level up: the one that does, or a stricter one for what is not known."""
    runs = item.review is None and _may_run(category, findings)
    bounds = (
        (insufficient, _NOT_UNDERSTOOD), (item.reading.truncated, _NOT_READ),
        (is_suspected(findings), _SUSPECTED), (runs, _MAY_RUN),
    )  # fmt: skip
    for unknown, bound in bounds:
        if unknown and (least is None or weight(least) < weight(bound)):
            least = bound
    return least


def why_held(least: Rule | None, *, raised: bool) -> str:
    """Return what is not known, where a level was raised for that; nothing otherwise."""
    return _UNKNOWN.get(least.id, "") if least and raised else ""


def hands_on(reading: Reading, category: Category) -> bool:
    """Say whether a call that is taken for harmless takes a command, of which its words say nothing."""
    if category not in {Category.READ, Category.OTHER} or "command" not in reading.flags:
        return False
    return any(
        "command" in one.flags and not one.enum and _COMMANDS & set(one.words)
        for one in reading.parameters
    )


def _may_run(category: Category, findings: tuple[Finding, ...]) -> bool:
    """Say whether a call that is taken for harmless is likelier than not to run what it is given."""
    if category not in {Category.READ, Category.OTHER}:
        return False
    return any(
        one.signal.id == "code-execution" and one.confidence >= _LIKELIER for one in findings
    )


def is_suspected(findings: tuple[Finding, ...]) -> bool:
    """Say whether something looks hostile, and not so much that it is called a threat."""
    return any(one.signal.kind is Kind.THREAT and not one.is_threat for one in findings)


def _insufficient(reading: Reading, review: Review | None) -> bool:
    if review:
        return review.certainty == 1
    told = len(reading.first) + len(reading.rest)
    nothing_named = reading.name_verb is None or len(reading.core) < 2  # noqa: PLR2004 - verb alone
    return told < _SHORT and nothing_named and not reading.parameters


def _says_nothing(reading: Reading, *, unfamiliar: bool) -> bool:
    """Say whether of a definition that is not understood the name says nothing either: `x`, `f_2`."""
    if (
        reading.name_verb
        or reading.flags
        or not (unfamiliar or not (reading.first or reading.rest))
    ):
        return False
    return all(word.isdigit() or len(word) < _LETTERS for word in reading.core)
