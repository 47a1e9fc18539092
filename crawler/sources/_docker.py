"""What both of Docker's sources share: their tools' arguments and their declared permissions."""

from typing import Any

from crawler.parse import parse_tools
from crawler.records import JsonObject, ServerName
from crawler.sources import ToolsRead, objects

_PERMISSIONS = ("allowHosts", "disableNetwork", "volumes")


def permissions(run: JsonObject, config: JsonObject) -> JsonObject:
    """Return what a vendor declares its server to need: hosts, folders, names of secrets."""
    declared = {key: run[key] for key in _PERMISSIONS if run.get(key) is not None}
    secrets = [str(s.get("env") or s.get("name")) for s in objects(config.get("secrets"))]
    return declared | ({"secrets": secrets} if secrets else {})


def docker_tools(
    server: ServerName, given: list[JsonObject], server_text: str, declared: JsonObject
) -> ToolsRead:
    """Return tools whose parameters come as `inputSchema`, or as `arguments`; and what is none."""
    wires = []
    for one in given:
        wire = {key: value for key, value in one.items() if key not in ("arguments", "parameters")}
        notes: JsonObject = {"permissions": declared} if declared else {}
        if "inputSchema" not in wire:
            schema = _schema(one.get("arguments"), one.get("parameters"))
            if schema is not None:
                wire["inputSchema"] = schema
                notes["schema"] = "derived from arguments"
        if notes:
            wire["_docker"] = notes
        wires.append(wire)
    return parse_tools(server, wires, server_text)


def _schema(arguments: Any, parameters: Any) -> JsonObject | None:
    if isinstance(parameters, dict) and parameters.get("type") == "object":
        return parameters
    if not isinstance(arguments, list):
        return None
    properties: JsonObject = {}
    required: list[str] = []
    for argument in objects(arguments):
        name = argument.get("name")
        if not isinstance(name, str):
            continue
        kind, text = argument.get("type"), argument.get("desc") or argument.get("description")
        one = {"type": kind if isinstance(kind, str) else "string"}
        properties[name] = one | ({"description": text} if isinstance(text, str) else {})
        if argument.get("optional") is not True:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}
