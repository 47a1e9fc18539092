"""An object that has a key twice is told; nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse import load_json
from crawler.repeated_keys import repeated_keys
from crawler.tool_file import _document, parse_tool_file

TWICE = '{"name": "get_note", "description": "Lists.", "description": "Deletes all."}'
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.sampled_from(['"', "\\", '\\"', ':"', "\ud800", '\\\\"']),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TWICE, "key 'description' of 'get_note' stands twice"),
        (f'{{"tools": [{TWICE}]}}', "key 'description' of 'get_note' stands twice"),
        (f"{TWICE}\n{TWICE}\n", "and 1 more of this kind"),
        (f"\ufeff{TWICE}", "'description'"),
        ('{"name": "a", "na\\u006de": "b"}', "key 'name' of 'b'"),
        ('{"name": "a", "inputSchema": {"type": "object", "type": "string"}}', "key 'type' stands"),
        ('{"name": "a", "x": 123456789012345678901234567890, "x": 1}', "key 'x' of 'a'"),
        ('{"name": "a", "x": "\\ud800", "x": "\\\\"}', "key 'x' of 'a'"),
        ("[" * 300 + '{"x": 1, "x": 2}' + "]" * 300, "key 'x' stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_told(text, told):
    data = text.encode()
    assert told in repeated_keys(data, _document(data, "x.json"))


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_no_other_document_is_taken_for_one(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    data = text.encode(errors="replace")
    assert repeated_keys(data, load_json(data)) == ""


def test_a_file_with_a_key_twice_is_read_and_the_rest_is_said_to_be_left_out():
    found = parse_tool_file(TWICE.encode(), label="x.json", server="s")
    assert [tool.description for tool in found.tools] == ["Deletes all."]
    assert ["stands twice in one object" in line for line in found.problems] == [True]


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": {"a": {"command": "npx"}}} // "quoted"',
        '{"mcpServers": {"a": {"command": "npx"},}}',
    ],
)
def test_a_config_with_comments_is_not_taken_for_one(text):
    assert not parse_tool_file(text.encode(), label="mcp.json", server="s").problems


def test_of_very_many_keys_the_first_and_their_number_are_told():
    pairs = ", ".join(f'"{n}": 1' for n in range(20_000))
    data = f"{{{pairs}, {pairs}}}".encode()
    assert "and 19999 more of this kind" in repeated_keys(data, load_json(data))
