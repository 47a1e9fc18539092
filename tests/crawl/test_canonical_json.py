"""One JSON text of a value: every digest that was ever stored hangs on it."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.records import canonical_json

numbers = st.integers() | st.floats() | st.floats(-0.001, 0.001) | st.sampled_from([2**63, 2**64, -(2**63) - 1])  # fmt: skip
texts = st.text(max_size=12) | st.text(st.characters(categories=["Cs", "Cc", "Ll"]), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def by_the_standard_library(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    has_lone = any("\ud800" <= letter <= "\udfff" for letter in text)
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if has_lone else text


@given(values)
@example([0.00001, 1e-7, 1.5e-10, 1e16, 1e22, -0.0, 0.0001])
@example([float("nan"), None, float("-inf")])
@example({"\ue000": 1, "\U00010000": 2, "a": {"z": [], "b": {}}})
@example({"deep": json.loads("[" * 300 + "]" * 300)})
@example(("a", 'e-1 "0.00001" null', "\x7f\u2028\x1f"))
def test_it_is_the_text_that_the_standard_library_writes(value):
    assert canonical_json(value) == by_the_standard_library(value)


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError):
        canonical_json({"a": {1, 2}})
