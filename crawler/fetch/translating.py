"""What httpx raises, as one `FetchError` with the outcome to record; and URLs fit for messages."""

from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from crawler.errors import FetchError
from crawler.records import Outcome

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class translated:  # noqa: N801 - reads as a phrase: with translated(url)
    """Turn transport exceptions into `FetchError`, once, at the edge."""

    def __init__(self, url: str) -> None:
        self._url = shown_url(url)

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Translate what left the block."""
        match error:
            case httpx.TimeoutException() | httpcore.TimeoutException():
                raise FetchError(Outcome.TIMEOUT, f"{self._url}: timed out") from error
            case httpx.ConnectError() | httpcore.ConnectError() if (
                "ssl" in str(error).lower() or "certificate" in str(error).lower()
            ):
                raise FetchError(Outcome.TLS_ERROR, f"{self._url}: TLS failed") from error
            case httpx.RemoteProtocolError() | httpcore.RemoteProtocolError() if (
                "disconnected" not in str(error) and "closed connection" not in str(error)
            ):
                raise FetchError(
                    Outcome.PROTOCOL_ERROR, f"{self._url}: does not answer as HTTP says"
                ) from error
            case (
                httpx.TransportError()
                | httpcore.NetworkError()
                | httpcore.ProtocolError()
                | httpx.InvalidURL()
            ):
                raise FetchError(Outcome.CONNECT_ERROR, f"{self._url}: not reachable") from error


def same_origin(base: str, location: str) -> str:
    """Return where a redirect leads.

    Raises:
        FetchError: to another origin, or to what is no URL.

    """
    try:
        target = urljoin(base, location)
        is_same = is_same_origin(base, target)
    except ValueError:
        raise FetchError(
            Outcome.PROTOCOL_ERROR, f"{shown_url(base)}: redirects to what is no URL"
        ) from None
    if not is_same:
        raise FetchError(Outcome.BLOCKED_SSRF, f"{shown_url(base)}: redirects to another origin")
    return target


def is_same_origin(one: str, other: str) -> bool:
    """Say whether two URLs have one scheme, host and port, be it named or the usual one.

    Raises:
        ValueError: one of them is no URL.

    """
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


_PORTS = {"http": 80, "https": 443}


def shown_url(url: str) -> str:
    """Return a URL for messages: no user, no query, no control characters, bounded."""
    parts = urlsplit(url)
    text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "".join(c for c in text if c.isprintable())[:200]
