"""Reading and writing policy documents by libraries, with one clear line when they are broken."""

from __future__ import annotations

import importlib
import json
import re  # noqa: TID251  # anchored class over our own words, linear
import tomllib
from functools import lru_cache
from types import ModuleType
from typing import Any

import yaml

from classifier.errors import PolicyError


class Name(str):
    """A text from outside, which YAML output always quotes: `on`, `no`, `1` and `~` are names."""

    __slots__ = ()


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*[.]?")
AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Texts, in lower case, that some reader of YAML takes for something else."""
_MAPPING = yaml.MappingStartEvent(None, None, implicit=True, flow_style=False)
_SEQUENCE = yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False)
_EMPTY_MAPPING = yaml.MappingStartEvent(None, None, implicit=True, flow_style=True)
_EMPTY_SEQUENCE = yaml.SequenceStartEvent(None, None, implicit=True, flow_style=True)
_MAPPING_END, _SEQUENCE_END = yaml.MappingEndEvent(), yaml.SequenceEndEvent()


def dump_yaml(value: object, header: tuple[str, ...] = ()) -> str:
    """Write YAML in ASCII, keys in the given order, with comment lines of our own words first.

    The events go straight to the library's emitter, which does all escaping: its representer
    would take most of the time for 100,000 tools.
    """
    events: list[yaml.Event] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    _events(value, events)
    events += [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    text: str = yaml.emit(events, Dumper=yaml.CDumper, width=10_000)
    return comment(header) + text


def _events(value: object, events: list[yaml.Event]) -> None:
    if isinstance(value, dict):
        events.append(_MAPPING if value else _EMPTY_MAPPING)
        for key, item in value.items():
            events.append(_scalar(key))
            _events(item, events)
        events.append(_MAPPING_END)
    elif isinstance(value, list):
        events.append(_SEQUENCE if value else _EMPTY_SEQUENCE)
        for item in value:
            _events(item, events)
        events.append(_SEQUENCE_END)
    else:
        events.append(_scalar(value))


def _scalar(value: object) -> yaml.ScalarEvent:
    return _quoted(value) if isinstance(value, Name) else _own_scalar(value, type(value).__name__)


def _quoted(text: str) -> yaml.ScalarEvent:
    return yaml.ScalarEvent(None, None, (False, True), str(text), style='"')


@lru_cache(maxsize=4096)
def _own_scalar(value: object, kind: str) -> yaml.ScalarEvent:
    """Return a scalar of our own: plain where every reader takes it for the same text."""
    if kind == "bool":
        text = "true" if value else "false"
    elif kind in {"int", "float"}:
        text = repr(value)
    else:
        text = str(value)
        if not _PLAIN.fullmatch(text) or text.lower() in AMBIGUOUS:
            return _quoted(text)
    return yaml.ScalarEvent(None, None, (True, False), text)


def comment(lines: tuple[str, ...], mark: str = "# ") -> str:
    """Write comment lines; a line break in one of them cannot end the comment."""
    return "".join(f"{mark}{' '.join(line.split())}\n" for line in lines)


def read_yaml(text: str, what: str) -> Any:
    """Read one YAML document.

    Raises:
        PolicyError: it is not valid YAML; the message has the line.

    """
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise PolicyError(f"{what}: not valid YAML{where}") from error


def read_json(text: str, what: str) -> Any:
    """Read a JSON document.

    Raises:
        PolicyError: it is not valid JSON; the message has line and column.

    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise PolicyError(
            f"{what}: not valid JSON at line {error.lineno} column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise PolicyError(f"{what}: JSON nested too deeply") from error


def write_json(value: object, like: str) -> str:
    """Write JSON with the indentation of an existing text (two blanks where it has none)."""
    second = next((line for line in like.splitlines()[1:] if line.strip()), "  ")
    indent = second[: len(second) - len(second.lstrip())] or "  "
    end = "" if like.strip() and not like.endswith("\n") else "\n"
    return json.dumps(value, indent=indent, ensure_ascii=False) + end


def read_toml(text: str, what: str) -> dict[str, Any]:
    """Read a TOML document.

    Raises:
        PolicyError: it is not valid TOML.

    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"{what}: not valid TOML: {error}") from error


def mapping(value: object, what: str) -> dict[str, Any]:
    """Return a value that must be a mapping; absent counts as empty.

    Raises:
        PolicyError: it is something else.

    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PolicyError(f"{what}: a mapping is needed here")
    return value


def sequence(value: object, what: str) -> list[Any]:
    """Return a value that must be a list; absent counts as empty.

    Raises:
        PolicyError: it is something else.

    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise PolicyError(f"{what}: a list is needed here")
    return value


def engine(module: str, package: str) -> ModuleType:
    """Import an optional engine.

    Raises:
        PolicyError: it is not installed.

    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PolicyError(
            f"this needs {package}, which is not installed: pip install {package}"
        ) from error
