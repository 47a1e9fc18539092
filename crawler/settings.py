"""crawl.toml: the standing orders of a batch crawl, which `toolrisk crawl --config` carries out.

    targets = ["official-registry", "docker-catalog"]
    database = "toolrisk.db"
    contact = "https://example.org/about-our-crawl"
    concurrency = 64
    per_host = 1
    per_host_delay = 1.0    # seconds between two requests to one host; unset: 1 for sources only
    max_age = "24h"
    limit = 1000            # servers of each source
    only = ["io.github.*"]
    exclude = ["io.github.shy/*", "shy.example"]  # names or hosts that are never contacted
    probe = true
    full = false            # walk registries whole each time, not only what has changed
    static = "last"         # read packages instead of running them: never, first, last, only

    [registries."https://mcp.internal.example"]
    headers_env = {"X-API-Key" = "INTERNAL_KEY"}  # header = the environment variable that holds it

Keys are read from environment variables, those of sources from the ones that their pages name;
never from here. A key is sent to that scheme, host and port only.
"""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.asking import CrawlOptions
from crawler.errors import TargetError
from crawler.printable import one_line
from crawler.static import Static
from crawler.targets import Target, parse_age, parse_targets

if TYPE_CHECKING:
    from crawler.fetch.keys import KeyHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a crawl.toml says."""

    targets: tuple[Target, ...] | None  # None: it names none, and leaves the choice to others
    options: CrawlOptions
    database: str | None
    max_age: timedelta | None


_KINDS: dict[str, tuple[type, ...]] = {
    "targets": (list,),
    "database": (str,),
    "contact": (str,),
    "concurrency": (int,),
    "per_host": (int,),
    "per_host_delay": (int, float),
    "max_age": (str,),
    "limit": (int,),
    "only": (list,),
    "exclude": (list,),
    "probe": (bool,),
    "allow_private": (bool,),
    "static": (str,),
    "full": (bool,),
    "registries": (dict,),
}


def read_settings(path: Path) -> Settings:
    """Read a crawl.toml.

    Raises:
        TargetError: missing, no TOML (with its line), an unknown key, or a value of a wrong kind.

    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TargetError(f"{path} does not exist; give an existing file as --config") from None
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TargetError(f"{path} is not valid TOML: {error}") from None
    _check(path, given)
    return Settings(
        targets=tuple(parse_targets(given["targets"])) if "targets" in given else None,
        options=CrawlOptions(
            no_probe=not given.get("probe", True),
            allow_private=given.get("allow_private", False),
            limit=given.get("limit"),
            concurrency=given.get("concurrency", CrawlOptions.concurrency),
            per_host=given.get("per_host", CrawlOptions.per_host),
            per_host_delay=_seconds(given.get("per_host_delay")),
            contact=given.get("contact"),
            keys=_keys(path, given.get("registries", {})),
            only=tuple(given.get("only", ())),
            exclude=tuple(given.get("exclude", ())),
            static=Static(given.get("static", CrawlOptions.static)),
            full=given.get("full", CrawlOptions.full),
        ),
        database=given.get("database"),
        max_age=parse_age(given["max_age"]) if "max_age" in given else None,
    )


_HEADER_SIGNS = frozenset("!#$%&'*+-.^_`|~")


def _keys(path: Path, registries: dict[str, Any]) -> "tuple[KeyHeader, ...]":
    """Return the headers for registries; their keys stay in the environment."""
    if not registries:
        return ()
    from crawler.fetch.keys import KeyHeader

    found = []
    for url, told in registries.items():
        where = f'{path}: [registries."{one_line(url)}"]'
        if not _is_web(url):
            raise TargetError(f"{where} must be named by an address as https://HOST")
        headers = told.get("headers_env") if isinstance(told, dict) else None
        if not isinstance(headers, dict) or len(told) != 1:
            raise TargetError(f'{where} must hold headers_env = {{"HEADER" = "VARIABLE"}} alone')
        for header, variable in headers.items():
            is_token = all(c in _HEADER_SIGNS or (c.isascii() and c.isalnum()) for c in header)
            is_name = isinstance(variable, str) and variable.isascii() and variable.isidentifier()
            if not header or not is_token or not is_name:
                raise TargetError(f"{where} must map a header to the name of a variable")
            found.append(KeyHeader(url, header, variable))
    return tuple(found)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in url
    except ValueError:
        return False


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)


def _check(path: Path, given: dict[str, Any]) -> None:
    for key, value in given.items():
        kinds = _KINDS.get(key)
        if kinds is None:
            known = ", ".join(_KINDS)
            raise TargetError(f"{path}: {key!r} is no setting; known are {known}")
        is_wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        is_wrong |= isinstance(value, list) and not all(isinstance(one, str) for one in value)
        is_wrong |= isinstance(value, int | float) and not 0 <= value < float("inf")
        if is_wrong or (key in ("concurrency", "per_host", "limit") and value < 1):
            wanted = "a list of texts" if kinds == (list,) else kinds[-1].__name__
            raise TargetError(f"{path}: {key} must be {wanted}, and not {str(value)[:40]!r}")
        if key == "contact" and not (value.isascii() and value.isprintable()):
            raise TargetError(f"{path}: contact is sent in a header and must be printable ASCII")
        if key == "static" and value not in list(Static):
            known = ", ".join(Static)
            raise TargetError(f"{path}: static must be one of {known}, and not {value[:40]!r}")
