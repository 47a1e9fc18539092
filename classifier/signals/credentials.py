"""Takes, returns, creates or changes a secret.

Passwords, API keys, tokens, private keys, session keys, certificates. Identifiers, and the server's
own key that is configured elsewhere, are not meant; a "key" of a record is an identifier.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.described import is_other
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="credentials",
    kind=Kind.CAPABILITY,
    severity=Severity.HIGH,
    title="Handles credentials or secrets",
    references=("MCP01:2025", "AML.T0098", "SAFE-T1502", "CWE-522"),
)
LABEL = "credentials"

_SECRET = frozenset(
    [
        "api",
        "access",
        "secret",
        "private",
        "public",
        "ssh",
        "gpg",
        "pgp",
        "rsa",
        "signing",
        "encryption",
        "master",
        "session",
        "license",
        "auth",
        "token",
        "apikey",
        "password",
        "credential",
        "credentials",
        "secrets",
        "tokens",
        "keys",
        "hmac",
        "jwt",
        "wallet",
    ]
)
"""Beside one of these words a key may open something."""


_OF_RECORDS = frozenset(
    [
        "primary",
        "foreign",
        "composite",
        "partition",
        "sort",
        "surrogate",
        "candidate",
        "unique",
        "map",
        "musical",
        "issue",
        "project",
        "translation",
        "redis",
        "cache",
        "arrow",
    ]
)
"""Before `key` these words say that it opens nothing."""


def spares(reading: Reading) -> bool:
    """Say whether the only key is that of a record: `issue_key` of `get_issue_by_key`, a primary key.

    Or the only token a coin, or where a list of pages goes on.
    """
    return _opens_nothing(reading) or _is_of_record(reading) or _is_a_coin_or_page(reading)


def _is_a_coin_or_page(reading: Reading) -> bool:
    tokens = [one for one in reading.parameters if "credential" in one.flags]
    if not tokens or not all(is_other(reading, one, "credential") for one in tokens):
        return False
    others = _SECRET - {"token", "tokens", "wallet", "keys"}
    return others.isdisjoint({*reading.core, *reading.first, *reading.rest})


def _opens_nothing(reading: Reading) -> bool:
    """Say whether every key that is told of is one of a table, a map or a song."""
    found = False
    for words in (reading.core, reading.first, reading.rest):
        for before, word in zip(("", *words), words, strict=False):
            if word in {"key", "keys"}:
                if before not in _OF_RECORDS:
                    return False
                found = True
    others = _SECRET - {"keys"} | {"connection"}
    told = (reading.core, reading.first, *(one.words for one in reading.parameters))
    return found and all(others.isdisjoint(words) for words in told)


def _is_of_record(reading: Reading) -> bool:
    if not _SECRET.isdisjoint(reading.core) or not _SECRET.isdisjoint(reading.first):
        return False
    named = [found.words for found in reading.parameters]
    if any(not _SECRET.isdisjoint(words) for words in named):
        return False
    named_first = {words[-2] for words in named if len(words) > 1 and words[-1] == "key"}
    return not named_first.isdisjoint(reading.core)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the secret that is named, or point to the parameter that takes one."""
    yield from quotes.things(reading, matched, LABEL)
    yield from quotes.by_flags(reading, ("credential",))
