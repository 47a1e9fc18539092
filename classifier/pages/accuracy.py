"""How accurate a model was measured to be: its metrics.json, in words and numbers for a table.

The file is what `toolrisk evaluate --format json` writes. A model without one, or with one that
does not say what is expected, has no measured accuracy, and the site then claims none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.model.runtime import name_of
from classifier.resources import data_dir


@dataclass(frozen=True, slots=True)
class Measured:
    """One class: how many labelled tools have it, and how often it is found and right."""

    name: str
    support: int
    precision: str
    recall: str
    f1: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What was measured of one model; numbers are ready to be shown."""

    model: str
    tools: str
    measures: tuple[tuple[str, str], ...]
    categories: tuple[Measured, ...]
    signals: tuple[Measured, ...]


_MEASURES = (
    ("Category as labelled", ("category", "accuracy"), "percent"),
    (
        "Category as labelled, of the most confident 80 %",
        ("category", "accuracy_most_confident_80"),
        "percent",
    ),
    ("Category, macro-F1", ("category", "macro_f1"), "plain"),
    (
        "Stated confidence minus share that is right (calibration error)",
        ("category", "expected_calibration_error"),
        "plain",
    ),
    ("Risk level as labelled", ("risk", "accuracy"), "percent"),
    ("Risk, quadratic-weighted kappa", ("risk", "quadratic_weighted_kappa"), "plain"),
    (
        "High or critical by label, but called low",
        ("risk", "dangerous_miss_rate"),
        "percent",
    ),
    ("Signals, macro-F1", ("signals", "macro_f1"), "plain"),
    ("Left for a person to review", ("needs_review",), "percent"),
)


def measurements() -> dict[str, bytes]:
    """Return the metrics.json of every model that comes with one, by the model's name."""
    found = sorted((data_dir() / "models").glob("*/metrics.json"))
    return {name_of(path.parent): path.read_bytes() for path in found}


def accuracies(models: Iterable[str]) -> tuple[Accuracy, ...]:
    """Return what was measured of those of the models that come with a measurement."""
    known = measurements()
    found = (_read(name, known[name]) for name in sorted(models) if name in known)
    return tuple(one for one in found if one)


def _read(model: str, data: bytes) -> Accuracy | None:
    try:
        given = json.loads(data)
        return Accuracy(
            model=model,
            tools=f"{int(given['tools']):,}",
            measures=tuple(_measures(given)),
            categories=tuple(_classes(given["category"]["classes"])),
            signals=tuple(_classes(given["signals"]["classes"])),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _measures(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, path, unit in _MEASURES:
        value: Any = given
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, int | float):
            yield name, f"{100 * value:.1f} %" if unit == "percent" else f"{value:.3f}"


def _classes(given: Mapping[str, Mapping[str, Any]]) -> Iterator[Measured]:
    for name, one in given.items():
        precision, recall, f1 = (_shown(one[key]) for key in ("precision", "recall", "f1"))
        yield Measured(name, int(one["support"]), precision, recall, f1)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{float(value):.2f}"
