"""Names that resolve to what must not be reached, also only the second time (DNS rebinding).

Only the resolver is ours to command here; the guard, the pool and the connection are real.
"""

import socket
import threading
from collections import Counter
from itertools import chain, repeat

import anyio
import pytest

from crawler.crawl import CrawlOptions
from crawler.fetch import Fetcher, FetchOptions
from crawler.fetch.limits import is_public
from crawler.probe import probe
from crawler.records import Outcome, Remote, Server, ServerName

PUBLIC = "192.88.99.1"  # a public address that nobody has any more (RFC 7526): no answer, no harm


@pytest.fixture
def resolver(monkeypatch):
    """Let names under `.rebind.example` resolve to lists that change from answer to answer."""
    answers, asked = {}, Counter()
    real = socket.getaddrinfo

    def resolve(host, port, *rest, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in answers:
            return real(host, port, *rest, **options)
        asked[name] += 1
        kind = socket.AF_INET, socket.SOCK_STREAM, 6, ""
        return [(*kind, (address, port)) for address in next(answers[name])]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers, asked


@pytest.fixture
def listener():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        one.settimeout(0.2)
        yield one


def ask(url):
    server = Server(name=ServerName("x"), remotes=(Remote(transport="streamable-http", url=url),))

    async def run():
        async with Fetcher(FetchOptions(connect_seconds=1.0, total_seconds=2.0)) as fetcher:
            return await probe(server, CrawlOptions(), fetcher)

    return anyio.run(run)


def is_knocked(listener):
    try:
        visitor, _ = listener.accept()
    except TimeoutError:
        return False
    visitor.close()
    return True


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["10.0.0.1"], ["169.254.169.254"], ["0.0.0.0"]],
)  # fmt: skip
def test_a_name_with_any_private_address_is_refused_and_not_contacted(
    resolver, listener, addresses
):
    answers, _ = resolver
    answers["a.rebind.example"] = repeat(addresses)
    found = ask(f"https://a.rebind.example:{listener.getsockname()[1]}/mcp")
    assert found.outcome is Outcome.BLOCKED_SSRF
    assert not is_knocked(listener)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(resolver, listener):
    """The first answer is public, every further one is loopback: loopback is never reached."""
    answers, asked = resolver
    answers["b.rebind.example"] = chain([[PUBLIC]], repeat(["127.0.0.1"]))
    found = ask(f"https://b.rebind.example:{listener.getsockname()[1]}/mcp")
    assert is_public(PUBLIC)
    assert not is_knocked(listener)
    if asked["b.rebind.example"] == 1:
        assert found.outcome in {Outcome.TIMEOUT, Outcome.CONNECT_ERROR}, found.detail
    else:  # asked anew for another connection, and the new answer was checked too
        assert found.outcome is Outcome.BLOCKED_SSRF, found.detail


def test_the_listener_would_be_reached_were_it_allowed(resolver, listener):
    """The same name, with private addresses allowed: what the two tests above rely on."""
    answers, _ = resolver
    answers["c.rebind.example"] = repeat(["127.0.0.1"])
    server = Server(
        name=ServerName("x"),
        remotes=(Remote(transport="streamable-http", url=f"http://c.rebind.example:{listener.getsockname()[1]}/"),),
    )  # fmt: skip

    async def run():
        options = FetchOptions(allow_private=True, total_seconds=5.0)
        async with Fetcher(options) as fetcher:
            with anyio.move_on_after(5):
                await probe(server, CrawlOptions(), fetcher)

    anyio.run(run)
    assert is_knocked(listener)


def test_names_that_never_resolve_hold_nobody_up(monkeypatch):
    """Sixty look-ups that end only with the test: waiting for one would be waiting for ever."""
    real = socket.getaddrinfo
    over = threading.Event()

    def resolve(host, *rest, **options):
        if host.startswith("never"):
            over.wait()
        return real("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    found = {}

    async def look(fetcher, name):
        remote = Remote(transport="streamable-http", url=f"https://{name}/mcp")
        server = Server(name=ServerName(name), remotes=(remote,))
        found[name] = (await probe(server, CrawlOptions(), fetcher)).outcome

    async def run():
        async with (
            Fetcher(FetchOptions(connect_seconds=3.0)) as fetcher,
            anyio.create_task_group() as group,
        ):
            for number in range(60):
                group.start_soon(look, fetcher, f"never.n{number}.example")
            await anyio.sleep(0.1)
            group.start_soon(look, fetcher, "good.example")

    try:
        anyio.run(run)
    finally:
        over.set()
    assert found.pop("good.example") is Outcome.BLOCKED_SSRF
    assert set(found.values()) == {Outcome.TIMEOUT}
