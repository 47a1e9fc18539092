"""A server's page says what its tools can do together as `toolrisk stack` does, and its grade."""

import json
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.pages.profiles import meaning
from classifier.rule import Profile

STACK = Path(__file__).parents[1] / "stacks" / "code_host.json"


@pytest.fixture
def toolrisk(run_here, tmp_path):
    """Return a function that runs `toolrisk` and returns what it printed."""

    def run(*words):
        done = run_here(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def page_of(toolrisk, tmp_path, tools):
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    db = tmp_path / "c.db"
    toolrisk("crawl", tmp_path / "tools.json", "--db", db)
    toolrisk("classify", "--db", db)
    toolrisk("pages", "--db", db, "--out", tmp_path / "site")
    pages = [p for p in (tmp_path / "site" / "servers").glob("*.html") if p.name != "index.html"]
    (page,) = pages
    return LexborHTMLParser(page.read_text())


def test_the_page_names_the_trifecta_and_the_rules_that_break_it(toolrisk, tmp_path):
    tools = json.loads(STACK.read_text())
    html = page_of(toolrisk, tmp_path, tools)
    told = json.loads(toolrisk("stack", "--db", tmp_path / "c.db", "--format", "json"))
    heading = html.css_first("#combinations")
    assert heading is not None
    titles = [h.text() for h in html.css("h3")]
    assert "Lethal trifecta" in titles
    text = " ".join(html.css_first("main").text().split())
    shut = [one["tool"] for one in told["servers"][0]["shut"]]
    assert shut
    for tool in shut:
        assert f"a person before {tool}" in text or f", {tool}" in text
    grade = told["servers"][0]["grade"]
    assert f"Grade {grade['letter']}, {grade['points']} of 100: start +100" in text


def test_a_harmless_server_has_no_combination_and_a_grade(toolrisk, tmp_path):
    add = {
        "name": "add",
        "description": "Adds two numbers.",
        "inputSchema": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        },
    }
    html = page_of(toolrisk, tmp_path, {"tools": [add]})
    text = " ".join(html.css_first("main").text().split())
    assert "Grade A" in text
    assert "No combination was found" in text
    assert "Lethal trifecta" not in text


def test_what_the_policy_breaks_is_said_of_the_tools_of_that_leg_alone(toolrisk, tmp_path):
    text = {"type": "object", "properties": {"text": {"type": "string"}}}
    said = {
        "read_issue_comments": "Read the comments that anybody wrote on a public issue.",
        "delete_records": "Permanently delete every record. Cannot be undone.",
        "stop_pump": "Stop the insulin pump.",
    }
    tools = [{"name": n, "description": d, "inputSchema": text} for n, d in said.items()]
    html = page_of(toolrisk, tmp_path, {"tools": tools})
    page = " ".join(html.css_first("main").text().split())
    assert "every tool counted here for lasting harm waits for a person or is refused." in page
    assert meaning(Profile.RECOMMENDED) in page
    assert "cannot be undone asks" not in page
    limited = html.css_first("table.counts tbody tr").css("td")[1].text()
    assert limited == "1"  # the pump, which no leg counts and no sentence may promise a person for
