"""What looks like a tool in source code and is none.

Catalogues that read sources have published template text (`high_${kind}`), values of enumerations
(`paused`) and headings of docstrings (`Input`, `Returns`) as tools. Each is dropped with a reason,
and counted.
"""

import re2

from crawler.static.found import ELLIPSIS, UNKNOWN, Found

_NAME = re2.compile(  # type: ignore[no-untyped-call]
    r"[A-Za-z0-9_][A-Za-z0-9_./:-]{0,127}"
)
"""A name as the specification (2025-11-25) wants it; slash and colon are used as separators."""
_TEMPLATE = re2.compile(  # type: ignore[no-untyped-call]
    r"[$#{}<>%]|\.\.\."
)
_HEADINGS = frozenset({"input", "inputs", "output", "outputs", "returns", "return", "args", "arguments", "parameters", "params", "example", "examples", "raises", "description", "name", "title", "note", "notes", "tool", "tools", "required", "optional", "usage", "error", "result", "results", "response", "request", "default", "string", "number", "boolean", "object", "array", "any", "unknown", "undefined", "null"})  # fmt: skip


def reason(found: Found, enum_values: frozenset[str]) -> str | None:  # noqa: PLR0911 - a reason each
    """Return why a definition is no tool, or None where it is one."""
    name = found.name
    if name is UNKNOWN:
        return "name made at run time"
    if not isinstance(name, str) or not name.strip():
        return "no name"
    if _TEMPLATE.search(name):
        return "template text"
    if not _NAME.fullmatch(name):
        return "not a name"
    if found.is_registered:
        return None
    is_bare = found.input_schema is None or not found.input_schema.get("properties")
    if is_bare and ELLIPSIS in (found.description or ""):
        return "template text"
    if is_bare and name in enum_values:
        return "enum value"
    is_word = name.isalpha() and name[1:].islower()
    if is_bare and is_word and (name[0].isupper() or name in _HEADINGS):
        return "one-word name"
    if found.description is None and found.input_schema is None:
        return "no definition"
    return None


def enum_values(found: list[Found]) -> frozenset[str]:
    """Return every value that a schema of the package enumerates."""
    values: set[str] = set()
    queue: list[object] = [f.input_schema for f in found if f.input_schema]
    for item in queue:  # grows while it is walked
        if isinstance(item, dict):
            listed = item.get("enum")
            if isinstance(listed, list):
                values.update(v for v in listed if isinstance(v, str))
            queue += item.values()
        elif isinstance(item, list):
            queue += item
    return frozenset(values)
