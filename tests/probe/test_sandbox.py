"""The sandbox, verified from inside by a program that tries what it must not do."""

import json
import subprocess
import sys

import anyio
import pytest

from crawler.crawl import CrawlOptions
from crawler.fetch import Fetcher
from crawler.probe import probe, sandbox
from crawler.records import Outcome, Package, Server, ServerName

needs_sandbox = pytest.mark.skipif(
    sandbox.unavailable() is not None, reason=f"no sandbox: {sandbox.unavailable()}"
)
INSIDE = """
import json, os, socket
def tries(act):
    try: act(); return True
    except Exception: return False
print(json.dumps({
    "network": tries(lambda: socket.create_connection(("1.1.1.1", 53), 2)),
    "loopback": tries(lambda: socket.create_connection(("127.0.0.1", PORT), 2)),
    "shadow": os.path.exists("/etc/shadow"), "home": os.listdir("/home"),
    "write_code": tries(lambda: open("/pkg/x", "w")), "write_usr": tries(lambda: open("/usr/x", "w")),
    "settings": tries(lambda: os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
    "write_root": tries(lambda: open("/x", "w")), "write_dev": tries(lambda: open("/dev/x", "w")),
    "write_tmp": tries(lambda: open("/tmp/x", "w")),
    "fill_tmp": tries(lambda: open("/tmp/big", "wb").write(b"0" * 200_000_000)),
    "environment": sorted(os.environ), "uid": os.getuid(),
    "user_namespace": tries(lambda: os.unshare(os.CLONE_NEWUSER) if hasattr(os, "unshare") else 1 / 0),
    "processes": len([p for p in os.listdir("/proc") if p.isdigit()]),
    "files": tries(lambda: [open("/dev/null") for _ in range(6000)]),
}))
"""


def package_probe(package, **options):
    server = Server(name=ServerName("x"), packages=(package,))

    async def run():
        async with Fetcher() as fetcher:
            return await probe(server, CrawlOptions(**options), fetcher)

    return anyio.run(run)


@needs_sandbox
def test_from_inside(tmp_path, monkeypatch):
    import socket

    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        code = INSIDE.replace("PORT", str(listener.getsockname()[1]))
        program = sandbox.Program((sandbox.python(), "-c", code), tmp_path)
        done = subprocess.run(
            sandbox.command(program), capture_output=True, text=True, timeout=60, check=True
        )
    seen = json.loads(done.stdout)
    assert seen["home"] == ["crawl"]
    assert "SECRET_TOKEN" not in seen["environment"]
    assert set(seen["environment"]) <= {"HOME", "PATH", "PWD", "LC_CTYPE", "SHLVL", "_"}
    assert seen["uid"] == 65534
    assert seen["processes"] <= 4
    assert seen["write_tmp"]
    denied = (
        "network",
        "loopback",
        "shadow",
        "write_code",
        "write_usr",
        "settings",
        "write_root",
        "write_dev",
        "fill_tmp",
        "user_namespace",
        "files",
    )
    assert [name for name in denied if seen[name]] == []


@needs_sandbox
def test_a_node_in_a_home_is_found_and_the_home_is_not(tmp_path, monkeypatch):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "pkg").mkdir()
    program = binaries / "node"
    program.write_text(f'#!/bin/sh\ncat "$0" > /dev/null && ls {tmp_path}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(binaries), prepend=":")
    assert sandbox.node() == str(program)
    words = sandbox.command(sandbox.Program((sandbox.node(),), tmp_path / "pkg"))
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.split() == ["bin"]


def test_without_a_sandbox_packages_are_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(sandbox, "unavailable", lambda: "bubblewrap is not installed")
    found = package_probe(Package(registry_type="npm", identifier="left-pad", version="1.0.0"))
    assert found.outcome is Outcome.NO_SANDBOX
    assert "--unsafe-no-sandbox" in found.detail
    assert "\n" not in found.detail


@pytest.mark.parametrize("kind", ["oci", "nuget", "mcpb", "cargo"])
def test_other_packages_are_named_as_not_run(kind):
    found = package_probe(Package(registry_type=kind, identifier="thing"))
    assert found.outcome is Outcome.UNSUPPORTED
    assert kind in found.detail


@needs_sandbox
@pytest.mark.online
@pytest.mark.parametrize(
    ("kind", "name", "version", "tools"),
    [
        ("npm", "@modelcontextprotocol/server-memory", "2026.8.31", 9),
        ("pypi", "mcp-server-time", "2026.10.19", 2),
    ],
)
def test_real_packages_are_fetched_without_scripts_and_listed(kind, name, version, tools):
    found = package_probe(Package(registry_type=kind, identifier=name, version=version))
    if found.outcome is Outcome.CONNECT_ERROR:
        pytest.skip(f"no package registry: {found.detail}")
    assert found.outcome is Outcome.LISTED, found.detail
    assert found.sandbox == "bubblewrap"
    assert len(found.tools) == tools


@needs_sandbox
@pytest.mark.online
def test_an_unknown_package_is_said_to_be_unknown():
    found = package_probe(
        Package(registry_type="npm", identifier="toolrisk-no-such-package", version="9.9.9")
    )
    if found.outcome is Outcome.CONNECT_ERROR:
        pytest.skip(f"no package registry: {found.detail}")
    assert found.outcome is Outcome.NOT_FOUND
    assert sys.version_info
