"""Definitions that take turns, and tools that come and go: every turn is kept, once, with its day."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crawler.catalog import Catalog, StoredClassification, upgrading
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool

NAME = ServerName("s")
DAYS = [f"2026-11-{day:02}T00:00:00+00:00" for day in range(1, 9)]


def tool(description: str, server_text: str = "") -> Tool:
    return Tool(server=NAME, name="run", description=description, server_text=server_text)


def record(catalog: Catalog, day: int, *tools: Tool):
    return catalog.record_many([Gathered(server=Server(name=NAME), tools=tools)], now=DAYS[day])


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


def events(catalog: Catalog, since: str = "") -> list[tuple]:
    words = {t.definition_sha256: t.description for t in map(tool, "ABC")}
    return [
        (c.kind, words[c.definition_sha256], words.get(c.previous_sha256 or ""), c.at)
        for c in catalog.changes(since)
    ]


def test_every_turn_is_a_change_of_its_own_day(catalog: Catalog) -> None:
    for day, words in enumerate("ABABCA"):
        record(catalog, day, tool(words))
    steps = [("A", "B", 1), ("B", "A", 2), ("A", "B", 3), ("B", "C", 4), ("C", "A", 5)]
    assert events(catalog) == [
        ("new", "A", None, DAYS[0]),
        *(("changed", after, before, DAYS[day]) for before, after, day in steps),
    ]
    assert events(catalog, DAYS[5]) == [("changed", "A", "C", DAYS[5])]
    assert events(catalog, DAYS[6]) == []
    told = [(v.tool.description, v.first_seen, v.last_seen) for v in catalog.history(1)]
    ends = [*DAYS[1:6], DAYS[5]]
    assert told == list(zip("ABABCA", DAYS[:6], ends, strict=True))
    assert catalog.histories(NAME) == {1: catalog.history(1)}
    assert catalog.counts()["tool_versions"] == 3


def test_a_tool_that_goes_and_comes_back_does_both(catalog: Catalog) -> None:
    record(catalog, 0, tool("A"))
    for day in (1, 3):
        assert record(catalog, day).removed == 1
        back = record(catalog, day + 1, tool("A"))
        assert (back.new, back.changed, back.unchanged) == (1, 0, 0)
    record(catalog, 5)
    other = record(catalog, 6, tool("B"))  # what came back is not what went
    assert (other.new, other.changed) == (0, 1)
    assert [(kind, words, at) for kind, words, _, at in events(catalog)] == [
        ("new", "A", DAYS[0]),
        ("removed", "A", DAYS[1]),
        ("new", "A", DAYS[2]),
        ("removed", "A", DAYS[3]),
        ("new", "A", DAYS[4]),
        ("removed", "A", DAYS[5]),
        ("changed", "B", DAYS[6]),
    ]
    assert [v.tool.description for v in catalog.history(1)] == ["A", "B"]


def test_what_stays_leaves_no_trace_and_is_judged_once(catalog: Catalog) -> None:
    for day in range(2):
        record(catalog, day, tool("A"))
    record(catalog, 2, tool("A", "Bank"))
    record(catalog, 3, tool("A"))  # what is known of the server took turns, the definition did not
    assert [kind for kind, *_ in events(catalog)] == ["new"]
    with closing(sqlite3.connect(catalog.path)) as plain:
        assert plain.execute("SELECT COUNT(*) FROM tool_change").fetchone() == (0,)
    for day, words in enumerate("AB", 4):
        record(catalog, day, tool(words))
        judged = [
            StoredClassification(
                version_id=one.version_id,
                input_sha256="i",
                ruleset="r",
                model="m",
                category="Read",
                risk="low",
                risk_score=0,
                needs_review=False,
                json_text="{}",
            )
            for one in catalog.unclassified("r", "m")
        ]
        catalog.record_classifications(judged)
    for day, words in enumerate("AB", 6):
        record(catalog, day, tool(words))
        assert list(catalog.unclassified("r", "m")) == []


def test_a_turn_within_one_day_shows_in_the_fingerprint(catalog: Catalog) -> None:
    record(catalog, 0, tool("A"))
    before = catalog.fingerprints()
    for hour, tools in ((1, ()), (2, (tool("A"),))):
        item = Gathered(server=Server(name=NAME), tools=tools)
        catalog.record_many([item], now=DAYS[0].replace("T00", f"T0{hour}"))
    assert catalog.fingerprints() != before


_VERSION = (
    "INSERT INTO tool_version (id, tool_id, definition_sha256, definition, server_text,"
    " context_sha256, first_seen, last_seen) VALUES (?, ?, ?, ?, '', ?, ?, ?)"
)
_TOOL = (
    "INSERT INTO tool (id, server_id, name, ordinal, origin, current_version_id, first_seen,"
    " last_seen, removed_at) VALUES (?, ?, 'run', ?, 'live', ?, ?, '', ?)"
)


def test_an_older_catalogue_tells_the_turns_that_it_knows(tmp_path: Path) -> None:
    """There was a version a definition; the last turn stands in the day on which one was left."""
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(upgrading.__file__).with_name("migrations")))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    tools = {  # number: (version in force, when it went, definitions: first and last day)
        1: (11, None, [("A", 0, 0)]),
        2: (22, None, [("A", 0, 1), ("B", 1, 1)]),
        3: (31, None, [("A", 0, 2), ("B", 1, 2)]),
        4: (42, None, [("A", 0, 3), ("B", 1, 3)]),
        5: (52, 3, [("A", 0, 1), ("B", 1, 2)]),
        6: (61, None, [("A", 0, 0)]),
    }
    with closing(sqlite3.connect(path)) as plain, plain:
        for server, status in ((1, "active"), (2, "deleted")):
            plain.execute(
                "INSERT INTO server (id, name, status, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)",
                [server, f"s{server}", status, DAYS[0], DAYS[server]],
            )
        for number, (current, went, versions) in tools.items():
            gone = None if went is None else DAYS[went]
            plain.execute(_TOOL, [number, 1 + number // 6, number, current, DAYS[0], gone])
            for index, (words, first, last) in enumerate(versions, 1):
                one = tool(words)
                definition = f'{{"name": "run", "description": "{words}"}}'
                values = [one.definition_sha256, definition, words, DAYS[first], DAYS[last]]
                plain.execute(_VERSION, [number * 10 + index, number, *values])
    with Catalog.open(path) as catalog:
        found: dict[int, list] = {}
        for one, told in zip(catalog.changes(""), events(catalog), strict=True):
            found.setdefault(one.tool_id, []).append(told)
        words = {number: [v.tool.description for v in catalog.history(number)] for number in tools}
    came, turned = ("new", "A", None, DAYS[0]), ("changed", "B", "A", DAYS[1])
    assert found == {
        1: [came],
        2: [came, turned],
        3: [came, turned, ("changed", "A", "B", DAYS[2])],
        4: [came, turned, ("changed", "A", "B", DAYS[3]), ("changed", "B", "A", DAYS[3])],
        5: [came, turned, ("removed", "B", "B", DAYS[3])],
        6: [came, ("removed", "A", "A", DAYS[2])],
    }
    assert {n: "".join(one) for n, one in words.items()} == {
        1: "A",
        2: "AB",
        3: "ABA",
        4: "ABAB",
        5: "AB",
        6: "A",
    }
