"""What a server asks for before it talks: the `WWW-Authenticate` header of a 401, as facts.

Nothing that it names is fetched: every address in it was chosen by the server.
"""

from dataclasses import dataclass

import re2

_MAX = 4096
_PIECES = re2.compile(  # type: ignore[no-untyped-call]
    r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?"""
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One demand. OAuth is on offer where `metadata_url` is set (RFC 9728)."""

    scheme: str
    metadata_url: str | None = None
    scope: str | None = None


def challenge_of(header: str) -> Challenge | None:
    """Return the demand of a header, a bearer token before anything else; None if it makes none."""
    demands: list[tuple[str, dict[str, str]]] = []
    for found in _PIECES.finditer(header[:_MAX]):
        name, quoted, bare = found.group(1), found.group(2), found.group(3)
        if quoted is None and bare is None:
            demands.append((name, {}))
        elif demands:
            value = quoted.replace("\\", "") if quoted is not None else bare
            demands[-1][1].setdefault(name.lower(), value)
    if not demands:
        return None
    scheme, values = next((d for d in demands if d[0].lower() == "bearer"), demands[0])
    return Challenge(scheme[:40], _url(values.get("resource_metadata")), _line(values.get("scope")))


def _url(value: str | None) -> str | None:
    is_web = value is not None and value.lower().startswith(("https://", "http://"))
    return _line(value) if is_web else None


def _line(value: str | None) -> str | None:
    return "".join(c for c in value if c.isprintable())[:500] or None if value else None
