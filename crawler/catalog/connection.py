"""Opening the database: one way, with the settings that SQLite needs, and clear refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crawler.errors import CatalogError
from crawler.local import local_path

DEFAULT = "toolrisk.db"
BUSY_SECONDS = 5.0
"""How long a writer waits for another; our own batches take well under a second."""

_SETTINGS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32000")


def file_of(url_or_path: str | Path) -> Path:
    """Return the file of `PATH`, or of a `sqlite:///PATH` URL.

    Raises:
        CatalogError: a URL of another database, or of none.

    """
    text = str(url_or_path)
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        text = text[len("sqlite:///") :]
    elif "://" in text:
        scheme = text.partition("://")[0]
        raise CatalogError(f"{scheme}:// is not supported as --db; give a path or sqlite:///PATH")
    if not text:
        raise CatalogError("the path of the database is empty; give --db PATH")
    return local_path(text)


def make_engine(path: Path, busy_seconds: float) -> sa.Engine:
    """Return an engine on a file; every connection gets the same settings."""
    engine = sa.create_engine(
        sa.URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        poolclass=sa.NullPool,
    )

    def connect(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # we begin transactions ourselves, see below
        for setting in _SETTINGS:
            raw.execute(f"PRAGMA {setting}")

    def begin(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later can fail with "locked" at any time;
        # taking the write lock at the start makes waiting possible.
        is_writer = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    sa.event.listen(engine, "connect", connect)
    sa.event.listen(engine, "begin", begin)
    return engine


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the driver raises into one clear line.

    Raises:
        CatalogError: locked, corrupt, full, or not a database.

    """
    try:
        yield
    except DBAPIError as error:
        raise CatalogError(_explain(path, str(error.orig))) from error


def _explain(path: Path, reason: str) -> str:
    for sign, meaning in _MEANINGS:
        if sign in reason:
            return f"{path} {meaning}"
    return f"{path}: the database refused: {reason}"


_MEANINGS = (
    ("locked", "is locked by another program; let it finish, or give another --db"),
    ("not a database", "is not a database; give another --db, or move the file away"),
    ("malformed", "is damaged; restore a copy, or move it away and crawl again"),
    ("unable to open", "cannot be opened; check that its folder exists and may be written"),
    ("readonly", "may not be written; check its permissions, or give another --db"),
    ("disk is full", "cannot grow: the disk is full"),
    ("disk I/O error", "cannot be read or written: the disk reports an error"),
)
