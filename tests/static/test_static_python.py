"""Tools read out of Python: decorators, calls and objects, compared with what the SDK itself says."""

import sys
from pathlib import Path

import anyio
import pytest

from crawler.probe.stdio import list_stdio
from crawler.records import ServerName
from crawler.static.reading import read

HEAD = "from mcp.server import MCPServer\nmcp = MCPServer('x')\n"


def one(folder, code):
    (folder / "server.py").write_text(code)
    found = read(folder)
    assert len(found.tools) == 1, (found.tools, found.artefacts)
    wire = found.tools[0].to_wire()
    wire.pop("_meta")
    return wire


PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}


@pytest.mark.parametrize(
    "code",
    [
        '@mcp.tool\ndef look_up(place: str):\n    """Look up."""',
        '@mcp.tool()\nasync def look_up(place: str, ctx: Context):\n    """Look up."""',
        '@mcp.tool("look_up", description="Look up.")\ndef other(place: str): ...',
        'NAME = "look_up"\n@mcp.tool(name=NAME, description="Look " "up.")\ndef other(place: str): ...',
        '@register_tool("look_up")\ndef other(place: str):\n    """Look up."""',
        'class T:\n    def look_up(self, place: str):\n        """Look up."""\n    def setup(self):\n        self.mcp.tool()(self.look_up)',
        'def look_up(place: str):\n    """Look up."""\nmcp.add_tool(look_up)',
        'tools = [Tool(name="look_up", description="Look up.", inputSchema={"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]})]',
        'class N(str, Enum):\n    LOOK = "look_up"\nclass Args(BaseModel):\n    place: str\nTool(name=N.LOOK, description="Look up.", inputSchema=Args.model_json_schema())',
    ],
)
def test_every_way_of_registering(tmp_path, code):
    assert one(tmp_path, HEAD + code) == {"name": "look_up", "description": "Look up.", "inputSchema": PLACE}  # fmt: skip


SERVER = '''
from typing import Annotated, Literal
from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("oracle")
ABOUT = "Count the crew."

class Crew(BaseModel):
    name: str = Field(description="Who")
    rank: int | None = None

@server.tool()
def list_ships(harbour: str, limit: int = 10, kind: Literal["sail", "steam"] = "sail") -> str:
    """List the ships in a harbour."""
    return harbour

@server.tool(name="count-crew", description=ABOUT, annotations=ToolAnnotations(readOnlyHint=True))
def count(crew: list[Crew], names: Annotated[list[str], Field(description="Names", min_length=1)], exact: bool = False) -> int:
    return 1

@server.tool(title="Sink a ship")
def sink_ship(ship: str | None = None, weights: dict[str, float] | None = None) -> str:
    """Sink a ship. This cannot be undone."""
    return ""

if __name__ == "__main__":
    server.run("stdio")
'''


def plain(schema, root=None):
    """Return a schema with references put in place, and without what only pydantic writes."""
    root = root or schema
    if isinstance(schema, list):
        return [plain(one, root) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return plain(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    found = {k: plain(v, root) for k, v in schema.items() if k not in {"$defs", "title"}}
    if "enum" in found:
        found.pop("type", None)
    return found | ({"default": found["default"]} if found.get("default") is not None else {})


def test_what_is_read_is_what_the_sdk_answers(tmp_path):
    file = tmp_path / "server.py"
    file.write_text(SERVER)

    async def run():
        return await list_stdio([sys.executable, str(file)], ServerName("x"), seconds=60)

    live = {tool.name: tool for tool in anyio.run(run).tools}
    static = {tool.name: tool for tool in read(tmp_path).tools}
    assert static.keys() == live.keys() == {"list_ships", "count-crew", "sink_ship"}
    for name, tool in live.items():
        mine = static[name]
        assert (mine.description, mine.title) == (tool.description, tool.title)
        assert plain(mine.input_schema) == plain(tool.input_schema), name
        hints = {k: v for k, v in (tool.annotations or {}).items() if v is not None}
        assert (mine.annotations or {}) == hints


def test_the_console_script_leads_to_the_server_and_not_to_the_example(tmp_path):
    for name, text in {
        "pkg-1.0.dist-info/entry_points.txt": "[console_scripts]\npkg = pkg.cli:main\n",
        "pkg/__init__.py": "",
        "pkg/cli.py": "def main():\n    from .inner import app",
        "pkg/inner/__init__.py": "from pkg.inner.app import mcp",
        "pkg/inner/app.py": '@mcp.tool()\ndef real_one(a: "int"): ...',
        "pkg/client_demo.py": "@mcp.tool()\ndef demo_one(): ...",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read(tmp_path)
    assert [tool.name for tool in found.tools] == ["real_one"]
    assert found.tools[0].input_schema["properties"] == {"a": {"type": "integer"}}


@pytest.mark.parametrize(
    "code",
    [
        "a = b\nb = a\n@mcp.tool(name=a)\ndef f(): ...",
        "class A(B): ...\nclass B(A): ...\n@mcp.tool()\ndef x_y(a: A): ...",
        "a0 = 'xx'\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60)) + "@mcp.tool(description=a60)\ndef x_y(): ...",
        "a0 = ['x']\n" + "".join(f"a{n + 1} = [*a{n}, *a{n}]\n" for n in range(60)) + "@mcp.tool(description=''.join(a60))\ndef x_y(): ...",
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "1+" * 20_000 + "1",
        "@mcp.tool()\ndef x_y(a: " + "list[" * 80 + "int" + "]" * 80 + "): ...",
        "x = '" + "\\xff" * 10,
        "\0",
        "# coding: no-such-coding\n",
    ],
    ids=["names in a ring", "classes in a ring", "text doubling", "list doubling", "parentheses", "signs", "sums", "nested types", "open text", "null byte", "coding"],
)  # fmt: skip
def test_hostile_source_ends(tmp_path, code):
    (tmp_path / "bad.py").write_text(code)
    (tmp_path / "good.py").write_text("@mcp.tool()\ndef good_one(): ...")
    found = read(tmp_path)
    assert "good_one" in [tool.name for tool in found.tools]
    assert all(len(tool.description or "") <= 200_000 for tool in found.tools)


def test_the_repository_root_is_not_imported(tmp_path):
    marker = tmp_path / "ran"
    (tmp_path / "server.py").write_text(f"open({str(marker)!r}, 'w')\n@mcp.tool()\ndef x_y(): ...")
    assert [tool.name for tool in read(tmp_path).tools] == ["x_y"]
    assert not marker.exists()
    assert Path(tmp_path / "server.py").exists()
