"""What a person can do about a server that does not start without settings of theirs."""

import re  # noqa: TID251 - one fixed pattern over a line of at most 300 signs
from dataclasses import replace

from crawler.records import Outcome, Package, Probe

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,6}\b", re.ASCII)
_MOST = 5
NO_CREDENTIALS = "no credential is ever sent; give a file of its tools instead"


def advised(found: Probe, package: Package) -> Probe:
    """Return an attempt with the next step in its reason, where a setting was missing.

    The variables are those that the server names and that it was not given. Only a name is asked
    for: it is started with a placeholder, so that no secret reaches it.
    """
    if found.outcome is not Outcome.NEEDS_CONFIG:
        return found
    named = dict.fromkeys(_VARIABLE.findall(found.detail))
    missing = [name for name in named if name not in package.required_inputs][:_MOST]
    if missing:
        step = (
            f"name {', '.join(missing)} under env of its entry in a client config (any value: it is"
            " started with a placeholder)"
        )
    elif package.required_inputs:
        step = "placeholders for its variables were not enough"
    else:
        step = "its documentation names what it needs"
    return replace(found, detail=f"{found.detail}; {step}, or give a file of its tools")
