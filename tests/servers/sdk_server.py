"""A real server built with the official SDK: `sdk_server.py stdio` or `sdk_server.py http PORT`."""

import sys

from mcp.server import MCPServer

server = MCPServer("sdk-fixture")


@server.tool()
def list_ships(harbour: str) -> str:
    """List the ships in a harbour."""
    return harbour


@server.tool()
def sink_ship(name: str) -> str:
    """Sink a ship. This cannot be undone."""
    return name


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
