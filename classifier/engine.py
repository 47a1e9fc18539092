"""The engine: definitions in, classifications out. Pure: no network, no clock, no state.

`classify` is a function of (definition, ruleset, model, reviews).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, repeat
from pathlib import Path
from typing import NamedTuple

from classifier import decide, explain, rationale, reviewed, threats
from classifier.effects import EFFECTS, book
from classifier.lexicon import lexicon
from classifier.model import runtime
from classifier.model.deciding import heaviest
from classifier.model.features import extract
from classifier.model.tokens import tokens
from classifier.reading import Reading, read
from classifier.rules import Rule
from classifier.signals import Detector, alarms, contradicted, detectors
from classifier.unfamiliar import is_unfamiliar
from classifier.verdict import Basis, Category, Classification, Evidence, Finding, Kind, Risk
from classifier.whole import is_whole
from crawler.misfits import misfits
from crawler.records import Tool, canonical_json, sha256

BATCH = 512
_AHEAD = 2048  # definitions of a batch while another process works for this one
_EVIDENCE = 4
_RISKS = tuple(Risk(name) for name in runtime.RISKS)
_CATEGORIES = tuple(Category(name) for name in runtime.CATEGORIES)
_LABEL_COLUMN = {label: i for i, label in enumerate(runtime.LABEL_SIGNALS)}
_FIRST_SIGNAL = len(_CATEGORIES) + len(_RISKS)
_RISK_VALUES = (0.0, 1.0, 2.2, 3.8)
"""What a level weighs in the expectation: a missed critical costs more than a missed medium.
Chosen on out-of-fold scores of the training labels."""
_SHORT = 3  # words of name and description below which a definition says too little
_LETTERS = 3  # of a word of a name that may say something


class Options(NamedTuple):
    """What a classification may draw on."""

    use_reviews: bool = True
    extra_reviews: Path | None = None


@dataclass(slots=True)
class _Read:
    """One definition on its way through a batch."""

    reading: Reading
    matched: tuple[Rule, ...]
    review: reviewed.Review | None
    known: set[int] | None = None
    said: runtime.Scores | None = None
    quoting: tuple[list[int], list[float]] | None = None
    hostile: Iterable[Finding] = ()

    @property
    def beside(self) -> Rule | None:
        """What the definition says the call does as well, the most consequential of it."""
        found = [rule for rule in self.matched if rule.as_well]
        return max(found, key=_weight) if found else None

    @property
    def settled(self) -> bool:
        """Whether people have read this very definition: then nothing has to be guessed."""
        return self.review is not None and self.review.exact

    def rows(self, model: runtime.Model) -> set[int]:
        """Return the rows of the model that the definition has; looked up when first asked for."""
        if self.known is None:
            self.known = model.rows(extract(self.reading, self.matched))
        return self.known

    def scores(self, model: runtime.Model) -> runtime.Scores:
        """Return what the model says; worked out when first asked for."""
        if self.said is None:
            _score([self], model)
        return self.said  # type: ignore[return-value]

    def weighed(self, model: runtime.Model) -> tuple[list[int], list[float]]:
        """Return the rows that can be quoted, and how awake the model's hidden units are.

        Where people decided, the model decided nothing: what each word says directly is enough.
        """
        if self.quoting is None:
            if self.said:
                rows, awake = self.rows(model), self.said.awake
            else:
                rows, awake = model.rows(explain.in_place(extract(self.reading, self.matched))), []
            self.quoting = explain.quotable(rows, model), awake
        return self.quoting


def _weight(rule: Rule) -> int:
    return rule.risk.rank if rule.risk else 0


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


def _judged(batch: list[Tool], model: runtime.Model, options: Options) -> list[_Read]:
    """Take a batch through every step, a step at a time: tables stay in the processor's cache."""
    readings = list(map(read, batch))
    matched = list(map(book().matching, readings))
    reviews = [_review(tool, options) for tool in batch]
    items = list(map(_Read, readings, matched, reviews))
    guessed = [item for item in items if not item.settled]
    for item in guessed:
        item.rows(model)
    _score(guessed, model)
    for reading in readings:
        reading.truncated = reading.truncated or not is_whole(reading.tool)
    return items


def _score(items: Sequence[_Read], model: runtime.Model) -> None:
    """Let the model score definitions, all at once."""
    beside: Iterable[Sequence[float]] = repeat(())
    if model.convolution and items:
        beside = model.convolution.scores([tokens(one.reading, one.matched) for one in items])
    for item, said in zip(items, beside, strict=False):
        item.said = model.score(item.rows(model), said)


def _review(tool: Tool, options: Options) -> reviewed.Review | None:
    """Return what people said of a definition; nothing where they saw less of it than there is.

    Texts of another type are beside the definition: its digests are those of one without.
    """
    if not options.use_reviews or any(one.key in tool.extra for one in misfits(tool)):
        return None
    return reviewed.lookup(tool, options.extra_reviews)


def _conclude(item: _Read, model: runtime.Model) -> Classification:
    reading, review = item.reading, item.review
    category, confidence = _categorised(item, model)
    unfamiliar = review is None and is_unfamiliar(reading, model.vocabulary["d"])
    insufficient = unfamiliar or _insufficient(reading, review)
    findings = _findings(
        item, model, review, blind=insufficient and _says_nothing(reading, unfamiliar=unfamiliar)
    )
    if review and review.exact:
        estimate = review.risk
    else:
        estimate = _estimate(item.scores(model).risk, model.caution)
    least = decide.floor(item.matched, model.trusted)
    beside = None if review else item.beside
    if beside and (least is None or _weight(beside) > _weight(least)):
        least = beside
    said, by_people = None, True
    if review:
        by_people = review.exact or review.risk.rank >= estimate.rank
        said = review.risk if by_people else estimate
    suspected = _is_suspected(findings)
    runs = review is None and _may_run(category, findings)
    bounds = ((insufficient, _NOT_UNDERSTOOD), (reading.truncated, _NOT_READ), (suspected, _SUSPECTED), (runs, _MAY_RUN))  # fmt: skip
    for unknown, bound in bounds:
        if unknown and (least is None or _weight(least) < _weight(bound)):
            least = bound
    level = decide.level(findings, estimate, least, said)
    evidence = _evidence(item, model, category, findings, level)
    if reading.tool.annotations:
        findings += contradicted(reading, category, confidence, findings, evidence)
    doubted = decide.disagrees(category, (finding.signal.id for finding in findings))
    answer = decide.score(category, findings, estimate, least, reviewed=said, by_people=by_people)
    against = _against(category, estimate, least) if review is None else None
    votes = any(rule.category is category for rule in item.matched)
    basis = Basis.REVIEWED if review else (Basis.RULES_AND_MODEL if votes else Basis.MODEL)
    overruled = beside is not None and category is not _likeliest(item, model)[0]
    if overruled:
        basis = Basis.RULES
    return Classification(
        category=category,
        risk=answer.risk,
        risk_score=answer.score,
        confidence=confidence,
        decided_by=basis,
        needs_review=review is None
        and (
            confidence < model.review_below
            or insufficient
            or reading.truncated
            or overruled
            or doubted
            or against is not None
            or _hands_on(reading, category)
            or bool(reading.tool.annotations and decide.stated_beyond(category, reading.tool.hints))
            or suspected
        ),
        insufficient_definition=insufficient,
        findings=findings,
        evidence=evidence,
        rationale=rationale.write(
            reading,
            category,
            answer.risk,
            findings,
            insufficient=insufficient,
            unfamiliar=unfamiliar,
            reviewed=review is not None,
            against=_word_of(against, reading),
            rival=_rival(item, model, category, confidence),
            wording=decide.by_wording(answer.addends),
            unknown=_why_held(least, raised=review is None and level is not estimate),
        ),
        addends=answer.addends,
        notes=_notes(item, model, review, category, least),
        ruleset=ruleset(),
        model=model.name,
        truncated=reading.truncated,
    )


_NOT_UNDERSTOOD = Rule(id="not-understood", risk=Risk.MEDIUM)
_NOT_READ = Rule(id="not-read-whole", risk=Risk.MEDIUM)
_SUSPECTED = Rule(id="may-be-hostile", risk=Risk.MEDIUM)
"""What is not understood, or not read, or may be hostile, is never low."""
_MAY_RUN = Rule(id="may-run-code", risk=Risk.HIGH)
"""What is taken for harmless and more likely than not runs what it is given is never below high."""
_UNKNOWN = {
    _NOT_UNDERSTOOD.id: "what so little is said of",
    _NOT_READ.id: "what is not read whole",
    _SUSPECTED.id: "what may be hostile",
}


def _why_held(least: Rule | None, *, raised: bool) -> str:
    """Return what is not known, where a level was raised for that; nothing otherwise."""
    return _UNKNOWN.get(least.id, "") if least and raised else ""


def _hands_on(reading: Reading, category: Category) -> bool:
    """Say whether a call that is taken for harmless takes a command, of which its words say nothing."""
    if category not in {Category.READ, Category.OTHER} or "command" not in reading.flags:
        return False
    return any(
        "command" in one.flags and not one.enum and _COMMANDS & set(one.words)
        for one in reading.parameters
    )


def _may_run(category: Category, findings: tuple[Finding, ...]) -> bool:
    """Say whether a call that is taken for harmless is likelier than not to run what it is given."""
    if category not in {Category.READ, Category.OTHER}:
        return False
    return any(
        one.signal.id == "code-execution" and one.confidence >= _LIKELIER for one in findings
    )


_LIKELIER = 0.5


def _is_suspected(findings: tuple[Finding, ...]) -> bool:
    """Say whether something looks hostile, and not so much that it is called a threat."""
    return any(one.signal.kind is Kind.THREAT and not one.is_threat for one in findings)


_COMMANDS = {"bash", "cmd", "command", "commandline", "commands", "shell"}


def _against(category: Category, estimate: Risk, least: Rule | None) -> Rule | None:
    """Return the rule that holds the level up although it speaks of another category."""
    if least is None or least.risk is None or least.category in {None, category}:
        return None
    return least if least.risk.rank > estimate.rank else None


def _word_of(against: Rule | None, reading: Reading) -> str:
    """Return the words for which a rule holds; nothing without a rule."""
    quotes = against.evidence(reading) if against else ()
    return quotes[0].text if quotes else ""


def _categorised(item: _Read, model: runtime.Model) -> tuple[Category, float]:
    """Return the category and how sure it is: by people, by the model, by a rule that says it does more."""
    if item.review:
        return item.review.category, _SURE_OF.get(item.review.certainty, 0.6)
    category, confidence = _likeliest(item, model)
    also = item.beside.category if item.beside else None
    if also and _REACH[also] > _REACH[category]:
        return also, max(_BESIDE, item.scores(model).category[_CATEGORIES.index(also)])
    return category, confidence


def _likeliest(item: _Read, model: runtime.Model) -> tuple[Category, float]:
    probabilities = item.scores(model).category
    confidence = max(probabilities)
    return _CATEGORIES[probabilities.index(confidence)], confidence


def _rival(
    item: _Read, model: runtime.Model, category: Category, confidence: float
) -> Category | None:
    """Return the category that comes second, where the model decided and another one is near."""
    if item.review or confidence >= _CLEAR or category is not _likeliest(item, model)[0]:
        return None
    probabilities = item.scores(model).category
    second = max((p, i) for i, p in enumerate(probabilities) if _CATEGORIES[i] is not category)
    return _CATEGORIES[second[1]]


_CLEAR = 0.95
_REACH = {Category.OTHER: 0, Category.READ: 1, Category.WRITE: 2, Category.EXECUTE: 3}
"""Of several effects of a call the most consequential names the category (the labelling guide, ties)."""
_BESIDE = 0.7
"""Confidence where a rule says that a call does more than the model thinks: somebody should look."""
_SURE_OF = {3: 0.99, 2: 0.9}
"""Confidence by the certainty that people stated."""


def _findings(
    item: _Read, model: runtime.Model, review: reviewed.Review | None, *, blind: bool = False
) -> tuple[Finding, ...]:
    """Return what a call can do and what is hostile; `blind` where the model has nothing to go by."""
    found = list(item.hostile)
    beside = None if review else item.beside
    flags = item.reading.flags
    for detector, column in _judges():
        if column is None:
            if detector.flags is None or not detector.flags.isdisjoint(flags):
                quotes = _unique(detector.detect(item.reading, item.matched))
                if quotes:
                    found.append(Finding(signal=detector.signal, evidence=quotes))
            continue
        probability = 0.0 if item.settled else item.scores(model).signals[column]
        raised = probability >= model.signal_threshold[column]
        if raised and (blind or (detector.spares and detector.spares(item.reading))):
            raised = any(detector.label in rule.signals for rule in item.matched)
        if beside and not raised and detector.label in beside.signals:
            raised, probability = True, _BESIDE
        if review:
            raised = detector.signal.id in review.signals or (raised and not review.exact)
        if raised:
            found.append(_capability(detector, item, model, column, probability, review))
    return tuple(found)


@cache
def _labels() -> dict[str, str | None]:
    """Return the label of each signal, by its id."""
    return {detector.signal.id: detector.label for detector in detectors()}


@cache
def _judges() -> tuple[tuple[Detector, int | None], ...]:
    """Return the detectors of what a call can do, with the column in which the model speaks of them."""
    return tuple(
        (d, _LABEL_COLUMN.get(d.label or ""))
        for d in detectors()
        if not (d.trigger or d.contradict)
    )


def _capability(  # noqa: PLR0913, PLR0917 - one step of _findings, with all it knows
    detector: Detector, item: _Read, model: runtime.Model, column: int, probability: float,
    review: reviewed.Review | None,
) -> Finding:  # fmt: skip
    quotes = _unique(detector.detect(item.reading, item.matched))
    if not quotes and detector.signal.id in decide.CHANGING:
        act = explain.acting(item.reading, _CHANGES)
        told = _words(item, model, _FIRST_SIGNAL + column)
        quotes = _unique(iter((act, *told) if act else told))[:_FEW]
    elif not quotes:
        quotes = _words(item, model, _FIRST_SIGNAL + column, verbs=False)
    confident = review is not None and detector.signal.id in review.signals
    return Finding(
        signal=detector.signal, evidence=quotes, confidence=1.0 if confident else probability
    )


def _estimate(probabilities: list[float], caution: float) -> Risk:
    """Return the expected level; a real chance of high or critical is never called low."""
    expected = sum(value * p for value, p in zip(_RISK_VALUES, probabilities, strict=True))
    level = min(len(_RISKS) - 1, int(expected + 0.5))
    if level == 0 and probabilities[2] + probabilities[3] >= caution:
        level = 1
    return _RISKS[level]


def _insufficient(reading: Reading, review: reviewed.Review | None) -> bool:
    if review:
        return review.certainty == 1
    told = len(reading.first) + len(reading.rest)
    nothing_named = reading.name_verb is None or len(reading.core) < 2  # noqa: PLR2004 - verb alone
    return told < _SHORT and nothing_named and not reading.parameters


def _says_nothing(reading: Reading, *, unfamiliar: bool) -> bool:
    """Say whether of a definition that is not understood the name says nothing either: `x`, `f_2`."""
    if (
        reading.name_verb
        or reading.flags
        or not (unfamiliar or not (reading.first or reading.rest))
    ):
        return False
    return all(word.isdigit() or len(word) < _LETTERS for word in reading.core)


def _evidence(
    item: _Read,
    model: runtime.Model,
    category: Category,
    findings: tuple[Finding, ...],
    level: Risk,
) -> tuple[Evidence, ...]:
    """Quote what speaks for the category: the rules that hold, else the words that weigh most.

    Of a rule that says more than was found, a higher risk or another signal, only the verb is quoted;
    so it is of one that says what is read, or what a call does besides, where the verb says the category.
    """
    raised = {_labels().get(one.signal.id) for one in findings}
    verb = explain.acting(item.reading, _ACTS[category])
    quotes: list[Evidence] = []
    for rule in item.matched:
        if rule.category is not category:
            continue
        if not rule.signals <= raised or (rule.risk is not None and rule.risk.rank > level.rank):
            act = rule.act(item.reading)
            quotes += (act,) if act else ()
        elif verb and ((rule.signals and category is Category.READ) or _steps_back(rule, item)):
            quotes.append(verb)
        else:
            quotes += rule.evidence(item.reading)
    told = [quote for quote in quotes if not explain.says_nothing(quote)]
    if told:
        return _unique(iter(told))
    first = (verb,) if verb else ()
    return _unique(chain(first, _words(item, model, _CATEGORIES.index(category))))[:_FEW]


def _steps_back(rule: Rule, item: _Read) -> bool:
    """Say whether a rule of what a call does besides leaves it to the verb; a row of actions is quoted itself."""
    return rule.as_well and not item.reading.offers.keys() & rule.near


_ACTS = {
    Category.READ: ("read",), Category.WRITE: ("write",), Category.EXECUTE: ("exec",), Category.OTHER: ("other",),
}  # fmt: skip
"""What the class of a verb begins with that speaks for a category."""
_CHANGES = (*_ACTS[Category.WRITE], *_ACTS[Category.EXECUTE])
_FEW = 3


def _words(
    item: _Read, model: runtime.Model, column: int, *, verbs: bool = True
) -> tuple[Evidence, ...]:
    """Quote the words by which the model speaks for an output: of the part of it that made the difference."""
    reading, said = item.reading, item.said
    if said and model.convolution and model.turned(said, column):
        seen = tokens(reading, item.matched)
        told = explain.words_in_order(reading, heaviest(model.convolution, seen, column))
        return explain.quotes(reading, told, verbs=verbs)
    rows, awake = item.weighed(model)
    return explain.quotes(reading, explain.words(rows, model, column, awake), verbs=verbs)


def _unique(quotes: Iterator[Evidence]) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for quote in quotes:
        if quote not in found and not any(explain.is_repeated(quote, other) for other in found):
            found.append(quote)
        if len(found) == _EVIDENCE:
            break
    return tuple(found)


def _notes(
    item: _Read, model: runtime.Model, review: reviewed.Review | None, category: Category,
    least: Rule | None,
) -> tuple[str, ...]:  # fmt: skip
    notes: list[str] = []
    if review and not review.exact:
        notes.append(
            "Reviewed by name and description; the schema or hints differ, so the higher risk stands."
        )
    if (
        review
        and least
        and least.category
        and least.category is not category
        and _weight(least) > review.risk.rank
        and least.id in model.trusted
    ):
        notes.append(
            f"The review and rule {least.id} disagree: the rule says {least.category.value}."
        )
    if item.reading.truncated:
        odd = [f"The field {one}." for one in misfits(item.reading.tool)]
        longer = "The definition is longer than what is judged; the rest was not read."
        notes += odd or [longer]
    hints = item.reading.tool.hints if review is None and item.reading.tool.annotations else None
    beyond = decide.stated_beyond(category, hints) if hints else ""
    if beyond:
        notes.append(f"The vendor states {beyond}, which goes beyond what the definition tells.")
    missing = _missing_hints(item.reading)
    if missing:
        notes.append("The vendor does not state " + ", ".join(missing) + ".")
    return tuple(notes)


_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def _missing_hints(reading: Reading) -> Sequence[str]:
    if not reading.tool.annotations:
        return _HINTS
    hints = reading.tool.hints
    said = (
        hints.read_only_hint,
        hints.destructive_hint,
        hints.idempotent_hint,
        hints.open_world_hint,
    )
    return [name for name, value in zip(_HINTS, said, strict=True) if value is None]
