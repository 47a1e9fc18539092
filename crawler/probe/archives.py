"""The archive of a package, as its registry holds it: for reading, without its dependencies.

`npm pack` and `pip download --no-deps` bring it, and run nothing of it. A source archive of PyPI
is refused: pip would have to run its build to learn its name.
"""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from crawler.errors import ProbeError
from crawler.fetch import Fetcher
from crawler.fetch.download import download
from crawler.printable import one_line
from crawler.probe import clients
from crawler.probe.clients import cache_dir, folder, keep, made, run
from crawler.probe.packages import npm_place
from crawler.records import Outcome, Package
from crawler.registries import pypi_form


async def archive(package: Package, fetcher: Fetcher) -> tuple[Path, str]:
    """Return the archive of a package (or its folder, where it is installed) and its version.

    Raises:
        FetchError: it cannot be had, or its digest is not the one that the registry states.

    """
    match package.registry_type:
        case "npm":
            version = await clients.npm_version(package)
            installed = npm_place(package, version) / "node_modules" / package.identifier
            if installed.is_dir():
                return installed, version
            wanted = f"{package.identifier}@{version}"
            words = [clients.npm(), "pack", "--ignore-scripts", "--loglevel=error", wanted]
            return await _packed(package, version, words), version
        case "pypi":
            version = await clients.pypi_version(package)
            wanted = f"{package.identifier}=={version}"
            words = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", wanted]
            return await _packed(package, version, [*clients.pip(), *words]), version
        case "mcpb":
            return await _bundle(package, fetcher), package.version or "unknown"
        case kind:
            raise ProbeError(
                Outcome.UNSUPPORTED,
                f"{one_line(kind)} packages are not read; npm, pypi and mcpb are",
            )


async def _packed(package: Package, version: str, words: list[str]) -> Path:
    """Run a client in a new folder and keep the one archive that it puts there."""
    kind, name = package.registry_type, package.identifier
    own = pypi_form(name) if kind == "pypi" else name
    place = cache_dir() / "archives" / kind / folder(own) / folder(version)
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=made(place.parent), prefix=".fetch-") as work:
            tree = Path(work) / "tree"
            tree.mkdir()
            await run(words, tree, f"{name}@{version}", work=Path(work))
            keep(tree, place)
    found = sorted(place.iterdir())
    if len(found) != 1:
        raise ProbeError(Outcome.UNSUPPORTED, f"{name}: its registry gave no archive")
    return found[0]


async def _bundle(package: Package, fetcher: Fetcher) -> Path:
    """Get an MCPB bundle from the URL that names it."""
    url = package.identifier
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ProbeError(Outcome.UNSUPPORTED, "the mcpb bundle is not named by a URL")
    stated = (package.file_sha256 or "").lower()
    kept = made(cache_dir() / "archives" / "mcpb")
    if _is_digest(stated) and (kept / f"{stated}.mcpb").is_file():
        return kept / f"{stated}.mcpb"
    with tempfile.TemporaryDirectory(dir=kept, prefix=".fetch-") as work:
        file = Path(work) / "bundle"
        digest = await download(fetcher, url, file)
        if stated and stated != digest:
            raise ProbeError(
                Outcome.PROTOCOL_ERROR,
                "the bundle's SHA-256 is not the one that its listing states",
            )
        return file.replace(kept / f"{digest}.mcpb")


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)  # noqa: PLR2004 - SHA-256
