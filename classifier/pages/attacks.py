"""Attack patterns (data/attacks.toml) and which of them use the access that a tool gives."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from classifier.errors import DataError
from classifier.resources import data_dir
from classifier.taxa import explained, titles
from classifier.verdict import Category, Classification, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A link to read more."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One documented pattern.

    What it uses is sorted: a page's digest is made of it, and the order of a set is chance.
    """

    slug: str
    title: str
    sentence: str
    looks_like: str
    defence: str
    signals: tuple[str, ...]
    kinds: tuple[Kind, ...]
    categories: tuple[Category, ...]
    ids: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]

    def uses(self, verdict: Classification) -> bool:
        """Say whether the pattern uses the access that a tool gives."""
        return verdict.category in self.categories or any(
            f.signal.id in self.signals or f.signal.kind in self.kinds for f in verdict.findings
        )

    @property
    def is_general(self) -> bool:
        """Say whether it concerns every tool of a category, whatever was found."""
        return bool(self.categories)


@lru_cache(maxsize=1)
def attacks() -> tuple[Attack, ...]:
    """Return the patterns in the order of the file.

    Raises:
        DataError: the file does not say what it must.

    """
    path = data_dir() / "attacks.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(_attack(entry) for entry in given["attack"])
    except (OSError, KeyError, ValueError, TypeError) as cause:
        raise DataError(f"{path.name}: cannot be read as attack patterns: {cause!r}") from cause


def _attack(entry: dict[str, Any]) -> Attack:
    if unknown := set(entry.get("ids", ())) - set(titles()):
        raise ValueError(f"{entry['slug']}: ids without a title: {sorted(unknown)}")
    return Attack(
        slug=entry["slug"],
        title=entry["title"],
        sentence=entry["sentence"],
        looks_like=entry["looks_like"],
        defence=entry["defence"],
        signals=tuple(sorted(entry.get("signals", ()))),
        kinds=tuple(sorted(map(Kind, entry.get("kinds", ())))),
        categories=tuple(sorted(map(Category, entry.get("categories", ())))),
        ids=tuple((id_, explained(id_)) for id_ in entry.get("ids", ())),
        references=tuple(Reference(**ref) for ref in entry["references"]),
    )


def attacks_on(verdict: Classification) -> tuple[Attack, ...]:
    """Return the patterns that use what a tool offers, the specific ones first."""
    found = [attack for attack in attacks() if attack.uses(verdict)]
    return tuple(sorted(found, key=lambda attack: attack.is_general))
