"""The parameters: type, whether required, what the schema admits, and which carry risk."""

from collections.abc import Mapping
from typing import Any

from classifier.pages import words
from classifier.pages.constraints import constraints, type_name
from classifier.pages.definition import escape
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("parameters", "Parameters", 80)

MOST = 40
MOST_TIGHT = 12


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the parameters of the top level, required ones first."""
    schema = page.tool.input_schema
    declared = schema.get("properties") if isinstance(schema, dict) else None
    properties = declared if isinstance(declared, dict) else {}
    given = schema.get("required") if isinstance(schema, dict) else None
    required = {name for name in given if isinstance(name, str)} if isinstance(given, list) else ()
    names = sorted(properties, key=lambda name: name not in required)
    most = MOST_TIGHT if page.is_tight else MOST
    return {
        "has_schema": isinstance(schema, dict),
        "is_open": isinstance(schema, dict) and schema.get("additionalProperties") is not False,
        "rows": [_row(page, name, properties[name], name in required) for name in names[:most]],
        "left_out": max(0, len(names) - most),
        "total": len(names),
        "required": sum(name in required for name in names),
    }


def _row(page: ToolPage, name: str, declared: Any, required: bool) -> dict[str, Any]:
    schema = declared if isinstance(declared, dict) else {}
    pointer = f"/inputSchema/properties/{escape(name)}"
    risks = [
        (finding.signal.id, finding.signal.title)
        for finding in page.classification.findings
        if any(
            e.pointer == pointer or e.pointer.startswith(pointer + "/") for e in finding.evidence
        )
    ]
    description = schema.get("description")
    return {
        "name": name,
        "type": type_name(schema),
        "required": required,
        "constraints": constraints(schema),
        "description": words.cut(" ".join(description.split()), 200)
        if isinstance(description, str)
        else "",
        "risks": risks,
    }
