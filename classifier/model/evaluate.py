"""How good the classifier is, measured on labelled tools; never imported at run time.

`measure` compares the engine's answers with labels. `grouped` makes those answers by models that
never saw a tool of the same server family. Reviews are never used here: looking an answer up is
not judging.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from classifier.engine import Options, classify_many
from classifier.model import train
from classifier.model.labels import Labelled
from classifier.model.runtime import CATEGORIES, LABEL_SIGNALS, RISKS, Model
from classifier.signals import detectors
from classifier.verdict import Classification, Evidence
from crawler.records import Tool

_MOST_CONFIDENT = 0.8
_BINS = 15
_HIGH = 2
Ints = npt.NDArray[np.int64]


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
    truth = train.truth_of(everything)
    features, matched = train.documents(everything)
    raw, models = train.out_of_fold(features, truth, progress)
    config = train.calibrate(raw, truth, matched, len(labelled))
    inner = train.twice_out_of_fold(features, truth, progress)
    found: list[Classification | None] = [None] * len(labelled)
    for fold, fitted in enumerate(models):
        rows = [row for row in np.where(truth.fold == fold)[0].tolist() if row < len(labelled)]
        known = np.where((truth.fold != fold) & (np.arange(len(everything)) < len(labelled)))[0]
        risk = train.second_stage(inner[fold][known], truth.risk[known])
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
    top = np.argsort(-sure, kind="stable")[: int(len(sure) * _MOST_CONFIDENT)]
    return {
        "tools": len(labelled),
        "category": {
            "accuracy": float((truth == said).mean()),
            "macro_f1": float(f1_score(truth, said, labels=range(len(CATEGORIES)), average="macro", zero_division=0)),
            "accuracy_most_confident_80": float((truth[top] == said[top]).mean()),
            "expected_calibration_error": calibration_error(sure, truth == said),
            "classes": _classes(truth, said, CATEGORIES),
            "confusion": confusion_matrix(truth, said, labels=range(len(CATEGORIES))).tolist(),
        },
        "risk": {
            "accuracy": float((risk == level).mean()),
            "quadratic_weighted_kappa": float(cohen_kappa_score(risk, level, weights="quadratic", labels=range(len(RISKS)))),
            "dangerous_misses": int((dangerous & (level == 0)).sum()),
            "dangerous_miss_rate": float((dangerous & (level == 0)).sum() / max(1, dangerous.sum())),
            "confusion": confusion_matrix(risk, level, labels=range(len(RISKS))).tolist(),
        },
        "signals": _signals(labelled, results),
        "evidence": evidence_share([item.tool for item in labelled], results),
        "read_only_hint": hint_agreement([item.tool for item in labelled], results),
        "needs_review": float(np.mean([result.needs_review for result in results])),
    }  # fmt: skip


def _classes(truth: Ints, said: Ints, names: Sequence[str]) -> dict[str, dict[str, float]]:
    rows = precision_recall_fscore_support(truth, said, labels=range(len(names)), zero_division=0)
    return {
        name: {
            "precision": float(rows[0][i]),
            "recall": float(rows[1][i]),
            "f1": float(rows[2][i]),
            "support": int(rows[3][i]),
        }
        for i, name in enumerate(names)
    }


def _signals(labelled: Sequence[Labelled], results: Sequence[Classification]) -> dict[str, Any]:
    ids = {d.label: d.signal.id for d in detectors() if d.label}
    classes: dict[str, Any] = {}
    for label in LABEL_SIGNALS:
        truth = np.array([label in item.signals for item in labelled], dtype=int)
        said = np.array([result.has(ids[label]) for result in results], dtype=int)
        right = int((truth & said).sum())
        classes[ids[label]] = {
            "precision": right / max(1, int(said.sum())),
            "recall": right / max(1, int(truth.sum())),
            "f1": 2 * right / max(1, int(said.sum() + truth.sum())),
            "support": int(truth.sum()),
        }
    return {"macro_f1": float(np.mean([c["f1"] for c in classes.values()])), "classes": classes}


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


def hint_agreement(
    tools: Sequence[Tool], results: Sequence[Classification]
) -> dict[str, float | int]:
    """Compare with the vendors' readOnlyHint: true fits Read and Other, false fits the rest."""
    pairs = [
        (tool.hints.read_only_hint, result.category.value in {"Read", "Other"})
        for tool, result in zip(tools, results, strict=True)
        if tool.hints.read_only_hint is not None
    ]
    return {"tools": len(pairs), "agreement": sum(a is b for a, b in pairs) / max(1, len(pairs))}


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    category, risk, signals = figures["category"], figures["risk"], figures["signals"]
    lines = [
        f"tools                              {figures['tools']}",
        f"category macro-F1                  {category['macro_f1']:.4f}",
        f"category accuracy                  {category['accuracy']:.4f}",
        f"accuracy on most confident 80 %    {category['accuracy_most_confident_80']:.4f}",
        f"expected calibration error         {category['expected_calibration_error']:.4f}",
        f"risk quadratic-weighted kappa      {risk['quadratic_weighted_kappa']:.4f}",
        f"risk accuracy                      {risk['accuracy']:.4f}",
        f"dangerous-miss rate                {risk['dangerous_miss_rate']:.4f} ({risk['dangerous_misses']})",
        f"signals macro-F1                   {signals['macro_f1']:.4f}",
        f"verbatim evidence                  {figures['evidence']['verbatim']:.4f} of {figures['evidence']['findings']}",
        f"agreement with readOnlyHint        {figures['read_only_hint']['agreement']:.4f} of {figures['read_only_hint']['tools']}",
        f"needs review                       {figures['needs_review']:.4f}",
        "",
        f"{'':24}precision recall f1     support",
    ]
    for name, row in [*category["classes"].items(), *signals["classes"].items()]:
        lines.append(
            f"{name:24}{row['precision']:.3f}     {row['recall']:.3f}  {row['f1']:.3f}  {row['support']}"
        )
    lines += [
        "",
        "category confusion (rows: label; columns: said)",
        *_matrix(category["confusion"], CATEGORIES),
    ]
    lines += ["", "risk confusion (rows: label; columns: said)", *_matrix(risk["confusion"], RISKS)]
    return "\n".join(lines) + "\n"


def _matrix(rows: list[list[int]], names: Sequence[str]) -> list[str]:
    head = " " * 10 + "".join(f"{name:>10}" for name in names)
    return [
        head,
        *(
            f"{name:10}" + "".join(f"{n:>10}" for n in row)
            for name, row in zip(names, rows, strict=True)
        ),
    ]
