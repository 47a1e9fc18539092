"""Files that may not be changed: those of other programs, and a catalogue where nobody may write."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.catalog import Catalog, connection
from crawler.errors import CatalogError
from crawler.gathered import Gathered
from crawler.records import Origin, Server, ServerName, Tool

BUBBLE = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
COMMANDS = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from classifier.cli import main
codes = {}
for words in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()):
        try:
            main(words)
        except SystemExit as stop:
            codes[words[0]] = stop.code
print(json.dumps(codes))
"""


def files(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def catalogue(path: Path) -> None:
    tool = Tool(server=ServerName("s"), name="a", description="Read a file.", input_schema={})
    item = Gathered(server=Server(name=ServerName("s")), tools=(tool,), origin=Origin.DECLARED)
    with Catalog.open(path) as catalog:
        catalog.record_many([item])


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("table", ["songs", "alembic_version"])
def test_a_database_of_another_program_stays_as_it_was(
    tmp_path: Path, mode: str, table: str
) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA journal_mode={mode}")
    other.execute(f"CREATE TABLE {table} (version_num TEXT)")
    other.close()
    before = files(tmp_path)
    for create in (True, False):
        with pytest.raises(CatalogError, match="another program"):
            Catalog.open(path, create=create)
        assert files(tmp_path) == before


def test_a_catalogue_keeps_a_log_however_it_was_copied(tmp_path: Path) -> None:
    catalogue(tmp_path / "c.db")
    plain = sqlite3.connect(tmp_path / "c.db")
    plain.execute("PRAGMA journal_mode=DELETE")
    plain.close()
    assert (tmp_path / "c.db").read_bytes()[18:20] == b"\1\1"
    with Catalog.open(tmp_path / "c.db", create=False):
        pass
    assert (tmp_path / "c.db").read_bytes()[18:20] == b"\2\2"


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_catalogue_on_a_read_only_disk_is_read(toolrisk, tmp_path: Path, mode: str) -> None:
    if shutil.which("bwrap") is None or subprocess.run([*BUBBLE, "true"], check=False).returncode:
        pytest.skip("bubblewrap cannot run here")
    (tmp_path / "out").mkdir()
    db = tmp_path / "a b?#.db"
    catalogue(db)
    assert toolrisk("classify", "--db", str(db)).returncode == 0
    plain = sqlite3.connect(db)
    plain.execute(f"PRAGMA journal_mode={mode}")
    plain.close()
    given = ["--db", str(db)]
    reading = [
        ["status", *given],
        ["export", *given],
        ["diff", *given],
        ["stack", *given],
        ["classify", *given],
        ["policy", "--for", "opa", *given],
        ["pages", "--out", str(tmp_path / "out" / "site"), *given],
    ]
    (tmp_path / "t.json").write_text('[{"name": "b"}]')
    writing = [["crawl", str(tmp_path / "t.json"), *given]]
    done = subprocess.run(
        [*BUBBLE, "--bind", str(tmp_path / "out"), str(tmp_path / "out"),
         sys.executable, "-c", COMMANDS, json.dumps(reading + writing)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    codes = json.loads(done.stdout)
    assert codes.pop("crawl") == 3
    assert "Traceback" not in done.stderr
    assert (set(codes.values()), len(codes)) == ({0}, len(reading)), done.stderr


def test_a_catalogue_that_changes_while_it_is_read_is_said_to(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "c.db"
    catalogue(path)
    monkeypatch.setattr(connection.os, "access", lambda *_: False)
    with Catalog.open(path, create=False) as catalog:
        assert len(list(catalog.tools())) == 1
        reading = catalog.tools()
        assert next(reading).tool.name == "a"
        with path.open("ab") as file:
            file.write(b"\0" * 4096)
        with pytest.raises(CatalogError, match="was changed while it was read"):
            list(reading)
        with pytest.raises(CatalogError, match="may not be written"):
            catalog.take_apart("s")


def test_what_waits_in_the_log_is_not_left_out(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "c.db"
    with Catalog.open(path):
        pass
    writer = sqlite3.connect(path)
    writer.execute("UPDATE alembic_version SET version_num = 'x'")
    writer.commit()
    monkeypatch.setattr(connection.os, "access", lambda *_: False)
    assert not connection.is_still(path)
    writer.close()
    assert connection.is_still(path)
