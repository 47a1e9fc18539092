import json
import sqlite3
import tomllib
from contextlib import closing

import pytest

from crawler.catalog.rows import statement_of
from crawler.client_config import DISABLED, config_entries
from crawler.records import Package, Remote, Server
from crawler.tool_file import parse_tool_file, read_tool_file
from crawler.url_secrets import IN_HOST, IN_PATH

SECRET = "hunter2-do-not-keep"  # noqa: S105 - the point of these tests


def servers(text: str) -> dict[str, Server]:
    content = parse_tool_file(text.encode(), label="config.json", server="config.json")
    assert content.tools == ()
    return {server.name: server for server in content.servers}


def config(**entries: object) -> dict[str, Server]:
    return servers(json.dumps({"mcpServers": entries}))


def package(server: Server) -> tuple[str, str, str | None]:
    (one,) = server.packages
    return one.registry_type, one.identifier, one.version


COMMANDS = {
    "npx -y @scope/pkg@1.2.3 /home/me": ("npm", "@scope/pkg", "1.2.3"),
    "npx pkg": ("npm", "pkg", None),
    "npx -y --package=pkg@2 pkg-cli": ("npm", "pkg", "2"),
    "npx -p pkg pkg-cli": ("npm", "pkg", None),
    "/usr/local/bin/npx -y pkg@latest": ("npm", "pkg", "latest"),
    "cmd /c npx -y pkg": ("npm", "pkg", None),
    "bunx pkg": ("npm", "pkg", None),
    "pnpm dlx pkg@1": ("npm", "pkg", "1"),
    "uvx mcp-server-git --repository /home/me": ("pypi", "mcp-server-git", None),
    "uvx mcp-server-git@1.0": ("pypi", "mcp-server-git", "1.0"),
    "uvx --from pkg[cli]==1.0 command": ("pypi", "pkg", "1.0"),
    "uv tool run pkg": ("pypi", "pkg", None),
    "uvx --python 3.12 pkg": ("pypi", "pkg", None),
    "uvx --from git+https://tok@h.example/a/b@v1 cmd": (
        "pypi",
        "git+https://h.example/a/b@v1",
        None,
    ),
    "pipx run --spec pkg==2 cmd": ("pypi", "pkg", "2"),
    "docker run -i --rm -e KEY=value -v /a:/b mcp/thing:1.0 serve": ("oci", "mcp/thing", "1.0"),
    "docker run --rm -i host.example:5000/x/y@sha256:ab": (
        "oci",
        "host.example:5000/x/y",
        "sha256:ab",
    ),
    "node /home/me/server.js": ("command", "node", None),
    "C:\\\\tools\\\\python.exe server.py": ("command", "python", None),
}


def test_commands() -> None:
    for line, expected in COMMANDS.items():
        command, *arguments = line.replace("\\\\", "\\").split()
        found = config(s={"command": command, "args": arguments})["s"]
        assert package(found) == expected, line


def test_shapes_of_clients() -> None:
    for text in (
        '{"servers": {"s": {"type": "stdio", "command": "npx", "args": ["pkg"]}}}',
        '{"context_servers": {"s": {"command": "npx", "args": ["pkg"]}}}',
        '{"context_servers": {"s": {"source": "custom", "command": {"path": "npx", "args": ["pkg"]}}}}',
        '{"mcp": {"s": {"type": "local", "command": ["npx", "pkg"]}}}',
        '{"mcp": {"servers": {"s": {"command": "npx pkg"}}}}',
        '{"projects": {"/p": {"mcpServers": {"s": {"command": "npx", "args": ["pkg"]}}}}}',
        '{"amp.mcpServers": {"s": {"command": "npx", "args": ["pkg"]}}}',
        '{"mcpServers": [{"name": "s", "command": "npx", "args": ["pkg"]}]}',
        '\ufeff{ // a comment\n "mcpServers": {"s": {"command": "npx", /* more */ "args": ["pkg",],},},}',
    ):
        assert package(servers(text)["s"]) == ("npm", "pkg", None), text


def test_remotes() -> None:
    found = config(
        a={"url": "https://h.example/mcp"},
        b={"serverUrl": "https://h.example/mcp", "headers": {"X-Key": SECRET}},
        c={"httpUrl": f"https://me:{SECRET}@h.example/mcp?token={SECRET}#x"},
        d={"type": "sse", "url": "https://h.example/sse"},
        e={"url": "not a url"},
    )
    assert found["a"].remotes == (Remote(transport="streamable-http", url="https://h.example/mcp"),)
    assert found["b"].remotes[0].required_inputs == ("X-Key",)
    assert found["c"].remotes[0].url == "https://h.example/mcp"
    assert found["c"].remotes[0].required_inputs == ("token",)
    assert found["d"].remotes[0].transport == "sse"
    assert "e" not in found


def test_secrets_stay_behind() -> None:
    found = config(
        s={
            "command": "npx",
            "args": ["-y", "pkg", f"--token={SECRET}", "--key", SECRET, f"-p{SECRET}", SECRET],
            "env": {"API_KEY": SECRET},
        },
        d={
            "command": "docker",
            "args": ["run", "-e", f"KEY={SECRET}", "mcp/x", f"postgres://u:{SECRET}@h"],
        },
        n={"command": "node", "args": ["server.js", f"--password={SECRET}", SECRET]},
    )
    assert found["s"].packages == (
        Package(
            registry_type="npm",
            identifier="pkg",
            arguments=("--token", "--key", "-p"),
            required_inputs=("API_KEY",),
        ),
    )
    assert SECRET not in "".join(statement_of(server) for server in found.values())


def test_a_crawl_stores_no_secret(toolrisk, tmp_path) -> None:
    entry = {"command": "npx", "args": ["pkg", f"--token={SECRET}"], "env": {"API_KEY": SECRET}}
    text = json.dumps({"mcpServers": {"mine": entry}})
    (tmp_path / "config.json").write_text(text)
    done = toolrisk("crawl", "config.json", "--no-probe", "--db", "c.db", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["servers"] == 1
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("c.db*"))
    assert b"API_KEY" in stored
    assert SECRET.encode() not in stored
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://h.example/api/mcp/s/AbC123dEf456GhI789/mcp", "https://h.example/api/mcp/s/{secret}/mcp"),
        ("https://h.example/fc-8f3aa91bcd234/v2/mcp", "https://h.example/{secret}/v2/mcp"),
        ("https://h.example/mcp/550e8400-e29b-41d4-a716-446655440000/sse", "https://h.example/mcp/{secret}/sse"),
        ("https://h.example/key/hunter2hunter2/mcp", "https://h.example/key/{secret}/mcp"),
        ("https://h.example/hooks/T024BE7LD/B024BE7LH/mcp", "https://h.example/hooks/{secret}/{secret}/mcp"),
        ("https://h.example/token=abc/mcp", "https://h.example/token={secret}/mcp"),
        ("https://h.example/sk-live-12ab/mcp", "https://h.example/{secret}/mcp"),
        ("https://h.example/%41bC123dEf456GhI789/mcp", "https://h.example/{secret}/mcp"),
        ("https://h.example/QWERTYUIOPASDFGHJKLZXCVBNM", "https://h.example/{secret}"),
        ("https://h.example/u/a7k2m9x4qp/mcp", "https://h.example/u/{secret}/mcp"),
    ],
)  # fmt: skip
def test_a_token_in_the_path_is_not_kept_and_its_server_not_asked(url: str, kept: str) -> None:
    (remote,) = config(x={"url": url})["x"].remotes
    assert remote.url == kept
    assert remote.required_inputs == (IN_PATH,)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://8f3aa91bcd2345ef8f3aa91bcd2345ef.h.example/mcp", "https://{secret}.h.example/mcp"),
        ("https://550e8400-e29b-41d4-a716-446655440000.eu.h.example:8443/mcp", "https://{secret}.eu.h.example:8443/mcp"),
        ("https://mcp-k7q2x9v4m1z8w3t6.h.example/mcp", "https://{secret}.h.example/mcp"),
        ("https://a.1234567890123456.h.example/mcp", "https://a.{secret}.h.example/mcp"),
    ],
)  # fmt: skip
def test_a_token_before_the_domain_is_not_kept_and_its_server_not_asked(
    url: str, kept: str
) -> None:
    (remote,) = config(x={"url": url})["x"].remotes
    assert remote.url == kept
    assert remote.required_inputs == (IN_HOST,)


@pytest.mark.parametrize(
    "url",
    [
        "https://model-context-protocol-server.us-east-1.h.example/mcp",
        "https://acmecorporation2024.h.example/mcp",
        "https://my-service-7yab3kq2xa-uc.a.h.example/mcp",
        "https://xn--80aswgabcdef1234.h.example/mcp",
        "https://[2001:db8:85a3:1234:5678:8a2e:370:7334]:8080/mcp",
        "http://192.168.100.200:8080/mcp",
        "http://localhost:8080/mcp",
        "https://h.example/model-context-protocol-server/streamable-http/v1/mcp",
        "https://h.example/@scope/server-sequential-thinking/mcp",
        "https://h.example/orgs/acme-corporation-2024/projects/12345/mcp",
        "https://h.example/api/2025-11-25/mcp",
        "https://h.example/s/weather/mcp",
        "https://h.example:8443/modelcontextprotocol/typescript-sdk",
        "https://h.example/streamableHttpServer/",
    ],
)
def test_a_path_of_words_is_kept(url: str) -> None:
    (remote,) = config(x={"url": url})["x"].remotes
    assert (remote.url, remote.required_inputs) == (url, ())


def test_what_a_registry_publishes_keeps_its_path() -> None:
    url = "https://h.example/mcp/550e8400-e29b-41d4-a716-446655440000/sse"
    stated = {"name": "io.example/x", "remotes": [{"type": "sse", "url": url}]}
    assert servers(json.dumps(stated))["io.example/x"].remotes[0].url == url


@pytest.mark.parametrize(
    ("entry", "registry"),
    [
        ({"args": ["-y", "--registry", "https://u:p@npm.internal.example/x?t=1", "pkg"]}, "https://npm.internal.example/x"),
        ({"args": ["--registry=https://npm.internal.example", "pkg"]}, "https://npm.internal.example"),
        ({"args": ["pkg"], "env": {"npm_config_registry": "https://npm.internal.example"}}, "https://npm.internal.example"),
        ({"command": "uvx", "args": ["--index-url", "https://pypi.internal.example/simple", "pkg"]}, "https://pypi.internal.example/simple"),
        ({"command": "bunx", "args": ["--registry", "https://npm.internal.example", "pkg"]}, "https://npm.internal.example"),
        ({"args": ["pkg", "--registry", "https://not.for.npx.example"]}, None),
    ],
)  # fmt: skip
def test_another_registry_that_a_runner_is_told_to_use_is_kept(entry: dict, registry: str) -> None:
    (found,) = config(x={"command": "npx"} | entry)["x"].packages
    assert (found.identifier, found.registry_base_url) == ("pkg", registry)


ON = {"command": "npx"}
OFF = ON | {"disabled": True}
OFF_TOO = ON | {"enabled": False}


@pytest.mark.parametrize(
    ("file", "document", "off"),
    [
        ("cline_mcp_settings.json", {"mcpServers": {"a": OFF, "b": OFF_TOO, "c": ON | {"disabled": False}}}, {"a", "b"}),
        ("opencode.json", {"mcp": {"a": OFF_TOO, "b": ON | {"enabled": True}}}, {"a"}),
        ("settings.json", {"mcpServers": {"a": ON, "b": ON}, "mcp": {"excluded": ["b", 3]}}, {"b"}),
        ("settings.json", {"context_servers": {"a": OFF_TOO, "b": ON | {"enabled": "no"}}}, {"a"}),
        (".mcp.json", {"mcpServers": {"a": OFF}}, set()),
        ("claude_desktop_config.json", {"mcpServers": {"a": OFF}}, set()),
        (".claude.json", {"projects": {"/p": {"mcpServers": {"a": OFF, "b": ON}, "disabledMcpServers": ["b"]}}}, {"b"}),
        (".claude.json", {"mcpServers": {"a": ON}, "projects": {"/p": {"disabledMcpServers": ["a"]}}}, set()),
    ],
)  # fmt: skip
def test_a_server_that_its_client_does_not_start(file: str, document: dict, off: set) -> None:
    """By the flags of an entry, where the client obeys them, or by a list of names."""
    text = json.dumps(document)
    found = parse_tool_file(text.encode(), label=f"/home/me/{file}", server="x")
    assert {one.name for one in found.servers if one.status == DISABLED} == off
    started = {name for name, _ in config_entries(document, f"/home/me/{file}")}
    assert started == {one.name for one in found.servers} - off


@pytest.mark.parametrize(
    "settings",
    [
        '{"enabledMcpjsonServers": ["b"], "enableAllProjectMcpServers": false}',
        '{"disabledMcpjsonServers": "a"}',
        '{"disabledMcpjsonServers": ["a", 3]}',
        '{"disabledMcpjsonServers": ["a"],}',
        '["a"]',
        "",
    ],
)
def test_settings_that_refuse_nothing_or_cannot_be_read_leave_every_server_on(
    tmp_path, settings
) -> None:
    config = tmp_path / ".mcp.json"
    config.write_text(json.dumps({"mcpServers": {"a": ON, "b": ON}}))
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text(settings)
    assert {one.status for one in read_tool_file(str(config)).servers} == {"active"}


def test_settings_of_a_project_say_nothing_of_another_file_or_folder(tmp_path) -> None:
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text('{"disabledMcpjsonServers": ["a"]}')
    (tmp_path / "sub").mkdir()
    for file in ("mcp.json", ".claude.json", "sub/.mcp.json"):
        (tmp_path / file).write_text(json.dumps({"mcpServers": {"a": ON}}))
        assert read_tool_file(str(tmp_path / file)).servers[0].status == "active"


def test_a_disabled_server_of_codex() -> None:
    text = '[mcp_servers.a]\ncommand = "npx"\nenabled = false\n[mcp_servers.b]\ncommand = "npx"\n'
    found = parse_tool_file(text.encode(), label="config.toml", server="x")
    assert [one.status for one in found.servers] == [DISABLED, "active"]


def test_a_crawl_lists_a_disabled_server_and_starts_it_not(toolrisk, tmp_path) -> None:
    marker = tmp_path / "started"
    entry = {"command": "touch", "args": [str(marker)], "disabled": True}
    gone = {"url": "http://127.0.0.1:9/mcp", "disabled": True}
    (tmp_path / "config.json").write_text(json.dumps({"mcpServers": {"a": entry, "b": gone}}))
    words = ("crawl", "config.json", "--db", "c.db", "--allow-private", "--unsafe-no-sandbox")
    done = toolrisk(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["skipped"] == {}
    assert found["by_source"]["client-config"]["outcomes"] == {"disabled": 2}
    for again in (False, True):
        assert (found["servers"], found["new"], found["unchanged"]) == (2, 0, 0), again
        found = json.loads(toolrisk(*words, "--format", "json").stdout)
    text = toolrisk(*words).stdout
    assert "0 new, 0 changed, 0 unchanged\nlisted and not visited: disabled 2\n" in text
    assert not marker.exists()
    with closing(sqlite3.connect(tmp_path / "c.db")) as db:
        assert set(db.execute("SELECT name, status FROM server")) == {
            ("a", DISABLED),
            ("b", DISABLED),
        }


MISFITS = {
    'command = "npx"\nargs = 5': "args is a number, not a list of strings",
    'command = "npx"\nargs = 2020-01-01': "args is a time, not a list of strings",
    'command = "npx"\nargs = [["-y"]]': "args holds a list, not only strings",
    "command = 7": "command is a number, not a string or a list",
    'command = 7\nurl = "https://h.example/mcp"': "command is a number, not a string or a list",
    "url = true": "url is a boolean, not a string",
}


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("entry", MISFITS)
def test_a_setting_of_another_type_is_told_and_its_server_left_out(entry, as_json):
    text = f"[mcp_servers.bad]\n{entry}\n[mcp_servers.good]\ncommand = 'npx'\nargs = ['pkg', 80]\n"
    if as_json:
        text = json.dumps(tomllib.loads(text), default=str)
    told = MISFITS[entry].replace("a time", "a string" if as_json else "a time")
    label = "c.json" if as_json else "c.toml"
    content = parse_tool_file(text.encode(), label=label, server=label)
    assert [server.name for server in content.servers] == ["good"]
    assert content.problems == (f"server 'bad': {told}",)


def test_variables_of_another_type_are_told_without_what_they_hold():
    text = f"[mcp_servers.a]\ncommand = 'npx'\nargs = ['pkg']\nenv = 'TOKEN={SECRET}'\n"
    content = parse_tool_file(text.encode(), label="c.toml", server="c.toml")
    assert [package(server) for server in content.servers] == [("npm", "pkg", None)]
    assert content.problems == ("server 'a': env is a string, not an object",)
