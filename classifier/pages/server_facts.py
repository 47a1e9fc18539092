"""What is known of a server beside its tools: how it is reached, who may, who lists it, its past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classifier.pages import words
from classifier.pages.model import Changed, ProbeFacts, ServerPage, StatedFacts, changes_of
from classifier.pages.words import cut, day
from crawler.records import Outcome, Transport
from crawler.sources import terms_of

MOST_WAYS = 12
MOST_LISTINGS = 12
MOST_CHANGES = 20
_NEEDS = 200
_MANY = 20
"""Entries of one page of a list that a probe remembers."""
_OR_MORE = {False: "", True: " or more"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach the server; `url` is empty for a package."""

    kind: str
    what: str
    transport: str
    needs: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One source that lists the server, to be credited with a link."""

    name: str
    url: str
    day: str
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one tool of the list on a day."""

    day: str
    what: str
    name: str
    path: str


_WHAT = {"new": "came", "changed": "changed its definition", "removed": "went"}


def facts(page: ServerPage) -> Iterator[tuple[str, str]]:
    """Yield (term, text) of what is plain text."""
    about, probe, server = page.facts, page.facts.probe, page.facts.server
    yield "Seen", f"first {day(about.first_seen)}, last {day(about.last_seen)}"
    if server.version:
        yield "Version", cut(server.version, 60)
    if server.status != "active":
        yield "Status", cut(server.status, 60)
    yield "Authentication", access(page)
    if probe is None:
        yield "Last attempt", "none; what is known comes from the sources below"
        return
    yield "Last attempt", f"{day(probe.at)}: the server {words.OUTCOME[probe.outcome]}"
    if probe.protocol_version:
        yield "Protocol", f"{probe.protocol_version} ({probe.era or 'era unknown'})"
    if probe.sandbox:
        yield "Run in", probe.sandbox
    if probe.dummy_config:
        yield "Configuration", "placeholders, so tools may be missing"
    if probe.truncated:
        yield "List of tools", probe.broke_off or "cut, because the answer was too long"


def unread(page: ServerPage) -> str:
    """Say that a part of the list is unknown, if it is; a page must not pass for the whole of it."""
    probe, stated = page.facts.probe, page.facts.stated
    told: list[str] = []
    if probe is not None:
        told += _unread(probe, or_more=probe.unread >= _MANY)
    if stated is not None:
        told += _unread(stated, or_more=True)
    return "" if page.is_withdrawn else " ".join(told)


def _unread(told: ProbeFacts | StatedFacts, *, or_more: bool) -> Iterator[str]:
    on, entries = f"On {day(told.at)}", told.unread
    if entries:
        count = f"{words.number(entries, 'entry', 'entries')}{_OR_MORE[or_more]}"
        what = "what they do" if or_more or entries > 1 else "what it does"
        yield f"{on} its list had {count} that could not be read: {what} is unknown."
    if told.broke_off:
        yield f"{on} {told.broke_off}: what else is in it is unknown."
    elif told.truncated:
        yield f"{on} its list had more tools than were read: what they do is unknown."


def access(page: ServerPage) -> str:
    """Say who may use the server, as far as it was seen or stated; a probe never logs in."""
    probe, server = page.facts.probe, page.facts.server
    asked = [name for remote in server.remotes for name in remote.required_inputs]
    asked += [name for package in server.packages for name in package.required_inputs]
    stated = dict.fromkeys(asked)
    needs = f"; needs {cut(', '.join(stated), _NEEDS)}" if stated else ""
    if probe is not None:
        is_remote = probe.transport is not None and probe.transport != Transport.STDIO
        if probe.outcome is Outcome.AUTH_REQUIRED:
            return f"a login is required, seen {day(probe.at)}{needs}"
        if probe.outcome is Outcome.FORBIDDEN:
            return f"access was refused, seen {day(probe.at)}{needs}"
        if probe.outcome in {Outcome.LISTED, Outcome.NO_TOOLS} and is_remote:
            return (
                f"none asked for to list the tools, seen {day(probe.at)}; "
                f"calls were not tried{needs}"
            )
        if probe.outcome in {Outcome.LISTED, Outcome.NO_TOOLS}:
            return f"it runs with the rights of whoever starts it{needs}"
    return f"stated by its sources{needs}" if stated else "not available"


def ways(page: ServerPage) -> tuple[Way, ...]:
    """Return how the server can be reached: its packages and remote endpoints."""
    server = page.facts.server
    made = [
        Way(
            f"{package.registry_type} package",
            cut(f"{package.identifier} {package.version or ''}".strip(), 120),
            package.transport,
            cut(", ".join(package.required_inputs), _NEEDS),
        )
        for package in server.packages
    ]
    made += [
        Way(
            "remote",
            cut(remote.url, 120),
            remote.transport,
            cut(", ".join(remote.required_inputs), _NEEDS),
            remote.url,
        )
        for remote in server.remotes
    ]
    return tuple(made[:MOST_WAYS])


def sources(page: ServerPage) -> tuple[Source, ...]:
    """Return who lists the server; several of one source count once, the newest."""
    newest = sorted(page.facts.listings, key=lambda one: one.fetched_at, reverse=True)
    found: dict[tuple[str, str], Source] = {}
    for one in newest:
        source = Source(one.source, one.url, day(one.fetched_at), terms_of(one.source))
        found.setdefault((one.source, one.url), source)
    return tuple(found.values())[:MOST_LISTINGS]


def gone(page: ServerPage) -> tuple[Step, ...]:
    """Return every tool that it lists no more, by name, with the day on which that was noticed."""
    found = [(tool, path) for tool, path in page.known if tool.removed_at]
    found.sort(key=lambda one: (one[0].tool.name.casefold(), one[0].tool.name, one[1]))
    return tuple(Step(day(t.removed_at or ""), "", t.tool.name, path) for t, path in found)


def history(page: ServerPage) -> tuple[tuple[Step, ...], int]:
    """Return what came, changed and went since its first day, newest first, and how much more."""
    steps: list[tuple[Changed, str]] = []
    born = day(page.facts.first_seen)
    for tool, path in page.known:
        found = (one for one in changes_of(tool) if one.kind != "new" or day(one.at) != born)
        steps += [(one, path) for one in found]
    steps.sort(key=lambda step: (step[0].at, step[0].tool, step[0].kind), reverse=True)
    shown = tuple(
        Step(day(one.at), _WHAT[one.kind], one.tool, path) for one, path in steps[:MOST_CHANGES]
    )
    return shown, len(steps) - len(shown)
