"""A server chooses the keys of its answer: none of them keeps a definition from being read."""

import json

import pytest

from crawler.errors import TargetError
from crawler.tool_file import ToolFile, parse_tool_file

PLAIN = {"name": "read_note", "description": "Reads a note.", "inputSchema": {"type": "object"}}
BARE = {"name": "run_it", "description": "Runs any command."}
FULL = BARE | {"inputSchema": {"type": "object"}}
ENTRY = {"x": {"command": "node", "args": ["x.js"]}}


def read(value: object) -> ToolFile:
    lines = value if isinstance(value, list) else [value]
    text = json.dumps(value) if len(lines) == 1 else "\n".join(map(json.dumps, lines))
    return parse_tool_file(text.encode(), label="x.json", server="x.json")


def names(found: ToolFile) -> set[tuple[str, str]]:
    return {(tool.server, tool.name) for tool in found.tools}


ENVELOPE = [
    {"tools": []},
    {"tools": {}},
    {"tools": None},
    {"tools": 5},
    {"tools": [{"name": "decoy"}]},
    {"tools": {"decoy": {"description": "d"}}},
    {"tools": [], "manifest_version": "0.3"},
    {"result": {"tools": [{"name": "decoy"}]}},
    {"result": {}},
    {"tools_list_pages": []},
    {"server": {"name": "y", "packages": []}},
    {"packages": []},
    {"mcpServers": ENTRY},
    {"authors": [{"name": "Jane"}]},
    {"other": {"tools": [{"name": "decoy"}]}},
]


@pytest.mark.parametrize("extra", ENVELOPE)
def test_a_tool_with_a_key_of_an_envelope_is_a_tool(extra: dict) -> None:
    hidden = FULL | extra
    mine = ("x.json", "run_it")
    for several in ([PLAIN, hidden], {"tools": [hidden]}, {"result": {"tools": [PLAIN, hidden]}}):
        assert mine in names(read(several))
        assert not any("run_it" in line for line in read(several).problems)
    data = json.dumps([hidden]).encode()
    for alone in (data, data[1:-1], b'[{"name": "s", "tools": [{"name": "t"}]}, ' + data[1:]):
        assert mine in names(parse_tool_file(alone, label="x.json", server="x.json"))
    assert ("s", "run_it") in names(read({"s": {"tools": [hidden]}, "b": [PLAIN]}))
    assert ("s", "run_it") in names(read({"s": {"tools": [PLAIN]}, "b": hidden | {"server": "s"}}))


@pytest.mark.parametrize("extra", ENVELOPE)
def test_without_a_schema_it_is_one_beside_tools_and_below_tools(extra: dict) -> None:
    assert ("x.json", "run_it") in names(read([PLAIN, BARE | extra]))
    assert ("x.json", "run_it") in names(read({"tools": [BARE | extra]}))


def test_a_server_in_a_list_of_servers_is_no_tool() -> None:
    servers = [BARE | {"tools": [PLAIN]}, {"name": "b", "tools": [PLAIN]}]
    assert names(read(servers)) == {("run_it", "read_note"), ("b", "read_note")}
    assert names(read(servers[0])) == {("run_it", "read_note")}
    assert read(servers).problems == ()


@pytest.mark.parametrize(
    "nothing",
    [BARE | {"tools": []}, {"description": "x", "tools": {}}, {"inputSchema": {}, "tools": []}],
)
def test_what_gives_nothing_is_told(nothing: dict) -> None:
    for document in ([{"name": "s", "tools": [PLAIN]}, nothing], {"tools": [PLAIN, nothing]}):
        found = read(document)
        assert ("x.json", nothing.get("name")) in names(found) or len(found.problems) == 1
    assert not read([{"tools": [PLAIN]}, {"tools": []}]).problems  # an empty last page


def test_servers_of_a_catalogue_that_list_nothing_are_one_line() -> None:
    """Nothing is known of them, which is not the same as harmless."""
    listed = {"name": "s", "tools": [PLAIN], "looked": {"tools": [PLAIN]}}
    found = read({"servers": [listed, BARE | {"tools": []}, {"name": "b", "tools": []}]})
    assert [(tool.server, tool.name) for tool in found.tools] == [("s", "read_note")]
    assert found.problems == ("item 2, and 1 more: a list of tools with none in it",)


BESIDE = [
    {"mcpServers": ENTRY},
    {"servers": ENTRY},
    {"extensions": ENTRY},
    {"mcpServers": {}},
    {"name": "x.json", "packages": []},
    {"server": {"name": "y", "remotes": []}},
    {"servers": [{"name": "y", "packages": []}]},
    {"manifest_version": "0.3", "name": "x.json"},
    {"tools_list_pages": [{"tools": [PLAIN]}]},
    {"tools_list_pages": []},
    {"other": {"tools": [PLAIN]}},
    {"other": [PLAIN]},
    {"prompts": [{"name": "p"}], "_meta": {"tools": [PLAIN]}},
]


@pytest.mark.parametrize("extra", BESIDE)
def test_a_list_is_read_whatever_stands_beside_it(extra: dict) -> None:
    answer = {"tools": [FULL]}
    plain = {"result": {"tools": [PLAIN]}}
    documents = [
        extra | answer,
        extra | {"jsonrpc": "2.0", "id": 1, "result": answer},
        {"result": extra | answer},
        plain | extra | answer,
        {"tools_list_pages": [{"result": extra | answer}]} | {"name": "x.json"},
    ]
    for document in documents:
        assert ("x.json", "run_it") in names(read(document)), document
    if "name" not in extra:
        assert ("s", "run_it") in names(read({"s": extra | answer}))
        assert ("x.json", "run_it") in names(read([plain, extra | answer]))


def test_a_client_config_with_definitions_is_both() -> None:
    found = read({"mcpServers": ENTRY, "tools": [FULL]})
    assert [one.name for one in found.servers] == ["x"]
    assert names(found) == {("x.json", "run_it")}
    assert found.raw


@pytest.mark.parametrize(
    "settings",
    [
        {"tools": {"core": ["ls"], "shell": {"pager": "cat"}}},
        {"tools": {"write": False}, "result": {}, "agent": {"a": {"tools": {"bash": True}}}},
        {"tools": ["*"], "models": [{"name": "m", "description": "A model."}]},
        {"tools": [{"type": "web_search"}], "capabilities": {"tools": {"listChanged": True}}},
    ],
)
def test_settings_of_a_client_are_no_definitions(settings: dict) -> None:
    found = read({"mcpServers": ENTRY} | settings)
    assert (found.tools, found.problems) == ((), ())
    assert [one.name for one in found.servers] == ["x"]


@pytest.mark.parametrize(
    "document",
    [
        {"mcpServers": {"x": {"command": "node", "tools": [FULL]}}},
        {"mcpServers": {"x": {"command": "node", "tools": [BARE]}}},
        {"mcpServers": ENTRY, "deep": {"deeper": [{"x": FULL}]}},
        {"tools": [PLAIN], "other": {"inner": FULL}},
        {"s": {"tools": [PLAIN]}, "b": {"inner": {"x": {"tools": [BARE]}}}},
        {"tools": [PLAIN], "result": {"result": {"inner": FULL}}},
    ],
)
def test_a_definition_outside_of_every_form_is_told(document: dict) -> None:
    (line,) = read(document).problems
    assert line == "1 definition outside of the lists that were read; save them apart"


def test_envelopes_without_end_are_told() -> None:
    deep: dict = {"tools": [BARE]}
    for _ in range(30):
        deep = {"result": deep}
    assert "envelopes" in read([PLAIN, deep]).problems[0]
    with pytest.raises(TargetError, match="envelopes"):
        read(deep)


def test_two_readings_of_one_list_count_once() -> None:
    found = read({"tools": [PLAIN, PLAIN, FULL], "result": {"tools": [PLAIN, PLAIN]}})
    assert [tool.name for tool in found.tools] == ["read_note", "read_note", "run_it"]


@pytest.mark.parametrize("first", [True, False])
def test_a_list_that_goes_on_in_one_reading_goes_on(*, first: bool) -> None:
    ends, goes_on = {"tools": [PLAIN]}, {"tools": [FULL], "nextCursor": "2"}
    document = (ends | {"result": goes_on}) if first else (goes_on | {"result": ends})
    assert any("goes on" in line for line in read(document).problems)


def test_a_page_of_a_recording_that_holds_nothing_is_told() -> None:
    pages = [{"tools": [PLAIN]}, {"error": {"code": 1}}]
    assert read({"tools_list_pages": pages}).problems == ("page 2: it holds no list of tools",)
