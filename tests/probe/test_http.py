"""Servers over HTTP, real ones on loopback: the good, and every way of being bad."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from crawler import probe as probe_module
from crawler.crawl import CrawlOptions
from crawler.fetch import Fetcher, FetchOptions
from crawler.fetch.limits import is_public
from crawler.gathered import told_tools
from crawler.probe import probe
from crawler.records import Outcome, Remote, Server, ServerName

SERVERS = Path(__file__).parent.parent / "servers"
SECONDS = 2.5  # for those that never answer
PATIENCE = 60.0  # for those that do, however busy the machine


@pytest.fixture(scope="module")
def misbehaving():
    with subprocess.Popen(
        [sys.executable, SERVERS / "misbehaving.py"], stdout=subprocess.PIPE
    ) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


@pytest.fixture(scope="module")
def sdk():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, SERVERS / "sdk_server.py", "http", str(port)], stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
        process.kill()


def ask(url, *, allow_private=True, transport="streamable-http", needs=()):
    remote = Remote(transport=transport, url=url, required_inputs=needs)
    server = Server(name=ServerName("x"), remotes=(remote,))

    async def run():
        async with Fetcher(
            FetchOptions(allow_private=allow_private, total_seconds=PATIENCE)
        ) as fetcher:
            return await probe(server, CrawlOptions(), fetcher)

    return anyio.run(run)


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr(probe_module, "TOTAL_SECONDS", PATIENCE)


@pytest.fixture
def limit_of(monkeypatch):
    """Return the function that cuts the time of a server that is expected to have none."""

    def limit(outcome):
        if outcome is Outcome.TIMEOUT:
            monkeypatch.setattr(probe_module, "TOTAL_SECONDS", SECONDS)

    return limit


def test_the_official_sdk_lists_the_same_tools_to_us_and_to_its_own_client(sdk):
    from mcp import Client

    found = ask(sdk)
    assert found.outcome is Outcome.LISTED, found.detail

    async def oracle():
        async with Client(sdk) as client:
            return (await client.list_tools()).model_dump(by_alias=True, exclude_unset=True)[
                "tools"
            ]

    theirs = anyio.run(oracle)
    assert {t.name: (t.description, t.input_schema) for t in found.tools} == {
        t["name"]: (t["description"], t["inputSchema"]) for t in theirs
    }
    assert found.era == "stateless"


@pytest.mark.parametrize(
    ("path", "outcome", "said"),
    [
        ("unauthorized", Outcome.AUTH_REQUIRED, "resource_metadata"),
        ("forbidden", Outcome.FORBIDDEN, "403"),
        ("busy", Outcome.RATE_LIMITED, "3600"),
        ("html", Outcome.NOT_MCP, "text/html"),
        ("broken-json", Outcome.PROTOCOL_ERROR, "JSON"),
        ("invalid-utf8", Outcome.PROTOCOL_ERROR, "JSON"),
        ("hang", Outcome.TIMEOUT, "no answer"),
        ("drop", Outcome.CONNECT_ERROR, "not reachable"),
        ("huge", Outcome.TOO_LARGE, "larger"),
        ("gzip-bomb", Outcome.TOO_LARGE, "larger"),
        ("slow", Outcome.TIMEOUT, "no answer"),
        ("sse-without-end", Outcome.TIMEOUT, "no answer"),
        ("to-private", Outcome.BLOCKED_SSRF, "another origin"),
        ("to-itself", Outcome.HTTP_ERROR, "too many redirects"),
        ("no-tools", Outcome.NO_TOOLS, "declares no tools"),
        ("deep-schema", Outcome.PROTOCOL_ERROR, ""),
    ],
)
def test_a_bad_server_is_an_outcome(misbehaving, path, outcome, said, limit_of):
    limit_of(outcome)
    found = ask(f"{misbehaving}/{path}")
    assert found.outcome is outcome, found.detail
    assert said in found.detail
    assert found.tools == ()


@pytest.mark.parametrize("path", ["same-cursor", "empty-cursor", "endless-pages", "many-tools"])
def test_a_list_without_end_is_cut_and_marked(misbehaving, path):
    found = ask(f"{misbehaving}/{path}")
    assert found.outcome is Outcome.LISTED
    assert found.truncated
    assert 0 < len(found.tools) <= 5000


def test_one_malformed_tool_costs_only_itself(misbehaving):
    found = ask(f"{misbehaving}/one-malformed")
    assert [tool.name for tool in found.tools] == ["get_colour", "odd"]
    assert found.tools[1].input_schema is True
    assert len(found.problems) == 3


def test_a_list_of_which_nothing_can_be_read_is_not_empty(misbehaving):
    found = ask(f"{misbehaving}/all-malformed")
    assert (found.outcome, found.tools) == (Outcome.PROTOCOL_ERROR, ())
    assert found.detail.startswith("lists tools, none of which can be read: tools[0]: ")
    assert len(found.problems) == 3
    assert told_tools(found) is None


def test_an_event_stream_with_a_priming_event_is_read(misbehaving):
    found = ask(f"{misbehaving}/priming-event")
    assert [tool.name for tool in found.tools] == ["get_colour"]


@pytest.mark.parametrize(
    ("path", "outcome"),
    [("sse-endless", Outcome.TIMEOUT), ("sse-elsewhere", Outcome.PROTOCOL_ERROR)],
)
def test_the_old_transport_is_bounded_too(misbehaving, path, outcome, limit_of):
    limit_of(outcome)
    assert ask(f"{misbehaving}/{path}", transport="sse").outcome is outcome


def test_private_addresses_are_refused_without_being_contacted(misbehaving):
    found = ask(misbehaving + "/good", allow_private=False)
    assert found.outcome is Outcome.BLOCKED_SSRF
    assert "--allow-private" in found.detail


def test_a_name_that_resolves_to_loopback_is_refused():
    assert ask("https://localhost/mcp", allow_private=False).outcome is Outcome.BLOCKED_SSRF


def test_a_remote_that_needs_a_header_is_not_asked():
    found = ask("https://example.invalid/mcp", needs=("X-Key",))
    assert found.outcome is Outcome.NEEDS_CONFIG
    assert "the remote needs X-Key; no credential is ever sent; give a file" in found.detail


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "nonsense",
     "fec0::1", "3fff::1", "5f00::1", "192.0.0.8", "64:ff9b:1::1", "2002:c000:8::"],
)  # fmt: skip
def test_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public(address):
    assert is_public(address)
