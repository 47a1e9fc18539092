"""What turns scores into answers: calibration, thresholds, the second stage and the trusted rules.

All of it is fitted on scores of models that saw none of the tools scored.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifier.effects import EFFECTS
from classifier.model.outputs import CATEGORIES, LABEL_SIGNALS, RISKS
from classifier.model.truth import Truth

_FIRST, _SECOND = len(CATEGORIES), len(CATEGORIES) + len(RISKS)
_TRUST = 0.9  # precision from which a rule may set a floor
_TRUST_COUNT = 8
_JOINT_C = 0.3  # of the second stage; up to 3 it makes no difference that stands out
_CAUTION = 0.06  # a real chance of high or critical is never called low
_REVIEW_SHARE = 0.85

Array = npt.NDArray[np.float64]


def softmax(scores: Array) -> Array:
    """Return probabilities over the last axis."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def sigmoid(scores: Array) -> Array:
    """Return the logistic function, without overflow."""
    result: Array = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return result


def calibrate(raw: Array, truth: Truth, matched: Sequence[set[str]], count: int) -> dict[str, Any]:
    """Fit what turns scores into probabilities and answers, on the first `count` out-of-fold scores.

    The rest was chosen for being hard: on it, probabilities would be fitted to a world that is harder
    than the one they are used in.
    """
    truth = Truth(*(getattr(truth, field.name)[:count] for field in fields(Truth)))
    raw, matched = raw[:count], matched[:count]
    category = LogisticRegression(C=1.0, max_iter=1000).fit(raw[:, :_FIRST], truth.category)
    scale, bias, threshold = [], [], []
    for j in range(len(LABEL_SIGNALS)):
        scores, labels = raw[:, [_SECOND + j]], truth.signals[:, j]
        if labels.min() == labels.max():  # of a signal without an example nothing is learned
            scale.append(1.0)
            bias.append(0.0)
            threshold.append(0.5)
            continue
        platt = LogisticRegression(C=100.0).fit(scores, labels)
        scale.append(float(platt.coef_[0, 0]))
        bias.append(float(platt.intercept_[0]))
        threshold.append(_best_threshold(sigmoid(scores[:, 0] * scale[-1] + bias[-1]), labels))
    probabilities = softmax(raw[:, :_FIRST] @ category.coef_.T + category.intercept_)
    return second_stage(raw, truth.risk) | {
        "category_scale": category.coef_.T.tolist(),
        "category_bias": category.intercept_.tolist(),
        "signal_scale": scale,
        "signal_bias": bias,
        "signal_threshold": threshold,
        "review_below": float(np.quantile(probabilities.max(axis=1), 1 - _REVIEW_SHARE)),
        "caution": _CAUTION,
        "trusted": _trusted(truth, matched),
    }


def second_stage(raw: Array, risk: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Fit the risk on all first-stage scores of some tools, by models that saw none of them."""
    fitted = LogisticRegression(C=_JOINT_C, max_iter=5000).fit(joined(raw), risk)
    return {"risk_scale": fitted.coef_.T.tolist(), "risk_bias": fitted.intercept_.tolist()}


def joined(raw: Array) -> Array:
    """Return what `outputs.joined` does, a row a tool."""
    category, risk, signals = raw[:, :_FIRST], raw[:, _FIRST:_SECOND], raw[:, _SECOND:]
    return np.hstack([raw, softmax(category), softmax(risk), sigmoid(signals)])


def _best_threshold(probability: Array, labels: npt.NDArray[np.int64]) -> float:
    def f1(threshold: float) -> float:
        said = probability >= threshold
        return float(2 * (said & (labels == 1)).sum() / max(1, said.sum() + labels.sum()))

    return float(max(np.arange(0.35, 0.7, 0.025), key=f1))


def _trusted(truth: Truth, matched: Sequence[set[str]]) -> list[str]:
    """Return the rules whose category and whose risk (or higher) are right often enough."""
    found = []
    for rule in EFFECTS:
        rows = np.array([i for i, ids in enumerate(matched) if rule.id in ids], dtype=int)
        if len(rows) < _TRUST_COUNT or rule.category is None or rule.risk is None:
            continue
        right = (truth.category[rows] == CATEGORIES.index(rule.category.value)).mean()
        enough = (truth.risk[rows] >= RISKS.index(rule.risk.value)).mean()
        if right >= _TRUST and enough >= _TRUST:
            found.append(rule.id)
    return found
