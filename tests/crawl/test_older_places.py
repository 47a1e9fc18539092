"""A catalogue from before lists had places: what was stored then is taken over, not doubled."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crawler.asking import CrawlOptions
from crawler.catalog import Catalog, rows, upgrading
from crawler.crawl import crawl
from crawler.records import Package, Server, ServerName
from crawler.targets import parse_targets

SEEN = "2026-01-01T00:00:00+00:00"


def definition(name: str) -> str:
    return json.dumps({"name": name, "inputSchema": {"type": "object"}})


@pytest.fixture
def old(tmp_path: Path, monkeypatch) -> Path:
    """Return a catalogue of revision 0003 with a server of a file, a config and a catalogue."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(upgrading.__file__).with_name("migrations")))
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    with closing(sqlite3.connect(path)) as plain, plain:
        for number, (name, source, package) in enumerate(
            [("t.json", "file", None), ("files", "client-config", "one"), ("toolhive:tide", "toolhive", None)]
        ):  # fmt: skip
            packages = (Package(registry_type="npm", identifier=package),) if package else ()
            server = Server(name=ServerName(name), packages=packages)
            stated = None if package else source
            plain.execute(
                "INSERT INTO server (id, name, status, stated_by, tools_origin, tools_source,"
                " first_seen, last_seen) VALUES (?, ?, 'active', ?, ?, ?, ?, ?)",
                (number, name, source, stated and "declared", stated, SEEN, SEEN),
            )
            plain.execute(
                "INSERT INTO listing (id, server_id, source, url, statement, first_seen, last_seen)"
                " VALUES (?, ?, ?, 'there', ?, ?, ?)",
                (number, number, source, rows.statement_of(server), SEEN, SEEN),
            )
            if stated:
                plain.execute(
                    "INSERT INTO tool (id, server_id, name, ordinal, origin, current_version_id,"
                    " first_seen, last_seen) VALUES (?, ?, 'a', 0, 'declared', ?, ?, ?)",
                    (number, number, number, SEEN, SEEN),
                )
                plain.execute(
                    "INSERT INTO tool_version (id, tool_id, definition_sha256, definition,"
                    " server_text, context_sha256, first_seen, last_seen)"
                    " VALUES (?, ?, 'd', ?, '', 'c', ?, ?)",
                    (number, number, definition("a"), SEEN, SEEN),
                )
    return path


def test_what_changed_since_is_a_change_of_the_same_server(old: Path) -> None:
    Path("t.json").write_text(json.dumps({"tools": [json.loads(definition("b"))]}))
    files = {"command": "npx", "args": ["two"]}
    Path("c.json").write_text(json.dumps({"mcpServers": {"files": files}}))
    tide = {"description": "new", "image": "x/tide:1", "tools": ["b"]}
    Path("registry.json").write_text(json.dumps({"servers": {"tide": tide}}))
    targets = parse_targets(["t.json", "c.json", "toolhive+registry.json"])
    with Catalog.open(old) as catalog:
        crawl(targets, CrawlOptions(no_probe=True), catalog)
        known = {one.server.name: one for one in catalog.servers()}
        assert sorted(known) == ["files", "t.json", "toolhive:tide"]
        assert sorted((one.tool.server, one.tool.name) for one in catalog.tools()) == [
            ("t.json", "b"),
            ("toolhive:tide", "b"),
        ]
        assert [one.identifier for one in known["files"].server.packages] == ["two"]
        assert known["toolhive:tide"].server.description == "new"
        for name, place in (("t.json", "t.json"), ("files", "c.json")):
            (listing,) = known[name].listings  # the one without a place went into it
            assert listing.provenance.place == str(old.parent / place)
