"""From TARGETs or the catalogue to definitions and classifications, for every command.

`classify FILE` must start in a blink: files are read here without touching the network code, the
catalogue, or a template engine.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.commands.files import Files
from classifier.commands.judging import judged, judged_lines
from classifier.commands.waiting import counted
from classifier.engine import Options
from classifier.verdict import Classification, Risk
from crawler.client_config import disabled_notes
from crawler.errors import TargetError
from crawler.local import local_path
from crawler.records import Origin, Skipped, Tool
from crawler.targets import FileTarget, SourceTarget, Target, parse_target
from crawler.tool_file import misfit_note

if TYPE_CHECKING:
    from crawler.catalog import Catalog, Incomplete
    from crawler.gathered import Gathered
    from crawler.records import Probe
    from crawler.tool_file import ToolFile

DEFAULT_DB = "toolrisk.db"


@dataclass(slots=True)
class InputOptions:
    """How targets are read and judged; `skipped` and `problems` fill up while reading.

    `streams`: the command prints while it reads, so nothing may be shown between its rows.
    """

    allow_private: bool = False
    unsafe_no_sandbox: bool = False
    limit: int | None = None
    launch: bool = True  # ask the servers of a client config
    streams: bool = False
    engine: Options = field(default_factory=Options)
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was left out rightly: what only looks like a tool, a server that is switched off."""
    in_part: set[str] = field(default_factory=set)
    """Servers that told tools, and whose lists have more than was read, or may have.

    That is also where source code was read, or a server was given placeholders for its settings.
    """
    files: Files = field(default_factory=Files)
    asked: bool = False
    """Whether servers were asked: what talks to them may be at work until the last tool is taken."""

    def unread(self) -> list[str]:
        """Return what could not be looked at, a line each: a report without it would be a pass."""
        servers = [f"{s.subject}: {s.outcome.value}: {s.reason}" for s in self.skipped]
        return [*self.problems, *servers]


def tools(targets: list[str], options: InputOptions) -> Iterator[Tool]:
    """Yield the definitions of TARGETs, in order; of one that is named twice, once.

    Raises:
        TargetError: a target cannot be understood or read.

    """
    parsed = [parse_target(text) for text in options.files.distinct(targets)]
    for target in parsed:
        if isinstance(target, FileTarget):
            yield from _file(target, options)
        elif not options.launch and _is_clients(target):
            from classifier.pipeline.config.clients import read_clients

            found = read_clients(target.text)
            options.skipped.extend(found.unread)
            options.notes.extend(found.notes)
            options.files.named.update(found.servers)
        else:
            yield from _gathered(target, options)


def _is_clients(target: Target) -> bool:
    return isinstance(target, SourceTarget) and target.source == "clients"


def _file(target: FileTarget, options: InputOptions) -> Iterator[Tool]:
    found = options.files.take(target.text)
    if found.servers and options.launch:
        yield from _gathered(target, options, found)  # which tells the problems itself
        return
    options.notes.extend(disabled_notes(found.servers))
    is_static = found.origin is Origin.STATIC
    (options.notes if is_static else options.problems).extend(found.problems)
    if found.problems and not is_static:
        from classifier.commands.partly import told_in_part

        options.in_part.update(told_in_part(found.problems, found.tools))
    if found.tools or not found.servers:
        chosen = found.tools if options.limit is None else found.tools[: options.limit]
        left = found.tools if is_static else found.tools[len(chosen) :]
        options.in_part.update(tool.server for tool in left)
        yield from chosen if _mixes(options) else counted(chosen, len(chosen), "tools")


def is_config(target: str, options: InputOptions) -> bool:
    """Say whether a TARGET is a client config, or means the clients of this machine.

    Raises:
        TargetError: it is no TARGET, or a file that cannot be read.

    """
    parsed = parse_target(target)
    if isinstance(parsed, FileTarget) and not local_path(target).is_dir():
        return options.files.is_config(target)
    return _is_clients(parsed)


def _mixes(options: InputOptions) -> bool:
    """Say whether a line of progress would stand between the rows that a command prints."""
    return options.streams and sys.stdout.isatty()


def _gathered(
    target: Target, options: InputOptions, content: "ToolFile | None" = None
) -> Iterator[Tool]:
    from crawler.crawl import CrawlOptions, gather
    from crawler.progress import watch

    options.asked = True
    chosen = CrawlOptions(
        allow_private=options.allow_private,
        unsafe_no_sandbox=options.unsafe_no_sandbox,
        limit=options.limit,
    )
    if _mixes(options):
        with watch() as observer:
            items = list(gather([target], chosen, observer, content))
        yield from _told(items, options)
        return
    with watch() as observer:
        yield from _told(gather([target], chosen, observer, content), options)


def _told(items: Iterable["Gathered"], options: InputOptions) -> Iterator[Tool]:
    """Yield the tools of what came, and note what did not."""
    for item in items:
        yield from item.tools or ()
        options.notes.extend(disabled_notes((item.server,) if item.server else ()))
        if item.server is not None:
            options.files.named.add(item.server.name)
        options.problems.extend(_left_out(item))
        if item.server is not None and not item.is_complete:
            options.in_part.add(item.server.name)
        if item.skipped is not None:
            options.skipped.append(item.skipped)
        elif item.probe is not None and item.server is not None and not item.tools:
            found = item.probe
            options.skipped.append(
                Skipped(subject=item.server.name, outcome=found.outcome, reason=found.detail)
            )


def _left_out(item: "Gathered") -> Iterator[str]:
    """Yield what a server listed and we could not read: no rule and no label is for it."""
    probe, server, tools_told = item.probe, item.server, item.tools or ()
    if (
        probe is not None
        and server is not None
        and tools_told
        and probe.origin is not Origin.STATIC
    ):
        yield from _unread(server.name, probe)
    if probe is not None:  # a file has told its own
        yield from filter(None, map(misfit_note, tools_told))


def _unread(server: str, told: "Probe | Incomplete") -> Iterator[str]:
    yield from (f"{server}: {problem}" for problem in told.problems)
    if told.truncated:
        yield f"{server}: {told.broke_off or 'the list of tools is longer than is read'}"


def known_in_part(catalog: "Catalog", servers: Collection[str] = ()) -> Iterator[str]:
    """Yield what the catalogue knows to be missing from its servers' lists, a line each.

    `servers`: only of these.
    """
    for one in catalog.incomplete():
        if not servers or one.server in servers:
            yield from _unread(one.server, one)


def classified(
    targets: list[str],
    db: str = DEFAULT_DB,
    options: InputOptions | None = None,
    servers: Collection[str] = (),
) -> Iterator[tuple[Tool, Classification]]:
    """Yield definitions with their classifications: of TARGETs, or of the catalogue.

    `servers`: of the catalogue only these. Of whose lists it knows a part only, `problems` says.

    Raises:
        TargetError: a target cannot be read, or there is neither a target nor a catalogue.
        CatalogError: the catalogue cannot be opened.

    """
    chosen = options or InputOptions()
    if targets:
        yield from judged(tools(targets, chosen), chosen.engine, lambda: _asks(chosen))
        return
    from crawler.catalog import Catalog

    require_catalog(db, or_target=True)
    with Catalog.open(db, create=False) as catalog:
        chosen.problems.extend(known_in_part(catalog, servers))
        chosen.in_part.update(catalog.known_in_part())
        found = catalog.tools(servers=servers or None)
        yield from judged((item.tool for item in found), chosen.engine)


def classified_by_target(
    targets: list[str], options: InputOptions
) -> Iterator[tuple[Tool, Classification, str | None]]:
    """Yield definitions with their classifications and the TARGET that each came from.

    Raises:
        TargetError: a target cannot be understood or read; all are looked at before the first.

    """
    origins: list[str] = []

    def source() -> Iterator[Tool]:
        for text in options.files.distinct(targets):
            for tool in tools([text], options):
                origins.append(text)
                yield tool

    alone = _alone(targets, options)
    for index, (tool, result) in enumerate(judged(source(), options.engine, alone)):
        yield tool, result, origins[index]


def lines(targets: list[str], options: InputOptions) -> Iterator[tuple[Risk, str]]:
    """Yield the level and the line of JSON of every definition of TARGETs.

    Raises:
        TargetError: a target cannot be understood or read; all are looked at before the first.

    """
    source = chain.from_iterable(tools([text], options) for text in options.files.distinct(targets))
    yield from judged_lines(source, options.engine, _alone(targets, options))


def _alone(targets: list[str], options: InputOptions) -> Callable[[], bool]:
    """Return what says whether servers are asked, or may be: then nothing is forked."""
    plain = all(isinstance(parse_target(text), FileTarget) for text in targets)
    return lambda: not plain or _asks(options)


def _asks(options: InputOptions) -> bool:
    """Say whether servers were asked, or will be: rows that are ready are not kept until they answer."""
    return options.asked or (options.launch and any(options.files.configs.values()))


def require_catalog(db: str, *, or_target: bool = False) -> None:
    """Refuse a catalogue file that does not exist, with the way to make one.

    `or_target`: the command takes TARGETs instead.

    Raises:
        TargetError: there is no such file.

    """
    path = db.removeprefix("sqlite:///")
    if "://" not in path and not local_path(path).exists():
        way = ", or give a TARGET" if or_target else ""
        raise TargetError(f"{db}: no catalogue; make one with `toolrisk crawl`{way}")


def user_reviews() -> Path | None:
    """Return the file of a person's own reviews, if there is one; tell of lines that are none.

    Raises:
        DataError: it cannot be read as text.

    """
    from classifier.reviewed import stray_note, user_file

    found = user_file()
    if not found.is_file():
        return None
    if note := stray_note(found):
        say(note)
    return found


def say(message: str) -> None:
    """Print one line for people on stderr, with control characters gone."""
    clean = "".join(c if c.isprintable() else " " for c in message)
    sys.stderr.write(f"toolrisk: {clean}\n")


def report(options: InputOptions) -> int:
    """Tell what was left out; return 3 when something could not be looked at, else 0."""
    for note in (*options.notes, *options.problems):
        say(f"left out: {note}")
    for skipped in options.skipped:
        say(f"{skipped.subject}: {skipped.outcome.value}: {skipped.reason}")
    return 3 if options.unread() else 0


__all__ = [
    "DEFAULT_DB",
    "InputOptions",
    "TargetError",
    "classified",
    "classified_by_target",
    "is_config",
    "known_in_part",
    "lines",
    "report",
    "require_catalog",
    "say",
    "tools",
    "user_reviews",
]
