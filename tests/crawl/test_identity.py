from dataclasses import replace
from pathlib import Path

import pytest

from crawler.catalog import Catalog
from crawler.gathered import Gathered
from crawler.identify import purl, remote_key, repository_key
from crawler.records import (
    Listing,
    Origin,
    Package,
    Provenance,
    Remote,
    Server,
    ServerName,
    Tool,
)

DAYS = [f"2026-11-{day:02}T00:00:00+00:00" for day in range(1, 6)]


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


def stated(source: str, name: str, *packages: str, **more: object) -> Gathered:
    server = Server(
        name=ServerName(name),
        description=f"as {source} says",
        packages=tuple(
            Package(registry_type=kind, identifier=identifier)
            for kind, _, identifier in (text.partition(":") for text in packages)
        ),
        **more,
    )
    provenance = Provenance(source=source, url=f"https://{source}.example", fetched_at=DAYS[0])
    return Gathered(server=server, listing=Listing(server=server, provenance=provenance))


def names(catalog: Catalog) -> list[str]:
    return [found.server.name for found in catalog.servers()]


def test_the_same_package_is_the_same_server(catalog: Catalog) -> None:
    catalog.record_many(
        [stated("official-registry", "io.github.a/b", "pypi:Some_Pkg")], now=DAYS[0]
    )
    catalog.record_many([stated("mcpm", "mcpm:b", "pypi:some-pkg", "oci:mcp/b")], now=DAYS[1])
    (found,) = catalog.servers()
    assert found.server.name == "io.github.a/b"
    assert found.server.description == "as official-registry says"
    assert [one.provenance.source for one in found.listings] == ["official-registry", "mcpm"]
    (alias,) = catalog.aliases()
    assert (alias["name"], alias["server"], alias["kind"], alias["value"]) == (
        "mcpm:b", "io.github.a/b", "package", "pkg:pypi/some-pkg",
    )  # fmt: skip
    again = catalog.record_many(
        [stated("mcpm", "mcpm:b", "pypi:some-pkg", "oci:mcp/b")], now=DAYS[2]
    )
    assert (again.new, again.unchanged) == (0, 1)


def test_a_better_source_that_comes_later_describes(catalog: Catalog) -> None:
    catalog.record_many([stated("mcpm", "mcpm:b", "npm:b")], now=DAYS[0])
    catalog.record_many([stated("official-registry", "io.github.a/b", "npm:b")], now=DAYS[1])
    catalog.record_many([stated("mcpm", "mcpm:b", "npm:b")], now=DAYS[2])
    (found,) = catalog.servers()
    assert found.server.description == "as official-registry says"


def test_both_in_one_batch(catalog: Catalog) -> None:
    catalog.record_many(
        [stated("mcpm", "mcpm:b", "npm:b"), stated("toolsdk", "toolsdk:b", "npm:b")]
    )
    assert names(catalog) == ["mcpm:b"]


def test_remote_addresses_and_bare_links(catalog: Catalog) -> None:
    remote = Remote(transport="sse", url="https://H.example:443/mcp/?x=1")
    same = Remote(transport="streamable-http", url="https://h.example/mcp")
    catalog.record_many(
        [
            stated(
                "official-registry",
                "io.github.a/b",
                remotes=(remote,),
                repository_url="https://github.com/A/B.git",
            )
        ]
    )
    catalog.record_many([stated("smithery", "smithery:x", remotes=(same,))])
    catalog.record_many(
        [stated("awesome", "github.com/a/b", repository_url="https://github.com/a/b/")]
    )
    assert names(catalog) == ["io.github.a/b"]
    assert {alias["kind"] for alias in catalog.aliases()} == {"remote", "repository"}


def test_a_server_is_found_by_what_its_listings_state_now(catalog: Catalog) -> None:
    catalog.record_many([stated("client-config", "mine", "npm:weather", "npm:old")])
    catalog.record_many([stated("toolsdk", "toolsdk:old", "npm:old")])  # another that says so
    catalog.record_many([stated("client-config", "mine", "command:npx", "npm:new")])
    catalog.record_many([stated("mcpm", "mcpm:weather", "npm:weather")])
    assert names(catalog) == ["mcpm:weather", "mine"]
    catalog.record_many([stated("smithery", "smithery:old", "npm:old")])
    catalog.record_many([stated("pulsemcp", "pulsemcp:new", "npm:new")])
    assert names(catalog) == ["mcpm:weather", "mine"]
    assert {one["name"]: one["value"] for one in catalog.aliases()} == {
        "toolsdk:old": "pkg:npm/old",
        "smithery:old": "pkg:npm/old",
        "pulsemcp:new": "pkg:npm/new",
    }


def test_what_is_not_merged(catalog: Catalog) -> None:
    repository = "https://github.com/mono/repo"
    catalog.record_many(
        [
            stated("official-registry", "io.github.a/one", "npm:shared", repository_url=repository),
            stated("official-registry", "io.github.a/two", "npm:shared", repository_url=repository),
        ]
    )
    assert len(names(catalog)) == 2  # a source knows its own entries
    catalog.record_many([stated("https://r.example", "com.other/three", "npm:shared")])
    catalog.record_many([stated("mcpm", "mcpm:four", "npm:other", repository_url=repository)])
    catalog.record_many([stated("awesome", "github.com/mono/repo", repository_url=repository)])
    catalog.record_many([stated("target", "npm:shared", "npm:shared")])
    assert len(names(catalog)) == 6
    assert catalog.aliases() == []


def test_a_merge_can_be_undone_for_good(catalog: Catalog) -> None:
    catalog.record_many([stated("official-registry", "io.github.a/b", "npm:b")], now=DAYS[0])
    catalog.record_many([stated("mcpm", "mcpm:b", "npm:b")], now=DAYS[1])
    assert catalog.take_apart("mcpm:b")
    assert not catalog.take_apart("nobody")
    (found,) = catalog.servers()
    assert len(found.listings) == 1
    catalog.record_many([stated("mcpm", "mcpm:b", "npm:b")], now=DAYS[2])
    assert names(catalog) == ["io.github.a/b", "mcpm:b"]


def test_what_the_other_said_goes_with_it(catalog: Catalog) -> None:
    def told(source: str, name: str) -> Gathered:
        item = stated(source, name, "npm:b")
        tools = (Tool(server=ServerName(name), name=f"of-{source}"),)
        return replace(item, tools=tools, origin=Origin.DECLARED)

    catalog.record_many([told("mcpm", "mcpm:b")], now=DAYS[0])
    catalog.record_many([told("docker-catalog", "docker:b")], now=DAYS[1])
    (found,) = catalog.servers()
    assert found.server.description == "as docker-catalog says"
    assert catalog.take_apart("docker:b")
    catalog.record_many([told("mcpm", "mcpm:b")], now=DAYS[2])
    (found,) = catalog.servers()
    assert found.server.description == "as mcpm says"
    assert [one.tool.name for one in catalog.tools()] == ["of-mcpm"]


def test_a_merged_server_is_asked_once(catalog: Catalog) -> None:
    run = catalog.start_run("[]")
    first = stated("awesome", "github.com/a/b", repository_url="https://github.com/a/b")
    second = stated(
        "official-registry", "io.github.a/b", "npm:b", repository_url="https://github.com/a/b"
    )
    from dataclasses import replace

    _, held = catalog.step(run, [replace(second, pending=True)], 0)
    _, held = catalog.step(run, [replace(first, pending=True)], 9)
    assert [item.server.name for item in held if item.server] == ["io.github.a/b"]
    assert held[0].server is not None
    assert held[0].server.packages
    tools = (Tool(server=ServerName("io.github.a/b"), name="t"),)
    catalog.record_many([replace(held[0], tools=tools, listing=None)])
    assert [entry.tool.server for entry in catalog.tools()] == ["io.github.a/b"]


KEYS = {
    "https://github.com/A/B": "github.com/a/b",
    "git+https://github.com/a/b.git": "github.com/a/b",
    "git@github.com:a/b.git": "github.com/a/b",
    "ssh://git@github.com/a/b": "github.com/a/b",
    "https://www.github.com/a/b/": "github.com/a/b",
    "https://github.com/a/b/tree/main/src/one": "github.com/a/b/src/one",
    "https://github.com/a": None,
    "not a url": None,
    "http://[": None,
    "": None,
}


@pytest.mark.parametrize("url", KEYS)
def test_repository_keys(url: str) -> None:
    assert repository_key(url) == KEYS[url]


def test_other_keys() -> None:
    assert purl(Package(registry_type="pypi", identifier="A.b__C")) == "pkg:pypi/a-b-c"
    assert purl(Package(registry_type="npm", identifier="@S/Name")) == "pkg:npm/@s/name"
    assert purl(Package(registry_type="oci", identifier="docker.io/mcp/X:1.0")) == "pkg:oci/mcp/x"
    assert (
        purl(Package(registry_type="oci", identifier="h.example:5000/x@sha256:0"))
        == "pkg:oci/h.example:5000/x"
    )
    assert purl(Package(registry_type="command", identifier="node")) is None
    assert remote_key("http://h.example:80/a/#f") == "http://h.example/a"
    assert remote_key("https://h.example:8443/a") == "https://h.example:8443/a"
    assert remote_key("https://{x}.example") is None


def test_two_catalogues_that_disagree_do_not_take_turns(catalog: Catalog) -> None:
    def told(source: str, name: str, tool: str) -> Gathered:
        item = stated(source, name, "npm:b")
        tools = (Tool(server=ServerName(name), name=tool),)
        return replace(item, tools=tools)

    one, other = told("mcpm", "mcpm:b", "go"), told("smithery", "smithery:b", "run")
    catalog.record_many([one, other], now=DAYS[0])
    again = catalog.record_many([one, other], now=DAYS[1])
    assert (again.new, again.changed, again.removed) == (0, 0, 0)
    assert [found.tool.name for found in catalog.tools()] == ["go"]
    better = catalog.record_many([told("docker-catalog", "docker:b", "walk")], now=DAYS[2])
    assert (better.new, better.removed) == (1, 1)
