"""A server's page says what its tools can do together as `toolrisk stack` does, and its grade."""

import json
import subprocess
import sys
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

STACK = Path(__file__).parents[1] / "stacks" / "code_host.json"


def toolrisk(*words):
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *map(str, words)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def page_of(tmp_path, tools):
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    db = tmp_path / "c.db"
    toolrisk("crawl", tmp_path / "tools.json", "--db", db)
    toolrisk("classify", "--db", db)
    toolrisk("pages", "--db", db, "--out", tmp_path / "site")
    pages = [p for p in (tmp_path / "site" / "servers").glob("*.html") if p.name != "index.html"]
    (page,) = pages
    return LexborHTMLParser(page.read_text())


def test_the_page_names_the_trifecta_and_the_rules_that_break_it(tmp_path):
    tools = json.loads(STACK.read_text())
    html = page_of(tmp_path, tools)
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


def test_a_harmless_server_has_no_combination_and_a_grade(tmp_path):
    add = {
        "name": "add",
        "description": "Adds two numbers.",
        "inputSchema": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        },
    }
    html = page_of(tmp_path, {"tools": [add]})
    text = " ".join(html.css_first("main").text().split())
    assert "Grade A" in text
    assert "No combination was found" in text
    assert "Lethal trifecta" not in text
