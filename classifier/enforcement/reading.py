"""Reading a policy that somebody else wrote: whatever is in it, one clear line when it is unfit.

The targets' own readers take the documented form for granted; what does not have it is caught
here, once, for reading, linting and every single question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import ModuleType

from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Target
from classifier.errors import PolicyError

_UNFIT = (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError)


@contextmanager
def documented_form(target: Target) -> Iterator[None]:
    """Turn what a reader trips over into one line.

    Raises:
        PolicyError: the file does not have the form that the target's documentation gives.

    """
    try:
        yield
    except _UNFIT as error:
        raise PolicyError(
            f"{target.title}: the file does not have the documented form "
            f"({type(error).__name__}); see {target.documentation}"
        ) from error


def simulator(target: Target, module: ModuleType, text: str) -> Simulator:
    """Return what decides calls under a policy text.

    Raises:
        PolicyError: it cannot be read, or its engine is not installed; so may every question.

    """
    with documented_form(target):
        decide: Simulator = module.simulate(text)

    def ask(call: Call) -> Verdict:
        with documented_form(target):
            return decide(call)

    return ask


def named(
    target: Target, module: ModuleType, text: str, keys: Collection[str] = ()
) -> set[tuple[str | None, str]]:
    """Return the (server key, tool) pairs that a policy names; server `None`: its only one.

    A target whose files say more of a server than a key has to exports `fits(server, key) -> bool`;
    a server that fits some of `keys` is returned under these.
    """
    with documented_form(target):
        found: set[tuple[str | None, str]] = set(module.named(text))
    if not hasattr(module, "fits"):
        return found
    known = {server: _keys(module, server, keys) for server in {server for server, _ in found}}
    return {(key, tool) for server, tool in found for key in known[server]}


def _keys(module: ModuleType, server: str | None, keys: Collection[str]) -> list[str | None]:
    return [key for key in keys if module.fits(server, key)] or [server]


def lint(target: Target, module: ModuleType, text: str) -> tuple[str, ...]:
    """Return what is valid in a policy and without effect, or with another one than it says."""
    with documented_form(target):
        return tuple(module.lint(text))
