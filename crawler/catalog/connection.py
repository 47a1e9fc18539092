"""Opening the database: one way, with the settings that SQLite needs, and clear refusals.

None of the settings of a connection changes the file: it may be that of another program.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crawler.errors import CatalogError, NoCatalogError
from crawler.local import local_path

DEFAULT = "toolrisk.db"
BUSY_SECONDS = 5.0
"""How long a writer waits for another; our own batches take well under a second."""

_SETTINGS = ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32000")


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


def require_file(path: Path, *, create: bool) -> None:
    """Refuse a path where no catalogue is, or can be made.

    Raises:
        NoCatalogError: missing or empty, without `create`.
        CatalogError: a folder, or in none.

    """
    if not create and not path.exists():
        raise NoCatalogError(
            f"{path} does not exist; run `toolrisk crawl` first, or give --db PATH"
        )
    if not create and path.is_file() and not path.stat().st_size:
        raise NoCatalogError(f"{path} is empty; run `toolrisk crawl` first, or give --db PATH")
    if path.is_dir():
        raise CatalogError(f"{path} is a directory; give the path of a file as --db")
    if not path.parent.is_dir():
        raise CatalogError(f"{path}: its folder does not exist; create it, or give another --db")


def is_still(path: Path) -> bool:
    """Say whether a file may only be read, and nothing beside it waits to become part of it.

    SQLite opens no database that keeps a log (WAL) where it may not write beside it, unless told
    that nobody writes.
    """
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return False
    beside = [path.with_name(path.name + end) for end in ("-wal", "-journal")]
    return not any(one.exists() and one.stat().st_size for one in beside)


@contextmanager
def steady(path: Path) -> Iterator[None]:
    """Read a still file, on which nobody waits for anybody.

    Raises:
        CatalogError: somebody wrote to it in the meantime.

    """
    before = path.stat()
    yield
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise CatalogError(f"{path} was changed while it was read; try again")


def make_engine(path: Path, busy_seconds: float, *, still: bool = False) -> sa.Engine:
    """Return an engine on a file; every connection gets the same settings."""
    place = f"{path.absolute().as_uri()}?immutable=1" if still else str(path.absolute())

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(place, timeout=busy_seconds, check_same_thread=False, uri=still)

    engine = sa.create_engine("sqlite+pysqlite://", creator=opened, poolclass=sa.NullPool)

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


def keep_log(engine: sa.Engine) -> None:
    """Have a database keep a log (WAL) from now on: readers and the writer never wait."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the driver raises into one clear line.

    Raises:
        CatalogError: locked, corrupt, full, or not a database.

    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise CatalogError(_explain(path, str(getattr(error, "orig", error)))) from error


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
