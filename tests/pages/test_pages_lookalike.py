"""A server's page says when its name is easily taken for a better-known one."""

import json

from classifier.pages.model import MemorySource, ServerTools
from classifier.pages.site import build
from crawler.records import Package, Provenance, Server, ServerName


def listed(*sources):
    return tuple(
        Provenance(source=one, url=f"https://{one}.example/", fetched_at="2026-11-20T08:00:00Z")
        for one in sources
    )


def named(make_server, make, name, *sources, package=None):
    packages = (Package(registry_type="npm", identifier=package),) if package else ()
    own = Server(name=ServerName(name), description="Offers things.", packages=packages)
    facts = make_server(name, server=own, listings=listed(*sources))
    return facts, ServerTools((make("look", "Looks.", name),))


def test_the_better_known_server_is_named_and_linked(make_server, make, tmp_path):
    genuine = named(make_server, make, "io.github.jane/weather-forecasts", "a", "b")
    sly = named(make_server, make, "io.github.eve/weather-forecatss", "a")
    typo = named(make_server, make, "io.github.eve/x", "a", package="@modelcontextprotcol/server-memory")  # fmt: skip
    build(MemorySource.of([genuine, sly, typo]), tmp_path / "site")
    pages = {
        json.loads(path.read_text())["server"]: path
        for path in (tmp_path / "site" / "servers").glob("*.json")
        if "server" in json.loads(path.read_text())
    }

    def page(name):
        return pages[name].with_suffix(".html").read_text()

    shown = page("io.github.eve/weather-forecatss")
    target = pages["io.github.jane/weather-forecasts"].with_suffix(".html").name
    assert f'<a href="{target}">io.github.jane/weather-forecasts</a>' in shown
    assert "one letter off" in shown
    assert "<code>@modelcontextprotocol/server-memory</code>" in page("io.github.eve/x")
    assert "easily taken for" not in page("io.github.jane/weather-forecasts")
    twin = json.loads(pages["io.github.eve/weather-forecatss"].read_text())
    assert twin["lookalike_of"] == "io.github.jane/weather-forecasts"
