"""What a server's page says of a profile is what the table does, whatever stands in the table."""

import re  # noqa: TID251  # our own sentences
from dataclasses import replace

import pytest

from classifier.pages.profiles import in_words, meaning
from classifier.policy_table import ProfileTable, shipped_table
from classifier.rule import Decision, Limit, Profile, Rule
from classifier.verdict import Category, Risk

EFFECT = {
    Decision.ALLOW: "allowed",
    Decision.ASK: "a person is asked",
    Decision.DENY: "refused",
    Decision.HIDE: "refused and not listed",
}
TABLES = shipped_table().profiles


def words_of(rule):
    if rule.limit:
        return f"at most {rule.limit.max} calls a {rule.limit.window}"
    return EFFECT[rule.decision]


def told(text):
    """Read the sentences back: what is said of each category and risk."""
    cells = {}
    for sentence in text.split(". "):
        names, _, rest = sentence.removesuffix(".").partition(": ")
        if names.startswith("At the least"):
            continue
        for name in re.split(", | and ", names):
            category = Category(name)
            parts = re.findall(r"(.+?) at ((?:[a-z]+(?:, | and )?)+) risk(?:, |$)", rest)
            for effect, risks in parts or [(rest, " and ".join(Risk))]:
                for risk in re.split(", | and ", risks):
                    cells[category, Risk(risk)] = effect
    return cells


@pytest.mark.parametrize("profile", Profile)
def test_every_cell_of_the_table_is_told_as_it_is(profile):
    table = TABLES[profile]
    assert told(meaning(profile)) == {cell: words_of(rule) for cell, rule in table.cells.items()}


@pytest.mark.parametrize("profile", Profile)
def test_every_floor_of_the_table_is_told_with_its_rule(profile):
    table, text = TABLES[profile], meaning(profile)
    floors = text.partition("At the least, whatever the risk: ")[2].removesuffix(".").split("; ")
    for name, rule in table.signals.items():
        (said,) = [one for one in floors if re.search(rf"\b{name}\b", one)]
        assert said.startswith(f"{words_of(rule)} for ")
    (hostile,) = [one for one in floors if "looks hostile" in one]
    assert hostile.startswith(f"{words_of(table.states['threat'])} for ")


def test_another_table_has_other_sentences():
    shipped = TABLES[Profile.RECOMMENDED]
    ask, limit = Rule(Decision.ASK), Rule(Decision.LIMIT, Limit(7, "day"))
    cells = {**shipped.cells, (Category.EXECUTE, Risk.HIGH): ask, (Category.READ, Risk.LOW): limit}
    changed = told(in_words(replace(shipped, cells=cells)))
    assert changed[Category.EXECUTE, Risk.HIGH] == "a person is asked"
    assert changed[Category.READ, Risk.LOW] == "at most 7 calls a day"
    plain = ProfileTable(dict.fromkeys(shipped.cells, ask), {}, {})
    assert in_words(plain) == "Read, Write, Execute and Other: a person is asked."
