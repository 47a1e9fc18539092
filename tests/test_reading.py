"""How a definition is cut: nothing that tells what a call does is left out."""

import pytest

from classifier.engine import Options, classify, classify_many
from classifier.model.features import features as features_of
from classifier.parameters import parameters
from classifier.reading import MAX_DESCRIPTION, read
from classifier.verdict import Risk
from crawler.local import names_by_place
from crawler.parse import parse_tool
from crawler.records import ServerName, Tool


def reading(description, name="item"):
    return read(Tool(server=ServerName("s"), name=name, description=description))


def words(found):
    return [*found.first, *found.rest]


@pytest.mark.parametrize(
    "told",
    [
        "**Permanently deletes the account.** Use list_accounts first.",
        "(Deletes and recreates the database) Returns the new schema.",
        "[Deletes the account of a user] Ask before.",
        "Get it.\nReturn value is the item. It also deletes the item for good.",
        "Get it.\nReturns the item and deletes it.",
        "Get it.\n\nArgs:\n    id: its id\n\nThis call also deletes the item for good.",
        "Get it.\nReturns: the item.\n\nThe item is then gone, as the call deletes it.",
        "Get it. " + "It has a colour and a size. " * 20 + "It deletes the item.",
        "Get the item " + "of the house and the garden " * 12 + "and deletes it.",
    ],
)
def test_what_a_call_does_is_read_wherever_it_stands(told):
    found = words(reading(told))
    assert {"deletes", "delete"} & set(found)
    assert not reading(told).truncated


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ("[Beta] Get it.", ["get", "it"]),
        ("**Note**: Get it.", ["get", "it"]),
        ("** [v2] ** Get it.", ["get", "it"]),
    ],
)
def test_tags_are_no_part_of_what_is_told(told, first):
    assert reading(told).first == first


@pytest.mark.parametrize("head", ["Args", "Arguments", "Parameters", "Returns", "Input parameters", "Example 1"])  # fmt: skip
def test_argument_docs_stay_apart(head):
    found = reading(f"Get it.\n\n{head}:\n    path: where to delete\n\nReturns:\n    A list.")
    assert "delete" not in words(found)
    assert "delete" in found.tail


def test_what_is_beyond_the_bound_is_said_to_be():
    long = "Get it. " + "It has a colour. " * MAX_DESCRIPTION
    assert reading(long).truncated
    assert not reading(long[:MAX_DESCRIPTION]).truncated
    assert len(words(reading(long[:MAX_DESCRIPTION]))) > MAX_DESCRIPTION // 6


SPELLINGS = [
    {"type": "string", "enum": ["list", "drop"]},
    {"$ref": "#/$defs/Action"},
    {"anyOf": [{"$ref": "#/$defs/Action"}, {"type": "null"}]},
    {"allOf": [{"$ref": "#/$defs/Action"}], "default": "list"},
    {"oneOf": [{"const": "list"}, {"const": "drop"}]},
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_values_are_found_however_a_generator_writes_them(spelling):
    schema = {
        "type": "object",
        "properties": {"action": spelling},
        "$defs": {"Action": {"type": "string", "enum": ["list", "drop"]}},
    }
    (action, *_), capped = parameters(schema)
    assert action.enum == ("list", "drop")
    assert not capped


@pytest.mark.parametrize(
    "spelling",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": ["array", "null"], "items": {"type": "string"}},
        {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
    ],
)
def test_an_optional_array_is_an_array(spelling):
    (ids, *_), _ = parameters({"type": "object", "properties": {"ids": spelling}})
    assert ids.type == "array"
    assert {"array", "targets"} <= set(ids.flags)


def test_choices_that_refer_to_themselves_end():
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}] * 50, "enum": ["x"]}},
    }
    (first, *_), _ = parameters(schema)
    assert first.name == "a"
    assert set(first.enum) == {"x"}


def test_a_sentence_after_the_docs_counts_for_the_verdict():
    told = "Get the records.\n\nReturns:\n    A list.\n\nThis call also permanently deletes all records."
    found = classify(
        Tool(server=ServerName("s"), name="get_records", description=told),
        Options(use_reviews=False),
    )
    assert found.category == "Write"
    assert found.risk.rank >= Risk.HIGH.rank


@pytest.mark.parametrize(
    ("name", "lemma"),
    [
        ("stripe_charges", None),
        ("walletTrades", None),
        ("issues", None),
        ("list_charges", "list"),
        ("charges_list", "list"),
        ("charge_card", "charge"),
        ("job_status", "status"),
    ],
)
def test_things_in_the_plural_are_no_act(name, lemma):
    found = reading("", name).name_verb
    assert (found and found[0]) == lemma


@pytest.mark.parametrize("place", ["s2/shop.json", "home/x/wallets (old)/shop.json", "mcp.json"])
def test_where_a_file_lies_says_nothing_of_its_tools(place):
    """The name that told two files apart was read as the server's, and seven of 56 labels changed."""
    definition = {"name": "vault_seal", "description": "Seals it for all, x."}
    for name in ("shop.json", "acme-vault"):
        named = set(names_by_place(name, place))
        found = [parse_tool(ServerName(one), definition, "") for one in named]
        assert len(found) > 1
        results = list(classify_many(found))
        assert len({str(one) for one in results}) == 1
        assert len({str(sorted(features_of(read(one), ()))) for one in found}) == 1


def test_a_server_may_have_brackets_in_its_name():
    one = parse_tool(ServerName("glucose (nightscout)"), {"name": "x"}, "")
    assert "nightscout" in read(one).server
