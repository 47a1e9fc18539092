"""Two or three plain sentences made from the findings, never from a category's template."""

from classifier.reading import Reading
from classifier.verdict import Category, Finding, Risk

_DOES = {
    Category.READ: "returns information and, as far as the definition says, changes nothing",
    Category.WRITE: "changes data in the store that it works on",
    Category.EXECUTE: "sets something in motion beyond stored data",
    Category.OTHER: "only works on what it is given, or serves its own session",
}
_NOT = {
    Category.READ: "No word of the definition names a change, so it is not Write.",
    Category.WRITE: "The effect stays inside stored data, so it is Write rather than Execute.",
    Category.EXECUTE: "The effect goes beyond storing data, so it is Execute rather than Write.",
    Category.OTHER: "It neither looks data up nor changes any, so it is not Read or Write.",
}
_EFFECT = {
    "destructive": "what it removes or overwrites cannot be brought back with the same tools",
    "financial": "it moves or commits money or assets",
    "code-execution": "it runs what the caller supplies",
    "external-side-effect": "its effect reaches people, systems or devices outside its own store",
    "bulk-operation": "one call touches many targets",
    "sensitive-data": "it gives access to private or confidential data",
    "credentials": "it handles a secret",
    "untrusted-content": "it brings text written by outsiders before the model",
    "admin": "it changes who may do what, or how the system is set up",
}
_LEVEL = {
    Risk.LOW: "Nothing found raises the risk above low.",
    Risk.MEDIUM: "The harm of one call is limited and can mostly be undone.",
    Risk.HIGH: "One call can have an irreversible or outward effect of limited reach.",
    Risk.CRITICAL: "One call can do severe harm that is hard to undo.",
}
_HOSTILE = "the definition itself looks hostile"
_MOST = 3
_QUOTE = 110


def write(
    reading: Reading,
    category: Category,
    risk: Risk,
    findings: tuple[Finding, ...],
    *,
    insufficient: bool,
) -> str:
    """Say what a call does, why this category, and what raises or bounds the risk."""
    if insufficient:
        start = f"The definition says too little to be sure; by its name and parameters a call {_DOES[category]}."
    else:
        start = f"A call {_DOES[category]}{_quoted(reading)}."
    hostile = [f for f in findings if f.is_threat]
    reasons = [_HOSTILE] * bool(hostile)
    reasons += [_EFFECT[f.signal.id] for f in findings if f.signal.id in _EFFECT]
    reasons = reasons[:_MOST]
    why = f"Risk is {risk.value}: {_join(reasons)}." if reasons and risk is not Risk.LOW else ""
    if reasons and risk is Risk.LOW:
        why = f"Risk stays low although {_join(reasons)}."
    not_other = _NOT[category]
    if category is Category.READ and (word := _change_named(reading)):
        not_other = (
            f'What it says with "{word}" is not taken for what a call does, so it is not Write.'
        )
    return " ".join(part for part in (start, not_other, why or _LEVEL[risk]) if part)


def _change_named(reading: Reading) -> str:
    """Return the first word of the description that is a verb of change, if there is one."""
    quote = reading.quote_text(_CHANGES)
    return quote.text if quote else ""


_CHANGES = frozenset(
    ["@write-create", "@write-delete", "@write-mark", "@write-save", "@write-undo", "@write-update"]
)
"""Classes of verbs that change what is stored."""


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
