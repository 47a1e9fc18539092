"""Rendering on several cores: each process writes the files of the servers it is given.

Processes are forked after the plan is made, so that it is shared and not copied. Where a
platform cannot fork, or the site is small, one process does it all; the bytes are the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from classifier.pages.aside import LARGE, aside
from classifier.pages.model import ServerFacts, ServerTools, SiteSource
from classifier.pages.plan import Plan
from classifier.pages.server_render import files_of
from classifier.pages.store import Staging
from classifier.parallel import cores, pool

T = TypeVar("T")
SMALL = 300
"""Tools below which a second process costs more than it brings."""

PER_TASK = 120
Written = tuple[str, dict[str, int], int]
"""A server's name, the files rendered for it with their sizes, and how many of them are new."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every process needs."""

    plan: Plan
    source: SiteSource
    stage: Staging
    prints: Mapping[str, str]
    """Fingerprints of the servers."""
    only: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    """The pages to render of a server, if not all."""


_jobs: list[Job] = []
"""The job of this process; a forked one inherits it, because a plan is too large to send."""


def render_all(job: Job, servers: Sequence[ServerFacts]) -> Iterator[Written]:
    """Write the files of these servers; yield each server as it is done."""
    tools = sum(_size(job, facts) for facts in servers)
    many = cores()
    if tools < SMALL or many == 1:
        with _garbage_counted(is_counted=tools >= SMALL):
            for task in _tasks(job, servers):
                yield from _several(job, task)
        return
    yield from _forked(job, _tasks(job, servers), many)


@contextmanager
def beside(job: Job, work: Callable[[Job], T]) -> Iterator[Callable[[], T]]:
    """Do work in a process beside this one, where that pays; yield what waits for its result."""
    if sum(map(len, job.plan.rows.values())) < LARGE or cores() == 1:
        yield lambda: work(job)
        return
    _jobs.append(job)
    with aside(_call, work, pays=True) as done:
        yield done


def _call(work: Callable[[Job], T]) -> T:
    return work(_jobs[-1])


@contextmanager
def _garbage_counted(*, is_counted: bool) -> Iterator[None]:
    """Look for garbage while much is rendered, even if the rest of a build does not."""
    was_counted = gc.isenabled()
    if is_counted:
        gc.enable()
    try:
        yield
    finally:
        if not was_counted:
            gc.disable()


def _size(job: Job, facts: ServerFacts) -> int:
    name = facts.server.name
    return len(job.only.get(name, job.plan.rows[name]))


def _tasks(job: Job, servers: Sequence[ServerFacts]) -> list[list[ServerFacts]]:
    """Group servers into tasks of about as many tools, the largest first."""
    sizes = sorted(servers, key=lambda facts: -_size(job, facts))
    tasks: list[list[ServerFacts]] = []
    room = 0
    for facts in sizes:
        size = 1 + _size(job, facts)
        if room < size:
            tasks.append([])
            room = PER_TASK
        tasks[-1].append(facts)
        room -= size
    return tasks


def _forked(job: Job, tasks: list[list[ServerFacts]], many: int) -> Iterator[Written]:
    _jobs.append(job)
    gc.collect()
    gc.freeze()  # so that counting garbage does not copy what the processes share
    workers = pool(min(many, 8))
    try:
        for done in as_completed([workers.submit(_task, task) for task in tasks]):
            yield from done.result()
    finally:
        workers.shutdown(cancel_futures=True)
        gc.unfreeze()
        _jobs.clear()


def _task(servers: Sequence[ServerFacts]) -> list[Written]:
    gc.enable()
    return list(_several(_jobs[-1], servers))


def _several(job: Job, servers: Sequence[ServerFacts]) -> Iterator[Written]:
    """Write the files of some servers, whose tools are read together."""
    waiting = {str(facts.server.name): facts for facts in servers}
    for name, offered in job.source.several(tuple(waiting)):
        yield _one(job, waiting.pop(name), offered)
    for facts in waiting.values():
        yield _one(job, facts, ServerTools(()))


def _one(job: Job, facts: ServerFacts, offered: ServerTools) -> Written:
    paths: dict[str, int] = {}
    new = 0
    only = job.only.get(facts.server.name)
    for path, data in files_of(job.plan, facts, offered, only):
        new += job.stage.write_or_keep(path, data)
        paths[path] = len(data)
    return facts.server.name, paths, new
