"""`Fetcher`, the only door to the network: guarded, capped, paced, identified.

Every failure becomes a `FetchError` with the outcome to record; httpx is seen nowhere else but
in the probes, which stream through the same door.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import anyio
import httpx

from crawler.domains import domain_of
from crawler.errors import FetchError
from crawler.fetch.breaker import SOURCE_PATIENCE, Breaker
from crawler.fetch.cache import HttpCache
from crawler.fetch.decoding import ACCEPTED, pieces
from crawler.fetch.keys import Keys
from crawler.fetch.limits import FetchOptions, is_public_host
from crawler.fetch.pace import Pace, asked_wait, retry_after
from crawler.fetch.pools import OriginPools, origin_of
from crawler.fetch.robots import Robots
from crawler.fetch.translating import REDIRECTS, same_origin, shown_url, translated
from crawler.fetch.turn import LARGE_AT_ONCE, Turn
from crawler.records import Outcome

__all__ = ["Answer", "FetchOptions", "Fetcher", "Turn", "pieces"]

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
        self._pools = OriginPools(self.options)
        self._pace = Pace(self.options.per_host, self.options.per_host_delay)
        self._breaker = Breaker()
        self._cache = HttpCache(self.options.cache)
        self._robots = Robots()
        self._keys = Keys(self.options.keys)
        self._large = anyio.CapacityLimiter(LARGE_AT_ONCE)

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._client = httpx.AsyncClient(
            transport=self._pools,
            headers={"User-Agent": self.options.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=httpx.Timeout(self.options.read_seconds, connect=self.options.connect_seconds),
            follow_redirects=False,
            trust_env=False,
            # none is made of a user name and password in a URL, be it a redirect's
            auth=httpx.Auth(),
            # none is taken or sent: a crawl would keep those of every host, and look through all
            # of them at every request
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._cache.tidy()
        if self._client is not None:
            await self._client.aclose()

    @asynccontextmanager
    async def turn(self, url: str, *, keep: bool = False) -> AsyncIterator[Turn]:
        """Hold a place at the domain of a URL; without `keep` its connections end with it.

        Raises:
            FetchError: it is no URL.

        """
        try:
            origin, domain, _ = origin_of(url), domain_of(url), urlsplit(url).port
        except (ValueError, httpx.InvalidURL):
            raise FetchError(Outcome.PROTOCOL_ERROR, "its address is no URL") from None
        turn = Turn(self._large)
        async with self._pace.turn(domain):
            self._pools.hold(origin)
            try:
                yield turn
            finally:
                turn.end()
                with anyio.CancelScope(shield=True):
                    await self._pools.let_go(origin, keep=keep)

    @asynccontextmanager
    async def stream(  # noqa: PLR0913 - what makes a request
        self, turn: Turn, method: str, url: str, *, headers: Mapping[str, str] | None = None,
        content: bytes | None = None, redirects: bool = True,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        """Yield a response with its body still to be read (through `body` or `pieces`).

        Redirects stay on the origin, at most three, each through the guard. Without `redirects`
        one is an answer like any other.

        Raises:
            FetchError: transport, guard or redirect failure; or the host is left alone.

        """
        target, host = url, _host(url)
        for _ in range(self.options.max_redirects + 1):
            self._check(target)
            async with self._exchange(turn, method, target, headers, content) as response:
                location = response.headers.get("location")
                if redirects and response.status_code in REDIRECTS and location:
                    target = same_origin(target, location)
                    continue
                if response.status_code in {429, 503} and "retry-after" in response.headers:
                    # whole, and not an hour at most: others on the host are told how long
                    asked = asked_wait(response.headers)
                    self._breaker.rest(host, 1.0 if asked is None else asked)
                yield response
                return
        raise FetchError(Outcome.HTTP_ERROR, f"{shown_url(url)}: too many redirects")

    @asynccontextmanager
    async def _exchange(
        self, turn: Turn, method: str, url: str, headers: Mapping[str, str] | None,
        content: bytes | None,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        """Send one request when the host may be asked, and note how it bore it."""
        host = _host(url)
        await turn.pause(
            max(
                self._breaker.wait(host, turn.patience),
                self._pace.pause(domain_of(url), turn.least_pause),
            )
        )
        try:
            with translated(url):
                request = self._opened().build_request(
                    method, url, headers=dict(headers or {}), content=content
                )
                response = await self._opened().send(request, stream=True)
            try:
                with translated(url):
                    yield response
            finally:
                await response.aclose()
        except FetchError as error:
            self._breaker.note(host, error.outcome)
            raise
        except anyio.get_cancelled_exc_class():
            self._breaker.note(host, Outcome.TIMEOUT)
            raise
        self._breaker.note(host, Outcome.LISTED)

    async def body(self, response: httpx.Response, turn: Turn | None = None) -> bytes:
        """Read a body up to the cap on decoded bytes.

        Raises:
            FetchError: larger than the cap, or not decodable.

        """
        cap = self.options.max_bytes
        length = response.headers.get("content-length", "")
        parts: list[bytes] = []
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0  # noqa: PLR2004 - digits
        if size > cap:
            raise FetchError(Outcome.TOO_LARGE, f"answer larger than {cap} bytes")
        size = 0
        async for part in pieces(response):
            size += len(part)
            if size > cap:
                raise FetchError(Outcome.TOO_LARGE, f"answer larger than {cap} bytes")
            if turn is not None:
                await turn.spend(len(part))
            parts.append(part)
        return b"".join(parts)

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, redirects: bool = True
    ) -> Answer:
        """Get a complete answer with status 200, retrying what may pass.

        What is asked without a key is asked conditionally, and an unchanged answer comes from
        the cache. Without `redirects` one is an answer too, whose body is not read.

        Raises:
            FetchError: with the outcome to record.

        """
        error: FetchError
        for attempt in range(_RETRIES + 1):
            try:
                asked = self._with_keys(url, headers)
                return await self._get_once(url, asked, redirects=redirects)
            except _RefusedError as refusal:
                wait, error = refusal.pause, refusal
                # an error of the server is tried once more: of a site that is down every page fails
                is_first_error = refusal.is_of_server and attempt == 0
                may_pass = refusal.outcome is Outcome.RATE_LIMITED or is_first_error
            except FetchError as cause:
                if cause.outcome is not Outcome.CONNECT_ERROR:
                    raise
                wait, error, may_pass = 0.5, cause, True
            if attempt == _RETRIES or not may_pass or wait > SOURCE_PATIENCE:
                raise error
            await anyio.sleep(min(wait * (attempt + 1), SOURCE_PATIENCE))
        raise FetchError(Outcome.CONNECT_ERROR, f"{shown_url(url)}: not reachable")

    def _with_keys(self, url: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        try:
            return self._keys.added(url, headers or {})
        except (ValueError, httpx.InvalidURL):
            raise FetchError(Outcome.PROTOCOL_ERROR, "its address is no URL") from None

    async def _get_once(self, url: str, headers: Mapping[str, str], *, redirects: bool) -> Answer:
        kept = self._cache.find(url) if set(headers) <= {"Accept"} else None
        asked = {**headers, **(kept.conditions if kept else {})}
        seconds = self.options.total_seconds
        async with self.turn(url, keep=True) as turn:
            turn.patience = SOURCE_PATIENCE
            if is_public_host(urlsplit(url).hostname or ""):
                turn.least_pause = self.options.listing_delay
            try:
                with anyio.fail_after(seconds) as turn.deadline:
                    async with self.stream(
                        turn, "GET", url, headers=asked, redirects=redirects
                    ) as response:
                        found = dict(response.headers)
                        if response.status_code in REDIRECTS and "location" in found:
                            return Answer(url, response.status_code, found, b"")
                        if response.status_code == _NOT_MODIFIED and kept is not None:
                            return Answer(url, 200, {**kept.headers, **found}, kept.body)
                        if response.status_code != _OK:
                            raise _RefusedError(url, response)
                        body = await self.body(response, turn)
            except TimeoutError:
                raise FetchError(
                    Outcome.TIMEOUT, f"{shown_url(url)}: no answer in {seconds:g} s"
                ) from None
        if set(headers) <= {"Accept"}:
            self._cache.keep(url, found, body)
        return Answer(url, _OK, found, body)

    async def get_bytes(self, url: str) -> bytes:
        """Get the body of a successful JSON answer.

        Raises:
            FetchError: with the outcome to record.

        """
        return (await self.get(url, {"Accept": "application/json"})).body

    async def page(self, url: str) -> Answer:
        """Get an HTML page as robots.txt allows, which is asked for what a redirect leads to too.

        Raises:
            FetchError: with the outcome to record.

        """
        target = url
        for _ in range(self.options.max_redirects + 1):
            if not await self.allowed(target):
                reason = f"{shown_url(target)}: robots.txt forbids it"
                raise FetchError(Outcome.SKIPPED_POLICY, reason)
            answer = await self.get(target, redirects=False)
            if answer.status == _OK:
                return answer
            target = same_origin(target, answer.headers["location"])
        raise FetchError(Outcome.HTTP_ERROR, f"{shown_url(url)}: too many redirects")

    async def allowed(self, url: str) -> bool:
        """Say whether robots.txt lets us fetch an HTML page, and keep to its Crawl-delay."""
        agent = self.options.user_agent
        self._pace.slow_down(domain_of(url), await self._robots.delay(self, url, agent))
        return await self._robots.allowed(self, url, agent)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("Fetcher is used outside its context")
        return self._client

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if "{" in url or not parts.hostname:
            raise FetchError(Outcome.NEEDS_CONFIG, f"{shown_url(url)} is a template, not a URL")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.options.allow_private):
            raise FetchError(
                Outcome.BLOCKED_SSRF,
                f"{shown_url(url)}: only https is fetched; --allow-private allows http",
            )


class _RefusedError(FetchError):
    """An answer with another status than 200, and how long to wait before asking again."""

    def __init__(self, url: str, response: httpx.Response) -> None:
        status = response.status_code
        outcome = _STATUS.get(status, Outcome.HTTP_ERROR)
        wait = asked_wait(response.headers)
        super().__init__(outcome, f"{shown_url(url)}: HTTP {status}", wait, status=status)
        self.pause = retry_after(response.headers)
        self.is_of_server = status >= 500  # noqa: PLR2004 - the number is the name


_OK, _NOT_MODIFIED = 200, 304


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
