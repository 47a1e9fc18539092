"""The files of the lexicons: JSON would let a class that is listed twice lose its first words."""

import json
from collections import Counter
from pathlib import Path

import pytest

from classifier.resources import data_dir

FILES = sorted((data_dir() / "lexicons").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_class_is_listed_twice_and_none_is_empty(path: Path) -> None:
    def pairs(given: list[tuple[str, object]]) -> dict[str, object]:
        names = Counter(name for name, _ in given)
        assert max(names.values()) == 1, names.most_common(1)
        return dict(given)

    found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=pairs)
    assert found["about"]
    for name, row in found["classes"].items():
        assert row, name
        assert all(isinstance(words, str) and words.split() for words in row.values()), name


def test_there_are_three() -> None:
    assert [path.stem for path in FILES] == ["nouns", "orders", "verbs"]
