"""A real site, looked at again: on every tool page, the sentence, each snippet, the answers and
the machine twin say the same about calls. The snippets are taken out of the HTML and executed."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.enforcement.agreement import disagreements
from classifier.intent import Decision, Intent, Limit, effect
from classifier.pages.control import server_key
from classifier.policies import Output, module_of, target

TOOLS = [
    {"name": "get_weather", "description": "Get the weather of a city."},
    {"name": "create_note", "description": "Create a note in the notebook."},
    {"name": "delete_note", "description": "Permanently delete a note. This cannot be undone."},
    {"name": "run_script", "description": "Run a script given by the caller on the host."},
    {"name": "send_mail", "description": "Send a mail to a person."},
    {"name": "uuid", "description": "Make a random identifier."},
    {"name": "junk", "description": ""},
    {"name": "a.b", "description": "Delete every file of the disk for ever."},
    {"name": "x<script>", "description": "List the cities."},
]


@pytest.fixture(scope="module")
def site(run_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    path, db, out = folder / "tools.json", folder / "tools.db", folder / "out"
    path.write_text(json.dumps(TOOLS), encoding="utf-8")
    for words in (
        ("crawl", path, "--db", db),
        ("classify", "--db", db),
        ("pages", "--db", db, "--out", out),
    ):
        done = run_here(*words, cwd=folder)
        assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site):
    found = []
    for twin in sorted((site / "tools").rglob("*.json")):
        page = twin.with_suffix(".html")
        if page.is_file():
            found.append((json.loads(twin.read_text()), LexborHTMLParser(page.read_text())))
    assert {twin["tool"] for twin, _ in found} == {tool["name"] for tool in TOOLS}
    return found


def texts_of(node):
    """The sentences of a panel, without the snippet and the remarks about other things."""
    return [p.text() for p in node.css("p") if "file-name" not in (p.attributes.get("class") or "")]


def panels_of(html):
    ids = [i.attributes["id"] for i in html.css("fieldset.tabs input[name=target]")]
    return dict(zip((i.removeprefix("t-") for i in ids), html.css("div.panel"), strict=True))


def meant(twin):
    """The intent that the machine twin publishes."""
    policy = twin["policy"]
    limit = policy["limit"]
    if limit is not None:
        limit = Limit(limit["max"], limit["window"])
    return Intent(
        server=twin["server"],
        tool=twin["tool"],
        decision=Decision(policy["decision"]),
        limit=limit,
        reason=policy["reason"],
    )


def test_page_twin_and_questions_state_one_effect(pages):
    for twin, html in pages:
        intent = meant(twin)
        sentence = effect(intent)
        assert twin["policy"]["effect"] == sentence
        control = html.css_first("#control").text()
        assert sentence in control
        assert intent.reason in control
        questions = html.css_first("#questions").text()
        assert sentence in questions
        others = {effect(Intent(server="", tool="", decision=d)) for d in Decision if d != "limit"}
        assert not [other for other in others - {sentence} if other in questions]


def test_every_snippet_on_every_page_does_what_its_sentence_says(pages):
    looked_at = 0
    for twin, html in pages:
        panels = panels_of(html)
        intent = meant(twin)
        for target_id, panel in panels.items():
            code = panel.css_first("code")
            if code is None:
                continue  # refused, with the reason on the page
            stated = " ".join(texts_of(panel))
            (effective,) = [
                candidate for candidate in candidates(intent) if effect(candidate) in stated
            ] or [None]
            assert effective is not None, (twin["tool"], target_id, stated)
            output = Output(
                target=target(target_id),
                text=code.text(),
                file_name="",
                language="",
                approximations=(),
                not_enforced=(),
                notes=(),
                effective={(server_key(target_id, twin["server"]), twin["tool"]): effective},
            )
            module = module_of(target_id)
            found = list(
                disagreements(
                    module, output, server_key(target_id, twin["server"]), twin["tool"], [stated]
                )
            )
            assert found == [], (twin["tool"], target_id)
            if "deny" in target(target_id).expresses:
                assert effective.decision.rank >= min(intent.decision.rank, Decision.DENY.rank)
            looked_at += 1
    assert looked_at >= len(TOOLS) * 14


def candidates(intent):
    """Every effect that a target may state for an intent."""
    for decision in Decision:
        if decision is not Decision.LIMIT:
            yield Intent(server=intent.server, tool=intent.tool, decision=decision)
    if intent.decision is Decision.LIMIT:
        yield intent
