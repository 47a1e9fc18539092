"""`toolrisk crawl`: parse, call, print, exit code."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.errors import CrawlError
from crawler.inert import print_json
from crawler.printable import counted, one_line
from crawler.static import Static

if TYPE_CHECKING:
    from crawler.crawl import Summary
    from crawler.settings import Settings

TARGET_HELP = (
    "npm:NAME[@VERSION], pypi:NAME[==VERSION], https://HOST/PATH, official-registry, "
    "registry+https://HOST, clients, SOURCE[+WHERE], a file of tools, a client config, "
    "a package (a folder, .mcpb, .whl, .tgz) "
    "or - (standard input)."
)
_SHOWN = 20
"""Reasons that the text summary names one by one."""


class SummaryFormat(StrEnum):
    """How the summary is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands to the root app."""
    app.command("crawl")(crawl_command)
    app.command("status")(status_command)


def crawl_command(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET...", help=TARGET_HELP)
    ] = None,
    *,
    db: Annotated[
        str | None,
        typer.Option(help="The catalogue: a path or sqlite:///PATH. [default: toolrisk.db]"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A crawl.toml; what is given here goes before it."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Servers to take from each source.")
    ] = None,
    no_probe: Annotated[
        bool, typer.Option("--no-probe", help="Index what sources say; contact and run no server.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")
    ] = False,
    unsafe_no_sandbox: Annotated[
        bool,
        typer.Option(
            "--unsafe-no-sandbox", help="Run packages without a sandbox: they can do all you can."
        ),
    ] = False,
    static: Annotated[
        Static | None,
        typer.Option(
            help="Read a package's source instead of running it: first, last (where running "
            "brings no list), only, never. [default: last]"
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=512, help="Servers asked at the same time. [default: 64]"),
    ] = None,
    per_host: Annotated[
        int | None, typer.Option(min=1, help="Connections to one host at a time. [default: 1]")
    ] = None,
    per_host_delay: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=3600,
            metavar="SECONDS",
            help="Pause between two requests to one host. [default: 1 for sources on public hosts]",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only servers whose name matches, as io.github.*"),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Never contact, fetch or run servers of that name or host."
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Read registries whole; else, for a week, only what has changed is asked for.",
        ),
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Leave alone what was looked at since: 12h, 7d."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        SummaryFormat, typer.Option(help="How to print the summary.")
    ] = SummaryFormat.TEXT,
) -> None:
    """Index servers and their tools into the catalogue.

    Without a target, the starter list of well-known servers is taken. Running it again updates
    and never duplicates. Exit code 2: a target cannot be understood; 3: nothing could be reached
    (no registry, and no server of a config or target told its tools), or no name matches --only.
    """
    given = {
        "allow_private": allow_private or None,
        "unsafe_no_sandbox": unsafe_no_sandbox or None,
        "no_probe": no_probe or None,
        "limit": limit,
        "static": static,
        "full": full or None,
        "concurrency": concurrency,
        "per_host": per_host,
        "per_host_delay": per_host_delay,
        "only": tuple(only) if only else None,
        "exclude": tuple(exclude) if exclude else None,
    }
    _crawl(_orders(targets, config, given, max_age), db, format)


def _orders(
    targets: list[str] | None, config: Path | None, given: dict[str, Any], max_age: str | None
) -> "Settings":
    """Return what to do: the words of the command before the file, the file before defaults."""
    from dataclasses import replace

    from crawler.asking import CrawlOptions
    from crawler.errors import TargetError
    from crawler.settings import Settings, read_settings
    from crawler.starter import starter_targets
    from crawler.targets import parse_age, parse_targets

    plain = Settings(targets=None, options=CrawlOptions(), database=None, max_age=None)
    file = read_settings(config) if config is not None else plain
    named = tuple(parse_targets(targets)) if targets else file.targets
    if named == ():  # who asks for nothing is not given other people's programs to run
        raise TargetError(
            f"{config}: targets is an empty list; name one, or leave the key out for the starter list"
        )
    chosen = {key: value for key, value in given.items() if value is not None}
    if "exclude" in chosen:  # who has asked for it in the file's name has not taken it back
        chosen["exclude"] = (*file.options.exclude, *chosen["exclude"])
    return replace(
        file,
        targets=tuple(starter_targets()) if named is None else named,
        options=replace(file.options, **chosen),
        max_age=parse_age(max_age) if max_age is not None else file.max_age,
    )


def _crawl(orders: "Settings", db: str | None, format: SummaryFormat) -> None:  # noqa: A002
    from crawler.catalog import DEFAULT, Catalog
    from crawler.crawl import crawl
    from crawler.progress import watch

    named = (db, orders.database, DEFAULT)  # an empty one is refused, not taken for none
    database = next(one for one in named if one is not None)
    with Catalog.open(database) as catalog, watch(as_json=True) as observer:
        targets = orders.targets or ()
        summary = crawl(targets, orders.options, catalog, observer, max_age=orders.max_age)
    _report(summary.reasons)
    if format is SummaryFormat.JSON:
        print_json(json.dumps(summary.to_json()) + "\n")
    else:
        print(summary.to_text(database))
    if summary.interrupted:
        raise typer.Exit(130)
    if not summary.reached:
        _say_why(summary, orders.options.only)


def _say_why(summary: "Summary", only: tuple[str, ...]) -> None:
    """Say of a crawl that reached nobody why that is so, unless nobody was to be reached.

    Raises:
        CrawlError: it could not do what it was to do.

    """
    patterns = one_line(", ".join(only))
    if summary.reasons:
        wanted = f"nothing that matches --only {patterns}" if only else "nothing"
        raise CrawlError(f"{wanted} could be reached; the reasons are above")
    if summary.servers == 0 and only:
        raise CrawlError(f"no server that is listed there matches --only {patterns}")
    if summary.servers == 0:
        print("read in full: no server is listed there", file=sys.stderr)


def status_command(
    *,
    db: Annotated[
        str, typer.Option(help="The catalogue: a path or sqlite:///PATH.")
    ] = "toolrisk.db",
    format: Annotated[  # noqa: A002 - the option's name
        SummaryFormat, typer.Option(help="How to print the status.")
    ] = SummaryFormat.TEXT,
    same: Annotated[
        bool,
        typer.Option("--same", help="List the names that mean one server and why, and copies."),
    ] = False,
    apart: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Take that name and the server it was merged into apart."
        ),
    ] = None,
) -> None:
    """Say what the catalogue holds, what is due, and how the last crawl ended."""
    from crawler.catalog import Catalog
    from crawler.catalog.partly import notes

    if apart is not None:
        _take_apart(db, apart)
        return
    if same:
        _print_same(db, is_json=format is SummaryFormat.JSON)
        return

    with Catalog.open(db, create=False) as catalog:
        counts, frontier, run = catalog.counts(), catalog.frontier(), catalog.last_run()
        incomplete = catalog.incomplete()
    if format is SummaryFormat.JSON:
        print_json(json.dumps({"counts": counts, "frontier": frontier, "last_run": run}) + "\n")
        return
    print(f"{counted(counts['servers'], 'server')}, {counted(counts['tools'], 'tool')}, in {db}")
    print(f"{counts['classifications']:,} verdicts, {counts['tool_versions']:,} definitions")
    for note in notes(incomplete):
        print(note)
    for name, values in frontier.items():
        if values:
            print(f"{name}: " + ", ".join(f"{key} {count:,}" for key, count in values.items()))
    if run is not None:
        end = run["finished_at"] or "not finished: the same command takes it up"
        print(f"last crawl: {run['started_at']} to {end}")


def _take_apart(db: str, name: str) -> None:
    from crawler.catalog import Catalog
    from crawler.errors import TargetError

    with Catalog.open(db, create=False) as catalog:
        if not catalog.take_apart(name):
            raise TargetError(
                f"{name[:200]!r} is no other name of a server; `toolrisk status --same` lists them"
            )
    print(f"{one_line(name)} is a server of its own from the next crawl on, for good")


def _print_same(db: str, *, is_json: bool) -> None:
    from dataclasses import asdict

    from crawler.catalog import Catalog

    with Catalog.open(db, create=False) as catalog:
        aliases, copies = catalog.aliases(), catalog.copies()
    if is_json:
        print_json(
            json.dumps({"merged": aliases, "copies": [asdict(one) for one in copies]}) + "\n"
        )
        return
    merged = [one for one in aliases if not one["apart"]]
    print(f"{len(merged):,} names of servers that have another:")
    for one in merged:
        shown = {key: one_line(str(value)) for key, value in one.items()}
        print("  {name} ({source}) is {server}: the same {kind} {value}".format_map(shown))
    print(f"{len(copies):,} groups of servers with nearly the same tools; none is merged:")
    for group in copies:
        names = ", ".join(map(one_line, group.servers[:_SHOWN]))
        more = f" and {len(group.servers) - _SHOWN:,} more" if len(group.servers) > _SHOWN else ""
        print(f"  {group.common:,} of {group.tools:,} tools equal: {names}{more}")


def _report(reasons: list[str]) -> None:
    for line in reasons[:_SHOWN]:
        print(f"skipped {one_line(line)}", file=sys.stderr)
    if len(reasons) > _SHOWN:
        print("and more; every attempt is in the catalogue's table probe", file=sys.stderr)
