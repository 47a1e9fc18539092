"""Actions that one tool offers side by side: "Databases: create, query, update".

A tool that is named for a thing and lists what can be done with it does the most consequential of that,
though its one clear verb may be another. Of the 24,545 definitions with a label that servers have, 23 do so by
these rules: none only reads, and one is labelled a level lower than the rules say.
"""

import re  # noqa: TID251 - words and single marks: linear on any text
from collections.abc import Iterator

from classifier.lexicon import lexicon

WRITES, DELETES, RUNS = "@offers-write", "@offers-delete", "@offers-run"
OWN = ("in memory", "of this server", "you pass", "passed", "current context")
"""What is said of things of a session, and of what only comes with the call."""
_LEAST = 3
"""Verbs in a row; two are mostly a step and the next one."""
_BETWEEN = frozenset([",", "/", "|", "&", "and", "or", "e", "y", "o", "und", "oder", "et", "ou"])
_PART = re.compile(r"[^\W\d_]+|\S")
_COLONS = frozenset([":", "-", "\u2013", "\u2014"])
_SOON = 8
_ACTIONS = frozenset(
    ["action", "actions", "command", "commands", "management", "operation", "operations"]
)
_MAYBE = re.compile(
    r"(?:^|[:(\u2013\u2014-])\s*[^\W\d_]+\s*(?:[,/|&]|\b(?:and|or|e|y|o|und|oder|et|ou)\b)"
)
"""A word where actions may be announced, and what may stand between it and the next; most have none."""
_NO_ACTION = ("ed", "ing", "ion", "s")
"""How words end that tell of a thing or of what was done: "views, likes, comments"."""


def offered(told: str) -> dict[str, frozenset[str]]:
    """Return what a sentence in small letters offers beside reading: the words, by class; mostly nothing."""
    if not _MAYBE.search(told):
        return {}
    found: dict[str, frozenset[str]] = {}
    for row in _rows(told):
        if len(row) >= _LEAST and any(kind.startswith("@read") for _, kind in row):
            for word, kind in row:
                if offer := _offer(kind):
                    found[offer] = found.get(offer, frozenset()) | {word}
    return found


def _rows(told: str) -> Iterator[list[tuple[str, str]]]:
    """Yield verbs and their classes that stand in a row, where a sentence says what is offered.

    That is at its beginning, behind a colon or a dash that soon follows, or in brackets behind a word
    for actions. Elsewhere it may be told who does these things, and where.
    """
    verbs = lexicon().verb
    row: list[tuple[str, str]] = []
    before = ["", ""]
    for number, part in enumerate(_PART.findall(told)):
        kind = verbs[part][1] if part in verbs and not part.endswith(_NO_ACTION) else ""
        if kind and (_announced(before, number) or (row and before[-1] in _BETWEEN)):
            row.append((part, kind))
        elif row and part not in _BETWEEN:
            yield row
            row = []
        before.append(part)
    yield row


def _announced(before: list[str], number: int) -> bool:
    if before[-1] == "(":
        return before[-2] in _ACTIONS
    return not number or (before[-1] in _COLONS and number <= _SOON)


def _offer(kind: str) -> str:
    if kind == "@write-delete":
        return DELETES
    if kind.startswith("@write"):
        return WRITES
    return RUNS if kind.startswith("@exec") else ""
