"""Names of tools in our own sentences: quoted, ASCII, cut, so that no name can speak for us."""

from __future__ import annotations

import json
from collections.abc import Sequence

SHOWN_NAMES = 5
SHOWN_CHARACTERS = 60


def quoted(name: str) -> str:
    """Return a name as an ASCII JSON string, cut; safe on a terminal and in any comment."""
    text = name if len(name) <= SHOWN_CHARACTERS else name[:SHOWN_CHARACTERS] + "..."
    return json.dumps(text)


def some(names: Sequence[str]) -> str:
    """Say how many tools, and name the first few."""
    shown = ", ".join(quoted(name) for name in names[:SHOWN_NAMES])
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return f"{len(names)} {'tool' if len(names) == 1 else 'tools'}: {shown}{more}"
