"""Reports in the forms of others, each checked by the reader that it is for."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from markdown_it import MarkdownIt

from classifier.engine import Options, classify_many
from classifier.pipeline import junit, markdown, sarif, spreadsheet
from classifier.pipeline.findings import Report, rows
from classifier.pipeline.plain import in_line
from classifier.verdict import Risk
from crawler.records import ServerName, Tool

HOSTILE = "x\u202e|`a``b` <b>&\"' @octocat #1 [a](http://evil.example) {0} \ud83d\ude00 \x1b[31m\x00\r\n=1"
DELETE = {
    "name": "delete_repo",
    "description": 'Permanently delete a repository.\nSay "yes" \N{GRINNING FACE} first; then delete everything in it.',
    "inputSchema": {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "Path of the repository on disk"},
            "owner/name": {"type": "string"},
        },
    },
}  # fmt: skip
READ = {"name": "list_colours", "description": "List the colours of the palette."}
SHELL = {"name": "=cmd|' /C calc'!A0", "description": "Run any shell command on the host."}
PUBLISHED = Path(__file__).parents[3] / "shared" / "schemas" / "sarif-2.1.0.json"


def parse_xml(text):
    return ET.fromstring(text)  # noqa: S314 - our own output


def report(*tools, **options):
    results = classify_many(tools, Options(use_reviews=False))
    triples = ((tool, result, None) for tool, result in zip(tools, results, strict=True))
    return Report(list(rows(triples)), **options)


def hostile():
    return Tool(
        server=ServerName(HOSTILE),
        name=f"delete_all_{HOSTILE}",
        description=f"Delete everything. {HOSTILE}",
    )


@pytest.fixture(scope="module")
def published():
    if not PUBLISHED.exists():
        pytest.skip("the published SARIF schema is not beside the checkout")
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def slice_of(text, region):
    lines = text.split("\n")
    assert region["startLine"] == region["endLine"]
    return lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]


@pytest.mark.parametrize("layout", [{"indent": 2}, {}, {"indent": 1, "ensure_ascii": False}])
def test_sarif_is_valid_and_points_to_the_words(toolrisk, tools_file, published, layout, tmp_path):
    file = tools_file(READ, DELETE, SHELL, server="git", **layout)
    log = json.loads(toolrisk("classify", file.name, "--format", "sarif", cwd=tmp_path).stdout)
    published.validate(log)
    run = log["runs"][0]
    text = file.read_text(encoding="utf-8")
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    seen = set()
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "tools.json"
        words = slice_of(text, physical["region"])
        seen.add((result["ruleId"], words))
        assert result["properties"]["tool"] in {"delete_repo", SHELL["name"]}
    assert ("path-parameter", '"path"') in seen
    assert any(rule == "destructive" and words.lower() == "delete" for rule, words in seen)
    assert len({r["partialFingerprints"][sarif.FINGERPRINT] for r in run["results"]}) == len(
        run["results"]
    )


def test_sarif_names_the_taxa_of_its_rules(published):
    log = json.loads(sarif.write(report(hostile())))
    published.validate(log)
    run = log["runs"][0]
    taxa = [{taxon["id"] for taxon in one["taxa"]} for one in run["taxonomies"]]
    pointed = 0
    for rule in run["tool"]["driver"]["rules"]:
        for relation in rule.get("relationships", ()):
            target = relation["target"]
            assert target["id"] in taxa[target["toolComponent"]["index"]]
            pointed += 1
    assert pointed > 10


def test_sarif_messages_make_no_links_and_hold_nothing_unseen(published):
    log = json.loads(sarif.write(report(hostile())))
    published.validate(log)
    for result in log["runs"][0]["results"]:
        text = result["message"]["text"]
        assert text.isprintable()
        assert "[a](" not in text.replace("\\[", "(").replace("\\]", ")")
        assert "{0}" not in text.replace("{{0}}", "")


@pytest.mark.parametrize(
    "server", ["@scope/pkg", "../..", "..", "https://h.example/mcp", HOSTILE, "\ud800"]
)
def test_what_stands_in_no_file_has_a_path_that_code_scanning_takes(published, server):
    """One result without `physicalLocation`, or with another scheme, and the upload is refused."""
    tool = Tool(server=ServerName(server), name="delete_repo", description="Delete a repository.")
    made = report(tool)
    made.extra.append(replace(made.rows[0].entries[0], tool=""))
    log = json.loads(sarif.write(made))
    published.validate(log)
    results = log["runs"][0]["results"]
    assert len(results) > 1
    for result in results:
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        folder, _, name = physical["artifactLocation"]["uri"].partition("/")
        assert (folder, physical["region"]["startLine"]) == ("mcp-servers", 1)
        assert name.strip(".")
        assert not set(name) & set("/\\:?#[] ")
        said = physical["artifactLocation"]["description"]["text"]
        assert said.isprintable()
    kinds = [r["locations"][0]["logicalLocations"][0]["kind"] for r in results]
    assert (kinds[0], kinds[-1]) == ("function", "module")


def test_a_fingerprint_survives_wording_and_place():
    one = report(Tool(server=ServerName("s"), name="delete_repo", description="Delete a repo."))
    two = report(
        Tool(server=ServerName("s"), name="get_x", description="Get x."),
        Tool(server=ServerName("s"), name="delete_repo", description="Delete one repo, for good."),
    )
    before = {e.fingerprint for _, e in one.entries() if e.rule == "destructive"}
    assert before == {e.fingerprint for _, e in two.entries() if e.rule == "destructive"}
    assert len(before) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"tools": [{"tool": "delete_x", "description": "Delete x.", "input_schema": {}}]}',
        '[{"result": {"tools": [{"name": "delete_x", "description": "Delete x."}]}}]',
        '{"name": "delete_x", "description": "Delete x."}\n{"name": "get_y"}\n',
        '{"srv": {"tools": {"delete_x": {"description": "Delete x."}}}}',
        '{"manifest_version": "1", "name": "delete_x", "tools": [{"name": "delete_x", "description": "Delete x."}]}',
    ],
)
def test_every_form_of_file_has_places(toolrisk, tmp_path, text):
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    log = json.loads(toolrisk("classify", "t.json", "--format", "sarif", cwd=tmp_path).stdout)
    found = {
        slice_of(text, r["locations"][0]["physicalLocation"]["region"])
        for r in log["runs"][0]["results"]
        if r["ruleId"] == "destructive"
    }
    assert found <= {"delete", "Delete", '"Delete x."', '"delete_x"', "{"}
    assert found & {"delete", "Delete"} or "delete_x" in text


def test_junit_fails_where_the_gate_would(toolrisk, tools_file):
    file = tools_file(READ, DELETE, {"name": HOSTILE.replace("\x00", ""), "description": "Get."})
    root = parse_xml(toolrisk("classify", file, "--format", "junit").stdout)
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert len(cases) == 3
    assert cases["delete_repo"].find("failure") is not None
    assert cases["list_colours"].find("failure") is None
    assert root.get("tests") == "3"
    assert int(root.get("failures")) == len(list(root.iter("failure")))


@pytest.mark.parametrize("level", [Risk.LOW, Risk.MEDIUM])
def test_every_report_holds_what_fails_below_high(level):
    """A gate that stops with nothing in code scanning leaves nobody anything to look at."""
    tool = Tool(server=ServerName("s"), name="create_note", description="Creates a note.")
    made = report(tool, fail_on=level)
    assert made.rows[0].result.risk is Risk.MEDIUM
    assert made.fails()
    rules = [r["ruleId"] for r in json.loads(sarif.write(made))["runs"][0]["results"]]
    assert "tool-risk" in rules
    (row,) = csv.DictReader(io.StringIO(spreadsheet.write(made), newline=""))
    assert row["new"].split()[0] == "tool-risk"
    assert "tool-risk (medium)" in parse_xml(junit.write(made)).find(".//failure").text
    assert "**medium**" in markdown.write(made)


@pytest.mark.parametrize("level", [None, Risk.HIGH, Risk.CRITICAL])
def test_the_level_of_a_tool_that_passes_is_shown_from_high_on(level):
    words = {"create_note": "Creates a note.", "run_shell": "Run any shell command on the host."}
    tools = [Tool(server=ServerName("s"), name=n, description=d) for n, d in words.items()]
    made = report(*tools, fail_on=level)
    shown = {entry.tool for _, entry in made.entries() if entry.rule == "tool-risk"}
    assert shown == {"run_shell"}


def test_junit_holds_any_text():
    text = junit.write(report(hostile(), fail_on=Risk.LOW))
    root = parse_xml(text)
    assert root.find("testsuite/testcase/failure") is not None
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_what_could_not_be_looked_at_is_an_error_in_junit():
    one = report()
    one.skipped = ["srv: timeout: no answer"]
    root = parse_xml(junit.write(one))
    assert root.get("errors") == "1"
    assert root.find("testsuite/testcase/error").get("message") == "srv: timeout: no answer"


def test_markdown_shows_hostile_names_as_code_only():
    text = markdown.write(report(hostile(), fail_on=Risk.LOW))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inline for child in token.children}
    assert "code_inline" in kinds
    assert not kinds & {"link_open", "image", "html_inline"}
    outside = "".join(c.content for t in inline for c in t.children if c.type == "text")
    assert "octocat" not in outside
    assert "evil" not in outside
    assert "\u202e" not in text
    assert sum(token.type == "tr_open" for token in tokens) == 2


@pytest.mark.parametrize("text", ["`", "``", "a`", "`a", "a``b`", "|", "\\|", " ", "``` ```"])
def test_any_text_stays_inside_its_code_span(text):
    table = f"| a | b |\n|---|---|\n| {markdown.code(text, 50, table=True)} | end |\n"
    tokens = MarkdownIt("commonmark").enable("table").parse(table)
    cells = [t.content for t in tokens if t.type == "inline"]
    assert cells[-1] == "end"
    assert len(cells) == 4


def test_a_comment_never_grows_too_long():
    many = [Tool(server=ServerName("s" * 50), name=f"delete_{i}" + "`" * 60) for i in range(300)]
    text = markdown.write(report(*many))
    assert len(text) < 65_536 / 2
    assert "And 240 more tools." in text


def test_csv_holds_no_formula():
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '"=1', "\uff1d1", "\r=1", "|x", "fine"]
    tools = [Tool(server=ServerName(n), name=n, description=n) for n in names]
    table = list(csv.reader(io.StringIO(spreadsheet.write(report(*tools)), newline="")))
    assert tuple(table[0]) == spreadsheet.COLUMNS
    assert len(table) == len(names) + 1
    for row in table[1:]:
        for value in row:
            assert value.lstrip(" \"'")[:1] not in set("=+-@|\uff1d") or value.startswith("'")
            assert "\n" not in value
            assert "\r" not in value
    assert table[-1][:2] == ["fine", "fine"]


def test_a_name_with_a_lone_surrogate_breaks_no_format():
    broken = Tool(server=ServerName("s"), name="delete_\ud800", description="Delete \udfff x.")
    one = report(broken, fail_on=Risk.LOW)
    for module in (sarif, junit, markdown, spreadsheet):
        module.write(one).encode()


@pytest.mark.parametrize("form", [sarif, markdown, junit])
def test_a_line_break_in_a_name_makes_it_no_other_name(form):
    both = [
        Tool(server=ServerName("s"), name=name, description="Deletes everything for good.")
        for name in ("wipe it", "wipe\nit", "wipe\tit")
    ]
    alone = {form.write(report(one)) for one in both}
    assert len(alone) == len(both)


def test_a_name_is_shown_in_a_line_with_its_breaks_named():
    assert in_line("wipe it") == "wipe it"
    assert (
        in_line("wipe\nit\u2028now\u3000\U0001f600") == "wipe[U+000A]it[U+2028]now\u3000\U0001f600"
    )
