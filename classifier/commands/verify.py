"""`toolrisk verify`: say whether the tools are still those that were agreed to."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.inert import print_json

if TYPE_CHECKING:
    from classifier.pipeline.drift import Difference


_WAY = "name the targets that were pinned, and ask the servers of client configs (no --no-launch)"


class Format(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="The targets that were pinned.")],
    lock: Annotated[Path, typer.Option(help="The lock file.")] = Path("toolrisk.lock"),
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out pinned servers that these targets do not name.")] = False,
    launch: Annotated[bool, typer.Option(help="Ask the servers of a client config; without, they are not looked at.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Compare tools with the lock file: what changed, word by word, and what it means.

    Exit code 0: all as pinned; 1: something changed; 3: nothing changed in what could be looked at,
    or `incomplete`: tools are pinned and none of them was compared. Of a server that told only a
    part of its tools, nothing is taken for removed.
    """
    from classifier.commands import inputs, judging
    from classifier.commands.partly import told_in_part
    from classifier.engine import Options
    from classifier.pipeline import drift, drift_report
    from classifier.pipeline import lock as locks
    from classifier.pipeline.origins import origin
    from classifier.pipeline.plain import plain

    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        launch=launch,
        engine=Options(extra_reviews=inputs.user_reviews()),
    )
    held = locks.read(lock)
    pinned = held.tools
    options.files.pinned, options.files.base = held.names, locks.base(lock)
    tools = list(inputs.tools(targets, options))
    seen = {tool.server for tool in tools}
    total, every = len(pinned), sorted({tool.server for tool in pinned})
    if partial:
        pinned = [tool for tool in pinned if tool.server in seen]
    for server, file in held.files.items():
        here = options.files.given.get(server)
        if here is not None and server in seen and origin(here, locks.base(lock)) != file:
            inputs.say(f"{server} was pinned from {plain(file)}; {here} is compared with that")
    unknown = sorted({tool.server for tool in pinned} - seen) if options.skipped else []
    pairs = drift.compare(pinned, tools, unknown)
    partly = told_in_part(options.problems, tools)
    lost = [one for one, now in pairs if one is not None and now is None]
    gone = [one for one in lost if one.server not in partly]
    compared = sum(tool.server not in unknown for tool in pinned) - len(lost)
    unknown = sorted({*unknown, *(tool.server for tool in lost if tool.server in partly)})
    found = drift.judge(drift.compare(pinned, tools, {*unknown, *partly}), options.engine)
    incomplete = bool(total) and not compared and not found  # no look at all must not pass as one
    if incomplete:
        unknown = every
    looked = drift_report.Looked(
        pinned=total,
        compared=compared,
        not_found=len(gone),
        elsewhere=sum(tool.server not in seen for tool in gone),
    )
    match output:
        case Format.JSON:
            made = drift_report.to_json(found, unknown, incomplete=incomplete, looked=looked)
            print_json(judging.to_line(made) + "\n")
        case Format.MARKDOWN:
            sys.stdout.write(
                drift_report.markdown(found, unknown, incomplete=incomplete, looked=looked)
            )
        case Format.SARIF:
            print_json(_sarif(found, targets, unknown))
        case Format.TEXT:
            sys.stdout.write(drift_report.text(found) or ("incomplete\n" if incomplete else ""))
    told = f"incomplete; {_WAY}" if incomplete else drift_report.summary(found)
    inputs.say(f"{looked}: {told}")
    code = 3 if inputs.report(options) or incomplete else 0
    raise typer.Exit(1 if found else code)


def _sarif(found: "Sequence[Difference]", targets: list[str], unknown: Sequence[str]) -> str:
    """Return changed definitions as a SARIF log; a single file of tools is where they stand."""
    from classifier.pipeline import sarif
    from classifier.pipeline.catalogue import definition_drift
    from classifier.pipeline.findings import Report

    file = targets[0] if len(targets) == 1 and Path(targets[0]).is_file() else None
    report = Report([], extra=list(definition_drift.find(found, file)))
    report.skipped = [f"{server}: pinned, and could not be looked at" for server in unknown]
    return sarif.write(report)
