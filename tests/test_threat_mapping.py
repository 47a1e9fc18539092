"""The ids of frameworks: every one that is named has a title and the edition of its version."""

from pathlib import Path

import pytest

from classifier.combinations import PATTERNS
from classifier.pages.attacks import attacks
from classifier.pipeline import sarif
from classifier.signals import detectors
from classifier.taxa import explained, taxon, taxonomies, taxonomy_of, titles
from classifier.verdict import Kind

SIGNALS = [detector.signal for detector in detectors()]


def references():
    """Yield (who, reference) of everything that refers to a framework."""
    for signal in SIGNALS:
        yield from ((signal.id, one) for one in signal.references)
    for rule in sarif.rules():
        yield from ((rule.id, one) for one in rule.references)
    for pattern in PATTERNS:
        yield from ((pattern.id, one) for one in pattern.references)
    for attack in attacks():
        yield from ((attack.slug, one) for one, _ in attack.ids)


def test_every_reference_has_a_title():
    assert [pair for pair in references() if taxon(pair[1]) not in titles()] == []


def test_every_edition_is_that_of_the_framework():
    wrong = []
    for who, one in references():
        _, marked, edition = one.partition(":")
        framework = taxonomy_of(one)
        if framework is None or (marked and edition != framework.version):
            wrong.append((who, one))
    assert wrong == []


def test_no_title_is_left_over():
    used = {taxon(one) for _, one in references()}
    assert sorted(set(titles()) - used) == []


def test_every_title_belongs_to_one_framework():
    prefixes = [framework.prefix for framework in taxonomies()]
    for one in titles():
        assert sum(one.startswith(prefix) for prefix in prefixes) == 1, one


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.id)
def test_a_threat_is_mapped_to_tool_poisoning_or_to_consent(signal):
    own = {taxon(one) for one in signal.references}
    assert len(own) == len(signal.references)
    if signal.kind is Kind.THREAT:
        assert own & {"MCP02", "MCP03"}
        assert len({taxonomy_of(one) for one in own}) >= 2


def test_a_reference_is_read_with_its_version():
    assert explained("MCP03:2025") == "OWASP MCP Top 10 (2025): Tool Poisoning"
    assert explained("CWE-94") == "CWE (4.16): Code Injection"
    assert explained("XYZ-1") == "XYZ-1"


ATLAS = Path(__file__).parent.parent.parent / "shared" / "schemas" / "mitre-atlas.yaml"


def test_titles_of_atlas_are_those_of_its_own_data():
    if not ATLAS.is_file():
        pytest.skip("the data of MITRE ATLAS is not beside the checkout")
    text = ATLAS.read_text(encoding="utf-8")
    (atlas,) = [one for one in taxonomies() if one.prefix == "AML.T"]
    assert f"\nversion: {atlas.version}\n" in text
    names = {}
    for part in text.split("- id: AML.T")[1:]:
        own, _, rest = part.partition("\n")
        name = rest.partition("name: ")[2].partition("\n")[0].strip()
        names.setdefault(f"AML.T{own.strip()}", name)
    for own, title in titles().items():
        if own.startswith("AML.T"):
            assert title.removeprefix("LLM Prompt Injection: ") == names[own]
