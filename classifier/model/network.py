"""The network of the model: one hidden layer over the features, every output learned at once.

The regressions of `train` weigh each feature by itself, and each output by itself. Hidden units also
see what words mean together, and what one output says of another. While it learns, two fifths of a
definition's features are hidden from it, others in each pass: it must not rely on any one.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.neural_network import MLPClassifier

from classifier.model.runtime import HIDDEN

Array = npt.NDArray[np.float64]

_DROPPED = 0.4
_STRETCH = 4.0
"""Unit vectors are small beside the weights that a network starts with."""
_RATE = 4e-3
_BATCHES = (180, 180, 180, 90, 90, 45)
"""Batches of each pass; fewer and larger ones are what a falling rate is."""
_SMALLEST = 16
"""Definitions of a batch. Where labels are few, there are as many steps, in more passes."""


class Network(NamedTuple):
    """Weights and biases of both layers, for unit vectors."""

    first: Array  # features x HIDDEN
    first_bias: Array
    second: Array  # HIDDEN x outputs
    second_bias: Array


def fit_network(matrix: csr_matrix, targets: npt.NDArray[np.int64], weight: Array) -> Network:
    """Fit a network on unit vectors; `targets` say yes or no, a column an output."""
    given = (matrix * _STRETCH).astype(np.float32)
    count, outputs = targets.shape
    network = MLPClassifier((HIDDEN,), alpha=1e-5, learning_rate_init=_RATE, random_state=0)
    chance = np.random.RandomState(0)
    for batches in _BATCHES:
        size = min(max(_SMALLEST, count // batches), count)
        network.set_params(batch_size=size)
        for _ in range(max(1, batches * size // count)):
            with _interruptible():
                network.partial_fit(
                    _thinned(given, chance),
                    targets,
                    sample_weight=weight / weight.mean(),
                    classes=np.arange(outputs),
                )
    (first, second), (first_bias, second_bias) = network.coefs_, network.intercepts_
    return Network(
        first=first.astype(np.float64) * _STRETCH,
        first_bias=first_bias.astype(np.float64),
        second=second.astype(np.float64),
        second_bias=second_bias.astype(np.float64),
    )


_INTERRUPTED = "Training interrupted by user"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the work: scikit-learn makes a warning of it and goes on half-trained.

    Raises:
        KeyboardInterrupt: it was pressed.

    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=_INTERRUPTED)
        try:
            yield
        except UserWarning as cause:
            if _INTERRUPTED in str(cause):
                raise KeyboardInterrupt from cause
            raise


def _thinned(matrix: csr_matrix, chance: np.random.RandomState) -> csr_matrix:
    """Return the rows with some features left out and the others raised to make up for them."""
    kept = chance.random_sample(matrix.nnz) >= _DROPPED
    thin = csr_matrix(
        ((matrix.data * kept / (1 - _DROPPED)).astype(np.float32), matrix.indices, matrix.indptr),
        shape=matrix.shape,
        copy=True,
    )
    thin.eliminate_zeros()
    return thin
