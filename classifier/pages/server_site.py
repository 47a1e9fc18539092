"""The page of one server: the picture, the sentence, combinations, policy, cost, provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from classifier.intent import Intent, Profile
from classifier.pages import words
from classifier.pages.control import intent_of, ordered_targets, policy
from classifier.pages.cost import cost_sentence
from classifier.pages.environment import render
from classifier.pages.invisible import visible
from classifier.pages.linked import application
from classifier.pages.model import Row, ServerPage
from classifier.pages.panels import panels
from classifier.pages.profiles import meaning
from classifier.pages.server_facts import facts, gone, history, sources, unread, ways
from classifier.pages.together import shut_sentence, together
from classifier.pages.tool_site import canonical
from classifier.pages.twins import server_json
from classifier.pages.words import cut, day, listed, number
from classifier.policies import Memo
from classifier.rule import Decision
from classifier.verdict import Category, Risk
from crawler.records import Outcome

ROOT = "../"
_COLUMNS = (
    (Decision.ALLOW, "Allowed"),
    (Decision.LIMIT, "Limited"),
    (Decision.ASK, "Asked about"),
    (Decision.DENY, "Refused"),
    (Decision.HIDE, "Hidden"),
)
_NAMED = 6
_MOST_POLICY = 120_000
_MOST_OTHER = 40_000
"""Characters of policy files on a page; the rest is made with the command line."""


def server_files(page: ServerPage, stamp: str, base_url: str | None) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of a server's page and its JSON."""
    text = render("templates/server.html", context(page, stamp, base_url))
    yield f"{page.path}.html", text.encode()
    yield f"{page.path}.json", server_json(page)


def context(page: ServerPage, stamp: str, base_url: str | None) -> dict[str, Any]:
    """Return the variables of a server's page."""
    server = page.facts.server
    risks = Counter(row.risk for row in page.rows)
    whole = together(page)
    steps, earlier = history(page)
    return {
        "title": f"{page.title}: {_in_short(page)}",
        "description": cut(
            f"{page.title}. {sentence(page.rows) if page.rows else _why_none(page)}", 200
        ),
        "root": ROOT,
        "canonical": canonical(base_url, f"{page.path}.html"),
        "stamp": stamp,
        "file": page.slug,
        "name": page.title,
        "id": server.name,
        "said": server.description or "",
        "rows": page.rows,
        "sentence": sentence(page.rows) if page.rows else "",
        "by_risk": [(risk, risks[risk]) for risk in reversed(Risk) if risks[risk]],
        "why_none": "" if page.rows else _why_none(page),
        "gone": gone(page),
        "unclassified": page.unclassified,
        "unread": unread(page),
        "together": whole,
        "shut": shut_sentence(whole),
        "profiles": _profiles(page) if page.tools else [],
        "decisions": [title for _, title in _COLUMNS],
        "cost": cost_sentence(page.tools),
        "facts": tuple(facts(page)),
        "ways": ways(page),
        "sources": sources(page),
        "links": _links(page),
        "history": steps,
        "earlier": earlier,
        "first_seen": day(page.facts.first_seen),
        "withdrawn": page.is_withdrawn,
        "linked": application(page),
        "similar": page.similar,
        "imitates": page.imitates,
    }


def _in_short(page: ServerPage) -> str:
    """Say what the page is about, for its title."""
    if page.rows:
        count = len(page.rows)
        return f"{number(count, 'tool')} and {'its' if count == 1 else 'their'} policy"
    if page.unclassified:
        return "no tool classified yet"
    return "no tool listed any more" if page.known else "no tool known"


def sentence(rows: Sequence[Row]) -> str:
    """Say how many tools do what, as in: 24 tools: 15 read and 9 change data."""
    verbs = {
        Category.READ: ("reads", "read"),
        Category.WRITE: ("changes data", "change data"),
        Category.EXECUTE: ("sets something in motion", "set something in motion"),
        Category.OTHER: ("helps along", "help along"),
    }
    counts = Counter(row.category for row in rows)
    is_one = len(rows) == 1
    doing = [
        f"{'it' if is_one else counts[c]} {verb[counts[c] > 1]}"
        for c, verb in verbs.items()
        if counts[c]
    ]
    worst = [
        f"{'it' if is_one else n} can {verb}"
        for signal, verb in (
            ("destructive", "delete or overwrite for good"),
            ("financial", "move money or assets"),
            ("code-execution", "run what the caller writes"),
        )
        if (n := sum(signal in row.signals for row in rows))
    ]
    tail = f"; {listed(worst)}" if worst else ""
    return f"{number(len(rows), 'tool')}: {listed(doing)}{tail}."


def _why_none(page: ServerPage) -> str:
    """Say why the page has no tools: a past of it is not forgotten."""
    if page.unclassified:
        return "No tool of this server is classified yet."
    probe = page.facts.probe
    asked = f" On {day(probe.at)} the server {words.OUTCOME[probe.outcome]}." if probe else ""
    if page.known:
        is_plain = probe is None or probe.outcome is Outcome.LISTED
        return f"No tool of this server is listed any more.{'' if is_plain else asked}"
    unasked = " Nobody has asked the server yet, and no source says what it offers."
    return f"No tool of this server is known.{asked or unasked}"


def _profiles(page: ServerPage) -> list[dict[str, Any]]:
    """Return the profiles, the recommended one first: what it does, and the files for it."""
    ordered = sorted(Profile, key=lambda profile: profile is not Profile.RECOMMENDED)
    memo = Memo()
    return [_profile(page, profile, memo) for profile in ordered]


def _profile(page: ServerPage, profile: Profile, memo: Memo) -> dict[str, Any]:
    intents = [intent_of(t.tool, t.classification, profile) for t in page.tools]
    counts = Counter(intent.decision for intent in intents)
    name = page.facts.server.name
    made = tuple(
        policy(target, name, intents, whole=True, memo=memo) for target in ordered_targets()
    )
    is_main = profile is Profile.RECOMMENDED
    return {
        "name": profile.value,
        "meaning": meaning(profile),
        "counts": [counts[decision] for decision, _ in _COLUMNS],
        "blocks": _blocks(intents),
        **panels(
            made,
            _MOST_POLICY if is_main else _MOST_OTHER,
            group=f"p-{profile.value}",
            profile=profile.value,
        ),
    }


def _blocks(intents: Sequence[Intent]) -> str:
    refused = [visible(intent.tool) for intent in intents if intent.decision.refuses]
    if not refused:
        return "nothing"
    shown = ", ".join(cut(name, 40) for name in refused[:_NAMED])
    return f"{shown} and {len(refused) - _NAMED} more" if len(refused) > _NAMED else shown


def _links(page: ServerPage) -> list[tuple[str, str]]:
    server = page.facts.server
    made = []
    if server.repository_url:
        made.append(("Repository", server.repository_url))
    if server.website_url:
        made.append(("Website", server.website_url))
    return made
