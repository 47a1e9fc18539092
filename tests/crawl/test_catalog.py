import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.catalog import Catalog, StoredClassification, rows
from crawler.errors import CatalogError
from crawler.gathered import Gathered
from crawler.records import (
    Listing,
    Origin,
    Outcome,
    Package,
    Probe,
    Provenance,
    Remote,
    Server,
    ServerName,
    Tool,
)

DAYS = [f"2026-11-{day:02}T00:00:00+00:00" for day in range(1, 10)]
TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MAYBE = st.none() | TEXT
TOOLS = st.builds(
    Tool,
    server=st.just(ServerName("s")),
    name=TEXT,
    title=MAYBE,
    description=MAYBE,
    input_schema=JSON,
    output_schema=JSON,
    annotations=JSON,
    server_text=st.text(max_size=10),
    extra=st.dictionaries(TEXT, JSON, max_size=2),
)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
SERVERS = st.builds(
    Server,
    name=st.text(min_size=1, max_size=20).map(ServerName),
    title=MAYBE,
    description=MAYBE,
    version=MAYBE,
    status=st.sampled_from(["active", "deprecated", "deleted"]),
    packages=st.lists(
        st.builds(
            Package,
            registry_type=TEXT,
            identifier=TEXT,
            version=MAYBE,
            arguments=NAMES,
            required_inputs=NAMES,
        ),
        max_size=2,
    ).map(tuple),
    remotes=st.lists(
        st.builds(Remote, transport=TEXT, url=TEXT, required_inputs=NAMES), max_size=2
    ).map(tuple),
)


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog.open(tmp_path / "c.db") as opened:
        yield opened


def server(name: str = "s", *tools: Tool, **more: object) -> Gathered:
    return Gathered(server=Server(name=ServerName(name)), tools=tools, **more)


def tool(name: str, description: str | None = None) -> Tool:
    return Tool(server=ServerName("s"), name=name, description=description)


@given(TOOLS)
def test_a_tool_survives_its_row(original: Tool) -> None:
    row = rows.version_row(original)
    back = rows.tool_of("s", row)
    assert back == original
    assert (
        back.definition_sha256
        == Tool(**{f: getattr(original, f) for f in FIELDS}).definition_sha256
    )


FIELDS = (
    "server",
    "name",
    "title",
    "description",
    "input_schema",
    "output_schema",
    "annotations",
    "server_text",
    "extra",
)


@given(SERVERS)
def test_a_server_survives_its_statement(original: Server) -> None:
    assert rows.server_from_json(rows.statement_of(original)) == original


@given(SERVERS, st.booleans(), st.lists(TEXT, max_size=3).map(tuple))
def test_a_listing_keeps_that_its_list_is_not_whole(
    server: Server, truncated: bool, problems: tuple[str, ...]
) -> None:
    about = Provenance(source="file", url="", fetched_at="")
    original = Listing(server=server, provenance=about, truncated=truncated, problems=problems)
    about_row = {"source": "file", "url": "", "last_seen": "", "record_sha256": None, "place": ""}
    statement = rows.stated_in(original)
    assert rows.listing_of(about_row | {"statement": statement}) == original
    assert rows.server_from_json(statement) == server


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(TOOLS, max_size=4))
def test_tools_come_back_from_the_database(tmp_path: Path, tools: list[Tool]) -> None:
    path = tmp_path / "h.db"
    path.unlink(missing_ok=True)
    with Catalog.open(path) as catalog:
        catalog.record_many([server("s", *tools)], now=DAYS[0])
        found = [entry.tool for entry in catalog.tools()]
        again = catalog.record_many([server("s", *tools)], now=DAYS[1])
    assert found == tools
    assert (again.new, again.changed, again.unchanged) == (0, 0, len(tools))


def test_names_equal_but_for_case_and_names_twice(catalog: Catalog) -> None:
    tally = catalog.record_many(
        [server("s", tool("read"), tool("READ"), tool("read", "another"))], now=DAYS[0]
    )
    assert tally.new == 3
    assert [(e.tool.name, e.ordinal) for e in catalog.tools()] == [
        ("read", 0),
        ("READ", 0),
        ("read", 1),
    ]


def test_a_tool_that_changes_vanishes_and_returns(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a", "one"), tool("b"))], now=DAYS[0])
    changed = catalog.record_many([server("s", tool("a", "two"), tool("b"))], now=DAYS[1])
    assert (changed.new, changed.changed, changed.unchanged) == (0, 1, 1)
    gone = catalog.record_many([server("s", tool("a", "two"))], now=DAYS[2])
    assert (gone.removed, gone.unchanged) == (1, 1)
    assert [e.tool.name for e in catalog.tools()] == ["a"]
    (removed,) = [e for e in catalog.tools(include_removed=True) if e.removed_at]
    assert (removed.tool.name, removed.last_seen, removed.removed_at) == ("b", DAYS[1], DAYS[2])
    back = catalog.record_many([server("s", tool("a", "one"), tool("b"))], now=DAYS[3])
    assert (back.new, back.changed) == (1, 1)
    first = next(catalog.tools())
    told = [(v.tool.description, v.first_seen) for v in catalog.history(first.tool_id)]
    assert told == [("one", DAYS[0]), ("two", DAYS[1]), ("one", DAYS[3])]
    assert (first.tool.description, first.first_seen, first.last_seen) == ("one", DAYS[0], DAYS[3])
    events = [(c.kind, c.tool, c.at) for c in catalog.changes(DAYS[1])]
    assert events == [
        ("changed", "a", DAYS[1]),
        ("removed", "b", DAYS[2]),
        ("changed", "a", DAYS[3]),
        ("new", "b", DAYS[3]),
    ]
    told = [(c.kind, c.tool, c.at) for c in catalog.changes("", first=False)]
    assert told == events  # "b" is there again; that "a" and "b" were first seen is left out
    assert len(list(catalog.changes(""))) == len(events) + 2


def test_what_is_due_is_read_as_the_tool_that_was_stored(catalog: Catalog) -> None:
    given = Tool(
        server=server("s").server.name, name="a", description="\ud800 lone", server_text="Bank",
        input_schema={"type": "object", "properties": {"n": {"maximum": 2**70}}}, extra={"x": [1]},
    )  # fmt: skip
    catalog.record_many([server("s", given)], now=DAYS[0])
    (due,) = catalog.unclassified("r", "m")
    assert due.tool == next(catalog.tools()).tool
    assert (due.tool.definition, due.tool.extra) == (given.definition, given.extra)
    assert due.tool.definition_sha256 == given.definition_sha256


def test_a_new_server_text_is_a_new_version_but_no_drift(catalog: Catalog) -> None:
    one = tool("a", "same")
    two = Tool(server=one.server, name="a", description="same", server_text="Bank. Moves money")
    catalog.record_many([server("s", one)], now=DAYS[0])
    tally = catalog.record_many([server("s", two)], now=DAYS[1])
    assert (tally.changed, tally.unchanged) == (0, 1)
    assert next(catalog.tools()).tool.server_text == "Bank. Moves money"
    assert list(catalog.changes(DAYS[1])) == []


def probe(*tools: Tool, outcome: Outcome = Outcome.LISTED, **more: object) -> Probe:
    return Probe(outcome=outcome, tools=tools, started_at=DAYS[0], **more)


def test_what_proves_absence_and_what_does_not(catalog: Catalog) -> None:
    name = ServerName("s")
    catalog.record_probe(name, probe(tool("a"), tool("b")), now=DAYS[0])
    for other in (
        probe(outcome=Outcome.AUTH_REQUIRED),
        probe(outcome=Outcome.TIMEOUT),
        probe(tool("a"), truncated=True),
        probe(tool("a"), dummy_config=True),
    ):
        catalog.record_probe(name, other, now=DAYS[1])
        assert [e.tool.name for e in catalog.tools()] == ["a", "b"]
    tally = catalog.record_probe(name, probe(outcome=Outcome.NO_TOOLS), now=DAYS[2])
    assert tally.removed == 2
    assert list(catalog.tools()) == []
    assert catalog.counts()["probes"] == 6


def test_the_servers_own_answer_beats_what_others_say(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("said"), origin=Origin.DECLARED)], now=DAYS[0])
    catalog.record_probe(ServerName("s"), probe(tool("real")), now=DAYS[1])
    assert [(e.tool.name, e.origin) for e in catalog.tools()] == [("real", "live")]
    catalog.record_many([server("s", tool("said"), origin=Origin.DECLARED)], now=DAYS[2])
    assert [(e.tool.name, e.origin) for e in catalog.tools()] == [("real", "live")]


def test_the_same_definition_told_by_the_server_itself_is_live(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("real"), origin=Origin.STATIC)], now=DAYS[0])
    assert [e.origin for e in catalog.tools()] == ["static"]
    catalog.record_many([server("s", tool("real"), origin=Origin.LIVE)], now=DAYS[1])
    assert [e.origin for e in catalog.tools()] == ["live"]


def listing(source: str, description: str, *packages: Package) -> Listing:
    stated = Server(name=ServerName("s"), description=description, packages=packages)
    return Listing(
        server=stated,
        provenance=Provenance(source=source, url=f"https://{source}.example", fetched_at=DAYS[0]),
    )


def test_listings_are_kept_by_source(catalog: Catalog) -> None:
    npm = Package(registry_type="npm", identifier="x", required_inputs=("KEY",))
    catalog.record_listing(listing("one", "first", npm), now=DAYS[0])
    catalog.record_listing(listing("two", "second"), now=DAYS[1])
    (found,) = catalog.servers()
    assert [entry.server.description for entry in found.listings] == ["first", "second"]
    assert found.listings[0].server.packages == (npm,)
    assert [entry.provenance.fetched_at for entry in found.listings] == DAYS[:2]
    catalog.record_listing(listing("one", "third"), now=DAYS[2])
    (found,) = catalog.servers()
    assert [entry.server.description for entry in found.listings] == ["third", "second"]
    assert catalog.counts()["packages"] == 0


def verdict(version_id: int, ruleset: str = "r1", risk: str = "low") -> StoredClassification:
    return StoredClassification(
        version_id=version_id,
        input_sha256="0" * 64,
        ruleset=ruleset,
        model="m1",
        category="Read",
        risk=risk,
        risk_score=3,
        needs_review=True,
        json_text=json.dumps({"risk": risk}),
    )


def test_verdicts_belong_to_definitions(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a", "one"), tool("b"))], now=DAYS[0])
    todo = [entry.version_id for entry in catalog.unclassified("r1", "m1")]
    assert len(todo) == 2
    assert catalog.record_classifications([verdict(v) for v in todo], now=DAYS[0]) == 2
    assert list(catalog.unclassified("r1", "m1")) == []
    assert len(list(catalog.unclassified("r2", "m1"))) == 2
    assert len(list(catalog.unclassified("r1", "m2"))) == 2
    catalog.record_classifications([verdict(todo[0], "r2", "high")], now=DAYS[1])
    assert [e.classification for e in catalog.tools()] == [{"risk": "high"}, {"risk": "low"}]
    assert [e.classification for e in catalog.tools(ruleset="r1")] == [
        {"risk": "low"},
        {"risk": "low"},
    ]
    assert [e.tool.name for e in catalog.tools(risk="high")] == ["a"]
    assert [e.version_id for e in catalog.unclassified("r1", "m1")] == [todo[0]]
    assert [e.version_id for e in catalog.unclassified("r2", "m1")] == [todo[1]]
    catalog.record_classifications([verdict(todo[0], "r2", "low")], now="2099-01-01T00:00:00Z")
    catalog.record_classifications([verdict(todo[0], "r2", "high")], now=DAYS[1])
    assert [e.classification for e in catalog.tools()] == [{"risk": "high"}, {"risk": "low"}]


def test_a_verdict_by_other_data_of_a_ruleset_takes_the_place_of_the_last(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a"))], now=DAYS[0])
    for rules in ("r1 data-1", "r1 data-2", "r2 data-2", "r1 data-3", "r11 data-3", "r1"):
        catalog.record_classifications([verdict(1, rules)], now=DAYS[0])
    assert list(catalog.unclassified("r1", "m1")) == []
    assert len(list(catalog.unclassified("r1 data-3", "m1"))) == 1
    assert catalog.counts()["classifications"] == 3  # of r1, r2, r11
    assert [e.classification for e in catalog.tools(ruleset="r2")] == [{"risk": "low"}]
    assert [e.classification for e in catalog.tools(ruleset="r3")] == [None]


def test_verdicts_of_a_ruleset_keep_their_order(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a"), tool("b"))], now=DAYS[0])
    todo = [entry.version_id for entry in catalog.unclassified("r1", "m1")]
    catalog.record_classifications([verdict(v) for v in todo], now=DAYS[0])
    catalog.record_classifications([verdict(todo[0], "r2", "high")], now=DAYS[1])
    catalog.record_classifications([verdict(todo[1], "r1", "medium")], now=DAYS[2])
    assert catalog.counts()["classifications"] == 3
    catalog.record_many([server("s", tool("a", "two"), tool("b"))], now=DAYS[3])
    assert [e.tool.description for e in catalog.unclassified("r1", "m1")] == ["two"]
    assert next(catalog.tools()).classification is None


def test_one_may_read_while_writing(catalog: Catalog) -> None:
    catalog.record_many([server("s", *(tool(f"t{n}") for n in range(3000)))], now=DAYS[0])
    for count, entry in enumerate(catalog.unclassified("r1", "m1"), 1):
        if count % 1000 == 0:
            catalog.record_classifications([verdict(entry.version_id)], now=DAYS[1])
    assert count == 3000


def test_verdicts_are_stored_in_few_steps(
    catalog: Catalog, steps: Callable[[Callable[[], object]], int]
) -> None:
    catalog.record_many([server("s", *(tool(f"t{n}") for n in range(4000)))], now=DAYS[0])
    verdicts = [verdict(e.version_id) for e in catalog.unclassified("r1", "m1")]
    small = steps(lambda: catalog.record_classifications(verdicts[:1000]))
    assert steps(lambda: catalog.record_classifications(verdicts[1000:])) < 3 * small + 1000 * 30
    assert catalog.counts()["classifications"] == 4000


def test_deleted_servers_keep_their_tools_to_themselves(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a"))], now=DAYS[0])
    gone = Server(name=ServerName("s"), status="deleted")
    official = Provenance(source="official-registry", url="https://r.example", fetched_at=DAYS[1])
    catalog.record_listing(Listing(server=gone, provenance=official), now=DAYS[1])
    assert list(catalog.tools()) == []
    assert [e.tool.name for e in catalog.tools(include_withdrawn=True)] == ["a"]
    assert [s.server.status for s in catalog.servers()] == ["deleted"]


def refused(path: Path | str, **more: object) -> str:
    with pytest.raises(CatalogError) as caught:
        Catalog.open(path, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, only a text that is long enough " * 40)
    assert "is not a database" in refused(tmp_path / "text.db")
    assert "does not exist" in refused(tmp_path / "none.db", create=False)
    assert "is a directory" in refused(tmp_path)
    assert "its folder does not exist" in refused(tmp_path / "no" / "c.db")
    assert "not supported" in refused("postgresql://h/db")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE songs (id INTEGER)")
    other.close()
    assert "another program" in refused(tmp_path / "other.db")
    with Catalog.open(f"sqlite:///{tmp_path}/newer.db"):
        pass
    with sqlite3.connect(tmp_path / "newer.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    assert "newer toolrisk" in refused(tmp_path / "newer.db")


def damage(path: Path) -> None:
    with Catalog.open(path) as catalog:
        catalog.record_many(
            [server("s", *(tool(f"t{n}", "x" * 400) for n in range(500)))], now=DAYS[0]
        )
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.execute("PRAGMA journal_mode=DELETE")
    plain.close()
    data = bytearray(path.read_bytes())
    data[4096 * 4 :] = b"\xde\xad" * ((len(data) - 4096 * 4) // 2)
    path.write_bytes(data)


def test_a_damaged_database_says_so(tmp_path: Path, toolrisk) -> None:
    damage(tmp_path / "c.db")
    with (
        pytest.raises(CatalogError, match="is damaged"),
        Catalog.open(tmp_path / "c.db") as catalog,
    ):
        list(catalog.tools())
    (tmp_path / "tools.json").write_text('[{"name": "a"}]')
    done = toolrisk("crawl", "tools.json", "--db", "c.db")
    assert done.returncode == 3
    assert "is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_locked_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with Catalog.open(path, busy_seconds=0.2) as catalog:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CatalogError, match="is locked by another program"):
            catalog.record_many([server("s", tool("a"))], now=DAYS[0])
        holder.communicate("\n")
        catalog.record_many([server("s", tool("a"))], now=DAYS[0])


def test_the_views_can_be_read_by_people(catalog: Catalog) -> None:
    catalog.record_probe(ServerName("s"), probe(tool("a")), now=DAYS[0])
    catalog.record_probe(ServerName("s"), probe(tool("a")), now=DAYS[1])
    catalog.record_classifications([verdict(1)], now=DAYS[1])
    with sqlite3.connect(catalog.path) as plain:
        assert plain.execute("SELECT server, tool, last_seen FROM tools").fetchall() == [
            ("s", "a", DAYS[1])
        ]
        assert plain.execute("SELECT tool, risk FROM classified_tools").fetchall() == [("a", "low")]
        assert plain.execute("SELECT server, outcome FROM last_probes").fetchall() == [
            ("s", "listed")
        ]
    plain.close()


def test_a_fingerprint_changes_when_something_does(catalog: Catalog) -> None:
    catalog.record_many([server("s", tool("a")), server("other", tool("a"))], now=DAYS[0])
    first = catalog.fingerprints()
    assert catalog.fingerprints() == first
    catalog.record_classifications([verdict(1)], now=DAYS[0])
    second = catalog.fingerprints()
    catalog.record_classifications([verdict(1)], now=DAYS[2])  # judged again, and the same
    assert catalog.fingerprints() == second
    catalog.record_many([server("s", tool("a", "new"))], now=DAYS[1])
    third = catalog.fingerprints()
    assert first["other"] == second["other"] == third["other"]
    assert len({first["s"], second["s"], third["s"]}) == 3
    (versions,) = catalog.histories("s").values()
    assert [v.tool.description for v in versions] == [None, "new"]
    assert versions == catalog.history(1)
