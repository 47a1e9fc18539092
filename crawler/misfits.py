"""Fields of a definition that are not of their type: kept as they came, and understood by nobody.

A client may refuse such a tool or show it whatever is in there, so it must not pass for a tool that
says nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crawler.json_kinds import kind
from crawler.records import Tool


class Misfit(NamedTuple):
    """One field, as it is called on the wire, what it is and what it should be."""

    key: str
    found: str
    wanted: str

    def __str__(self) -> str:
        """Say so in a few words."""
        return f"{self.key} is {self.found}, not {self.wanted}, and was not read"


_TEXT, _OBJECT = "a string", "an object"
_NOTHING: tuple[object, ...] = (None, "", [], {})
"""What holds nothing that could be missed; an empty object of PHP is written as an empty list."""


def misfits(tool: Tool) -> Iterator[Misfit]:
    """Yield the fields of a tool that hold something of another type than the specification's."""
    for key in ("title", "description") if tool.extra else ():
        value = tool.extra.get(key)
        if value not in _NOTHING:
            yield Misfit(key, kind(value), _TEXT)
    objects = (tool.input_schema, tool.output_schema, tool.annotations)
    for key, value in zip(("inputSchema", "outputSchema", "annotations"), objects, strict=True):
        if not isinstance(value, dict) and value not in _NOTHING:
            yield Misfit(key, kind(value), _OBJECT)
