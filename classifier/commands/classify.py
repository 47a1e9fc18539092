"""`toolrisk classify`, also installed as `classify`."""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from classifier.errors import ClassifierError
from classifier.verdict import Classification, Risk
from crawler.errors import CatalogError
from crawler.inert import print_json
from crawler.records import Tool

if TYPE_CHECKING:
    from classifier.commands.inputs import InputOptions
    from classifier.pipeline.baseline import Baseline
    from classifier.pipeline.findings import Entry, Report

Judged = tuple[Tool, Classification, str | None]
"""A tool, what was concluded, and the TARGET that it came from; None for the catalogue."""


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    CSV = "csv"


_REPORTS = {
    Format.SARIF: "classifier.pipeline.sarif",
    Format.JUNIT: "classifier.pipeline.junit",
    Format.MARKDOWN: "classifier.pipeline.markdown",
    Format.CSV: "classifier.pipeline.spreadsheet",
}
"""Formats that are written as a whole, by the module that exports `write(report)`."""
_MOST_TOLD = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify")(classify)


def risk_level(text: str | None) -> Risk | None:
    """Read a level in any case; a gate that depends on case never fires."""
    if text is None or isinstance(text, Risk):
        return text
    try:
        return Risk(text.lower())
    except ValueError as cause:
        levels = ", ".join(level.value for level in Risk)
        raise typer.BadParameter(f"{text!r} is no level; give one of {levels}") from cause


def classify(
    targets: Annotated[list[str] | None, typer.Argument(metavar="TARGET...", help="npm:NAME, pypi:NAME, https://…, official-registry, registry+https://…, a file, or -. Without one: every tool in the catalogue, stored there.")] = None,
    db: Annotated[str, typer.Option(help="The catalogue, a file or an SQLite URL.")] = "toolrisk.db",
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    fail_on: Annotated[str | None, typer.Option(metavar="LEVEL", help="Exit with 1 when a tool is at or above low, medium, high or critical.")] = None,
    also: Annotated[list[str] | None, typer.Option(metavar="FORMAT=FILE", help="Write a report to a file as well, such as sarif=toolrisk.sarif; over an older one, and over nothing else.")] = None,
    launch: Annotated[bool, typer.Option(help="Ask the servers of a client config for their tools; without, only the file is looked at.")] = True,
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Known findings, as `toolrisk baseline` writes them; only new ones fail.")] = None,
    only_threats: Annotated[bool, typer.Option("--only-threats", help="Look for hostile definitions only, quickly: no category, no risk.")] = False,
    reviews: Annotated[bool, typer.Option(help="Look definitions up that people have reviewed.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most so many tools of a file, or servers of a registry.")] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox. They can do anything that you can.")] = False,
) -> None:  # fmt: skip
    """Label tools Read, Write, Execute or Other with a risk, and quote why.

    Exit code 0: nothing at or above --fail-on; 1: something is, whether all could be read or not; 3:
    nothing is in what could be read, and something could not be.

    Of the catalogue, a definition that changed as in a rug pull is high for 30 days, also where the
    change was undone since: who used the tool in between had the other one. A baseline accepts it.
    """
    level = risk_level(fail_on)
    _require_apart(also, targets or [], db, baseline)
    if only_threats:
        reach = {"allow_private": allow_private, "unsafe_no_sandbox": unsafe_no_sandbox}
        given: dict[str, Any] = {"limit": limit, "launch": launch, **reach}
        wish = _Wish(output, level, _read_baseline(baseline), _more(also))
        raise typer.Exit(_only_threats(targets or [], db, given, wish, baseline))
    from classifier.commands import inputs
    from classifier.engine import Options

    engine = Options(use_reviews=reviews, extra_reviews=inputs.user_reviews() if reviews else None)
    options = inputs.InputOptions(
        allow_private=allow_private, unsafe_no_sandbox=unsafe_no_sandbox, limit=limit, engine=engine
    )
    targets = options.files.distinct(targets or [])
    options.launch = launch
    options.streams = output in (Format.JSON, Format.JSONL)
    wish = _Wish(output, level, _read_baseline(baseline), _more(also))
    if targets and options.streams and not wish.whole and not _configs(targets, options):
        fails = _print_lines(inputs.lines(targets, options), wish)
    elif targets:
        fails = _print(inputs.classified_by_target(targets, options), wish, options, targets)
    else:
        fails = _catalogue(db, options, wish)
    code = inputs.report(options)
    _tell_useless(wish, baseline)
    raise typer.Exit(1 if fails else code)


def _only_threats(
    targets: list[str], db: str, given: dict[str, Any], wish: "_Wish", baseline: Path | None
) -> int:
    """Look for threats alone; return the exit code."""
    from classifier.commands import only_threats

    forms = [wish.output.value, *(form.value for form, _ in wish.also)]
    only_threats.require_writable(forms)
    found, options = only_threats.look(targets, db, given, wish.known.mark if wish.known else None)
    skipped = options.unread() if options else []
    also = [(form.value, path) for form, path in wish.also]
    fails = only_threats.write(found, wish.output.value, wish.level, skipped, also)
    code = 3 if found.unheard else 0
    if options is not None:
        from classifier.commands import inputs

        code = inputs.report(options) or code
    _tell_useless(wish, baseline)
    return 1 if fails else code


def _tell_useless(wish: "_Wish", baseline: Path | None) -> None:
    if wish.known is not None and baseline is not None:
        from classifier.commands.inputs import say

        for note in wish.known.notes(baseline):
            say(note)


class _Wish(NamedTuple):
    """What the user asked for: how to print, where the gate stands, what is known."""

    output: Format
    level: Risk | None
    known: "Baseline | None"
    also: tuple[tuple[Format, Path], ...]
    extra: "tuple[Entry, ...]" = ()  # about servers of the catalogue, and no tool alone

    @property
    def whole(self) -> bool:
        """Whether all results are needed before the first is printed."""
        return self.output in _REPORTS or self.known is not None or bool(self.also)


def _more(given: list[str] | None) -> tuple[tuple[Format, Path], ...]:
    found = []
    for text in given or ():
        name, equals, path = text.partition("=")
        if not equals or not path or name not in _REPORTS:
            known = ", ".join(one.value for one in _REPORTS)
            raise typer.BadParameter(f"--also takes FORMAT=FILE with one of {known}, not {text!r}")
        found.append((Format(name), Path(path)))
    return tuple(found)


def _require_apart(
    also: list[str] | None, targets: list[str], db: str, baseline: Path | None
) -> None:
    """Refuse a report over what this command reads or might read, and over what is no such report."""
    from classifier.commands.apart import require_apart, require_report

    for form, path in _more(also):
        option = f"--also {form.value}"
        require_apart(option, path, targets=targets, files=[db, baseline])
        if path.is_file():
            require_report(option, path, importlib.import_module(_REPORTS[form]).BEGINS)


def _read_baseline(path: Path | None) -> "Baseline | None":
    if path is None:
        return None
    from classifier.pipeline.baseline import read

    return read(path)


def _catalogue(db: str, options: "InputOptions", wish: _Wish) -> bool:
    """Classify what the catalogue holds and store it; print a summary or every line."""
    from classifier.commands import inputs, judging, waiting
    from classifier.commands.partly import say_partly
    from classifier.pipeline.catalogue.reading import catalogue_findings
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog

    inputs.require_catalog(db, or_target=True)
    with Catalog.open(db, create=False) as catalog:
        with waiting.counting("classifying") as progress:
            summary = classify_catalog(catalog, options.engine, progress)
        if wish.level is None:
            say_partly(catalog)
        else:  # a gate that says nothing of what nobody read would call it passed
            options.problems.extend(inputs.known_in_part(catalog))
        if not catalog.counts()["tools"]:
            inputs.say(f"{db} holds no tools, so nothing was judged; `toolrisk status` says why")
        wish = wish._replace(extra=tuple(catalogue_findings(catalog, options=options.engine)))
        if wish.output is Format.TABLE and wish.known is None and not wish.also:
            sys.stdout.write(summary.text())
            fails = wish.level is not None and summary.worst >= wish.level.rank
            return _beside([], wish, [], options) or fails
        judged = judging.judged((item.tool for item in catalog.tools()), options.engine)
        items = ((*both, None) for both in judged)
        return _print(items, wish, options, [])


def _print(
    results: Iterable[Judged], wish: _Wish, options: "InputOptions", targets: list[str]
) -> bool:
    """Print and say whether the gate stops: with a baseline, at what is new only."""
    if wish.whole:
        return _report(results, wish, options, targets)
    worst = -1
    seen: list[Judged] = []

    def watched() -> Iterator[tuple[Tool, Classification]]:
        nonlocal worst
        for tool, result, target in results:
            worst = max(worst, result.risk.rank)
            if configs:
                seen.append((tool, result, target))
            yield tool, result

    configs = _configs(targets, options)
    _plain(watched(), wish.output, lambda: _why_none(configs, options))
    fails = wish.level is not None and worst >= wish.level.rank
    return _beside(seen, wish, configs, options) or fails


def _print_lines(lines: Iterable[tuple[Risk, str]], wish: _Wish) -> bool:
    """Print lines as they are; say whether the gate stops."""
    worst = -1

    def watched() -> Iterator[str]:
        nonlocal worst
        for risk, line in lines:
            worst = max(worst, risk.rank)
            yield line

    _json(watched(), wish.output)
    return wish.level is not None and worst >= wish.level.rank


def _beside(seen: list[Judged], wish: _Wish, configs: list[str], options: "InputOptions") -> bool:
    """Tell what no tool has alone; say whether the gate stops at it."""
    if not configs and not wish.extra:
        return False
    from classifier.pipeline.findings import Report, rows

    report = Report(list(rows(seen)), fail_on=wish.level)
    _add(report, configs, wish, options)
    if configs and not seen and not report.extra:
        from classifier.commands.inputs import say

        say("nothing found in the client config itself")
    return bool(wish.level and report.failing_extra(wish.level))


def _configs(targets: list[str], options: "InputOptions") -> list[str]:
    """Return the targets that are client configs, or the clients of this machine."""
    from classifier.commands import inputs

    return [target for target in targets if inputs.is_config(target, options)]


def _add(report: "Report", configs: list[str], wish: _Wish, options: "InputOptions") -> None:
    """Add and tell what is wrong with client configs and between servers."""
    from classifier.commands.inputs import say
    from classifier.pipeline.config.reading import target_findings

    of_configs = target_findings(configs, report.rows, options.files.settings)
    found = [*wish.extra, *of_configs]
    report.extra += [wish.known.mark(entry) if wish.known else entry for entry in found]
    new = [entry for entry in report.extra if entry.accepted is None]
    for entry in new[:_MOST_TOLD]:
        about = f"{entry.server} / {entry.tool}" if entry.tool else entry.server
        words = ", ".join(f'"{quote.text}"' for quote in entry.evidence if quote.text)
        told = f"{entry.message}: {words}" if words else entry.message
        say(f"{entry.level.value}: {entry.rule}: {about}: {told}")
    if len(new) > _MOST_TOLD:
        say(f"{len(new) - _MOST_TOLD} more findings of this kind; --format sarif has all")


def _why_none(configs: list[str], options: "InputOptions") -> str:
    """Say why there is no row: nobody was asked, or nobody told; what else is found follows."""
    if configs and not options.launch:
        return "no server was asked for its tools (--no-launch); only the settings are looked at"
    return "no tools; why, stands below" if options.unread() else "no tools"


def _plain(
    results: Iterable[tuple[Tool, Classification]],
    output: Format,
    nothing: Callable[[], str] = lambda: "no tools",
) -> None:
    from classifier.commands import judging

    if output in (Format.JSON, Format.JSONL):
        _json((judging.to_line(judging.record(*both)) for both in results), output)
        return
    from classifier.commands.table import print_table

    print_table(results, nothing)


def _json(lines: Iterable[str], output: Format) -> None:
    if output is Format.JSON:
        rows = ",\n".join(lines)
        print_json(f"[{rows}]\n")
        return
    for line in lines:
        print_json(line + "\n")


def _report(
    results: Iterable[Judged], wish: _Wish, options: "InputOptions", targets: list[str]
) -> bool:
    from classifier.pipeline.findings import Report, rows
    from classifier.pipeline.saving import save

    found = list(rows(results))
    if wish.known is not None:
        found = [wish.known.apply(row) for row in found]
    report = Report(found, fail_on=wish.level, has_baseline=wish.known is not None)
    report.skipped = options.unread()
    _add(report, _configs(targets, options), wish, options)
    try:
        if wish.output in _REPORTS:
            _show(wish.output, _written(wish.output, report))
        else:
            _plain(((row.tool, row.result) for row in found), wish.output)
    finally:  # a reader that left (`| head`) or a full disk costs no file elsewhere
        for form, path in wish.also:
            save(path, _written(form, report))
    return report.fails()


def _show(form: Format, text: str) -> None:
    if form is Format.SARIF:
        print_json(text)
    else:
        sys.stdout.write(text)


def _written(form: Format, report: "Report") -> str:
    return str(importlib.import_module(_REPORTS[form]).write(report))


__all__ = ["CatalogError", "ClassifierError", "classify", "register"]
