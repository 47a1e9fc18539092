"""What a policy was made from, written at its top, so that a changed definition is noticed.

A policy for a tool whose definition has changed since is a policy for another tool. Languages
with comments carry a digest of the definitions, and what was approximated; JSON cannot.
"""

from __future__ import annotations

import re  # noqa: TID251  # our own line, anchored
from collections.abc import Iterable

from classifier.enforcement.documents import comment
from classifier.enforcement.target import Target
from classifier.intent import Intent
from crawler.records import sha256

_MARKS = {"yaml": "# ", "toml": "# ", "rego": "# ", "shell": "# ", "cedar": "// "}
_LINE = re.compile(r"^(?:#|//) Made by toolrisk from definitions ([0-9a-f]{16})\.$", re.MULTILINE)


def digest(intents: Iterable[Intent]) -> str:
    """Return 16 hexadecimal digits for the definitions behind some intents; "" if unknown."""
    known = sorted(i.definition_sha256 for i in intents if i.definition_sha256)
    return sha256("\n".join(known))[:16] if known else ""


def header(target: Target, definitions: str, report: tuple[str, ...]) -> str:
    """Return the comment at the top of a policy; nothing where the language has no comments."""
    mark = _MARKS.get(target.language)
    if mark is None:
        return ""
    made = (f"Made by toolrisk from definitions {definitions}.",) if definitions else ()
    # In names, which are JSON strings here: some readers expand what follows `$`, comments too.
    return comment((*made, *(line.replace("$", "\\u0024") for line in report)), mark)


def made_from(text: str) -> str | None:
    """Return the digest that a policy carries, or `None`."""
    found = _LINE.search(text)
    return found[1] if found else None
