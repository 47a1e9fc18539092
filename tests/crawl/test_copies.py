"""Lists of tools that are nearly the same, and names that were found to mean one server."""

import json
from pathlib import Path

import pytest

from crawler.catalog import Catalog, Copies
from crawler.catalog.copies import _candidates, _List
from crawler.gathered import Gathered
from crawler.records import Listing, Package, Provenance, Server, ServerName, Tool


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "toolrisk.db") as opened:
        yield opened


def store(catalog: Catalog, lists: dict[str, dict[str, str]], **more: object) -> None:
    catalog.record_many(
        Gathered(
            server=Server(name=ServerName(name), **more),
            tools=tuple(
                Tool(server=ServerName(name), name=tool, description=text)
                for tool, text in tools.items()
            ),
        )
        for name, tools in lists.items()
    )


def texts(*names: str, why: str = "Does it") -> dict[str, str]:
    return {name: f"{why}: {name}." for name in names}


LETTERS = texts(*"abcdefghij")


def test_forks_are_grouped_and_others_are_not(catalog: Catalog) -> None:
    store(catalog, {
        "first": LETTERS,
        "fork": LETTERS | {"j": "Does it better."},
        "grown": LETTERS | texts("k", "l"),
        "rewritten": texts(*"abcdefghij", why="As ever"),
        "half": texts(*"abcde") | texts(*"vwxyz"),
        "alien": texts("one", "two", "three"),
    })  # fmt: skip
    (group,) = catalog.copies()
    assert group.servers == ("first", "fork", "grown", "rewritten")
    assert (group.tools, group.common) == (12, 0)
    assert {one.server.name for one in catalog.servers()} >= {"first", "fork", "grown"}


@pytest.mark.parametrize("lists", [
    {"x": texts("search"), "y": texts("search")},
    {"x": texts("get", "list", why="One"), "y": texts("get", "list", why="Two")},
    {"x": texts("get", "list", "one", "two"), "y": texts("get", "list", "three", "four")},
])  # fmt: skip
def test_a_few_common_words_are_no_copy(catalog: Catalog, lists: dict) -> None:
    store(catalog, lists)
    assert catalog.copies() == []


def test_a_thousand_copies_are_one_group(catalog: Catalog) -> None:
    store(catalog, {f"copy-{number:04}": LETTERS for number in range(1000)})
    (group,) = catalog.copies()
    assert (len(group.servers), group.tools, group.common) == (1000, 10, 10)


def test_what_is_gone_or_withdrawn_is_no_copy(catalog: Catalog) -> None:
    store(catalog, {"x": LETTERS, "y": LETTERS})
    assert catalog.copies() == [Copies(servers=("x", "y"), tools=10, common=10)]
    store(catalog, {"y": texts("other", "tools")})
    assert catalog.copies() == []
    store(catalog, {"z": LETTERS}, status="deleted")
    assert catalog.copies() == []


def listed(source: str, name: str) -> Gathered:
    package = Package(registry_type="npm", identifier="tide")
    server = Server(name=ServerName(name), packages=(package,))
    where = Provenance(source=source, url="https://x.example", fetched_at="2026-11-01T00:00:00Z")
    return Gathered(server=server, listing=Listing(server=server, provenance=where))


def test_the_command_explains_merges_and_undoes_them(catalog: Catalog, toolrisk) -> None:
    catalog.record_many([listed("official-registry", "io.github.sea/tide")])
    catalog.record_many([listed("mcpm", "mcpm:tide\n1 server")])
    store(catalog, {"x": LETTERS, "y\nz": LETTERS})
    told = toolrisk("status", "--same").stdout.splitlines()
    assert told == [
        "1 names of servers that have another:",
        "  mcpm:tide 1 server (mcpm) is io.github.sea/tide: the same package pkg:npm/tide",
        "1 groups of servers with nearly the same tools; none is merged:",
        "  10 of 10 tools equal: x, y z",
    ]
    found = json.loads(toolrisk("status", "--same", "--format", "json").stdout)
    assert found["merged"][0]["server"] == "io.github.sea/tide"
    assert found["copies"] == [{"servers": ["x", "y\nz"], "tools": 10, "common": 10}]
    wrong = toolrisk("status", "--apart", "nobody")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert toolrisk("status", "--apart", "mcpm:tide\n1 server").returncode == 0
    catalog.record_many([listed("mcpm", "mcpm:tide\n1 server")])
    assert "mcpm:tide\n1 server" in {one.server.name for one in catalog.servers()}
    assert toolrisk("status", "--same").stdout.startswith("0 names")


def test_two_lists_are_compared_once_however_much_they_share() -> None:
    shared = frozenset(range(300))
    lists = [_List(n, frozenset({f"{n}"}), shared | {1000 + n}) for n in range(5)]
    pairs = [(one.server_id, other.server_id) for one, other in _candidates(lists)]
    assert sorted(pairs) == [(a, b) for a in range(5) for b in range(a + 1, 5)]
