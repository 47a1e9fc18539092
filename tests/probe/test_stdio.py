"""Servers over stdio: real processes, good and bad; none outlives its listing."""

import os
import sys
import time
from pathlib import Path

import anyio
import pytest

from crawler.errors import ProbeError
from crawler.probe import probe_command, sandbox
from crawler.probe.stdio import list_stdio
from crawler.records import Outcome, ServerName

SERVERS = Path(__file__).parent.parent / "servers"
ANSWER = """
import json, sys, time
def out(m): sys.stdout.write(json.dumps(m) + "\\n"); sys.stdout.flush()
def refuse(why):
    for line in sys.stdin:
        m = json.loads(line)
        if m.get("method") == "initialize": out({"jsonrpc": "2.0", "id": m["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}})
        elif "id" in m: out({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32603, "message": why}})
def serve(tools=({"name": "get_x", "description": "Get x."},)):
    for line in sys.stdin:
        m = json.loads(line)
        if m.get("method") == "initialize": out({"jsonrpc": "2.0", "id": m["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "x"}}})
        elif m.get("method") == "tools/list": out({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": list(tools)}})
        elif "id" in m and "method" in m: out({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}})
"""


def listing(code, seconds=60.0):
    async def run():
        return await list_stdio(
            [sys.executable, "-c", ANSWER + code], ServerName("x"), seconds=seconds
        )

    return anyio.run(run)


def failure(code, seconds=60.0):
    with pytest.raises(ProbeError) as caught:
        listing(code, seconds)
    return caught.value


@pytest.mark.parametrize(
    ("file", "era"),
    [
        (["-m", "crawler.sample_server"], "stateless"),
        ([str(SERVERS / "sdk_server.py"), "stdio"], "stateless"),
    ],
)
def test_real_servers_list_their_tools(file, era):
    async def run():
        return await list_stdio([sys.executable, *file], ServerName("x"), seconds=30)

    listed = anyio.run(run)
    assert listed.era == era
    assert len(listed.tools) >= 2


def test_the_older_era_is_spoken():
    listed = listing("serve()")
    assert listed.era == "initialize"
    assert listed.protocol_version == "2025-06-18"
    assert [tool.name for tool in listed.tools] == ["get_x"]


PAGES = """
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize": out({"jsonrpc": "2.0", "id": m["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}})
    elif m.get("method") == "tools/list" and "cursor" not in m["params"]: out({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": [{"name": "first"}], "nextCursor": "2"}})
    elif m.get("method") == "tools/list": %s
    elif "id" in m: out({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}})
"""


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("sys.exit(3)", "ended before it answered"),
        (
            'out({"jsonrpc": "2.0", "id": m["id"], "error": {"message": "out of memory"}})',
            "tools/list was refused: out of memory",
        ),
        (
            'out({"jsonrpc": "2.0", "id": m["id"], "result": {}})',
            "tools/list answered without a list of tools",
        ),
    ],
)
def test_a_second_page_that_fails_costs_only_itself(then, said):
    listed = listing(PAGES % then)
    assert [tool.name for tool in listed.tools] == ["first"]
    assert listed.truncated
    assert listed.broke_off == f"the list broke off at page 2 ({said})"
    assert listed.problems == []


def test_a_list_that_breaks_off_before_its_first_tool_is_no_empty_one():
    empty = PAGES.replace('{"name": "first"}', "") % "sys.exit(3)"
    found = anyio.run(probe_command, ServerName("test"), [sys.executable, "-c", ANSWER + empty])
    assert found.outcome is Outcome.PROTOCOL_ERROR
    assert found.broke_off == "the list broke off at page 2 (ended before it answered)"


def test_a_server_that_starts_slowly_and_refuses_the_older_era_is_understood():
    code = """
time.sleep(4)
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "server/discover": out({"jsonrpc": "2.0", "id": m["id"], "result": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}})
    elif m["method"] == "tools/list": out({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": [{"name": "late"}]}})
    elif "id" in m: out({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32000, "message": "not accepted"}})
"""
    listed = listing(code)
    assert listed.era == "stateless"
    assert [tool.name for tool in listed.tools] == ["late"]


def test_banners_pings_and_noise_do_not_disturb():
    code = """
print("Welcome!"); print("[1,2]"); out({"jsonrpc": "2.0", "id": "p", "method": "ping"}); out({"jsonrpc": "2.0", "method": "notifications/message"})
serve()
"""
    assert len(listing(code).tools) == 1


def test_messages_of_a_strange_shape_do_not_disturb():
    code = """
out({"id": 9, "method": ["x"]}); out({"id": [9], "method": "ping"}); out({"id": {}, "error": 7})
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "server/discover": out({"id": m["id"], "error": {"code": [1], "message": {}}}); break
serve()
"""
    assert [tool.name for tool in listing(code).tools] == ["get_x"]


def test_an_id_that_comes_back_as_a_text_is_the_same_id():
    code = """
plain = out
def out(m): plain({**m, "id": str(m["id"])})
serve()
"""
    assert [tool.name for tool in listing(code).tools] == ["get_x"]


def test_who_waits_in_vain_is_told_what_was_passed_over():
    code = r"""
sys.stdout.buffer.write(b"Ready \x1b[2J L\xf6scht\n" + b"x\n" * 9)
sys.stdout.flush()
time.sleep(3600)
"""
    error = failure(code, seconds=4)
    assert error.outcome is Outcome.TIMEOUT
    seen = "passed over 10 lines of output that answered nothing"
    first = "Ready [2J L\N{REPLACEMENT CHARACTER}scht"
    assert str(error) == f"no answer in 4 s; {seen}, the first: {first}"


@pytest.mark.parametrize(
    ("code", "outcome", "said"),
    [
        ("time.sleep(3600)", Outcome.TIMEOUT, "no answer"),
        ("sys.exit(3)", Outcome.CRASHED, "exit code 3"),
        ("sys.stderr.write('\\x1b[31mboom\\x07'); sys.exit(1)", Outcome.CRASHED, "boom"),
        ("sys.stderr.write('API_KEY environment variable is required'); sys.exit(1)", Outcome.NEEDS_CONFIG, "API_KEY"),
        ("sys.stderr.write('getaddrinfo ENOTFOUND example.com'); sys.exit(1)", Outcome.NEEDS_NETWORK, "ENOTFOUND"),
        ("refuse('fetch failed')", Outcome.NEEDS_NETWORK, "fetch failed"),
        ("while True: print('y')", Outcome.PROTOCOL_ERROR, "no messages"),
        ("sys.stdout.write('x' * 20_000_000); sys.stdout.flush(); time.sleep(3600)", Outcome.TOO_LARGE, "line"),
        ("for line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()", Outcome.TIMEOUT, "no answer"),
        ("while True: sys.stderr.write('x' * 65536)", Outcome.TIMEOUT, "no answer"),
        ("out({'jsonrpc': '2.0', 'id': 1, 'result': []}); out({'jsonrpc': '2.0', 'id': 2, 'result': 7}); time.sleep(3600)", Outcome.PROTOCOL_ERROR, "result object"),
    ],
)  # fmt: skip
def test_a_bad_process_is_an_outcome(code, outcome, said):
    error = failure(code, seconds=4 if outcome is Outcome.TIMEOUT else 60)
    assert error.outcome is outcome, error
    assert said in str(error)
    assert str(error).isprintable()


def test_a_missing_command_is_an_outcome():
    async def run():
        await list_stdio(["/no/such/program"], ServerName("x"), seconds=3)

    with pytest.raises(ProbeError) as caught:
        anyio.run(run)
    assert caught.value.outcome is Outcome.CRASHED


def test_nothing_outlives_its_listing(tmp_path):
    note = tmp_path / "pid"
    code = f"""
import os, signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"])
open({str(note)!r}, "w").write(str(child.pid))
serve()
time.sleep(3600)
"""
    listing(code)
    pid = int(note.read_text())
    for _ in range(50):
        if (
            not Path(f"/proc/{pid}/stat").exists()
            or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
        ):
            break
        time.sleep(0.1)
    else:
        os.kill(pid, 9)
        pytest.fail("a child outlived the listing")


def test_a_process_that_eats_memory_is_stopped(monkeypatch):
    monkeypatch.setattr(sandbox.watch, "__defaults__", (200 * 1024 * 1024, 128))
    error = failure("x = bytearray(600 * 1024 * 1024); time.sleep(600)")
    assert error.outcome is Outcome.TOO_LARGE
