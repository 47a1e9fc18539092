"""`Fetcher`, the only door to the network: guarded, capped, paced, identified.

Every failure becomes a `FetchError` with the outcome to record; httpx is seen nowhere else but
in the probes, which stream through the same door.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urljoin, urlsplit

import anyio
import httpcore
import httpx

from crawler.errors import FetchError
from crawler.fetch.limits import FetchOptions, GuardedBackend
from crawler.fetch.pace import Pace, retry_after
from crawler.fetch.robots import Robots
from crawler.records import Outcome

__all__ = ["Answer", "FetchOptions", "Fetcher"]

_RETRIES = 2
_STATUS = {
    401: Outcome.AUTH_REQUIRED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    429: Outcome.RATE_LIMITED,
    503: Outcome.RATE_LIMITED,
}


class HasPrivate(Protocol):
    """Options of a larger job, of which the fetcher needs one."""

    @property
    def allow_private(self) -> bool:
        """Whether loopback and private addresses may be contacted."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete body within the caps."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """One crawl's HTTP client. Use as an async context manager, in one task group."""

    def __init__(self, options: FetchOptions | HasPrivate | None = None) -> None:
        self.options = (
            options
            if isinstance(options, FetchOptions)
            else FetchOptions(allow_private=options is not None and options.allow_private)
        )
        self._client: httpx.AsyncClient | None = None
        self._pace = Pace(self.options.per_host, self.options.per_host_delay)
        self._robots = Robots()

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._client = httpx.AsyncClient(
            transport=_transport(self.options),
            headers={"User-Agent": self.options.user_agent, "Accept-Encoding": "gzip, deflate"},
            timeout=httpx.Timeout(self.options.read_seconds, connect=self.options.connect_seconds),
            follow_redirects=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None,
        content: bytes | None = None, paced: bool = True,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        """Yield a response with its body still to be read (through `body` or `lines`).

        Redirects stay on the origin, at most three, each through the guard.

        Raises:
            FetchError: transport, guard or redirect failure.

        """
        client, target = self._opened(), url
        async with self._pace.turn(_host(url)) if paced else nullcontext():
            for _ in range(self.options.max_redirects + 1):
                self._check(target)
                with _translated(target):
                    request = client.build_request(
                        method, target, headers=dict(headers or {}), content=content
                    )
                    response = await client.send(request, stream=True)
                try:
                    location = response.headers.get("location")
                    if response.status_code in {301, 302, 303, 307, 308} and location:
                        target = _same_origin(target, location)
                        continue
                    with _translated(target):
                        yield response
                    return
                finally:
                    await response.aclose()
        raise FetchError(Outcome.HTTP_ERROR, f"{_shown(url)}: too many redirects")

    async def body(self, response: httpx.Response, limit: int | None = None) -> bytes:
        """Read a body up to the cap on decoded bytes.

        Raises:
            FetchError: larger than the cap, or not decodable.

        """
        cap = limit or self.options.max_bytes
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes(65536):
            size += len(part)
            if size > cap:
                raise FetchError(Outcome.TOO_LARGE, f"answer larger than {cap} bytes")
            parts.append(part)
        return b"".join(parts)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Get a complete answer with status 200 or 304, retrying what may pass.

        Raises:
            FetchError: with the outcome to record.

        """
        for attempt in range(_RETRIES + 1):
            try:
                with anyio.fail_after(self.options.total_seconds):
                    async with self.stream("GET", url, headers=headers) as response:
                        if response.status_code in {200, 304}:
                            return Answer(
                                url,
                                response.status_code,
                                dict(response.headers),
                                await self.body(response),
                            )
                        wait = retry_after(response.headers)
                        error = _refused(url, response.status_code)
            except TimeoutError:
                raise FetchError(
                    Outcome.TIMEOUT, f"{_shown(url)}: no answer in {self.options.total_seconds:g} s"
                ) from None
            except FetchError as cause:
                if cause.outcome is not Outcome.CONNECT_ERROR:
                    raise
                wait, error = 0.5, cause
            if (
                attempt == _RETRIES
                or error.outcome not in {Outcome.RATE_LIMITED, Outcome.CONNECT_ERROR}
                or wait > self.options.total_seconds
            ):
                raise error
            await anyio.sleep(wait * (attempt + 1))
        raise FetchError(Outcome.CONNECT_ERROR, f"{_shown(url)}: not reachable")

    async def get_bytes(self, url: str) -> bytes:
        """Get the body of a successful JSON answer.

        Raises:
            FetchError: with the outcome to record.

        """
        return (await self.get(url, {"Accept": "application/json"})).body

    async def allowed(self, url: str) -> bool:
        """Say whether robots.txt of the host lets us fetch an HTML page."""
        return await self._robots.allowed(self, url, self.options.user_agent)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("Fetcher is used outside its context")
        return self._client

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if "{" in url or not parts.hostname:
            raise FetchError(Outcome.NEEDS_CONFIG, f"{_shown(url)} is a template, not a URL")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.options.allow_private):
            raise FetchError(
                Outcome.BLOCKED_SSRF,
                f"{_shown(url)}: only https is fetched; --allow-private allows http",
            )


def _transport(options: FetchOptions) -> httpx.AsyncHTTPTransport:
    """Return a transport whose pool connects through the guard."""
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001 - httpx offers no way to pass a backend
        ssl_context=ssl.create_default_context(),
        max_connections=256,
        max_keepalive_connections=64,
        network_backend=GuardedBackend(allow_private=options.allow_private),
    )
    return transport


class _translated:  # noqa: N801 - reads as a phrase: with _translated(url)
    """Turn transport exceptions into `FetchError`, once, at the edge."""

    def __init__(self, url: str) -> None:
        self._url = _shown(url)

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
            case httpx.DecodingError():
                raise FetchError(
                    Outcome.PROTOCOL_ERROR, f"{self._url}: the body cannot be decoded"
                ) from error
            case httpx.ConnectError() | httpcore.ConnectError() if (
                "ssl" in str(error).lower() or "certificate" in str(error).lower()
            ):
                raise FetchError(Outcome.TLS_ERROR, f"{self._url}: TLS failed") from error
            case (
                httpx.TransportError()
                | httpcore.NetworkError()
                | httpcore.ProtocolError()
                | httpx.InvalidURL()
            ):
                raise FetchError(Outcome.CONNECT_ERROR, f"{self._url}: not reachable") from error


def _refused(url: str, status: int) -> FetchError:
    return FetchError(_STATUS.get(status, Outcome.HTTP_ERROR), f"{_shown(url)}: HTTP {status}")


def _same_origin(base: str, location: str) -> str:
    target = urljoin(base, location)
    one, other = urlsplit(base), urlsplit(target)
    if (one.scheme, one.hostname, one.port) != (other.scheme, other.hostname, other.port):
        raise FetchError(Outcome.BLOCKED_SSRF, f"{_shown(base)}: redirects to another origin")
    return target


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _shown(url: str) -> str:
    """Return a URL for messages: no user, no query, no control characters, bounded."""
    parts = urlsplit(url)
    text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "".join(c for c in text if c.isprintable())[:200]
