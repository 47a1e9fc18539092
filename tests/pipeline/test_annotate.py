"""The hints that a tool should carry: with quotes where the definition speaks, cautious elsewhere."""

import json

import pytest

from classifier.engine import Options, classify
from classifier.pipeline.hints import DEFAULTS, HINTS, advise
from classifier.signals import detectors
from classifier.verdict import Category, Finding
from crawler.parse import parse_tool
from crawler.records import ServerName


def advice(name, description, properties=(), **annotations):
    wire = {"name": name, "description": description}
    if properties:
        wire["inputSchema"] = {
            "type": "object",
            "properties": {p: {"type": "string"} for p in properties},
        }
    if annotations:
        wire["annotations"] = annotations
    tool = parse_tool(ServerName("s"), wire)
    return advise(tool, classify(tool, Options(use_reviews=False)))


@pytest.mark.parametrize(
    ("name", "description", "properties", "expected"),
    [
        ("list_shades", "List the shades of the palette.", (), (True, False, True, True)),
        ("delete_file", "Permanently delete a file.", ("path",), (False, True, True, False)),
        ("update_ticket", "Update the title of a ticket.", (), (False, True, True, True)),
        ("create_ticket", "Create a ticket in a project.", (), (False, False, False, True)),
        ("send_email", "Send an email to someone.", ("to",), (False, True, False, True)),
        ("run_shell", "Run any shell command on the host.", ("command",), (False, True, False, True)),
        ("convert_units", "Convert miles to kilometres.", (), (True, False, True, False)),
        ("sync_folder", "Sync a folder; extra files in the target disappear.", (), (False, True, False, True)),
        ("create_table", "Create a table; one of that name is dropped first.", (), (False, True, False, True)),
    ],
)  # fmt: skip
def test_hints_follow_from_the_definition(name, description, properties, expected):
    assert tuple(advice(name, description, properties).suggested[h] for h in HINTS) == expected


@pytest.mark.parametrize(
    ("description", "properties", "only_adds"),
    [
        ("Copy the new files to the target.", (), True),
        ("Copy the new files to the target; the others disappear.", (), False),
        ("Copy the new files.\n\nArgs:\n  target: where files are replaced", (), False),
        ("Copy the new files to an empty, clean folder.", (), True),
        ("Copy the new files to the target.", ("overwrite",), False),
    ],
)
def test_what_may_lose_something_is_not_said_only_to_add(description, properties, only_adds):
    (reason,) = [
        one
        for one in advice("copy_files", description, properties).reasons
        if one.hint == "destructiveHint"
    ]
    assert (reason.value, reason.sure) == (not only_adds, only_adds)
    assert reason.evidence


def test_a_value_other_than_the_default_has_a_quote_behind_it():
    for name in (
        "list_colours",
        "delete_file",
        "create_ticket",
        "convert_units",
        "frobnicate",
        "x",
    ):
        found = advice(name, f"{name.replace('_', ' ')}.", ("path",))
        quoted = {r.hint: bool(r.evidence) for r in found.reasons}
        for reason in found.reasons:
            follows = (
                reason.hint in {"destructiveHint", "idempotentHint"} and quoted["readOnlyHint"]
            )
            assert reason.value is DEFAULTS[reason.hint] or reason.evidence or follows


def test_every_quote_stands_in_the_definition():
    found = advice("delete_file", "Permanently delete a file from disk.", ("path",))
    for reason in found.reasons:
        for quote in reason.evidence:
            value = found.tool.definition
            for part in quote.pointer.split("/")[1:]:
                value = value[part]
            assert quote.start == quote.end or value[quote.start : quote.end] == quote.text


def test_a_lie_is_a_conflict_and_is_replaced():
    found = advice(
        "delete_file", "Permanently delete a file.", readOnlyHint=True, openWorldHint=True
    )
    assert "readOnlyHint" in found.conflicts
    assert {"op": "replace", "path": "/annotations/readOnlyHint", "value": False} in found.patch()


@pytest.mark.parametrize(
    ("name", "description", "properties", "hints"),
    [
        ("run_python", "Run Python code.", ("code",), {"readOnlyHint": True}),
        (
            "run_shell",
            "Run any shell command on the host.",
            ("command",),
            {"destructiveHint": False},
        ),
        ("order_status", "Get the status of an order.", (), {"readOnlyHint": True}),
        ("list_colours", "List the colours.", (), {"readOnlyHint": True, "destructiveHint": False}),
        ("delete_file", "Permanently delete a file.", ("path",), {"destructiveHint": False}),
    ],
)
def test_the_advice_and_the_signal_say_the_same_of_a_lie(name, description, properties, hints):
    found = advice(name, description, properties, **hints)
    lies = {"readOnlyHint", "destructiveHint"} & set(found.conflicts)
    assert bool(lies) is found.result.has("annotation-conflict")


def test_where_signals_and_category_disagree_nobody_is_called_a_liar():
    found = advice("list_colours", "List the colours.", readOnlyHint=True, destructiveHint=False)
    quote = found.result.evidence[:1]
    signal = next(d.signal for d in detectors() if d.signal.id == "destructive")
    doubted = found.result._replace(findings=(Finding(signal=signal, evidence=quote),))
    assert advise(found.tool, doubted).conflicts == []


def test_what_runs_code_is_not_said_to_stay_inside():
    told = "Evaluates the expression and returns what it gives, Python syntax."
    found = advice("echo", told, ("expression",))
    assert found.result.category is Category.OTHER
    assert found.suggested["destructiveHint"] is True
    assert found.suggested["openWorldHint"] is True


def test_what_is_not_settled_keeps_the_authors_word():
    found = advice("frobnicate", "Frobnicate the quux.", readOnlyHint=True, openWorldHint=False)
    unsure = {r.hint for r in found.reasons if not r.sure}
    assert not unsure & set(found.conflicts)
    for hint in unsure & set(found.declared):
        assert found.suggested[hint] is found.declared[hint]


@pytest.mark.parametrize("name", ["x", "frobnicate_quux"])
def test_what_says_too_little_is_no_ground_for_a_hint(name):
    found = advice(name, "")
    assert found.result.needs_review
    first = found.reasons[0]
    assert (first.value, first.sure, first.evidence) == (False, False, ())
    assert "does not settle it" in first.text


def test_a_hint_that_is_no_boolean_is_missing():
    found = advice("list_colours", "List the colours.", readOnlyHint="true")
    assert "readOnlyHint" in found.missing
    assert {"op": "replace", "path": "/annotations/readOnlyHint", "value": True} in found.patch()


def test_the_patch_leads_to_a_tool_with_nothing_to_say(toolrisk, tools_file):
    wire = {
        "name": "create_ticket",
        "description": "Create a ticket.",
        "annotations": {"title": "New"},
    }
    toolrisk("annotate", tools_file(wire), "--check", code=1)
    row = json.loads(toolrisk("annotate", tools_file(wire), "--format", "json").stdout)
    for operation in row["patch"]:
        wire["annotations"][operation["path"].rpartition("/")[2]] = operation["value"]
    done = toolrisk("annotate", tools_file(wire), "--check")
    assert done.stdout.strip().endswith("as it should be")


def test_text_is_harmless(toolrisk, tools_file):
    evil = {
        "name": "delete_\x1b[2J\u202e",
        "description": "Delete.",
        "annotations": {"\x1b": "\u202e"},
    }
    done = toolrisk("annotate", tools_file(evil))
    assert all(line.isprintable() for line in done.stdout.splitlines())


CAREFUL = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": True}  # fmt: skip


@pytest.mark.parametrize("hint", CAREFUL)
def test_a_more_careful_hint_of_the_vendor_is_left_as_it_is(hint):
    plain = ("list_shades", "List the shades of the palette.")
    found = advice(*plain, **{hint: CAREFUL[hint]})
    assert found.suggested[hint] is CAREFUL[hint]
    assert found.conflicts == []
    assert all(change["path"] != f"/annotations/{hint}" for change in found.patch())


def test_who_says_that_a_call_changes_something_is_not_told_that_it_destroys_nothing():
    found = advice("list_shades", "List the shades of the palette.", readOnlyHint=False)
    assert (found.suggested["readOnlyHint"], found.suggested["destructiveHint"]) == (False, True)


def test_a_looser_hint_is_still_a_contradiction():
    found = advice("delete_file", "Permanently delete a file.", readOnlyHint=True)
    assert found.conflicts == ["readOnlyHint"]
