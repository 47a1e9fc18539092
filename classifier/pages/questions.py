"""The six questions about a tool, as plain text: the page and its machine twins share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.intent import effect
from classifier.pages import words
from classifier.pages.control import titles_that_can
from classifier.pages.invisible import visible
from classifier.pages.model import ToolPage
from classifier.pages.score import bar
from classifier.policies import Power
from classifier.rule import Decision

_LINKED = frozenset(["what", "risk", "server"])
"""Questions whose answers are this tool's own; the rest is much the same on every page."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer, both plain text that may hold the tool's own words."""

    id: str
    question: str
    answer: str


def questions(page: ToolPage) -> tuple[Question, ...]:
    """Return the questions in the order in which people ask them."""
    name = words.short(page.tool.name)
    return (
        Question("what", f"What does the {name} tool do?", _what(page, name)),
        Question("enforce", f"How do I enforce a policy on {name}?", _enforce(page, name)),
        Question("risk", f"What risk level is {name}?", _risk(page, name)),
        Question("limit", f"Can I rate-limit {name}?", _limit(page)),
        Question("block", f"How do I block {name} completely?", _block(name)),
        Question("server", f"Which server {_provides(page)} {name}?", _server(page, name)),
    )


def linked(asked: tuple[Question, ...]) -> dict[str, Any]:
    """Return the questions as a FAQPage of schema.org."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": visible(one.question),
                "acceptedAnswer": {"@type": "Answer", "text": visible(one.answer)},
            }
            for one in asked
            if one.id in _LINKED
        ],
    }


def _what(page: ToolPage, name: str) -> str:
    verdict = page.classification
    described = " ".join((page.tool.description or "").split())
    said = (
        f"Its definition says: \u201c{words.cut(described, 300)}\u201d "
        if described
        else "Its definition has no description. "
    )
    kind = words.kind_of_tool(verdict.category)
    return f"{said}{name} is labelled {kind}. {words.capability(verdict)}"


def _enforce(page: ToolPage, name: str) -> str:
    return (
        "Put a policy between the agent and the server, so that it holds whatever the model "
        f"decides. For {name} the recommended decision is: {words.decision(page.intent).lower()}. "
        f"{effect(page.intent)} The file for each enforcement point is under How to control it."
    )


def _risk(page: ToolPage, name: str) -> str:
    verdict = page.classification
    heavy = bar(verdict.addends, verdict.risk_score).weightiest
    why = words.listed([f"{part.reason} (+{part.points})" for part in heavy])
    weight = f" What weighs most: {why}." if why else ""
    return (
        f"{name} is {words.an(verdict.risk.value)} {verdict.risk.value}-risk "
        f"{verdict.category.value} tool: {words.RISK_MEANING[verdict.risk]}. Its risk score is "
        f"{verdict.risk_score} of 100.{weight} How sure the category is: {words.confidence(verdict)}."
    )


def _limit(page: ToolPage) -> str:
    able = words.listed(titles_that_can(Power.RATE))
    intent = page.intent
    if intent.decision is Decision.LIMIT and intent.limit:
        advice = f"At most {intent.limit.max} calls a {intent.limit.window} are recommended."
    elif intent.decision is Decision.ALLOW:
        advice = "No limit is recommended, but one does no harm."
    else:
        advice = (
            "A limit alone is not recommended here, because the first call can already do the harm."
        )
    return f"Yes, where the enforcement point counts calls: {able} can. {advice}"


def _block(name: str) -> str:
    able = words.listed(titles_that_can(Power.DENY))
    hides = words.listed(titles_that_can(Power.HIDE))
    return (
        f"Write a rule that refuses {name}. These can refuse a call: {able}. "
        f"These can also take the tool out of the list, so that the model never sees it: {hides}."
    )


def _provides(page: ToolPage) -> str:
    return "provided" if page.is_gone else "provides"


def _server(page: ToolPage, name: str) -> str:
    title, own = page.server.title, page.tool.server
    called = title if title == own else f"{title} ({words.cut(own, 120)})"
    if page.is_gone:
        end = "a registry withdrew" if page.server.is_withdrawn else "lists it no more"
        past = f"{name} was provided by {called}, which {end}"
        fact = f"{past} (noticed {words.day(page.facts.removed_at or '')})."
    else:
        seen = len(page.server.rows) + len(page.server.unclassified)
        offered = words.number(seen, "tool")
        fact = f"{name} is provided by {called}, which was seen to offer {offered}."
    return (
        f"{fact} The definition comes "
        f"{words.ORIGIN[page.facts.origin]}, and was last seen on {words.day(page.facts.last_seen)}."
    )
