"""`toolrisk baseline`: write down what is found today, so that a build stops only at what is new."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.printable import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from classifier.commands.inputs import InputOptions
    from classifier.pipeline.baseline import Known


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("baseline")(baseline)


def baseline(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Servers or files, as for classify.")],
    file: Annotated[Path, typer.Option(help="The baseline to write; give it to `classify --baseline`.")] = Path("toolrisk-baseline.json"),
    reason: Annotated[str | None, typer.Option(help="Why the new findings are accepted.")] = None,
    expires: Annotated[str | None, typer.Option(metavar="DAY", help="The last day on which the new findings are accepted, such as 2027-01-31.")] = None,
    launch: Annotated[bool, typer.Option(help="Ask the servers of a client config for their tools; without, only the file is looked at.")] = True,
    reviews: Annotated[bool, typer.Option(help="Look definitions up that people have reviewed.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Write the findings of these targets as known; run it again to bring them up to date.

    Suppressions in the file, and reasons and days of findings that are still there, are kept; so is
    what was found in other targets, and of tools of servers that were not asked. A finding whose level has risen is new, and
    takes --reason and --expires. One about a client config is known of its file and of the package
    or address that it was about, and of no other. Lapsed findings stay lapsed unless --expires gives a new day.
    """
    from classifier.commands import inputs
    from classifier.engine import Options
    from classifier.pipeline import baseline as baselines
    from classifier.pipeline.config.reading import target_findings
    from classifier.pipeline.findings import rows
    from classifier.pipeline.origins import origin
    from classifier.pipeline.saving import save

    baselines.check_day(expires, "--expires")
    if reason is not None and not reason.strip():
        raise typer.BadParameter("must not be blank", param_hint="--reason")
    engine = Options(use_reviews=reviews, extra_reviews=inputs.user_reviews() if reviews else None)
    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        launch=launch,
        engine=engine,
    )
    old = baselines.read(file) if file.is_file() else baselines.Baseline()
    targets = options.files.distinct(targets)
    found = list(rows(inputs.classified_by_target(targets, options)))
    names = {target: origin(target) for target in targets}
    entries = [(entry, names.get(row.target or "")) for row in found for entry in row.entries]
    entries += [(one, None) for one in target_findings(targets, found, options.files.settings)]
    seen = {(str(row.tool.server), row.tool.name) for row in found}
    kept = _not_looked_at(options, seen, {*names.values(), *_configs(targets)})
    renewal = baselines.renew(old, entries, reason=reason, expires=expires, kept=kept)
    if entries or not options.skipped:
        save(file, baselines.dump(renewal.baseline))
    total = counted(len(renewal.baseline.findings), "finding")
    unseen = f", {renewal.kept} kept of what was not looked at" if renewal.kept else ""
    inputs.say(f"{total} known in {file}: {renewal.new} new, {renewal.gone} gone{unseen}")
    if not old.holds(expires):
        inputs.say(f"--expires {expires} is past: no finding that it was given for is accepted")
    for entry, _ in entries:
        old.mark(entry)
    for note in old.notes_of_old(file):
        inputs.say(note)
    raise typer.Exit(inputs.report(options))


def _configs(targets: list[str]) -> "Iterator[str]":
    """Yield the names of the settings files that were looked at where a TARGET means all clients."""
    from classifier.pipeline.config.clients import is_clients, read_clients
    from classifier.pipeline.origins import origin

    for target in targets:
        if is_clients(target):
            yield from map(origin, read_clients(target).files)


def _not_looked_at(
    options: "InputOptions", seen: set[tuple[str, str]], places: set[str]
) -> "Callable[[Known], bool]":
    """Return what says whether nobody could see if a known finding is still there.

    `seen` are the servers and tools that were looked at, `places` the targets. Of a server that was
    not asked, what stands in the settings was; of one that told a part, the rest was not.
    """
    from classifier.pipeline.config.reading import RULES

    named, asked = options.files.named, {server for server, _ in seen}
    has_others = any(skipped.subject not in named for skipped in options.skipped)

    def kept(one: "Known") -> bool:
        is_elsewhere = one.target is not None and one.target not in places
        if is_elsewhere and (one.about is not None or one.server not in asked):
            return True
        if one.server in asked:
            return bool(options.problems and one.tool) and (one.server, one.tool) not in seen
        if one.server in named:
            return one.rule not in RULES
        return one.target is None or has_others or bool(options.problems)

    return kept
