"""From a command as people write it to the words of the program that it starts.

A client config may hold a whole line in one string, variables before the program, or a program that
only starts another (`cmd /c`, `env`). What stands in the place of a program is stored and shown, so
it must be one: of a line that cannot be taken apart safely nothing is kept.
"""

import shlex
from collections.abc import Sequence
from pathlib import PurePath, PureWindowsPath
from typing import NamedTuple

UNREADABLE = "unknown"
"""The name of a program that cannot be told from its line."""

_SUFFIXES = (".exe", ".cmd", ".bat", ".ps1", ".com")
_DEPTH = 8
"""Programs that start programs, in one line."""
_LONGEST = 64
"""Letters of a program's name."""


class Line(NamedTuple):
    """The words of a command, the first its program, and the variables set before it.

    The values of the variables are secrets.
    """

    words: list[str]
    variables: dict[str, str]


def program_of(word: str) -> str:
    """Return a command without folder and Windows suffix, in lower case."""
    path = PureWindowsPath(word) if "\\" in word else PurePath(word)
    name = path.name.lower()
    return name.rpartition(".")[0] if name.endswith(_SUFFIXES) else name


def program_name(word: str) -> str:
    """Return the name of a program as it may be stored; `UNREADABLE` for what looks like none."""
    name = program_of(word)
    is_name = 0 < len(name) <= _LONGEST and all(c.isalnum() or c in "._+-@" for c in name)
    return name if is_name else UNREADABLE


def read_line(given: Sequence[str], programs: frozenset[str] = frozenset()) -> Line:
    """Take a command apart: one string into words, without variables, `env` and `cmd /c` before it.

    `programs` are those whose path may hold spaces although other words follow.
    """
    words, variables = list(given), dict[str, str]()
    for _ in range(_DEPTH):
        words = _parted(words, programs)
        while words and (set_here := _assignment(words[0])):
            name, value = set_here
            variables[name] = value
            if "$(" in value or "`" in value:  # its value may go on in the words that follow
                return Line([UNREADABLE], variables)
            words = words[1:]
        inner = _started_by(words)
        if inner == words:
            break
        words = inner
    return Line(words or [UNREADABLE], variables)


def _assignment(word: str) -> tuple[str, str] | None:
    """Return name and value of `NAME=value`."""
    name, equals, value = word.partition("=")
    return (name, value) if equals and name.isascii() and name.isidentifier() else None


def _parted(words: list[str], programs: frozenset[str]) -> list[str]:
    """Part the first word where it is a whole line."""
    text = words[0].strip() if words else ""
    if not any(c.isspace() for c in text):
        return [text, *words[1:]] if words else []
    is_windows = text.lstrip("\"'")[1:3] in {":\\", ":/"} or text.startswith("\\\\")
    later = text.split()[1:]
    is_path = (is_windows or text.startswith(("/", "~"))) and not any(
        part.startswith(("/", "-")) or "=" in part for part in later
    )
    if is_path and program_of(text) in programs:  # /Users/me/My Tools/npx
        return ["_".join(text.split()), *words[1:]]
    if is_windows:
        return [*_windows_words(text), *words[1:]]
    try:
        return [*shlex.split(text), *words[1:]]
    except ValueError:  # a quote that is never closed: what stands where is a guess
        return [UNREADABLE]


def _windows_words(text: str) -> list[str]:
    """Part a line that begins with a Windows path, which may hold spaces without quotes."""
    reader = shlex.shlex(text, posix=True)
    reader.whitespace_split, reader.escape, reader.commenters = True, "", ""
    try:
        words = list(reader)
    except ValueError:
        return [UNREADABLE]
    for count, word in enumerate(words, 1):
        if word.startswith(("-", "/")):
            break
        if word.lower().endswith(_SUFFIXES):
            return ["_".join(words[:count]), *words[count:]]
    return words


def _started_by(words: list[str]) -> list[str]:
    """Return what `cmd /c` or `env` starts, or the words as they are."""
    program = program_of(words[0]) if words else ""
    if program == "cmd":
        for index, word in enumerate(words[1:], 1):
            if not word.startswith("/"):
                break
            if word.lower() in {"/c", "/k"}:
                return words[index + 1 :]
    if program == "env" and len(words) > 1 and not words[1].startswith("-"):
        return words[1:]
    return words
