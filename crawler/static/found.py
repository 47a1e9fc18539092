"""What reading a package brings: tools as its source defines them, and what was left out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crawler.records import JsonObject

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda _: "UNKNOWN", "__bool__": lambda _: False})()
"""A value that only running the program would tell. False where a truth value is asked for."""

ELLIPSIS = "…"
"""Stands in a description for the part that only running the program would tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One definition in the source. Everything but the name may be unknown, and is then None."""

    name: Any  # a text, or UNKNOWN
    title: str | None = None
    description: str | None = None
    input_schema: JsonObject | None = None
    output_schema: JsonObject | None = None
    annotations: JsonObject | None = None
    file: str = ""
    line: int = 0
    is_registered: bool = False  # by a call or decorator that registers tools, not by its shape

    @property
    def weight(self) -> tuple[bool, int]:
        """How much this definition tells: of two of one name, the heavier is kept."""
        told = (self.description, self.input_schema, self.annotations, self.title)
        return bool((self.input_schema or {}).get("properties")), sum(x is not None for x in told)

    def to_wire(self) -> JsonObject:
        """Return it as a server would send it, with where it stands under `_meta`."""
        wire = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": self.annotations,
            "_meta": {"toolrisk/source": f"{self.file}:{self.line}"},
        }
        return {key: value for key, value in wire.items() if value is not None}


@dataclass(slots=True)
class Reading:
    """What a whole package told.

    `artefacts` counts, by reason, what looked like a tool and is none; `left_out` counts files
    that were not read, by reason.
    """

    tools: list[Found] = field(default_factory=list)
    artefacts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    files: int = 0

    def to_json(self) -> JsonObject:
        """Return what the reading process hands to the crawl."""
        return {
            "tools": [tool.to_wire() for tool in self.tools],
            "artefacts": dict(self.artefacts),
            "left_out": dict(self.left_out),
            "files": self.files,
        }
