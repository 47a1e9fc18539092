"""Connections, a small pool per origin, each made through the address guard.

httpcore walks over all connections of a pool at every request: with one pool for a whole crawl
that walk costs more than the request. A pool lives as long as somebody talks to its origin.
"""

import importlib.util
import ssl
import sys
from collections import Counter

import httpcore
import httpx

from crawler.fetch.limits import FetchOptions, GuardedBackend

_CONNECTIONS = 8
_KEPT = 16
"""Origins whose connections are kept although nobody is talking to them just now."""

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries this import at every request, and a failing import searches the whole path
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


class OriginPools(httpx.AsyncBaseTransport):
    """An httpx transport with a pool per origin, which the crawl's turns hold and let go."""

    def __init__(self, options: FetchOptions) -> None:
        self._backend = GuardedBackend(allow_private=options.allow_private)
        self._ssl = ssl.create_default_context()
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}
        self._held: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the pool of its origin."""
        return await self._pool(_origin(request.url)).handle_async_request(request)

    def hold(self, origin: str) -> None:
        """Keep the connections of an origin until it is let go as often."""
        self._held[origin] += 1

    async def let_go(self, origin: str, *, keep: bool) -> None:
        """Close the connections of an origin that nobody holds, unless more are to come."""
        self._held[origin] -= 1
        if self._held[origin] > 0:
            return
        del self._held[origin]
        idle = [origin] if not keep else [name for name in self._pools if not self._held[name]]
        for name in idle if not keep else idle[:-_KEPT]:
            pool = self._pools.pop(name, None)
            if pool is not None:
                await pool.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()

    def _pool(self, origin: str) -> httpx.AsyncHTTPTransport:
        pool = self._pools.get(origin)
        if pool is None:
            pool = _Transport(self._ssl, self._backend)
            self._pools[origin] = pool
        return pool


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool with our backend, for which httpx has no argument."""

    def __init__(self, context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            network_backend=backend,
        )


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as its pool is named."""
    return _origin(httpx.URL(url))


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}:{url.port or ''}"
