"""`toolrisk policy`: the policy that a set of tools warrants, in the language of a target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.errors import PolicyError

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions
    from classifier.intent import Intent

Intents = dict[str, "list[Intent]"]
"""Intents by server name, in input order."""


def register(app: typer.Typer) -> None:
    """Add the command to the root app."""
    app.command("policy", epilog="Targets: toolrisk policy --list")(policy)


def policy(  # a command's options are its parameters
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...",
            help="Servers or files; without one, the catalogue. "
            "`simulate FILE` asks a policy about --calls.",
        ),
    ] = None,
    *,
    for_: Annotated[str, typer.Option("--for", help="Policy target, such as claude-code.")] = "",
    db: Annotated[str, typer.Option(help="The catalogue.")] = "toolrisk.db",
    profile: Annotated[str, typer.Option(help="read-only, recommended or strict.")] = "recommended",
    server_key: Annotated[
        list[str] | None,
        typer.Option(help="Key of the server in your configuration; SERVER=KEY for several."),
    ] = None,
    overrides: Annotated[
        Path | None, typer.Option("--policy", help="Your own policy.toml over the shipped table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File, or folder for several files.")] = None,
    merge: Annotated[
        Path | None, typer.Option(help="Bring this settings file up to date and show the diff.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="With --merge: show the diff only.")] = False,
    check: Annotated[
        Path | None, typer.Option(help="Check this policy against the tools; 1 if it is at fault.")
    ] = None,
    calls: Annotated[
        Path | None, typer.Option(help="With simulate: calls, one JSON object a line.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the policy targets.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Take at most so many tools of a file.")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")
    ] = False,
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")
    ] = False,
) -> None:
    """Write the policy for tools in the language of an enforcement point."""
    from classifier import policies
    from classifier.commands import inputs
    from classifier.commands import policy_files as files

    if list_:
        files.show_targets()
        return
    if not for_:
        raise PolicyError("--for is missing; `toolrisk policy --list` shows the targets")
    words = targets or []
    if words[:1] == ["simulate"]:
        files.simulate(for_, words[1:], calls, _keys(server_key))
        return
    policies.target(for_)  # an unknown one is said before anything is fetched
    options = inputs.InputOptions(
        allow_private=allow_private, unsafe_no_sandbox=unsafe_no_sandbox, limit=limit
    )
    intents = decide(words, db, options, profile, overrides)
    code = inputs.report(options)
    if check is not None:
        code = code or files.check(for_, check, intents, _keys(server_key))
    elif merge is not None:
        files.merge(for_, merge, intents, _keys(server_key), dry_run=dry_run)
    else:
        files.write(for_, out, intents, _keys(server_key))
    raise typer.Exit(code)


def decide(
    targets: list[str], db: str, options: InputOptions, profile: str, overrides: Path | None
) -> Intents:
    """Return the intents for what the targets or the catalogue hold, by server.

    Raises:
        PolicyError: an unknown profile, or nothing to make a policy for.

    """
    from classifier.commands.inputs import classified, report
    from classifier.intent import Profile, decide_intent
    from classifier.policy_table import read_overrides

    try:
        chosen = Profile(profile)
    except ValueError:
        known = ", ".join(Profile)
        raise PolicyError(f"no profile {profile!r}; there are {known}") from None
    mine = read_overrides(overrides) if overrides else None
    found: Intents = {}
    for tool, classification in classified(targets, db, options):
        intent = decide_intent(tool, classification, chosen, mine)
        found.setdefault(str(tool.server), []).append(intent)
    if not found:
        report(options)
        raise PolicyError("there are no tools to make a policy for; crawl or name a target")
    return found


def _keys(given: list[str] | None) -> str | Mapping[str, str] | None:
    """Return the one key, or a mapping from server to key."""
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    pairs = [item.rpartition("=") for item in given]
    if not all(server and key for server, _, key in pairs):
        raise PolicyError("several --server-key need the form SERVER=KEY")
    return {server: key for server, _, key in pairs}
