"""Packages as targets: a folder or an archive on this machine."""

import json
import sqlite3
import zipfile
from functools import partial

import pytest

CODE = 'server.tool("delete_place", "Delete a place for good.", { id: z.string() }, run);'


@pytest.fixture
def toolrisk(run_here, tmp_path):
    return partial(run_here, cwd=tmp_path)


@pytest.fixture
def bundle(tmp_path):
    with zipfile.ZipFile(tmp_path / "places.mcpb", "w") as archive:
        tools = [{"name": "find_place", "description": "Find a place."}, {"name": "${x}"}]
        archive.writestr("manifest.json", json.dumps({"manifest_version": "0.3", "tools": tools}))
        archive.writestr("server/index.js", CODE)
    return "places.mcpb"


def test_a_bundle_is_classified(toolrisk, bundle):
    done = toolrisk("classify", bundle, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    found = {one["tool"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert found.keys() == {"find_place", "delete_place"}
    assert found["delete_place"]["risk"] in {"high", "critical"}
    assert "1 template text" in done.stderr


@pytest.mark.parametrize("form", ["sarif", "junit", "markdown", "csv"])
def test_reports_take_a_package_too(toolrisk, bundle, form):
    done = toolrisk("classify", bundle, "--format", form)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert "delete_place" in done.stdout


def test_a_folder_is_crawled_and_marked(toolrisk, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "index.js").write_text(CODE)
    done = toolrisk("crawl", "server")
    assert done.returncode == 0, done.stderr
    connection = sqlite3.connect(tmp_path / "toolrisk.db")
    assert connection.execute("SELECT name, origin FROM tool").fetchall() == [
        ("delete_place", "static")
    ]
    connection.close()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.whl", b"no zip", "cannot be read as a package"),
        ("b.tgz", b"", "cannot be read as a package"),
        ("c", None, "without source files"),
    ],
)
def test_what_is_no_package_is_refused_in_one_line(toolrisk, tmp_path, name, data, said):
    path = tmp_path / name
    path.mkdir() if data is None else path.write_bytes(data)
    done = toolrisk("classify", name)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_source_without_tools_says_where_to_look(toolrisk, tmp_path):
    (tmp_path / "index.js").write_text(
        "for (const t of made()) server.tool(t.name, t.text, {}, run);"
    )
    done = toolrisk("classify", ".")
    assert done.returncode == 2
    assert "made at run time" in done.stderr


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("server.py", "@mcp.tool()\ndef keep_it(a: float = 1e400): ..."),
        ("server.py", "@mcp.tool()\ndef keep_it(a: float = -1e400): ..."),
        ("index.js", 'server.tool("keep_it", "Keeps.", {a: z.number().min(-1e400)}, run);'),
    ],
)
def test_an_infinity_in_the_source_costs_no_package(toolrisk, tmp_path, name, code):
    """JSON does not know it: the whole package could not be read."""
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / name).write_text('import { z } from "zod";\n' * name.endswith("js") + code)
    assert "keep_it" in toolrisk("classify", "box").stdout
