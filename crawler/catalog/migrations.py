"""The schema's history: named functions in order, each one transaction together with its record.

Never edit one that has been released; add another below it.
"""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from crawler.catalog import tables
from crawler.errors import CatalogError
from crawler.gathered import utc_now

_VIEWS = Path(__file__).with_name("views.sql")


def _first_tables(connection: sa.Connection) -> None:
    names = (
        "server",
        "listing",
        "package",
        "remote",
        "probe",
        "tool",
        "tool_version",
        "classification",
        "migration",
    )
    SQLModel.metadata.create_all(
        connection, tables=[SQLModel.metadata.tables[name] for name in names]
    )


def _views(connection: sa.Connection) -> None:
    for statement in _VIEWS.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)


def _frontier(connection: sa.Connection) -> None:
    names = ("crawl_run", "frontier")
    SQLModel.metadata.create_all(
        connection, tables=[SQLModel.metadata.tables[name] for name in names]
    )
    connection.exec_driver_sql("CREATE INDEX frontier_due ON frontier (run_id, state)")


def _identity(connection: sa.Connection) -> None:
    names = ("server_key", "alias")
    SQLModel.metadata.create_all(
        connection, tables=[SQLModel.metadata.tables[name] for name in names]
    )
    columns = {column["name"] for column in sa.inspect(connection).get_columns("server")}
    if "stated_by" not in columns:
        connection.exec_driver_sql("ALTER TABLE server ADD COLUMN stated_by TEXT")


MIGRATIONS: tuple[tuple[str, Callable[[sa.Connection], None]], ...] = (
    ("0001-tables", _first_tables),
    ("0002-views", _views),
    ("0003-frontier", _frontier),
    ("0004-identity", _identity),
)


def migrate(engine: sa.Engine, path: Path) -> None:
    """Bring a database to the present schema.

    Raises:
        CatalogError: it belongs to another program, or to a newer version of this one.

    """
    applied = _applied(engine, path)
    known = [name for name, _ in MIGRATIONS]
    newer = sorted(applied - set(known))
    if newer:
        raise CatalogError(
            f"{path} was written by a newer toolrisk ({newer[0]}); update toolrisk, or give another --db"
        )
    for name, apply in MIGRATIONS:
        if name in applied:
            continue
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if name in _names(connection):  # another process was faster
                continue
            apply(connection)
            connection.execute(
                sa.insert(tables.MigrationRow),
                [{"name": name, "applied_at": utc_now()}],
            )


def _applied(engine: sa.Engine, path: Path) -> set[str]:
    with engine.connect() as connection:
        names = _names(connection)
        if not names:
            query = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' LIMIT 1"
            other = connection.exec_driver_sql(query).first()
            if other is not None:
                raise CatalogError(
                    f"{path} is a database of another program (table {other[0]!r}); give another --db"
                )
        return names


def _names(connection: sa.Connection) -> set[str]:
    if not sa.inspect(connection).has_table(tables.MigrationRow.__tablename__):
        return set()
    columns = {column["name"] for column in sa.inspect(connection).get_columns("migration")}
    if "applied_at" not in columns:  # somebody else's table of that name
        return set()
    return set(connection.scalars(sa.select(sa.column("name")).select_from(sa.table("migration"))))
