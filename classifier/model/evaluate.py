"""How good the classifier is, measured on labelled tools; never imported at run time.

`measure` compares the engine's answers with labels. `grouped` makes those answers by models that
never saw a tool of the same server family. Reviews are never used here: looking an answer up is
not judging. A figure of nothing, such as the recall of a class that no label has, is None.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from classifier.engine import Options, classify_many
from classifier.model import train
from classifier.model.calibration import calibrate, second_stage
from classifier.model.labels import Labelled
from classifier.model.outputs import CATEGORIES, LABEL_SIGNALS, RISKS
from classifier.model.runtime import Model
from classifier.model.truth import truth_of
from classifier.signals import detectors
from classifier.verdict import Classification, Evidence
from crawler.records import Tool

_MOST_CONFIDENT = 0.8
_BINS = 15
_HIGH = 2
Ints = npt.NDArray[np.int64]
Figures = dict[str, float | None]


def answers(labelled: Sequence[Labelled], model: Model | None = None) -> list[Classification]:
    """Return the engine's answers without reviews."""
    return list(classify_many((item.tool for item in labelled), Options(use_reviews=False), model))


def grouped(
    labelled: Sequence[Labelled], progress: train.Progress, also: Sequence[Labelled] = ()
) -> list[Classification]:
    """Return answers by cross-validation in which no server family is on both sides.

    Weights never see the held-out family, neither those of the first stage nor those of the second,
    which is fitted for each fold on scores of models that saw neither the fold nor the tool scored.
    Calibration and thresholds (a few dozen numbers) are fitted on all out-of-fold scores together.
    `also` are labels to learn from, not to be measured.
    """
    everything = [*labelled, *also]
    truth = truth_of(everything)
    seen, matched = train.documents(everything)
    raw, models = train.out_of_fold(seen, truth, progress)
    config = calibrate(raw, truth, matched, len(labelled))
    inner = train.twice_out_of_fold(seen, truth, progress)
    found: list[Classification | None] = [None] * len(labelled)
    for fold, fitted in enumerate(models):
        rows = [row for row in np.where(truth.fold == fold)[0].tolist() if row < len(labelled)]
        known = np.where((truth.fold != fold) & (np.arange(len(everything)) < len(labelled)))[0]
        risk = second_stage(inner[fold][known], truth.risk[known])
        model = train.to_model(fitted, config | risk, f"fold-{fold + 1}")
        for row, result in zip(rows, answers([labelled[i] for i in rows], model), strict=True):
            found[row] = result
    return [result for result in found if result is not None]


def measure(labelled: Sequence[Labelled], results: Sequence[Classification]) -> dict[str, Any]:
    """Return every figure of `toolrisk evaluate` as one JSON-ready object."""
    truth = np.array([CATEGORIES.index(item.category) for item in labelled])
    said = np.array([CATEGORIES.index(result.category.value) for result in results])
    sure = np.array([result.confidence for result in results])
    risk = np.array([RISKS.index(item.risk) for item in labelled])
    level = np.array([result.risk.rank for result in results])
    dangerous = risk >= _HIGH
    classes = _classes(truth, said)
    top = np.argsort(-sure, kind="stable")[: int(len(sure) * _MOST_CONFIDENT)]
    return {
        "tools": len(labelled),
        "category": {
            "accuracy": float((truth == said).mean()),
            "macro_f1": _macro_f1(classes),
            "accuracy_most_confident_80": _share(truth[top] == said[top]),
            "expected_calibration_error": calibration_error(sure, truth == said),
            "classes": classes,
            "confusion": confusion_matrix(truth, said, labels=range(len(CATEGORIES))).tolist(),
        },
        "risk": {
            "accuracy": float((risk == level).mean()),
            "quadratic_weighted_kappa": _kappa(risk, level),
            "dangerous_misses": int((dangerous & (level == 0)).sum()),
            "dangerous_miss_rate": _share(level[dangerous] == 0),
            "confusion": confusion_matrix(risk, level, labels=range(len(RISKS))).tolist(),
        },
        "signals": _signals(labelled, results),
        "evidence": evidence_share([item.tool for item in labelled], results),
        "read_only_hint": hint_agreement(labelled, results),
        "needs_review": float(np.mean([result.needs_review for result in results])),
    }  # fmt: skip


def _share(right: npt.NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if len(right) else None


def _kappa(risk: Ints, level: Ints) -> float | None:
    """Return the agreement beyond chance; where there is one level alone, chance agrees always."""
    if len(np.union1d(risk, level)) == 1:
        return None
    ranks = range(len(RISKS))
    return float(cohen_kappa_score(risk, level, weights="quadratic", labels=ranks))


def _figures(labelled: int, said: int, right: int) -> Figures:
    """Return the figures of one class from how many have it by label, by answer and by both."""
    return {
        "precision": right / said if said else None,
        "recall": right / labelled if labelled else None,
        "f1": 2 * right / (said + labelled) if said + labelled else None,
        "support": labelled,
    }


def _macro_f1(classes: dict[str, Figures]) -> float | None:
    """Return the mean over the classes that occur: the others were neither found nor missed."""
    known = [one["f1"] for one in classes.values() if one["f1"] is not None]
    return float(np.mean(known)) if known else None


def _classes(truth: Ints, said: Ints) -> dict[str, Figures]:
    return {
        name: _figures(
            int((truth == i).sum()), int((said == i).sum()), int(((truth == i) & (said == i)).sum())
        )
        for i, name in enumerate(CATEGORIES)
    }


def _signals(labelled: Sequence[Labelled], results: Sequence[Classification]) -> dict[str, Any]:
    ids = {d.label: d.signal.id for d in detectors() if d.label}
    classes: dict[str, Figures] = {}
    for label in LABEL_SIGNALS:
        truth = np.array([label in item.signals for item in labelled], dtype=int)
        said = np.array([result.has(ids[label]) for result in results], dtype=int)
        classes[ids[label]] = _figures(int(truth.sum()), int(said.sum()), int((truth & said).sum()))
    return {"macro_f1": _macro_f1(classes), "classes": classes}


def calibration_error(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error over 15 equal-width bins."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    return float(
        sum(
            abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean()
            for b in range(_BINS)
            if (bins == b).any()
        )
    )


def resolve(tool: Tool, pointer: str) -> Any:
    """Return what a JSON Pointer points to in a definition.

    Raises:
        LookupError: it points nowhere.

    """
    node: Any = tool.definition
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def quotes_exactly(tool: Tool, evidence: Evidence) -> bool:
    """Say whether a quote is what stands there (or names the parameter that it points to)."""
    try:
        value = resolve(tool, evidence.pointer)
    except (LookupError, TypeError, ValueError):
        return False
    if evidence.start == evidence.end == 0:
        return (
            evidence.pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
            == evidence.text
        )
    return isinstance(value, str) and value[evidence.start : evidence.end] == evidence.text


def evidence_share(tools: Sequence[Tool], results: Sequence[Classification]) -> dict[str, float]:
    """Count findings whose every quote is a verbatim slice."""
    findings = good = 0
    for tool, result in zip(tools, results, strict=True):
        for finding in result.findings:
            findings += 1
            good += all(quotes_exactly(tool, evidence) for evidence in finding.evidence)
        good += all(quotes_exactly(tool, evidence) for evidence in result.evidence)
        findings += 1
    return {"findings": findings, "verbatim": good / max(1, findings)}


def hint_agreement(labelled: Sequence[Labelled], results: Sequence[Classification]) -> Figures:
    """Compare with the vendors' readOnlyHint: true fits Read and Other, false fits the rest.

    `of_labels` is how often the labels fit: answers that agree with people can hardly do better.
    """
    hinted = [
        (item.tool.hints.read_only_hint, item.category, result.category.value)
        for item, result in zip(labelled, results, strict=True)
        if item.tool.hints.read_only_hint is not None
    ]
    by_label = sum(hint is (label in _READ_ONLY) for hint, label, _ in hinted)
    by_answer = sum(hint is (answer in _READ_ONLY) for hint, _, answer in hinted)
    return {
        "tools": len(hinted),
        "agreement": by_answer / len(hinted) if hinted else None,
        "of_labels": by_label / len(hinted) if hinted else None,
    }


_READ_ONLY = {"Read", "Other"}


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people; what is not available is a dash."""
    category, risk, signals = figures["category"], figures["risk"], figures["signals"]
    evidence, hint = figures["evidence"], figures["read_only_hint"]
    missed, hinted = f" ({risk['dangerous_misses']})", f" of {hint['tools']}"
    if hint["of_labels"] is not None:
        hinted += f"; of the labels {_shown(hint['of_labels'])}"
    lines = [
        f"tools                              {figures['tools']}",
        f"category macro-F1                  {_shown(category['macro_f1'])}",
        f"category accuracy                  {_shown(category['accuracy'])}",
        f"accuracy on most confident 80 %    {_shown(category['accuracy_most_confident_80'])}",
        f"expected calibration error         {_shown(category['expected_calibration_error'])}",
        f"risk quadratic-weighted kappa      {_shown(risk['quadratic_weighted_kappa'])}",
        f"risk accuracy                      {_shown(risk['accuracy'])}",
        f"dangerous-miss rate                {_shown(risk['dangerous_miss_rate'], missed)}",
        f"signals macro-F1                   {_shown(signals['macro_f1'])}",
        f"verbatim evidence                  {_shown(evidence['verbatim'])} of {evidence['findings']}",
        f"agreement with readOnlyHint        {_shown(hint['agreement'], hinted)}",
        f"needs review                       {_shown(figures['needs_review'])}",
        "",
        f"{'':24}precision recall f1     support",
    ]
    for name, row in [*category["classes"].items(), *signals["classes"].items()]:
        precision, recall, f1 = (
            _shown(row[key], digits=3) for key in ("precision", "recall", "f1")
        )
        lines.append(f"{name:24}{precision:10}{recall:7}{f1:7}{row['support']}")
    lines += [
        "",
        "category confusion (rows: label; columns: said)",
        *_matrix(category["confusion"], CATEGORIES),
    ]
    lines += ["", "risk confusion (rows: label; columns: said)", *_matrix(risk["confusion"], RISKS)]
    return "\n".join(lines) + "\n"


def _shown(value: float | None, beside: str = "", digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}{beside}"


def _matrix(rows: list[list[int]], names: Sequence[str]) -> list[str]:
    head = " " * 10 + "".join(f"{name:>10}" for name in names)
    return [
        head,
        *(
            f"{name:10}" + "".join(f"{n:>10}" for n in row)
            for name, row in zip(names, rows, strict=True)
        ),
    ]
