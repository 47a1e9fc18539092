"""Labelled tools for training and evaluation: gold files, our own digests, a user's reviews."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from classifier.errors import LabelError
from classifier.model.runtime import CATEGORIES, LABEL_SIGNALS, RISKS
from crawler.records import ServerName, Tool

WRITTEN = ""
"""The family of invented definitions: of no server, so that every fold may learn from them."""

_WRITTEN = 0.35
_FACT_FIELDS = 6
"""Two digests, category, risk, signals, certainty; server and tool may follow."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One tool with what careful people say of it."""

    tool: Tool
    family: str  # servers that share tools; a split never parts them
    category: str
    risk: str
    signals: frozenset[str]
    certainty: int  # 3 clear, 2 arguable, 1 the definition says too little
    weight: float = 1.0  # how much it counts when weights are fitted


class _Answer(NamedTuple):
    """What is said of one definition."""

    category: str
    risk: str
    signals: frozenset[str]
    certainty: int


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSONL file (also .gz) with their line numbers.

    Raises:
        LabelError: the file is missing or cut short, or a line is not a JSON object.

    """
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(BOM_UTF8)  # noqa: PLW2901 - as classify reads it
                if line.strip():
                    value = orjson.loads(line)
                    if not isinstance(value, dict):
                        raise LabelError(f"{path}:{number}: expected an object")
                    yield number, value
    except (OSError, EOFError, zlib.error) as cause:  # a compressed file may be cut or no such file
        reason = getattr(cause, "strerror", None) or cause
        raise LabelError(f"{path}: {reason}; give a JSONL file of labels") from cause
    except orjson.JSONDecodeError as cause:
        where = f"{path}:{number}" if number else str(path)
        raise LabelError(f"{where}: not JSON: {cause.msg}, column {cause.colno}") from cause


def read_labels(path: Path) -> list[Labelled]:
    """Read labelled definitions: the keys of gold.jsonl; `server_family` falls back to `server`."""
    return [
        _labelled(path, number, row, _answer(f"{path}:{number}", row))
        for number, row in lines(path)
    ]


def read_written(path: Path) -> list[Labelled]:
    """Read definitions that were invented for training: they count a third, and stay out of every fold.

    Less, because what is worth inventing is what misleads, and the world misleads less often.
    """
    return [replace(item, family=WRITTEN, weight=_WRITTEN) for item in read_labels(path)]


def to_tool(row: dict[str, Any]) -> Tool:
    """Make a tool of a corpus or gold row."""
    title, text = row.get("server_title"), row.get("server_description")
    return Tool(
        server=ServerName(row.get("server") or ""),
        name=row.get("tool") or row.get("name") or "",
        title=row.get("title"),
        description=row.get("description"),
        input_schema=row.get("input_schema", row.get("inputSchema")),
        output_schema=row.get("output_schema", row.get("outputSchema")),
        annotations=row.get("annotations"),
        server_text=". ".join(part for part in (title, text) if isinstance(part, str) and part),
    )


def _labelled(path: Path, number: int, row: dict[str, Any], answer: _Answer) -> Labelled:
    """Put a definition and what is said of it together.

    Raises:
        LabelError: the definition has the wrong shape.

    """
    tool = to_tool(row)
    _require_definition(f"{path}:{number}", tool)
    return Labelled(
        tool=tool,
        family=str(row.get("server_family") or row.get("server") or number),
        category=answer.category,
        risk=answer.risk,
        signals=answer.signals,
        certainty=answer.certainty,
    )


def _require_definition(where: str, tool: Tool) -> None:
    """Refuse a definition of which a part would not count: what is learned would be of the rest."""
    if not isinstance(tool.name, str) or not isinstance(tool.server, str):
        raise LabelError(f"{where}: tool and server must be texts")
    if not tool.name.strip():
        raise LabelError(f"{where}: no tool is named; give its name as `tool`")
    if not isinstance(tool.title, str | None) or not isinstance(tool.description, str | None):
        raise LabelError(f"{where}: title and description must be texts")
    for key in ("input_schema", "output_schema", "annotations"):
        if not isinstance(getattr(tool, key), dict | None):
            raise LabelError(f"{where}: {key} must be an object; correct it, or take the line out")


def _answer(where: str, row: dict[str, Any]) -> _Answer:
    """Read what is said of a definition.

    Raises:
        LabelError: it is no answer.

    """
    category, risk, certainty = row.get("category"), row.get("risk"), row.get("certainty", 3)
    if category not in CATEGORIES or risk not in RISKS:
        raise LabelError(f"{where}: category must be one of {CATEGORIES}, risk of {RISKS}")
    if str(certainty) not in {"1", "2", "3"}:
        raise LabelError(f"{where}: certainty must be 1, 2 or 3")
    return _Answer(category, risk, _signals(where, row.get("signals") or []), int(certainty))


def _signals(where: str, given: Any) -> frozenset[str]:
    if not isinstance(given, list):
        raise LabelError(f"{where}: signals must be a list")
    names = frozenset(str(s).replace("-", "_").replace("bulk_operation", "bulk") for s in given)
    if names - set(LABEL_SIGNALS):
        raise LabelError(f"{where}: unknown signal {sorted(names - set(LABEL_SIGNALS))}")
    return names


def read_facts(
    facts: Sequence[Path], corpora: Sequence[Path], known: Collection[str]
) -> list[Labelled]:
    """Join labels by digest with the definitions they speak of; `known` digests are left out.

    Of a digest that stands in several lines or files, the last one holds, as in the look-up.

    Raises:
        LabelError: a file is missing or malformed.

    """
    from classifier.reviewed import text_digest

    answers = {digest: answer for path in facts for digest, answer in _facts(path)}
    found: list[Labelled] = []
    for path in corpora:
        for number, row in lines(path):
            tool = to_tool(row)
            answer = answers.pop(text_digest(tool), None)
            if answer and tool.definition_sha256 not in known:
                found.append(_labelled(path, number, row, answer))
    return found


def _facts(path: Path) -> Iterator[tuple[str, _Answer]]:
    """Yield the digests of a file of labels by digest, each with what is said of it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as cause:
        raise LabelError(f"{path}: {cause.strerror}; give a file of reviewed digests") from cause
    except UnicodeDecodeError as cause:
        raise LabelError(f"{path} is not UTF-8 text (byte {cause.start})") from cause
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            where, fields = f"{path}:{number}", line.rstrip("\r").split("\t")
            if len(fields) < _FACT_FIELDS:
                raise LabelError(f"{where}: too few fields for a reviewed digest")
            digest, _, category, risk, signals, certainty = fields[:_FACT_FIELDS]
            said = {"category": category, "risk": risk, "signals": signals.split()}
            yield digest, _answer(where, said | {"certainty": certainty})
