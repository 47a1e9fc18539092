"""What a call can do: the signals that the model, a rule or a person raises, each with its evidence."""

from functools import cache

from classifier import decide, explain, quoting
from classifier.considered import Considered
from classifier.model import outputs, runtime
from classifier.signals import Detector, detectors
from classifier.verdict import Category, Finding

_COLUMN = {label: i for i, label in enumerate(outputs.LABEL_SIGNALS)}
BESIDE = 0.7
"""Confidence where a rule says that a call does more than the model thinks: somebody should look."""
_CHANGES = (*quoting.ACTS[Category.WRITE], *quoting.ACTS[Category.EXECUTE])


def findings(item: Considered, model: runtime.Model, *, blind: bool = False) -> tuple[Finding, ...]:
    """Return what a call can do and what is hostile; `blind` where the model has nothing to go by."""
    found = list(item.hostile)
    review, beside = item.review, item.beside
    flags = item.reading.flags
    for detector, column in _judges():
        if column is None:
            if detector.flags is None or not detector.flags.isdisjoint(flags):
                quotes = quoting.unique(detector.detect(item.reading, item.matched))
                if quotes:
                    found.append(Finding(signal=detector.signal, evidence=quotes))
            continue
        probability = 0.0 if item.settled else item.scores(model).signals[column]
        raised = probability >= model.signal_threshold[column]
        if raised and (blind or (detector.spares and detector.spares(item.reading))):
            raised = any(detector.label in rule.signals for rule in item.standing)
        if beside and not raised and detector.label in beside.signals:
            raised, probability = True, BESIDE
        if review:
            raised = detector.signal.id in review.signals or (raised and not review.exact)
        if raised:
            found.append(_capability(detector, item, model, column, probability))
    return tuple(found)


@cache
def labels() -> dict[str, str | None]:
    """Return the label of each signal, by its id."""
    return {detector.signal.id: detector.label for detector in detectors()}


@cache
def _judges() -> tuple[tuple[Detector, int | None], ...]:
    """Return the detectors of what a call can do, with the column in which the model speaks of them."""
    return tuple(
        (d, _COLUMN.get(d.label or "")) for d in detectors() if not (d.trigger or d.contradict)
    )


def _capability(
    detector: Detector, item: Considered, model: runtime.Model, column: int, probability: float
) -> Finding:
    review = item.review
    quotes = quoting.unique(detector.detect(item.reading, item.matched))
    if not quotes and detector.signal.id in decide.CHANGING:
        act = explain.acting(item.reading, _CHANGES)
        told = quoting.words(item, model, outputs.SECOND + column)
        quotes = quoting.unique(iter((act, *told) if act else told))[: quoting.FEW]
    elif not quotes:
        quotes = quoting.words(item, model, outputs.SECOND + column, verbs=False)
    confident = review is not None and detector.signal.id in review.signals
    return Finding(
        signal=detector.signal, evidence=quotes, confidence=1.0 if confident else probability
    )
