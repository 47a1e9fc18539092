"""The versions that decide what is said."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from classifier.engine import ruleset
from classifier.model import runtime
from crawler import records

_DECIDING = (".", "signals", "model")
_OF_CRAWLER = ("json_kinds.py", "misfits.py", "placed_names.py", "records.py", "url_secrets.py")


def versions() -> str:
    """Return the versions of program, rules and model in one line.

    Raises:
        DataError: the model is missing or malformed.

    """
    return f"{version('toolrisk')} ({ruleset()}, model {runtime.load().name})"


def code_sha256() -> str:
    """Return the digest of the code that decides: a threshold or a detector is in no table.

    Some milliseconds: for who asks whether a stored verdict still holds, not for each definition.
    """
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources() -> Iterator[Path]:
    """Yield the files whose code a verdict depends on, and their neighbours, in a stable order.

    Commands, pages, policies and the crawl are others: what they do changes no verdict.
    """
    here = Path(__file__).parent
    for folder in _DECIDING:
        yield from sorted((here / folder).glob("*.py"))
    yield from (Path(records.__file__).with_name(name) for name in _OF_CRAWLER)
