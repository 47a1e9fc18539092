"""Server-sent events as the HTML standard has them, bounded in bytes and number.

Lines end with LF, CR or both, and a byte order mark may stand before the first. What is no message
(other kinds of events, keep-alive words) is passed over: a server may send it between its answers.
"""

from collections.abc import AsyncIterator

import httpx

from crawler.errors import FetchError
from crawler.fetch import Turn, pieces
from crawler.parse import load_json
from crawler.records import JsonObject, Outcome

MAX_EVENTS = 2000
_MARK = b"\xef\xbb\xbf"


def message_of(kind: str, data: str) -> JsonObject | None:
    """Return the JSON message that an event holds, or None where it holds none."""
    if kind not in {"", "message"} or not data.strip():
        return None
    try:
        value = load_json(data.encode())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def events(response: httpx.Response, turn: Turn) -> AsyncIterator[tuple[str, str]]:
    """Yield (event, data) of a stream; comments, ids and retries are passed over.

    Raises:
        FetchError: past a cap.

    """
    kind, data, count, lines = "", [""][:0], 0, _Lines()
    async for part in pieces(response):
        await turn.spend(len(part))
        for line in lines.of(part):
            if not line:
                count += 1
                if count > MAX_EVENTS:
                    raise FetchError(Outcome.TOO_LARGE, f"more than {MAX_EVENTS} events")
                if data:
                    yield kind, "\n".join(data)
                kind, data = "", []
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif line.startswith("event:"):
                kind = line[6:].strip()


class _Lines:
    """Bytes as they come, cut into lines as soon as one has ended."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_first = True
        self._ended_in_cr = False  # an LF that comes next belongs to it

    def of(self, part: bytes) -> list[str]:
        """Take in bytes; return the lines that are complete by them."""
        if self._ended_in_cr and part:
            part = part.removeprefix(b"\n")
            self._ended_in_cr = False
        self._rest += part
        if b"\n" not in part and b"\r" not in part:
            return []  # a long line grows without being looked through again and again
        self._ended_in_cr = part.endswith(b"\r")
        *lines, rest = self._rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = rest
        if self._is_first:
            lines[0] = lines[0].removeprefix(_MARK)
            self._is_first = False
        return [line.decode("utf-8", "replace") for line in lines]
