"""`toolrisk doctor`: what works on this machine, and what it costs where something does not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

import typer

from crawler.inert import print_json
from crawler.printable import counted

_SECONDS = 20.0


class State(StrEnum):
    """How a check ended. `not-checked` is no `ok`."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `needed` says whether its lack makes the exit code 3."""

    name: str
    state: State
    detail: str
    remedy: str = ""
    needed: bool = False


class Format(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    db: Annotated[str, typer.Option(help="The catalogue to look at.")] = "toolrisk.db",
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the package registries.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:  # fmt: skip
    """Say what works here: sandbox, package clients, network, catalogue, versions.

    Exit code 0: all that is needed works; 3: something needed does not.
    """
    checks = list(_checks(db, offline=offline))
    if output is Format.JSON:
        print_json(json.dumps([asdict(check) for check in checks], indent=1) + "\n")
    else:
        for check in checks:
            sys.stdout.write(f"{check.state.value:<12}{check.name:<18}{check.detail}\n")
            if check.remedy:
                sys.stdout.write(f"{'':<30}{check.remedy}\n")
    if any(check.needed and check.state in {State.MISSING, State.BROKEN} for check in checks):
        raise typer.Exit(3)


def _checks(db: str, *, offline: bool) -> Iterator[Check]:
    yield _versions()
    yield _reviews()
    yield _sandbox()
    yield _program("node", ["--version"], "npm packages cannot be run (Debian: nodejs)")
    yield _program("npm", ["--version"], "npm packages cannot be fetched (Debian: npm)")
    yield _client("npm registry", ["npm", "ping"], offline)
    pip = [sys.executable, "-P", "-m", "pip"]
    yield _client("Python registry", [*pip, "index", "versions", "pip"], offline)
    yield _catalogue(db)


def _versions() -> Check:
    from classifier.errors import DataError
    from classifier.versions import versions

    try:
        return Check("toolrisk", State.OK, versions(), needed=True)
    except DataError as error:
        return Check("toolrisk", State.BROKEN, str(error), "install toolrisk again", needed=True)


def _reviews() -> Check:
    from classifier.errors import DataError
    from classifier.reviewed import count, stray_note, user_file

    own, shipped = user_file(), count(None)
    try:
        yours = count(own) - shipped if own.is_file() else 0
        problem = stray_note(own)
    except DataError as error:
        problem = str(error)
    if problem:
        return Check("reviews", State.BROKEN, problem, "mend it, or move it away")
    return Check("reviews", State.OK, f"{shipped:,} reviewed definitions, {yours:,} of your own")


def _sandbox() -> Check:
    from crawler.probe.sandbox import unavailable

    reason = unavailable()
    if reason is None:
        return Check("sandbox", State.OK, "bubblewrap runs a program without network")
    remedy = "npm: and pypi: targets are refused without it, unless --unsafe-no-sandbox is given"
    return Check("sandbox", State.MISSING, reason, remedy)


def _program(name: str, words: list[str], cost: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, State.MISSING, "not found on PATH", cost)
    code, told = _run([path, *words])
    if code:
        return Check(name, State.BROKEN, told or f"exit code {code}", cost)
    return Check(name, State.OK, f"{told} ({path})")


def _client(name: str, words: list[str], offline: bool) -> Check:
    if offline:
        return Check(name, State.NOT_CHECKED, "--offline was given")
    path = shutil.which(words[0])
    if path is None:
        return Check(name, State.NOT_CHECKED, f"{words[0]} is not installed")
    code, told = _run([path, *words[1:]])
    if code:
        detail = f"no answer through your own {name.split(' ', maxsplit=1)[0]} settings: {told}"
        remedy = "packages that are not in the cache cannot be fetched; files and URLs still work"
        return Check(name, State.BROKEN, detail, remedy)
    return Check(name, State.OK, "answers, through your own settings")


def _run(words: list[str]) -> tuple[int, str]:
    """Return the exit code and the last line of a program of this machine."""
    from crawler.printable import one_line

    try:
        done = subprocess.run(  # noqa: S603 - our own words
            words, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return 1, f"no answer in {_SECONDS:.0f} s"
    except OSError as error:
        return 1, str(error.strerror)
    told = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode, one_line(told[-1])[:160] if told else ""


def _catalogue(db: str) -> Check:
    from crawler.catalog import Catalog
    from crawler.catalog.connection import file_of
    from crawler.errors import CatalogError

    try:
        path = file_of(db)
        if not path.exists() or (path.is_file() and not path.stat().st_size):
            what = "is empty" if path.exists() else "is not there yet"
            return Check("catalogue", State.NOT_CHECKED, f"{db} {what}: `toolrisk crawl`")
        with Catalog.open(db, create=False) as catalog:
            problem = catalog.damage()
            counts, size = catalog.counts(), catalog.path.stat().st_size / 1e6
    except CatalogError as error:
        return Check("catalogue", State.BROKEN, str(error), needed=True)
    if problem:
        remedy = "restore a copy, or move it away and crawl again"
        return Check("catalogue", State.BROKEN, f"{db}: {problem}", remedy, needed=True)
    detail = f"{db}: {counted(counts['servers'], 'server')}, {counted(counts['tools'], 'tool')}, {size:.1f} MB"
    return Check("catalogue", State.OK, detail)


__all__ = ["Check", "State", "doctor", "register"]
