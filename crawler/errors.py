"""What can go wrong while crawling, as one tree.

CrawlError
├── TargetError       a TARGET on the command line cannot be understood or read (exit 2)
├── CatalogError      the database is locked, corrupt or of an unknown version (exit 3)
│   └── NoCatalogError  there is none where the user says (exit 2)
├── FetchError        a request failed; carries the `Outcome` to record
└── ProbeError        a server could not be listed; carries the `Outcome` to record
    └── LoginError    it wants a login first; carries what it asks for

Messages are one line: the act, the object and the remedy.
"""

from crawler.records import Outcome


class CrawlError(Exception):
    """Base of everything that crawler raises on purpose."""


class TargetError(CrawlError):
    """A TARGET that cannot be understood, found or read; the command exits with 2."""


class CatalogError(CrawlError):
    """The catalogue cannot be opened or written; the command exits with 3."""


class NoCatalogError(CatalogError):
    """There is no catalogue at that path; the command exits with 2."""


class FetchError(CrawlError):
    """A request that failed, with the outcome to record.

    `wait` is the seconds for which the host asks to be left alone, if it does; `status` the HTTP
    status that it answered with, where it was that.
    """

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        wait: float | None = None,
        *,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.wait = wait
        self.status = status


class ProbeError(FetchError):
    """A server that could not be listed, with the outcome to record."""


class LoginError(ProbeError):
    """A server that wants a login; `demand` is its `WWW-Authenticate` header as received."""

    def __init__(self, message: str, demand: str) -> None:
        super().__init__(Outcome.AUTH_REQUIRED, message)
        self.demand = demand
