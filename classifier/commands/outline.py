"""The parameters of a definition for a person at a terminal: path, type, what is admitted, what is said.

The schema is walked as the classifier walks it, so that what is shown is what was judged. Every text is
hostile: none of its lines can pass for one of ours, and what cannot be printed is seen as such.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crawler.printable import in_a_line, shown

if TYPE_CHECKING:
    from crawler.records import Tool

_MOST = 60
_MOST_SAID = 1000
"""Characters of what is said of one parameter."""

_NO_TYPES = ("one of a list", "not said")
"""What stands for a type where there is none: the values say more, or nothing does."""


def _as_it_is(text: str, _: str) -> str:
    return text


def outline(tool: "Tool", mark: Callable[[str, str], str] = _as_it_is) -> list[str]:
    """Return the lines for the input schema; none where it has no parameter.

    `mark` is given each name and text with its JSON Pointer, and puts brackets around what is quoted.
    """
    from classifier.pages.constraints import constraints, type_name
    from classifier.parameters import parameters

    found, is_cut = parameters(tool.input_schema)
    lines: list[str] = []
    for one in found[:_MOST]:
        node = _node(tool.input_schema, one.pointer)
        given = node if isinstance(node, dict) else {}
        kind = type_name(given)
        about = [] if kind in _NO_TYPES else [kind]
        about += [*(["required"] if one.required else []), *constraints(given)]
        name = in_a_line(mark(one.name, one.pointer))
        told = f": {in_a_line('; '.join(about))}" if about else ""
        lines.append(f"  - {_before(one.pointer)}{name}{told}")
        lines += _said(given.get("description"), one.pointer, mark)
    if len(found) > _MOST or is_cut:
        lines.append("  - ... and more; see `toolrisk export`")
    return lines


def _said(text: object, pointer: str, mark: Callable[[str, str], str]) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return []
    told = shown(mark(text[:_MOST_SAID], f"{pointer}/description"))
    lines = [f"      | {line}" for line in told.strip("\n").split("\n")]
    if len(text) > _MOST_SAID:
        lines.append(f"      ... {len(text) - _MOST_SAID:,} more characters; see `toolrisk export`")
    return lines


def _node(schema: Any, pointer: str) -> Any:
    """Return what a pointer of `classifier.parameters` points to."""
    node = schema
    for part in pointer.split("/")[2:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(key)] if key.isdecimal() and int(key) < len(node) else None
        else:
            node = node.get(key) if isinstance(node, dict) else None
    return node


def _before(pointer: str) -> str:
    """Return in what a parameter stands: `filter.` of `filter.owner`, `items[].` of `items[].id`."""
    path, parts = "", pointer.split("/")[2:-1]
    index = 0
    while index < len(parts):
        part = parts[index]
        if part == "properties":
            if index + 1 < len(parts):
                path += f"{'.' if path else ''}{parts[index + 1]}"
            index += 2
        elif part in {"$defs", "definitions"}:
            path = parts[index + 1] if index + 1 < len(parts) else path
            index += 2
        else:
            path += "[]" if part == "items" else ""
            index += 1
    path = path.replace("~1", "/").replace("~0", "~")
    return in_a_line(f"{path}.") if path else ""
