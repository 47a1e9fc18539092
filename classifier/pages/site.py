"""A site out of facts: plan the index, render what changed, swap the whole in.

A build is deterministic: the same facts give the same bytes, whatever their order and the number
of processes. It is incremental: the pages of a server whose facts and surroundings are those of
the last build stay the files that they are, in a second tree that is then exchanged for the first
(store.py, trees.py); words and keys of tools are kept (index.py). If only other servers changed, a
server's pages are rendered where these are shown. Servers are rendered one at a time, so that memory
grows with the index and not with the catalogue's texts.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path

from classifier.errors import PageError
from classifier.pages.accuracy import accuracies, measurements
from classifier.pages.feeds import changes_page, feed_files
from classifier.pages.generator import assets_stamp, generator_stamp, static_files
from classifier.pages.index import Index, index_of, keep_index
from classifier.pages.model import BuildSummary, Row, ServerFacts, SiteSource
from classifier.pages.notebooks import Notebook, notebook_images, notebook_pages, notebook_paths
from classifier.pages.overview import Overview, overview_pages
from classifier.pages.plan import Plan, entries, paired
from classifier.pages.rows import from_json, to_json, worst_first
from classifier.pages.search import search_files
from classifier.pages.slugs import slugs
from classifier.pages.statistics import statistics_page
from classifier.pages.store import Manifest, is_whole, read_manifest, staging
from classifier.pages.words import server_title
from classifier.pages.workers import Job, beside, render_all

Observer = Callable[[str, int, int], None]
"""Called with (stage, done, of how many)."""


@dataclass(slots=True)
class _Read:
    """What the first pass learns of the servers."""

    rows: dict[str, tuple[Row, ...]]
    judges: dict[str, list[list[str]]]
    unclassified: dict[str, int]
    gone: dict[str, tuple[Row, ...]]
    """Rows of the tombstones, by server."""


def build(
    source: SiteSource,
    out: Path,
    base_url: str | None = None,
    observer: Observer | None = None,
    notebooks: tuple[Notebook, ...] = (),
) -> BuildSummary:
    """Write the site of a source to a folder, whole or not at all.

    Raises:
        PageError: the folder is not ours or cannot be written, or there is nothing to show.

    """
    with _no_garbage():
        return _built(source, out, base_url, observer or _silence, notebooks)


def _silence(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Do not look for garbage: a build makes a million small objects that stay."""
    was_counted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_counted:
            gc.enable()


def _built(
    source: SiteSource,
    out: Path,
    base_url: str | None,
    tell: Observer,
    notebooks: tuple[Notebook, ...],
) -> BuildSummary:
    started = time.monotonic()
    before = read_manifest(out)
    if before.stamp != generator_stamp():
        before = before.forgotten()
    prints = source.fingerprints()
    servers = tuple(source.servers())
    whole = _whole_key(prints, base_url, notebooks)
    if before.whole == whole and is_whole(out, before):
        return _summary(before, servers, 0, time.monotonic() - started)
    with staging(out, before) as stage:
        read = _read(source, servers, prints, before, tell)
        index = index_of(read.rows, prints, stage.yard, generator_stamp())
        plan = _plan(servers, read, base_url, index, notebook_paths(notebooks))
        stage.wait()
        after = Manifest(stamp=plan.stamp, whole=whole, prints=dict(prints))
        written = _write(Job(plan, source, stage, prints), before, after, tell, notebooks)
        after.rows = {name: [to_json(row) for row in rows] for name, rows in read.rows.items()}
        after.facts = {
            name: [read.judges[name], read.unclassified[name], list(map(to_json, read.gone[name]))]
            for name in read.rows
        }
        stage.finish(after, written)
    return _summary(after, servers, written, time.monotonic() - started)


def _summary(
    manifest: Manifest, servers: tuple[ServerFacts, ...], written: int, seconds: float
) -> BuildSummary:
    files = [path for _, paths in manifest.groups.values() for path in paths]
    return BuildSummary(
        servers=sum(not facts.is_withdrawn for facts in servers),
        tools=sum(map(len, manifest.rows.values())),
        pages=sum(path.endswith(".html") for path in files),
        written=written,
        kept=len(files) - written,
        unclassified=sum(facts[1] for facts in manifest.facts.values()),
        seconds=seconds,
    )


def _read(
    source: SiteSource,
    servers: tuple[ServerFacts, ...],
    prints: Mapping[str, str],
    before: Manifest,
    tell: Observer,
) -> _Read:
    """Learn the rows of every server, from the last build where nothing changed."""
    slug = slugs(facts.server.name for facts in servers)
    read = _Read({}, {}, {}, {})
    fresh = {
        f.server.name for f in servers if before.prints.get(f.server.name) != prints[f.server.name]
    }
    offered = source.many(fresh)
    for facts in servers:
        name = facts.server.name
        if name in fresh:
            continue
        title = server_title(name, facts.server.title)
        read.rows[name] = tuple(from_json(name, title, row) for row in before.rows[name])
        read.judges[name], read.unclassified[name], gone = before.facts[name]
        read.gone[name] = tuple(from_json(name, title, row) for row in gone)
    by_name = {str(facts.server.name): facts for facts in servers}
    for done, (own, tools) in enumerate(offered, start=1):
        pairs = paired(by_name[own], slug[own], tools)
        read.rows[own] = tuple(row for row, tool in pairs if not tool.removed_at)
        read.gone[own] = tuple(row for row, tool in pairs if tool.removed_at)
        judges = {(t.classification.ruleset, t.classification.model) for t in tools.tools}
        read.judges[own] = [list(judge) for judge in sorted(judges)]
        read.unclassified[own] = len(tools.unclassified)
        tell("index", done, len(fresh))
    for own in slug:
        read.rows.setdefault(own, ())
        read.judges.setdefault(own, [])
        read.unclassified.setdefault(own, 0)
        read.gone.setdefault(own, ())
    return read


def _plan(
    servers: tuple[ServerFacts, ...],
    read: _Read,
    base_url: str | None,
    index: Index,
    notebooks: tuple[str, ...],
) -> Plan:
    rows = worst_first(row for name in sorted(read.rows) for row in read.rows[name])
    if not rows and any(read.unclassified.values()):
        raise PageError(
            "nothing to show: the catalogue's tools are not classified; run `toolrisk classify`"
        )
    slug = slugs(facts.server.name for facts in servers)
    judges = {tuple(judge) for some in read.judges.values() for judge in some}
    models = tuple(sorted({model for _, model in judges if model}))
    overview = Overview(
        rows=rows,
        servers=tuple(entries(servers, slug, read.rows)),
        stamp=assets_stamp(),
        rulesets=tuple(sorted({ruleset for ruleset, _ in judges})),
        models=models,
        accuracies=accuracies(models),
        base_url=base_url,
        notebooks=notebooks,
    )
    return Plan(servers, slug, read.rows, read.gone, overview, base_url, generator_stamp(), index)


def _around(plan: Plan, prints: Mapping[str, str], before: Manifest) -> dict[str, Sequence[str]]:
    """Return what each server's pages depend on besides its facts, from before where it may.

    Looking for the closest tools of all took half of the time of a build with one change.
    """
    changed = {name for name in plan.slug if before.prints.get(name) != prints[name]}
    changed |= before.prints.keys() - plan.slug.keys()
    # Rows that are there no more count too: what was closest to them has to find another.
    title = ""  # says nothing about what is near
    was = {n: [from_json(n, title, r) for r in before.rows.get(n, ())] for n in changed}
    now = {name: plan.rows.get(name, ()) for name in changed}
    moved = plan.moved(was) | plan.moved(now)
    return {
        name: plan.around(name, moved, None if name in changed else before.around[name])
        for name in plan.slug
    }


def _whole_key(
    prints: Mapping[str, str], base_url: str | None, notebooks: tuple[Notebook, ...]
) -> str:
    """Return a digest of all that a site depends on: equal means nothing to do."""
    text = repr((generator_stamp(), measurements(), base_url, sorted(prints.items()), notebooks))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _write(
    job: Job,
    before: Manifest,
    after: Manifest,
    tell: Observer,
    notebooks: tuple[Notebook, ...],
) -> int:
    """Write what changed, note in the manifest what there is, and return how much is new."""
    with beside(job, _write_lists) as listed:
        after.around = _around(job.plan, after.prints, before)
        written = _write_servers(job, before, after, tell)
        written += _write_around(job, before, after, notebooks)
        paths, new = listed()
    after.groups["lists"] = ("", paths)
    return written + new


def _write_lists(job: Job) -> tuple[dict[str, int], int]:
    """Write what lists all tools or changes; return its files with sizes, and how many are new.

    That is the search index, what changed, and the sitemap. Nothing waits for these, so they are
    made beside the rest.
    """
    plan = job.plan
    keep_index(plan.index, job.prints, job.stage.yard, plan.stamp)
    changes = job.source.changes()
    page = changes_page(plan, changes)
    words = plan.index.search_words(plan.rows)
    files = chain(
        [(page.path, page.render())], feed_files(plan, changes), search_files(plan.overview, words)
    )
    paths: dict[str, int] = {}
    new = 0
    for path, data in files:
        new += job.stage.write_or_keep(path, data)
        paths[path] = len(data)
    return paths, new


def _write_around(
    job: Job, before: Manifest, after: Manifest, notebooks: tuple[Notebook, ...]
) -> int:
    """Write the pages around those of tools and servers, and the shared assets."""
    plan, stage = job.plan, job.stage
    written = 0
    pages = chain(
        overview_pages(plan.overview),
        [statistics_page(plan.overview)],
        notebook_pages(plan.overview, notebooks),
    )
    for draft in pages:
        own, key = f"page {draft.path}", draft.key
        known, paths = before.groups.get(own, ("", {}))
        if known != key or not stage.keep(draft.path):
            data = draft.render()
            written += stage.write_or_keep(draft.path, data)
            paths = {draft.path: len(data)}
        after.groups[own] = (key, paths)
    around: dict[str, int] = {}
    for path, data in chain(static_files(), notebook_images(notebooks)):
        written += stage.write_or_keep(path, data)
        around[path] = len(data)
    after.groups["around"] = ("", around)
    return written


def _write_servers(job: Job, before: Manifest, after: Manifest, tell: Observer) -> int:
    """Write the pages of servers that changed, or that others changed around."""
    plan, stage = job.plan, job.stage
    changed: list[ServerFacts] = []
    only: dict[str, frozenset[str]] = {}
    for facts in plan.servers:
        name = facts.server.name
        own = f"server {name}"
        key = plan.key(name, after.prints[name])
        known, paths = before.groups.get(own, ("", {}))
        after.groups[own] = (key, paths)
        if key != known or not stage.keep_all(paths):
            changed.append(facts)
        elif after.around[name] != before.around[name]:
            changed.append(facts)
            only[name] = plan.differing(name, before.around[name], after.around[name])
    written = 0
    rendered = render_all(replace(job, only=only), changed)
    for done, (server, paths, new) in enumerate(rendered, start=1):
        key, others = after.groups[f"server {server}"]
        after.groups[f"server {server}"] = (key, others | paths if server in only else paths)
        written += new
        tell("pages", done, len(changed))
    return written
