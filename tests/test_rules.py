"""The rules as bits say what the rules say one by one."""

import json
from pathlib import Path

import pytest

from classifier.effects import EFFECTS, book
from classifier.engine import Options, classify
from classifier.model.features import features
from classifier.reading import read
from classifier.rules import RuleBook, padded, rule
from classifier.verdict import Basis, Risk
from crawler.records import ServerName, Tool

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "tools.jsonl.gz"


def holds(one, reading):
    """A rule, condition by condition, as its docstring says."""
    text, either = padded(reading, documented=one.as_well), reading.near | reading.around
    needed = [
        (one.acts, reading.acts), (one.verbs, reading.near), (one.near, reading.near),
        (one.near2, reading.near), (one.around, either), (one.flags, reading.flags),
    ]  # fmt: skip
    excluded = [
        (one.unless_acts, reading.acts), (one.unless_near, reading.near),
        (one.unless_around, either), (one.unless_flags, reading.flags),
    ]  # fmt: skip
    return (
        all(not words or words & there for words, there in needed)
        and not any(words & there for words, there in excluded)
        and (not one.phrases or any(phrase in text for phrase in one.phrases))
        and not any(phrase in text for phrase in one.unless_phrases)
    )


def tool(name, description="", server="s", **properties):
    return Tool(
        server=ServerName(server), name=name, description=description,
        input_schema={"properties": properties, "required": list(properties)},
    )  # fmt: skip


TOOLS = [
    tool("get_user", "Get a user of the account. Read only."),
    tool("delete_file", "Delete a file for good.", path={"type": "string"}),
    tool("send_email", "Send an email, never without executing.", to={"type": "string"}),
    tool("run_query", "Run a SQL query; select statements only, does not modify.", sql={}),
    tool("zz", "", "github"), tool("", ""), tool("list_messages", "Messages of Slack.", "slack"),
]  # fmt: skip
MANY = ("read only", "it sends", "for good", "do it", "say so", "and so", "as well", "a user of")
BOOKS = [
    (
        rule("many", phrases=MANY),
        rule("many-not", acts="get", phrases=MANY[:8], unless_phrases=("slack",)),
    ),
    EFFECTS,
    (rule("only", "Read", "low", acts="get"),),
    (rule("never", "Read", "low", unless_near="file"), rule("always", "Write", "high")),
    (rule("phrase", phrases=("read only",)), rule("no-phrase", unless_phrases=("read only",))),
    (rule("beside", around="github"), rule("not-beside", unless_around="github slack")),
]


@pytest.mark.parametrize("rules", BOOKS, ids=lambda rules: rules[0].id)
def test_bits_say_what_the_conditions_say(rules):
    there = RuleBook(rules)
    for one in TOOLS:
        reading = read(one)
        expected = [item.id for item in rules if holds(item, reading)]
        assert [item.id for item in there.matching(reading)] == expected


@pytest.mark.skipif(not CORPUS.is_file(), reason="../shared/corpus is not here")
def test_bits_say_what_the_conditions_say_of_real_definitions():
    import gzip

    from classifier.model.labels import to_tool

    with gzip.open(CORPUS, "rb") as file:
        rows = [json.loads(line) for index, line in enumerate(file) if index % 100 == 0]
    for row in rows:
        reading = read(to_tool(row))
        expected = [item.id for item in EFFECTS if holds(item, reading)]
        assert [item.id for item in book().matching(reading)] == expected


@pytest.mark.parametrize(
    ("told", "category", "signal"),
    [
        ("Get the details of a worker. It also deletes the worker.", "Write", "destructive"),
        ("Get the details of a worker Deletes all records afterwards.", "Write", "destructive"),
        ("List the workers, then removes old versions.", "Write", "destructive"),
        ("Get a worker and delete it afterwards.", "Write", "destructive"),
        ("Get a worker and sends it to the archive.", "Execute", "external-side-effect"),
        ("Find a flight and book the cheapest one.", "Execute", "financial"),
        ("Get a workflow and check it by running its steps.", "Execute", "external-side-effect"),
        ("Get a worker. Creates one if there is none.", "Write", None),
        (
            "Get a worker.\n\nArgs:\n  id: number\n\nReturns:\n  The worker. It also deletes the worker.",
            "Write",
            "destructive",
        ),
        ("Get the next job; it is then removed and cannot be read again.", "Write", "destructive"),
        ("Get a report of the week. Side effect: clears the log.", "Write", "destructive"),
        ("Check a payment and capture it if it is authorised.", "Execute", "financial"),
        (
            "Search workers. The where clause goes verbatim into the SQL.",
            "Execute",
            "code-execution",
        ),
        ("Get a file by its URL and execute it.", "Execute", "code-execution"),
        ("Get any file of the machine, /etc/shadow too.", "Read", "credentials"),
        ("Get a worker. To delete it, use delete_worker.", "Read", None),
        ("Get the jobs that were removed from the queue.", "Read", None),
        ("Get a prompt by its id and execute it.", "Read", None),
        ("Get any file but never /etc/shadow.", "Read", None),
        ("Get the list of deleted workers.", "Read", None),
        ("Get a worker. It deletes nothing.", "Read", None),
        ("Preview the clean-up: shows what it removes, a dry run.", "Read", None),
    ],
)
def test_what_a_reading_tool_does_as_well_counts(told, category, signal):
    found = classify(tool("get_worker", told), Options(use_reviews=False))
    assert found.category == category
    assert (signal in {one.signal.id for one in found.findings}) is (signal is not None)
    assert found.risk.rank >= Risk.HIGH.rank or signal is None


@pytest.mark.parametrize(
    "told",
    [
        "Merge two workers; the second stops existing.",
        "Move a worker's file, overwriting target.",
        "Update a worker. This is irreversible.",
        "Anonymize workers: names are replaced and cannot be recovered.",
        "Update the list from a folder. Records that are not in the source are deleted.",
        "Update the table; one of that name is dropped first.",
    ],
)
def test_a_change_that_lasts_for_good_is_destructive(told):
    found = classify(tool("update_worker", told), Options(use_reviews=False))
    assert found.has("destructive")
    assert found.risk.rank >= Risk.HIGH.rank


def test_a_change_that_can_be_taken_back_is_not_destructive():
    told = "Update a worker's nickname. The change is not irreversible."
    assert not classify(tool("update_worker", told), Options(use_reviews=False)).has("destructive")


def test_the_model_is_told_of_no_rule_that_it_has_not_learned_from():
    reading = read(tool("update_worker", "Update a worker. This is irreversible."))
    matched = book().matching(reading)
    apart = [one.id for one in matched if one.apart]
    assert apart == ["lasts-as-well"]
    learned = tuple(one for one in matched if not one.apart)
    assert set(features(reading, matched)) == set(features(reading, learned))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("search_hotels", "Search hotels in a city; then book the chosen one with book_hotel."),
        ("web_search", "Search the web. It sends the query to the search provider."),
        ("search_papers", "Search papers. Automatically removes duplicates from the result list."),
        (
            "extract_text",
            "Extract the text of a web page. It removes scripts and navigation first.",
        ),
        ("show_diff", "Show a diff: which lines it removes and which it adds."),
        ("list_pipeline_events", "List builds and deploys of the last week."),
        ("list_catalogue", "List albums and archives of a label."),
        ("get_query_plan", "Get the plan of a query; it executes nothing."),
    ],
)
def test_advice_nouns_and_ways_of_working_are_no_second_effect(name, told):
    found = classify(tool(name, told), Options(use_reviews=False))
    assert found.category == "Read"
    assert found.risk.rank < Risk.HIGH.rank


def test_a_way_of_working_is_no_second_effect_where_the_first_is_unsure():
    """Whose document it is, is not told: it may be looked up or handed over, and nothing else."""
    told = "Extract the text of a document. It removes scripts and navigation first."
    found = classify(tool("extract_text", told), Options(use_reviews=False))
    assert found.category == "Read" or (found.category == "Other" and found.needs_review)
    assert not found.has("destructive")
    assert found.risk.rank < Risk.HIGH.rank


def test_where_a_rule_says_more_than_the_model_somebody_should_look():
    found = classify(
        tool("get_worker", "Get a worker. Creates one if there is none."),
        Options(use_reviews=False),
    )
    assert found.category == "Write"
    assert found.needs_review or found.decided_by is not Basis.RULES


@pytest.mark.parametrize(
    ("name", "told", "parameters", "level"),
    [
        ("run_code", "Run Python code and keep the session for the next call.", ["code"], Risk.CRITICAL),
        ("ssh_exec", "Run a command over an SSH connection with keepalive.", ["command"], Risk.CRITICAL),
        ("rotate_signing_key", "Rotate the signing key and keep the old one valid for an hour.", [], Risk.HIGH),
        ("heartbeat_key_delete", "Deletes a heartbeat key of a node.", [], Risk.HIGH),
        ("sql_full", "Execute any SQL. Unlike query_ro, this one is not read only.", ["sql"], Risk.CRITICAL),
    ],
)  # fmt: skip
def test_a_word_of_something_harmless_makes_nothing_harmless(name, told, parameters, level):
    schema = {"type": "object", "properties": {one: {"type": "string"} for one in parameters}}
    found = classify(
        Tool(server=ServerName("s"), name=name, description=told, input_schema=schema),
        Options(use_reviews=False),
    )
    assert found.category in {"Write", "Execute"}
    assert found.risk.rank >= level.rank


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("release_notes", "Release notes of a project version."),
        ("format_disk_size", "Format a disk size in bytes as a human readable string."),
    ],
)
def test_a_noun_is_no_act(name, told):
    found = classify(tool(name, told), Options(use_reviews=False))
    assert not {"financial", "destructive"} & {one.signal.id for one in found.findings}
    assert not any("sets at least" in addend.reason for addend in found.addends)


def test_a_disk_that_is_formatted_is_no_text():
    found = classify(tool("format_disk", "Formats the disk at a path."), Options(use_reviews=False))
    assert (found.category, found.risk) == ("Write", Risk.CRITICAL)
    said = tool("format_text", "Formats a text as a table.")
    assert classify(said, Options(use_reviews=False)).category == "Other"


def test_a_rationale_owns_up_to_a_verb_of_change():
    options = Options(use_reviews=False)
    said = classify(tool("get_worker", "Get a worker. To delete it, use delete_worker."), options)
    assert 'What it says with "delete"' in said.rationale
    assert "No word of the definition names a change" not in said.rationale
    said = classify(tool("get_worker", "Get a worker by its name."), options)
    assert "No word of the definition names a change" in said.rationale


@pytest.mark.parametrize(
    "told", ["Format a file on disk in place.", "Formats all sources on the disk with Prettier."]
)
def test_a_file_that_is_formatted_on_a_disk_loses_nothing(told):
    found = classify(tool("format_file", told, path={"type": "string"}), Options(use_reviews=False))
    assert found.category.value == "Write"
    assert found.risk.rank <= 1
    assert not found.has("destructive")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("notify", "Show a desktop notification."),
        ("send_notification", "Send a desktop notification to the user."),
        ("notify_user", "Notify the user that a task is complete by a system notification."),
    ],
)
def test_what_is_shown_at_this_machine_is_sent_to_nobody(name, told):
    one = tool(name, told, title={"type": "string"}, message={"type": "string"})
    found = classify(one, Options(use_reviews=False))
    assert found.category.value == "Other"
    assert found.risk.rank <= 1
    assert not any("send-message" in addend.reason for addend in found.addends)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("notify", "Send a notification to a team by Slack or as a desktop notification."),
        ("send_alert", "Send an alert to the customer by e-mail."),
        ("push_notification", "Send a push notification to the user's phone."),
    ],
)
def test_what_reaches_others_is_no_notification_at_this_machine(name, told):
    assert classify(tool(name, told), Options(use_reviews=False)).risk is Risk.HIGH


def test_a_rule_that_another_one_lifts_sets_no_floor_and_raises_no_signal():
    soft = classify(tool("delete_task", "Soft delete of a task."), Options(use_reviews=False))
    hard = classify(tool("delete_task", "Delete of a task."), Options(use_reviews=False))
    assert hard.has("destructive")
    assert not soft.has("destructive")
    known = {one.id for one in EFFECTS}
    assert all(one.lifts <= known for one in EFFECTS)
