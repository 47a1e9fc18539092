"""Catalogues in which any one value is another than it should be: each is read and stored whole.

Every value of a good document is replaced in turn by every odd one. A source may skip what it
cannot use, with a reason; it may not fail, and what it lists must be storable.
"""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest
import yaml

from crawler.catalog import Catalog
from crawler.fetch import Fetcher, FetchOptions
from crawler.gathered import Gathered
from crawler.records import Listing, Skipped
from crawler.sources import load

DEEP = [[]]
for _ in range(300):
    DEEP = [DEEP]
ODD = [None, 10**30, "\ud800\0\u202e\x1b[31m", "x" * 10_000, [], {"a": None}, DEEP]
TOOL = {"name": "sweep", "description": "Sweeps.", "inputSchema": {"type": "object"}}
ENTRY = {
    "name": "a.example/janitor", "title": "Janitor", "description": "Cleans.", "version": "1.0", "status": "active",
    "repository": {"url": "https://github.com/a/janitor", "source": "github", "subfolder": "x"}, "websiteUrl": "https://a.example",
    "packages": [{
        "registryType": "npm", "identifier": "@a/janitor", "version": "1.0", "transport": {"type": "stdio"},
        "fileSha256": "00", "registryBaseUrl": "https://npm.example", "runtimeHint": "npx",
        "environmentVariables": [{"name": "KEY", "isRequired": True, "default": "x"}],
        "packageArguments": [{"type": "named", "name": "--mode", "value": "y", "isRequired": True}, {"type": "positional", "valueHint": "dir", "variables": {"dir": {"isRequired": True}}}],
    }],
    "remotes": [{"type": "streamable-http", "url": "https://a.example/mcp", "headers": [{"name": "X-Key", "isRequired": True}]}],
}  # fmt: skip
REGISTRY = {
    "servers": [{"server": ENTRY, "_meta": {"io.modelcontextprotocol.registry/official": {"status": "active", "isLatest": True, "updatedAt": "2026-01-01T00:00:00Z"}}}],
    "metadata": {"nextCursor": None, "count": 1},
}  # fmt: skip
TOOLSDK = {"@a/janitor": {"category": "home", "path": "home/janitor.json", "validated": True, "tools": {"sweep": TOOL}}}  # fmt: skip
DETAIL = {"name": "Janitor", "description": "Cleans.", "runtime": "node", "env": {"KEY": {"required": True}}, "url": "https://github.com/a/janitor"}  # fmt: skip
MCPM = {
    "name": "janitor", "display_name": "Janitor", "description": "Cleans.",
    "repository": {"type": "git", "url": "https://github.com/a/janitor"}, "arguments": {"KEY": {"required": True}},
    "installations": {"npm": {"type": "npm", "command": "npx", "args": ["-y", "@a/janitor"], "env": {"KEY": "${KEY}"}}, "http": {"type": "http", "url": "https://a.example/mcp"}},
    "tools": [TOOL],
}  # fmt: skip
HIVE = {
    "servers": {"janitor": {
        "image": "ghcr.io/a/janitor:1", "description": "Cleans.", "transport": "stdio", "status": "Active", "tools": ["sweep"],
        "env_vars": [{"name": "KEY", "required": True}], "permissions": {"network": {"outbound": {"allow_host": ["a.example"]}}},
    }},
    "remote_servers": {"far": {"url": "https://a.example/mcp", "transport": "sse", "tools": ["go"]}},
}  # fmt: skip
DOCKER = {
    "version": 3,
    "registry": {"janitor": {
        "title": "Janitor", "description": "Cleans.", "type": "server", "image": "mcp/janitor@sha256:00",
        "allowHosts": ["a.example:443"], "secrets": [{"name": "j.key", "env": "KEY"}],
        "tools": [{"name": "sweep", "description": "Sweeps.", "arguments": [{"name": "floor", "type": "number", "desc": "which", "optional": True}]}],
        "remote": {"url": "https://a.example/mcp", "transport_type": "sse"},
    }},
}  # fmt: skip
SMITHERY = {"servers": [{"qualifiedName": "@a/one", "displayName": "One", "description": "First.", "homepage": "https://a.example"}], "pagination": {"currentPage": 1, "totalPages": 1}}  # fmt: skip
SMITHERY_ONE = {"qualifiedName": "@a/one", "deploymentUrl": "https://a.example", "tools": [TOOL], "connections": [{"type": "http", "configSchema": {"required": ["x"]}}]}  # fmt: skip
GLAMA = {
    "pageInfo": {"endCursor": "c", "hasNextPage": False},
    "servers": [{"id": "x", "name": "Tide", "namespace": "a", "slug": "tide", "description": "T.", "url": "https://l.example/a", "repository": {"url": "https://github.com/a/tide"}, "tools": [TOOL], "environmentVariablesJsonSchema": {"required": ["K"]}, "spdxLicense": {"name": "MIT"}, "attributes": ["x"]}],
}  # fmt: skip


def places(value, path=()):
    """Yield the path of every value in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, inner in items:
        yield from places(inner, (*path, key))


def spoilt(document):
    """Yield copies of a document, each with one value replaced."""
    for path in places(document):
        for odd in ODD:
            if not path:
                yield odd
                continue
            copied = copy.deepcopy(document)
            inner = copied
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            yield copied


class Site(BaseHTTPRequestHandler):
    """Serves what the test puts there."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        pages = self.server.pages
        body = pages.get(self.path.partition("?")[0], pages.get(None))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.pages = {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def read_all(name, where, documents, put):
    """Walk a source over every document; return what it listed."""
    module = load(name)
    listed = []

    async def run():
        async with Fetcher(FetchOptions(allow_private=True)) as fetcher:
            for document in documents:
                put(document)
                async for one in module.listings(fetcher, where, 10):
                    assert isinstance(one, Listing | Skipped)
                    if isinstance(one, Listing):
                        listed.append(one)
                    else:
                        assert one.reason

    anyio.run(run)
    return listed


def store(listed, tmp_path):
    with Catalog.open(str(tmp_path / "c.db")) as catalog:
        for start in range(0, len(listed), 200):
            catalog.record_many(
                [Gathered(server=one.server, listing=one, tools=one.tools, origin=one.origin) for one in listed[start : start + 200]]
            )  # fmt: skip
        return catalog.counts()["servers"]


@pytest.mark.parametrize(
    ("source", "document", "path", "others"),
    [
        ("official-registry", REGISTRY, None, {}),
        ("smithery", SMITHERY, "/servers", {None: SMITHERY_ONE}),
        ("smithery", SMITHERY_ONE, None, {"/servers": SMITHERY}),
        ("glama", GLAMA, None, {}),
        ("docker-catalog", DOCKER, None, {}),  # JSON is YAML
    ],
    ids=["official-registry", "smithery", "smithery-one", "glama", "docker-catalog"],
)
def test_answers(source, document, path, others, site, tmp_path, monkeypatch):  # noqa: PLR0917
    monkeypatch.setenv("GLAMA_API_KEY", "x")
    server, url = site
    server.pages = {key: json.dumps(value).encode() for key, value in others.items()}

    def put(value):
        server.pages[path] = json.dumps(value).encode()

    assert store(read_all(source, url, spoilt(document), put), tmp_path) >= 1


@pytest.mark.parametrize(
    ("source", "document", "name", "others"),
    [
        ("toolsdk", TOOLSDK, "indexes/packages-list.json", {"packages/home/janitor.json": DETAIL}),
        ("toolsdk", DETAIL, "packages/home/janitor.json", {"indexes/packages-list.json": TOOLSDK}),
        ("mcpm", MCPM, "janitor.json", {}),
        ("toolhive", HIVE, "registry.json", {}),
        ("docker-registry", DOCKER["registry"]["janitor"], "servers/janitor/server.yaml", {}),
        ("docker-registry", DOCKER["registry"]["janitor"]["tools"], "servers/janitor/tools.json", {"servers/janitor/server.yaml": DOCKER["registry"]["janitor"]}),
    ],
    ids=["toolsdk", "toolsdk-detail", "mcpm", "toolhive", "docker-registry", "docker-registry-tools"],
)  # fmt: skip
def test_checkouts(source, document, name, others, tmp_path):
    folder = tmp_path / "checkout"

    def put(value, into=name):
        (folder / into).parent.mkdir(parents=True, exist_ok=True)
        is_yaml = into.endswith(".yaml")
        (folder / into).write_text(yaml.safe_dump(value) if is_yaml else json.dumps(value))

    for other, value in others.items():
        put(value, other)
    where = str(folder / name if source == "toolhive" else folder)
    assert store(read_all(source, where, spoilt(document), put), tmp_path) >= 1
