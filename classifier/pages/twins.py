"""The same page for machines: JSON with every quote, and Markdown in which no text is markup."""

from __future__ import annotations

import json
import re  # noqa: TID251  # one class of characters, linear
from typing import Any

from classifier.intent import Intent, effect
from classifier.pages import words
from classifier.pages.attacks import attacks_on
from classifier.pages.invisible import visible
from classifier.pages.model import ServerPage, ToolPage
from classifier.pages.places import place
from classifier.pages.server_facts import sources

_LONGEST_IN_MARKDOWN = 4000
_FENCES = re.compile("`+")
_BEFORE_MARK = re.compile(r"(?=[\\`*_{}\[\]<>()#+\-.!|~&:])")


def dump(value: Any) -> bytes:
    """Return JSON; lone surrogates, which UTF-8 cannot hold, stay escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def intent_json(intent: Intent) -> dict[str, Any]:
    """Return a decision as data."""
    limit = intent.limit
    return {
        "decision": intent.decision.value,
        "limit": {"max": limit.max, "window": limit.window} if limit else None,
        "conditions": [condition.sentence() for condition in intent.conditions],
        "reason": intent.reason,
        "effect": effect(intent),
    }


def tool_json(page: ToolPage) -> bytes:
    """Return the JSON twin of a tool's page; every finding is in it, none is cut."""
    facts = page.facts
    return dump(
        {
            "schema_version": 1,
            "server": page.tool.server,
            "tool": page.tool.name,
            "definition": page.tool.definition,
            "definition_sha256": page.tool.definition_sha256,
            "capability": words.capability(page.classification),
            **page.classification.to_json(),
            "policy": intent_json(page.intent),
            "attacks": [attack.slug for attack in attacks_on(page.classification)],
            "origin": facts.origin.value,
            "first_seen": facts.first_seen,
            "last_seen": facts.last_seen,
            "removed_at": facts.removed_at,
            "history": [
                {"definition_sha256": v.definition_sha256, "first_seen": v.first_seen}
                for v in facts.history
            ],
        }
    )


def server_json(page: ServerPage) -> bytes:
    """Return the JSON twin of a server's page."""
    facts, probe, stated = page.facts, page.facts.probe, page.facts.stated
    return dump(
        {
            "schema_version": 1,
            "server": facts.server.name,
            "title": facts.server.title,
            "description": facts.server.description,
            "version": facts.server.version,
            "status": facts.server.status,
            "first_seen": facts.first_seen,
            "last_seen": facts.last_seen,
            "probe": {
                "outcome": probe.outcome.value,
                "at": probe.at,
                "unread": probe.unread,
                "truncated": probe.truncated,
                "broke_off": probe.broke_off,
            }
            if probe
            else None,
            "stated": {
                "at": stated.at,
                "unread": stated.unread,
                "truncated": stated.truncated,
                "broke_off": stated.broke_off,
            }
            if stated
            else None,
            "listed_by": [
                {"source": one.name, "url": one.url, "day": one.day, "terms": one.terms or None}
                for one in sources(page)
            ],
            "tools": [
                {
                    "tool": row.name,
                    "category": row.category.value,
                    "risk": row.risk.value,
                    "risk_score": row.score,
                    "page": f"../{row.path}.html",
                }
                for row in page.rows
            ],
            "unclassified": list(page.unclassified),
            "lookalike_of": page.imitates[0] if page.imitates else None,
        }
    )


def inline(text: str) -> str:
    """Return text for a Markdown line: every mark that could mean something is escaped."""
    return "\\".join(_BEFORE_MARK.split(" ".join(visible(text).split())))


def block(text: str, language: str = "") -> str:
    """Return a fenced block whose fence is longer than any run of backticks in the text."""
    shown = visible(text)
    longest = max(map(len, _FENCES.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown.rstrip()}\n{fence}\n"


def tool_markdown(page: ToolPage) -> bytes:
    """Return the Markdown twin of a tool's page."""
    verdict, intent = page.classification, page.intent
    lines = [
        f"# {inline(words.named(page.tool.name))}\n",
        f"{words.capability(verdict)}\n",
        f"- Server: {inline(page.server.title)} ({inline(page.tool.server)})",
        f"- Category: {verdict.category.value}",
        f"- Risk: {verdict.risk.value}, score {verdict.risk_score} of 100",
        f"- Recommended: {words.decision(intent)}. {inline(effect(intent))}",
        f"- How sure: {words.confidence(verdict)}; decided by {words.BASIS[verdict.decided_by]}",
        f"- Definition: {words.ORIGIN[page.facts.origin]}",
        f"- Seen: {words.day(page.facts.last_seen)}",
        f"- SHA-256 of the definition: {page.tool.definition_sha256}\n",
        "## Description\n",
        block((page.tool.description or "(none)")[:_LONGEST_IN_MARKDOWN]),
        "## Why it needs a policy\n",
        f"{inline(verdict.rationale)}\n",
        "## From the tool's definition\n",
        *_quotes(page),
        "\n## How to control it\n",
        *_policy(page),
        "## Attack patterns\n",
        *[f"- {a.title}: {a.sentence}" for a in attacks_on(verdict)],
        "\n## Questions\n",
    ]
    for question in page.asked:
        lines += [f"### {inline(question.question)}\n", f"{inline(question.answer)}\n"]
    return "\n".join(lines).encode("utf-8", "replace")


def _quotes(page: ToolPage) -> list[str]:
    return [
        f"{quote.number}. {inline(quote.evidence.text[:700])} "
        f"({inline(place(quote.evidence.pointer))}"
        + (f"; {', '.join(quote.signals)})" if quote.signals else ")")
        for quote in page.marks.quotes
    ]


def _policy(page: ToolPage) -> list[str]:
    """Return the first target's file; the page has them all."""
    first = next((made for made in page.made if made.text), None)
    if first is None:
        return ["No policy file can name this tool.\n"]
    title, name = first.target.title, first.target.file_name
    return [f"{title}, {name}:\n", block(first.text, first.target.language)]
