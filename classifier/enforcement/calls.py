"""Calls to simulate, one JSON object a line, and what becomes of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from classifier.enforcement.simulation import Call, Simulator
from classifier.errors import PolicyError
from crawler.parse import load_json

_LATEST = 253_402_300_799
"""The end of the year 9999; NaN and the infinities are beyond any bound."""


def read_calls(
    lines: Iterable[str | bytes], default_server: Callable[[], str | None],
    keys: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Call]:  # fmt: skip
    """Read `{"tool": NAME, "server": KEY, "arguments": {...}, "at": SECONDS or ISO time}`.

    `name` may stand for `tool`, as in a tools/call request. `default_server` is asked for the
    server of a call that names none; nothing where no policy of the target tells servers apart. `keys`
    are those of servers that calls name otherwise.

    Raises:
        PolicyError: a line is no such object, or its server is not known; the message has its number.

    """
    for number, line in enumerate(lines, 1):
        data = line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
        if not data.strip():
            continue
        try:
            value = load_json(data)
        except json.JSONDecodeError as error:
            raise PolicyError(f"calls line {number}: not valid JSON: {error.msg}") from error
        except UnicodeDecodeError as error:
            raise PolicyError(f"calls line {number}: not UTF-8 text") from error
        if not isinstance(value, dict):
            raise PolicyError(f"calls line {number}: an object is needed")
        call = _call(value, default_server, number)
        yield replace(call, server=keys.get(call.server, call.server))


def _call(value: dict[str, Any], default_server: Callable[[], str | None], number: int) -> Call:
    tool = value.get("tool", value.get("name"))
    server = value.get("server")
    arguments = value.get("arguments", {})
    if not isinstance(tool, str) or not isinstance(arguments, dict):
        raise PolicyError(f"calls line {number}: needs a tool, and arguments as an object")
    if not isinstance(server, str | None):
        raise PolicyError(f"calls line {number}: server is no string; give its key")
    if server is None:
        try:
            server = default_server() or ""
        except PolicyError as error:
            raise PolicyError(f"calls line {number}: {error}") from error
    at = _seconds(value.get("at", 0), number)
    return Call(server=server, tool=tool, arguments=arguments, at=at)


def _seconds(value: object, number: int) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) <= _LATEST:
            return float(value)
        raise PolicyError(f"calls line {number}: at is no time")
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise PolicyError(f"calls line {number}: at is no ISO time and no number") from error
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def answers(decide: Simulator, calls: Iterable[Call]) -> Iterator[dict[str, Any]]:
    """Yield an object for each call, with what becomes of it; a server that is not named is null."""
    for call in calls:
        yield {"server": call.server or None, "tool": call.tool, "decision": decide(call).value}
