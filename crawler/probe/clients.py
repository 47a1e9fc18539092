"""The user's own npm and pip: what they are asked, and how their refusals become outcomes.

The registry is whatever these clients are set to; no registry is named here.
"""

import hashlib
import json
import os
import re  # noqa: TID251 - fixed patterns on output of npm and pip
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from crawler.errors import ProbeError
from crawler.launchers import UNKNOWN_REGISTRY
from crawler.printable import one_line
from crawler.probe import running
from crawler.probe.running import FETCH_SECONDS, SCRATCH, run_bounded
from crawler.records import Outcome, Package
from crawler.registries import other_registry
from crawler.targets import is_package_name, is_package_version

_OVER_LIMIT = -25
"""SIGXFSZ, the end of a program that does not take a file over its limit for an error."""
_TOO_LARGE = ("EFBIG", "File too large", "[Errno 27]")
_NOT_FOUND = ("E404", "404 Not Found", "No matching version", "ETARGET", "No matching distribution", "from versions: none", "Could not find a version")  # fmt: skip
_OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "Name or service", "Temporary failure in name", "Connection refused", "Network is unreachable", "ConnectTimeout", "NewConnectionError", "Max retries")  # fmt: skip


def cache_dir() -> Path:
    """Return where fetched packages are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("toolrisk") / "packages"


def pip() -> list[str]:
    """Return the words that start the pip of this interpreter.

    With -P, for without it Python runs a `pip` or a `json.py` that lies in the current folder.
    """
    return [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input"]


def npm() -> str:
    """Return the npm of this machine.

    Raises:
        ProbeError: npm or Node.js is not installed.

    """
    if shutil.which("node") is None:
        raise ProbeError(Outcome.UNSUPPORTED, "npm packages need Node.js, which is not installed")
    return _client("npm", "Node.js and npm (Debian: apt-get install nodejs npm)")


async def npm_version(package: Package) -> str:
    """Return the exact version of an npm package: the newest, or the newest of a range or tag.

    Raises:
        ProbeError: there is no such package, or no network.

    """
    _check(package)
    name, version = package.identifier, package.version
    if version is not None and _EXACT_NPM.fullmatch(version):
        return version
    wanted = name if version is None else f"{name}@{version}"
    told = await run([npm(), "view", wanted, "version", "--json"], None, wanted)
    found = json.loads(told or '""')
    newest = found[-1] if isinstance(found, list) and found else found
    if not isinstance(newest, str) or not is_package_version(newest):
        raise ProbeError(Outcome.NOT_FOUND, f"{wanted}: no such package or version")
    return newest


async def pypi_version(package: Package) -> str:
    """Return the exact version of a PyPI package: the newest with a wheel, or that of `1.*`.

    Raises:
        ProbeError: there is no such package, or no network.

    """
    _check(package)
    name = package.identifier
    version = None if package.version == "latest" else package.version  # as uvx takes it
    if version is not None and "*" not in version:
        return version
    wanted = name if version is None else f"{name}=={version}"
    words = [
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]  # and nothing is installed
    words += ["--dry-run", "--report", "-", "--ignore-installed", wanted]
    told = await run([*pip(), *words], None, name, allow_failure=True)
    found = _reported(told)
    if found is None and version is None:
        found = await _latest(name)  # a pip before 22.2, or its reason in words
    if found is None or not is_package_version(found):
        raise ProbeError(Outcome.NOT_FOUND, f"{wanted}: no such version as a wheel")
    return found


_EXACT_NPM = re.compile(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?", re.ASCII)


def _check(package: Package) -> None:
    """Refuse what a client would take for an option, a path or a URL to fetch from.

    Names come from registries and files of others: `pip install NAME @ http://10.0.0.1/x` or
    `npm install file:/home` would walk around every check of addresses.
    """
    kind, version = package.registry_type, package.version
    other = other_registry(package)
    if package.registry_base_url == UNKNOWN_REGISTRY:
        raise ProbeError(
            Outcome.UNSUPPORTED,
            "its settings leave it to a folder, a file or a project of this machine where it is from; "
            "the usual registry may have somebody else's package of that name; if that one is meant, "
            f"give it as {one_line(f'{kind}:{package.identifier}')[:200]}",
        )
    if other is not None:
        raise ProbeError(
            Outcome.UNSUPPORTED,
            f"its listing names another registry ({one_line(other)[:200]}); packages are fetched "
            "from the usual one only, where that name may be somebody else's",
        )
    if not is_package_name(kind, package.identifier):
        raise ProbeError(Outcome.UNSUPPORTED, f"{one_line(package.identifier)!r} names no package of {kind}")  # fmt: skip
    if version is not None and not is_package_version(version):
        raise ProbeError(Outcome.UNSUPPORTED, f"{one_line(version)!r} is no version of a package")


def _reported(told: str) -> str | None:
    try:
        return str(json.loads(told)["install"][0]["metadata"]["version"])
    except (ValueError, LookupError, TypeError):
        return None


async def _latest(name: str) -> str:
    told = await run([*pip(), "index", "versions", name], None, name)
    found = re.search(r"\(([^()\s]{1,60})\)", told)
    if not found:
        raise ProbeError(
            Outcome.NOT_FOUND, f"{name}: pip names no version; give pypi:{name}==VERSION"
        )
    return found.group(1)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-+.")
_LONGEST = 120


def folder(name: str) -> str:
    """Return a name as one safe part of a path, another for every name.

    Also where file names have no capitals; `=` is a sign that no name has, and that npm and pip
    take in a path. Folders of versions up to 0.1 had `_` for every other sign, so that `@a/b_c` and
    `@a_b/c` were one; none of those that may be mixed up has a name of this form.
    """
    data = name.encode("utf-8", "surrogatepass")
    last = len(data) - 1
    made = "".join(
        chr(c) if chr(c) in _PLAIN and not (c == ord(".") and place in {0, last}) else f"={c:02x}"
        for place, c in enumerate(data)
    )
    if 0 < len(made) <= _LONGEST:
        return made
    return f"{made[:40]}=={hashlib.sha256(data).hexdigest()}"


def made(path: Path) -> Path:
    """Return a folder that exists, or say that it cannot.

    Raises:
        ProbeError: it cannot be made.

    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ProbeError(
            Outcome.UNSUPPORTED,
            f"the package cache {path} cannot be written: {cause.strerror}; "
            "set XDG_CACHE_HOME to a folder that can",
        ) from cause
    return path


def sweep() -> None:
    """Remove what fetches left that were killed, which nobody else will.

    Older than any fetch can be, so that those of another crawl are left to it.
    """
    kept = cache_dir()
    _remove([*kept.glob("*/*/.fetch-*"), *kept.glob("archives/*/*/.fetch-*")], 3 * FETCH_SECONDS)
    with suppress(OSError):  # no folder for temporary files is no reason to stop
        _remove(Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"), _DAY)


_DAY = 86400.0


def _remove(found: Iterable[Path], age: float) -> None:
    """Remove folders of ours that are older than so many seconds; a link is none."""
    oldest = time.time() - age
    for place in found:
        with suppress(OSError):
            about = place.lstat()
            is_ours = not hasattr(os, "getuid") or about.st_uid == os.getuid()
            if stat.S_ISDIR(about.st_mode) and is_ours and about.st_mtime < oldest:
                shutil.rmtree(place)


def keep(tree: Path, place: Path) -> None:
    """Put a fetched tree in its place, in one step."""
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


async def run(
    words: Sequence[str],
    cwd: Path | None,
    subject: str,
    *,
    work: Path | None = None,
    allow_failure: bool = False,
) -> str:
    """Run npm or pip and return what it printed; `work` is the folder that it may fill.

    Without `cwd` it stands there too, and never where the user stands: npm obeys an `.npmrc` of
    the current folder, which may be somebody else's checkout.

    Raises:
        ProbeError: not found, no network, too large, or another refusal, in one line.

    """
    done = await run_bounded(words, cwd, subject, work)
    if done.code == 0 or allow_failure:
        return done.out.decode("utf-8", "replace")
    out = done.out.decode("utf-8", "replace")
    told = f"{out}\n{done.err.decode('utf-8', 'replace')}"
    if done.code == _OVER_LIMIT or any(mark in told for mark in _TOO_LARGE):
        raise ProbeError(
            Outcome.TOO_LARGE,
            f"{subject}: not fetched: a file of more than {running.MAX_FILE:,} bytes",
        )
    if any(mark in told for mark in _OFFLINE):
        raise ProbeError(Outcome.CONNECT_ERROR, f"{subject}: the package registry is not reachable")
    if any(mark in told for mark in _NOT_FOUND):
        raise ProbeError(Outcome.NOT_FOUND, f"{subject}: no such package or version")
    reason = one_line(_reason(out, told))[:300]
    raise ProbeError(Outcome.UNSUPPORTED, f"{subject}: cannot be fetched: {reason}")


_NO_REASON = ("A complete log of this run", "Log files were not written", "You can rerun")


def _reason(out: str, told: str) -> str:
    """Return why a client gave up: what npm's JSON sums up, or the last line that names an error."""
    with suppress(ValueError, LookupError, TypeError):
        return str(json.loads(out)["error"]["summary"])
    errors = [line for line in told.splitlines() if "error" in line.casefold()]
    return next((e for e in reversed(errors) if not any(no in e for no in _NO_REASON)), told)
