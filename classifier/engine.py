"""The engine: definitions in, classifications out. Pure: no network, no clock, no state.

`classify` is a function of (definition, ruleset, model, reviews).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from classifier import capabilities, decide, quoting, rationale, reviewed, threats, unknowns
from classifier.considered import CATEGORIES, Considered, score, weight
from classifier.effects import EFFECTS, book
from classifier.lexicon import lexicon
from classifier.model import outputs, runtime
from classifier.notes import notes
from classifier.reading import Reading, read
from classifier.rules import Rule
from classifier.signals import alarms, contradicted, detectors
from classifier.verdict import Basis, Category, Classification, Evidence, Finding, Risk
from classifier.whole import is_whole
from crawler.misfits import misfits
from crawler.records import Tool, canonical_json, sha256

BATCH = 512
_AHEAD = 2048  # definitions of a batch while another process works for this one
_RISKS = tuple(Risk(name) for name in outputs.RISKS)
_RISK_VALUES = (0.0, 1.0, 2.2, 3.8)
"""What a level weighs in the expectation: a missed critical costs more than a missed medium.
Chosen on out-of-fold scores of the training labels."""
_CLEAR = 0.95
_REACH = {Category.OTHER: 0, Category.READ: 1, Category.WRITE: 2, Category.EXECUTE: 3}
"""Of several effects of a call the most consequential names the category (the labelling guide, ties)."""
_SURE_OF = {3: 0.99, 2: 0.9}
"""Confidence by the certainty that people stated."""


class Options(NamedTuple):
    """What a classification may draw on."""

    use_reviews: bool = True
    extra_reviews: Path | None = None


@cache
def ruleset() -> str:
    """Return the version of rules and signals: a digest of what they say."""
    rules = [
        {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in rule._asdict().items()
        }
        for rule in EFFECTS
    ]
    signals = [repr(detector.signal) for detector in detectors()]
    return "rules-" + sha256(canonical_json([rules, signals]))[:12]


def prepare() -> None:
    """Load every table, once, for the processes that are forked from this one."""
    runtime.load()
    book()
    ruleset()
    lexicon()
    threats.prepare()


def classify(tool: Tool, options: Options | None = None) -> Classification:
    """Classify one definition."""
    return next(classify_many([tool], options))


def classify_many(
    tools: Iterable[Tool], options: Options | None = None, model: runtime.Model | None = None,
    hostile: Iterator[Sequence[Finding]] | None = None,
) -> Iterator[Classification]:  # fmt: skip
    """Classify definitions, in order, a batch at a time; `model` stands in for the shipped one.

    `hostile` says what looks hostile in each, where another process looks; it is asked as late as can
    be, once all else is known of some thousands.
    """
    model = model or runtime.load()
    chosen = options or Options()
    source = iter(tools)
    size = BATCH if hostile is None else _AHEAD
    while batch := list(islice(source, size)):
        items = _judged(batch, model, chosen)
        if hostile is None:
            for item in items:
                item.reading.suspects = alarms().suspects(item.reading.tool)
        for item in items:
            item.hostile = threats.found_in(item.reading) if hostile is None else next(hostile)
            yield _conclude(item, model)


def _judged(batch: list[Tool], model: runtime.Model, options: Options) -> list[Considered]:
    """Take a batch through every step, a step at a time: tables stay in the processor's cache."""
    readings = list(map(read, batch))
    matched = list(map(book().matching, readings))
    reviews = [_review(tool, options) for tool in batch]
    items = list(map(Considered, readings, matched, reviews))
    guessed = [item for item in items if not item.settled]
    for item in guessed:
        item.rows(model)
    score(guessed, model)
    for reading in readings:
        reading.truncated = reading.truncated or not is_whole(reading.tool)
    return items


def _review(tool: Tool, options: Options) -> reviewed.Review | None:
    """Return what people said of a definition; nothing where they saw less of it than there is.

    Texts of another type are beside the definition: its digests are those of one without.
    """
    if not options.use_reviews or any(one.key in tool.extra for one in misfits(tool)):
        return None
    return reviewed.lookup(tool, options.extra_reviews)


def _conclude(item: Considered, model: runtime.Model) -> Classification:
    reading, review = item.reading, item.review
    category, confidence = _categorised(item, model)
    unknown = unknowns.of(item, model)
    findings = capabilities.findings(item, model, blind=unknown.blind)
    estimate = _estimate(item, model)
    said, by_people = _reviewed(review, estimate)
    least = _least(item, model)
    least = unknowns.bounded(item, category, findings, least, insufficient=unknown.insufficient)
    level = decide.level(findings, estimate, least, said)
    raised = frozenset(capabilities.labels().get(one.signal.id) for one in findings)
    evidence = quoting.for_category(item, model, category, raised, level)
    if reading.tool.annotations:
        findings += contradicted(reading, category, confidence, findings, evidence)
    answer = decide.score(category, findings, estimate, least, reviewed=said, by_people=by_people)
    against = _against(category, estimate, least) if review is None else None
    unclear = unknown.insufficient or _is_unclear(item, model, category, confidence, findings)
    return Classification(
        category=category,
        risk=answer.risk,
        risk_score=answer.score,
        confidence=confidence,
        decided_by=_basis(item, model, category),
        needs_review=review is None and (unclear or against is not None),
        insufficient_definition=unknown.insufficient,
        findings=findings,
        evidence=evidence,
        rationale=rationale.write(
            reading,
            category,
            answer.risk,
            findings,
            insufficient=unknown.insufficient,
            unfamiliar=unknown.unfamiliar,
            reviewed=review is not None,
            against=_word_of(against, reading),
            rival=_rival(item, model, category, confidence),
            wording=decide.by_wording(answer.addends),
            unknown=unknowns.why_held(least, raised=review is None and level is not estimate),
            also=_said_besides(item, model, category),
        ),
        addends=answer.addends,
        notes=notes(item, model, category, least),
        ruleset=ruleset(),
        model=model.name,
        truncated=reading.truncated,
    )


def _least(item: Considered, model: runtime.Model) -> Rule | None:
    """Return the rule that sets a floor under the risk: a trusted one, or one of what is done as well."""
    least, beside = decide.floor(item.standing, model.trusted), item.beside
    if beside and (least is None or weight(beside) > weight(least)):
        return beside
    return least


def _reviewed(review: reviewed.Review | None, estimate: Risk) -> tuple[Risk | None, bool]:
    """Return the level for who has been read by people, and whether it is they who say it."""
    if review is None:
        return None, True
    if review.exact or review.risk.rank >= estimate.rank:
        return review.risk, True
    return estimate, False


def _is_overruled(item: Considered, model: runtime.Model, category: Category) -> bool:
    return item.beside is not None and category is not item.likeliest(model)[0]


def _said_besides(item: Considered, model: runtime.Model, category: Category) -> Evidence | None:
    """Return the words by which a call does more than the model thinks, where the category goes by them."""
    if item.beside is None or not _is_overruled(item, model, category):
        return None
    return next(iter(item.beside.evidence(item.reading)), None)


def _basis(item: Considered, model: runtime.Model, category: Category) -> Basis:
    if _is_overruled(item, model, category):
        return Basis.RULES
    if item.review:
        return Basis.REVIEWED
    votes = any(rule.category is category for rule in item.matched)
    return Basis.RULES_AND_MODEL if votes else Basis.MODEL


def _is_unclear(
    item: Considered, model: runtime.Model, category: Category, confidence: float, findings: tuple[Finding, ...]
) -> bool:  # fmt: skip
    """Say whether a person should look, although the definition says enough."""
    reading = item.reading
    return (
        confidence < model.review_below
        or reading.truncated
        or _is_overruled(item, model, category)
        or decide.disagrees(category, (finding.signal.id for finding in findings))
        or unknowns.hands_on(reading, category)
        or bool(reading.tool.annotations and decide.stated_beyond(category, reading.tool.hints))
        or unknowns.is_suspected(findings)
    )


def _against(category: Category, estimate: Risk, least: Rule | None) -> Rule | None:
    """Return the rule that holds the level up although it speaks of another category."""
    if least is None or least.risk is None or least.category in {None, category}:
        return None
    return least if least.risk.rank > estimate.rank else None


def _word_of(against: Rule | None, reading: Reading) -> str:
    """Return the words for which a rule holds; nothing without a rule."""
    quotes = against.evidence(reading) if against else ()
    return quotes[0].text if quotes else ""


def _categorised(item: Considered, model: runtime.Model) -> tuple[Category, float]:
    """Return the category and how sure it is: by people, by the model, by a rule that says it does more."""
    if item.review:
        return item.review.category, _SURE_OF.get(item.review.certainty, 0.6)
    category, confidence = item.likeliest(model)
    also = item.beside.category if item.beside else None
    if also and _REACH[also] > _REACH[category]:
        return also, max(capabilities.BESIDE, item.scores(model).category[CATEGORIES.index(also)])
    return category, confidence


def _rival(
    item: Considered, model: runtime.Model, category: Category, confidence: float
) -> Category | None:
    """Return the category that comes second, where the model decided and another one is near."""
    if item.review or confidence >= _CLEAR or category is not item.likeliest(model)[0]:
        return None
    probabilities = item.scores(model).category
    second = max((p, i) for i, p in enumerate(probabilities) if CATEGORIES[i] is not category)
    return CATEGORIES[second[1]]


def _estimate(item: Considered, model: runtime.Model) -> Risk:
    """Return the expected level; a real chance of high or critical is never called low."""
    if item.review and item.review.exact:
        return item.review.risk
    probabilities = item.scores(model).risk
    expected = sum(value * p for value, p in zip(_RISK_VALUES, probabilities, strict=True))
    level = min(len(_RISKS) - 1, int(expected + 0.5))
    if level == 0 and probabilities[2] + probabilities[3] >= model.caution:
        level = 1
    return _RISKS[level]
