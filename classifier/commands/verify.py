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
    from classifier.pipeline.verifying import Verified


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
    from classifier.commands import inputs
    from classifier.commands.partly import told_in_part
    from classifier.engine import Options
    from classifier.pipeline import drift_report
    from classifier.pipeline import lock as locks
    from classifier.pipeline.origins import origin
    from classifier.pipeline.plain import plain
    from classifier.pipeline.verifying import verified

    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        launch=launch,
        engine=Options(extra_reviews=inputs.user_reviews()),
    )
    held = locks.read(lock)
    options.files.pinned, options.files.base = held.names, locks.base(lock)
    tools = list(inputs.tools(targets, options))
    seen = {tool.server for tool in tools}
    for server, file in held.files.items():
        here = options.files.given.get(server)
        if here is not None and server in seen and origin(here, locks.base(lock)) != file:
            inputs.say(f"{server} was pinned from {plain(file)}; {here} is compared with that")
    result = verified(
        held.tools, tools, options.engine, only_named=partial, some_unread=bool(options.skipped),
        partly=told_in_part(options.problems, tools),
    )  # fmt: skip
    _print(result, output, targets)
    told = f"incomplete; {_WAY}" if result.incomplete else drift_report.summary(result.found)
    inputs.say(f"{result.looked}: {told}")
    code = 3 if inputs.report(options) or result.incomplete else 0
    raise typer.Exit(1 if result.found else code)


def _print(result: "Verified", output: Format, targets: list[str]) -> None:
    from classifier.commands.judging import to_line
    from classifier.pipeline import drift_report

    found, unknown, incomplete, looked = result
    match output:
        case Format.JSON:
            made = drift_report.to_json(found, unknown, incomplete=incomplete, looked=looked)
            print_json(to_line(made) + "\n")
        case Format.MARKDOWN:
            sys.stdout.write(
                drift_report.markdown(found, unknown, incomplete=incomplete, looked=looked)
            )
        case Format.SARIF:
            print_json(_sarif(found, targets, unknown))
        case Format.TEXT:
            sys.stdout.write(drift_report.text(found) or ("incomplete\n" if incomplete else ""))


def _sarif(found: "Sequence[Difference]", targets: list[str], unknown: Sequence[str]) -> str:
    """Return changed definitions as a SARIF log; a single file of tools is where they stand."""
    from classifier.pipeline import sarif
    from classifier.pipeline.catalogue import definition_drift
    from classifier.pipeline.findings import Report

    file = targets[0] if len(targets) == 1 and Path(targets[0]).is_file() else None
    report = Report([], extra=list(definition_drift.find(found, file)))
    report.skipped = [f"{server}: pinned, and could not be looked at" for server in unknown]
    return sarif.write(report)
