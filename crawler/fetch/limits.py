"""What a request may cost and where it may go: byte caps, deadlines, the address guard.

The guard works where the connection is made: a name is resolved once, every address is checked,
and the connection goes to a checked address. A name that answers differently a moment later
(DNS rebinding) is never asked again.
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpcore

from crawler.errors import FetchError
from crawler.records import Outcome

if TYPE_CHECKING:
    from crawler.fetch.keys import KeyHeader

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_GLOBAL = tuple(
    ipaddress.ip_network(one)
    for one in ("100.64.0.0/10", "192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")
)
"""Ranges of IANA's special-purpose registries that Python 3.11 takes for global."""

LISTING_DELAY = 1.0
"""Seconds between two pages of a source that asks for no other pause."""


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Limits of one crawl. Seconds and decoded bytes."""

    allow_private: bool = False
    user_agent: str = "toolrisk"
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 20.0
    max_bytes: int = 10_000_000
    max_redirects: int = 3
    per_host_delay: float = 0.0
    listing_delay: float = (
        LISTING_DELAY  # for what is got from sources, where their hosts are public
    )
    per_host: int = 1
    keys: tuple["KeyHeader", ...] = ()
    cache: Path | None = None  # where answers of sources are kept, to be asked for conditionally


def is_public(address: str) -> bool:
    """Say whether an IP address is a public unicast one, whatever form hides it."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped or found.sixtofour
        if mapped is None and found in _NAT64:
            mapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if mapped is not None:
            return is_public(str(mapped))
        if found.is_site_local:  # deprecated, and in use in private networks still
            return False
    if any(found in network for network in _NOT_GLOBAL if network.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_public_host(host: str) -> bool:
    """Say whether a host is somebody else's, as far as its name tells: names are not resolved."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return is_public(host)


async def _addresses(host: str, port: int) -> list[str]:
    """Return every address of a name, each once.

    Each name is looked up in a thread of its own, which is left behind when time is up: a few
    names whose servers never answer would fill a pool of threads, and time out everybody else's.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(found: list[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        found: list[str] = []
        failure: Exception | None = None
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(item[4][0]) for item in told))
        except (OSError, UnicodeError) as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the crawl has ended meanwhile
            loop.call_soon_threadsafe(tell, found, failure)

    threading.Thread(target=look_up, daemon=True, name=f"resolving {host[:40]}").start()
    return await answer


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """A network that refuses to connect anywhere but to checked addresses."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, and connect to the address that was checked.

        Raises:
            FetchError: the name does not resolve, or any of its addresses is not public.

        """
        addresses = await self._resolve(host, port, timeout)
        error: Exception | None = None
        for address in addresses[:3]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as cause:
                error = cause
        raise error or httpcore.ConnectError(f"no address for {host}")

    async def _resolve(self, host: str, port: int, seconds: float | None) -> list[str]:
        try:
            with anyio.fail_after(seconds):
                addresses = await _addresses(host, port)
        except TimeoutError as cause:
            raise httpcore.ConnectTimeout(f"resolving {host} timed out") from cause
        except (OSError, UnicodeError) as cause:
            raise FetchError(Outcome.DNS_ERROR, f"{host} does not resolve") from cause
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise FetchError(
                Outcome.BLOCKED_SSRF,
                f"{host} is a loopback or private address; --allow-private allows it",
            )
        return addresses

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - httpcore's interface
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - httpcore's interface
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no source and no server is a local socket.

        Raises:
            FetchError: always.

        """
        raise FetchError(Outcome.BLOCKED_SSRF, "local sockets are not fetched")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its own retries."""
        await anyio.sleep(seconds)
