"""Definitions that careful people have already read: looked up first, never guessed again.

Facts only: digests and labels. A line of data/labels/reviewed.tsv is
`text digest, definition digest, category, risk, signals, certainty, server, tool`; a digest is the
first 16 hexadecimal digits of a SHA-256. A person's own reviews have the same form.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from classifier.errors import DataError
from classifier.resources import data_dir
from classifier.verdict import Category, Risk
from crawler.records import Tool, canonical_json, sha256

_FIELDS = 6
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Review:
    """What was decided by reading one definition."""

    category: Category
    risk: Risk
    signals: frozenset[str]  # signal ids
    certainty: int
    exact: bool  # the whole definition is the one that was read, not only name and description


def text_digest(tool: Tool) -> str:
    """Return the digest of name and description."""
    return sha256(canonical_json([tool.name, tool.description or ""]))[:_DIGITS]


def user_file() -> Path:
    """Return where a person's own reviews live."""
    from platformdirs import user_data_path

    return user_data_path("toolrisk") / "reviewed.tsv"


@cache
def _table(extra: Path | None) -> dict[str, tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for path in (data_dir() / "labels" / "reviewed.tsv", extra):
        if path is None or not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and line[0] != "#":
                rows[line[:_DIGITS]] = (line, str(path))
    return rows


def count(extra: Path | None = None) -> int:
    """Return how many definitions can be looked up."""
    return len(_table(extra))


def lookup(tool: Tool, extra: Path | None = None) -> Review | None:
    """Return the review of a definition, if its name and description were read before.

    Raises:
        DataError: the line found is malformed.

    """
    found = _table(extra).get(text_digest(tool))
    if found is None:
        return None
    line, path = found
    fields = line.split("\t")
    if len(fields) < _FIELDS:
        raise DataError(f"{path}: malformed review {line[:40]!r}")
    try:
        return Review(
            category=Category(fields[2]),
            risk=Risk(fields[3]),
            signals=frozenset(fields[4].split()),
            certainty=int(fields[5]),
            exact=fields[1] == tool.definition_sha256[:_DIGITS],
        )
    except ValueError as cause:
        raise DataError(f"{path}: {cause} in review {line[:40]!r}") from cause
