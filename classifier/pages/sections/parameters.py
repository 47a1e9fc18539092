"""The parameters: type, whether required, what the schema admits, and which carry risk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.pages import words
from classifier.pages.constraints import constraints, type_name
from classifier.pages.definition import escape
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("parameters", "Parameters", 80)

MOST = 40
MOST_TIGHT = 12
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter; `name` is its path: `filter.owner`, `items[].id`."""

    name: str
    pointer: str
    schema: Mapping[str, Any]
    required: bool


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the parameters, required ones first, each followed by those inside it."""
    schema = page.tool.input_schema
    is_schema = isinstance(schema, dict)
    own = list(_parameters(schema, "/inputSchema", "", 1)) if is_schema else []
    most = MOST_TIGHT if page.is_tight else MOST
    shown = own[:most]
    risks = _risks(page, shown)
    top = [one for one in own if _is_top(one)]
    return {
        "has_schema": is_schema,
        "is_open": is_schema and schema.get("additionalProperties") is not False,
        "rows": [_row(one, risks.get(one.pointer, {})) for one in shown],
        "left_out": len(own) - len(shown),
        "total": len(top),
        "inside": len(own) - len(top),
        "required": sum(one.required for one in top),
    }


def _is_top(one: _Parameter) -> bool:
    return one.pointer.count("/") == 3  # noqa: PLR2004  # /inputSchema/properties/NAME


def _parameters(schema: Any, pointer: str, prefix: str, depth: int) -> Iterator[_Parameter]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    given = schema.get("required")
    required = {name for name in given if isinstance(name, str)} if isinstance(given, list) else ()
    for name in sorted(properties, key=lambda name: name not in required):
        declared = properties[name]
        inner = declared if isinstance(declared, dict) else {}
        place = f"{pointer}/properties/{escape(name)}"
        yield _Parameter(f"{prefix}{name}", place, inner, name in required)
        if depth < DEEPEST:
            yield from _parameters(inner, place, f"{prefix}{name}.", depth + 1)
            items = inner.get("items")
            yield from _parameters(items, f"{place}/items", f"{prefix}{name}[].", depth + 1)


def _risks(page: ToolPage, shown: list[_Parameter]) -> dict[str, dict[str, str]]:
    """Return the signals (id to title) by the pointer of the innermost parameter they are about."""
    pointers = sorted((one.pointer for one in shown), key=len, reverse=True)
    found: dict[str, dict[str, str]] = {}
    for finding in page.classification.findings:
        for evidence in finding.evidence:
            about = f"{evidence.pointer}/"
            for pointer in pointers:
                if about.startswith(f"{pointer}/"):
                    found.setdefault(pointer, {})[finding.signal.id] = finding.signal.title
                    break
    return found


def _row(one: _Parameter, risks: Mapping[str, str]) -> dict[str, Any]:
    description = one.schema.get("description")
    return {
        "name": one.name,
        "type": type_name(one.schema),
        "required": one.required,
        "constraints": constraints(one.schema),
        "description": words.cut(" ".join(description.split()), 200)
        if isinstance(description, str)
        else "",
        "risks": tuple(risks.items()),
    }
