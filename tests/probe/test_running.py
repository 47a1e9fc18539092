"""The user's own npm and pip on a leash, against a real registry that sends more than it should."""

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import anyio
import pytest

from crawler.errors import ProbeError
from crawler.fetch import Fetcher
from crawler.probe import archives, clients, packages, running
from crawler.records import Outcome, Package

MB = 1_000_000
SMALL = Package(registry_type="pypi", identifier="shed", version="1.0")


def wheel(name, files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        info = f"{name}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")  # fmt: skip
        points = f"[console_scripts]\n{name} = {name}:main\n".encode()
        archive.writestr(f"{info}/RECORD", "")
        for path, body in ({f"{info}/entry_points.txt": points} | files).items():
            archive.writestr(path, body)
    return data.getvalue()


def tarball(name, files, bins="x.js"):
    data = io.BytesIO()
    files = {"package.json": json.dumps({"name": name, "version": "1.0.0", "bin": bins}).encode()} | files  # fmt: skip
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for path, body in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return data.getvalue()


class Registry(ThreadingHTTPServer):
    """A registry of npm and PyPI packages: name to what their archive holds."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Visit)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.wheels, self.tarballs = {}, {}

    def handle_error(self, request, client_address):
        pass

    def answer(self, path):
        kind, _, name = path.strip("/").partition("/")
        name = unquote(name.partition("/")[0])
        if kind == "simple" and name in self.wheels:
            file = f"{name}-1.0-py3-none-any.whl"
            return "text/html", f'<a href="{self.url}/wheels/{name}/{file}">{file}</a>'.encode()
        if kind == "wheels":
            return "application/zip", self.wheels[name]
        if kind == "npm" and name in self.tarballs:
            digest = hashlib.sha1(self.tarballs[name], usedforsecurity=False).hexdigest()
            dist = {
                "tarball": f"{self.url}/tarballs/{quote(name, safe='')}/x.tgz",
                "shasum": digest,
            }
            version = {"name": name, "version": "1.0.0", "bin": "x.js", "dist": dist}
            told = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            return "application/json", json.dumps(told).encode()
        return ("application/gzip", self.tarballs[name]) if kind == "tarballs" else (None, b"")


class Visit(BaseHTTPRequestHandler):
    def do_GET(self):
        kind, body = self.server.answer(self.path)
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.lower().startswith(("npm_config", "pip_"))]:
        monkeypatch.delenv(name)
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        given = {
            "XDG_CACHE_HOME": tmp_path / "cache", "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{server.url}/simple", "PIP_CACHE_DIR": tmp_path / "pip",
            "PIP_RETRIES": "0", "npm_config_registry": f"{server.url}/npm/",
            "npm_config_cache": tmp_path / "npm", "npm_config_fetch_retries": "0",
            "npm_config_update_notifier": "false", "npm_config_userconfig": tmp_path / "npmrc",
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, str(value))
        yield server
        server.shutdown()


def needs_npm():
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")


def fetched(package):
    return anyio.run(packages.fetch, package)


def refused(work, *given):
    with pytest.raises(ProbeError) as caught:
        anyio.run(work, *given)
    return caught.value.outcome, str(caught.value)


def left(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_a_package_of_usual_size_is_fetched_and_its_version_looked_up(registry):
    registry.wheels["shed"] = wheel("shed", {"shed.py": b"def main(): ...\n"})
    assert (
        anyio.run(clients.pypi_version, Package(registry_type="pypi", identifier="shed")) == "1.0"
    )
    assert anyio.run(clients.pypi_version, Package(registry_type="pypi", identifier="shed", version="1.*")) == "1.0"  # fmt: skip
    program, version = fetched(SMALL)
    assert version == "1.0"
    assert (program.tree / "shed.py").is_file()
    outcome, said = refused(clients.pypi_version, Package(registry_type="pypi", identifier="shed", version="2.*"))  # fmt: skip
    assert outcome is Outcome.NOT_FOUND, said


def test_a_wheel_that_is_too_large(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "MAX_FILE", MB)
    registry.wheels["shed"] = wheel("shed", {"shed.bin": os.urandom(5 * MB)})
    outcome, said = refused(packages.fetch, SMALL)
    assert (outcome, "more than 1,000,000 bytes" in said) == (Outcome.TOO_LARGE, True), said
    assert left(tmp_path / "cache") == 0


def test_a_wheel_that_unpacks_to_too_much(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "MAX_TREE", 20 * MB)
    files = {f"shed/{number}.bin": bytes(5 * MB) for number in range(10)}
    registry.wheels["shed"] = wheel("shed", files)
    assert len(registry.wheels["shed"]) < MB
    outcome, said = refused(packages.fetch, SMALL)
    assert outcome is Outcome.TOO_LARGE, said
    assert left(tmp_path / "cache") == 0


def test_an_npm_package_that_is_too_large(registry, tmp_path, monkeypatch):
    needs_npm()
    monkeypatch.setattr(running, "MAX_FILE", MB)
    registry.tarballs["shed"] = tarball("shed", {"x.js": os.urandom(5 * MB)})
    package = Package(registry_type="npm", identifier="shed", version="1.0.0")
    for work in (packages.fetch, _archive):
        outcome, said = refused(work, package)
        assert outcome is Outcome.TOO_LARGE, said
    assert left(tmp_path / "cache") == 0


def test_an_npm_package_that_unpacks_to_too_many_files(registry, tmp_path, monkeypatch):
    needs_npm()
    monkeypatch.setattr(running, "MAX_FILES", 500)
    files = {f"{number}.js": b"1" for number in range(2000)} | {"x.js": b"1"}
    registry.tarballs["shed"] = tarball("shed", files)
    outcome, said = refused(packages.fetch, Package(registry_type="npm", identifier="shed"))
    assert (outcome, "files on the disk" in said) == (Outcome.TOO_LARGE, True), said
    assert left(tmp_path / "cache") == 0


async def _archive(package):
    async with Fetcher() as fetcher:
        return await archives.archive(package, fetcher)


def npm_package(name, **more):
    return Package(registry_type="npm", identifier=name, version="1.0.0", **more)


def test_packages_of_like_names_are_kept_apart(registry):
    """Which shared a folder, where every sign but letters was written `_`."""
    needs_npm()
    names = ["@a_b/c", "@a/b_c"]
    for name in names:
        registry.tarballs[name] = tarball(name, {"x.js": f"// {name}".encode()})
    for name in names:
        found, _ = anyio.run(_archive, npm_package(name))
        with tarfile.open(found) as archive:
            assert archive.extractfile("package/x.js").read().decode() == f"// {name}"
    for name in names:
        program, _ = fetched(npm_package(name))
        assert (program.tree / "node_modules" / name / "x.js").read_text() == f"// {name}"
        assert anyio.run(_archive, npm_package(name))[0] == program.tree / "node_modules" / name


def test_a_kept_package_that_is_another_is_not_run(registry):
    needs_npm()
    registry.tarballs["shed"] = tarball("barn", {"x.js": b"1"})
    outcome, said = refused(packages.fetch, npm_package("shed"))
    assert (outcome, said) == (Outcome.UNSUPPORTED, "its package.json is that of another package")


def test_no_two_names_share_a_folder():
    names = ["@a_b/c", "@a/b_c", "_a_b_c", "a.b", ".a.b", "a.b.", "A.b", "a", "A", "=41", "@01", "\u0401",
             "", ".", "..", "_", "=", "x" * 200, "x" * 201, "X" * 200, "1.0+a", "1.0_a", "1!0", "1/0"]  # fmt: skip
    made = [clients.folder(name) for name in names]
    assert len({one.lower() for one in made}) == len(names)
    assert all(0 < len(one) < 200 and one[0] != "." and not set(one) & set("/\\_%") for one in made)
    assert clients.folder("server-git") == "server-git"  # what was kept before is found again
    assert clients.folder("1.2.3-beta.1+x") == "1.2.3-beta.1+x"


def test_the_program_that_is_named_is_run_and_no_other(registry):
    needs_npm()
    bins = {"bin-a": "a.js", "bin-b": "b.js"}
    registry.tarballs["@x/multi"] = tarball("@x/multi", {"a.js": b"1", "b.js": b"1"}, bins)
    for name, file in bins.items():
        program, _ = fetched(npm_package("@x/multi", command=name))
        assert program.arguments[1] == f"/pkg/node_modules/@x/multi/{file}"
    outcome, said = refused(packages.fetch, npm_package("@x/multi", command="multi"))
    assert outcome is Outcome.UNSUPPORTED
    assert said == "the package has no command 'multi'; it has bin-a, bin-b"


def test_the_script_of_a_wheel_that_is_named_is_run_and_no_other(registry):
    points = b"[console_scripts]\nshed = shed:main\nbarn = shed:other\n"
    files = {"shed.py": b"", "shed-1.0.dist-info/entry_points.txt": points}
    registry.wheels["shed"] = wheel("shed", files)
    for command, attribute in (("barn", "other"), ("shed", "main"), (None, "main")):
        program, _ = fetched(replace(SMALL, command=command))
        assert program.arguments[2].endswith(f"sys.exit(m.{attribute}())")
    outcome, said = refused(packages.fetch, replace(SMALL, command="byre"))
    assert (outcome, said) == (
        Outcome.UNSUPPORTED,
        "the package has no command 'byre'; it has shed, barn",
    )


@pytest.mark.parametrize("name", ["npm_config_cache", "NPM_CONFIG_CACHE", "HOME"])
def test_npm_whose_cache_cannot_be_written_is_given_another(registry, tmp_path, monkeypatch, name):
    """Below a file no folder can be made; below /proc npm would try for ever."""
    needs_npm()
    registry.tarballs["shed"] = tarball("shed", {"x.js": b"1"})
    monkeypatch.delenv("npm_config_cache")
    place = "/proc/npm" if Path("/proc/self").exists() else str(tmp_path / "file" / "npm")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(name, place)
    assert (
        anyio.run(clients.npm_version, Package(registry_type="npm", identifier="shed")) == "1.0.0"
    )


def test_a_package_cache_that_cannot_be_written_is_told_with_the_way_out(
    registry, tmp_path, monkeypatch
):
    registry.wheels["shed"] = wheel("shed", {"shed.py": b"def main(): ...\n"})
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    outcome, said = refused(packages.fetch, SMALL)
    assert outcome is Outcome.UNSUPPORTED
    assert said.endswith("Not a directory; set XDG_CACHE_HOME to a folder that can")


def client(tmp_path, code):
    file = tmp_path / "client.py"
    file.write_text(code)
    return [sys.executable, str(file)], tmp_path, "it", None


def test_a_client_that_prints_without_end(tmp_path):
    given = client(tmp_path, "while True: print('x' * 10000)")
    outcome, said = refused(running.run_bounded, *given)
    assert (outcome, said) == (Outcome.TOO_LARGE, "it: not fetched: more output than allowed")


def test_of_what_it_complains_the_end_is_kept(tmp_path):
    given = client(tmp_path, "import sys; sys.stderr.write('x' * 9_000_000 + 'END'); sys.exit(3)")
    done = anyio.run(running.run_bounded, *given)
    assert (done.code, done.err[-4:], len(done.err) <= 65_536) == (3, b"xEND", True)


def test_what_a_client_started_ends_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "FETCH_SECONDS", 6.0)
    code = "import subprocess, sys, time\np = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
    code += f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid))\ntime.sleep(99)"
    outcome, _ = refused(running.run_bounded, *client(tmp_path, code))
    assert outcome is Outcome.TIMEOUT
    about = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    for _ in range(100):  # whoever adopted it may be slow to bury it
        if not about.exists() or about.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        threading.Event().wait(0.05)
    pytest.fail("it still runs")
