import pytest

from crawler.errors import TargetError
from crawler.targets import (
    FileTarget,
    PackageTarget,
    RegistryTarget,
    RemoteTarget,
    parse_target,
    parse_targets,
)
from crawler.tool_file import read_tool_file


@pytest.mark.parametrize(
    ("text", "kind", "name", "version"),
    [
        ("npm:some-server", "npm", "some-server", None),
        ("npm:some-server@1.2.3", "npm", "some-server", "1.2.3"),
        ("npm:@scope/name", "npm", "@scope/name", None),
        ("npm:@scope/name@2.0.0-rc.1+b5", "npm", "@scope/name", "2.0.0-rc.1+b5"),
        ("pypi:mcp_server.x", "pypi", "mcp_server.x", None),
        ("pypi:mcp-server==1.0", "pypi", "mcp-server", "1.0"),
        ("PyPI:mcp-server==1.0", "pypi", "mcp-server", "1.0"),
    ],
)
def test_packages(text: str, kind: str, name: str, version: str | None) -> None:
    assert parse_target(text) == PackageTarget(text, kind, name, version)


def test_the_other_forms(tmp_path) -> None:
    file = tmp_path / "npm: odd name.json"
    file.write_text("[]")
    assert parse_target(str(file)) == FileTarget(str(file))
    assert parse_target("-") == FileTarget("-")
    assert parse_target("https://h.example/mcp") == RemoteTarget(
        "https://h.example/mcp", "https://h.example/mcp"
    )
    assert parse_target("registry+https://h.example/") == RegistryTarget(
        "registry+https://h.example/", "https://h.example"
    )
    official = parse_target("official-registry")
    assert isinstance(official, RegistryTarget)
    assert official.base_url.startswith("https://")


def test_a_target_named_twice_counts_once() -> None:
    assert len(parse_targets(["npm:a", "pypi:a", "npm:a"])) == 2


BAD = {
    "no-such-thing": "not a known target and no such file",
    "./missing.json": "does not exist",
    "": "is not a target",
    "a\0b": "is not a target",
    "ftp://h.example/x": "its scheme is unknown",
    "https://": "is not a URL",
    "https://user:secret@h.example/x": "a user name or password in a URL is never sent",
    "https://h.example/{tenant}": "is a template",
    "https://h.example/a b": "holds white space",
    "http://[::1": "is not a URL",
    "registry+h.example": "is not a URL",
    "registry+https://h.example/?key=secret": "without what follows ?",
    "smithery+https://user:secret@h.example": "is never sent",
    "npm:": "is not a package of npm",
    "npm:@scope": "is not a package of npm",
    "npm:../../etc": "is not a package of npm",
    "npm:--registry=x": "is not a package of npm",
    "npm:name@": "names no version",
    "npm:name@-x": "names no version",
    "pypi:name=1": "is not a package of pypi",
    "pypi:-e": "is not a package of pypi",
    "pypi:name==": "names no version",
    "pypi:name @ file:///x": "is not a package of pypi",
    "x" * 5000: "cannot be read",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_targets_say_what_is_wrong(text: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    message = str(caught.value)
    assert BAD[text] in message
    assert "\n" not in message
    assert len(message) < 600
    assert "secret" not in message


@pytest.mark.parametrize(
    "text", ["no-such-thing", "./missing.json", "https://user:secret@h.example/x", "npm:"]
)
def test_the_command_exits_with_2(toolrisk, tmp_path, text: str) -> None:
    done = toolrisk("crawl", "--db", "x.db", "--", text)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert BAD[text] in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.db").exists()


def test_the_longest_age_can_be_taken_from_a_date(toolrisk, tmp_path) -> None:
    (tmp_path / "t.json").write_text('[{"name": "a"}]')
    done = toolrisk("crawl", "t.json", "--db", "x.db", "--max-age", "999999w")
    assert done.returncode == 0, done.stderr


def test_the_home_of_nobody_is_a_file_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "~nobody-of-that-name.json"
    path.write_text('{"tools": [{"name": "a", "description": "Adds."}]}')
    (target,) = parse_targets([path.name])
    assert [tool.name for tool in read_tool_file(target.text).tools] == ["a"]
    with pytest.raises(TargetError):
        parse_targets(["~nobody-of-another-name.json"])
