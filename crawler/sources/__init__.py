"""Where servers can be learnt of: one module a source, each yielding `Listing` or `Skipped`."""

import json
from typing import Any, Protocol

from crawler.errors import FetchError
from crawler.parse import load_json
from crawler.records import Outcome


class Getter(Protocol):
    """What a source needs of the fetcher: the body of a URL, or a `FetchError`."""

    async def get_bytes(self, url: str) -> bytes:
        """Return the body of a successful answer, within the byte cap."""
        ...


async def fetch_json(fetcher: Getter, url: str) -> Any:
    """Return the JSON of a URL.

    Raises:
        FetchError: it cannot be had, or is no JSON.

    """
    body = await fetcher.get_bytes(url)
    try:
        return load_json(body)
    except (json.JSONDecodeError, UnicodeDecodeError):
        host = url.partition("?")[0]
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{host} does not answer with JSON") from None
