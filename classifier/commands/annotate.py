"""`toolrisk annotate`: the hints that a server's author should set, as a patch with reasons."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from crawler.inert import print_json
from crawler.printable import counted


class Format(StrEnum):
    """How the advice is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("annotate")(annotate)


def annotate(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Servers or files, as for classify.")],
    output: Annotated[Format, typer.Option("--format", help="text, or a JSON object a line.")] = Format.TEXT,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a hint is missing or contradicts the definition.")] = False,
    reviews: Annotated[bool, typer.Option(help="Look definitions up that people have reviewed.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Say which hints each tool should carry, and quote why; directories reject missing ones."""
    from classifier.commands import inputs, judging
    from classifier.engine import Options
    from classifier.pipeline.hints import advise

    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        streams=True,
        engine=Options(
            use_reviews=reviews, extra_reviews=inputs.user_reviews() if reviews else None
        ),
    )
    tools = missing = conflicts = 0
    for tool, result, _ in inputs.classified_by_target(targets, options):
        advice = advise(tool, result)
        tools += 1
        missing += bool(advice.missing)
        conflicts += bool(advice.conflicts)
        if output is Format.JSON:
            print_json(judging.to_line(advice.to_json()) + "\n")
        else:
            sys.stdout.write(advice.text())
    inputs.say(
        f"{counted(tools, 'tool')}: {missing} without all four hints, {conflicts} with one that the "
        "definition contradicts"
    )
    code = inputs.report(options)
    raise typer.Exit(1 if check and (missing or conflicts) else code)
