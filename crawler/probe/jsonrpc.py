"""JSON-RPC messages of both protocol eras, and the paging of tools/list.

Our own client, because a crawl must keep raw values, cap everything, and lose one malformed tool
rather than a page. It never calls a tool, prompt or resource and advertises no capability.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any

from crawler.errors import FetchError, ProbeError
from crawler.parse import parse_tools
from crawler.printable import one_line
from crawler.records import BROKE_OFF, JsonObject, Outcome, ServerName, Tool

STATELESS = "2026-07-28"
LEGACY = "2025-11-25"
MAX_PAGES = 100
MAX_TOOLS = 5000
_ERA_CODES = {-32022, -32021, -32020}
METHOD_NOT_FOUND = -32601

Ask = Callable[[str, JsonObject], Awaitable[JsonObject]]
"""Send a request (method, params) and return the whole response message."""


@dataclass(slots=True)
class Listed:
    """What a conversation brought."""

    era: str = "initialize"
    protocol_version: str | None = None
    title: str | None = None
    instructions: str | None = None
    has_tools: bool = True
    tools: list[Tool] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    truncated: bool = False
    broke_off: str = ""  # at which page the list ended before its end, and why
    ttl_ms: int | None = None  # for how long the server says that its answers hold


@cache
def _version() -> str:
    """Return our version: reading it costs as much as a request, so it is read once."""
    return version("toolrisk")


def client_info() -> JsonObject:
    """Return who we say we are."""
    return {"name": "toolrisk", "version": _version()}


def request(number: int, method: str, params: JsonObject) -> JsonObject:
    """Return a request message."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def stateless_meta(protocol: str = STATELESS) -> JsonObject:
    """Return the params that every request of the stateless era carries."""
    prefix = "io.modelcontextprotocol/"
    return {
        "_meta": {
            prefix + "protocolVersion": protocol,
            prefix + "clientCapabilities": {},
            prefix + "clientInfo": client_info(),
        }
    }


def initialize_params() -> JsonObject:
    """Return the params of the handshake of the older era."""
    return {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client_info()}


def reply_to(message: JsonObject) -> JsonObject | None:
    """Answer a request that a server sends to us: ping gets an answer, nothing else does."""
    if "id" not in message or not isinstance(message.get("method"), str):
        return None
    answer: JsonObject = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "ping":
        return answer | {"result": {}}
    return answer | {"error": {"code": METHOD_NOT_FOUND, "message": "not supported by a crawler"}}


def is_answer(message: object, number: int) -> bool:
    """Say whether a message answers our request; an echo of the request itself does not.

    An id that comes back as a text is the same id: the official clients take it, so its tools are used.
    """
    return (
        isinstance(message, dict)
        and message.get("id") in (number, str(number))  # not a set: it may be a list
        and "method" not in message
        and ("result" in message or "error" in message)
    )


def is_stateless(response: JsonObject) -> str | None:
    """Return the stateless protocol version that a discover answer (or its error) speaks."""
    result = response.get("result")
    if isinstance(result, dict) and isinstance(result.get("supportedVersions"), list):
        return STATELESS if STATELESS in result["supportedVersions"] else None
    error = response.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(error, dict) and isinstance(code, int) and code in _ERA_CODES:
        data = error.get("data")
        supported = data.get("supported") if isinstance(data, dict) else None
        if isinstance(supported, list) and STATELESS not in supported:
            return None
        return STATELESS
    return None


def result_of(response: JsonObject, method: str) -> JsonObject:
    """Return the result object of a response.

    Raises:
        ProbeError: it is an error, or no object.

    """
    error = response.get("error")
    if error is not None:
        raise ProbeError(Outcome.PROTOCOL_ERROR, f"{method} was refused: {_told(error)}")
    result = response.get("result")
    if not isinstance(result, dict):
        raise ProbeError(Outcome.PROTOCOL_ERROR, f"{method} answered without a result object")
    return result


def error_of(value: object) -> str | None:
    """Return what a JSON-RPC error says; None for anything else, as JSON of another service."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return None
    error = value.get("error")
    return _told(error) if isinstance(error, dict) else None


def _told(error: object) -> str:
    told = error.get("message") if isinstance(error, dict) else error
    return one_line(str(told))[:200]


def take_ttl(listed: Listed, result: JsonObject) -> None:
    """Keep the shortest time for which the answers of the stateless era hold; 0 says nothing."""
    ttl = result.get("ttlMs")
    if isinstance(ttl, int | float) and not isinstance(ttl, bool) and 0 < ttl < _ENDLESS:
        listed.ttl_ms = int(ttl) if listed.ttl_ms is None else min(int(ttl), listed.ttl_ms)


_ENDLESS = 1e12


def take_introduction(listed: Listed, result: JsonObject) -> None:
    """Keep what a server says of itself; a server without a tools capability has none."""
    meta = result.get("_meta")
    info = result.get("serverInfo") or (
        meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    )
    if isinstance(info, dict):
        title = info.get("title") or info.get("name")
        listed.title = title[:200] if isinstance(title, str) else None
    instructions = result.get("instructions")
    listed.instructions = instructions[:20000] if isinstance(instructions, str) else None
    capabilities = result.get("capabilities")
    listed.has_tools = isinstance(capabilities, dict) and capabilities.get("tools") is not None


async def list_tools(ask: Ask, listed: Listed, server: ServerName, extra: JsonObject) -> None:
    """Read every page of tools/list into `listed`, bounded in pages and tools.

    Only an absent or null `nextCursor` ends the list; a cursor that was seen before does too,
    and marks the list truncated. So does a later page that is refused, is no list, or on which a
    process dies: what came before it is kept.

    Raises:
        FetchError: that happens on the first page, or another failure on any.

    """
    seen: set[str] = set()
    cursor: str | None = None
    for number in range(1, MAX_PAGES + 1):
        params = dict(extra) if cursor is None else {**extra, "cursor": cursor}
        try:
            result, page = await _page(ask, params)
        except FetchError as error:
            if number == 1 or error.outcome not in _ENDED:
                raise
            listed.broke_off = f"{BROKE_OFF}{number} ({error})"
            break
        room = MAX_TOOLS - len(listed.tools)
        tools, problems = parse_tools(server, page[:room])
        take_ttl(listed, result)
        listed.tools += tools
        listed.problems += problems[:20]
        following: Any = result.get("nextCursor")
        if following is None:
            listed.truncated = len(page) > room
            return
        if not isinstance(following, str) or following in seen or len(page) > room:
            break
        seen.add(following)
        cursor = following
    listed.truncated = True


_ENDED = {Outcome.CRASHED, Outcome.PROTOCOL_ERROR}
"""How a server ends its list itself, and would again: what passes by (a status, a silence, a request
to come back later) is a failed visit, after which it is soon asked again."""


async def _page(ask: Ask, params: JsonObject) -> tuple[JsonObject, list[Any]]:
    result = result_of(await ask("tools/list", params), "tools/list")
    page = result.get("tools")
    if not isinstance(page, list):
        raise ProbeError(Outcome.PROTOCOL_ERROR, "tools/list answered without a list of tools")
    return result, page
