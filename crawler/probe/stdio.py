"""tools/list over stdio: one JSON message a line, bounded in lines, bytes and seconds."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream

from crawler.errors import ProbeError
from crawler.parse import load_json
from crawler.printable import counted, one_line
from crawler.probe import jsonrpc
from crawler.probe.jsonrpc import Listed
from crawler.probe.sandbox import watch
from crawler.records import JsonObject, Outcome, ServerName

MAX_LINE = 10_000_000
MAX_TOTAL = 40_000_000
MAX_NOISE = 1000
_STDERR = 2048
_SHOWN = 80
_DISCOVER_SECONDS = 3.0
_GRACE_SECONDS = 1.0


class StdioConversation:
    """One conversation with one process; use `list_stdio`."""

    def __init__(
        self, process: anyio.abc.Process, server: ServerName, era: str | None = None
    ) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._stdin = process.stdin
        self._lines = BufferedByteReceiveStream(process.stdout)
        self._server = server
        self._era = era
        self._number = 0
        self._total = 0
        self._noise = 0
        self._first = ""
        self._asked: set[str] = set()

    async def list(self) -> Listed:
        """Find the era and read the tools."""
        listed = Listed()
        discovered, initialized = await self._introduce()
        if initialized is not None:
            result = jsonrpc.result_of(initialized, "initialize")
            version = result.get("protocolVersion")
            listed.protocol_version = version if isinstance(version, str) else None
            jsonrpc.take_introduction(listed, result)
            await self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
            extra: JsonObject = {}
        else:
            listed.era, listed.protocol_version = "stateless", jsonrpc.STATELESS
            if "result" in discovered:
                introduction = jsonrpc.result_of(discovered, "server/discover")
                jsonrpc.take_introduction(listed, introduction)
                jsonrpc.take_ttl(listed, introduction)
            extra = jsonrpc.stateless_meta()
        if listed.has_tools:
            await jsonrpc.list_tools(self._ask, listed, self._server, extra)
        return listed

    async def _introduce(self) -> tuple[JsonObject, JsonObject | None]:
        """Return (discover answer, None) of the stateless era, or (anything, initialize answer).

        A server that starts slowly may answer `server/discover` after the short wait for it, and
        then refuse the `initialize` that followed: both answers are waited for. One that shook
        hands the last time is asked to do so first.
        """
        if self._era == "initialize":
            message = await self._answer_to(
                await self._begin("initialize", jsonrpc.initialize_params())
            )
            if "result" in message:
                return {}, message
        discover = await self._begin("server/discover", jsonrpc.stateless_meta())
        answer: JsonObject | None = None
        with anyio.move_on_after(_DISCOVER_SECONDS):
            answer = await self._answer_to(discover)
        if answer is not None and jsonrpc.is_stateless(answer):
            return answer, None
        initialize = await self._begin("initialize", jsonrpc.initialize_params())
        late: JsonObject = {}
        while True:
            message = await self._answer_to(discover, initialize)
            if message["id"] == initialize and ("result" in message or answer is not None):
                return late, message
            if message["id"] == initialize:
                late = message  # refused: the answer to discover decides
                continue
            if jsonrpc.is_stateless(message):
                return message, None
            answer = message
            if late:
                return message, late

    async def _ask(self, method: str, params: JsonObject) -> JsonObject:
        return await self._answer_to(await self._begin(method, params))

    async def _begin(self, method: str, params: JsonObject) -> int:
        self._number += 1
        await self._send(jsonrpc.request(self._number, method, params))
        self._asked.add(method)
        return self._number

    async def _answer_to(self, *numbers: int) -> JsonObject:
        while True:
            message = await self._message()
            for number in numbers:
                if jsonrpc.is_answer(message, number):
                    return message | {"id": number}
            reply = jsonrpc.reply_to(message)
            # Our own request read back is an echo, not a question.
            if reply is not None and message.get("method") not in self._asked:
                await self._send(reply)
            elif reply is not None:
                self._count_noise()

    async def _message(self) -> JsonObject:
        while True:
            try:
                line = await self._lines.receive_until(b"\n", MAX_LINE)
            except anyio.DelimiterNotFound:
                raise ProbeError(
                    Outcome.TOO_LARGE, f"a line longer than {MAX_LINE} bytes"
                ) from None
            except (anyio.IncompleteRead, anyio.EndOfStream, anyio.ClosedResourceError):
                raise ProbeError(Outcome.CRASHED, "ended before it answered") from None
            self._total += len(line)
            if self._total > MAX_TOTAL:
                raise ProbeError(Outcome.TOO_LARGE, f"more than {MAX_TOTAL} bytes of output")
            try:
                value = load_json(line)
            except (json.JSONDecodeError, UnicodeDecodeError):
                value = None
            if isinstance(value, dict):
                return value
            self._count_noise(line)

    def passed_over(self) -> str:
        """Say which lines were no answer, for who wonders where one is; nothing without any."""
        if not self._noise:
            return ""
        first = f", the first: {self._first}" if self._first else ""
        return (
            f"; passed over {counted(self._noise, 'line')} of output that answered nothing{first}"
        )

    def _count_noise(self, line: bytes = b"") -> None:
        self._noise += 1
        if not self._first:
            self._first = one_line(line[: 4 * _SHOWN].decode("utf-8", "replace"))[:_SHOWN]
        if self._noise > MAX_NOISE:
            raise ProbeError(
                Outcome.PROTOCOL_ERROR, f"more than {MAX_NOISE} lines that are no messages"
            )

    async def _send(self, message: JsonObject) -> None:
        try:
            await self._stdin.send(json.dumps(message).encode() + b"\n")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            raise ProbeError(Outcome.CRASHED, "ended before it answered") from None


async def list_stdio(  # noqa: PLR0913 - how a process is started
    arguments: Sequence[str],
    server: ServerName,
    *,
    seconds: float,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    era: str | None = None,
) -> Listed:
    """Start a process, read its tools, and leave nothing of it behind; `era` is the last one.

    Raises:
        ProbeError: with the outcome to record; the head of stderr is part of the message.

    """
    try:
        process = await anyio.open_process(
            list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=cwd, env=env, start_new_session=True,
        )  # fmt: skip
    except OSError as cause:
        raise ProbeError(Outcome.CRASHED, f"cannot be started: {cause.strerror}") from cause
    told = bytearray()
    conversation = StdioConversation(process, server, era)
    found: list[Listed] = []
    failure: list[ProbeError] = []
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_keep_stderr, process, told)
            group.start_soon(_stop_on_excess, process, failure, group.cancel_scope)
            group.start_soon(_converse, conversation, seconds, found, failure, group.cancel_scope)
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)
    if found:
        return found[0]
    raise _explained(failure, told, process.returncode)


async def _converse(
    conversation: StdioConversation, seconds: float, found: list[Listed],
    failure: list[ProbeError], scope: anyio.CancelScope,
) -> None:  # fmt: skip
    try:
        with anyio.fail_after(seconds):
            found.append(await conversation.list())
    except TimeoutError:
        seen = conversation.passed_over()
        failure.append(ProbeError(Outcome.TIMEOUT, f"no answer in {seconds:g} s{seen}"))
    except ProbeError as error:
        if error.outcome is Outcome.CRASHED:
            await anyio.sleep(0.2)  # let the last words on stderr arrive
        failure.append(error)
    scope.cancel()


async def _stop_on_excess(
    process: anyio.abc.Process, failure: list[ProbeError], scope: anyio.CancelScope
) -> None:
    what = await watch(process.pid)
    failure.append(ProbeError(Outcome.TOO_LARGE, f"used more {what} than allowed"))
    scope.cancel()


async def _keep_stderr(process: anyio.abc.Process, told: bytearray) -> None:
    if process.stderr is None:
        return
    with contextlib.suppress(
        anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError
    ):
        while True:
            part = await process.stderr.receive(4096)
            told += part
            if len(told) > 2 * _STDERR:
                del told[_STDERR // 2 : -_STDERR // 2]  # its first words and its last


def _explained(failure: list[ProbeError], told: bytearray, code: int | None) -> ProbeError:
    error = failure[0] if failure else ProbeError(Outcome.CRASHED, "ended before it answered")
    message = str(error)
    text = told.decode("utf-8", "replace")
    words = one_line(_told_last(text) if _TRACEBACK in text else text)[:300]
    outcome = error.outcome
    if outcome is Outcome.CRASHED:
        if code is not None and code > 0:
            message += f" (exit code {code})"
        low = text.lower()
        if any(hint in low for hint in _NETWORK):
            outcome = Outcome.NEEDS_NETWORK
        elif any(hint in low for hint in _CONFIG):
            outcome = Outcome.NEEDS_CONFIG
    elif outcome is Outcome.PROTOCOL_ERROR and any(hint in message.lower() for hint in _NETWORK):
        outcome = Outcome.NEEDS_NETWORK  # it lists what it first has to fetch
    return ProbeError(outcome, f"{message}: {words}" if words else message)


_TRACEBACK = "Traceback (most recent call last)"


def _told_last(text: str) -> str:
    """Return the last line that is indented by nothing: what a Python traceback comes to."""
    lines = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]
    return lines[-1] if lines else text


_NETWORK = (
    "enotfound",
    "eai_again",
    "network is unreachable",
    "getaddrinfo",
    "name resolution",
    "enetunreach",
    "fetch failed",
)
_CONFIG = ("environment variable", "env var", "api key", "api_key", "apikey", "token is required", "must be set", "not set", "required argument", "usage:", "missing required", "is required", "please provide", "credentials")  # fmt: skip


async def _end(process: anyio.abc.Process) -> None:
    """Close stdin, wait a moment, then kill the whole group: nothing outlives its listing."""
    with contextlib.suppress(Exception):
        if process.stdin is not None:
            await process.stdin.aclose()
    with anyio.move_on_after(_GRACE_SECONDS):
        await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with anyio.move_on_after(2):
        await process.wait()
    await process.aclose()
