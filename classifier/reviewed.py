"""Definitions that careful people have already read: looked up first, never guessed again.

Facts only: digests and labels. A line of data/labels/reviewed.tsv is
`text digest, definition digest, category, risk, signals, certainty, server, tool`; a digest is the
first 16 hexadecimal digits of a SHA-256. A person's own reviews have the same form.
"""

import codecs
import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import orjson

from classifier.errors import DataError
from classifier.resources import data_dir
from classifier.verdict import Category, Risk
from crawler.records import Tool, canonical_json

_FIELDS = 6
_DIGITS = 16
_HEXADECIMAL = frozenset("0123456789abcdef")
_FORM = "two digests, category, risk, signals and certainty, with tabs between"
_HEAD = b"# text digest\t"
_FEW = 5


class Review(NamedTuple):
    """What was decided by reading one definition."""

    category: Category
    risk: Risk
    signals: frozenset[str]  # signal ids
    certainty: int
    exact: bool  # the whole definition is the one that was read, not only name and description


def text_digest(tool: Tool) -> str:
    """Return the digest of name and description."""
    given = [tool.name, tool.description or ""]
    try:
        text = orjson.dumps(given)  # of strings the same bytes, and ten times as fast
    except TypeError:  # a lone surrogate
        text = canonical_json(given).encode()
    return hashlib.sha256(text).hexdigest()[:_DIGITS]


def user_file() -> Path:
    """Return where a person's own reviews live."""
    from platformdirs import user_data_path

    return user_data_path("toolrisk") / "reviewed.tsv"


def takes_reviews(path: Path) -> bool:
    """Say whether a line can be added to a file: it holds reviews or nothing, or is not there.

    Raises:
        OSError: it cannot be read.

    """
    if not path.is_file():
        return True
    has_comments = False
    with path.open("rb") as file:
        for line in (raw.removeprefix(codecs.BOM_UTF8).strip() for raw in file):
            if line.startswith(_HEAD):
                return True
            if line and not line.startswith(b"#"):
                return is_review(line.decode("utf-8", "replace"))
            has_comments = has_comments or bool(line)
    return not has_comments  # somebody else's, so far of comments alone


def is_review(line: str) -> bool:
    """Say whether a line has the fields of a review; what they hold is looked at when it is found."""
    fields = line.split("\t")
    return len(fields) >= _FIELDS and all(
        len(digest) == _DIGITS and _HEXADECIMAL.issuperset(digest) for digest in fields[:2]
    )


@cache
def _shipped() -> bytes:
    """Return the shipped file: its lines are sorted by text digest, so nothing has to be parsed."""
    path = data_dir() / "labels" / "reviewed.tsv"
    return path.read_bytes() if path.is_file() else b""


def _find(lines: bytes, digest: bytes) -> str | None:
    """Return the line that begins with a digest, by halving the sorted lines."""
    low, high = 0, len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.find(b"\n", start, high)
        end = high if end < 0 else end + 1
        key = lines[start : start + _DIGITS]
        if key == digest:
            return lines[start:end].decode().rstrip("\n")
        if key < digest:  # the header begins with "#", which comes before every digit
            low = end
        else:
            high = start
    return None


class _Own(NamedTuple):
    """A person's reviews by text digest, and the numbers of lines that are none."""

    reviews: dict[str, str]
    strays: tuple[int, ...] = ()


_NONE = _Own({})


def _own(extra: Path | None) -> _Own:
    """Return a person's reviews, as the file is now; the last line of a digest holds."""
    if extra is None or not extra.is_file():
        return _NONE
    now = extra.stat()
    return _read_own(extra, now.st_mtime_ns, now.st_size)


@lru_cache(maxsize=4)
def _read_own(extra: Path, _changed: int, _size: int) -> _Own:
    try:
        lines = extra.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as cause:
        raise DataError(
            f"{extra} is not UTF-8 text (byte {cause.start}); save it as UTF-8"
        ) from cause
    except OSError as cause:
        raise DataError(f"{extra} cannot be read: {cause.strerror}") from cause
    reviews: dict[str, str] = {}
    strays: list[int] = []
    for number, line in enumerate(lines, start=1):
        if is_review(line):
            reviews[line[:_DIGITS]] = line.rstrip("\r")
        elif line.strip() and line[0] != "#":
            strays.append(number)
    return _Own(reviews, tuple(strays))


def stray_note(extra: Path) -> str:
    """Say which lines of a person's file are no reviews, so that nothing looks them up; or nothing.

    Raises:
        DataError: it cannot be read as text.

    """
    strays = _own(extra).strays
    if not strays:
        return ""
    first, *rest = strays
    listed = ", ".join(map(str, rest[:_FEW])) + (", ..." if len(rest) > _FEW else "")
    more = f"; so {'is line' if len(rest) == 1 else 'are lines'} {listed}" if rest else ""
    return f"{extra}:{first}: no review ({_FORM}), left out{more}"


def count(extra: Path | None = None) -> int:
    """Return how many definitions can be looked up."""
    known = (line[:_DIGITS].decode() for line in _shipped().splitlines() if line[:1] != b"#")
    return len({*known, *_own(extra).reviews})


def version(extra: Path | None = None) -> str:
    """Return a digest of all reviews that are looked up: what was classified by others is out of date."""
    given = hashlib.sha256(_shipped())
    given.update("\n".join(sorted(_own(extra).reviews.values())).encode())
    return given.hexdigest()


def lookup(tool: Tool, extra: Path | None = None) -> Review | None:
    """Return the review of a definition, if its name and description were read before.

    Raises:
        DataError: the line found is malformed.

    """
    digest = text_digest(tool)
    line, path = _own(extra).reviews.get(digest), str(extra)
    if line is None:
        line, path = _find(_shipped(), digest.encode()), "labels/reviewed.tsv"
    if line is None:
        return None
    fields = line.split("\t")
    if len(fields) < _FIELDS:
        raise DataError(f"{path}: malformed review {line[:40]!r}")
    try:
        return Review(
            category=Category(fields[2]),
            risk=Risk(fields[3]),
            signals=_signals(fields[4]),
            certainty=_certainty(fields[5]),
            exact=fields[1] == tool.definition_sha256[:_DIGITS],
        )
    except ValueError as cause:
        raise DataError(f"{path}: {cause} in review {line[:40]!r}") from cause


@lru_cache(maxsize=1024)
def _signals(text: str) -> frozenset[str]:
    """Read signals by their ids; a word that is none must not be lost, for it would lower the risk."""
    from classifier.signals import detectors

    found = frozenset(text.split())
    unknown = sorted(found - {detector.signal.id for detector in detectors() if detector.label})
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no signal of a review")
    return found


def _certainty(text: str) -> int:
    if text not in {"1", "2", "3"}:
        raise ValueError(f"{text!r} is no certainty (1, 2 or 3)")
    return int(text)
