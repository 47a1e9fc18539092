"""Packages: fetched by the user's own npm and pip, never installed with scripts, then unpacked.

The registry is whatever the user's clients are set to; no registry is named here. A fetched tree
lies in a cache under name and exact version, put there in one rename, so that a second run
fetches nothing and an interrupted one leaves nothing half.
"""

import configparser
import json
import os
import re  # noqa: TID251 - fixed patterns on output of npm and pip
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import anyio

from crawler.errors import ProbeError
from crawler.printable import one_line
from crawler.probe.sandbox import Program, python
from crawler.records import Outcome, Package

FETCH_SECONDS = 240.0
_DUMMY = "CRAWL_DUMMY"
_NOT_FOUND = ("E404", "404 Not Found", "No matching version", "ETARGET", "No matching distribution", "from versions: none", "Could not find a version")  # fmt: skip
_OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "Name or service", "Temporary failure in name", "Connection refused", "Network is unreachable", "ConnectTimeout", "NewConnectionError", "Max retries")  # fmt: skip


def cache_dir() -> Path:
    """Return where fetched packages are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("toolrisk") / "packages"


async def fetch(package: Package) -> tuple[Program, str]:
    """Return how to run a package's server, and its exact version.

    Raises:
        ProbeError: it cannot be had, or has no command.

    """
    match package.registry_type:
        case "npm":
            tree, version = await _npm(package)
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


async def _npm(package: Package) -> tuple[Path, str]:
    npm = _client("npm", "Node.js and npm (Debian: apt-get install nodejs npm)")
    if shutil.which("node") is None:
        raise ProbeError(Outcome.UNSUPPORTED, "npm packages need Node.js, which is not installed")
    name, version = package.identifier, package.version
    if version is None:
        told = await _run([npm, "view", name, "version", "--json"], Path.cwd(), name)
        version = str(json.loads(told or '""')) or "latest"
    place = cache_dir() / "npm" / _folder(name) / _folder(version)
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(place.parent), prefix=".fetch-") as work:
            tree = Path(work) / "tree"
            tree.mkdir()
            (tree / "package.json").write_text(
                '{"name": "crawl", "private": true}', encoding="utf-8"
            )
            words = [
                npm,
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--omit=dev",
                "--no-save",
                "--loglevel=error",
                f"{name}@{version}",
            ]
            await _run(words, tree, f"{name}@{version}")
            _keep(tree, place)
    return place, version


def _npm_program(package: Package, tree: Path) -> Program:
    root = tree / "node_modules" / package.identifier
    try:
        manifest = json.loads((root / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ProbeError(Outcome.UNSUPPORTED, "the package has no readable package.json") from cause
    entry = manifest.get("bin")
    short = package.identifier.rpartition("/")[2]
    if isinstance(entry, dict) and entry:
        entry = entry.get(short) or next(iter(entry.values()))
    if not isinstance(entry, str):
        raise ProbeError(Outcome.UNSUPPORTED, "the package has no command (no bin in package.json)")
    target = (root / entry).resolve()
    if not target.is_relative_to(tree.resolve()) or not target.is_file():
        raise ProbeError(Outcome.UNSUPPORTED, "the package's command is not inside the package")
    inside = Path("/pkg") / target.relative_to(tree.resolve())
    return Program(("node", str(inside), *package.arguments), tree, dummies(package))


async def _pypi(package: Package) -> tuple[Path, str]:
    name, version = package.identifier, package.version
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    if version is None:
        told = await _run(
            [
                *pip,
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--dry-run",
                "--report",
                "-",
                "--ignore-installed",
                name,
            ],
            Path.cwd(),
            name,
            allow_failure=True,
        )
        version = _reported(told) or await _latest(pip, name)
    place = cache_dir() / "pypi" / _folder(name) / f"{_folder(version)}-py3{sys.version_info.minor}"
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(place.parent), prefix=".fetch-") as work:
            tree = Path(work) / "tree"
            words = [
                *pip,
                "install",
                "--quiet",
                "--only-binary",
                ":all:",
                "--ignore-installed",
                "--no-compile",
                "--target",
                str(tree),
                f"{name}=={version}",
            ]
            await _run(words, Path(work), f"{name}=={version}")
            _keep(tree, place)
    return place, version


def _reported(told: str) -> str | None:
    try:
        return str(json.loads(told)["install"][0]["metadata"]["version"])
    except (ValueError, LookupError, TypeError):
        return None


async def _latest(pip: Sequence[str], name: str) -> str:
    told = await _run([*pip, "index", "versions", name], Path.cwd(), name)
    found = re.search(r"\(([^()\s]{1,60})\)", told)
    if not found:
        raise ProbeError(
            Outcome.NOT_FOUND, f"{name}: pip names no version; give pypi:{name}==VERSION"
        )
    return found.group(1)


def _pypi_program(package: Package, tree: Path) -> Program:
    wanted = _normal(package.identifier)
    scripts: dict[str, str] = {}
    for info in sorted(tree.glob("*.dist-info")):
        points = info / "entry_points.txt"
        if _normal(info.name.partition("-")[0]) != wanted or not points.is_file():
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
    chosen = next((n for n in scripts if _normal(n) == wanted), next(iter(scripts)))
    module, _, attribute = scripts[chosen].partition("[")[0].strip().partition(":")
    if not re.fullmatch(r"[\w.]+", module) or not re.fullmatch(r"[\w.]+", attribute):
        raise ProbeError(Outcome.UNSUPPORTED, "the package's console script is malformed")
    code = f"import sys; sys.argv[0] = {chosen!r}; import {module} as m; sys.exit(m.{attribute}())"
    variables = (("PYTHONPATH", "/pkg"), ("PYTHONDONTWRITEBYTECODE", "1"), *dummies(package))
    return Program((python(), "-c", code, *package.arguments), tree, variables)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _folder(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).strip(".") or "_"


def _made(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ProbeError(
            Outcome.UNSUPPORTED, f"the package cache {path} cannot be written: {cause.strerror}"
        ) from cause
    return path


def _keep(tree: Path, place: Path) -> None:
    try:
        tree.rename(place)
    except OSError:  # somebody else fetched the same version meanwhile
        if not place.is_dir():
            raise


def _client(name: str, what: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProbeError(Outcome.UNSUPPORTED, f"npm packages need {what}, which is not installed")
    return found


async def _run(
    words: Sequence[str], cwd: Path, subject: str, *, allow_failure: bool = False
) -> str:
    """Run npm or pip and return what it printed.

    Raises:
        ProbeError: not found, no network, or another refusal, in one line.

    """
    env = dict(os.environ) | {"CI": "1", "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
    try:
        with anyio.fail_after(FETCH_SECONDS):
            done = await anyio.run_process(
                list(words), cwd=cwd, env=env, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            )  # fmt: skip
    except TimeoutError:
        raise ProbeError(
            Outcome.TIMEOUT, f"{subject}: not fetched in {FETCH_SECONDS:g} s"
        ) from None
    if done.returncode == 0 or allow_failure:
        return done.stdout.decode("utf-8", "replace")
    told = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    if any(mark in told for mark in _OFFLINE):
        raise ProbeError(Outcome.CONNECT_ERROR, f"{subject}: the package registry is not reachable")
    if any(mark in told for mark in _NOT_FOUND):
        raise ProbeError(Outcome.NOT_FOUND, f"{subject}: no such package or version")
    last = next((line for line in reversed(told.splitlines()) if "rror" in line), told)
    raise ProbeError(Outcome.UNSUPPORTED, f"{subject}: cannot be fetched: {one_line(last)[:200]}")
