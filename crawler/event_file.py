"""An event stream in a file, as `curl` saves the answer of a server over HTTP: the messages in it.

Standard library and orjson only: `classify FILE` comes by here.
"""

from crawler.parse import load_json

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BLANK = b"\xef\xbb\xbf \t\r\n"


def without_events(data: bytes) -> bytes:
    """Return the messages of an event stream, one a line; what is none as it is.

    Notifications and requests among the answers hold no tools, and are left out.
    """
    if not data[:200].lstrip(_BLANK).startswith(_FIELDS):
        return data
    lines = data.lstrip(_BLANK).replace(b"\r\n", b"\n").split(b"\n")
    if not all(not line or line.startswith(_FIELDS) for line in lines):
        return data
    messages: list[bytes] = []
    parts: list[bytes] = []
    for line in (*lines, b""):
        if line.startswith(b"data:"):
            parts.append(line.removeprefix(b"data:").strip())
        elif not line and parts:
            messages.append(b" ".join(parts))
            parts = []
    return b"\n".join(one for one in messages if not _asks(one))


def _asks(message: bytes) -> bool:
    """Say whether a message is a request or a notification."""
    try:
        value = load_json(message)
    except ValueError:
        return False  # told where it is read
    return isinstance(value, dict) and "jsonrpc" in value and "method" in value
