"""Keys of private registries: headers for one origin, their values from the environment.

A value is read when it is sent, and is never stored or shown; no other host is sent it, because
redirects that leave the origin are refused.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crawler.errors import FetchError
from crawler.fetch.pools import origin_of
from crawler.records import Outcome


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """A header that requests to the origin of `url` carry, and the variable that holds it."""

    url: str
    header: str
    variable: str


class Keys:
    """The headers of one crawl, by origin: scheme, host and port, all three."""

    def __init__(self, headers: Iterable[KeyHeader]) -> None:
        self._by_origin: dict[str, list[KeyHeader]] = {}
        for one in headers:
            self._by_origin.setdefault(origin_of(one.url), []).append(one)

    def added(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a request with those that its origin is to be sent.

        Raises:
            FetchError: a variable is not set, or holds what cannot be sent in a header.

        """
        found = dict(headers)
        if not self._by_origin:
            return found
        for one in self._by_origin.get(origin_of(url), ()):
            value = os.environ.get(one.variable, "")
            if not value:
                raise FetchError(Outcome.NEEDS_CONFIG, f"{one.url} needs a key: set {one.variable}")
            if not (value.isascii() and value.isprintable()):
                reason = f"{one.variable} holds what no header may: only printable ASCII"
                raise FetchError(Outcome.NEEDS_CONFIG, reason)
            found[one.header] = value
        return found
