"""Training with scikit-learn and NumPy; never imported at run time.

Logistic regressions on TF-IDF weights (category, risk, nine signals), a network with one hidden layer
over the same weights that learns all of them at once, and convolutions over the words in their order;
their scores are added. The network sees what words mean together, and what one output says of another;
the convolutions see what stands beside what; the regressions are steadier. A second
stage gives the risk from all of these scores together. It, calibration, thresholds and the list of
trusted rules are fitted on out-of-fold scores, in folds that keep a server family on one side. The
same input gives the same bytes.
"""

import itertools
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from classifier.effects import book
from classifier.errors import LabelError
from classifier.model.calibration import calibrate
from classifier.model.convolution import FILES
from classifier.model.features import features as features_of
from classifier.model.fit_convolution import Fit, fit_convolution
from classifier.model.labels import Labelled
from classifier.model.network import fit_network
from classifier.model.outputs import CATEGORIES, LABEL_SIGNALS, OUTPUTS, RISKS
from classifier.model.runtime import FORMAT, HIDDEN, MIDDLE, Model, assemble, block_weight
from classifier.model.tokens import Tokens, tokens
from classifier.model.truth import FOLDS, Truth, truth_of
from classifier.parallel import map_batches
from classifier.reading import read

_FIRST, _SECOND = len(CATEGORIES), len(CATEGORIES) + len(RISKS)
_MIN_COUNT = 7  # with the network beside it as good as fewer, and a smaller table
_C = 16.0  # 8 was as good with a third of the definitions
_ITERATIONS = 300
_NETWORK = np.repeat([0.45, 0.75], [_SECOND, len(LABEL_SIGNALS)])
"""What a score of the network counts beside one of the regressions: about as much, by their spread."""
_DIGEST = 8

Progress = Callable[[str], None]
Key = tuple[str, str]
Array = npt.NDArray[np.float64]


class Document(NamedTuple):
    """What the model sees of one tool."""

    features: set[Key]
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Fitted:
    """Vocabulary and coefficients of one fit."""

    keys: list[Key]
    idf: Array
    coefficients: Array  # features x OUTPUTS
    hidden: Array  # features x HIDDEN
    hidden_bias: Array
    hidden_weights: Array  # HIDDEN x OUTPUTS
    intercept: Array
    convolution: Fit | None = None


def documents(labelled: Sequence[Labelled]) -> tuple[list[Document], list[set[str]]]:
    """Return what the model sees of every tool, and the matched rules."""
    found, matched = [], []
    for item in labelled:
        reading = read(item.tool)
        rules = book().matching(reading)
        features = features_of(reading, rules)
        kept = {(block, key) for block, key in features if key and "\n" not in key}
        found.append(Document(kept, tokens(reading, rules)))
        matched.append({rule.id for rule in rules})
    return found, matched


def fit(seen: Sequence[Document], truth: Truth, rows: npt.NDArray[np.int64]) -> Fitted:
    """Fit vocabulary, weights and every output on some rows."""
    features = [one.features for one in seen]
    keys, idf = vocabulary(features, rows)
    matrix = vectors(features, keys, idf, rows)
    weight = truth.weight[rows]
    with threadpool_limits(1):  # sums in threads end elsewhere, and so would the fit
        columns = [
            *_multinomial(matrix, truth.category[rows], weight, len(CATEGORIES)),
            *_multinomial(matrix, truth.risk[rows], weight, len(RISKS)),
            *(_binary(matrix, truth.signals[rows, j], weight) for j in range(len(LABEL_SIGNALS))),
        ]
        targets = _targets(truth)[rows]
        network = fit_network(matrix, targets, weight)
    groups = len(CATEGORIES), len(RISKS)
    convolution = fit_convolution([seen[row].tokens for row in rows], targets, weight, groups)
    return Fitted(
        keys=keys,
        idf=idf,
        coefficients=np.stack([c for c, _ in columns], axis=1),
        hidden=network.first,
        hidden_bias=network.first_bias,
        hidden_weights=network.second * _NETWORK,
        intercept=np.array([b for _, b in columns]) + network.second_bias * _NETWORK,
        convolution=convolution,
    )


def vocabulary(
    features: Sequence[set[Key]], rows: npt.NDArray[np.int64]
) -> tuple[list[Key], Array]:
    """Return the features that are learned of from some rows, and what each counts."""
    counts: dict[Key, int] = {}
    for row in rows:
        for key in features[row]:
            counts[key] = counts.get(key, 0) + 1
    often = (key for key, count in counts.items() if count >= _MIN_COUNT)
    keys = sorted((key for key in often if _fits_a_line(key)), key=_order)
    frequency = np.array([counts[key] for key in keys], dtype=float)
    idf = np.log((1 + len(rows)) / (1 + frequency)) + 1
    idf *= np.array([block_weight(block) for block, _ in keys])
    return keys, idf


def _fits_a_line(key: Key) -> bool:
    """Say whether vocabulary.txt can hold a feature: a value that a schema lists may be any text."""
    return not any(c in "\r\n" or "\ud800" <= c <= "\udfff" for c in key[1])


def _order(key: Key) -> tuple[str, str]:
    """Sort two words as the pair that they are; the order of features is part of a fit's bytes."""
    block, text = key
    return block, repr(text) if block == "e" else repr(text).replace(" ", "'")


def vectors(
    features: Sequence[set[Key]], keys: list[Key], idf: Array, rows: npt.NDArray[np.int64]
) -> csr_matrix:
    """Return the rows as unit vectors over a vocabulary."""
    index = {key: i for i, key in enumerate(keys)}
    indices: list[int] = []
    pointers = [0]
    for row in rows:
        indices += sorted(index[key] for key in features[row] if key in index)
        pointers.append(len(indices))
    data = idf[indices]
    for start, end in itertools.pairwise(pointers):
        if end > start:
            data[start:end] /= np.sqrt((data[start:end] ** 2).sum())
    return csr_matrix((data, indices, pointers), shape=(len(rows), len(keys)))


def _multinomial(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], weight: Array, classes: int
) -> list[tuple[Array, float]]:
    model = LogisticRegression(C=_C, max_iter=_ITERATIONS, class_weight="balanced")
    with (
        warnings.catch_warnings()
    ):  # it ends near enough; nobody who trains could do anything about it
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix, labels, sample_weight=weight)
    column = {int(label): i for i, label in enumerate(model.classes_)}
    if len(model.classes_) < classes:
        raise LabelError(
            "without the servers that are held out the labels lack a category or a risk level; "
            "give labels of more servers"
        )
    return [(model.coef_[column[k]], float(model.intercept_[column[k]])) for k in range(classes)]


def _binary(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], weight: Array
) -> tuple[Array, float]:
    if labels.min() == labels.max():
        return np.zeros(matrix.shape[1]), -10.0
    model = LogisticRegression(
        C=_C, max_iter=_ITERATIONS, class_weight="balanced", solver="liblinear", random_state=0
    ).fit(matrix, labels, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])


def _targets(truth: Truth) -> npt.NDArray[np.int64]:
    """Return every label as a yes or no, a column an output."""
    categories = np.eye(len(CATEGORIES), dtype=np.int64)[truth.category]
    risks = np.eye(len(RISKS), dtype=np.int64)[truth.risk]
    return np.hstack([categories, risks, truth.signals])


def out_of_fold(
    seen: Sequence[Document], truth: Truth, progress: Progress
) -> tuple[Array, list[Fitted]]:
    """Return the raw scores of every tool by a model that saw no tool of its family, and the models."""
    raw = np.zeros((len(seen), OUTPUTS))
    models = []
    parts = [np.where(truth.fold != fold)[0] for fold in range(FOLDS)]
    for fold, fitted in enumerate(_fits(seen, truth, parts)):
        train, test = parts[fold], np.where(truth.fold == fold)[0]
        raw[test] = _scores(seen, fitted, test)
        models.append(fitted)
        progress(
            f"fold {fold + 1} of {FOLDS}: {len(train)} tools to learn from, {len(test)} held out"
        )
    return raw, models


def twice_out_of_fold(seen: Sequence[Document], truth: Truth, progress: Progress) -> list[Array]:
    """Return for every fold the raw scores of all others by models that saw neither side.

    A second stage that is to be measured on a fold learns from these: its own tools have no part in
    them. Rows of the fold itself are left 0.
    """
    raw = [np.zeros((len(seen), OUTPUTS)) for _ in range(FOLDS)]
    pairs = list(itertools.combinations(range(FOLDS), 2))
    parts = [np.where((truth.fold != one) & (truth.fold != other))[0] for one, other in pairs]
    for (one, other), fitted in zip(pairs, _fits(seen, truth, parts), strict=True):
        for out, held in ((one, other), (other, one)):
            rows = np.where(truth.fold == held)[0]
            raw[out][rows] = _scores(seen, fitted, rows)
        progress(f"folds {one + 1} and {other + 1} of {FOLDS} held out together")
    return raw


_AT_ONCE = 4
"""Fits at a time: each takes more than a gigabyte for 70,000 definitions."""
_given: list[tuple[Sequence[Document], Truth]] = []
"""What is learned from: a forked process inherits it, because it is too large to send."""


def _fits(
    seen: Sequence[Document], truth: Truth, parts: Sequence[npt.NDArray[np.int64]]
) -> Iterator[Fitted]:
    """Fit on several sets of rows, as many at a time as there are cores."""
    _given.append((seen, truth))
    try:
        yield from map_batches(_fit_part, parts, most=_AT_ONCE)
    finally:
        _given.pop()


def _fit_part(rows: npt.NDArray[np.int64]) -> Fitted:
    return fit(*_given[-1], rows)


def _scores(seen: Sequence[Document], fitted: Fitted, rows: npt.NDArray[np.int64]) -> Array:
    features = [one.features for one in seen]
    matrix = vectors(features, fitted.keys, fitted.idf, rows)
    hidden = np.maximum(matrix @ fitted.hidden + fitted.hidden_bias, 0.0)
    scores: Array = matrix @ fitted.coefficients + hidden @ fitted.hidden_weights + fitted.intercept
    if fitted.convolution:
        scores += np.array(fitted.convolution.network.scores([seen[row].tokens for row in rows]))
    return scores


def to_model(fitted: Fitted, config: dict[str, Any], name: str) -> Model:
    """Return a fit as the run-time model, in memory."""
    table, head = packed(fitted, name)
    network = fitted.convolution.network if fitted.convolution else None
    return assemble(head | config, [key for _, key in fitted.keys], table, network)


def packed(fitted: Fitted, name: str) -> tuple[bytes, dict[str, Any]]:
    """Return a fit as the run time reads it: rows of lanes, and what says how to read them.

    Each lane has steps of its own, powers of two, as fine as 16 bits allow.
    """
    idf = fitted.idf[:, None]
    lanes = np.hstack([fitted.coefficients * idf, fitted.hidden * idf, idf**2])
    most = np.maximum(np.abs(lanes).max(axis=0, initial=0.0), 2.0**-40)
    steps = 2.0 ** np.ceil(np.log2(most / (MIDDLE - 1)))
    whole = np.rint(lanes / steps).astype(np.int64) + MIDDLE
    head = {
        "name": name,
        "format": FORMAT,
        "outputs": OUTPUTS,
        "hidden": HIDDEN,
        "categories": list(CATEGORIES),
        "risks": list(RISKS),
        "signals": list(LABEL_SIGNALS),
        "features": len(fitted.keys),
        "blocks": dict(Counter(block for block, _ in fitted.keys)),
        "steps": steps.tolist(),
        "intercept": fitted.intercept.tolist(),
        "hidden_bias": fitted.hidden_bias.tolist(),
        "hidden_weights": fitted.hidden_weights.tolist(),
        "convolution": fitted.convolution.config if fitted.convolution else None,
    }
    return whole.astype("<u2").tobytes(), head


def train(
    labelled: Sequence[Labelled],
    directory: Path,
    name: str,
    progress: Progress,
    also: Sequence[Labelled] = (),
) -> Array:
    """Train on everything, calibrate out of fold, write the directory; return those scores.

    `also` are labels to learn from that say nothing of how common a thing is.
    """
    everything = [*labelled, *also]
    truth = truth_of(everything)
    seen, matched = documents(everything)
    progress(f"read {len(everything)} labelled tools")
    raw, _ = out_of_fold(seen, truth, progress)
    with threadpool_limits(1):
        config = calibrate(raw, truth, matched, len(labelled))
    fitted = fit(seen, truth, np.arange(len(everything)))
    write(directory, name, fitted, config)
    progress(f"wrote {directory}: {len(fitted.keys)} features")
    return raw


def write(directory: Path, name: str, fitted: Fitted, config: dict[str, Any]) -> None:
    """Write the files of a model directory, the same bytes for the same model."""
    directory.mkdir(parents=True, exist_ok=True)
    table, head = packed(fitted, name)
    vocabulary = "".join(key + "\n" for _, key in fitted.keys).encode()
    files = {"weights.bin": table, "vocabulary.txt": vocabulary}
    if fitted.convolution:
        words = "".join(word + "\n" for word in fitted.convolution.words).encode()
        files |= zip(FILES, (words, fitted.convolution.data), strict=True)
    for file, data in files.items():
        (directory / file).write_bytes(data)
    text = json.dumps(head | config, indent=1)
    digest = sha256(b"".join(files.values()) + text.encode()).hexdigest()[:_DIGEST]
    (directory / "config.json").write_text(
        json.dumps({"digest": digest} | head | config, indent=1) + "\n", encoding="utf-8"
    )
