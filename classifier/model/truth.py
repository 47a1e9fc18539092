"""Labels as arrays, and the folds in which no server family is on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.model.labels import WRITTEN, Labelled
from classifier.model.outputs import CATEGORIES, LABEL_SIGNALS, RISKS

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels as arrays, a row a tool."""

    category: npt.NDArray[np.int64]
    risk: npt.NDArray[np.int64]
    signals: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int64]  # -1: in no fold, always learned from
    weight: npt.NDArray[np.float64]


def truth_of(labelled: Sequence[Labelled]) -> Truth:
    """Return the labels as arrays; families are dealt to folds in a fixed order."""
    families = sorted({item.family for item in labelled} - {WRITTEN})
    order = np.random.RandomState(0).permutation(len(families))
    fold_of = {family: int(order[i]) % FOLDS for i, family in enumerate(families)} | {WRITTEN: -1}
    return Truth(
        category=np.array([CATEGORIES.index(item.category) for item in labelled]),
        risk=np.array([RISKS.index(item.risk) for item in labelled]),
        signals=np.array([[int(s in item.signals) for s in LABEL_SIGNALS] for item in labelled]),
        fold=np.array([fold_of[item.family] for item in labelled]),
        weight=np.array([item.weight for item in labelled]),
    )
