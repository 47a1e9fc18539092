"""tools/list over streamable HTTP, both eras, and over the older HTTP+SSE.

Era: POST `server/discover`; a stateless answer or error says which. Otherwise `initialize`; where
that is no endpoint either, the SSE transport is tried once. No path is ever guessed.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import anyio
import httpx

from crawler.errors import FetchError, LoginError, ProbeError
from crawler.fetch import Fetcher, Turn
from crawler.fetch.breaker import PATIENCE
from crawler.fetch.pace import asked_wait
from crawler.fetch.translating import is_same_origin
from crawler.parse import load_json
from crawler.printable import one_line
from crawler.probe import jsonrpc
from crawler.probe.event_stream import events, message_of
from crawler.probe.jsonrpc import Listed
from crawler.records import JsonObject, Outcome, ServerName

_ACCEPT = "application/json, text/event-stream"
_OK, _ACCEPTED = 200, 202
_CLOSED = {401, 403, 429, 503}
_MAYBE_SSE = {400, 404, 405}
_WAITS = 3
"""How often one conversation waits because the server is busy: its time does not run meanwhile."""
_OTHER_ERA = {Outcome.PROTOCOL_ERROR, Outcome.NOT_MCP, Outcome.HTTP_ERROR}
"""How older servers end a method that they do not know, be it with a 500."""


_DISCOVER_SECONDS = 5.0
"""What a silent `server/discover` may cost, or a quarter of the time where that is less."""


class _NoHandshakeError(Exception):
    """`initialize` was refused as a server of another era, or none, refuses it."""

    def __init__(self, refusal: FetchError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class HttpConversation:
    """One conversation with one endpoint."""

    def __init__(self, fetcher: Fetcher, turn: Turn, url: str, server: ServerName) -> None:
        self._fetcher = fetcher
        self._turn = turn
        self._url = url
        self._server = server
        self._number = 0
        self._session: str | None = None
        self._protocol: str | None = None
        self._status = 0
        self._is_met = False  # it has introduced itself: whatever comes now, it is an MCP server
        self._waits = 0
        self._was_silent = False

    async def list(self, era: str | None = None) -> Listed:
        """Find the era and read the tools; the `era` of the last time is asked first.

        Raises:
            FetchError: with the outcome to record.

        """
        refusal: FetchError | None = None
        if era == "initialize":
            try:
                return await self._list_legacy(await self._shake_hands())
            except _NoHandshakeError as error:  # it may have moved on
                refusal = error.refusal
        discovered = await self._discover()
        if discovered is None and self._was_silent and refusal is None:
            try:
                return await self._list_legacy(await self._shake_hands())
            except _NoHandshakeError as error:  # slow, perhaps, and not silent
                refusal = error.refusal
            discovered = await self._try("server/discover", jsonrpc.stateless_meta())
        protocol = jsonrpc.is_stateless(discovered) if discovered else None
        if protocol and discovered:
            return await self._list_stateless(protocol, discovered)
        if refusal is not None:
            raise refusal
        try:
            return await self._list_legacy(await self._shake_hands())
        except _NoHandshakeError as error:
            raise error.refusal from None

    async def _discover(self) -> JsonObject | None:
        """Ask for the stateless era, for a share of the time: silence means the older one."""
        left = _DISCOVER_SECONDS
        if self._turn.deadline is not None:
            left = min(left, (self._turn.deadline.deadline - anyio.current_time()) / 4)
        with self._turn.share(left) as share:
            return await self._try("server/discover", jsonrpc.stateless_meta())
        self._was_silent = share.cancelled_caught
        return None

    async def _list_stateless(self, protocol: str, discovered: JsonObject) -> Listed:
        listed = Listed(era="stateless", protocol_version=protocol)
        self._protocol, self._is_met = protocol, True
        if "result" in discovered:
            introduction = jsonrpc.result_of(discovered, "server/discover")
            jsonrpc.take_introduction(listed, introduction)
            jsonrpc.take_ttl(listed, introduction)
        if listed.has_tools:
            meta = jsonrpc.stateless_meta(protocol)
            await jsonrpc.list_tools(self._ask, listed, self._server, meta)
        return listed

    async def _shake_hands(self) -> JsonObject:
        try:
            answer = await self._ask("initialize", jsonrpc.initialize_params())
            return jsonrpc.result_of(answer, "initialize")
        except FetchError as error:
            if error.outcome in _OTHER_ERA:
                raise _NoHandshakeError(error) from error
            raise

    async def _list_legacy(self, introduction: JsonObject) -> Listed:
        listed = Listed()
        self._is_met = True
        version = introduction.get("protocolVersion")
        listed.protocol_version = version if isinstance(version, str) else None
        self._protocol = _word(listed.protocol_version, "protocol version")
        jsonrpc.take_introduction(listed, introduction)
        try:
            await self._notify({"jsonrpc": "2.0", "method": "notifications/initialized"})
            if listed.has_tools:
                await jsonrpc.list_tools(self._ask, listed, self._server, {})
        finally:
            await self._close()
        return listed

    def is_other_transport(self) -> bool:
        """Say whether the last refusal is one after which the SSE transport may be tried."""
        return self._status in _MAYBE_SSE and not self._is_met

    async def _try(self, method: str, params: JsonObject) -> JsonObject | None:
        """Ask, and take any refusal short of an authorization as "another era"."""
        try:
            return await self._ask(method, params, any_status=True)
        except FetchError as error:
            if error.outcome in _OTHER_ERA:
                return None
            raise

    async def _ask(
        self, method: str, params: JsonObject, *, any_status: bool = False
    ) -> JsonObject:
        self._number += 1
        try:
            return await self._ask_once(method, params, any_status=any_status)
        except FetchError as refusal:
            if not _is_soon(refusal) or self._waits >= _WAITS:
                raise
        self._waits += 1
        return await self._ask_once(method, params, any_status=any_status)

    async def _ask_once(self, method: str, params: JsonObject, *, any_status: bool) -> JsonObject:
        number = self._number
        body = json.dumps(jsonrpc.request(number, method, params)).encode()
        async with self._fetcher.stream(
            self._turn, "POST", self._url, headers=self._headers(method), content=body
        ) as response:
            self._status = response.status_code
            if response.status_code != _OK and not (any_status and _may_say_more(response)):
                raise await self._refused(response, method)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if method == "initialize":
                self._session = _word(response.headers.get("mcp-session-id"), "session id")
            if kind == "text/event-stream":
                async for event in events(response, self._turn):
                    message = message_of(*event)
                    if message is not None and jsonrpc.is_answer(message, number):
                        return message
                raise ProbeError(
                    Outcome.PROTOCOL_ERROR, f"the stream ended without an answer to {method}"
                )
            if kind != "application/json" and response.status_code == _OK:
                raise ProbeError(
                    Outcome.PROTOCOL_ERROR if self._is_met else Outcome.NOT_MCP,
                    f"answered with {one_line(kind or 'no content type')[:60]}, not MCP",
                )
            value = _json(await self._fetcher.body(response, self._turn))
        if isinstance(value, dict) and ("result" in value or "error" in value):
            return value
        raise ProbeError(
            Outcome.PROTOCOL_ERROR, f"{method} answered with something that is no JSON-RPC response"
        )

    async def _refused(self, response: httpx.Response, method: str) -> ProbeError:
        """Turn a status other than 200 into an outcome, with the reason where one is told."""
        refusal, status = _refusal(response), response.status_code
        if refusal.outcome not in _OTHER_ERA:
            return refusal
        said = None
        if _may_say_more(response):
            with contextlib.suppress(FetchError):  # then the status has to do
                said = jsonrpc.error_of(_json(await self._fetcher.body(response, self._turn)))
        if said is not None:
            reason = f"{method} was refused: HTTP {status}: {said}"
            return ProbeError(Outcome.PROTOCOL_ERROR, reason)
        if self._is_met:
            return ProbeError(Outcome.HTTP_ERROR, f"HTTP {status} to {method}")
        return refusal

    def _headers(self, method: str) -> dict[str, str]:
        headers = {"Accept": _ACCEPT, "Content-Type": "application/json"}
        stateless = method == "server/discover" or self._protocol == jsonrpc.STATELESS
        if stateless:
            headers |= {"MCP-Protocol-Version": jsonrpc.STATELESS, "Mcp-Method": method}
        elif self._protocol:
            headers["MCP-Protocol-Version"] = self._protocol
        if self._session:
            headers["Mcp-Session-Id"] = self._session
        return headers

    async def _notify(self, message: JsonObject) -> None:
        body = json.dumps(message).encode()
        headers = self._headers(str(message["method"]))
        async with self._fetcher.stream(
            self._turn, "POST", self._url, headers=headers, content=body
        ):
            pass

    async def _close(self) -> None:
        if self._session:
            with anyio.move_on_after(2, shield=True):
                try:
                    async with self._fetcher.stream(
                        self._turn, "DELETE", self._url, headers=self._headers("DELETE")
                    ):
                        pass
                except FetchError:
                    pass  # 405 and a dropped connection are both fine: the session expires


def _word(value: str | None, what: str) -> str | None:
    """Return what a server wants to see again in a header, if it can stand in one."""
    if value and not (value.isascii() and value.isprintable() and len(value) <= _MAX_WORD):
        raise ProbeError(Outcome.PROTOCOL_ERROR, f"its {what} is not visible ASCII")
    return value


_MAX_WORD = 2000


def _may_say_more(response: httpx.Response) -> bool:
    """Say whether a body may hold a JSON-RPC error that tells the era of a server."""
    is_json = str(response.headers.get("content-type", "")).startswith("application/json")
    return is_json and response.status_code not in _CLOSED


def _refusal(response: httpx.Response) -> ProbeError:
    """Turn a status other than 200 into an outcome."""
    status = response.status_code
    if status == 401:  # noqa: PLR2004 - the number is the name
        demand = response.headers.get("www-authenticate", "")
        return LoginError(f"HTTP 401 {one_line(demand)[:200]}".strip(), demand)
    if status in {403, 429, 503}:
        outcome = Outcome.FORBIDDEN if status == 403 else Outcome.RATE_LIMITED  # noqa: PLR2004
        wait = response.headers.get("retry-after", "")[:40]
        said = f", retry after {one_line(wait)}" if wait else ""
        return ProbeError(outcome, f"HTTP {status}{said}", asked_wait(response.headers))
    if status in {404, 405, 406, 400, 415} or status < 400:  # noqa: PLR2004
        return ProbeError(Outcome.NOT_MCP, f"HTTP {status}: no MCP endpoint")
    return ProbeError(Outcome.HTTP_ERROR, f"HTTP {status}")


def _json(body: bytes) -> object:
    try:
        value: object = load_json(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as cause:
        raise ProbeError(Outcome.PROTOCOL_ERROR, "the answer is not JSON") from cause
    return value


def _is_soon(refusal: FetchError) -> bool:
    """Say whether a server asks to come back in a moment: the next request waits for it."""
    is_busy = refusal.outcome is Outcome.RATE_LIMITED
    return is_busy and refusal.wait is not None and refusal.wait <= PATIENCE


class SseConversation:
    """The HTTP+SSE transport of 2024-11-05: a GET stream that names where to POST."""

    def __init__(self, fetcher: Fetcher, turn: Turn, url: str, server: ServerName) -> None:
        self._fetcher = fetcher
        self._turn = turn
        self._url = url
        self._server = server
        self._number = 0
        self._post = ""
        self._stream: AsyncIterator[tuple[str, str]] | None = None
        self._has_waited = False

    async def list(self) -> Listed:
        """Read the tools.

        Raises:
            FetchError: with the outcome to record.

        """
        listed = Listed()
        async with self._fetcher.stream(
            self._turn, "GET", self._url, headers={"Accept": "text/event-stream"}
        ) as response:
            if response.status_code != _OK:
                raise _refusal(response)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise ProbeError(
                    Outcome.NOT_MCP, f"HTTP {response.status_code}: neither streamable HTTP nor SSE"
                )
            self._stream = events(response, self._turn)
            self._post = await self._endpoint()
            result = jsonrpc.result_of(
                await self._ask("initialize", jsonrpc.initialize_params()), "initialize"
            )
            version = result.get("protocolVersion")
            listed.protocol_version = version if isinstance(version, str) else None
            jsonrpc.take_introduction(listed, result)
            await self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
            if listed.has_tools:
                await jsonrpc.list_tools(self._ask, listed, self._server, {})
        return listed

    async def _endpoint(self) -> str:
        kind, data = await self._next()
        while kind != "endpoint":  # a ping, say
            kind, data = await self._next()
        with contextlib.suppress(ValueError):
            target = urljoin(self._url, data.strip())
            if is_same_origin(self._url, target):
                return target
        raise ProbeError(Outcome.PROTOCOL_ERROR, "the stream names no endpoint of its own origin")

    async def _next(self) -> tuple[str, str]:
        if self._stream is None:
            raise ProbeError(Outcome.PROTOCOL_ERROR, "the stream is not open")
        async for event in self._stream:
            return event
        raise ProbeError(Outcome.PROTOCOL_ERROR, "the stream ended before an answer")

    async def _ask(self, method: str, params: JsonObject) -> JsonObject:
        self._number += 1
        await self._send(jsonrpc.request(self._number, method, params))
        while True:
            message = message_of(*await self._next())
            if message is not None and jsonrpc.is_answer(message, self._number):
                return message

    async def _send(self, message: JsonObject) -> None:
        try:
            return await self._send_once(message)
        except FetchError as refusal:
            if not _is_soon(refusal) or self._has_waited:
                raise
        self._has_waited = True
        return await self._send_once(message)

    async def _send_once(self, message: JsonObject) -> None:
        body = json.dumps(message).encode()
        headers = {"Content-Type": "application/json"}
        async with self._fetcher.stream(
            self._turn, "POST", self._post, headers=headers, content=body
        ) as response:
            if response.status_code in _CLOSED:
                raise _refusal(response)
            if response.status_code not in {_OK, _ACCEPTED, 204}:
                raise ProbeError(Outcome.HTTP_ERROR, f"HTTP {response.status_code} to a message")
