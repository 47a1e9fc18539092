"""JSON Lines: a value on each line, and a line that is none costs itself only."""

import json
from typing import Any

from crawler.parse import load_json
from crawler.printable import counted

_MOST_TOLD = 20


def is_lines(data: bytes) -> bool:
    """Say whether the first line is an object of its own, with more to follow."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    first = first.strip()
    return first.startswith(b"{") and first.endswith(b"}") and bool(rest.strip())


def begins_cut_off(data: bytes) -> bool:
    """Say whether a text that is no JSON as a whole is lines, of which the first is cut off."""
    lines = [line.strip() for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    told = [line for line in lines if line]
    return all(line.startswith(b"{") for line in told) and any(
        line.endswith(b"}") for line in told[1:]
    )


def read_lines(data: bytes) -> tuple[list[Any], list[str]]:
    """Return the values of all lines that can be read, and one line of text for each that cannot.

    Raises:
        json.JSONDecodeError: no line can be read; it says where and why of the first.
        UnicodeDecodeError: the same, where the first is not UTF-8.

    """
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    try:  # one parse for all is three times as fast as a parse a line
        together = load_json(b"[" + b",".join(line for line in lines if line.strip()) + b"]")
    except (json.JSONDecodeError, UnicodeDecodeError):
        together = None
    if isinstance(together, list):
        return together, []
    found: list[Any] = []
    errors: list[tuple[int, json.JSONDecodeError | UnicodeDecodeError]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(load_json(line))
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                errors.append((number, error))
    if not found:
        raise _of_the_file(*errors[0]) from None
    told = [f"line {number}: {_why(error)}" for number, error in errors[:_MOST_TOLD]]
    if len(errors) > _MOST_TOLD:
        told.append(f"{counted(len(errors) - _MOST_TOLD, 'line')} more that cannot be read")
    return found, told


def _of_the_file(number: int, error: json.JSONDecodeError | UnicodeDecodeError) -> ValueError:
    if isinstance(error, UnicodeDecodeError):
        return error
    moved = json.JSONDecodeError(error.msg, "", 0)
    moved.lineno, moved.colno = number, error.colno
    return moved


def _why(error: json.JSONDecodeError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text (byte {error.start} of the line)"
    return f"not valid JSON: {error.msg.removesuffix(' at')} at column {error.colno}"
