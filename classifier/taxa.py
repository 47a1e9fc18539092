"""The frameworks that references name, with their versions and the titles of ids.

The table is data/threat_mapping.toml. A reference may carry its edition (`MCP03:2025`); the taxon is
the part before it. Which signal refers to what is said by the signal itself.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from classifier.errors import DataError
from classifier.resources import data_dir


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """One framework: how its ids begin, and the version that is meant."""

    prefix: str
    name: str
    organization: str
    version: str
    status: str
    url: str


@cache
def _table() -> dict[str, Any]:
    path = data_dir() / "threat_mapping.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        frameworks = tuple(Taxonomy(**one) for one in given["framework"])
        return {"frameworks": frameworks, "titles": dict(given["titles"])}
    except (OSError, KeyError, ValueError, TypeError) as cause:
        raise DataError(
            f"{path.name}: cannot be read as frameworks and titles: {cause!r}"
        ) from cause


def taxonomies() -> tuple[Taxonomy, ...]:
    """Return the frameworks in the order of the file.

    Raises:
        DataError: the file does not say what it must.

    """
    found: tuple[Taxonomy, ...] = _table()["frameworks"]
    return found


def titles() -> dict[str, str]:
    """Return the title of every id that we refer to."""
    found: dict[str, str] = _table()["titles"]
    return found


def taxonomy_of(reference: str) -> Taxonomy | None:
    """Return the framework that a reference belongs to, or None for one we do not know."""
    return next((one for one in taxonomies() if reference.startswith(one.prefix)), None)


def taxon(reference: str) -> str:
    """Return the id without its edition."""
    return reference.partition(":")[0]


def explained(reference: str) -> str:
    """Return framework, version and title of a reference, as a person reads it."""
    framework, title = taxonomy_of(reference), titles().get(taxon(reference))
    if framework is None or title is None:
        return reference
    return f"{framework.name} ({framework.version}): {title}"
