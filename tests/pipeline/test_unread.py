"""Entries of a list that cannot be read: they are said to be there, and to be unknown."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from crawler.catalog import Catalog
from crawler.crawl import Summary
from crawler.records import Outcome, Probe, ServerName, Tool

NAME = ServerName("io.example/odd")
AT = "2026-11-01T00:00:00+00:00"
NOTE = "1 server lists tools that cannot be read: what they do is unknown"


@pytest.fixture
def db(tmp_path):
    """Return a catalogue with a server that listed one tool well, and one entry that is none."""
    tool = Tool(server=NAME, name="get_note", description="Get a note.")
    problems = ("tools[1]: its name is no text",)
    probe = Probe(outcome=Outcome.LISTED, tools=(tool,), problems=problems, started_at=AT)
    with Catalog.open(tmp_path / "toolrisk.db") as catalog:
        catalog.record_probe(NAME, probe, now=AT)
        fine = Tool(server=ServerName("fine"), name="get_note", description="Get a note.")
        plain = Probe(outcome=Outcome.LISTED, tools=(fine,), started_at=AT)
        catalog.record_probe(ServerName("fine"), plain, now=AT)
    return tmp_path / "toolrisk.db"


def test_commands_say_that_something_is_unknown(db, toolrisk):
    assert NOTE in toolrisk("classify", "--db", db).stderr
    assert NOTE in toolrisk("status", "--db", db).stdout
    for words in (("diff", "2026-01-01"), ("export",)):
        assert NOTE in toolrisk(*words, "--db", db).stderr
    assert NOTE in Summary(unread=1).to_text("x.db")
    assert CUT in Summary(cut=1).to_text("x.db")
    assert "unknown" not in Summary().to_text("x.db")


def pages_of(db, site):
    """What the pages of a catalogue's servers say, by the first part of their names."""
    with Catalog.open(db) as catalog:
        build(CatalogSource(catalog), site)
    told = {}
    for page in (site / "servers").glob("*.html"):
        main = LexborHTMLParser(page.read_text(encoding="utf-8")).css_first("main")
        told[page.stem.partition("-")[0]] = " ".join(main.text().split())
    return told


def test_the_page_of_a_server_does_not_pass_for_all_of_it(db, toolrisk, tmp_path):
    toolrisk("classify", "--db", db)
    told = pages_of(db, tmp_path / "site")
    said = "On 2026-11-01 its list had 1 entry that could not be read: what it does is unknown."
    assert said in told["io"]
    assert "could not be read" not in told["fine"]
    (twin,) = (tmp_path / "site" / "servers").glob("io-*.json")
    assert json.loads(twin.read_text(encoding="utf-8"))["probe"]["unread"] == 1


GOOD = {"name": "get_note", "description": "Get a note.", "inputSchema": {"type": "object"}}
CUT = "1 server lists more tools than were read: what they do is unknown"
PARTS = {
    "malformed": ({"tools": [GOOD, {"name": 7}]}, "a tool needs a name", NOTE),
    "goes on": ({"tools": [GOOD], "nextCursor": "2"}, "longer than is read", CUT),
}


@pytest.fixture
def crawled(tmp_path, toolrisk):
    """Return a function that crawls a file of one whole server and one other into a catalogue."""

    def crawl(odd):
        whole = tmp_path / "whole.json"
        whole.write_text(json.dumps({"tools": [GOOD]}), encoding="utf-8")
        file, path = tmp_path / "odd.json", tmp_path / "files.db"
        file.write_text(json.dumps(odd), encoding="utf-8")
        toolrisk("crawl", whole, file, "--db", path)
        return path

    return crawl


@pytest.mark.parametrize(("odd", "why", "note"), PARTS.values(), ids=PARTS)
def test_the_catalogue_remembers_that_a_file_was_not_whole(crawled, toolrisk, odd, why, note):
    path = crawled(odd)
    assert note in toolrisk("classify", "--db", path).stderr
    assert note in toolrisk("status", "--db", path).stdout
    keys = ("--server-key", "odd.json=odd", "--server-key", "whole.json=whole")
    for words in (("diff", "1d"), ("export",)):
        assert note in toolrisk(*words, "--db", path).stderr
    look = ("classify", "--only-threats")
    for words in (("stack",), ("policy", "--for", "claude-code", *keys), look):
        told = toolrisk(*words, "--db", path, code=3).stderr
        assert [line for line in told.splitlines() if "left out" in line and why in line]
        assert "whole.json:" not in told
    toolrisk("stack", "--db", path, "--server", "odd.json", code=3)
    assert "left out" not in toolrisk("stack", "--db", path, "--server", "whole.json").stderr


@pytest.mark.parametrize(("odd", "why", "note"), PARTS.values(), ids=PARTS)
def test_a_gate_on_the_catalogue_does_not_pass_what_nobody_read(crawled, toolrisk, odd, why, note):
    path = crawled(odd)
    for form in ("table", "json", "sarif"):
        words = ("classify", "--db", path, "--format", form)
        told = toolrisk(*words, "--fail-on", "critical", code=3).stderr
        assert [line for line in told.splitlines() if "left out" in line and why in line]
        assert note not in told
        toolrisk(*words, "--fail-on", "low", code=1)
        assert note in toolrisk(*words).stderr


@pytest.mark.parametrize("odd", [odd for odd, _, _ in PARTS.values()], ids=PARTS)
def test_a_policy_is_not_said_to_have_no_rules_for_a_server_that_is_known_in_part(
    crawled, toolrisk, tmp_path, odd
):
    path = crawled(odd)
    keys = ("--server-key", "odd.json=odd", "--server-key", "whole.json=whole")
    words = ("policy", "--for", "claude-code")
    only = "for the tools that were read only; none for what else is named above"
    done = toolrisk(*words, "--db", path, *keys, code=3)
    assert "mcp__odd__get_note" in done.stdout
    assert f"rules for 2 servers, and of 1 of them {only}\n" in done.stderr
    done = toolrisk(*words, tmp_path / "odd.json", "--server-key", "odd", code=3)
    assert f"rules for 1 server, and {only}\n" in done.stderr


@pytest.mark.parametrize("odd", [odd for odd, _, _ in PARTS.values()], ids=PARTS)
def test_a_grade_says_that_it_is_of_the_tools_that_were_read(crawled, toolrisk, tmp_path, odd):
    path = crawled(odd)
    files = (tmp_path / "odd.json", tmp_path / "whole.json")
    of_read = (
        "A of the 1 tool that was read\t92\todd.json\tno combination of the tools that were read"
    )
    for words in (("--db", path), files):
        text = toolrisk("stack", *words, code=3).stdout
        assert of_read in text
        assert "A\t92\twhole.json\tno combination\n" in text
        servers = json.loads(toolrisk("stack", *words, "--format", "json", code=3).stdout)
        told = {one["server"]: one for one in servers["servers"]}
        assert told["odd.json"]["grade"] is None
        whole = told["whole.json"]["grade"]
        assert told["odd.json"]["grade_of_read"] == {"tools": 1, **whole}
        assert (whole["letter"], told["whole.json"]["grade_of_read"]) == ("A", None)
        toolrisk("stack", *words, "--fail-on", "a", code=1)
    together = toolrisk("stack", *files, code=3).stdout
    assert "together, 2 servers (1 known in part)" in together


def test_of_one_grade_the_server_that_is_known_in_part_comes_first(crawled, toolrisk, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"tools": [GOOD]}), encoding="utf-8")
    path = crawled(PARTS["goes on"][0])
    toolrisk("crawl", tmp_path / "a.json", "--db", path)
    rows = toolrisk("stack", "--db", path, code=3).stdout.splitlines()
    assert [row.split("\t")[2] for row in rows if "json" in row] == [
        "odd.json",
        "a.json",
        "whole.json",
    ]


@pytest.mark.parametrize("odd", [odd for odd, _, _ in PARTS.values()], ids=PARTS)
def test_a_file_that_is_whole_again_is_no_longer_told_of(crawled, toolrisk, odd):
    crawled(odd)
    path = crawled({"tools": [GOOD]})
    assert "what they do is unknown" not in toolrisk("status", "--db", path).stdout
    assert "left out" not in toolrisk("stack", "--db", path).stderr
    assert "left out" not in toolrisk("classify", "--only-threats", "--db", path).stderr
    for words in (("diff", "1d"), ("export",)):
        assert "is unknown" not in toolrisk(*words, "--db", path).stderr


def test_what_the_server_answers_itself_takes_the_place_of_the_file(crawled, toolrisk):
    path = crawled(PARTS["malformed"][0])
    name = ServerName("odd.json")
    answer = Probe(
        outcome=Outcome.LISTED, tools=(Tool(server=name, name="get_note"),), started_at=AT
    )
    with Catalog.open(path) as catalog:
        assert [one.server for one in catalog.incomplete()] == [name]
        catalog.record_probe(name, answer, now=AT)
        assert catalog.incomplete() == []
    toolrisk("stack", "--db", path)


def test_a_live_list_that_was_cut_is_told_of_as_well(tmp_path, toolrisk):
    tool = Tool(server=NAME, name="get_note", description="Get a note.")
    probe = Probe(outcome=Outcome.LISTED, tools=(tool,), truncated=True, started_at=AT)
    path = tmp_path / "live.db"
    with Catalog.open(path) as catalog:
        catalog.record_probe(NAME, probe, now=AT)
    assert CUT in toolrisk("status", "--db", path).stdout
    assert (
        f"left out: {NAME}: the list of tools is longer"
        in toolrisk("stack", "--db", path, code=3).stderr
    )


BROKE_OFF = "the list broke off at page 2 (tools/list was refused: out of <b>memory</b>)"


@pytest.fixture
def broken_off(tmp_path):
    """Return a catalogue with a server whose list broke off at its second page."""
    tool = Tool(server=NAME, name="get_note", description="Get a note.")
    found = Probe(
        outcome=Outcome.LISTED, detail=BROKE_OFF, tools=(tool,), truncated=True, started_at=AT
    )
    with Catalog.open(tmp_path / "broken.db") as catalog:
        catalog.record_probe(NAME, found, now=AT)
    return tmp_path / "broken.db"


def test_a_list_that_broke_off_is_told_with_its_page_and_reason(broken_off, toolrisk):
    told = f"{NAME}: {BROKE_OFF}"
    assert f"{told}: what else is in it is unknown" in toolrisk("status", "--db", broken_off).stdout
    for words in (("classify",), ("diff", "2026-01-01"), ("export",)):
        assert f"toolrisk: {told}: what" in toolrisk(*words, "--db", broken_off).stderr
    for words in (("stack",), ("classify", "--fail-on", "critical")):
        said = toolrisk(*words, "--db", broken_off, code=3).stderr
        assert f"left out: {told}\n" in said
        assert "longer than is read" not in said
    status = json.loads(toolrisk("status", "--db", broken_off, "--format", "json").stdout)
    counts = {key: status["counts"][f"{key}_servers"] for key in ("unread", "cut", "broken_off")}
    assert counts == {"unread": 0, "cut": 0, "broken_off": 1}


def test_a_page_tells_of_a_list_that_broke_off(broken_off, toolrisk, tmp_path):
    toolrisk("classify", "--db", broken_off)
    told = pages_of(broken_off, tmp_path / "site")["io"]
    assert f"On 2026-11-01 {BROKE_OFF}: what else is in it is unknown." in told
    assert f"List of tools{BROKE_OFF}" in told.replace("List of tools ", "List of tools")
    assert "more tools than were read" not in told
    (twin,) = (tmp_path / "site" / "servers").glob("io-*.json")
    assert json.loads(twin.read_text(encoding="utf-8"))["probe"]["broke_off"] == BROKE_OFF


def test_of_many_lists_that_broke_off_the_first_are_told():
    lists = [(f"s{number}", BROKE_OFF) for number in range(7)]
    lines = Summary(broken_off=lists).to_text("x.db").splitlines()
    assert f"s4: {BROKE_OFF}: what else is in it is unknown" in lines
    assert "and 2 more lists broke off: what else is in them is unknown" in lines
    assert not [line for line in lines if line.startswith("s5")]


def test_the_summary_of_a_crawl_counts_lists_that_are_known_in_part(tmp_path, toolrisk):
    (tmp_path / "odd.json").write_text(json.dumps({"tools": [GOOD, {"name": 7}]}), encoding="utf-8")
    (tmp_path / "cut.json").write_text(
        json.dumps({"tools": [GOOD], "nextCursor": "2"}), encoding="utf-8"
    )
    told = {}
    for name in ("odd", "cut"):
        file, path = tmp_path / f"{name}.json", tmp_path / f"{name}.db"
        told[name] = json.loads(toolrisk("crawl", file, "--db", path, "--format", "json").stdout)
    assert told["odd"]["known_in_part"] == {"unread": 1, "cut": 0, "broken_off": []}
    assert told["cut"]["known_in_part"] == {"unread": 0, "cut": 1, "broken_off": []}
    broken = Summary(broken_off=[("s", BROKE_OFF)]).to_json()["known_in_part"]
    assert broken["broken_off"] == [{"server": "s", "detail": BROKE_OFF}]
    assert "known_in_part" not in Summary().to_json()


def test_only_the_server_whose_list_goes_on_is_in_part(tmp_path, toolrisk):
    servers = {"one": {"tools": [GOOD], "nextCursor": "2"}, "two": {"tools": [GOOD]}}
    file, path = tmp_path / "both.json", tmp_path / "both.db"
    file.write_text(json.dumps(servers), encoding="utf-8")
    toolrisk("crawl", file, "--db", path)
    with Catalog.open(path) as catalog:
        assert [(one.server, one.truncated) for one in catalog.incomplete()] == [("one", True)]


def test_the_page_of_a_server_from_a_file_does_not_pass_for_all_of_it(crawled, toolrisk, tmp_path):
    path = crawled({"tools": [GOOD, {"name": 7}], "nextCursor": "2"})
    toolrisk("classify", "--db", path)
    told = pages_of(path, tmp_path / "site")
    assert "its list had 1 entry or more that could not be read" in told["odd"]
    assert "its list had more tools than were read" in told["odd"]
    assert "Grade A of the 1 tool that was read, 92 of 100" in told["odd"]
    assert (
        "No combination was found among the tools that were read: no tool of those" in told["odd"]
    )
    assert "Grade A, 92 of 100" in told["whole"]
    assert "is unknown" not in told["whole"]
    (twin,) = (tmp_path / "site" / "servers").glob("odd-*.json")
    stated = json.loads(twin.read_text(encoding="utf-8"))["stated"]
    assert (stated["unread"], stated["truncated"]) == (1, True)


def test_a_report_of_threats_in_a_catalogue_names_the_list_that_goes_on(crawled, toolrisk):
    path = crawled({"tools": [GOOD], "nextCursor": "2"})
    words = ("classify", "--only-threats", "--db", path, "--format", "sarif")
    (run,) = json.loads(toolrisk(*words, code=3).stdout)["runs"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "odd.json: the list of tools is longer" in told["message"]["text"]


def test_a_server_that_answers_no_more_is_still_known_in_part(db, toolrisk, tmp_path):
    later = "2026-11-08T00:00:00+00:00"
    with Catalog.open(db) as catalog:
        gone = Probe(outcome=Outcome.TIMEOUT, started_at=later)
        for name in (NAME, ServerName("fine")):
            catalog.record_probe(name, gone, now=later)
        assert [one.server for one in catalog.incomplete()] == [NAME]
    assert NOTE in toolrisk("status", "--db", db).stdout
    told = toolrisk("stack", "--db", db, code=3).stderr
    assert f"left out: {NAME}: tools[1]: its name is no text" in told
    toolrisk("classify", "--db", db)
    pages = pages_of(db, tmp_path / "site")
    assert "On 2026-11-01 its list had 1 entry or more that could not be read" in pages["io"]
    assert "could not be read" not in pages["fine"]


def test_a_whole_list_ends_what_was_told_of_the_one_before(db):
    later = "2026-11-08T00:00:00+00:00"
    tool = Tool(server=NAME, name="get_note", description="Get a note.")
    with Catalog.open(db) as catalog:
        catalog.record_probe(NAME, Probe(outcome=Outcome.TIMEOUT, started_at=later), now=later)
        whole = Probe(outcome=Outcome.LISTED, tools=(tool,), started_at=later)
        catalog.record_probe(NAME, whole, now=later)
        assert catalog.incomplete() == []
        assert [one.kept for one in catalog.servers()] == [None, None]


def test_a_catalogue_of_servers_that_told_nothing_is_not_judged_in_silence(tmp_path, toolrisk):
    path = tmp_path / "toolrisk.db"
    with Catalog.open(path) as catalog:
        catalog.record_probe(NAME, Probe(outcome=Outcome.TIMEOUT, started_at=AT), now=AT)
    said = "holds no tools, so nothing was judged; `toolrisk status` says why"
    for form, printed in (("table", ""), ("json", "[]")):
        done = toolrisk("classify", "--db", path, "--format", form)
        assert said in done.stderr
        assert done.stdout.strip() == printed


def test_a_catalogue_with_tools_is_not_said_to_be_without(db, toolrisk):
    assert "holds no tools" not in toolrisk("classify", "--db", db).stderr
