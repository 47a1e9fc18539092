"""Who has asked to be left alone is listed, and never contacted."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.asking import CrawlOptions
from crawler.catalog import Catalog
from crawler.crawl import crawl
from crawler.records import Package, Remote, Server, ServerName
from crawler.targets import parse_targets


@pytest.mark.parametrize(
    ("pattern", "is_left_alone"),
    [
        ("io.github.shy/*", True),
        ("IO.github.Shy/tide", True),
        ("mcp.shy.example", True),
        ("shy.example", True),
        ("*.shy.example", True),
        ("hy.example", False),
        ("example.com", False),
        ("bundles.example", True),
        ("io.github.bold/*", False),
    ],
)
def test_names_and_hosts(pattern: str, is_left_alone: bool) -> None:
    remote = Remote(transport="streamable-http", url="https://MCP.shy.example:8443/mcp")
    bundle = Package(registry_type="mcpb", identifier="https://bundles.example./tide.mcpb")
    server = Server(name=ServerName("io.github.shy/tide"), remotes=(remote,), packages=(bundle,))
    found = CrawlOptions(exclude=("nobody.example", pattern)).excludes(server)
    assert found == (pattern if is_left_alone else None)


def test_what_is_no_url_has_no_host() -> None:
    remote = Remote(transport="streamable-http", url="http://[/mcp")
    server = Server(name=ServerName("x"), remotes=(remote,))
    assert CrawlOptions(exclude=("shy.example",)).excludes(server) is None


def test_a_package_has_no_host() -> None:
    package = Package(registry_type="npm", identifier="shy.example")
    server = Server(name=ServerName("npm:tide"), packages=(package,))
    assert CrawlOptions(exclude=("shy.example", "*.example")).excludes(server) is None


@pytest.fixture
def unvisited():
    """Return the address of a server, and see that nobody comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()


def entry(url: str) -> dict:
    return {"name": "io.github.shy/tide", "remotes": [{"type": "streamable-http", "url": url}]}


def test_it_is_listed_and_not_contacted(toolrisk, registry, tmp_path: Path, unvisited) -> None:
    (tmp_path / "dump.json").write_text(json.dumps({"servers": [{"server": entry(unvisited)}]}))
    target = registry(tmp_path / "dump.json")
    done = toolrisk("crawl", target, "--allow-private", "--exclude", "io.github.shy/*")
    assert "skipped_policy: left alone" in done.stderr
    assert "skipped_policy 1" in done.stdout


def test_a_word_of_the_command_adds_to_the_file(toolrisk, tmp_path: Path, unvisited) -> None:
    (tmp_path / "crawl.toml").write_text('exclude = ["127.0.0.1"]')
    given = ("--config", "crawl.toml", "--exclude", "other.example", "--allow-private")
    done = toolrisk("crawl", unvisited, *given)
    assert "skipped_policy: left alone" in done.stderr


def test_a_name_counts_by_which_another_source_lists_it(tmp_path: Path, unvisited) -> None:
    options = CrawlOptions(allow_private=True, exclude=("io.github.shy/*",))
    (tmp_path / "r.json").write_text(json.dumps({"data": {"servers": [entry(unvisited)]}}))
    with Catalog.open(tmp_path / "c.db") as catalog:
        # whoever it is, he gave the address; the registry's name comes later, and means the same
        crawl(parse_targets([unvisited]), replace(options, no_probe=True), catalog)
        done = crawl(parse_targets([f"toolhive+{tmp_path / 'r.json'}"]), options, catalog)
        assert done.skipped == {"skipped_policy": 1}
        (server,) = catalog.servers()
        (alias,) = catalog.aliases()
    assert (server.server.name, alias["name"]) == (unvisited, "io.github.shy/tide")
