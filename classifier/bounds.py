"""What a bound on an argument may be: the folders, hosts and domains that mean one thing.

A policy compares texts. A bound in another spelling than the calls have, or in one that a server
takes for something else (`/srv/../etc`), would look like a bound and be none, or mean something
else in each target.
"""

from __future__ import annotations

import re2

LARGEST = 2**53 - 1
"""Above this, JSON numbers are no longer exact in every language."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_HOST = re2.compile(rf"(?:{_NAME}|\[[0-9a-f:.]+\])(?::[1-9][0-9]{{0,4}})?")  # type: ignore[no-untyped-call]
_DOMAIN = re2.compile(_NAME)  # type: ignore[no-untyped-call]


def folder_fault(text: str) -> str | None:
    """Say why a text is no folder to bound a path to, or `None`; a slash at its end is no fault."""
    if not text.startswith("/"):
        return "folders must be absolute paths"
    parts = text.removesuffix("/").split("/")[1:]
    if not parts:
        return "every path is inside /; leave the bound out, or name a folder"
    if "\\" in text or any(part in {"", ".", ".."} for part in parts):
        return "a folder is written without //, without . or .. as a part, and without \\"
    return None


def host_fault(text: str) -> str | None:
    """Say why a text is no host, with or without a port, or `None`."""
    if _HOST.fullmatch(text):
        return None
    return (
        "a host is written as api.example.com or api.example.com:8443: in lower case, no URL, no *"
    )


def domain_fault(text: str) -> str | None:
    """Say why a text is no domain of mail addresses, or `None`."""
    if _DOMAIN.fullmatch(text):
        return None
    return "a domain is written as example.com: in lower case, without @, without *"


def number_fault(value: float) -> str | None:
    """Say why a number is no upper bound, or `None`."""
    if 0 <= value <= LARGEST:
        return None
    return f"a number from 0 to {LARGEST} is needed"
