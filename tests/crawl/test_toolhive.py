"""ToolHive's new catalogue: server.json with what ToolHive knows under the publisher's notes."""

import json
from pathlib import Path

import pytest

from crawler.asking import CrawlOptions
from crawler.crawl import gather
from crawler.targets import parse_targets

IMAGE = "ghcr.example/floor/janitor:1.2.0"
PERMISSIONS = {"network": {"outbound": {"allow_host": ["floors.example"], "allow_port": [443]}}}


def server(name: str = "io.github.floor/janitor", **own: object) -> dict:
    return {
        "$schema": "https://schema.example/server.json",
        "name": name,
        "title": "Janitor",
        "description": "Keeps floors clean.",
        "version": "1.2.0",
        "packages": [
            {"registryType": "oci", "identifier": IMAGE, "transport": {"type": "stdio"},
             "environmentVariables": [{"name": "KEY", "isRequired": True, "isSecret": True}]}
        ],
        "_meta": {
            "io.modelcontextprotocol.registry/publisher-provided": {
                "io.github.stacklok": {IMAGE: {"status": "Active", "tier": "Official"} | own}
            }
        },
    }  # fmt: skip


def crawled(path: Path) -> list:
    return list(gather(parse_targets([f"toolhive+{path}"]), CrawlOptions(no_probe=True)))


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize("wrap", [
    lambda one: {"version": "1.0.0", "meta": {}, "data": {"servers": [one], "groups": []}},
    lambda one: {"data": {"servers": [{"server": one, "_meta": {}}]}},
    lambda one: {"servers": [{"server": one}]},
])  # fmt: skip
def test_a_registry_file_of_the_new_shape(tmp_path: Path, wrap) -> None:
    entry = server(tools=["sweep", "mop"], permissions=PERMISSIONS)
    (found,) = crawled(write(tmp_path / "registry.json", wrap(entry)))
    assert found.server.name == "io.github.floor/janitor"
    assert (found.server.title, found.server.version) == ("Janitor", "1.2.0")
    (package,) = found.server.packages
    assert (package.identifier, package.required_inputs) == (IMAGE, ("KEY",))
    assert [tool.name for tool in found.tools] == ["sweep", "mop"]
    assert {tool.server_text for tool in found.tools} == {"Janitor. Keeps floors clean."}
    assert all(tool.extra["_toolhive"]["permissions"] == PERMISSIONS for tool in found.tools)


def test_definitions_come_before_names(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"floor": {"type": "integer"}}}
    own = {"tools": ["sweep", "mop"], "tool_definitions": [{"name": "mop", "inputSchema": schema}]}
    (found,) = crawled(write(tmp_path / "r.json", {"data": {"servers": [server(**own)]}}))
    assert [(tool.name, tool.input_schema) for tool in found.tools] == [("mop", schema), ("sweep", None)]  # fmt: skip


def test_a_checkout_of_the_new_shape(tmp_path: Path) -> None:
    place = tmp_path / "registries" / "toolhive" / "servers"
    write(place / "janitor" / "server.json", server(tools=["sweep"], status="Deprecated"))
    write(place / "broken" / "server.json", ["no object"])
    (place / "worse").mkdir()
    (place / "worse" / "server.json").write_text("{")
    found = crawled(tmp_path)
    (one,) = [item for item in found if item.server]
    assert (one.server.name, one.server.status) == ("io.github.floor/janitor", "deprecated")
    (skipped,) = [item.skipped for item in found if item.skipped]
    assert "worse" in skipped.subject


@pytest.mark.parametrize("notes", [None, [], {"io.github.stacklok": "x"}, {"io.github.stacklok": {IMAGE: []}}])  # fmt: skip
def test_without_notes_there_are_no_tools(tmp_path: Path, notes: object) -> None:
    entry = server() | {"_meta": {"io.modelcontextprotocol.registry/publisher-provided": notes}}
    (found,) = crawled(write(tmp_path / "r.json", {"data": {"servers": [entry]}}))
    assert (found.server.name, found.tools) == ("io.github.floor/janitor", None)


def test_an_entry_without_a_name_costs_itself(tmp_path: Path) -> None:
    listed = {"data": {"servers": [{"title": "nobody"}, server(tools=["sweep"])]}}
    found = crawled(write(tmp_path / "r.json", listed))
    assert [item.server is None for item in found] == [True, False]
    assert "without a name" in found[0].skipped.reason


def test_a_definition_whose_name_is_no_text_costs_itself(tmp_path: Path) -> None:
    entry = server(tool_definitions=[{"name": ["sweep"]}, {"name": "mop"}], tools=["mop", "dust"])
    (item,) = crawled(write(tmp_path / "registry.json", {"servers": [{"server": entry}]}))
    assert item.skipped is None
    assert {"mop", "dust"} <= {tool.name for tool in item.tools}
