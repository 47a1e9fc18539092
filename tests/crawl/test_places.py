"""Several lists of one source, and one name in several files: nothing overwrites anything."""

import json
from pathlib import Path

import pytest

from crawler.asking import CrawlOptions
from crawler.catalog import Catalog
from crawler.crawl import crawl
from crawler.targets import parse_targets


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    """Return the home folder of a user who stands in a project of his."""
    project = tmp_path / "home" / "project"
    project.mkdir(parents=True)
    monkeypatch.chdir(project)
    return tmp_path / "home"


def index(catalog: Catalog, *targets: str):
    options = CrawlOptions(no_probe=True, allow_private=True)
    return crawl(parse_targets([str(target) for target in targets]), options, catalog)


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def tools(*names: str) -> dict:
    return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}


def known(catalog: Catalog) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {one.server.name: [] for one in catalog.servers()}
    for one in catalog.tools():
        found[one.tool.server].append(one.tool.name)
    return found


def packages(catalog: Catalog) -> dict[str, list[str]]:
    return {
        one.server.name: [package.identifier for package in one.server.packages]
        for one in catalog.servers()
    }


def toolhive(description: str, *names: str) -> dict:
    return {"servers": {"tide": {"description": description, "image": "x/tide:1", "tools": names}}}


def test_two_lists_of_a_source_keep_their_statements(tmp_path: Path, catalog: Catalog) -> None:
    one = write(tmp_path / "one" / "registry.json", toolhive("One says.", "ebb"))
    two = write(tmp_path / "two" / "registry.json", toolhive("Two says.", "flow"))
    targets = f"toolhive+{one}", f"toolhive+{two}"
    index(catalog, *targets)
    (server,) = catalog.servers()
    stated = {one.provenance.place: one.server.description for one in server.listings}
    assert stated == {str(one): "One says.", str(two): "Two says."}
    assert known(catalog) == {server.server.name: ["ebb"]}
    for again in (targets, targets[::-1], targets[1:]):
        seen = index(catalog, *again)
        assert (seen.new, seen.changed, seen.removed) == (0, 0, 0)
        (server,) = catalog.servers()
        assert server.server.description == "One says."


def test_a_path_is_one_place_however_it_is_written(
    home: Path, catalog: Catalog, tmp_path: Path
) -> None:
    file = write(home / "project" / "registry.json", toolhive("It says.", "ebb"))
    for where in ("registry.json", file):
        index(catalog, f"toolhive+{where}")
    (server,) = catalog.servers()
    assert len(server.listings) == 1


@pytest.mark.parametrize("together", [True, False])
def test_two_files_of_tools_with_one_name_are_two_servers(
    tmp_path: Path, catalog: Catalog, together: bool
) -> None:
    one = write(tmp_path / "one" / "tools.json", tools("read_tide"))
    two = write(tmp_path / "two" / "tools.json", tools("sell_boat"))
    for targets in [(one, two)] if together else [(one,), (two,)]:
        index(catalog, *targets)
    other = f"tools.json ({tmp_path.name}/two/tools.json)"
    assert known(catalog) == {"tools.json": ["read_tide"], other: ["sell_boat"]}
    for again in ((two, one), (two,), (one,)):
        seen = index(catalog, *again)
        assert (seen.new, seen.changed, seen.removed) == (0, 0, 0)
    write(two, tools("sell_boat", "buy_boat"))
    assert index(catalog, one, two).new == 1
    assert known(catalog)[other] == ["sell_boat", "buy_boat"]


def test_equal_files_are_one_server_until_they_differ(tmp_path: Path, catalog: Catalog) -> None:
    one = write(tmp_path / "one" / "tools.json", tools("read_tide"))
    two = write(tmp_path / "two" / "tools.json", tools("read_tide"))
    index(catalog, one, two)
    assert known(catalog) == {"tools.json": ["read_tide"]}
    write(one, tools("read_tide", "set_tide"))
    index(catalog, one, two)
    other = f"tools.json ({tmp_path.name}/two/tools.json)"
    assert known(catalog) == {"tools.json": ["read_tide", "set_tide"], other: ["read_tide"]}
    assert [len(server.listings) for server in catalog.servers()] == [1, 1]
    again = index(catalog, two, one)
    assert (again.new, again.changed, again.removed) == (0, 0, 0)


def test_a_name_in_two_files_of_a_client_is_two_servers(home: Path, catalog: Catalog) -> None:
    mine = {"mcpServers": {"files": {"command": "npx", "args": ["-y", "mine@1.0.0"]}}}
    ours = {"mcpServers": {"files": {"command": "npx", "args": ["-y", "ours@2.0.0"]}}}
    write(home / ".cursor" / "mcp.json", mine)
    write(home / "project" / ".cursor" / "mcp.json", ours)
    own = "cursor:files (project/.cursor/mcp.json)"
    for _ in range(2):
        index(catalog, f"clients+{home}")
        assert packages(catalog) == {"cursor:files": ["mine"], own: ["ours"]}
    write(home / ".cursor" / "mcp.json", ours)
    index(catalog, f"clients+{home}")
    assert packages(catalog)["cursor:files"] == ["ours"]


def test_two_client_configs_with_one_name(tmp_path: Path, catalog: Catalog) -> None:
    for folder in ("one", "two"):
        entry = {"url": f"https://{folder}.example/mcp"}
        write(tmp_path / folder / "mcp.json", {"mcpServers": {"sea": entry}})
    index(catalog, tmp_path / "one" / "mcp.json", tmp_path / "two" / "mcp.json")
    found = {one.server.name: one.server.remotes[0].url for one in catalog.servers()}
    assert found == {
        "sea": "https://one.example/mcp",
        f"sea ({tmp_path.name}/two/mcp.json)": "https://two.example/mcp",
    }
