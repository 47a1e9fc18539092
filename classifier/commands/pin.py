"""`toolrisk pin`: write down the definitions that a team agrees to."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.printable import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pin")(pin)


def pin(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Servers or files, as for classify.")],
    lock: Annotated[Path, typer.Option(help="The lock file to write.")] = Path("toolrisk.lock"),
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Pin every tool of these targets in a lock file, annotations included.

    Servers that could not be listed, or only in part, keep what was pinned of the rest; the exit
    code is then 3.
    """
    from classifier.commands import inputs
    from classifier.commands.partly import told_in_part
    from classifier.pipeline import lock as locks
    from classifier.pipeline.drift import compare
    from classifier.pipeline.origins import origin
    from classifier.pipeline.saving import save

    options = inputs.InputOptions(allow_private=allow_private, unsafe_no_sandbox=unsafe_no_sandbox)
    held = locks.read(lock) if lock.is_file() else locks.Pinned([], {})
    options.files.pinned, options.files.base = held.names, locks.base(lock)
    old = held.tools
    tools = list(inputs.tools(targets, options))
    seen = {tool.server for tool in tools}
    partly = told_in_part(options.problems, tools)
    tools += [
        before
        for before, after in compare(old, tools)
        if before is not None and after is None and before.server in partly
    ]
    if options.skipped:
        tools += [tool for tool in old if tool.server not in seen]
    pairs = compare(old, tools)
    if tools or not options.skipped:
        files = {name: origin(text, locks.base(lock)) for name, text in options.files.given.items()}
        save(lock, locks.dump(tools, {**held.files, **files}))
    changed = sum(before is not None and after is not None for before, after in pairs)
    added, removed = (sum(pair[side] is None for pair in pairs) for side in (0, 1))
    servers = len({tool.server for tool in tools})
    if not tools and options.skipped:
        inputs.say(f"there is no tool to pin; {lock} was not written")
    else:
        inputs.say(
            f"{counted(len(tools), 'tool')} of {counted(servers, 'server')} in {lock}: "
            f"{added} added, {changed} changed, {removed} removed"
        )
    raise typer.Exit(inputs.report(options))
