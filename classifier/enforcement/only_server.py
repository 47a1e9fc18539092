"""The server of a call that names none: the only one that the policy has rules for.

A name made up here would be answered as a server that nobody knows, and looks like an answer.
"""

from __future__ import annotations

from types import ModuleType

from classifier.enforcement.reading import named
from classifier.enforcement.target import Target
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError

_MOST_NAMED = 5
_WAY = 'add "server" to the call, or give --server-key KEY'


def only_server(target: Target, module: ModuleType, text: str) -> str | None:
    """Return the key of the only server in a policy; None where a file tells no servers apart.

    Raises:
        PolicyError: the policy has rules for several servers or names none, or cannot be read.

    """
    if not target.whole_set or target.advisory:
        return None
    keys = sorted({key for key, _ in named(target, module, text) if key})
    if len(keys) == 1:
        return keys[0]
    if not keys:
        raise PolicyError(f"names no server, nor does a rule of the policy for a tool; {_WAY}")
    more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    listed = ", ".join(map(quoted, keys[:_MOST_NAMED])) + more
    raise PolicyError(f"names no server, and the policy has rules for {listed}; {_WAY}")
