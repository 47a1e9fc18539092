"""What a policy target is, what goes into it, and what comes out.

A target is one module of `classifier.policies`; what it exports is described there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from classifier.condition import ConditionKind
from classifier.intent import Intent
from classifier.rule import WINDOWS, Decision


class Power(StrEnum):
    """What a target can express."""

    DENY = "deny"
    ASK = "ask"
    RATE = "rate"
    CONDITIONS = "conditions"
    HIDE = "hide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One enforcement point, as its documentation describes it."""

    id: str
    title: str
    file_name: str
    language: str  # for highlighting: json, yaml, toml, cedar, rego, shell, markdown
    expresses: frozenset[Power]
    unlisted: Decision  # what becomes of a tool that the file does not name
    whole_set: bool  # one file may hold several servers
    checked_by: str | None  # the real engine that our tests run, or None
    documentation: str
    windows: frozenset[str] = frozenset(WINDOWS)  # of rate limits
    condition_kinds: frozenset[ConditionKind] = frozenset()
    condition_each: bool = False  # conditions on every item of an array
    condition_optional: bool = False  # conditions that hold where the argument is left out
    advisory: bool = False  # there is no file that enforces; the output is advice
    closes_server: bool = False  # can refuse a whole server whatever its tools are called
    install: str = ""  # where the file goes, in one sentence

    @property
    def unproven(self) -> tuple[str, ...]:
        """What to say where no real engine has answered for the policies."""
        how = "checked against our model of its documented order, not run in the real engine"
        return () if self.checked_by else (how,)

    def can(self, power: Power) -> bool:
        """Say whether the target expresses something."""
        return power in self.expresses


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRules:
    """One server of a policy: its key in the user's configuration and what its tools get.

    `rules` are effective intents (what this target will do), in input order, one per name, only
    those whose names the target can hold. `closed` means that the whole server must be refused,
    because a tool that has to be denied has a name that the target cannot hold.
    """

    key: str
    server: str
    rules: tuple[Intent, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a target's own `render` returns.

    `changed` holds the intents that came out stricter for a reason of the language itself (two
    names that it cannot tell apart), by (server key, tool).
    """

    text: str
    notes: tuple[str, ...] = ()
    changed: Mapping[tuple[str, str], Intent] = field(default_factory=dict)
    extra: tuple[tuple[str, str], ...] = ()
    """Further files that belong to it, as (file name, text)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A policy file and everything that must be said with it.

    `effective` is what the target will do per (server key, tool), also for tools that the file
    does not name: the promise that the behaviour tests hold it to.
    """

    target: Target
    text: str
    file_name: str
    language: str
    approximations: tuple[str, ...]
    not_enforced: tuple[str, ...]
    notes: tuple[str, ...]
    effective: Mapping[tuple[str, str], Intent]
    extra: tuple[tuple[str, str], ...] = ()

    definitions: str = ""
    """Digest of the definitions that it was made from; see `drift.digest`."""

    @property
    def report(self) -> tuple[str, ...]:
        """Everything to say beside the file, most important first."""
        return (*self.not_enforced, *self.approximations, *self.notes)
