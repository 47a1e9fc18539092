"""A tool that lists its actions does the most consequential of them."""

import pytest

from classifier.engine import Options, classify
from classifier.offers import DELETES, RUNS, WRITES, offered
from crawler.records import ServerName, Tool


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("databases: list, query, update", {WRITES}),
        ("list, get and delete notes", {DELETES}),
        ("record operations (get, update, delete)", {WRITES, DELETES}),
        ("jobs: list | start | stop", {RUNS}),
        ("manage labels of a project - find, rename, or remove", {WRITES, DELETES}),
        ("lista, consulta e atualiza contas", {WRITES}),
        ("lists, sorts and filters rows", set()),
        ("views, likes, comments of a video", set()),
        ("list, get, show", set()),
        ("get and delete", set()),
        ("opens the page where you can view, edit, or remove cards", set()),
        ("says what its tools do (read, delete, send)", set()),
        ("red, green, blue", set()),
        ("", set()),
    ],
)
def test_what_is_offered_side_by_side(told, found):
    assert offered(told).keys() == found


def test_the_words_are_kept():
    assert offered("notes: list, add, delete, remove") == {
        WRITES: frozenset({"add"}),
        DELETES: frozenset({"delete", "remove"}),
    }


def judged(name, told):
    tool = Tool(server=ServerName("s"), name=name, description=told)
    return classify(tool, Options(use_reviews=False))


@pytest.mark.parametrize(
    ("name", "told", "category", "least", "quoted"),
    [
        ("stickers", "Stickers: list, attach, detach.", "Write", 1, "attach"),
        ("cellar_stock", "Stock operations (find, count, remove).", "Write", 2, "remove"),
        ("kilns", "Kilns: show, start, stop.", "Execute", 1, "start"),
        ("labels", "Labels: list, attach, detach.", "Write", 1, "attach"),
    ],
)
def test_the_most_consequential_counts_and_is_quoted(name, told, category, least, quoted):
    found = judged(name, told)
    assert found.category.value == category
    assert found.risk.rank >= least
    assert quoted in [quote.text for quote in found.evidence]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("get_actions", "Card actions: list, move, delete."),
        ("notes", "Notes: list, add, delete; all in memory."),
    ],
)
def test_a_name_that_only_reads_and_what_is_the_sessions_own_offer_nothing(name, told):
    assert not any(one.signal.id == "destructive" for one in judged(name, told).findings)
