"""The words that the convolutions went by: by hand-made networks of which anybody sees what they hear."""

import numpy as np
import pytest

from classifier.engine import Options, classify_many
from classifier.model import outputs, runtime
from classifier.model.convolution import FIRST_WORD, Convolution, Layer
from classifier.model.deciding import heaviest
from classifier.model.tokens import NAME, PARAMETER, PARTS, PLACES, SERVER, TEXT, VALUE, Tokens
from classifier.verdict import Category
from crawler.records import ServerName, Tool


def network(heard, outputs, loud=1.0):
    """Return a network in which each word speaks for one output, and for nothing else."""
    words = list(heard)
    width = len(words)
    table = np.zeros((FIRST_WORD + width, width), np.int8)
    table[FIRST_WORD:] = np.eye(width) * 9
    middle = np.zeros((3 * width, width), np.float32)
    middle[width : 2 * width] = np.eye(width)
    last = np.zeros((width, outputs), np.float32)
    for row, word in enumerate(words):
        last[row, heard[word]] = 1

    def layer(weights, scale=1.0):
        count = weights.shape[1]
        return Layer(weights, np.zeros(count, np.float32), np.full(count, scale, np.float32))

    return Convolution(
        words={word: FIRST_WORD + row for row, word in enumerate(words)},
        table=table,
        places=np.zeros((PLACES + 1, width), np.float32),
        near=layer(middle),
        wide=layer(np.zeros((3 * width, width), np.float32)),
        dense=layer(np.vstack([np.eye(width, dtype=np.float32)] * PARTS)),
        last=layer(last, loud),
    )


def made(*parts):
    words = [(place, word) for place, text in parts for word in text.split()]
    return Tokens(bytes(place for place, _ in words), tuple(word for _, word in words))


HEARD = {"send": 0, "mail": 0, "read": 1}


@pytest.mark.parametrize(
    ("given", "column", "wanted"),
    [
        ([(TEXT, "please send it")], 0, [(TEXT, "send")]),
        ([(TEXT, "please send it")], 1, []),
        ([(TEXT, "please read it and read it again")], 1, [(TEXT, "read")]),
        ([(NAME, "read send"), (TEXT, "send")], 0, [(NAME, "send"), (TEXT, "send")]),
        ([(PARAMETER, "read"), (VALUE, "send mail")], 0, [(VALUE, "send"), (VALUE, "mail")]),
        ([(TEXT, "mail"), (SERVER, "send send")], 0, [(TEXT, "mail")]),
        ([(SERVER, "send")], 0, []),
        ([(TEXT, "nothing that it knows")], 0, []),
        ([], 0, []),
    ],
)
def test_a_word_that_speaks_for_an_output_is_found_where_it_stands(given, column, wanted):
    assert list(heaviest(network(HEARD, 2), made(*given), column)) == wanted


def test_what_adds_little_beside_another_word_is_left_out():
    loud = network({"send": 0, "mail": 0}, 1)
    loud.table[loud.words["send"]] *= 10
    assert list(heaviest(loud, made((TEXT, "send mail")), 0)) == [(TEXT, "send")]


@pytest.fixture(scope="module")
def tool():
    return Tool(
        server=ServerName("s"), name="zorble_page",
        description="Gets a page. Then it does zorble the page to the grumpf.",
        input_schema={"properties": {"grumpf": {"type": "string"}}},
    )  # fmt: skip


def judged(tool, heard):
    model = runtime.load()
    if heard is not None:
        model = model._replace(convolution=network(heard, outputs.OUTPUTS, loud=5.0), derived={})
    (found,) = classify_many([tool], Options(use_reviews=False), model)
    return found


def test_where_they_made_the_difference_their_words_are_the_evidence(tool):
    column = outputs.CATEGORIES.index("Execute")
    assert judged(tool, {}).category is not Category.EXECUTE
    found = judged(tool, {"grumpf": column})
    assert found.category is Category.EXECUTE
    assert ("/description", "grumpf") in {(q.pointer, q.text) for q in found.evidence}
    for quote in found.evidence:
        if quote.pointer == "/description":
            assert tool.description[quote.start : quote.end] == quote.text


def test_so_it_is_of_a_signal(tool):
    column = outputs.OUTPUTS - len(outputs.LABEL_SIGNALS) + outputs.LABEL_SIGNALS.index("admin")
    assert not judged(tool, {}).has("admin")
    (found,) = [
        one for one in judged(tool, {"grumpf": column}).findings if one.signal.id == "admin"
    ]
    assert [(quote.pointer, quote.text) for quote in found.evidence] == [
        ("/description", "grumpf"), ("/inputSchema/properties/grumpf", "grumpf"),
    ]  # fmt: skip


def test_where_they_only_agree_the_words_of_all_of_it_are(tool):
    column = outputs.CATEGORIES.index(judged(tool, {}).category.value)
    assert judged(tool, {"grumpf": column}).evidence == judged(tool, {}).evidence
