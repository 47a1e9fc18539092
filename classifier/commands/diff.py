"""`toolrisk diff`: what changed in the catalogue, and what it means."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.inert import print_json

if TYPE_CHECKING:
    from classifier.engine import Options
    from classifier.pipeline.drift import Difference, Verdict
    from crawler.catalog import Catalog, CatalogTool, Change
    from crawler.records import Tool


class Format(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff")(diff)


def diff(
    since: Annotated[str | None, typer.Argument(metavar="[SINCE]", help="A day (2026-11-01), a time (ISO 8601) or an age (7d); by default the start of the last crawl.")] = None,
    db: Annotated[str, typer.Option(help="The catalogue.")] = "toolrisk.db",
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> None:  # fmt: skip
    """Show what was added, removed or changed in the catalogue, word by word, gravest first."""
    from classifier.commands import inputs, judging
    from classifier.commands.outdated import say_outdated
    from classifier.commands.partly import say_partly
    from classifier.engine import Options
    from classifier.pipeline import drift_report
    from crawler.catalog import Catalog

    inputs.require_catalog(db)
    with Catalog.open(db, create=False) as catalog:
        start = _start(since, catalog)
        options = Options(extra_reviews=inputs.user_reviews())
        found = list(_differences(catalog, start, options))
        if any(one.kind != "changed" for one in found):  # what changed is judged now
            say_outdated(catalog, options)
        say_partly(catalog)
    order = ("changed", "added", "removed").index
    found.sort(key=lambda d: (-len(d.rug_pull), order(d.kind), d.at or "", d.server, d.tool))
    match output:
        case Format.JSON:
            value = {"since": start, **drift_report.to_json(found)}
            print_json(judging.to_line(value) + "\n")
        case Format.MARKDOWN:
            sys.stdout.write(drift_report.markdown(found))
        case Format.TEXT:
            sys.stdout.write(drift_report.text(found))
    inputs.say(f"since {start}: {drift_report.summary(found)}")


def _start(text: str | None, catalog: "Catalog") -> str:
    """Return a time as the catalogue writes it.

    Raises:
        TargetError: it is no time.

    """
    from crawler.errors import TargetError
    from crawler.targets import parse_age

    if text is None:
        run = catalog.last_run()
        return str(run["started_at"]) if run else datetime.fromtimestamp(0, UTC).isoformat()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.now(UTC) - parse_age(text)
        except (TargetError, OverflowError):
            raise TargetError(
                f"{text!r} is no time; write a day (2026-11-01), a time (ISO 8601) or an age (7d)"
            ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    except OverflowError:  # where it is this time in UTC, no calendar goes
        raise TargetError(f"{text!r} is before the first day of all or after the last") from None


def _differences(catalog: "Catalog", since: str, options: "Options") -> "Iterator[Difference]":
    from classifier.pipeline.catalogue.reading import changed

    changes = list(catalog.changes(since))
    yield from changed(catalog, [one for one in changes if one.kind == "changed"], options)
    rest = [change for change in changes if change.kind != "changed"]
    wanted = {change.tool_id for change in rest}
    known: dict[int, CatalogTool] = {}
    began: dict[str, str] = {}  # when the first tool of a server was seen
    tools = catalog.tools(include_removed=True, include_withdrawn=True) if wanted else ()
    for item in tools:
        server = str(item.tool.server)
        began[server] = min(item.first_seen, began.get(server, item.first_seen))
        if item.tool_id in wanted:
            known[item.tool_id] = item
    earlier = _earlier(catalog, rest, known, options)
    for change in rest:
        found = earlier.get((change.tool_id, change.definition_sha256)) or _now(change, known)
        yield _one(change, *found, began)


_Judged = tuple["Tool | None", "Verdict | None"]


def _now(change: "Change", known: "dict[int, CatalogTool]") -> _Judged:
    """Return a tool as it is, with the verdict that the catalogue holds, if any."""
    from classifier.pipeline.drift import Verdict

    item = known.get(change.tool_id)
    if item is None:
        return None, None
    return item.tool, Verdict.stored(item.classification) if item.classification else None


def _earlier(
    catalog: "Catalog",
    changes: "list[Change]",
    known: "dict[int, CatalogTool]",
    options: "Options",
) -> dict[tuple[int, str], _Judged]:
    """Return, judged now, the definitions with which tools came or went that have others by now."""
    from classifier.pipeline.catalogue.reading import by_digest
    from classifier.pipeline.drift import judge

    wanted = {
        (one.tool_id, one.definition_sha256)
        for one in changes
        if one.tool_id in known
        and known[one.tool_id].tool.definition_sha256 != one.definition_sha256
    }
    definitions = {tool_id: by_digest(catalog, tool_id) for tool_id, _ in wanted}
    tools = {key: definitions[key[0]][key[1]] for key in sorted(wanted)}
    judged = {id(one.after): one.now for one in judge([(None, t) for t in tools.values()], options)}
    return {key: (tool, judged[id(tool)]) for key, tool in tools.items()}


def _one(
    change: "Change", tool: "Tool | None", verdict: "Verdict | None", began: dict[str, str]
) -> "Difference":
    """Return an added or removed tool."""
    from classifier.pipeline.drift import Difference

    if change.kind == "removed":
        return Difference(
            kind="removed", server=change.server, tool=change.tool, before=tool, was=verdict, at=change.at
        )  # fmt: skip
    return Difference(
        kind="added",
        server=change.server,
        tool=change.tool,
        after=tool,
        now=verdict,
        at=change.at,
        with_server=tool is not None and change.at == began.get(str(tool.server)),
    )
