"""What npm and pip are asked: names and versions only, whoever wrote them."""

import json

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
