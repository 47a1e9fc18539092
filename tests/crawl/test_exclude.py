"""Who has asked to be left alone is listed, and never contacted."""

import json
import socket
from pathlib import Path

import pytest

from crawler.asking import CrawlOptions
from crawler.records import Package, Remote, Server, ServerName


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
        ("io.github.bold/*", False),
    ],
)
def test_names_and_hosts(pattern: str, is_left_alone: bool) -> None:
    remote = Remote(transport="streamable-http", url="https://MCP.shy.example:8443/mcp")
    server = Server(name=ServerName("io.github.shy/tide"), remotes=(remote,))
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


def test_it_is_listed_and_not_contacted(toolrisk, registry, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        entry = {"name": "io.github.shy/tide", "remotes": [{"type": "streamable-http", "url": url}]}
        (tmp_path / "dump.json").write_text(json.dumps({"servers": [{"server": entry}]}))
        target = registry(tmp_path / "dump.json")
        done = toolrisk("crawl", target, "--allow-private", "--exclude", "io.github.shy/*")
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert "skipped_policy: left alone" in done.stderr
    assert "skipped_policy 1" in done.stdout
