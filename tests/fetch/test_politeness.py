"""What a host sees of us: how often, how many at once, under what name, and when no more."""

import json
import os
import threading
import time
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import anyio
import httpx
import pytest

from crawler.asking import CrawlOptions, limits_of, user_agent
from crawler.errors import FetchError
from crawler.fetch import Fetcher, FetchOptions, pieces
from crawler.fetch.breaker import FAILURES
from crawler.fetch.cache import HttpCache
from crawler.fetch.keys import KeyHeader
from crawler.fetch.limits import is_public_host
from crawler.fetch.pace import retry_after
from crawler.fetch.translating import same_origin
from crawler.records import Outcome, sha256


class Host(ThreadingHTTPServer):
    """A host that answers as it is told and remembers who came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Visit)
        self.answers = {}  # path -> list of (status, headers, body), the last one again and again
        self.visits = []  # (path, headers, when)
        self.inside = self.most = 0
        self.pause = 0.0
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def paths(self):
        return [path for path, _, _ in self.visits]

    def gaps(self):
        times = [when for _, _, when in self.visits]
        return [later - sooner for sooner, later in pairwise(times)]

    def took(self, start):
        """Seconds from a moment before we asked to the last visit.

        Of a pause this can only tell too much, while a gap between two visits is too short
        where a busy machine notes the first of them late.
        """
        return self.visits[-1][2] - start

    def handle_error(self, request, client_address):
        pass


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        host = self.server
        with host.lock:
            host.visits.append((self.path, dict(self.headers), time.monotonic()))
            host.inside += 1
            host.most = max(host.most, host.inside)
            told = host.answers.get(self.path, [(200, {}, b"{}")])
            status, headers, body = told.pop(0) if len(told) > 1 else told[0]
        time.sleep(host.pause)
        with host.lock:
            host.inside -= 1
        if status == "drop":
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def host():
    with Host() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def fetching(work, **options):
    async def run():
        async with Fetcher(FetchOptions(allow_private=True, **options)) as fetcher:
            return await work(fetcher)

    return anyio.run(run)


def getting(*urls, **options):
    """Get URLs one after the other; return bodies and outcomes."""

    async def work(fetcher):
        found = []
        for url in urls:
            try:
                found.append((await fetcher.get(url)).body)
            except FetchError as error:
                found.append(error.outcome)
        return found

    return fetching(work, **options)


@pytest.mark.parametrize("per_host", [1, 3])
def test_connections_to_a_domain_at_a_time(host, per_host):
    host.pause = 0.05

    async def work(fetcher):
        async with anyio.create_task_group() as group:
            for number in range(9):
                group.start_soon(fetcher.get, f"{host.url}/{number}")

    fetching(work, per_host=per_host)
    assert len(host.visits) == 9
    assert host.most == per_host


def test_a_pause_between_two_requests(host):
    start = time.monotonic()
    getting(*(f"{host.url}/{number}" for number in range(4)), per_host_delay=0.2)
    assert host.took(start) >= 0.6


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("registry.example", True), ("8.8.8.8", True), ("2600::1", True), ("localhost", False),
        ("a.localhost", False), ("127.0.0.1", False), ("10.0.0.1", False), ("::1", False),
    ],
)  # fmt: skip
def test_whose_pages_wait_for_a_second(name, public):
    assert is_public_host(name) is public


def test_pages_of_a_source_on_a_public_host_wait(host, monkeypatch):
    urls = [f"{host.url}/{number}" for number in range(3)]
    getting(*urls, listing_delay=3600.0)  # on loopback nobody waits; an hour would be no pass
    host.visits.clear()
    monkeypatch.setattr("crawler.fetch.is_public_host", lambda _: True)
    start = time.monotonic()
    getting(*urls, listing_delay=0.3)
    assert host.took(start) >= 0.6


def test_a_delay_that_is_given_is_that_of_sources_too():
    found = [limits_of(CrawlOptions(per_host_delay=delay)) for delay in (None, 0.0, 0.5)]
    assert [(one.per_host_delay, one.listing_delay) for one in found] == [
        (0, 1),
        (0, 0),
        (0.5, 0.5),
    ]


def test_the_crawl_delay_of_robots_txt(host):
    host.answers["/robots.txt"] = [(200, {}, b"User-agent: *\nCrawl-delay: 0.3\nDisallow: /no")]

    async def work(fetcher):
        allowed = [await fetcher.allowed(f"{host.url}/{path}") for path in ("yes", "no", "no/x")]
        start = time.monotonic()
        for number in range(3):
            await fetcher.get(f"{host.url}/{number}")
        return allowed, start

    allowed, start = fetching(work)
    assert allowed == [True, False, False]
    assert Counter(host.paths)["/robots.txt"] == 1
    assert host.took(start) >= 0.6


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        ((404, {}, b""), True),
        ((401, {}, b""), True),
        ((410, {}, b""), True),
        ((418, {}, b""), True),
        ((429, {}, b""), False),
        ((500, {}, b""), False),
        ((503, {"Retry-After": "9000"}, b""), False),
        (("drop", {}, b""), False),
        ((200, {}, b"\xff\xfe\x00 not text"), True),
        ((200, {}, b"User-agent: toolrisk\nDisallow: /"), False),
        ((200, {}, b"User-agent: other\nDisallow: /"), True),
    ],
)
def test_a_robots_txt_that_is_missing_or_broken(host, answer, allowed):
    host.answers["/robots.txt"] = [answer]

    async def work(fetcher):
        return await fetcher.allowed(f"{host.url}/page")

    assert fetching(work) is allowed


def page_allowed(host, page="/page"):
    async def work(fetcher):
        return [await fetcher.allowed(host.url + page) for _ in range(2)]

    first, second = fetching(work)
    assert first is second
    return first


def test_redirects_of_robots_txt_are_followed_to_other_hosts(host):
    with Host() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        other.answers["/rules"] = [(200, {}, b"User-agent: *\nDisallow: /page")]
        for number in range(1, 5):
            host.answers[f"/{number}"] = [(302, {"Location": f"/{number + 1}"}, b"")]
        host.answers["/robots.txt"] = [(301, {"Location": "/1"}, b"")]
        host.answers["/4"] = [(307, {"Location": other.url + "/rules"}, b"")]
        assert page_allowed(host) is False
        assert page_allowed(host, "/other") is True
        assert other.paths == ["/rules"] * 2  # once a crawl
        other.shutdown()


def test_more_redirects_than_five_are_no_rules(host):
    host.answers["/robots.txt"] = [(302, {"Location": "/robots.txt"}, b"")]
    assert page_allowed(host) is True
    assert len(host.paths) == 6


@pytest.mark.parametrize("place", ["http://[", "//"])
def test_a_redirect_of_robots_txt_to_nowhere(host, place):
    host.answers["/robots.txt"] = [(302, {"Location": place}, b"")]
    assert page_allowed(host) in {True, False}


def test_the_first_500_kib_of_robots_txt_count(host):
    rules = b"User-agent: *\nDisallow: /before\n"
    rules += b"# \n" * ((500 * 1024 - len(rules)) // 3) + b"Disallow: /page\n"
    host.answers["/robots.txt"] = [(200, {}, rules + b"x" * 20_000_000)]
    assert page_allowed(host) is True
    assert page_allowed(host, "/before/x") is False


def test_a_byte_order_mark_before_the_rules(host):
    host.answers["/robots.txt"] = [(200, {}, b"\xef\xbb\xbfUser-agent: *\nDisallow: /page\n")]
    assert page_allowed(host) is False


def test_a_short_wait_is_waited_for(host):
    host.answers["/"] = [(429, {"Retry-After": "1"}, b""), (200, {}, b"done")]
    assert getting(host.url + "/") == [b"done"]
    assert host.gaps()[0] > 0.9


def test_an_error_of_a_server_is_asked_once_more(host):
    host.answers["/once"] = [(500, {}, b""), (200, {}, b"done")]
    host.answers["/down"] = [(502, {}, b"")]
    host.answers["/wrong"] = [(400, {}, b"")]
    wrong = Outcome.HTTP_ERROR
    assert getting(*[host.url + p for p in ("/once", "/down", "/wrong")]) == [b"done", wrong, wrong]
    assert Counter(host.paths) == {"/once": 2, "/down": 2, "/wrong": 1}


def test_a_page_of_a_source_waits_longer_than_a_server(host, monkeypatch):
    monkeypatch.setattr("crawler.fetch.turn.PATIENCE", 0.1)
    host.answers["/"] = [(429, {"Retry-After": "3"}, b""), (200, {}, b"done")]
    host.answers["/busy"] = [(503, {"Retry-After": "1"}, b"")]
    assert getting(host.url + "/", total_seconds=2.0) == [b"done"]

    async def ask(fetcher):
        async with fetcher.turn(host.url) as turn:
            for _ in range(2):
                async with fetcher.stream(turn, "GET", host.url + "/busy"):
                    pass

    with pytest.raises(FetchError, match="left alone"):
        fetching(ask)


def test_a_host_that_asks_for_a_long_rest_is_left_alone(host):
    host.answers["/a"] = [(429, {"Retry-After": "600"}, b"")]
    found = getting(host.url + "/a", host.url + "/b", host.url + "/c")
    assert found == [Outcome.RATE_LIMITED] * 3
    assert host.paths == ["/a"]


def test_a_host_that_fails_again_and_again_is_left_alone(host):
    host.answers["/x"] = [("drop", {}, b"")]
    found = getting(*[host.url + "/x"] * 8)
    assert found[0] is Outcome.CONNECT_ERROR
    assert found[-1] is Outcome.SKIPPED_POLICY
    assert len(host.visits) == FAILURES


def test_an_answer_makes_up_for_failures(host):
    host.answers["/x"] = [("drop", {}, b"")]
    getting(*[host.url + "/x", host.url + "/good"] * 2)
    assert Counter(host.paths) == {"/x": 6, "/good": 2}


def test_what_did_not_change_is_not_sent_again(host, tmp_path):
    full = (200, {"ETag": '"one"', "Content-Type": "application/json"}, b'{"a": 1}')
    host.answers["/list"] = [full, (304, {}, b"")]
    for _ in range(2):
        assert getting(host.url + "/list", cache=tmp_path) == [b'{"a": 1}']
    assert [headers.get("If-None-Match") for _, headers, _ in host.visits] == [None, '"one"']


@pytest.mark.parametrize("is_old", [False, True])
def test_a_validator_that_cannot_be_sent_back_is_not_kept(host, tmp_path, monkeypatch, is_old):
    host.answers["/list"] = [(200, {"ETag": '"v\xe9"'}, b"whole")]
    if is_old:  # as older versions kept it
        head = json.dumps({"etag": '"v\xe9"', "size": "5"}).encode()
        (tmp_path / sha256(host.url + "/list")).write_bytes(head + b"\nwhole")
    for _ in range(2):
        assert getting(host.url + "/list", cache=tmp_path) == [b"whole"]
    assert not any("If-None-Match" in headers for _, headers, _ in host.visits)


def packed(data, wbits):
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


GZIP, ZLIB, BARE = 31, 15, -15
TEXT = b'{"a": "' + b"x" * 200_000 + b'"}'


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", packed(TEXT, GZIP)),
        ("gzip", packed(TEXT[:9], GZIP) + packed(b"", GZIP) + packed(TEXT[9:], GZIP)),
        ("x-gzip", packed(TEXT, GZIP) + bytes(512)),
        ("gzip", packed(TEXT, GZIP) + b"more"),
        ("deflate", packed(TEXT, ZLIB)),
        ("deflate", packed(TEXT, BARE)),
        ("deflate", packed(TEXT, GZIP)),
        ("gzip", packed(TEXT, ZLIB)),
    ],
)
def test_what_accept_encoding_asks_for_is_read(host, name, body):
    host.answers["/"] = [(200, {"Content-Encoding": name}, body)]
    assert getting(host.url + "/") == [TEXT]


@pytest.mark.parametrize(
    ("name", "body", "outcome"),
    [
        ("gzip", packed(TEXT, BARE), Outcome.PROTOCOL_ERROR),
        ("deflate", b"no deflate", Outcome.PROTOCOL_ERROR),
        ("gzip", packed(TEXT, GZIP) + b"\x1f\x8bno member", Outcome.PROTOCOL_ERROR),
        ("gzip", packed(b"", GZIP) * 1100, Outcome.TOO_LARGE),
    ],
)
def test_what_is_in_no_encoding_is_refused(host, name, body, outcome):
    host.answers["/"] = [(200, {"Content-Encoding": name}, body)]
    assert getting(host.url + "/") == [outcome]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_a_body_may_come_in_pieces_of_any_size(step):
    async def read(body):
        async def sent():
            for at in range(0, len(body), step):
                yield body[at : at + step]

        headers = {"Content-Encoding": "deflate"}
        response = httpx.Response(200, headers=headers, content=sent())
        return b"".join([part async for part in pieces(response)])

    for body in (packed(TEXT, GZIP), packed(TEXT, ZLIB), packed(TEXT, BARE)):
        assert anyio.run(read, body) == TEXT
    assert anyio.run(read, packed(TEXT[:99], GZIP) + packed(TEXT[99:], GZIP)) == TEXT


def test_a_redirect_may_name_the_usual_port():
    assert (
        same_origin("https://h.example/a", "https://h.example:443/b") == "https://h.example:443/b"
    )
    assert same_origin("http://h.example:80/a", "http://H.example/b") == "http://H.example/b"
    for other in ("https://h.example:80/", "https://h.example:444/", "http://h.example:443/"):
        with pytest.raises(FetchError, match="another origin"):
            same_origin("https://h.example/a", other)


def test_a_broken_cache_is_an_empty_one(host, tmp_path):
    host.answers["/list"] = [(200, {"ETag": '"one"'}, b"whole")]
    getting(host.url + "/list", cache=tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-2])
    assert getting(host.url + "/list", cache=tmp_path) == [b"whole"]
    assert "If-None-Match" not in host.visits[-1][1]


def test_the_cache_keeps_the_newest_within_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.fetch.cache._BYTES", 2500)
    cache = HttpCache(tmp_path)
    urls = [f"https://h.example/{number}" for number in range(4)]
    for number, url in enumerate(urls):
        cache.keep(url, {"etag": "x"}, b"x" * 1000)
        os.utime(tmp_path / sha256(url), (number, number))
    cache.tidy()
    assert [cache.find(url) is not None for url in urls] == [False, False, True, True]


def test_a_key_goes_to_its_origin_alone_and_is_not_kept(host, tmp_path, monkeypatch):
    host.answers["/list"] = [(200, {"ETag": '"one"'}, b"secret")]
    monkeypatch.setenv("OUR_KEY", "hunter2")
    elsewhere = host.url.replace("127.0.0.1", "localhost")
    keys = (KeyHeader(host.url, "X-API-Key", "OUR_KEY"),)
    getting(host.url + "/list", elsewhere + "/list", keys=keys, cache=tmp_path / "a")
    assert [headers.get("X-API-Key") for _, headers, _ in host.visits] == ["hunter2", None]
    assert len(list((tmp_path / "a").iterdir())) == 1  # that of the one without


@pytest.mark.parametrize("value", ["", "a\r\nX-Other: b", "b\u00fccher"])
def test_a_key_that_cannot_be_sent_is_named_and_not_shown(host, monkeypatch, value):
    monkeypatch.setenv("OUR_KEY", value)

    async def work(fetcher):
        with pytest.raises(FetchError, match="OUR_KEY") as caught:
            await fetcher.get(host.url + "/list")
        return caught.value

    error = fetching(work, keys=(KeyHeader(host.url, "X-API-Key", "OUR_KEY"),))
    assert error.outcome is Outcome.NEEDS_CONFIG
    assert not value or value not in str(error)
    assert host.visits == []


def test_what_was_asked_with_a_key_is_not_kept(host, tmp_path):
    host.answers["/list"] = [(200, {"ETag": '"one"'}, b"secret")]

    async def work(fetcher):
        await fetcher.get(host.url + "/list", {"Authorization": "Bearer x"})

    fetching(work, cache=tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("place", ["https://[", "http://h:99999/", "//[::1"])
def test_a_redirect_to_what_is_no_url_is_an_outcome(host, place):
    host.answers["/x"] = [(302, {"Location": place}, b"")]
    assert getting(host.url + "/x") == [Outcome.PROTOCOL_ERROR]


@pytest.mark.parametrize("url", ["https://[", "https://h:99999999/", "https://h\x00x/"])
def test_what_is_no_url_is_an_outcome(url):
    assert getting(url) == [Outcome.PROTOCOL_ERROR]


def test_no_cookie_is_kept_or_sent(host):
    host.answers["/x"] = [(200, {"Set-Cookie": "seen=1; Path=/"}, b"{}")]
    getting(host.url + "/x", host.url + "/x")
    assert ["Cookie" in headers for _, headers, _ in host.visits] == [False, False]


def test_few_conversations_may_hold_much_and_the_rest_wait_without_losing_time(host):
    async def work(fetcher):
        held, four = [], anyio.Event()

        async def hold(number):
            async with fetcher.turn(f"http://10.0.0.{number}/") as turn:
                with anyio.fail_after(2) as turn.deadline:
                    for _ in range(3):
                        await turn.spend(500_000)
                    held.append(number)
                    if len(held) == 4:
                        four.set()
                    await anyio.sleep(1)

        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(hold, number)
            await four.wait()
            await anyio.sleep(0.1)
            assert len(held) == 4
        return len(held)

    assert fetching(work) == 10


def test_everyone_is_told_who_asks(host):
    name = user_agent("https://example.org/crawl")
    getting(host.url + "/", user_agent=name)
    assert host.visits[0][1]["User-Agent"] == name
    assert name.startswith("toolrisk/")
    assert name.endswith("(+https://example.org/crawl)")
    assert json.dumps(name).isascii()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("9" * 400, 3600.0), ("-5", 1.0), ("soon", 1.0), ("", 1.0), ("\uff11\uff12", 1.0),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 21 Oct 2915 07:28:00 GMT", 3600.0), ("\x00", 1.0)],
)  # fmt: skip
def test_every_kind_of_wait(value, seconds):
    assert retry_after({"retry-after": value}) == seconds
