"""A name in another registry is another program: it is never taken from the usual one instead."""

import json
import os

import anyio
import pytest

from crawler.asking import CrawlOptions
from crawler.client_config import config_servers
from crawler.fetch import Fetcher, FetchOptions
from crawler.identify import merging_keys
from crawler.probe import probe, sandbox
from crawler.records import Outcome, Package, Server, ServerName
from crawler.registries import other_registry
from crawler.static import Static

USUAL = {"npm": ["registry", "npmjs", "org"], "pypi": ["pypi", "org"]}


@pytest.fixture
def clients_called(tmp_path, monkeypatch):
    """Put programs called npm and pip in the way that write down that they were called."""
    said = tmp_path / "called"
    for name in ("npm", "node"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {said}\nexit 1\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return lambda: said.read_text() if said.exists() else ""


def look(*packages, static=Static.ONLY):
    server = Server(name=ServerName("x"), packages=packages)

    async def run():
        async with Fetcher(FetchOptions()) as fetcher:
            return await probe(server, CrawlOptions(static=static), fetcher)

    return anyio.run(run)


@pytest.mark.parametrize("kind", ["npm", "pypi"])
@pytest.mark.parametrize("static", [Static.ONLY, Static.NEVER])
def test_a_package_of_another_registry_is_not_fetched(kind, static, clients_called):
    if static is Static.NEVER and sandbox.unavailable():
        pytest.skip("needs bubblewrap")
    found = look(
        Package(registry_type=kind, identifier="internal-tool", version="1.0.0",
                registry_base_url="https://user:pw@packages.internal.example/npm/?token=t"),
        static=static,
    )  # fmt: skip
    assert found.outcome is Outcome.UNSUPPORTED
    assert "another registry (https://packages.internal.example/npm)" in found.detail
    assert "pw" not in found.detail
    assert clients_called() == ""


def test_a_package_of_the_usual_registry_is_taken_before_it(clients_called):
    look(
        Package(registry_type="npm", identifier="a", registry_base_url="https://other.example"),
        Package(registry_type="npm", identifier="b", registry_base_url=usual("npm") + "/"),
    )
    assert clients_called().startswith("npm view b ")


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "npx", "args": ["./weather"]},
        {"command": "npx", "args": ["-y", "--loglevels", "error", "weather"]},
        {"command": "uvx", "args": ["--from", "/home/me/mcp-server-time", "weather"]},
        {"command": "npx --prefix /srv/app weather"},
        {"command": "npx", "args": ["weather"], "cwd": "/srv/app"},
        {"command": "uvx", "args": ["--with-editable", ".", "weather"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("static", [Static.ONLY, Static.NEVER])
def test_a_program_of_this_machine_is_not_fetched_by_its_name(entry, static, clients_called):
    if static is Static.NEVER and sandbox.unavailable():
        pytest.skip("needs bubblewrap")
    (server,), _ = config_servers({"mcpServers": {"mine": entry}})
    found = look(*server.packages, static=static)
    assert found.outcome is Outcome.UNSUPPORTED
    reasons = ("no npm or pypi package", "may have somebody else's package of that name")
    assert any(reason in found.detail for reason in reasons), found.detail
    assert clients_called() == ""


def usual(kind, scheme="https"):
    return f"{scheme}://{'.'.join(USUAL[kind])}"


@pytest.mark.parametrize("kind", USUAL)
def test_what_is_the_usual_registry(kind):
    def of(url):
        return other_registry(Package(registry_type=kind, identifier="x", registry_base_url=url))

    for same in (None, "", usual(kind), usual(kind) + "/", usual(kind).upper().lower() + ":443"):
        assert of(same) is None
    looks_like = usual(kind).replace("https://", "https://evil.example/")
    others = [looks_like, usual(kind, "http"), usual(kind) + ".evil.example", usual(kind) + ":8443"]
    others += [usual(kind).replace("://", "://user@"), "https://[", "nonsense"]
    assert all(of(other) for other in others)
    assert other_registry(Package(registry_type="oci", identifier="x", registry_base_url="https://a.example")) is None  # fmt: skip


def test_it_is_another_server_too():
    def keys(url):
        package = Package(registry_type="npm", identifier="x", registry_base_url=url)
        return merging_keys(Server(name=ServerName("s"), packages=(package,)))

    assert keys(None) == keys(usual("npm"))
    assert keys("https://a.example") != keys(None)
    assert keys("https://a.example") != keys("https://b.example")


def test_a_listing_says_so_after_a_crawl(tmp_path, registry, toolrisk, clients_called):
    entry = {
        "name": "io.github.a/internal", "version": "1.0.0", "description": "d",
        "packages": [{"registryType": "npm", "identifier": "internal-tool", "version": "1.0.0",
                      "registryBaseUrl": "https://packages.internal.example",
                      "transport": {"type": "stdio"}}],
    }  # fmt: skip
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"servers": [{"server": entry}]}))
    done = toolrisk("crawl", registry(dump), "--allow-private", "--static", "only")
    assert "unsupported: its listing names another registry" in done.stderr
    assert clients_called() == ""


def configured(command, *arguments, **env):
    entry = {"command": command, "args": list(arguments), "env": env}
    (server,), _ = config_servers({"mcpServers": {"a": entry}})
    return server.packages[0]


@pytest.mark.parametrize(
    "words",
    [
        ("npx", "-y", "--registry=https://r.example", "tide"),
        ("npx", "--@sea:registry=https://r.example", "tide"),
        ("npx", "--@sea:registry", "https://r.example", "tide"),
        ("npx", "--userconfig", "/srv/npmrc", "tide"),
        ("uvx", "-i", "https://r.example", "tide"),
        ("uvx", "--find-links", "./wheels", "tide"),
        ("uvx", "--config-file", "uv.toml", "tide"),
        ("uvx", "--default-index", "https://r.example", "tide"),
        ("pipx", "run", "--pip-args=--index-url=https://r.example", "tide"),
        ("pipx", "run", "--pip-args", "-q -i 'https://r.example'", "tide"),
    ],
)
def test_a_command_that_fetches_from_elsewhere(words):
    package = configured(*words)
    assert package.identifier == "tide"  # and not the value of an option
    assert other_registry(package)


@pytest.mark.parametrize(
    "name",
    ["npm_config_registry", "NPM_CONFIG_@SEA:REGISTRY", "npm_config_@sea:registry",
     "UV_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "npm_config_userconfig", "BUN_CONFIG_REGISTRY"],
)  # fmt: skip
def test_a_variable_that_names_another_registry(name):
    assert other_registry(configured("npx", "tide", **{name: "https://r.example"}))


@pytest.mark.parametrize(
    "words",
    [
        ("docker", "run", "-i", "--rm", "tide"),
        ("npx", "-y", "tide", "--registry", "https://r.example"),  # an argument of the server's
        ("uvx", "--with", "x", "-c", "limits.txt", "tide", "-i", "5"),
        ("pipx", "run", "--pip-args=--no-cache-dir", "tide"),
    ],
)
def test_a_command_that_does_not(words):
    package = configured(*words)
    assert (package.identifier, package.registry_base_url) == ("tide", None)


def test_a_bundle_that_is_refused_says_why():
    bundle = Package(registry_type="mcpb", identifier="https://127.0.0.1:9/x.mcpb")
    for static in (Static.FIRST, Static.LAST, Static.ONLY):
        found = look(bundle, static=static)
        assert found.outcome is Outcome.BLOCKED_SSRF, found.detail
