"""By what a tool is told from a server, a prompt, or settings for a tool: the keys of an object."""

from typing import Any

from crawler.records import JsonObject

_SCHEMAS = ("inputSchema", "input_schema", "outputSchema", "output_schema")
"""Keys that a tool has and the server around tools has not."""


def is_named(value: JsonObject) -> bool:
    """Say whether an object has a name, as tools and servers have."""
    return isinstance(value.get("name"), str) or isinstance(value.get("tool"), str)


def has_marks(value: JsonObject) -> bool:
    """Say whether an object has what only a tool has, whatever else it looks like."""
    return has_schema(value) or (is_named(value) and value.get("annotations") is not None)


def is_plain(value: JsonObject) -> bool:
    """Say whether an object has a name and no tools: a tool, or something beside tools."""
    return is_named(value) and not is_tools(value)


def is_tools(value: JsonObject) -> bool:
    """Say whether an object holds tools."""
    return isinstance(value.get("tools"), list | dict)


def is_manifest(value: JsonObject) -> bool:
    """Say whether an object is the manifest of a bundle, which names tools."""
    marked = "manifest_version" in value or "dxt_version" in value
    return marked and isinstance(value.get("name"), str)


def is_named_only(value: Any) -> bool:
    """Say whether a member of an object of tools describes nothing: settings for a tool do not."""
    return not isinstance(value, dict) or ("description" not in value and not has_schema(value))


def describes(value: Any) -> bool:
    """Say whether something tells anything of a tool."""
    if not isinstance(value, dict):
        return False
    return is_named(value) or isinstance(value.get("description"), str) or has_schema(value)


def has_schema(value: JsonObject) -> bool:
    """Say whether an object has a schema, as only a tool has."""
    return any(value.get(key) is not None for key in _SCHEMAS)


def is_schema(value: Any) -> bool:
    """Say whether `parameters` is what other APIs call the schema of the arguments."""
    return isinstance(value, dict) and ("properties" in value or isinstance(value.get("type"), str))
