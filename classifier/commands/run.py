"""`toolrisk run`: crawl, classify, policies and pages, one after the other."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.records import Outcome

if TYPE_CHECKING:
    from classifier.engine import Options
    from crawler.catalog import Catalog
    from crawler.crawl import CrawlOptions, Summary
    from crawler.targets import Target

POLICIES = ("policylayer", "claude-code")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    targets: Annotated[list[str] | None, typer.Argument(metavar="TARGET...", help="As for crawl; without one, a starter list of well-known servers.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where catalogue, policies and site go.")] = Path("build"),
    sample: Annotated[bool, typer.Option("--sample", help="Take only the sample server that comes with toolrisk: no network, no sandbox.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Servers to take from each registry.")] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox: they can do all you can.")] = False,
) -> None:  # fmt: skip
    """Crawl servers, classify their tools, write policies and a page for each tool.

    DIR then holds toolrisk.db, policies/ and site/. A server that cannot be had is reported and
    does not stop the rest.
    """
    from classifier.commands.inputs import say, user_reviews
    from classifier.engine import Options
    from classifier.pipeline.saving import make_folder
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog
    from crawler.crawl import CrawlOptions
    from crawler.starter import starter_targets
    from crawler.targets import parse_targets

    if sample and targets:
        raise typer.BadParameter("--sample takes no other target; leave one of them out")
    parsed = [] if sample else parse_targets(targets) if targets else starter_targets()
    make_folder(out)
    if not sample:
        _say_what_is_missing()
    db = out / "toolrisk.db"
    options = CrawlOptions(
        allow_private=allow_private, unsafe_no_sandbox=unsafe_no_sandbox, limit=limit
    )
    with Catalog.open(str(db)) as catalog:
        say("1/4 crawl")
        summary = _crawl(parsed, options, catalog, fall_back=not targets, sample=sample)
        sys.stdout.write(summary.to_text(str(db)) + "\n")
        if summary.interrupted:
            raise typer.Exit(130)
        say("2/4 classify")
        engine = Options(extra_reviews=user_reviews())
        judged = classify_catalog(catalog, engine)
        sys.stdout.write(judged.text())
        say("3/4 policies")
        written = _policies(catalog, out / "policies", engine)
        sys.stdout.write(f"{written} policies in {out / 'policies'}\n")
    say("4/4 pages")
    _pages(db, out / "site")
    sys.stdout.write(f"the site is {out / 'site' / 'index.html'}\n")
    if not summary.tools:
        raise typer.Exit(3)


def _say_what_is_missing() -> None:
    """Say what a missing sandbox or Node.js costs, and go on."""
    import shutil

    from classifier.commands.inputs import say
    from crawler.probe.sandbox import unavailable

    reason = unavailable()
    if reason:
        say(f"{reason}: packages are not run, their tools stay unknown")
    if shutil.which("npm") is None or shutil.which("node") is None:
        say("Node.js and npm are not installed: npm servers are skipped")


def _crawl(
    targets: "list[Target]", options: "CrawlOptions", catalog: "Catalog", *, fall_back: bool,
    sample: bool,
) -> "Summary":  # fmt: skip
    """Crawl; where nothing at all could be had, crawl the sample server that ships with us."""
    from classifier.commands.inputs import say
    from crawler.crawl import Summary, crawl
    from crawler.progress import watch

    if sample:
        summary = Summary()
        _sample(catalog, summary)
        return summary
    with watch() as observer:
        summary = crawl(targets, options, catalog, observer)
    for line in summary.reasons:
        say(f"skipped {line}")
    if fall_back and not summary.tools and not summary.interrupted:
        unreachable = summary.skipped[Outcome.CONNECT_ERROR] + summary.skipped[Outcome.DNS_ERROR]
        why = "no network" if unreachable else "none of the servers could be listed"
        say(f"{why}: taking the sample server that comes with toolrisk")
        _sample(catalog, summary)
    return summary


def _sample(catalog: "Catalog", summary: "Summary") -> None:
    """Crawl our own sample server over stdio; it is our code, so it needs no sandbox."""
    import anyio

    from crawler.gathered import Gathered
    from crawler.probe import probe_command
    from crawler.records import Origin, Server, ServerName

    name = ServerName("toolrisk-sample")
    command = [sys.executable, "-P", "-m", "crawler.sample_server"]
    found = anyio.run(probe_command, name, command)
    server = Server(name=name, title=found.server_title)
    tally = catalog.record_many(
        [Gathered(server=server, probe=found, tools=found.tools, origin=Origin.LIVE)]
    )
    summary.servers += tally.servers
    summary.tools += tally.tools
    summary.new += tally.new
    summary.changed += tally.changed
    summary.unchanged += tally.unchanged


def _policies(catalog: "Catalog", folder: Path, engine: "Options") -> int:
    """Write a policy per server for each of the first targets."""
    from classifier.commands.judging import judged
    from classifier.intent import Intent, decide_intent
    from classifier.pages.slugs import slugs
    from classifier.pipeline.saving import make_folder, save
    from classifier.policies import render, suggest_key
    from classifier.verdict import Classification
    from crawler.records import Tool

    by_server: dict[str, list[tuple[Tool, Classification]]] = {}
    for tool, result in judged((item.tool for item in catalog.tools()), engine):
        by_server.setdefault(tool.server, []).append((tool, result))
    names = slugs(list(by_server))
    written = 0
    for server, pairs in by_server.items():
        intents: list[Intent] = [decide_intent(tool, result) for tool, result in pairs]
        for target in POLICIES:
            output = render(target, suggest_key(target, server), intents)
            place = make_folder(folder / names[server] / target)
            save(place / output.file_name, output.text)
            written += 1
    return written


def _pages(db: Path, site: Path) -> None:
    from classifier.pages.publish import publish

    publish(str(db), site, None)
