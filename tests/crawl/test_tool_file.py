import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.errors import TargetError
from crawler.records import ServerName
from crawler.tool_file import parse_tool_file, read_tool_file

TOOL = {"name": "delete_note", "description": "Deletes a note.", "inputSchema": {"type": "object"}}
OTHER = {"tool": "read_note", "input_schema": {"type": "object"}, "server": "notes"}


def parse(value: object) -> list[tuple[str, str]]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    content = parse_tool_file(data, label="x.json", server="x.json")
    return [(tool.server, tool.name) for tool in content.tools]


EVENTS = b"""\
: hello\r
event: message\r
data: {"jsonrpc":"2.0","method":"notifications/progress"}\r
\r
id: 7\r
data: {"jsonrpc":"2.0","id":1,\r
data: "result":{"tools":[{"name":"a"}]}}\r
\r
"""
FORMS = {
    "result": ({"tools": [TOOL]}, [("x.json", "delete_note")]),
    "envelope": (
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [TOOL]}},
        [("x.json", "delete_note")],
    ),
    "array": ([TOOL, OTHER], [("x.json", "delete_note"), ("notes", "read_note")]),
    "one tool": (TOOL, [("x.json", "delete_note")]),
    "servers": (
        {"a": {"tools": [TOOL]}, "b": {"tools": [TOOL]}},
        [("a", "delete_note"), ("b", "delete_note")],
    ),
    "servers with lists": ({"a": [TOOL]}, [("a", "delete_note")]),
    "servers with named tools": ({"a": {"tools": {"t": {"description": "d"}}}}, [("a", "t")]),
    "catalogue entry": ({"name": "s", "tools": [TOOL]}, [("s", "delete_note")]),
    "list of servers": ([{"name": "s", "tools": [TOOL]}], [("s", "delete_note")]),
    "recording": (
        {
            "initialize": {"result": {"serverInfo": {"name": "notes-server"}}},
            "tools_list_pages": [
                {"result": {"tools": [TOOL]}},
                {"result": {"tools": [{"name": "second_page"}]}},
            ],
        },
        [("notes-server", "delete_note"), ("notes-server", "second_page")],
    ),
    "bundle manifest": (
        {"manifest_version": "0.3", "name": "bundle", "tools": [{"name": "t"}], "server": {}},
        [("bundle", "t")],
    ),
    "lines": (
        json.dumps(TOOL).encode() + b"\n\n" + json.dumps(OTHER).encode() + b"\n",
        [("x.json", "delete_note"), ("notes", "read_note")],
    ),
    "lines of answers": (
        b'{"result":{"tools":[{"name":"a"}]}}\n{"result":{"tools":[{"name":"b"}]}}',
        [("x.json", "a"), ("x.json", "b")],
    ),
    "functions": (
        [{"type": "function", "function": {"name": "a"}}, {"type": "function", "name": "b"}],
        [("x.json", "a"), ("x.json", "b")],
    ),
    "event stream": (EVENTS, [("x.json", "a")]),
    "event stream of pages": (
        b'data: {"result":{"tools":[{"name":"a"}]}}\n\ndata:{"result":{"tools":[{"name":"b"}]}}',
        [("x.json", "a"), ("x.json", "b")],
    ),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps([TOOL]).encode(), [("x.json", "delete_note")]),
    "carriage returns": (b'{"name":"a"}\r\n{"name":"b"}\r\n', [("x.json", "a"), ("x.json", "b")]),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    value, expected = FORMS[form]
    assert parse(value) == expected


@pytest.mark.parametrize("wrapped", [True, False])
def test_parameters_of_other_apis_are_the_schema(*, wrapped: bool) -> None:
    schema = {"type": "OBJECT", "properties": {"shell_command": {"type": "STRING"}}}
    function = {"name": "handle", "description": "Handles a request.", "parameters": schema}
    value = {"type": "function", "function": function} if wrapped else function
    data = json.dumps({"tools": [value]}).encode()
    (tool,) = parse_tool_file(data, label="x", server=ServerName("s")).tools
    assert tool.input_schema == schema
    assert "parameters" not in (tool.extra or {})


@pytest.mark.parametrize("given", [{"retries": 3}, ["a"], "text", {"type": 7}])
def test_parameters_that_are_no_schema_stay_what_they_are(given: object) -> None:
    data = json.dumps({"tools": [{"name": "t", "parameters": given}]}).encode()
    (tool,) = parse_tool_file(data, label="x", server=ServerName("s")).tools
    assert tool.input_schema is None
    assert tool.extra == {"parameters": given}


def test_a_schema_of_its_own_goes_before_parameters() -> None:
    own, other = {"type": "object"}, {"properties": {"x": {}}}
    data = json.dumps([{"name": "t", "inputSchema": own, "parameters": other}]).encode()
    (tool,) = parse_tool_file(data, label="x", server=ServerName("s")).tools
    assert (tool.input_schema, tool.extra) == (own, {"parameters": other})


def test_values_stay_as_received() -> None:
    raw = (
        rb'[{"name":"n","title":"T","description":"a\r\n \u0000\ud800 \u200b",'
        rb'"inputSchema":{"b":18446744073709551616,"a":[1.0,true,null]},'
        rb'"outputSchema":true,"annotations":{"readOnlyHint":"yes"},"_meta":{"k":1}}]'
    )
    (tool,) = parse_tool_file(raw, label="x", server="s").tools
    assert tool.description == "a\r\n \x00\ud800 \u200b"
    assert tool.input_schema == {"b": 18446744073709551616, "a": [1.0, True, None]}
    assert list(tool.input_schema) == ["b", "a"]
    assert tool.output_schema is True
    assert tool.annotations == {"readOnlyHint": "yes"}
    assert tool.extra == {"_meta": {"k": 1}}
    assert len(tool.definition_sha256) == 64


def test_what_is_known_of_the_server_goes_along() -> None:
    item = TOOL | {"server_title": "Notes", "server_description": "Keeps notes"}
    (tool,) = parse_tool_file(json.dumps([item]).encode(), label="x", server="s").tools
    assert tool.server_text == "Notes. Keeps notes"
    assert tool.extra == {}


def test_a_malformed_tool_costs_itself_only() -> None:
    deep: object = {}
    for _ in range(900):
        deep = {"p": deep}
    values = [
        TOOL,
        {"description": "nameless"},
        7,
        {"name": 5},
        {"name": "deep", "inputSchema": deep},
    ]
    content = parse_tool_file(json.dumps({"tools": values}).encode(), label="x", server="s")
    assert [tool.name for tool in content.tools] == ["delete_note"]
    assert len(content.problems) == 4
    assert "item 2" in content.problems[0]
    assert "nested deeper" in content.problems[3]


BAD = {
    "broken": (b'{"tools": [\n  {"name": "x",}\n]}', "not valid JSON", "line 2, column"),
    "broken lines": (b'\n{"name" "c"}\n{x}\n', "not valid JSON", "line 2, column 9"),
    "empty": (b"", "is empty", ""),
    "blank": (b" \n\t\n", "is empty", ""),
    "other keys": (b'{"hello": 1, "world": 2}', "holds no tools", "'hello', 'world'"),
    "no tools": (b'{"tools": []}', "holds no tools", "its list of tools is empty"),
    "empty list": (b"[]", "holds no tools", "empty list"),
    "single value": (b"42", "holds no tools", "single value"),
    "error answer": (
        b'{"jsonrpc":"2.0","id":1,"error":{"code":-1}}',
        "holds no tools",
        "error answer",
    ),
    "latin-1": ('[{"name":"caf\u00e9"}]'.encode("latin-1"), "not UTF-8", "byte"),
    "packed": (gzip.compress(b"[]"), "is packed (gzip); unpack it", ""),
    "long number": (
        b'{"tools": [],\n "n": ' + b"9" * 5000 + b"}",
        "a number is too long",
        "line 2, column 7",
    ),
    "broken event": (b"data: {broken\n\n", "not valid JSON", "line 1, column 2"),
    "event stream of notifications": (b'data: {"jsonrpc":"2.0","method":"n"}\n\n', "is empty", ""),
    "prompts": (b'{"prompts": [{"name": "p", "description": "d"}]}', "holds no tools", "'prompts'"),
    "resources": (b'{"resources": [{"name": "r", "uri": "a:b"}]}', "holds no tools", "'resources'"),
    "not a number": (b'[{"name":"a","inputSchema":NaN}]', "not valid JSON", "NaN"),
    "no finite number": (b'[{"name":"a","n":-1e400}]', "not valid JSON", "-1e400 is larger"),
    "no finite digits": (
        b'[{"name":"a","n":' + b"9" * 400 + b".0}]",
        "not valid JSON",
        "9 is larger",
    ),
    "endless nesting": (b"[" * 200_000, "not valid JSON", "line 1"),
    "huge number": (b'[{"name":"a","n":' + b"9" * 5000 + b"}]", "not valid JSON", "too long"),
    "nameless": (b'[{"description":"x"}]', "holds no tools", "needs a name"),
    "empty config": (b'{"mcpServers": {}}', "client config without a server", ""),
    "no server of a config that can be used": (
        b'{"mcpServers": {"a": {"command": 5}, "b": {"url": 6}, "c": {"args": 7}}}',
        "server that can be used: server 'a'",
        "; and 2 more",
    ),
}


def test_tools_under_a_key_of_other_lists_are_read_for_their_schemas() -> None:
    assert parse({"prompts": [TOOL], "a": [{"name": "t"}]}) == [
        ("a", "t"),
        ("prompts", "delete_note"),
    ]


@pytest.mark.parametrize("case", BAD)
def test_bad_files_say_what_is_wrong(case: str) -> None:
    data, what, where = BAD[case]
    with pytest.raises(TargetError) as caught:
        parse_tool_file(data, label="x.json", server="x.json")
    message = str(caught.value)
    assert message.startswith("x.json ")
    assert what in message
    assert where in message
    assert "\n" not in message


@pytest.mark.parametrize("case", ["broken", "empty", "other keys", "latin-1"])
def test_the_command_exits_with_2_and_one_line(toolrisk, tmp_path: Path, case: str) -> None:
    data, what, where = BAD[case]
    (tmp_path / "tools.json").write_bytes(data)
    done = toolrisk("crawl", "tools.json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert what in done.stderr
    assert where in done.stderr
    done = toolrisk("crawl", "-", stdin=data)
    assert done.returncode == 2
    assert "standard input" in done.stderr


def test_a_folder_and_a_missing_file(toolrisk, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = toolrisk("crawl", "folder")
    assert done.returncode == 2
    assert "is a directory" in done.stderr
    with pytest.raises(TargetError, match="does not exist"):
        read_tool_file(str(tmp_path / "gone.json"))


def test_a_client_config_in_toml(toolrisk, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        'model = "m"\n[mcp_servers.c]\ncommand = "uvx"\nargs = ["two"]\nenv = {KEY = "hunter2"}\n'
    )
    (server,) = read_tool_file(str(config)).servers
    assert (server.name, server.packages[0].identifier) == ("c", "two")
    assert "hunter2" not in repr(server)
    config.write_text('[mcp_servers.c]\nenv = {KEY = "hunter2"\n')
    done = toolrisk("crawl", "config.toml")
    assert done.returncode == 2
    assert "config.toml is not valid TOML" in done.stderr
    assert "line 2, column 23" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_list_in_yaml_is_told_what_to_do(tmp_path):
    file = tmp_path / "tools.yaml"
    file.write_text("tools:\n  - name: get_x\n", encoding="utf-8")
    with pytest.raises(TargetError, match="tools in YAML are not read, save them as JSON"):
        read_tool_file(str(file))


def test_a_tool_more_is_a_few_lines_more(steps: Callable[[Callable[[], object]], int]) -> None:
    schema = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(6)}}

    def read(count: int) -> int:
        rows = [TOOL | {"name": f"tool_{n}", "inputSchema": schema} for n in range(count)]
        data = json.dumps({"tools": rows}).encode()
        return steps(lambda: parse_tool_file(data, label="x", server="s"))

    assert read(2000) - read(1000) < 1000 * 200


def test_recorded_sessions_read_like_the_reference(shared: Path) -> None:
    counts = {
        path.stem: len(read_tool_file(str(path)).tools)
        for path in sorted((shared / "replay" / "live").glob("*.json"))
    }
    assert counts["npm_server-everything"] == 13
    assert counts["pypi_mcp-server-git"] == 12
    assert len(counts) == 8


A_TOOL = {"name": "read", "description": "Read a file.", "inputSchema": {"type": "object"}}
PAGE, LAST = ({"tools": [A_TOOL], "nextCursor": "two"}, {"tools": [A_TOOL]})
ANSWER = {"jsonrpc": "2.0", "id": 1, "result": PAGE}


@pytest.mark.parametrize(
    ("document", "goes_on"),
    [
        (PAGE, True),
        ({**LAST, "nextCursor": ""}, True),
        ({**LAST, "nextCursor": None}, False),
        (ANSWER, True),
        ([PAGE, LAST], False),
        ([PAGE, PAGE], True),
        ([ANSWER, {**ANSWER, "result": LAST}], False),
        ({"tools_list_pages": [PAGE, LAST]}, False),
        ({"tools_list_pages": [LAST, PAGE]}, True),
        ({"one": PAGE, "two": LAST}, True),
        ({"one": LAST, "two": LAST}, False),
    ],
)
def test_a_list_that_goes_on_is_told(document: object, *, goes_on: bool) -> None:
    read = parse_tool_file(json.dumps(document).encode(), label="f", server=ServerName("s"))
    assert any("goes on (nextCursor)" in line for line in read.problems) is goes_on
    assert len(read.problems) == goes_on


def test_pages_as_json_lines_are_one_list() -> None:
    lines = "\n".join(json.dumps(page) for page in (PAGE, PAGE, LAST)).encode()
    assert not parse_tool_file(lines, label="f", server=ServerName("s")).problems


@pytest.mark.parametrize("words", [("classify", "--fail-on", "critical"), ("pin",), ("stack",)])
def test_a_page_of_a_list_is_no_pass(toolrisk, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(PAGE))
    done = toolrisk(*words, "tools.json")
    assert done.returncode == 3
    assert "tools.json: the list of tools goes on (nextCursor)" in done.stderr


def lines_of(*lines: bytes) -> bytes:
    return b"\n".join(lines)


GOOD, CUT = json.dumps(TOOL).encode(), b'{"name": "cut", "descr'


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (CUT, "line 3: not valid JSON: Unterminated string starting at column 17"),
        (b'{"name": "\xff"}', "line 3: not UTF-8 text (byte 10 of the line)"),
    ],
)
def test_a_line_that_cannot_be_read_costs_itself_only(bad, why):
    other = json.dumps({**TOOL, "name": "last"}).encode()
    data = lines_of(GOOD, b"", bad, other)
    content = parse_tool_file(data, label="f.jsonl", server=ServerName("s"))
    assert [tool.name for tool in content.tools] == ["delete_note", "last"]
    assert content.problems == (f"f.jsonl: {why}",)


@pytest.mark.parametrize("last", [b"", CUT])
def test_a_first_line_that_is_cut_off_costs_itself_only(last):
    data = lines_of(CUT, GOOD, last)
    content = parse_tool_file(data, label="f.jsonl", server=ServerName("s"))
    assert [tool.name for tool in content.tools] == ["delete_note"]
    assert content.problems[0].startswith("f.jsonl: line 1: not valid JSON: ")
    assert len(content.problems) == (2 if last else 1)


def test_json_over_several_lines_that_is_cut_off_is_refused_whole():
    whole = json.dumps({"tools": [TOOL]}, indent=1).encode()
    for end in range(1, whole.count(b"\n")):
        cut = lines_of(*whole.split(b"\n")[:end])
        with pytest.raises(TargetError, match="not valid JSON"):
            parse_tool_file(cut, label="f.json", server=ServerName("s"))


def test_of_lines_that_cannot_be_read_the_first_are_told_and_the_rest_counted():
    data = lines_of(GOOD, *[CUT] * 50)
    problems = parse_tool_file(data, label="f.jsonl", server=ServerName("s")).problems
    assert len(problems) == 21
    assert problems[-1] == "f.jsonl: 30 lines more that cannot be read"


def test_lines_of_which_none_can_be_read_are_refused():
    with pytest.raises(TargetError, match=r"not valid JSON: .* line 1, column"):
        parse_tool_file(lines_of(b"{no}", b"{no}"), label="f.jsonl", server=ServerName("s"))


def test_a_bad_line_does_not_silence_a_key_that_stands_twice():
    twice = b'{"name": "get", "description": "Deletes all.", "description": "Gets one."}'
    content = parse_tool_file(lines_of(twice, CUT), label="f.jsonl", server=ServerName("s"))
    assert "key 'description' of 'get' stands twice" in content.problems[-1]
