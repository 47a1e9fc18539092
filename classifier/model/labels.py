"""Labelled tools for training and evaluation: gold files, our own digests, a user's reviews."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import LabelError
from classifier.model.outputs import CATEGORIES, LABEL_SIGNALS, RISKS
from crawler.parse import MalformedToolError, load_json
from crawler.printable import counted
from crawler.records import ServerName, Tool
from crawler.tool_forms import unwrapped

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


class _Line(NamedTuple):
    """One definition of a file, and where it stands."""

    where: str
    family: str
    tool: Tool
    row: dict[str, Any]


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
                    value = load_json(line)
                    if not isinstance(value, dict):
                        raise LabelError(f"{path}:{number}: expected an object")
                    yield number, value
    except (OSError, EOFError, zlib.error) as cause:  # a compressed file may be cut or no such file
        reason = getattr(cause, "strerror", None) or cause
        raise LabelError(f"{path}: {reason}; give a JSONL file of labels") from cause
    except JSONDecodeError as cause:
        raise LabelError(f"{path}:{number}: not JSON: {cause.msg}, column {cause.colno}") from cause
    except UnicodeDecodeError as cause:
        raise LabelError(f"{path}:{number}: not UTF-8 text (byte {cause.start})") from cause


def read_labels(path: Path) -> list[Labelled]:
    """Read labelled definitions: the keys of gold.jsonl; `server_family` falls back to `server`."""
    return [_labelled(_require_whole(line), _answer(line.where, line.row)) for line in _read(path)]


def read_written(path: Path) -> list[Labelled]:
    """Read definitions that were invented for training: they count a third, and stay out of every fold.

    Less, because what is worth inventing is what misleads, and the world misleads less often.
    """
    return [replace(item, family=WRITTEN, weight=_WRITTEN) for item in read_labels(path)]


def to_tool(row: dict[str, Any]) -> Tool:
    """Make a tool of a corpus or gold row, or of a line of `toolrisk export`.

    Raises:
        MalformedToolError: it is what another command said of a tool, without the definition.

    """
    row = unwrapped({key: value for key, value in row.items() if value is not None})
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


def _read(path: Path) -> Iterator[_Line]:
    """Yield the definitions of a file, whatever their parts are.

    Raises:
        LabelError: a line holds none.

    """
    for number, row in lines(path):
        try:
            tool = to_tool(row)
        except MalformedToolError as cause:
            raise LabelError(f"{path}:{number}: {cause}") from cause
        family = row.get("server_family") or row.get("server") or number
        yield _Line(f"{path}:{number}", str(family), tool, row)


def _require_whole(line: _Line) -> _Line:
    """Refuse a definition of which a part would not count: what is learned would be of the rest.

    Of a label by digest that is no fault: there the definition is as some server sent it.

    Raises:
        LabelError: it has no name, or a part that must be an object is none.

    """
    if not str(line.tool.name).strip():
        raise LabelError(f"{line.where}: no tool is named; give its name as `tool`")
    for key in ("input_schema", "output_schema", "annotations"):
        if not isinstance(getattr(line.tool, key), dict | None):
            told = f"{key} must be an object; correct it, or take the line out"
            raise LabelError(f"{line.where}: {told}")
    return line


def _labelled(line: _Line, answer: _Answer) -> Labelled:
    """Put a definition and what is said of it together.

    Raises:
        LabelError: the definition is not made of texts.

    """
    tool = line.tool
    if not isinstance(tool.name, str) or not isinstance(tool.server, str):
        raise LabelError(f"{line.where}: tool and server must be texts")
    if not isinstance(tool.title, str | None) or not isinstance(tool.description, str | None):
        raise LabelError(f"{line.where}: title and description must be texts")
    return Labelled(
        tool=tool,
        family=line.family,
        category=answer.category,
        risk=answer.risk,
        signals=answer.signals,
        certainty=answer.certainty,
    )


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
    facts: Sequence[Path],
    corpora: Sequence[Path],
    known: Collection[str],
    say: Callable[[str], None] = lambda _: None,
) -> list[Labelled]:
    """Join labels by digest with the definitions they speak of; `known` digests are left out.

    Of a digest that stands in several lines or files, the last one holds, as in the look-up. `say`
    is told, a line a file, how many labels speak of no definition that is there.

    Raises:
        LabelError: a file is missing or malformed.

    """
    from classifier.reviewed import text_digest

    answers = {digest: (answer, path) for path in facts for digest, answer in _facts(path)}
    given = Counter(path for _, path in answers.values())
    found: list[Labelled] = []
    for corpus in corpora:
        for line in _read(corpus):
            answer, _ = answers.pop(text_digest(line.tool), (None, None))
            if answer and line.tool.definition_sha256 not in known:
                found.append(_labelled(line, answer))
    for path, count in Counter(path for _, path in answers.values()).items():
        of = f"{count:,} of {counted(given[path], 'label')}"
        say(f"{path}: {of} not used: --corpus holds no definition with that digest")
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
