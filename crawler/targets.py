"""The one grammar of TARGETs that every command takes. Standard library only."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from crawler.errors import TargetError
from crawler.local import local_path

OFFICIAL_REGISTRY = "https://registry.modelcontextprotocol.io"

ACCEPTED = (
    "npm:NAME[@VERSION], pypi:NAME[==VERSION], https://HOST/PATH, official-registry, "
    "registry+https://HOST, clients, SOURCE[+WHERE], a file of tools, a client config, a package "
    "(a folder, .mcpb, .whl, .tgz), "
    "or - for standard input"
)
"""What a target may be, for messages and help."""


@dataclass(frozen=True, slots=True)
class PackageTarget:
    """A package of an npm or PyPI server. `version` None means the newest."""

    text: str
    registry_type: str  # npm or pypi
    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class RemoteTarget:
    """A remote server, by its URL."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class RegistryTarget:
    """A registry with the v0.1 API, by its base URL without a trailing slash."""

    text: str
    base_url: str


@dataclass(frozen=True, slots=True)
class SourceTarget:
    """Another source of servers, and the URL, file or checkout that it is read from."""

    text: str
    source: str
    where: str | None


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file of tool definitions or a client config; `-` is standard input."""

    text: str

    @property
    def path(self) -> Path | None:
        """The file, or None for standard input."""
        return None if self.text == "-" else local_path(self.text)


Target = PackageTarget | RemoteTarget | RegistryTarget | SourceTarget | FileTarget


def parse_target(text: str) -> Target:
    """Read one TARGET.

    Raises:
        TargetError: it is none of the accepted forms, or a file that does not exist.

    """
    head = text.partition(":")[0].lower()
    if head in ("npm", "pypi") and ":" in text:
        return _package(text, head)
    if text == "official-registry":
        return RegistryTarget(text, OFFICIAL_REGISTRY)
    if text.lower().startswith("registry+"):
        base = _url(text[len("registry+") :], text)
        if "?" in base or "#" in base:
            shown = base.partition("?")[0].partition("#")[0]
            raise TargetError(f"registry+{shown}: give the registry without what follows ? or #")
        return RegistryTarget(text, base.rstrip("/"))
    if head in ("http", "https") and "://" in text:
        return RemoteTarget(text, _url(text, text))
    if text == "-":
        return FileTarget(text)
    return _source(text) or _file(text)


def parse_targets(texts: list[str]) -> list[Target]:
    """Read several TARGETs, in their order; one named twice counts once."""
    return [parse_target(text) for text in dict.fromkeys(texts)]


def _source(text: str) -> SourceTarget | None:
    name, plus, where = text.partition("+")
    if name not in source_ids() or Path(text).exists():
        return None
    if "://" in where:
        _url(where, text)
    return SourceTarget(text, name, where if plus else None)


def source_ids() -> tuple[str, ...]:
    """Return the ids of the sources that take the form `SOURCE[+WHERE]`: a file each."""
    folder = Path(__file__).parent / "sources"
    stems = sorted(file.stem for file in folder.glob("*.py"))
    return tuple(
        stem.replace("_", "-")
        for stem in stems
        if not stem.startswith("_") and stem != "official_registry"
    )


def parse_age(text: str) -> timedelta:
    """Read a length of time: a number with s, m, h, d or w.

    Raises:
        TargetError: it is none.

    """
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    unit = units.get(text[-1:].lower())
    if unit is None or not text[:-1].isdecimal() or len(text) > len("100000s"):
        raise TargetError(f"{_short(text)} is not a length of time; write 30m, 12h or 7d")
    return min(timedelta(**{unit: int(text[:-1])}), _AGES)


_AGES = timedelta(days=36500)
"""Longer than anything in a catalogue, and short enough to be taken from a date."""


def _file(text: str) -> FileTarget:
    if not text or "\0" in text:
        raise TargetError(f"{_short(text)} is not a target; give {ACCEPTED}")
    target = FileTarget(text)
    path = target.path
    try:
        if path is not None and path.exists():
            return target
    except OSError as error:  # a name too long, a folder that may not be read
        raise TargetError(f"{_short(text)} cannot be read: {error.strerror}") from None
    if "://" in text:
        raise TargetError(f"{_short(text)} is not a target: its scheme is unknown; give {ACCEPTED}")
    if os.sep in text or Path(text).suffix:
        raise TargetError(f"{_short(text)} does not exist; give an existing file, or {ACCEPTED}")
    raise TargetError(f"{_short(text)} is not a known target and no such file; give {ACCEPTED}")


def _package(text: str, registry_type: str) -> PackageTarget:
    name = text.partition(":")[2]
    version: str | None
    if registry_type == "npm":
        at = name.rfind("@")
        name, version = (name[:at], name[at + 1 :]) if at > 0 else (name, None)
        example = "npm:@scope/name@1.2.3"
    else:
        name, equals, after = name.partition("==")
        version = after if equals else None
        example = "pypi:name==1.2.3"
    if not is_package_name(registry_type, name):
        raise TargetError(
            f"{_short(text)} is not a package of {registry_type}; write it like {example}"
        )
    if version is not None and not is_package_version(version):
        raise TargetError(
            f"{_short(text)} names no version after the package; write it like {example}"
        )
    return PackageTarget(text, registry_type, name, version)


def is_package_name(registry_type: str, name: str) -> bool:
    """Say whether npm or pip takes this for a name: never for an option, a path or a URL."""
    if registry_type != "npm":
        return _is_word(name) and name[0].isalnum()
    scope, slash, bare = name.rpartition("/")
    return _is_word(bare) and (not slash or (scope[:1] == "@" and _is_word(scope[1:])))


def is_package_version(version: str) -> bool:
    """Say whether npm or pip takes this for a version, a range or a tag."""
    return version[:1] != "-" and _is_word(version, "+!*^~")


def _is_word(text: str, also: str = "") -> bool:
    """Say whether a name can be handed to npm or pip as it is: never an option or a path."""
    return (
        0 < len(text) <= 214  # npm's own limit of a name  # noqa: PLR2004
        and text.isascii()
        and text[0] not in "-."
        and all(c.isalnum() or c in "._-~" + also for c in text)
    )


def _url(url: str, text: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise TargetError(f"{_short(text)} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise TargetError(f"{_short(text)} is not a URL of a server; write https://host/path")
    if parts.username or parts.password:
        raise TargetError(
            f"{parts.scheme}://{host}: a user name or password in a URL is never sent; leave it out"
        )
    if any(c.isspace() or not c.isprintable() for c in url):
        raise TargetError(f"{_short(text)} holds white space; write https://host/path")
    if "{" in url:
        raise TargetError(f"{_short(text)} is a template; fill in what stands in braces")
    return url


def _short(text: str) -> str:
    """Return a target as it may be printed: quoted, control characters escaped, bounded."""
    return repr(text if len(text) <= 120 else text[:117] + "...")  # noqa: PLR2004
