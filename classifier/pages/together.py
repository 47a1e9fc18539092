"""What the tools of a server can do together, the fewest rules against it, and the server's grade."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.combinations import Combination, Stack, look
from classifier.grade import Grade, grade
from classifier.legs import Leg
from classifier.pages.model import Row, ServerPage
from classifier.pages.server_facts import unread
from classifier.pages.words import number
from crawler.records import Origin

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Formed:
    """One leg of a combination: the worst tools that form it, why, and how many more do."""

    leg: Leg
    tools: tuple[tuple[Row, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """A combination whose every leg some tool of the server forms."""

    title: str
    text: str
    state: str
    legs: tuple[Formed, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """What a server's page says of its tools as a whole; `grade` is None where nothing is known."""

    meetings: tuple[Meeting, ...]
    to_shut: tuple[Row, ...]
    grade: Grade | None


def together(page: ServerPage) -> Together:
    """Look at a server's tools as one, under the recommended profile."""
    pairs = [(facts.tool, facts.classification) for facts in page.tools]
    stack = look(pairs)
    rows = {row.name: row for row in page.rows}
    return Together(
        meetings=tuple(_meeting(combination, rows) for combination in stack.combinations),
        to_shut=_rows(stack, rows),
        grade=grade(pairs, stack, in_part=_is_in_part(page)),
    )


def _is_in_part(page: ServerPage) -> bool:
    """Say whether the server has, or may have, tools that are not judged here."""
    probe = page.facts.probe
    presumed = (probe is not None and probe.dummy_config) or any(
        one.origin is Origin.STATIC for one in page.tools
    )
    return presumed or bool(page.unclassified or unread(page))


def _rows(stack: Stack, rows: dict[str, Row]) -> tuple[Row, ...]:
    return tuple(rows[name] for _, name in stack.to_shut if name in rows)


def _meeting(combination: Combination, rows: dict[str, Row]) -> Meeting:
    state = "The recommended policy leaves it open."
    if combination.shut:
        legs = " and ".join(leg.value for leg in combination.shut)
        state = (
            f"The recommended policy breaks it: every tool counted here for {legs} waits for a "
            "person or is refused."
        )
    return Meeting(
        title=combination.pattern.title,
        text=combination.pattern.text,
        state=state,
        legs=tuple(_formed(leg, combination, rows) for leg in combination.pattern.legs),
    )


def _formed(leg: Leg, combination: Combination, rows: dict[str, Row]) -> Formed:
    why: dict[str, str] = {}
    for part in combination.legs[leg]:
        why.setdefault(part.tool, part.reason)
    ordered = sorted((rows[name] for name in why if name in rows), key=lambda row: row.key)
    tools = tuple((row, why[row.name]) for row in ordered[:_NAMED])
    return Formed(leg, tools, max(0, len(ordered) - _NAMED))


def shut_sentence(found: Together) -> str:
    """Say how many rules break what is open; empty when nothing is."""
    if not found.to_shut:
        return ""
    return f"{number(len(found.to_shut), 'rule')} would break what is open: a person before"


__all__ = ["Formed", "Meeting", "Together", "shut_sentence", "together"]
