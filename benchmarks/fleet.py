"""A registry and N MCP servers on loopback: python benchmarks/fleet.py SERVERS [--log].

Prints its port and serves until killed. Every server has an address of its own (127.1.0.0 and
up, which Linux routes to loopback), so that politeness per host holds nothing back. The mix is a
census of real remotes: 39 % answer (both eras, event streams, pages, some slowly), 35 % want a
login, 23 % are no MCP endpoint, the rest say 429, hang, or are dead. `GET /log` gives all that
was asked, to be asked again by others. An asyncio protocol by hand: it shares two cores with the
crawl that it serves.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MIX = {
    "stateless": 14.0, "initialize": 12.0, "events": 7.0, "paged": 4.0, "slow": 2.0,
    "login": 35.0,
    "page": 10.0, "missing": 8.0, "refused": 5.0,
    "busy": 0.5, "hanging": 0.5, "dead": 2.0,
}  # fmt: skip
"""Percent of servers of each kind; 39 % answer."""

MEAN_TOOLS = 18
"""Tools of an answering server: 43,000 servers then have about 300,000."""

_STATELESS = "2026-07-28"


@lru_cache(maxsize=4096)
def kind_of(number: int) -> str:
    """Return what server `number` does; the same in every run."""
    rng = random.Random(number)  # noqa: S311 - a benchmark
    return rng.choices(list(MIX), list(MIX.values()))[0]


def address(number: int) -> str:
    return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def number_of(host: str) -> int:
    _, high, middle, low = (int(part) for part in host.partition(":")[0].split("."))
    return ((high - 1) << 16) + (middle << 8) + low


def tool_count(number: int) -> int:
    return 1 + number * 7919 % (2 * MEAN_TOOLS - 1)


_TOOL = (
    '{"name":"list_records_%d","title":"List records","description":"Lists the records of folder '
    "%d in an account of server %d, newest first. Pages hold up to 100 records; give the cursor of "
    'the page before to read on.","inputSchema":{"type":"object","properties":{"account":{"type":'
    '"string","description":"The account to look at."},"folder":{"type":"string","description":'
    '"The folder inside it."},"query":{"type":"string","description":"Words to look for."},'
    '"limit":{"type":"integer","description":"How many at most."}},"required":["account"]},'
    '"annotations":{"readOnlyHint":true}}'
)


def tools_text(number: int, start: int, end: int) -> str:
    return "[" + ",".join(_TOOL % (i, i, number) for i in range(start, end)) + "]"


@dataclass
class Fleet:
    """What all connections share."""

    servers: int
    port: int = 0
    log: list[tuple[int, str, str, dict[str, str], str]] | None = None
    asked: int = 0
    waiting: set[asyncio.TimerHandle] = field(default_factory=set)

    def page(self, query: str) -> bytes:
        start = int(dict(p.partition("=")[::2] for p in query.split("&")).get("cursor", "0"))
        end = min(start + 100, self.servers)
        entries = [self._entry(n) for n in range(start, end)]
        meta = {"count": len(entries)} | ({"nextCursor": str(end)} if end < self.servers else {})
        return json.dumps({"servers": entries, "metadata": meta}).encode()

    def _entry(self, number: int) -> dict[str, Any]:
        port = 1 if kind_of(number) == "dead" else self.port
        url = f"http://{address(number)}:{port}/mcp"
        return {
            "server": {
                "$schema": "server.schema.json",
                "name": f"fleet.example/server-{number:06}",
                "description": f"Records of account {number}, from a server of the benchmark.",
                "version": "1.0.0",
                "repository": {
                    "url": f"https://git.example/fleet/server-{number}", "source": "git",
                },
                "remotes": [{"type": "streamable-http", "url": url}],
            },
            "_meta": {
                "io.modelcontextprotocol.registry/official": {"status": "active", "isLatest": True}
            },
        }  # fmt: skip


_REASON = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           405: "Method Not Allowed", 429: "Too Many Requests"}  # fmt: skip


def answer(status: int, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} {_REASON[status]}\r\nContent-Type: {kind}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def result(message: dict[str, Any], text: str) -> bytes:
    return f'{{"jsonrpc":"2.0","id":{json.dumps(message["id"])},"result":{text}}}'.encode()


def error(message: dict[str, Any], code: int, status: int) -> bytes:
    text = f'{{"jsonrpc":"2.0","id":{json.dumps(message.get("id"))},"error":{{"code":{code},"message":"no"}}}}'
    return answer(status, text.encode())


def stateless(number: int, message: dict[str, Any]) -> bytes:
    match message["method"]:
        case "server/discover":
            text = json.dumps({
                "resultType": "complete", "supportedVersions": [_STATELESS],
                "capabilities": {"tools": {}}, "ttlMs": 86400000, "cacheScope": "public",
            })  # fmt: skip
            return answer(200, result(message, text))
        case "tools/list":
            tools = tools_text(number, 0, tool_count(number))
            return answer(200, result(message, f'{{"resultType":"complete","tools":{tools}}}'))
        case _:
            return error(message, -32601, 404)


_WELCOME = (
    '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},'
    '"serverInfo":{"name":"fleet","version":"1"}}'
)


def initialize(number: int, message: dict[str, Any]) -> bytes:
    match message["method"]:
        case "initialize":
            return answer(200, result(message, _WELCOME))
        case "tools/list":
            tools = tools_text(number, 0, tool_count(number))
            return answer(200, result(message, f'{{"tools":{tools}}}'))
        case _ if "id" not in message:
            return answer(202, b"")
        case _:
            return error(message, -32000, 400)


def events(number: int, message: dict[str, Any]) -> bytes:
    """Frame answers as an event stream that begins with an empty event."""
    plain = initialize(number, message)
    head, _, body = plain.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return plain
    return answer(
        200, b"id: 0\ndata:\n\nevent: message\ndata: " + body + b"\n\n", "text/event-stream"
    )


def paged(number: int, message: dict[str, Any]) -> bytes:
    if message["method"] != "tools/list":
        return stateless(number, message)
    count = tool_count(number)
    start = int(message["params"].get("cursor", "0"))
    end = min(start + (count + 2) // 3, count)
    more = f',"nextCursor":"{end}"' if end < count else ""
    text = f'{{"resultType":"complete","tools":{tools_text(number, start, end)}{more}}}'
    return answer(200, result(message, text))


_LOGIN = 'WWW-Authenticate: Bearer resource_metadata="https://login.example/.well-known/oauth-protected-resource"\r\n'
_HTML = b"<!doctype html><title>Welcome</title><p>This is a web site." + b" " * 4000
ANSWERS: dict[str, Callable[[int, dict[str, Any]], bytes]] = {
    "stateless": stateless,
    "initialize": initialize,
    "events": events,
    "paged": paged,
    "slow": initialize,
    "login": lambda _, __: answer(401, b'{"error":"unauthorized"}', more=_LOGIN),
    "page": lambda _, __: answer(200, _HTML, "text/html"),
    "missing": lambda _, __: answer(404, _HTML, "text/html"),
    "refused": lambda _, __: answer(405, b"", "text/plain"),
    "busy": lambda _, __: answer(429, b"", more="Retry-After: 3600\r\n"),
}


class Connection(asyncio.Protocol):
    """One client's connection: reads a request, answers it, and so on."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if not transport.get_extra_info("peername")[0].startswith("127."):
            transport.abort()  # listening on every loopback address means listening on all

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (one.partition(":") for one in lines)}
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            method, path = first.split(" ")[:2]
            self.respond(method, path, headers, rest[:length])

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        bare, _, query = path.partition("?")
        if bare == "/v0.1/servers":
            return self.send(answer(200, self.fleet.page(query)))
        if bare == "/log":
            return self.send(answer(200, json.dumps(self.fleet.log or []).encode()))
        number = number_of(headers["host"])
        if self.fleet.log is not None:
            kept = {k: v for k, v in headers.items() if k in _KEPT or k.startswith("mcp-")}
            self.fleet.log.append((number, method, path, kept, body.decode()))
        kind = kind_of(number)
        if kind == "hanging":
            return None
        if method != "POST":
            return self.send(answer(404 if kind == "missing" else 405, b"", "text/plain"))
        data = ANSWERS[kind](number, json.loads(body))
        if kind == "slow":
            asyncio.get_running_loop().call_later(0.5, self.send, data)
            return None
        return self.send(data)

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)


_KEPT = ("accept", "content-type")


async def serve(servers: int, *, log: bool) -> None:
    fleet = Fleet(servers, log=[] if log else None)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(fleet), "0.0.0.0", 0, backlog=1024)  # noqa: S104 - see Connection
    fleet.port = listening.sockets[0].getsockname()[1]
    print(fleet.port, flush=True)
    await listening.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", type=int)
    parser.add_argument("--log", action="store_true", help="Keep every request for GET /log.")
    options = parser.parse_args()
    asyncio.run(serve(options.servers, log=options.log))


if __name__ == "__main__":
    main()
