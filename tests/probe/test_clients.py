"""What npm and pip are asked: names and versions only, whoever wrote them."""

import json
import sys
from pathlib import Path

import anyio
import pytest

from crawler.errors import ProbeError
from crawler.probe import clients
from crawler.records import Outcome, Package


@pytest.fixture
def asked(monkeypatch):
    words = []

    async def run(given, *_, **__):
        words.append(given[-1] if given[-1] != "--json" else given[-3])
        return json.dumps(["1.2.3", "1.3.0"])

    monkeypatch.setattr(clients, "run", run)
    monkeypatch.setattr(clients, "npm", lambda: "npm")
    return words


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("--index-url=http://10.0.0.1/", None),
        ("-rhttp://10.0.0.1/x", "1"),
        ("x @ http://169.254.169.254/latest", None),
        ("x@http://10.0.0.1/x.whl", None),
        ("git+https://example.com/x.git", None),
        ("http://10.0.0.1/x.tgz", None),
        ("file:/home", "1.0.0"),
        ("../../../home", "1.0.0"),
        ("x", "file:/home"),
        ("x", "npm:other@1"),
        ("x", "http://10.0.0.1/x.tgz"),
        ("x", "--global"),
        ("", "1.0.0"),
        ("x y", None),
    ],
)
@pytest.mark.parametrize("kind", ["npm", "pypi"])
def test_what_is_no_name_or_version_never_reaches_a_client(kind, name, version, asked):
    package = Package(registry_type=kind, identifier=name, version=version)
    look = clients.npm_version if kind == "npm" else clients.pypi_version
    with pytest.raises(ProbeError) as error:
        anyio.run(look, package)
    assert error.value.outcome is Outcome.UNSUPPORTED
    assert asked == []


@pytest.mark.parametrize(
    ("version", "exact", "wanted"),
    [("1.2.3", "1.2.3", []), ("1.2.3-beta.1", "1.2.3-beta.1", []), ("latest", "1.3.0", ["@a/x@latest"]), ("^1", "1.3.0", ["@a/x@^1"]), (None, "1.3.0", ["@a/x"])],
)  # fmt: skip
def test_a_range_or_tag_is_looked_up_each_time(version, exact, wanted, asked):
    package = Package(registry_type="npm", identifier="@a/x", version=version)
    assert anyio.run(clients.npm_version, package) == exact
    assert asked == wanted


def test_nothing_that_lies_in_the_current_folder_is_run_for_pip(tmp_path, monkeypatch):
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w').close()"
    (tmp_path / "pip").mkdir()
    for name in ("pip/__init__.py", "pip/__main__.py", "json.py"):
        (tmp_path / name).write_text(trap)
    monkeypatch.chdir(tmp_path)
    told = anyio.run(clients.run, [*clients.pip(), "--version"], tmp_path, "x")
    assert told.startswith("pip ")
    assert not (tmp_path / "sprung").exists()


def test_a_question_is_not_asked_where_the_user_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # whose .npmrc may be a stranger's
    code = "import os; print(os.getcwd())"
    told = anyio.run(clients.run, [sys.executable, "-c", code], None, "x").strip()
    assert Path(told) != tmp_path
    assert not Path(told).exists()  # it went with the answer


@pytest.mark.parametrize(
    ("out", "err"),
    [
        ('{\n  "error": {\n    "code": "E1",\n    "summary": "no room in /home/x"\n  }\n}', "npm error code E1"),
        ("", "npm error no room in /home/x\nnpm error A complete log of this run can be found in: /y"),
        ('{"error": "E1"}', "ERROR: no room in /home/x"),
    ],
)  # fmt: skip
def test_a_refusal_tells_the_reason_and_no_bracket_or_log(out, err, tmp_path):
    """npm's JSON begins with a line that has "error" and nothing else in it."""
    code = f"import sys; print({out!r}); print({err!r}, file=sys.stderr); sys.exit(1)"
    with pytest.raises(ProbeError) as error:
        anyio.run(clients.run, [sys.executable, "-c", code], tmp_path, "x")
    assert error.value.outcome is Outcome.UNSUPPORTED
    assert "cannot be fetched: " in str(error.value)
    assert str(error.value).endswith("no room in /home/x")
