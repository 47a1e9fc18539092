"""Bring a database to the present schema: Alembic runs what is missing, in one transaction.

A database that is up to date costs one query, and a new one is made by the statements of
migrations/schema.sql, which are what all revisions make of an empty file: Alembic is imported for
neither. It would take a third of the time of a small crawl.
"""

from pathlib import Path

import sqlalchemy as sa

from crawler.catalog.connection import keep_log
from crawler.errors import CatalogError

HEAD = "0006"
"""The newest revision under migrations/versions."""

_SCRIPTS = Path(__file__).with_name("migrations")
SCHEMA = _SCRIPTS / "schema.sql"
"""What makes a new catalogue."""
_END = ";\n"
_VERSION = "alembic_version"
_CURRENT = "SELECT version_num FROM alembic_version"


def migrate(engine: sa.Engine, path: Path, *, still: bool = False) -> None:
    """Bring a database to the present schema; a still one has to have it.

    Raises:
        CatalogError: it belongs to another program, or to a newer version of this one.

    """
    with engine.connect() as connection:
        applied = _revision(connection, path)
        has_log = connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    if applied == HEAD and (has_log or still):
        return
    if not has_log and not still:
        keep_log(engine)  # not before it is known whose file it is
    if applied != HEAD:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if applied is None and not _tables(connection):
                _create(connection)
            else:
                _upgrade(connection, path)


def schema() -> str:
    """Return what makes an empty catalogue: the text of migrations/schema.sql (docs/make.py writes it)."""
    with sa.create_engine("sqlite://").connect() as connection, connection.begin():
        _upgrade(connection, Path(":memory:"))
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        ).scalars()
        version = f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"  # noqa: S608 - ours
        return "".join(statement + _END for statement in (*made, version))


def _create(connection: sa.Connection) -> None:
    for statement in SCHEMA.read_text(encoding="utf-8").split(_END):
        if statement:
            connection.exec_driver_sql(statement)


def _tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def _revision(connection: sa.Connection, path: Path) -> str | None:
    tables = _tables(connection)
    if _VERSION in tables and "tool_version" in tables:
        found = connection.exec_driver_sql(_CURRENT).scalar()
        return None if found is None else str(found)
    if tables:
        name = min(tables)
        raise CatalogError(
            f"{path} is a database of another program (table {name!r}); give another --db"
        )
    return None


def _upgrade(connection: sa.Connection, path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        # The only thing that can be wrong with our own scripts: a revision that they do not know.
        raise CatalogError(
            f"{path} was written by a newer toolrisk ({error}); update toolrisk, or give another --db"
        ) from error
