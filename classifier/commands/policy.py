"""`toolrisk policy`: the policy that a set of tools warrants, in the language of a target."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.errors import DataError, PolicyError

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions
    from classifier.intent import Intent
    from classifier.policy_table import Overrides

Intents = dict[str, "list[Intent]"]
"""Intents by server name, in input order."""


def register(app: typer.Typer) -> None:
    """Add the command to the root app."""
    app.command("policy", epilog="Targets: toolrisk policy --list")(policy)


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET...",
        help="Servers or files; without one, the catalogue. "
        "`simulate FILE` asks a policy about --calls.",
    ),
]
For = Annotated[list[str] | None, typer.Option("--for", help="Policy target, such as claude-code.")]
Db = Annotated[str, typer.Option(help="The catalogue.")]
ProfileName = Annotated[str, typer.Option(help="read-only, recommended or strict.")]
ServerKey = Annotated[
    list[str] | None,
    typer.Option(help="Key of the server in your configuration; SERVER=KEY for several."),
]
OwnPolicy = Annotated[
    Path | None, typer.Option("--policy", help="Your own policy.toml over the shipped table.")
]
Out = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="File, or folder (FOLDER/) for several files, or - to print; refused over rules that "
        "--out or --merge did not put there.",
    ),
]
Merge = Annotated[
    Path | None, typer.Option(help="Bring this settings file up to date and show the diff.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --merge: show the diff only.")]
Check = Annotated[
    Path | None, typer.Option(help="Check this policy against the tools; 1 if it is at fault.")
]
Calls = Annotated[
    Path | None,
    typer.Option(
        help="With simulate: calls, one JSON object a line (tool, server, arguments, at), or -."
    ),
]
ListThem = Annotated[bool, typer.Option("--list", help="List the policy targets.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Take at most so many tools of a file.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")
]
NoSandbox = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")
]


def policy(  # a command's options are its parameters
    targets: Targets = None,
    *,
    for_targets: For = None,
    db: Db = "toolrisk.db",
    profile: ProfileName = "recommended",
    server_key: ServerKey = None,
    overrides: OwnPolicy = None,
    out: Out = None,
    merge: Merge = None,
    dry_run: DryRun = False,
    check: Check = None,
    calls: Calls = None,
    list_: ListThem = False,
    limit: Limit = None,
    allow_private: AllowPrivate = False,
    unsafe_no_sandbox: NoSandbox = False,
) -> None:
    """Write the policy for tools in the language of an enforcement point."""
    from classifier.commands import policy_files as files

    words, keys = targets or [], _keys(server_key)
    if len(for_targets or ()) > 1:
        raise PolicyError("--for is given twice; a policy is for one target, so run it for each")
    for_ = for_targets[0] if for_targets else ""
    if dry_run and merge is None:
        raise PolicyError("--dry-run shows what --merge FILE would change; name the FILE")
    _require_one_way(words, out=out, merge=merge, check=check, calls=calls)
    if out == "":  # a script's variable that is not set; to print instead is not what was asked
        raise PolicyError("--out is empty; give a path")
    if list_:
        files.show_targets()
    elif not for_:
        raise PolicyError("--for is missing; `toolrisk policy --list` shows the targets")
    elif words[:1] == ["simulate"]:
        files.simulate(for_, words[1:], calls, keys)
    else:
        from classifier.commands.inputs import InputOptions, user_reviews
        from classifier.engine import Options

        options = InputOptions(
            allow_private=allow_private,
            unsafe_no_sandbox=unsafe_no_sandbox,
            limit=limit,
            engine=Options(extra_reviews=user_reviews()),
        )
        files.require_target(for_)
        words = _own(words, for_, options)
        code, intents = decide(words, db, options, profile, overrides)
        if check is not None:
            code = files.check(for_, check, intents, keys) or code
        elif merge is not None:
            files.merge(for_, merge, intents, keys, dry_run=dry_run)
        else:
            place = files.folder_or_file(out) if out and out != "-" else None
            files.write(for_, place, intents, keys)
        raise typer.Exit(code)


def _require_one_way(
    words: list[str], *, out: str | None, merge: Path | None, check: Path | None, calls: Path | None
) -> None:
    """Refuse options of which one would be ignored beside another."""
    given = {"--out": out, "--merge": merge, "--check": check}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise PolicyError(f"{' and '.join(named)} are two things to do; give one of them")
    if calls is not None and words[:1] != ["simulate"]:
        raise PolicyError("--calls is for `toolrisk policy simulate FILE`")


def _own(words: list[str], for_: str, options: InputOptions) -> list[str]:
    """Return the targets with the client's own servers in place of those of every client."""
    from classifier.commands.inputs import say
    from classifier.commands.own_client import of_client

    chosen, skipped, others = of_client(words, for_)
    options.skipped.extend(skipped)
    if others:
        say(
            f"only the servers of {for_} itself; those of {', '.join(others)} are left out: "
            "name a file of theirs to have them too"
        )
    return chosen


def decide(
    targets: list[str], db: str, options: InputOptions, profile: str, overrides: Path | None
) -> tuple[int, Intents]:
    """Return the intents for what the targets or the catalogue hold, by server.

    The number is the exit code for what could not be looked at: 0 or 3.

    Raises:
        PolicyError: an unknown profile, or nothing to make a policy for.

    """
    from classifier.commands.inputs import classified, report, say
    from classifier.intent import Profile, decide_intent
    from classifier.policy_table import read_overrides

    try:
        chosen = Profile(profile)
    except ValueError:
        known = ", ".join(Profile)
        raise PolicyError(f"no profile {profile!r}; there are {known}") from None
    try:
        mine = read_overrides(overrides) if overrides else None
    except DataError as error:  # the user's own file: bad input, not a broken installation
        raise PolicyError(str(error)) from error
    found: Intents = {}
    for tool, classification in classified(targets, db, options):
        intent = decide_intent(tool, classification, chosen, mine)
        found.setdefault(str(tool.server), []).append(intent)
    code = report(options)
    if not found and code:
        say("no policy: there are no tools to make one for; why, stands above")
        raise typer.Exit(code)
    if not found:
        raise PolicyError("there are no tools to make a policy for; crawl or name a target")
    if mine is not None:
        say_unmatched(mine, [intent for given in found.values() for intent in given], overrides)
    if code:
        say(_held_back(found, options.in_part))
    return code, found


def _held_back(found: Intents, in_part: Collection[str]) -> str:
    """Say what the policy has no rules for: a server may be named for a part of its list only."""
    rules = f"the policy has rules for {_servers(len(found))}"
    partly = sum(server in in_part for server in found)
    if not partly:
        return f"{rules}; none for what is named above"
    whose = "" if partly == len(found) else f" of {partly} of them"
    return (
        f"{rules}, and{whose} for the tools that were read only; none for what else is named above"
    )


def say_unmatched(mine: Overrides, intents: list[Intent], file: Path | None) -> None:
    """Say what of a user's policy.toml holds for none of these tools."""
    from classifier.commands.inputs import say
    from classifier.enforcement.unmatched import unmatched

    for line in unmatched(mine, intents):
        say(f"{file}: {line}")


def _servers(count: int) -> str:
    return f"{count} server" if count == 1 else f"{count} servers"


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
