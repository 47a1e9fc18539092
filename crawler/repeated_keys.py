"""A key that stands twice in one object: parsers differ in which value they take.

Who reads a file with another parser than we do would see another definition. No fast parser tells of
it, but a value that was dropped took its key along: the text then has more strings than what was read,
and counting both is cheap. Only where they differ is the text read again, slowly.
"""

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import orjson


def repeated_keys(data: bytes, document: Any) -> str:
    """Return a line about the keys that stand twice in an object of JSON (Lines); "" without any."""
    try:
        if _strings(data) == _strings(orjson.dumps(document)):
            return ""
    except TypeError:  # numbers, characters or depths that it cannot write
        pass
    found: list[tuple[str, object]] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            found.extend((key, read.get("name")) for key in read if counts[key] > 1)
        return read

    try:
        json.loads(data.decode("utf-8-sig"), object_pairs_hook=note)
    except (ValueError, RecursionError):
        found.clear()
        for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
            with suppress(ValueError, RecursionError):  # also every line of a config in TOML
                json.loads(line.decode(), object_pairs_hook=note)
    if not found:
        return ""
    key, owner = found[0]
    of = f" of {owner[:60]!r}" if isinstance(owner, str) else ""
    more = f", and {len(found) - 1} more of this kind" if len(found) > 1 else ""
    return f"key {key[:60]!r}{of} stands twice in one object{more}; the last was read, others may read the first"


def _strings(text: bytes) -> int:
    """Return how many strings, keys included, stand in JSON, times two."""
    return text.count(b'"') - text.replace(b"\\\\", b"").count(b'\\"')
