"""The schema: revisions and tables agree, every released version comes up with its data."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from crawler.catalog import Catalog, rows, tables, upgrading
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool

RELEASED = {"0001": "0.1.0"}
"""The schema of each release; a new release adds a line here and never changes one."""


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(upgrading.__file__).with_name("migrations")))


def test_the_head_is_the_newest_revision() -> None:
    assert scripts().get_heads() == [upgrading.HEAD]
    assert {one.revision for one in scripts().walk_revisions()} >= set(RELEASED)


def test_revisions_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "c.db"):
        pass
    engine = sa.create_engine(f"sqlite:///{tmp_path}/c.db", poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_every_table_and_column_is_explained(name: str) -> None:
    missing = [column.name for column in tables.TABLES[name].columns if not column.comment]
    assert missing == []


@pytest.mark.parametrize("revision", sorted(RELEASED))
def test_a_released_schema_comes_up_with_its_data(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", scripts().dir)
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with sqlite3.connect(path) as plain:
        plain.execute(
            "INSERT INTO server (id, name, status, first_seen, last_seen)"
            " VALUES (1, 'old', 'active', '2026-01-01', '2026-01-01')"
        )
        plain.execute(
            "INSERT INTO listing (id, server_id, source, url, statement, first_seen, last_seen)"
            " VALUES (7, 1, 'mcpm', 'old.json', ?, '2026-01-01', '2026-01-01')",
            [rows.statement_of(Server(name=ServerName("old")))],
        )
        plain.execute(
            "INSERT INTO package (server_id, listing_id, registry_type, identifier, transport,"
            " arguments, required_inputs) VALUES (1, 7, 'npm', 'old', 'stdio', '[]', '[]')"
        )
        plain.execute(
            "INSERT INTO tool (id, server_id, name, ordinal, origin, current_version_id, first_seen,"
            " last_seen) VALUES (1, 1, 'get', 0, 'live', 1, '2026-01-01', '2026-01-01')"
        )
        plain.execute(
            "INSERT INTO tool_version (id, tool_id, definition_sha256, definition, server_text,"
            " context_sha256, first_seen, last_seen) VALUES"
            " (1, 1, 'd', '{\"name\": \"get\"}', '', 'c', '2026-01-01', '2026-01-01')"
        )
    plain.close()
    with Catalog.open(path) as catalog:
        assert [item.tool.name for item in catalog.tools()] == ["get"]
        added = Gathered(
            server=Server(name=ServerName("new")),
            tools=(Tool(server=ServerName("new"), name="put"),),
        )
        catalog.record_many([added])
        assert [item.tool.name for item in catalog.tools()] == ["get", "put"]
        (listing,) = next(one for one in catalog.servers() if one.server.name == "old").listings
        assert (listing.provenance.source, listing.provenance.place) == ("mcpm", "")
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT identifier FROM package WHERE listing_id = 7").fetchall()
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    plain.close()


def test_a_failed_upgrade_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    own = Path(upgrading.__file__).with_name("migrations")
    (broken / "env.py").write_text((own / "env.py").read_text())
    first = next((own / "versions").glob("0001*.py")).read_text()
    (broken / "versions" / "0001.py").write_text(first + "\n    raise ValueError('power cut')\n")
    monkeypatch.setattr(upgrading, "_SCRIPTS", broken)
    with pytest.raises(ValueError, match="power cut"):
        Catalog.open(tmp_path / "c.db")
    monkeypatch.undo()
    with Catalog.open(tmp_path / "c.db") as catalog:
        assert catalog.counts()["servers"] == 0
