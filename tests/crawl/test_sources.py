"""Every source against a real loopback server or a real folder; the data is made by hand."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from crawler.sources import load
from crawler.targets import SourceTarget, parse_target, source_ids

TOOLS = [
    {
        "name": "sweep_floor",
        "description": "Sweeps one floor.",
        "arguments": [
            {"name": "floor", "type": "number", "desc": "which one"},
            {"name": "broom", "type": "string", "desc": "with what", "optional": True},
        ],
    }
]
CATALOGUE = {
    "version": 3,
    "name": "docker-mcp",
    "registry": {
        "janitor": {
            "title": "Janitor",
            "description": "Keeps floors clean.",
            "type": "server",
            "image": "mcp/janitor@sha256:" + "0" * 64,
            "allowHosts": ["floors.example:443"],
            "secrets": [{"name": "janitor.key", "env": "JANITOR_KEY"}],
            "tools": TOOLS,
        },
        "far": {
            "title": "Far",
            "remote": {"url": "https://far.example/mcp", "transport_type": "sse"},
        },
    },
}
SMITHERY = {
    "/servers": {
        "servers": [
            {"qualifiedName": "@a/one", "displayName": "One", "description": "First."},
            {"qualifiedName": "@a/one", "displayName": "One"},
            {"qualifiedName": "two", "displayName": "Two"},
        ],
        "pagination": {"currentPage": 1, "totalPages": 1},
    },
    "/servers/@a/one": {
        "qualifiedName": "@a/one",
        "deploymentUrl": "https://one.example",
        "tools": [{"name": "go", "description": "Goes.", "inputSchema": {"type": "object"}}],
    },
}
GLAMA = {
    "pageInfo": {"endCursor": "c1", "hasNextPage": False},
    "servers": [
        {
            "id": "x1",
            "name": "Tide",
            "namespace": "sea",
            "slug": "tide",
            "url": "https://listing.example/sea/tide",
            "repository": {"url": "https://github.com/sea/tide"},
            "tools": [],
        }
    ],
}
LIST = """# A list
- **[Tide](https://github.com/sea/tide)** - Says when the tide turns
- [moon/phase](https://github.com/moon/phase.git) \U0001f396 - The phase of the moon
  - [nested/one](https://gitlab.com/nested/one) text without a dash
- [again](https://github.com/Sea/Tide/) - the same
- [a site](https://example.com/x/y) - no repository
- broken [link](
"""
PAGE = """<html><head><title>Tide | A Market</title>
<script type="application/ld+json">{broken</script>
<script type="application/ld+json">{"@graph": [{"@type": "SoftwareApplication", "name": "Tide Server",
"description": "Tells the tide.", "author": {"@type": "Organization", "url": "https://github.com/sea"},
"codeRepository": "https://github.com/sea/tide"}]}</script></head><body></body></html>"""
BARE = '<html><head><meta content="Only a meta." name="description"><title>Bare | A Market</title></head></html>'


class Site(BaseHTTPRequestHandler):
    """One host with all of it, and a robots.txt that forbids a part."""

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        path = self.path.partition("?")[0]
        pages: dict[str, object] = {
            "/catalog.yaml": yaml.safe_dump(CATALOGUE),
            "/glama/servers": json.dumps(GLAMA) if self.headers.get("Authorization") else None,
            "/list.md": LIST,
            "/robots.txt": "User-agent: *\nDisallow: /server/hidden\n",
            "/sitemap.xml": f"<sitemapindex><sitemap><loc>{base}/maps/1.xml</loc></sitemap></sitemapindex>",
            "/maps/1.xml": "<urlset>"
            + "".join(
                f"<url><loc>{base}{p}</loc></url>"
                for p in ("/server/tide", "/server/bare", "/server/hidden", "/about")
            )
            + "<url><loc>https://elsewhere.example/server/x</loc></url></urlset>",
            "/server/tide": PAGE,
            "/server/bare": BARE,
            "/server/hidden": PAGE,
        }
        if path.startswith("/smithery"):
            answer = SMITHERY.get(path.removeprefix("/smithery"))
            pages[path] = json.dumps(answer) if answer else None
        body = pages.get(path)
        data = str(body or "nothing here").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def crawl(toolrisk, tmp_path: Path) -> Callable[..., dict]:
    def run(target: str, *more: str, code: int = 0) -> dict:
        words = (
            "crawl",
            target,
            "--no-probe",
            "--allow-private",
            "--db",
            "c.db",
            "--format",
            "json",
        )
        done = toolrisk(*words, *more)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) | {"stderr": done.stderr}

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[str], list[tuple]]:
    def run(query: str) -> list[tuple]:
        connection = sqlite3.connect(tmp_path / "c.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    return run


def test_every_source_is_declared_as_its_file_says() -> None:
    assert len(source_ids()) >= 9
    for source_id in source_ids():
        source = load(source_id).SOURCE
        assert source.id == source_id
        assert source.licence
        assert parse_target(source_id) == SourceTarget(source_id, source_id, None)


def check_docker(rows: Callable) -> None:
    tools = rows("SELECT server, tool, definition, origin FROM tools")
    ((server, tool, definition, origin),) = tools
    assert (server, tool, origin) == ("docker:janitor", "sweep_floor", "declared")
    assert json.loads(definition)["inputSchema"] == {
        "type": "object",
        "properties": {
            "floor": {"type": "number", "description": "which one"},
            "broom": {"type": "string", "description": "with what"},
        },
        "required": ["floor"],
    }
    ((extra,),) = rows("SELECT extra FROM tool_version")
    notes = json.loads(extra)["_docker"]
    assert notes["schema"] == "derived from arguments"
    assert notes["permissions"] == {
        "allowHosts": ["floors.example:443"],
        "secrets": ["JANITOR_KEY"],
    }
    assert rows("SELECT identifier, required_inputs FROM package") == [
        ("mcp/janitor", '["JANITOR_KEY"]')
    ]
    assert rows("SELECT transport, url FROM remote") == [("sse", "https://far.example/mcp")]


def test_docker_catalogue(crawl, rows, site: str) -> None:
    found = crawl(f"docker-catalog+{site}/catalog.yaml")
    assert (found["servers"], found["tools"]) == (2, 1)
    check_docker(rows)
    again = crawl(f"docker-catalog+{site}/catalog.yaml")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_docker_registry_checkout(crawl, rows, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    folder = checkout / "servers" / "janitor"
    folder.mkdir(parents=True)
    entry = {
        "name": "janitor",
        "image": "mcp/janitor",
        "about": {"title": "Janitor", "description": "Keeps floors clean."},
        "source": {"project": "https://github.com/floor/janitor", "commit": "abc"},
        "run": {"allowHosts": ["floors.example:443"]},
        "config": {"secrets": [{"name": "janitor.key", "env": "JANITOR_KEY"}]},
    }
    (folder / "server.yaml").write_text(yaml.safe_dump(entry))
    (folder / "tools.json").write_text(json.dumps(TOOLS))
    far = checkout / "servers" / "far"
    far.mkdir()
    (far / "server.yaml").write_text(
        yaml.safe_dump(
            {"name": "far", "remote": {"url": "https://far.example/mcp", "transport_type": "sse"}}
        )
    )
    broken = checkout / "servers" / "broken"
    broken.mkdir()
    (broken / "server.yaml").write_text("a: [")
    (checkout / ".git").mkdir()
    (checkout / ".git" / "HEAD").write_text("0123456789abcdef0123456789abcdef01234567\n")
    found = crawl(f"docker-registry+{checkout}")
    assert (found["servers"], found["tools"], found["skipped"]) == (2, 1, {"protocol_error": 1})
    assert "broken/server.yaml does not hold YAML" in found["stderr"]
    check_docker(rows)
    assert "0123456789abcdef" in rows("SELECT url FROM listing")[0][0]
    assert crawl(f"docker-registry+{tmp_path}", code=3)["skipped"] == {"not_found": 1}


def test_toolsdk(crawl, rows, tmp_path: Path) -> None:
    checkout = tmp_path / "toolsdk"
    (checkout / "indexes").mkdir(parents=True)
    (checkout / "packages" / "home").mkdir(parents=True)
    listed = {
        "@floor/janitor": {
            "category": "home",
            "path": "home/janitor.json",
            "tools": {"sweep": {"name": "sweep", "description": "Sweeps."}},
        },
        "empty": {"category": "home", "path": "../../../etc/passwd", "tools": {}},
    }
    (checkout / "indexes" / "packages-list.json").write_text(json.dumps(listed))
    detail = {
        "name": "Janitor",
        "description": "Clean.",
        "runtime": "node",
        "env": {"KEY": {"required": True}, "OPT": {}},
    }
    (checkout / "packages" / "home" / "janitor.json").write_text(json.dumps(detail))
    assert crawl(f"toolsdk+{checkout}")["tools"] == 1
    assert rows("SELECT registry_type, identifier, required_inputs FROM package ORDER BY id") == [
        ("npm", "@floor/janitor", '["KEY"]'),
        ("unknown", "empty", "[]"),
    ]
    ((definition, text),) = rows("SELECT definition, server_text FROM tools")
    assert json.loads(definition) == {"name": "sweep", "description": "Sweeps."}
    assert text == "Janitor. Clean."


def test_mcpm(crawl, rows, tmp_path: Path) -> None:
    folder = tmp_path / "mcpm"
    folder.mkdir()
    entry = {
        "name": "janitor",
        "display_name": "Janitor",
        "repository": {"type": "git", "url": "https://github.com/floor/janitor"},
        "arguments": {"KEY": {"required": True}, "OPT": {"required": False}},
        "installations": {
            "npm": {"command": "npx", "args": ["-y", "@floor/janitor"], "env": {"KEY": "${KEY}"}},
            "uvx": {"command": "uvx", "args": ["janitor-py"]},
            "http": {"type": "http", "url": "https://janitor.example/mcp?key=1"},
        },
        "tools": [{"name": "sweep", "inputSchema": {"type": "object"}}],
    }
    (folder / "janitor.json").write_text(json.dumps(entry))
    (folder / "odd.json").write_text("[]")
    found = crawl(f"mcpm+{folder}")
    assert (found["servers"], found["tools"], found["skipped"]) == (1, 1, {"protocol_error": 1})
    assert rows("SELECT registry_type, identifier, required_inputs FROM package ORDER BY id") == [
        ("npm", "@floor/janitor", '["KEY"]'),
        ("pypi", "janitor-py", '["KEY"]'),
    ]
    assert rows("SELECT url FROM remote") == [("https://janitor.example/mcp",)]


def test_toolhive(crawl, rows, tmp_path: Path) -> None:
    permissions = {"network": {"outbound": {"allow_host": ["floors.example"]}}}
    entry = {
        "image": "ghcr.io/floor/janitor:1",
        "description": "Clean.",
        "transport": "stdio",
        "status": "Active",
        "tools": ["sweep", "mop"],
        "env_vars": [{"name": "KEY", "required": True}, {"name": "OPT", "required": False}],
        "permissions": permissions,
    }
    file = tmp_path / "registry.json"
    remote = {"url": "https://far.example/mcp", "transport": "streamable-http"}
    file.write_text(json.dumps({"servers": {"janitor": entry}, "remote_servers": {"far": remote}}))
    assert crawl(f"toolhive+{file}")["tools"] == 2
    assert rows("SELECT identifier, required_inputs FROM package") == [
        ("ghcr.io/floor/janitor:1", '["KEY"]')
    ]
    assert (
        json.loads(rows("SELECT extra FROM tool_version")[0][0])["_toolhive"]["permissions"]
        == permissions
    )
    spec = tmp_path / "checkout" / "registry" / "janitor"
    spec.mkdir(parents=True)
    (spec / "spec.yaml").write_text(yaml.safe_dump(entry))
    assert crawl(f"toolhive+{tmp_path / 'checkout'}")["unchanged"] == 2


def test_smithery(crawl, rows, site: str) -> None:
    found = crawl(f"smithery+{site}/smithery")
    assert (found["servers"], found["tools"]) == (2, 1)
    assert rows("SELECT server, tool FROM tools") == [("smithery:@a/one", "go")]
    assert rows("SELECT url, required_inputs FROM remote") == [
        ("https://one.example", '["Authorization"]')
    ]


def test_glama_needs_its_key(crawl, rows, site: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("GLAMA_API_KEY", raising=False)
    refused = crawl("glama", code=3)
    assert refused["skipped"] == {"needs_config": 1}
    assert "GLAMA_API_KEY" in refused["stderr"]
    monkeypatch.setenv("GLAMA_API_KEY", "hunter2")
    # the key goes to Glama's own host; an address that somebody names is given its own, by name
    crawl(f"glama+{site}/glama", code=3)
    (tmp_path / "crawl.toml").write_text(
        f'[registries."{site}"]\nheaders_env = {{Authorization = "OUR_KEY"}}\n'
    )
    monkeypatch.setenv("OUR_KEY", "hunter3")
    assert crawl(f"glama+{site}/glama", "--config", "crawl.toml")["servers"] == 1
    assert rows("SELECT source, url FROM listing") == [
        ("glama", "https://listing.example/sea/tide")
    ]


def test_awesome_list(crawl, rows, site: str) -> None:
    crawl(f"awesome+{site}/list.md")
    assert rows("SELECT name, title, description FROM server ORDER BY name") == [
        ("github.com/moon/phase", "moon/phase", "The phase of the moon"),
        ("github.com/sea/tide", "Tide", "Says when the tide turns"),
        ("gitlab.com/nested/one", "nested/one", None),
    ]


def test_web_catalogue(crawl, rows, site: str) -> None:
    found = crawl(f"html-catalog+{site}")
    assert (found["servers"], found["skipped"]) == (2, {"skipped_policy": 1})
    assert "robots.txt forbids it" in found["stderr"]
    assert rows("SELECT title, description, repository_url FROM server ORDER BY title") == [
        ("Bare", "Only a meta.", None),
        ("Tide Server", "Tells the tide.", "https://github.com/sea/tide"),
    ]


def test_clients_of_this_machine(crawl, rows, tmp_path: Path) -> None:
    home = tmp_path / "home"
    files = {
        ".cursor/mcp.json": '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "one@1"]}}}',
        ".config/Code/User/mcp.json": '{ // comment\n"servers": {"b": {"type": "http", "url": "https://h.example/mcp", "headers": {"K": "hunter2"}},},}',
        ".codex/config.toml": '[mcp_servers.c]\ncommand = "uvx"\nargs = ["two"]\nenv = {KEY = "hunter2"}\n',
        ".continue/config.yaml": "mcpServers:\n  - name: d\n    command: npx\n    args: [three]\n",
        ".config/goose/config.yaml": "extensions:\n  e:\n    type: stdio\n    cmd: uvx\n    args: [four]\n    envs: {TOKEN: hunter2}\n",
        ".config/zed/settings.json": "",
        ".kiro/settings/mcp.json": "{broken",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    found = crawl(f"clients+{home}")
    assert (found["servers"], found["skipped"]) == (5, {"protocol_error": 1})
    assert rows(
        "SELECT s.name, p.identifier, p.version, p.required_inputs FROM package p JOIN server s ON s.id = p.server_id ORDER BY 1"
    ) == [
        ("codex:c", "two", None, '["KEY"]'),
        ("continue:d", "three", None, "[]"),
        ("cursor:a", "one", "1", "[]"),
        ("goose:e", "four", None, '["TOKEN"]'),
    ]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("c.db*"))
    assert b"hunter2" not in stored
    assert "hunter2" not in found["stderr"]


def test_a_home_without_clients_says_so(toolrisk, tmp_path: Path) -> None:
    done = toolrisk("crawl", f"clients+{tmp_path}")
    assert done.returncode == 3
    assert "no settings of a known client are under" in done.stderr


def test_recorded_catalogues_are_read(crawl, shared: Path) -> None:
    recorded = shared / "replay" / "catalogues"
    found = crawl(f"toolsdk+{recorded / 'toolsdk_packages-list.json'}")
    assert (found["servers"], found["tools"]) == (4548, 8010)
    assert crawl(f"mcpm+{recorded / 'firecrawl.json'}")["tools"] == 10


def test_a_source_that_is_not_there(crawl, site: str) -> None:
    assert crawl(f"docker-catalog+{site}/missing", code=3)["skipped"] == {"not_found": 1}
    assert crawl(f"toolsdk+{site}/list.md", code=3)["skipped"] == {"protocol_error": 1}
    assert "html-catalog+WHERE" in crawl("html-catalog", code=3)["stderr"]


HALF = [{"name": "sweep"}, {"name": 7}]
"""A list of tools of which one can be read."""
WHY = "a tool needs a name that is a string, not a number"


def docker_registry(folder: Path) -> str:
    place = folder / "servers" / "janitor"
    place.mkdir(parents=True)
    (place / "server.yaml").write_text(yaml.safe_dump({"name": "janitor", "image": "mcp/janitor"}))
    (place / "tools.json").write_text(json.dumps(HALF))
    return f"docker-registry+{folder}"


def mcpm(folder: Path) -> str:
    (folder / "janitor.json").write_text(json.dumps({"name": "janitor", "tools": HALF}))
    return f"mcpm+{folder}"


def toolhive(folder: Path) -> str:
    meta = {
        "io.modelcontextprotocol.registry/publisher-provided": {
            "io.github.stacklok": {"x": {"tool_definitions": HALF}}
        }
    }
    server = {"name": "io.github.floor/janitor", "version": "1", "_meta": meta}
    (folder / "r.json").write_text(json.dumps({"data": {"servers": [server]}}))
    return f"toolhive+{folder / 'r.json'}"


def toolsdk(folder: Path) -> str:
    (folder / "indexes").mkdir()
    tools = {"sweep": HALF[0], "other": HALF[1]}
    listed = {"@floor/janitor": {"category": "home", "path": "x.json", "tools": tools}}
    (folder / "indexes" / "packages-list.json").write_text(json.dumps(listed))
    return f"toolsdk+{folder}"


def check_known_in_part(found: dict, rows: Callable) -> None:
    """Look whether the entry that is no tool is remembered, and the other one is there."""
    ((problems,),) = rows(
        "SELECT json_extract(statement, '$.problems') FROM listing "
        "WHERE json_type(statement, '$.problems') IS NOT NULL"
    )
    assert json.loads(problems) == [f"tools[1]: {WHY}"]
    assert found["tools"] == 1


@pytest.mark.parametrize("write", [docker_registry, mcpm, toolhive, toolsdk])
def test_a_tool_that_cannot_be_read_is_remembered(crawl, rows, tmp_path: Path, write) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    check_known_in_part(crawl(write(folder)), rows)


@pytest.fixture
def in_part(monkeypatch) -> None:
    """Let every web catalogue list a tool that cannot be read, and hold the key of one."""
    monkeypatch.setitem(CATALOGUE["registry"]["janitor"], "tools", HALF)
    monkeypatch.setitem(SMITHERY["/servers/@a/one"], "tools", HALF)
    monkeypatch.setitem(GLAMA["servers"][0], "tools", HALF)
    monkeypatch.setenv("OUR_KEY", "hunter3")


@pytest.mark.usefixtures("in_part")
@pytest.mark.parametrize("place", ["docker-catalog+{}/catalog.yaml", "smithery+{}/smithery", "glama+{}/glama"])  # fmt: skip
def test_of_a_web_catalogue_as_well(crawl, rows, site: str, tmp_path: Path, place: str) -> None:
    (tmp_path / "crawl.toml").write_text(
        f'[registries."{site}"]\nheaders_env = {{Authorization = "OUR_KEY"}}\n'
    )
    check_known_in_part(crawl(place.format(site), "--config", "crawl.toml"), rows)


def test_a_tool_that_cannot_be_read_any_more_is_not_taken_for_gone(
    crawl, rows, toolrisk, tmp_path: Path
) -> None:
    file = tmp_path / "janitor.json"
    for tools in ([{"name": "sweep"}, {"name": "mop"}], HALF):
        file.write_text(json.dumps({"name": "janitor", "tools": tools}))
        crawl(f"mcpm+{file}")
    assert rows("SELECT tool FROM tools ORDER BY tool") == [("mop",), ("sweep",)]
    said = toolrisk("crawl", f"mcpm+{file}", "--no-probe", "--db", "c.db").stdout
    assert "1 server lists tools that cannot be read: what they do is unknown" in said
