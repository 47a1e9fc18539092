"""The sentences of a verdict: true, in order of weight, and never against each other."""

from dataclasses import replace

import pytest

from classifier import decide, rationale
from classifier.engine import Options, classify, classify_many
from classifier.mentions import Kind, mention
from classifier.model import runtime
from classifier.reading import read
from classifier.signals import detectors
from classifier.verdict import Category, Evidence, Finding, Risk
from crawler.parse import parse_tool
from crawler.records import ServerName, Tool

SIGNALS = {detector.signal.id: detector.signal for detector in detectors()}


def tool(name, description):
    return Tool(server=ServerName("s"), name=name, description=description)


def findings(*ids):
    quote = Evidence("/name", 0, 1, "x")
    return tuple(Finding(signal=SIGNALS[one], evidence=(quote,)) for one in ids)


def said(category, risk, *ids, told="Do a thing.", reviewed=False):
    return rationale.write(
        read(tool("x", told)), category, risk, findings(*ids),
        insufficient=False, reviewed=reviewed,
    )  # fmt: skip


def test_the_weightiest_reasons_are_told_first_and_none_of_them_is_cut():
    text = said(
        Category.EXECUTE, Risk.CRITICAL,
        "bulk-operation", "credentials", "external-side-effect", "financial",
    )  # fmt: skip
    assert "Risk is critical: it moves or commits money or assets, it handles a secret" in text
    text = said(
        Category.WRITE, Risk.CRITICAL, "admin", "bulk-operation", "credentials", "destructive"
    )
    assert "Risk is critical: what it removes or overwrites cannot be brought back" in text


def test_a_threat_comes_before_all_else():
    text = said(Category.EXECUTE, Risk.CRITICAL, "financial", "hidden-instructions")
    assert "Risk is critical: the definition itself looks hostile, and it moves" in text


@pytest.mark.parametrize("category", [Category.READ, Category.OTHER])
@pytest.mark.parametrize("signal", decide.CHANGING)
def test_a_signal_of_change_and_a_category_without_one_are_said_to_disagree(category, signal):
    text = said(category, Risk.HIGH, signal)
    assert "do not go together here, so a person should look" in text
    assert "Risk is high; if the signals are right, " in text
    for claim in ("changes nothing", "names a change", "No data beyond"):
        assert claim not in text
    text = said(category, Risk.HIGH, signal, reviewed=True)
    assert f"People have read it, and call it {category.value}." in text
    assert "do not go together" not in said(Category.WRITE, Risk.HIGH, signal)


@pytest.mark.parametrize("signal", ["external-side-effect", "financial", "code-execution"])
def test_a_write_with_an_outward_effect_is_not_said_to_stay_inside(signal):
    assert "starts nothing" not in said(Category.WRITE, Risk.HIGH, signal)
    assert "starts nothing" in said(Category.WRITE, Risk.HIGH, "destructive")


@pytest.mark.parametrize("risk", list(Risk))
@pytest.mark.parametrize("category", list(Category))
def test_every_rationale_names_its_level(category, risk):
    text = said(category, risk)
    assert risk.value in text.lower()
    assert "undone" not in text or category in {Category.WRITE, Category.EXECUTE}


@pytest.mark.parametrize(
    ("told", "word", "acts"),
    [
        ("Get a worker. To delete it, use delete_worker.", "delete", False),
        ("Basket view. Charges the stored card and places the order.", "Charges", True),
        ("Show the cart, then send it to the shop.", "send", True),
        ("A view of tasks. It removes every task that is done.", "removes", False),
    ],
)
def test_a_verb_of_change_is_quoted_and_not_denied(told, word, acts):
    named = mention(read(tool("get_x", told)))
    assert (named.kind, named.word, named.acts) == (Kind.NAMED, word, acts)
    text = said(Category.READ, Risk.LOW, told=told)
    other = "Execute" if acts else "Write"
    assert (
        f'What it says with "{word}" is not taken for what a call does, so it is not {other}.'
        in text
    )
    assert "changes nothing" not in text


@pytest.mark.parametrize(
    "told",
    [
        "Return the secret in clear text.",
        "Get the label of a box.",
        "List exchange rates.",
        "List what is new in the store.",
        "Read the log of a build.",
        "Get trading volume, to provide complete volume analysis.",
        "Calculate the relative strength index of a share.",
        "List all connectors and their labels and comments.",
        "Long-range counters of a service.",
        "News of the day.",
        "Get the rows created since a day.",
        "Show a record that does not change a thing.",
    ],
)
def test_a_noun_is_not_quoted_as_a_verb(told):
    assert mention(read(tool("get_x", told))).kind in {Kind.NONE, Kind.UNCLEAR}
    text = said(Category.READ, Risk.LOW, told=told)
    assert "What it says with" not in text
    assert "begins with" not in text


def test_a_verb_that_begins_the_description_of_a_read_is_owned_up_to():
    text = said(Category.READ, Risk.MEDIUM, told="Execute a query that only reads.")
    assert 'It begins with "Execute", which is taken for a way of looking something up' in text


@pytest.mark.parametrize(
    "told", ["Get \ud800 a list. Deletes the list.", "_Delete it", "", "\u202e"]
)
def test_odd_text_is_no_obstacle(told):
    text = said(Category.READ, Risk.LOW, told=told)
    assert text.isprintable()


def test_only_a_definition_without_a_word_of_change_is_said_to_have_none():
    assert "No word of the definition names a change" in said(
        Category.READ, Risk.LOW, told="List planets."
    )
    for told in ("List planets. Nothing is deleted.", "\u5217\u51fa\u884c\u661f"):
        assert "No word" not in said(Category.READ, Risk.LOW, told=told)


def test_a_person_should_look_where_signals_and_category_disagree():
    model = runtime.load()
    eager = model._replace(signal_threshold=[0.0] * len(model.signal_threshold))
    lists = tool("list_planets", "List the planets of a system.")
    plain = classify(lists, Options(use_reviews=False))
    assert (plain.category, plain.needs_review) == (Category.READ, False)
    doubted = next(classify_many([lists], Options(use_reviews=False), eager))
    assert doubted.category is Category.READ
    assert doubted.needs_review
    assert "a person should look" in doubted.rationale


def test_what_is_cut_off_a_score_is_not_booked_to_the_wording():
    every = findings("financial", "code-execution", "destructive", "admin", "external-side-effect")
    answer = decide.score(Category.EXECUTE, every, Risk.CRITICAL, None)
    assert answer.score == 100
    assert answer.addends[-1].reason == "no more than 100"
    assert sum(addend.points for addend in answer.addends) == 100
    lower = decide.score(Category.EXECUTE, every, Risk.HIGH, None)
    assert [a.reason for a in lower.addends][-2:] == ["no more than 100", "weight of the wording"]
    assert sum(addend.points for addend in lower.addends) == lower.score == 74


def test_a_level_that_a_rule_of_another_category_holds_is_left_for_a_person():
    """A release that is listed is deployed nowhere, so nothing is said of lasting harm."""
    told = tool("release_list", "Lists the releases of an application.")
    found = classify(told, Options(use_reviews=False))
    assert found.category is Category.READ
    assert found.risk is Risk.HIGH
    assert found.needs_review
    assert 'Risk is held at high, because "release" mostly means more' in found.rationale
    assert "harm" not in found.rationale


@pytest.mark.parametrize("signal", ["sensitive-data", "untrusted-content"])
def test_other_with_data_of_somebody_does_not_deny_that_data_is_read(signal):
    text = said(Category.OTHER, Risk.MEDIUM, signal)
    assert "No data beyond" not in text
    assert "so it is not Read or Write" in text


def test_what_is_done_besides_is_what_is_quoted():
    told = replace(
        tool("get_next", "Returns the next message and deletes it from the queue."),
        annotations={"readOnlyHint": True},
    )
    found = classify(told, Options(use_reviews=False))
    quoted = {one.signal.id: [quote.text for quote in one.evidence] for one in found.findings}
    assert quoted["destructive"] == ["deletes it"]
    assert quoted["annotation-conflict"] == ["readOnlyHint", "deletes it"]


def told(category, risk, *ids, said="Do a thing.", **more):
    given = {"insufficient": False, "reviewed": False} | more
    return rationale.write(read(tool("thing", said)), category, risk, findings(*ids), **given)


def test_what_raised_nothing_is_no_reason_for_a_level():
    text = told(Category.WRITE, Risk.MEDIUM, "bulk-operation")
    assert "Risk stays medium although one call covers many targets: nothing found says" in text
    assert "Risk is high: one call covers" in told(Category.WRITE, Risk.HIGH, "bulk-operation")
    assert "Risk is medium: it brings" in told(Category.READ, Risk.MEDIUM, "untrusted-content")


def test_a_read_says_where_the_caller_may_send_it():
    text = told(Category.READ, Risk.MEDIUM, "url-parameter")
    assert "Risk is medium: the caller chooses the address that it goes to." in text
    text = told(Category.READ, Risk.MEDIUM, "url-parameter", "path-parameter")
    assert "Risk is medium: the caller chooses the address and the path that it works on." in text
    assert "address" not in told(Category.WRITE, Risk.HIGH, "url-parameter")


@pytest.mark.parametrize(
    ("category", "risk", "ids", "bound"),
    [
        (Category.READ, Risk.LOW, ["untrusted-content"], "that what it returns is private"),
        (Category.READ, Risk.LOW, ["untrusted-content", "credentials"], ""),
        (Category.WRITE, Risk.MEDIUM, ["sensitive-data"], "that it cannot be undone"),
        (Category.WRITE, Risk.MEDIUM, ["bulk-operation", "destructive"], ""),
        (Category.WRITE, Risk.HIGH, ["bulk-operation"], ""),
        (Category.OTHER, Risk.LOW, ["bulk-operation"], "that it changes what is kept"),
        (Category.OTHER, Risk.LOW, ["bulk-operation", "destructive"], ""),
    ],
)
def test_what_bounds_a_level_is_said_and_never_against_a_signal(category, risk, ids, bound):
    text = told(category, risk, *ids)
    assert text.endswith(f"nothing found says {bound}.") is bool(bound)
    assert ("nothing found says" in text) is bool(bound)


@pytest.mark.parametrize(
    ("category", "name", "ids", "does"),
    [
        (Category.WRITE, "delete_note", ["destructive"], "deletes or overwrites what is kept"),
        (Category.WRITE, "update_note", [], "changes data in the store that it works on"),
        (Category.WRITE, "look", [], "saves or changes something that is kept"),
        (Category.EXECUTE, "send_note", ["external-side-effect"], "sends something out"),
        (
            Category.EXECUTE,
            "send_coins",
            ["financial"],
            "sets something in motion beyond stored data",
        ),
        (Category.EXECUTE, "send_query", ["code-execution"], "runs what the caller supplies"),
        (Category.EXECUTE, "click_button", ["external-side-effect"], "operates a page, a screen"),
        (Category.OTHER, "encode_text", [], "only works on what it is given:"),
        (
            Category.OTHER,
            "heartbeat",
            [],
            "only serves its own session, or tells of its own server:",
        ),
    ],
)
def test_what_a_call_does_goes_by_its_signals_and_its_verb(category, name, ids, does):
    def write(told, *, insufficient=False):
        return rationale.write(
            read(tool(name, told)), category, Risk.HIGH, findings(*ids),
            insufficient=insufficient, reviewed=False,
        )  # fmt: skip

    assert write("Something about notes.").startswith(f"A call {does}")
    little = write("Hm.", insufficient=True)
    assert little.startswith("The definition says too little to be sure; by its name a call ")
    assert does not in little.partition(". ")[0]


def test_a_word_in_the_middle_of_a_sentence_is_not_what_a_call_does():
    text = told(Category.OTHER, Risk.LOW, said="Something about the use of notes.")
    assert text.startswith("A call only works on what it is given, or serves its own session:")


def test_a_place_to_save_to_is_owned_up_to():
    def write(category, described):
        schema = {"properties": {"output": {"type": "string", "description": described}}}
        one = replace(tool("zip", "Pack it."), input_schema=schema)
        return rationale.write(
            read(one), category, Risk.MEDIUM, (), insufficient=False, reviewed=False
        )

    text = write(Category.READ, "File to write")
    assert 'A call is taken to return information only: "Pack it".' in text
    assert 'That it takes "output" is not taken to mean that it saves something' in text
    assert "saves something" not in write(Category.READ, "Output format")
    assert write(Category.WRITE, "File to write").startswith("A call saves what it gets or makes")
    assert not write(Category.WRITE, "Output format").startswith("A call saves what")


def test_what_may_be_hostile_is_said_and_left_for_a_person():
    def write(confidence, *others, reviewed=False):
        maybe = replace(findings("hidden-instructions")[0], confidence=confidence)
        return rationale.write(
            read(tool("get", "Get a page.")), Category.READ, Risk.MEDIUM,
            (*findings(*others), maybe), insufficient=False, reviewed=reviewed,
        )  # fmt: skip

    hint = "Something in it may be hostile: a person should look."
    assert write(0.7).endswith(hint)
    assert write(0.7, "untrusted-content").endswith(hint)
    assert hint not in write(1.0)
    assert hint not in write(0.7, reviewed=True)


@pytest.mark.parametrize(
    ("category", "confidence", "said"),
    [
        (Category.WRITE, 0.36, "Risk is high: perhaps what it removes"),
        (Category.WRITE, 0.5, "Risk is high: what it removes"),
        (Category.READ, 0.36, "if the signals are right, what it removes"),
    ],
)
def test_what_is_less_likely_than_not_is_no_fact_and_is_doubted_once(category, confidence, said):
    found = replace(findings("destructive")[0], confidence=confidence)
    text = rationale.write(
        read(tool("x", "Handle it.")), category, Risk.HIGH, (found,), insufficient=False, reviewed=False
    )  # fmt: skip
    assert said in text


def test_the_weight_of_the_wording_is_told_of():
    text = told(Category.WRITE, Risk.CRITICAL, "admin", wording=25)
    assert "Risk is critical, by the wording as a whole, and because it changes who may" in text
    text = told(Category.EXECUTE, Risk.HIGH, "code-execution", wording=-20)
    assert "Risk is no more than high by the wording as a whole, although it runs" in text
    assert "the wording as a whole does" in told(Category.READ, Risk.MEDIUM, wording=15)
    assert "wording" not in told(Category.READ, Risk.LOW, wording=15)


def test_a_definition_without_a_description_is_not_said_to_say_a_thing():
    for category in Category:
        text = told(category, Risk.MEDIUM, said="")
        assert "There is no description; by its name a call" in text
        assert f"So it is taken for {category.value}." in text
        assert "as far as the definition says" not in text
        assert "No word" not in text


@pytest.mark.parametrize("category", list(Category))
def test_the_category_that_comes_near_is_the_one_that_is_answered(category):
    for rival in set(Category) - {category}:
        text = told(category, Risk.MEDIUM, rival=rival)
        assert rival.value in text.partition("so it is")[2]


def test_what_the_caller_supplies_is_not_said_to_be_beyond_stored_data():
    text = told(Category.EXECUTE, Risk.CRITICAL, "code-execution", said="Execute an INSERT.")
    assert 'A call runs what the caller supplies: "Execute an INSERT". What is run is up' in text
    assert "stored data" not in text


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("tool> <purpose>Check a thing.</purpose>", '"Check a thing"'),
        ("Move a card Args: card_id: which", '"Move a card"'),
        ("Add it to a list (sales, leads, etc. and", '"Add it to a list"'),
        ("Needs `silo:write", '"Needs `silo:write"'),
        ("Get item --><script>alert(7)</script> and more", '"Get item --> …"'),
        ('Get the "last" row', '\u201cGet the "last" row\u201d'),
    ],
)
def test_the_first_words_are_quoted_without_what_is_around_them(said, quote):
    assert quote in told(Category.WRITE, Risk.MEDIUM, said=said)


def test_signals_against_the_category_are_doubted_in_a_foreign_text_too():
    text = told(Category.OTHER, Risk.MEDIUM, "external-side-effect", unfamiliar=True)
    assert "if the signals are right" in text


@pytest.mark.parametrize("said", ["Votes by option.", "Rate limits of a plan.", "Text of a field."])
def test_a_noun_at_the_start_is_no_verb(said):
    assert mention(read(tool("thing", said))).kind is not Kind.HEAD


@pytest.mark.parametrize(
    ("told", "quoted"),
    [
        ("Move an issue to another state, e.g. Done. Tells watchers.", "Move an issue to another state …"),
        ("Delete a record (i.e. a row) for good.", "Delete a record …"),
        ("Move a page beside vs. below.", "Move a page beside …"),
        ("Move the image.e.g", "Move the image.e.g"),
    ],
)  # fmt: skip
def test_the_dot_of_an_abbreviation_does_not_end_a_quote(told, quoted):
    tool = Tool(server=ServerName("s"), name="move_it", description=told)
    assert f'"{quoted}"' in classify(tool).rationale


@pytest.mark.parametrize(
    ("told", "schema", "says"),
    [
        ("Administers something.", {"operation": {"const": "delete_all"}}, 'is kept, by "delete_all", listed in its schema.'),
        ("Work with issues.", {"action": {"enum": ["get", "list", "create", "delete"]}}, 'by "delete", listed in its schema.'),
        ("A helper for notes. Permanently deletes all notes of a folder.", {}, 'is kept: "Permanently deletes all notes of a folder".'),
        ("Useful for automation. Runs any shell command on the host.", {"command": {}}, 'supplies: "Runs any shell command on the host".'),
        ("Archives the old records, then deletes them. Cannot be undone.", {}, 'is kept: "Archives the old records, then deletes them".'),
    ],
)  # fmt: skip
def test_what_is_quoted_is_what_the_finding_goes_by(told, schema, says):
    properties = {key: {"type": "string", **more} for key, more in schema.items()}
    wire = {"name": "helper", "description": told, "inputSchema": {"properties": properties}}
    one = parse_tool(ServerName("s"), wire)
    assert says in classify(one, Options(use_reviews=False)).rationale


def test_a_listed_value_is_quoted_without_what_cannot_be_printed():
    listed = {"action": {"type": "string", "const": "delete_all\x1b[2J\u202e\nx"}}
    wire = {"name": "helper", "description": "Works.", "inputSchema": {"properties": listed}}
    found = classify(parse_tool(ServerName("s"), wire), Options(use_reviews=False))
    assert found.rationale.isprintable()


@pytest.mark.parametrize("name", ["x", "", "f_2"])
def test_a_name_that_says_nothing_is_no_ground(name):
    found = classify(Tool(server=ServerName("s"), name=name), Options(use_reviews=False))
    assert "its name says nothing" in found.rationale
    assert "by its name" not in found.rationale
    assert all(quote.text for quote in found.evidence)


@pytest.mark.parametrize("name", ["ls", "查"])
def test_a_short_name_may_say_something(name):
    found = classify(Tool(server=ServerName("s"), name=name), Options(use_reviews=False))
    assert "says nothing" not in found.rationale


@pytest.mark.parametrize(
    ("name", "said", "does"),
    [
        ("zoom_start", "Start a meeting now.", "sets something in motion"),
        ("chat_postMessage", "Post to a channel.", "sends something out"),
        ("browser_zoom", "Zoom the page.", "operates a page"),
    ],
)
def test_what_a_server_is_called_by_is_not_what_a_call_does(name, said, does):
    one = Tool(server=ServerName("s"), name=name, description=said)
    found = classify(one, Options(use_reviews=False))
    assert found.category is Category.EXECUTE
    assert f"A call {does}" in found.rationale
