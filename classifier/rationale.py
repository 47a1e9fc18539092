"""Two or three plain sentences made from the findings, never from a category's template."""

from classifier import decide
from classifier.mentions import Kind, Mention, mention
from classifier.reading import Reading
from classifier.verdict import Category, Finding, Risk

_DOES = {
    Category.READ: "returns information and, as far as the definition says, changes nothing",
    Category.WRITE: "changes data in the store that it works on",
    Category.EXECUTE: "sets something in motion beyond stored data",
    Category.OTHER: "only works on what it is given, or serves its own session",
}
_TAKEN = {
    Category.READ: "is taken to return information only",
    Category.OTHER: "is taken to work only on what it is given, or on its own session",
}
"""What a call does, where words or signals of the definition speak against it."""
_NOT = {
    Category.WRITE: "The effect stays inside stored data, so it is Write rather than Execute.",
    Category.EXECUTE: "The effect goes beyond storing data, so it is Execute rather than Write.",
    Category.OTHER: "No data beyond that is read or changed, so it is not Read or Write.",
}
_OWN = "What it works with counts as given to it or as its own, so it is not Read or Write."
_BOTH = "Stored data is what it changes first, so it is Write rather than Execute."
_DISAGREE = "Signals and category do not go together here, so a person should look."
_READ_BY_PEOPLE = "People have read it, and call it {}."
_OUTWARD = frozenset({"external-side-effect", "financial", "code-execution"})
"""Signals of an effect that does not stay inside stored data."""
_DATA = frozenset({"sensitive-data", "untrusted-content"})
"""Signals of data that a call brings from somewhere."""
_EFFECT = {
    "destructive": "what it removes or overwrites cannot be brought back with the same tools",
    "financial": "it moves or commits money or assets",
    "code-execution": "it runs what the caller supplies",
    "external-side-effect": "its effect reaches people, systems or devices outside its own store",
    "bulk-operation": "one call covers many targets",
    "sensitive-data": "it gives access to private or confidential data",
    "credentials": "it handles a secret",
    "untrusted-content": "it brings text written by outsiders before the model",
    "admin": "it changes who may do what or how the system is set up",
}
_LEVEL = {
    Risk.LOW: "Nothing found raises the risk above low.",
    Risk.MEDIUM: "Risk is medium: the harm of one call is limited and can mostly be undone.",
    Risk.HIGH: "Risk is high: one call can have an irreversible or outward effect of limited reach.",
    Risk.CRITICAL: "Risk is critical: one call can do severe harm that is hard to undo.",
}
_LEVEL_UNCHANGED = _LEVEL | {
    Risk.MEDIUM: "Risk is medium: the harm of one call is limited.",
    Risk.HIGH: "Risk is high: one call can do lasting harm of limited reach.",
}
"""The same for a call that changes nothing, where there is nothing to undo."""
_NOT_UNDERSTOOD = (
    "The description is mostly in words that are not known here. By what is known a call {}; what it"
    " says may mean more, so a person who knows its language should look."
)
_HELD = 'Risk is held at {}, because "{}" mostly means more than this: a person should look.'
_HOSTILE = "the definition itself looks hostile"
_MOST = 3
_QUOTE = 110


def write(  # noqa: PLR0913 - a verdict, and what is known of its grounds
    reading: Reading,
    category: Category,
    risk: Risk,
    findings: tuple[Finding, ...],
    *,
    insufficient: bool,
    reviewed: bool,
    unfamiliar: bool = False,
    against: str = "",
) -> str:
    """Say what a call does, why this category, and what raises or bounds the risk.

    `against` are words of a rule that holds the level up and speaks of another category.
    """
    named = mention(reading) if category is Category.READ else Mention(Kind.NONE)
    found = {finding.signal.id for finding in findings}
    doubted = decide.disagrees(category, found)
    does = _DOES[category]
    if doubted or named.kind in {Kind.HEAD, Kind.NAMED}:
        does = _TAKEN[category]
    reasons = _reasons(findings)
    if unfamiliar:
        return f"{_NOT_UNDERSTOOD.format(does)} {_unknown(risk, reasons)}"
    if insufficient:
        start = (
            f"The definition says too little to be sure; by its name and parameters a call {does}."
        )
    else:
        start = f"A call {does}{_quoted(reading)}."
    if doubted:
        why = _READ_BY_PEOPLE.format(category.value) if reviewed else _DISAGREE
    else:
        why = _why(category, found, named)
    if reasons:
        return f"{start} {why} {_risk(risk, reasons, unsure=doubted and not reviewed)}"
    if against:
        return f"{start} {why} {_HELD.format(risk.value, against)}"
    levels = _LEVEL_UNCHANGED if category in _TAKEN else _LEVEL
    return f"{start} {why} {levels[risk]}"


def _why(category: Category, found: set[str], named: Mention) -> str:
    """Say why it is this category and not its neighbour, without denying a signal."""
    if category is Category.READ:
        return _only_reads(named)
    if category is Category.WRITE and not found.isdisjoint(_OUTWARD):
        return _BOTH
    if category is Category.OTHER and not found.isdisjoint(_DATA):
        return _OWN
    return _NOT[category]


def _unknown(risk: Risk, reasons: list[str]) -> str:
    """Give the level of what is not understood."""
    if reasons:
        return _risk(risk, reasons, unsure=False)
    return f"Risk is {risk.value}, because what is not understood is never low."


def _only_reads(named: Mention) -> str:
    """Say why a call is no change, without denying a verb that stands in the definition."""
    if named.kind is Kind.HEAD:
        return f'It begins with "{named.word}", which is taken for a way of looking something up, so it is Read.'
    if named.kind is Kind.NAMED:
        other = "Execute" if named.acts else "Write"
        return f'What it says with "{named.word}" is not taken for what a call does, so it is not {other}.'
    if named.kind is Kind.NONE:
        return "No word of the definition names a change, so it is not Write."
    return "None of its words is taken to mean that a call changes something, so it is not Write."


def _reasons(findings: tuple[Finding, ...]) -> list[str]:
    """Return what raises the risk, the weightiest first."""
    hostile = [_HOSTILE] if any(finding.is_threat for finding in findings) else []
    telling = [finding for finding in findings if finding.signal.id in _EFFECT]
    telling.sort(key=decide.points, reverse=True)
    return (hostile + [_EFFECT[finding.signal.id] for finding in telling])[:_MOST]


def _risk(risk: Risk, reasons: list[str], *, unsure: bool) -> str:
    """Give the level with its reasons."""
    if unsure:
        return f"Risk is {risk.value}; if the signals are right, {_join(reasons)}."
    if risk is Risk.LOW:
        return f"Risk stays low although {_join(reasons)}."
    return f"Risk is {risk.value}: {_join(reasons)}."


def _quoted(reading: Reading) -> str:
    """Quote the definition's own first words, cut at a word; nothing where it says nothing."""
    told = reading.told
    if not told.isprintable():
        told = "".join(c if c.isprintable() else " " for c in told)
    told = " ".join(told.split())
    told = told.replace('"', "'").rstrip(".:;, ")
    if not told:
        return ""
    if len(told) > _QUOTE:
        told = told[:_QUOTE].rpartition(" ")[0] or told[:_QUOTE]
        told += " …"
    return f': "{told}"'


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + ", and " + parts[-1]
