"""`toolrisk stack`: what tools can do together, a grade per server, and the rules that break it."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.errors import PolicyError
from crawler.inert import print_json

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions
    from classifier.commands.stack_report import Pairs
    from classifier.policy_table import Overrides
    from classifier.rule import Profile


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"


class Shut(StrEnum):
    """What the rules that break a combination do with a tool."""

    ASK = "ask"
    DENY = "deny"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stack")(stack)


def stack(
    targets: Annotated[list[str] | None, typer.Argument(metavar="TARGET...", help="Servers, a client config or files that one agent uses together. Without one: each server of the catalogue.")] = None,
    *,
    db: Annotated[str, typer.Option(help="The catalogue.")] = "toolrisk.db",
    server: Annotated[list[str] | None, typer.Option(help="Of the catalogue, only this server; several make one stack.")] = None,
    profile: Annotated[str, typer.Option(help="read-only, recommended or strict: what is shut already.")] = "recommended",
    overrides: Annotated[Path | None, typer.Option("--policy", help="Your own policy.toml over the shipped table.")] = None,
    shut: Annotated[Shut, typer.Option("--break-with", help="What the rules do with a tool.")] = Shut.ASK,
    out: Annotated[Path | None, typer.Option(help="Write the rules that break every combination as a policy.toml.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    fail_on: Annotated[str | None, typer.Option(metavar="GRADE", help="Exit with 1 when a server has this grade or a worse one (A to F).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most so many tools of a file, or servers of a registry.")] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Find what tools can do together, and the fewest rules that break it.

    The grade of a server whose list is known in part only is of the tools that were read, and says
    so: in JSON, `grade` is null and `grade_of_read` has it. --fail-on holds for it too. That is also
    where source code was read, settings were placeholders, or --limit left tools out.
    """
    from classifier.commands import inputs
    from classifier.commands.apart import require_apart
    from classifier.commands.stack_report import Report
    from classifier.engine import Options
    from classifier.rule import Rule

    if out is not None:
        require_apart("--out", out, targets=targets or [], files=[db, overrides])
    least = _grade_index(fail_on)
    chosen, mine = _policy(profile, overrides)
    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        limit=limit,
        engine=Options(extra_reviews=inputs.user_reviews()),
    )
    by_server = _grouped(targets or [], db, options, server or [])
    code = inputs.report(options)
    if not by_server and not code:
        raise PolicyError("there are no tools to look at; crawl or name a target")
    if mine is not None:
        _say_unmatched(by_server, chosen, mine, overrides)
    report = Report(
        by_server, chosen, mine, as_one=bool(targets or server), in_part=options.in_part
    )
    if out is not None:
        from classifier.commands.policy_files import require_rules_of_ours
        from classifier.pipeline.saving import save
        from classifier.stack_policy import HEAD, text

        require_rules_of_ours(out, HEAD[0])
        save(out, text(report.stacks, Rule.parse(shut.value, "--break-with"), chosen))
    if output is Format.JSON:
        print_json(report.json())
    else:
        sys.stdout.write(report.text())
    fails = least is not None and report.worst >= least
    raise typer.Exit(1 if fails else code)


def _grade_index(text: str | None) -> int | None:
    from classifier.commands.stack_report import GRADES

    if text is None:
        return None
    if len(text) != 1 or text.upper() not in GRADES:
        raise typer.BadParameter(f"{text!r} is no grade; give one of {', '.join(GRADES)}")
    return GRADES.index(text.upper())


def _policy(profile: str, file: Path | None) -> tuple[Profile, Overrides | None]:
    from classifier.errors import DataError
    from classifier.policy_table import read_overrides
    from classifier.rule import Profile

    try:
        chosen = Profile(profile)
    except ValueError:
        known = ", ".join(Profile)
        raise PolicyError(f"no profile {profile!r}; there are {known}") from None
    try:
        return chosen, read_overrides(file) if file else None
    except DataError as error:  # the user's own file
        raise PolicyError(str(error)) from error


def _say_unmatched(
    by_server: dict[str, Pairs], profile: Profile, mine: Overrides, file: Path | None
) -> None:
    from classifier.commands.policy import say_unmatched
    from classifier.intent import decide_intent

    intents = [
        decide_intent(tool, result, profile, mine)
        for pairs in by_server.values()
        for tool, result in pairs
    ]
    say_unmatched(mine, intents, file)


def _grouped(
    targets: list[str], db: str, options: InputOptions, servers: list[str]
) -> dict[str, Pairs]:
    from classifier.commands import inputs

    by_server: dict[str, Pairs] = {}
    for tool, result in inputs.classified(targets, db, options, servers):
        if not servers or tool.server in servers:
            by_server.setdefault(str(tool.server), []).append((tool, result))
    for name in servers:
        if name not in by_server:
            raise PolicyError(f"--server {name!r}: there is no such server with tools")
    return by_server
