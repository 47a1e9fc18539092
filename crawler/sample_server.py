"""Our own sample: a tiny real MCP server over stdio, standard library only, both eras.

`toolrisk run` crawls it when there is no network. Its tools are made to differ: one reads, one
writes, one deletes, one sends, one runs what it is told, one only computes. None does anything.
"""

import json
import sys
from typing import Any

_STATELESS = "2026-07-28"
_TEXT = {"type": "string"}


def _tool(name: str, description: str, properties: dict[str, Any], **hints: bool) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": list(properties)},
        "annotations": hints,
    }


TOOLS = [
    _tool("list_tickets", "List the open tickets of the sample help desk.", {"queue": _TEXT}, readOnlyHint=True),
    _tool("update_ticket", "Update title or priority of one ticket.", {"ticket_id": _TEXT, "title": _TEXT}, destructiveHint=False),
    _tool("delete_tickets", "Permanently delete several tickets at once.", {"ticket_ids": {"type": "array", "items": _TEXT}}, destructiveHint=True),
    _tool("send_reply", "Send an email reply to the customer who opened a ticket.", {"ticket_id": _TEXT, "body_html": _TEXT}, openWorldHint=True),
    _tool("run_report_script", "Run a Python script that the caller supplies over the ticket database.", {"script": _TEXT}),
    _tool("convert_duration", "Convert a duration from minutes to hours.", {"minutes": {"type": "number"}}, readOnlyHint=True),
]  # fmt: skip


def answer(message: dict[str, Any]) -> dict[str, Any] | None:
    """Return the response to one message, None for a notification."""
    if "id" not in message:
        return None
    head = {"jsonrpc": "2.0", "id": message["id"]}
    info = {"name": "toolrisk-sample", "title": "Toolrisk sample help desk", "version": "1.0.0"}
    capabilities: dict[str, Any] = {"tools": {}}
    match message.get("method"):
        case "server/discover":
            meta = {"io.modelcontextprotocol/serverInfo": info}
            result: dict[str, Any] = {
                "resultType": "complete",
                "supportedVersions": [_STATELESS],
                "capabilities": capabilities,
                "_meta": meta,
            }
        case "initialize":
            result = {
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities,
                "serverInfo": info,
            }
        case "tools/list":
            result = {"tools": TOOLS}
        case "ping":
            result = {}
        case _:
            return {**head, "error": {"code": -32601, "message": "method not found"}}
    return {**head, "result": result}


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        try:
            message = json.loads(line)
        except json.JSONDecodeError:
            continue
        response = answer(message) if isinstance(message, dict) else None
        if response is not None:
            sys.stdout.write(json.dumps(response) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
