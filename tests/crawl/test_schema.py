"""The schema: revisions and tables agree, every released version comes up with its data."""

import sqlite3
import subprocess
import sys
from contextlib import closing
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
from crawler.errors import CatalogError
from crawler.gathered import Gathered
from crawler.records import Package, Server, ServerName, Tool

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


def test_a_new_catalogue_is_what_all_revisions_make(tmp_path: Path) -> None:
    assert upgrading.SCHEMA.read_text(encoding="utf-8") == upgrading.schema()
    upgrade(tmp_path / "upgraded.db", "0001")
    for name in ("new.db", "upgraded.db"):
        with Catalog.open(tmp_path / name):
            pass
    new, upgraded = (described(tmp_path / name) for name in ("new.db", "upgraded.db"))
    assert new == upgraded


def upgrade(path: Path, revision: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", scripts().dir)
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def described(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as plain:
        made = plain.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")
        versions = plain.execute("SELECT version_num FROM alembic_version")
        return [*made.fetchall(), *versions.fetchall()]


def test_a_new_catalogue_is_made_without_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from crawler.catalog import Catalog\n"
        "with Catalog.open(sys.argv[1]): print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "c.db"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_every_table_and_column_is_explained(name: str) -> None:
    missing = [column.name for column in tables.TABLES[name].columns if not column.comment]
    assert missing == []


@pytest.mark.parametrize("revision", sorted(RELEASED))
def test_a_released_schema_comes_up_with_its_data(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "old.db"
    upgrade(path, revision)
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


TOKEN = "hunter2Do9Not4Keep"  # noqa: S105 - what older versions kept


def test_secrets_that_an_older_version_kept_go(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", scripts().dir)
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    kept = [
        ("command", f"npx -y some-mcp --api-key {TOKEN}", ()),
        ("command", f"api_key={TOKEN}", ("--x",)),
        ("oci", f"splunk-token={TOKEN}", ()),
        ("npm", "some-mcp", (f"--api-key {TOKEN}", "--y")),
        ("npm", "@plain/some_mcp", ("--z",)),
    ]
    with closing(sqlite3.connect(path)) as plain, plain:
        for number, (kind, name, words) in enumerate(kept, 1):
            one = Package(registry_type=kind, identifier=name, arguments=words)
            server = Server(name=ServerName(f"s{number}"), title="\ud800", packages=(one,))
            row = rows.package_row(one, number, number)
            del row["command"]
            plain.execute(
                "INSERT INTO server (id, name, status, first_seen, last_seen)"
                " VALUES (?, ?, 'active', '2026-01-01', '2026-01-01')",
                [number, server.name],
            )
            plain.execute(
                "INSERT INTO listing (id, server_id, source, place, url, statement, first_seen,"
                " last_seen) VALUES (?, ?, 'client-config', '', 'a', ?, '2026-01-01', '2026-01-01')",
                [number, number, rows.statement_of(server)],
            )
            marks = ", ".join(f":{key}" for key in row)
            insert = f"INSERT INTO package ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
            plain.execute(insert, row)
            plain.execute(
                "INSERT INTO probe (server_id, outcome, detail, dummy_config, truncated, seconds,"
                " started_at, tool_count, problems) VALUES (?, 'unsupported', ?, 0, 0, 0, '', 0, '[]')",
                [number, f"not run ({kind}: {name}): no npm or pypi package"],
            )
            plain.execute(
                "INSERT INTO frontier (server_id, run_id, state, outcome, reason, failures)"
                " VALUES (?, 1, 'failed', 'unsupported', ?, 1)",
                [number, f"not run ({kind}: {name}): no npm or pypi package"],
            )
        plain.execute(
            "INSERT INTO server_key (kind, value, server_id) VALUES ('package', ?, 3)",
            [f"pkg:oci/splunk-token={TOKEN}"],
        )
    assert TOKEN.encode() in path.read_bytes()
    with Catalog.open(path) as catalog:
        found = {one.server.name: one.server.packages[0] for one in catalog.servers()}
    named = [(one.identifier, one.arguments) for _, one in sorted(found.items())]
    assert named == [("unknown", ()), ("unknown", ("--x",)), ("unknown", ()), ("some-mcp", ("--api-key", "--y")), ("@plain/some_mcp", ("--z",))]  # fmt: skip
    held = b"".join(file.read_bytes() for file in tmp_path.glob("old.db*")).lower()
    assert TOKEN.lower().encode() not in held


def test_a_failed_upgrade_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    upgrade(tmp_path / "c.db", "0001")
    before = described(tmp_path / "c.db")
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    own = Path(upgrading.__file__).with_name("migrations")
    (broken / "env.py").write_text((own / "env.py").read_text())
    for path in (own / "versions").glob("000[12]*.py"):
        (broken / "versions" / path.name).write_text(path.read_text())
    second = next((broken / "versions").glob("0002*.py"))
    second.write_text(second.read_text() + "\n    raise ValueError('power cut')\n")
    monkeypatch.setattr(upgrading, "_SCRIPTS", broken)
    with pytest.raises(ValueError, match="power cut"):
        Catalog.open(tmp_path / "c.db")
    assert described(tmp_path / "c.db") == before
    monkeypatch.undo()
    with Catalog.open(tmp_path / "c.db") as catalog:
        assert catalog.counts()["servers"] == 0


def test_a_new_catalogue_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch) -> None:
    broken = tmp_path / "schema.sql"
    broken.write_text(upgrading.SCHEMA.read_text(encoding="utf-8") + "CREATE TABLE server (x);\n")
    monkeypatch.setattr(upgrading, "SCHEMA", broken)
    with pytest.raises(CatalogError, match="server"):
        Catalog.open(tmp_path / "c.db")
    with closing(sqlite3.connect(tmp_path / "c.db")) as plain:
        assert plain.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)
    monkeypatch.undo()
    with Catalog.open(tmp_path / "c.db") as catalog:
        assert catalog.counts()["servers"] == 0
