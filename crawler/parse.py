"""Wire JSON to records: the one parser that probes, sources and files share.

Values are kept exactly as received, because evidence offsets refer to them: integers beyond 64
bits stay integers, lone surrogates stay. Import-light: standard library and orjson, because
`classify FILE` starts here.
"""

import json
import math
import re  # noqa: TID251 - one class with a bound: linear
from collections.abc import Mapping
from typing import Any

import orjson

from crawler.json_kinds import kind
from crawler.records import JsonObject, ServerName, Tool

MAX_DEPTH = 250
"""Levels of nesting of one tool definition; orjson refuses to write more than 254."""

_DIGITS = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))
_LONG_NUMBER = b"0" * 19


class MalformedToolError(ValueError):
    """A wire object that is no tool; the message says why, in one line."""


def load_json(data: bytes) -> Any:
    """Read one JSON text (UTF-8, a byte order mark is tolerated).

    orjson turns integers beyond 64 bits into floats and refuses lone surrogates; the standard
    library reads both, so it takes over where a text could hold them. It would also make an
    infinity of 1e400, which no JSON text can say again: such a number is refused like the word.

    Raises:
        json.JSONDecodeError: not JSON; `lineno`, `colno` and `msg` say where and what.
        UnicodeDecodeError: not UTF-8.

    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _LONG_NUMBER not in data.translate(_DIGITS):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    text = data.decode()
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, 0) from None
    except _ConstantError as error:
        name, why = error.args
        raise json.JSONDecodeError(f"{name[:40]} {why}", text, text.find(name)) from None
    except ValueError:  # Python refuses integers of more than 4,300 digits
        found = _too_long.search(text)
        at = found.start() if found else 0
        raise json.JSONDecodeError("a number is too long", text, at) from None


_too_long = re.compile(r"[0-9]{4301}")


class _ConstantError(ValueError):
    """NaN or an infinity, which JSON does not know; holds how it is written and what is wrong."""


def _refuse_constant(name: str) -> Any:
    raise _ConstantError(name, "is not a JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _ConstantError(text, "is larger than numbers can be")
    return value


def parse_tool(server: ServerName, value: object, server_text: str = "") -> Tool:
    """Read one wire object (`name, title, description, inputSchema, ...`) as a tool.

    A title or description that is no string is kept in `extra`, and the tool counts as having
    none. Schemas and annotations are kept whatever they are.

    Raises:
        MalformedToolError: no object, no name, or nested beyond `MAX_DEPTH`.

    """
    if not isinstance(value, Mapping):
        raise MalformedToolError(f"a tool must be an object, not {kind(value)}")
    rest: JsonObject = dict(value)
    name = rest.pop("name", None)
    if not isinstance(name, str):
        raise MalformedToolError(f"a tool needs a name that is a string, not {kind(name)}")
    if is_too_deep(value):
        raise MalformedToolError(f"tool {name[:60]!r} is nested deeper than {MAX_DEPTH} levels")
    texts = {key: rest.pop(key) for key in _TEXTS if isinstance(rest.get(key), str)}
    return Tool(
        server=server,
        name=name,
        title=texts.get("title"),
        description=texts.get("description"),
        input_schema=rest.pop("inputSchema", None),
        output_schema=rest.pop("outputSchema", None),
        annotations=rest.pop("annotations", None),
        server_text=server_text,
        extra=rest,
    )


_TEXTS = ("title", "description")


def parse_tools(
    server: ServerName, values: list[Any], server_text: str = ""
) -> tuple[list[Tool], list[str]]:
    """Read the tools of one page; a malformed one costs itself, never its neighbours.

    Returns the tools, and one line for each that was left out.
    """
    tools: list[Tool] = []
    problems: list[str] = []
    for index, value in enumerate(values):
        try:
            tools.append(parse_tool(server, value, server_text))
        except MalformedToolError as error:
            problems.append(f"tools[{index}]: {error}")
    return tools, problems


def is_too_deep(value: object) -> bool:
    """Say whether a JSON value nests beyond `MAX_DEPTH`.

    orjson's own limit answers for nearly every value at the speed of C.
    """
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        pass
    else:
        return False
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, Mapping | list)
            for child in (item.values() if isinstance(item, Mapping) else item)
        ]
        if not level:
            return False
    return True
