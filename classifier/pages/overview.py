"""The pages around tools and servers: home, lists, signals, attacks, method."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from classifier.pages import words
from classifier.pages.accuracy import Accuracy
from classifier.pages.attacks import Attack, attacks
from classifier.pages.environment import render
from classifier.pages.model import Row, Scale
from classifier.pages.signal_catalog import SignalPage, signal_pages
from classifier.pages.signal_words import change, meaning
from classifier.pages.tool_site import canonical
from classifier.pages.words import cut, number
from classifier.verdict import Category, Kind, Risk

PER_PAGE = 200
ON_A_PAGE = 100
ON_HOME = 12
SERVERS_ON_HOME = 60


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server in lists."""

    name: str
    title: str
    slug: str
    text: str
    count: int
    last_seen: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A page with all that it is made of, so that an unchanged one need not be rendered."""

    path: str
    template: str
    variables: dict[str, Any]

    @property
    def key(self) -> str:
        """A digest of what the page is made of."""
        text = repr((self.template, self.variables))  # no sets in them: see Attack
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def render(self) -> bytes:
        """Return the page."""
        return render(self.template, self.variables).encode()


@dataclass(frozen=True)
class Overview:
    """What the pages around are made of; `rows` come worst first."""

    rows: tuple[Row, ...]
    servers: tuple[ServerEntry, ...]
    stamp: str
    rulesets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    accuracies: tuple[Accuracy, ...] = ()
    base_url: str | None = None
    notebooks: tuple[str, ...] = ()
    """Paths of the pages of notebooks, their list first; none where none were given."""

    @cached_property
    def scale(self) -> Scale:
        """How large the index is, rounded down."""
        return Scale(servers=words.rounded(len(self.servers)), tools=words.rounded(len(self.rows)))

    @cached_property
    def by_signal(self) -> dict[str, list[Row]]:
        """Rows by signal id, worst first."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            for signal in dict.fromkeys(row.signals):
                found[signal].append(row)
        return found

    def page(self, template: str, path: str, title: str, description: str, **given: Any) -> Draft:
        """Return a page to be rendered; `root` follows from the depth of its path."""
        variables = {
            "title": title,
            "description": cut(description, 200),
            "root": "../" * path.count("/"),
            "canonical": canonical(self.base_url, path),
            "stamp": self.stamp,
            **given,
        }
        return Draft(path, f"templates/{template}.html", variables)


def overview_pages(site: Overview) -> Iterator[Draft]:
    """Yield every page around."""
    yield _home(site)
    yield from _by_risk(site)
    yield from _by_category(site)
    yield from _servers(site)
    yield from _signals(site)
    yield from _attacks(site)
    yield _methodology(site)
    # It is shown under any path, so its links must not be relative where that can be helped.
    base = {"root": f"{site.base_url.rstrip('/')}/"} if site.base_url else {}
    yield site.page("not_found", "404.html", "No such page", "There is no such page.", **base)


def _home(site: Overview) -> Draft:
    risks = Counter(row.risk for row in site.rows)
    categories = Counter(row.category for row in site.rows)
    largest = sorted(site.servers, key=lambda s: (-s.count, s.title.casefold()))[:SERVERS_ON_HOME]
    return site.page(
        "home",
        "index.html",
        "What an MCP tool can do",
        "MCP tools with their risk, the words it rests on, and a policy for each.",
        tools_count=number(len(site.rows), "tool"),
        servers_count=number(len(site.servers), "server"),
        risks=[
            {"risk": risk, "count": risks[risk], "meaning": words.RISK_MEANING[risk].capitalize()}
            for risk in reversed(Risk)
        ],
        categories=[
            {"name": c.value, "count": categories[c], "meaning": words.CATEGORY_MEANING[c]}
            for c in Category
        ],
        signals=[(page, len(site.by_signal.get(page.id, ()))) for page in signal_pages()],
        attacks=attacks(),
        worst=_worst(site.rows),
        notebooks=site.notebooks[:1],
        servers=largest,
    )


def _worst(rows: Sequence[Row]) -> list[Row]:
    """Return the highest scores, one tool a server, so that one server does not fill the list."""
    seen: dict[str, Row] = {}
    for row in rows:
        seen.setdefault(row.server, row)
        if len(seen) == ON_HOME:
            break
    return list(seen.values())


def _paged(
    site: Overview, stem: str, heading: str, intro: Sequence[str], rows: Sequence[Row]
) -> Iterator[Draft]:
    """Yield a list in pages of 200."""
    chunks = [rows[i : i + PER_PAGE] for i in range(0, len(rows), PER_PAGE)] or [()]
    file = stem.rsplit("/", 1)[-1]
    for index, chunk in enumerate(chunks):
        yield site.page(
            "list",
            f"{_numbered(stem, index)}.html",
            heading if index == 0 else f"{heading}, page {index + 1}",
            intro[0],
            heading=heading,
            intro=intro if index == 0 else intro[:1],
            rows=chunk,
            page=index + 1,
            pages=len(chunks),
            previous=f"{_numbered(file, index - 1)}.html" if index else None,
            next=f"{_numbered(file, index + 1)}.html" if index + 1 < len(chunks) else None,
        )


def _numbered(stem: str, index: int) -> str:
    return stem if index == 0 else f"{stem}-{index + 1}"


def _by_risk(site: Overview) -> Iterator[Draft]:
    entries = []
    for risk in reversed(Risk):
        rows = [row for row in site.rows if row.risk is risk]
        intro = [words.RISK_EXPLANATION[risk], f"{number(len(rows), 'tool')}, highest score first."]
        yield from _paged(site, f"risk/{risk.value}", f"Tools of {risk.value} risk", intro, rows)
        entries.append(
            {
                "file": f"{risk.value}.html",
                "title": "",
                "risk": risk,
                "count": len(rows),
                "text": words.RISK_EXPLANATION[risk],
            }
        )
    about = (
        "Risk levels",
        "Risk is about one call: how much harm it can do, and how hard that is to undo.",
        "Level",
        "What one call can do",
    )
    yield _index(site, "risk/index.html", about, entries)


def _by_category(site: Overview) -> Iterator[Draft]:
    entries = []
    for category in Category:
        rows = [row for row in site.rows if row.category is category]
        intro = [words.CATEGORY_MEANING[category], words.CATEGORY_HANDLING[category]]
        stem = f"categories/{category.value.lower()}"
        yield from _paged(site, stem, f"{category.value} tools", intro, rows)
        entries.append(
            {
                "file": f"{category.value.lower()}.html",
                "title": category.value,
                "risk": None,
                "count": len(rows),
                "text": words.CATEGORY_MEANING[category],
            }
        )
    about = (
        "Categories",
        "The category says what a call does: the most consequential of its effects.",
        "Category",
        "Meaning",
    )
    yield _index(site, "categories/index.html", about, entries)


def _index(
    site: Overview,
    path: str,
    words_of_it: tuple[str, str, str, str],
    entries: Sequence[dict[str, Any]],
    **given: Any,
) -> Draft:
    """Return an index page; its words are heading, introduction, and two columns' heads."""
    heading, intro, first_column, last_column = words_of_it
    return site.page(
        "index",
        path,
        heading,
        intro,
        heading=heading,
        intro=(intro,),
        first_column=first_column,
        last_column=last_column,
        entries=entries,
        **{"page": 1, "pages": 1, "previous": None, "next": None, **given},
    )


def _servers(site: Overview) -> Iterator[Draft]:
    ordered = sorted(site.servers, key=lambda s: (s.title.casefold(), s.name))
    chunks = [ordered[i : i + PER_PAGE] for i in range(0, len(ordered), PER_PAGE)] or [[]]
    for index, chunk in enumerate(chunks):
        entries = [
            {
                "file": f"{server.slug}.html",
                "title": server.title,
                "risk": None,
                "count": server.count,
                "text": server.text,
            }
            for server in chunk
        ]
        # `index` and `404` are no server's slug, and a slug never ends in `index-2`.
        yield _index(
            site,
            f"servers/{_server_page(index)}",
            ("Servers", f"{number(len(ordered), 'server')}, by name.", "Server", "In its words"),
            entries,
            page=index + 1,
            pages=len(chunks),
            previous=_server_page(index - 1) if index else None,
            next=_server_page(index + 1) if index + 1 < len(chunks) else None,
        )


def _server_page(index: int) -> str:
    return "index.html" if index == 0 else f"index.{index + 1}.html"


def _signals(site: Overview) -> Iterator[Draft]:
    entries = []
    pages = signal_pages(tuple(site.by_signal))
    for signal in pages:
        rows = site.by_signal.get(signal.id, [])
        yield _signal(site, signal, rows)
        entries.append(
            {
                "file": f"{signal.id}.html",
                "title": signal.title,
                "risk": None,
                "count": len(rows),
                "text": meaning(signal.signal),
            }
        )
    about = (
        "Signals",
        "A signal is one kind of observation in a definition, always with the words quoted.",
        "Signal",
        "What it means",
    )
    yield _index(site, "signals/index.html", about, entries)


def _signal(site: Overview, page: SignalPage, rows: Sequence[Row]) -> Draft:
    signal = page.signal
    return site.page(
        "signal",
        f"signals/{page.id}.html",
        f"Signal: {page.title}",
        meaning(signal),
        heading=page.title,
        id=page.id,
        kind=signal.kind.value,
        severity=signal.severity.value,
        references=signal.references,
        meaning=meaning(signal),
        change=change(signal),
        blocks=page.blocks,
        count=number(len(rows), "tool"),
        attacks=[a for a in attacks() if page.id in a.signals or signal.kind in a.kinds],
        rows=rows[:ON_A_PAGE],
        more=max(0, len(rows) - ON_A_PAGE),
    )


def _attacks(site: Overview) -> Iterator[Draft]:
    titles = {page.id: page for page in signal_pages(tuple(site.by_signal))}
    entries = []
    for attack in attacks():
        rows = _rows_of(site, attack, titles)
        yield site.page(
            "attack",
            f"attacks/{attack.slug}.html",
            f"Attack pattern: {attack.title}",
            attack.sentence,
            attack=attack,
            signals=[(s, titles[s].title) for s in attack.signals if s in titles],
            rows=rows[:ON_A_PAGE],
            count=number(len(rows), "tool"),
        )
        entries.append(
            {
                "file": f"{attack.slug}.html",
                "title": attack.title,
                "risk": None,
                "count": len(site.rows) if attack.is_general else len(rows),
                "text": attack.sentence,
            }
        )
    about = (
        "Attack patterns",
        "Documented ways to abuse what tools can do, and which tools offer the access.",
        "Pattern",
        "How it goes",
    )
    yield _index(site, "attacks/index.html", about, entries)


def _rows_of(site: Overview, attack: Attack, pages: dict[str, SignalPage]) -> list[Row]:
    kinds: set[Kind] = set(attack.kinds)
    ids = {id_ for id_, page in pages.items() if page.signal.kind in kinds}.union(attack.signals)
    return [row for row in site.rows if not ids.isdisjoint(row.signals)]


def _methodology(site: Overview) -> Draft:
    return site.page(
        "methodology",
        "methodology.html",
        "How this is done, and its limits",
        "Where definitions come from, how labels are made, and what they do not tell.",
        rulesets=site.rulesets,
        models=site.models,
        accuracies=site.accuracies,
        notebooks=site.notebooks[:1],
        categories=[(c.value, words.CATEGORY_MEANING[c]) for c in Category],
        risks=[(r.value, words.RISK_EXPLANATION[r]) for r in Risk],
    )
