"""Packages: fetched by the user's own npm and pip, never installed with scripts, then unpacked.

A fetched tree lies in a cache under name and exact version, put there in one rename, so that a
second run fetches nothing and an interrupted one leaves nothing half.
"""

import configparser
import json
import os
import re  # noqa: TID251 - fixed patterns on output of npm and pip
import sys
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from crawler.errors import ProbeError
from crawler.printable import one_line
from crawler.probe import clients
from crawler.probe.clients import cache_dir, folder, keep, made, run
from crawler.probe.sandbox import Program, node, python
from crawler.records import Outcome, Package
from crawler.registries import pypi_form

_DUMMY = "CRAWL_DUMMY"


async def fetch(package: Package) -> tuple[Program, str]:
    """Return how to run a package's server, and its exact version.

    Raises:
        ProbeError: it cannot be had, or has no command.

    """
    match package.registry_type:
        case "npm":
            tree, version = await npm_tree(package)
            return _npm_program(package, tree), version
        case "pypi":
            tree, version = await _pypi(package)
            return _pypi_program(package, tree), version
        case kind:
            raise ProbeError(
                Outcome.UNSUPPORTED, f"{one_line(kind)} packages are not run; npm and pypi are"
            )


def dummies(package: Package) -> tuple[tuple[str, str], ...]:
    """Return placeholder values for required variables: enough to start, worth nothing."""
    return tuple(
        (name, _DUMMY)
        for name in package.required_inputs
        if re.fullmatch(r"[A-Za-z_]\w{0,99}", name)
    )


def bare(program: Program) -> tuple[list[str], dict[str, str], Path]:
    """Return how to run a program without a sandbox: still with an empty environment."""
    tree = str(program.tree)
    words = [
        word.replace("/pkg", tree, 1) if word.startswith("/pkg") else word
        for word in program.arguments
    ]
    variables = {name: tree if value == "/pkg" else value for name, value in program.variables}
    env = {"PATH": os.environ.get("PATH", ""), "HOME": tempfile.gettempdir()} | variables
    return words, env, Path(tempfile.gettempdir())


async def npm_tree(package: Package) -> tuple[Path, str]:
    """Return the folder into which npm put a package and its dependencies, and its version.

    Raises:
        ProbeError: it cannot be had.

    """
    npm, version = clients.npm(), await clients.npm_version(package)
    wanted = f"{package.identifier}@{version}"
    place = npm_place(package, version)
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=made(place.parent), prefix=".fetch-") as work:
            tree = Path(work) / "tree"
            tree.mkdir()
            (tree / "package.json").write_text(
                '{"name": "crawl", "private": true}', encoding="utf-8"
            )
            words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
            words += ["--omit=dev", "--no-save", "--loglevel=error", wanted]
            await run(words, tree, wanted, work=Path(work))
            keep(tree, place)
    return place, version


def npm_place(package: Package, version: str) -> Path:
    """Return where an npm package lies once it was installed."""
    return cache_dir() / "npm" / folder(package.identifier) / folder(version)


def _npm_program(package: Package, tree: Path) -> Program:
    root = tree / "node_modules" / package.identifier
    try:
        manifest = json.loads((root / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ProbeError(Outcome.UNSUPPORTED, "the package has no readable package.json") from cause
    if not isinstance(manifest, dict) or manifest.get("name") != package.identifier:
        raise ProbeError(Outcome.UNSUPPORTED, "its package.json is that of another package")
    entry = _bin(package, manifest.get("bin"))
    target = (root / entry).resolve()
    if not target.is_relative_to(tree.resolve()) or not target.is_file():
        raise ProbeError(Outcome.UNSUPPORTED, "the package's command is not inside the package")
    inside = Path("/pkg") / target.relative_to(tree.resolve())
    return Program((node(), str(inside), *package.arguments), tree, dummies(package))


def _bin(package: Package, stated: object) -> str:
    """Return the file of the program that is started: the named one, else that of the package."""
    short = package.identifier.rpartition("/")[2]
    bins = {short: stated} if isinstance(stated, str) else stated
    if not isinstance(bins, dict) or not bins:
        raise ProbeError(Outcome.UNSUPPORTED, "the package has no command (no bin in package.json)")
    if package.command is not None:
        found = bins.get(package.command)
    else:
        found = bins.get(short) or next(iter(bins.values()))
    if not isinstance(found, str):
        raise _no_command(package, bins)
    return found


def _no_command(package: Package, has: Iterable[object]) -> ProbeError:
    names = ", ".join(str(name) for name in islice(has, 10))
    wanted = package.command or package.identifier
    return ProbeError(
        Outcome.UNSUPPORTED,
        one_line(f"the package has no command {wanted!r}; it has {names}")[:300],
    )


async def _pypi(package: Package) -> tuple[Path, str]:
    version = await clients.pypi_version(package)
    wanted = f"{package.identifier}=={version}"
    minor = sys.version_info.minor
    name = folder(pypi_form(package.identifier))
    place = cache_dir() / "pypi" / name / f"{folder(version)}-py3{minor}"
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=made(place.parent), prefix=".fetch-") as work:
            tree = Path(work) / "tree"
            words = ["install", "--quiet", "--only-binary", ":all:", "--ignore-installed"]
            words += ["--no-compile", "--target", str(tree), wanted]
            await run([*clients.pip(), *words], Path(work), wanted, work=Path(work))
            keep(tree, place)
    return place, version


def _pypi_program(package: Package, tree: Path) -> Program:
    wanted = pypi_form(package.identifier)
    scripts: dict[str, str] = {}
    for info in sorted(tree.glob("*.dist-info")):
        points = info / "entry_points.txt"
        if pypi_form(info.name.partition("-")[0]) != wanted or not points.is_file():
            continue
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
        try:
            parser.read_string(points.read_text(encoding="utf-8"))
        except configparser.Error as cause:
            raise ProbeError(
                Outcome.UNSUPPORTED, "the package's entry points cannot be read"
            ) from cause
        if parser.has_section("console_scripts"):
            scripts = dict(parser.items("console_scripts"))
    if not scripts:
        raise ProbeError(Outcome.UNSUPPORTED, "the package has no console script")
    if package.command is not None and package.command not in scripts:
        raise _no_command(package, scripts)
    named = next((n for n in scripts if pypi_form(n) == wanted), next(iter(scripts)))
    chosen = package.command or named
    module, _, attribute = scripts[chosen].partition("[")[0].strip().partition(":")
    if not re.fullmatch(r"[\w.]+", module) or not re.fullmatch(r"[\w.]+", attribute):
        raise ProbeError(Outcome.UNSUPPORTED, "the package's console script is malformed")
    code = f"import sys; sys.argv[0] = {chosen!r}; import {module} as m; sys.exit(m.{attribute}())"
    variables = (("PYTHONPATH", "/pkg"), ("PYTHONDONTWRITEBYTECODE", "1"), *dummies(package))
    return Program((python(), "-c", code, *package.arguments), tree, variables)
