"""Packages of every kind: archives good and hostile, manifests, and the crawl that reads them."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import anyio
import pytest

from crawler.asking import CrawlOptions
from crawler.errors import ProbeError
from crawler.fetch import Fetcher, FetchOptions, download
from crawler.probe import probe, sandbox, static
from crawler.records import Origin, Outcome, Package, Server, ServerName
from crawler.static import Static, files
from crawler.static.reading import read

CODE = b'server.tool("look_up", "Look up.", {}, run);'
MANIFEST = {
    "manifest_version": "0.3",
    "name": "weather",
    "server": {"type": "node", "entry_point": "server/index.js"},
    "tools": [{"name": "look_up", "description": "From the manifest."}, {"name": "only_named"}, {"name": "${user.tool}"}, "text"],
}  # fmt: skip


def tarred(path, members, *, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            else:
                info.type, info.linkname = data
                archive.addfile(info)
    return path


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def names(path):
    return [tool.name for tool in read(path).tools]


def test_an_npm_archive_a_wheel_a_source_archive_and_a_folder(tmp_path):
    python = b"@mcp.tool()\ndef look_up(): ..."
    packed = {"package/package.json": b'{"main": "a.js"}', "package/a.js": CODE}
    assert names(tarred(tmp_path / "a.tgz", packed)) == ["look_up"]
    assert names(tarred(tmp_path / "plain.tar", packed, mode="w")) == ["look_up"]
    assert names(zipped(tmp_path / "a-1.0-py3-none-any.whl", {"a/b.py": python})) == ["look_up"]
    assert names(tarred(tmp_path / "a-1.0.tar.gz", {"a-1.0/src/a/b.py": python})) == ["look_up"]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "index.js").write_bytes(CODE)
    assert names(tmp_path / "folder") == ["look_up"]


def test_a_bundle_says_its_tools_and_its_source_says_more(tmp_path):
    bundle = zipped(
        tmp_path / "w.mcpb",
        {"manifest.json": json.dumps(MANIFEST), "server/index.js": CODE, "server/node_modules/x/i.js": CODE},
    )  # fmt: skip
    found = read(bundle)
    assert {t.name: (t.description, t.file) for t in found.tools} == {
        "look_up": ("Look up.", "server/index.js"),
        "only_named": (None, "manifest.json"),
    }
    assert found.artefacts == {"template text": 1}


def test_a_manifest_of_something_else_names_no_tools(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "A web app", "tools": [{"name": "x_y"}]}')
    assert names(tmp_path) == []


OTHERS = "server.tool('secret_tool', 'D.', {}, run);"


@pytest.mark.parametrize(
    "name", ["../evil.js", "/evil.js", "package/../../evil.js", "a\\..\\evil.js"]
)
def test_members_that_lead_outside_are_left_out(tmp_path, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    for archive in (
        tarred(inside / "a.tgz", {name: CODE, "package/index.js": b""}),
        zipped(inside / "a.zip", {name: CODE, "package/index.js": b""}),
    ):
        found = read(archive)
        assert found.tools == []
        assert found.left_out["outside the package"] == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tgz", "a.zip", "inside"]


def test_links_and_devices_lead_nowhere(tmp_path):
    outside = tmp_path / "outside.js"
    outside.write_text(OTHERS)
    links = {
        "package/index.js": (tarfile.SYMTYPE, str(outside)),
        "package/hard.js": (tarfile.LNKTYPE, str(outside)),
        "package/fifo.js": (tarfile.FIFOTYPE, ""),
        "package/device.js": (tarfile.CHRTYPE, ""),
    }
    found = read(tarred(tmp_path / "a.tgz", links))
    assert (found.tools, found.left_out["links and devices"]) == ([], 4)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "index.js").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    assert names(folder) == []


def test_bombs_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_INFLATED", 20_000_000)
    huge = bytes(12_000_000)
    small = zipped(tmp_path / "one.zip", {"big.js": huge, "index.js": CODE})
    found = read(small)
    assert [t.name for t in found.tools] == ["look_up"]
    assert found.left_out[f"longer than {files.MAX_FILE:,} bytes"] == 1
    many = {f"{n}.js": huge for n in range(9)}
    for path in (zipped(tmp_path / "z.zip", many), tarred(tmp_path / "t.tgz", many)):
        assert path.stat().st_size < 1_000_000
        with pytest.raises(files.UnreadableError, match="more than 20,000,000 bytes"):
            read(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 no zip",
        b"\x1f\x8b no gzip",
        b"plain text",
        b"\x1f\x8b\x08\x00" + b"\0" * 600,
    ],
)
def test_what_is_no_archive_is_refused_in_one_line(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(files.UnreadableError) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_limits_of_a_package(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 3)
    for n in range(9):
        (tmp_path / f"{n}.js").write_bytes(CODE)
    found = read(tmp_path)
    assert (found.files, found.left_out["over the limit of a package"]) == (3, 6)
    monkeypatch.setattr(files, "MAX_MEMBERS", 2)
    with pytest.raises(files.UnreadableError, match="members"):
        read(zipped(tmp_path / "a.zip", {f"{n}.js": CODE for n in range(9)}))


def test_what_a_package_only_starts_is_read_where_it_lies(tmp_path):
    root = tmp_path / "node_modules"
    start = 'import { serve } from "@acme/core/lib/serve"; import x from "acme-extra"; import y from "express"; serve();'
    for name, text in {
        "@acme/mcp/package.json": '{"name": "@acme/mcp", "main": "main.js"}',
        "@acme/mcp/main.js": start,
        "@acme/core/package.json": '{"exports": {"./lib/serve": {"import": "./lib/serve.mjs"}}}',
        "@acme/core/lib/serve.mjs": 'import "./tools.js"; export const serve = () => {};',
        "@acme/core/lib/tools.js": CODE.decode(),
        "@acme/core/lib/never.js": 'server.tool("never_imported", "D.", {}, run);',
        "acme-extra/package.json": '{"main": "a"}',
        "acme-extra/a.js": 'class FindTool extends BaseTool { constructor() { super(); this.description = "Find."; } argsShape() { return {}; } }\nFindTool.toolName = "find_it";',
        "express/package.json": "{}",
        "express/index.js": 'server.tool("a_library", "D.", {}, run);',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "acme-link").symlink_to(tmp_path)
    assert names(root / "@acme/mcp") == []
    found = read(root / "@acme/mcp", root)
    assert {tool.name: tool.file for tool in found.tools} == {
        "look_up": "node_modules/@acme/core/lib/tools.js",
        "find_it": "node_modules/acme-extra/a.js",
    }


# -- the reading process -------------------------------------------------------------------------


def test_the_reading_process_is_bounded_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(static, "CPU_SECONDS", 1)
    line = b"const a = { name: 'x', inputSchema: { type: 'object' } };\n" * 60_000
    for n in range(6):
        (tmp_path / f"{n}.js").write_bytes(line)
    with pytest.raises(ProbeError) as caught:
        anyio.run(static.read_path, tmp_path)
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_the_reading_process_runs_nothing_and_imports_nothing_of_the_package(tmp_path):
    marker = tmp_path / "ran"
    evil = f"open({str(marker)!r}, 'w').close()\n"
    for name in ("crawler.py", "sitecustomize.py", "json.py", "conftest.py", "setup.py"):
        (tmp_path / name).write_text(evil)
    (tmp_path / "server.py").write_text(evil + "@mcp.tool()\ndef x_y(): ...")
    told = subprocess.run(
        [sys.executable, "-P", "-m", "crawler.static", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert [tool["name"] for tool in json.loads(told.stdout)["tools"]] == ["x_y"]
    assert not marker.exists()


# -- the crawl -----------------------------------------------------------------------------------


def ask(package, when, **options):
    server = Server(name=ServerName("x"), packages=(package,))

    async def run():
        async with Fetcher(FetchOptions(allow_private=True)) as fetcher:
            return await probe(server, CrawlOptions(static=when, **options), fetcher)

    return anyio.run(run)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "toolrisk" / "packages"


@pytest.fixture
def site(tmp_path):
    """Serve a folder on loopback."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_bundle_from_its_url(cache, site):
    folder, url = site
    path = zipped(folder / "w.mcpb", {"manifest.json": json.dumps(MANIFEST)})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    package = Package(registry_type="mcpb", identifier=f"{url}/w.mcpb", file_sha256=digest)
    for when in (Static.FIRST, Static.LAST, Static.ONLY):
        found = ask(package, when)
        assert (found.outcome, found.origin) == (Outcome.LISTED, Origin.STATIC), found.detail
        assert [tool.name for tool in found.tools] == ["look_up", "only_named"]
        assert found.detail == "read from 1 files, not run; left out: 1 template text"
        assert found.sandbox is None
    assert ask(package, Static.NEVER).outcome is Outcome.UNSUPPORTED


def test_a_bundle_of_another_digest_is_refused(cache, site):
    folder, url = site
    zipped(folder / "w.mcpb", {"manifest.json": json.dumps(MANIFEST)})
    package = Package(registry_type="mcpb", identifier=f"{url}/w.mcpb", file_sha256="0" * 64)
    found = ask(package, Static.ONLY)
    assert (found.outcome, found.tools) == (Outcome.PROTOCOL_ERROR, ())
    assert "SHA-256" in found.detail
    missing = Package(registry_type="mcpb", identifier=f"{url}/none.mcpb")
    assert ask(missing, Static.ONLY).outcome is Outcome.NOT_FOUND


class Front(SimpleHTTPRequestHandler):
    """Hands every request on: `/to/URL` to that URL, `/round` to itself, `/file` to a local file."""

    def do_GET(self):
        self.send_response(302)
        target = {"/round": "/round", "/file": "file:///etc/passwd"}.get(self.path)
        self.send_header("Location", target or self.path.removeprefix("/to/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def front():
    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def bundle_at(url):
    return ask(Package(registry_type="mcpb", identifier=url), Static.ONLY)


def test_a_bundle_may_lie_on_another_origin(cache, site, front):
    folder, url = site
    zipped(folder / "w.mcpb", {"manifest.json": json.dumps(MANIFEST)})
    found = bundle_at(f"{front}/to/{url}/w.mcpb")
    assert [tool.name for tool in found.tools] == ["look_up", "only_named"], found.detail


@pytest.mark.parametrize(
    ("path", "outcome"),
    [("/round", Outcome.HTTP_ERROR), ("/file", Outcome.BLOCKED_SSRF), ("/to/ftp://a.example/x", Outcome.BLOCKED_SSRF)],
)  # fmt: skip
def test_a_bundle_that_leads_elsewhere_is_refused(cache, front, path, outcome):
    assert bundle_at(front + path).outcome is outcome


def test_a_bundle_beyond_the_cap_is_refused_and_not_kept(cache, site, monkeypatch):
    folder, url = site
    zipped(folder / "w.mcpb", {"manifest.json": json.dumps(MANIFEST)})
    monkeypatch.setattr(download, "MAX_BYTES", 100)
    assert bundle_at(f"{url}/w.mcpb").outcome is Outcome.TOO_LARGE
    assert [path for path in cache.rglob("*") if path.is_file()] == []


RUNS = """
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize": r = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
    elif m.get("method") == "tools/list": r = {"tools": [{"name": "live_one"}]}
    elif "id" in m: print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}}), flush=True); continue
    else: continue
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
"""


def wheel_in(cache, body, *, tools):
    """Put an installed package and its archive where the crawl keeps them."""
    point = "[console_scripts]\nshed = shed:main\n"
    code = (
        "@mcp.tool()\ndef read_one(): ...\n" if tools else ""
    ) + f"def main():\n    exec({body!r})\n"
    tree = cache / "pypi" / "shed" / f"1.0-py3{sys.version_info.minor}"
    (tree / "shed-1.0.dist-info").mkdir(parents=True)
    (tree / "shed-1.0.dist-info" / "entry_points.txt").write_text(point)
    (tree / "shed.py").write_text(code.replace("@mcp.tool()\n", ""))
    archive = cache / "archives" / "pypi" / "shed" / "1.0"
    archive.mkdir(parents=True)
    zipped(archive / "shed-1.0-py3-none-any.whl", {"shed.py": code})
    return Package(registry_type="pypi", identifier="shed", version="1.0")


@pytest.mark.skipif(
    sandbox.unavailable() is not None, reason=f"no sandbox: {sandbox.unavailable()}"
)
def test_when_a_package_is_read_and_when_it_is_run(cache):
    package = wheel_in(cache, RUNS, tools=True)
    told = {when: ask(package, when) for when in Static}
    assert {when: ([t.name for t in p.tools], p.origin, p.sandbox) for when, p in told.items()} == {
        Static.NEVER: (["live_one"], Origin.LIVE, "bubblewrap"),
        Static.FIRST: (["read_one"], Origin.STATIC, None),
        Static.LAST: (["live_one"], Origin.LIVE, "bubblewrap"),
        Static.ONLY: (["read_one"], Origin.STATIC, None),
    }


@pytest.mark.skipif(
    sandbox.unavailable() is not None, reason=f"no sandbox: {sandbox.unavailable()}"
)
def test_a_server_that_does_not_start_is_read_and_both_are_said(cache):
    package = wheel_in(cache, "raise SystemExit('API key is required')", tools=True)
    assert ask(package, Static.NEVER).outcome is Outcome.NEEDS_CONFIG
    found = ask(package, Static.LAST)
    assert (found.outcome, [t.name for t in found.tools]) == (Outcome.LISTED, ["read_one"])
    assert "when run: needs_config" in found.detail


@pytest.mark.skipif(
    sandbox.unavailable() is not None, reason=f"no sandbox: {sandbox.unavailable()}"
)
def test_a_missing_setting_is_told_with_the_next_step(cache):
    """Names only; a value that the server prints beside one is not taken for another name."""
    body = "raise SystemExit('Set the environment variable X_TOKEN, X_TOKEN or OWN_KEY=abc; ERROR')"
    package = wheel_in(cache, body, tools=False)
    found = ask(package, Static.NEVER)
    assert found.outcome is Outcome.NEEDS_CONFIG
    assert "; name X_TOKEN, OWN_KEY under env of its entry in a client config" in found.detail
    assert found.detail.endswith("or give a file of its tools")
    given = ask(replace(package, required_inputs=("X_TOKEN", "OWN_KEY")), Static.NEVER)
    assert "; placeholders for its variables were not enough, or give" in given.detail


def test_without_a_sandbox_a_package_can_still_be_read(cache, monkeypatch):
    package = wheel_in(cache, RUNS, tools=True)
    monkeypatch.setattr(sandbox, "unavailable", lambda: "bubblewrap is not installed")
    assert ask(package, Static.NEVER).outcome is Outcome.NO_SANDBOX
    assert [t.name for t in ask(package, Static.LAST).tools] == ["read_one"]


def test_source_without_tools_says_nothing(cache, monkeypatch):
    package = wheel_in(cache, RUNS, tools=False)
    found = ask(package, Static.ONLY)
    assert (found.outcome, found.tools) == (Outcome.NO_TOOLS, ())
    monkeypatch.setattr(sandbox, "unavailable", lambda: "bubblewrap is not installed")
    assert ask(package, Static.LAST).outcome is Outcome.NO_SANDBOX


def test_the_catalogue_marks_what_was_read_and_keeps_what_the_server_answered(cache, tmp_path):
    from crawler.catalog import Catalog
    from crawler.gathered import Gathered

    package = wheel_in(cache, RUNS, tools=True)
    server = Server(name=ServerName("pypi:shed"), packages=(package,))
    read_it = ask(package, Static.ONLY)
    live = replace(
        read_it,
        origin=Origin.LIVE,
        tools=tuple(replace(tool, description="Live.") for tool in read_it.tools),
    )

    def gathered(found):
        return Gathered(server=server, probe=found, tools=found.tools, origin=found.origin)

    def stored(catalog):
        return [(t.tool.name, t.tool.description, t.origin) for t in catalog.tools()]

    with Catalog.open(str(tmp_path / "c.db")) as catalog:
        catalog.record_many([gathered(read_it)])
        assert stored(catalog) == [("read_one", None, "static")]
        catalog.record_many([gathered(live)])
        assert stored(catalog) == [("read_one", "Live.", "live")]
        catalog.record_many([gathered(read_it)])
        assert stored(catalog) == [("read_one", "Live.", "live")]
