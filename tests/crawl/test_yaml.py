"""YAML of other people: it becomes what JSON could hold, or a reason why not."""

import pytest

from crawler.errors import FetchError
from crawler.records import Outcome, canonical_json
from crawler.sources import parse_yaml

LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2025-01-02", {"a": "2025-01-02"}),
        ("on: 1\n2: 3\nx: 4", {"True": 1, "2": 3, "x": 4}),
        ("a: .nan", {"a": "nan"}),
        ("a: !!set {b}", {"a": ["b"]}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: !!binary aGk=", {"a": "b'hi'"}),
    ],
)
def test_values_that_json_has_not(text, value):
    found = parse_yaml(text.encode(), "x")
    assert found == value
    assert canonical_json(found)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (LAUGHS, Outcome.TOO_LARGE),
        ("a: &x [*x]", Outcome.PROTOCOL_ERROR),
        ("[" * 200_000, Outcome.PROTOCOL_ERROR),
        ("- " * 200_000, Outcome.PROTOCOL_ERROR),
    ],
)
def test_what_repeats_or_holds_itself_is_refused(text, outcome):
    with pytest.raises(FetchError) as caught:
        parse_yaml(text.encode(), "x")
    assert caught.value.outcome is outcome
