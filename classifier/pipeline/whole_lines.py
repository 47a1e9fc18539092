r"""Standard input in which no escape stands for half a character.

JSON may write `\ud800`, which is no text and which the parser of the official SDK refuses: with the message
its number is lost, nobody is answered, and the agent that asked waits for ever. What a hostile definition
holds must not do that, so such an escape becomes the sign for what cannot be read (U+FFFD) before.
"""

import io
import re  # noqa: TID251 - escapes of a bounded length, each looked at once: linear
from typing import BinaryIO

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_HALVES = (b"\\ud", b"\\uD")


def whole(line: bytes) -> bytes:
    """Return a line of JSON with U+FFFD for every escape of half a character that stands alone."""
    if not any(half in line for half in _HALVES):
        return line
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], line)


class WholeLines(io.BufferedIOBase):
    """Another stream, a line at a time, each made whole."""

    name = "<stdin>"

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """Return the next line, however long; nothing at the end."""
        return whole(self._source.readline())

    def read(self, _size: int | None = -1, /) -> bytes:
        """Return the next line as well: nobody reads it to its end."""
        return self.read1()


def whole_lines(source: BinaryIO) -> io.TextIOWrapper:
    """Return a text stream of the lines of another one."""
    return io.TextIOWrapper(WholeLines(source), encoding="utf-8", errors="replace")
