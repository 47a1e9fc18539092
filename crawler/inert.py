"""What is printed, so that no log takes a stranger's words for a command.

Build runners read what a job prints: GitHub's obeys a line that begins with `::` and `##[` anywhere
in one, Azure's `##vso[`, TeamCity's `##teamcity[`. A name or a quote that holds such a mark could
forge annotations, mask words, or switch later commands off. So whatever is printed goes through a
stream that breaks the marks by a backslash; no command has to think of it.
"""

import os
import re  # noqa: TID251  # two linear expressions over text that may be large; re2 copies it
import stat
import sys
from typing import Any, TextIO, cast

_AT_START = re.compile(r"([\r\n][^\S\r\n]*:)(?=:)")
_ANYWHERE = re.compile(r"(##\w*)(?=\[)")
_OPEN = re.compile(r"##(\w*)\Z")


def inert(text: str) -> str:
    r"""Return text without a command: `::` that begins a line is `:\:`, and `##[` is `##\[`."""
    return _broken(text, "")


def inert_json(text: str) -> str:
    r"""Return JSON that says the same and holds no command: `##[` is `#\u0023[`.

    It stands in strings only, and no line of JSON begins with `::`.
    """
    if "##" not in text:
        return text
    return _ANYWHERE.sub(lambda found: "#\\u0023" + found[1][2:], text)


def print_json(text: str) -> None:
    """Print JSON for a program that reads it, without a command for a log that holds it."""
    sys.stdout.write(inert_json(text))


def print_exactly(text: str) -> bool:
    """Print text as it is, unless that would put a command into a log; say whether it was done.

    Nothing obeys what goes into a file, so there it is written in any case.
    """
    if inert(text) != text and not _is_file(sys.stdout):
        return False
    stream = sys.stdout
    (stream.bare if isinstance(stream, InertStream) else stream).write(text)
    return True


def guard() -> None:
    """Let everything that is printed from here on go through a stream that breaks commands."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, InertStream):
            setattr(sys, name, cast("TextIO", InertStream(stream)))


class InertStream:
    """A text stream in which no command appears, in however many pieces it is written."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare
        """The stream below; what is written to it is printed as it is."""
        self._line = ""

    def write(self, text: str) -> int:
        """Write text with the marks of commands broken.

        Raises:
            TypeError: it is no text; libraries try which of the two a stream takes.

        """
        if not isinstance(text, str):
            raise TypeError("a stream of text takes text only")
        self.bare.write(_broken(text, self._line))
        self._line = _rest(self._line, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Return what the stream below has."""
        if name == "bare":  # not there yet, where a copy is being made
            raise AttributeError(name)
        return getattr(self.bare, name)


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):  # no real output
        return False


def _broken(text: str, line: str) -> str:
    """Break the marks in a text that goes on a line; a mark is broken before its last character."""
    whole = f"\n{line}{text}"
    if "::" in whole:
        whole = _AT_START.sub(r"\1\\", whole)
    if "##" in whole:
        whole = _ANYWHERE.sub(r"\1\\", whole)
    return whole[1 + len(line) :]


def _rest(line: str, text: str) -> str:
    """Return the shortest text that says what of a command the last line has so far."""
    last = max(text.rfind("\n"), text.rfind("\r"))
    said = text[last + 1 :] if last >= 0 else line + text
    if said.lstrip() in ("", ":"):
        return said.lstrip()
    if found := _OPEN.search(said):
        return "x##a" if found[1] else "x##"
    return "x#" if said.endswith("#") else "x"
