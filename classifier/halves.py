"""A file of some hundreds of definitions, judged by two processes that share no table.

One looks for what is hostile, the other one works out what a call does. Each loads and warms its
own tables only; two that judged half of the definitions each would both have to warm all of them, which
costs more than a tenth of the whole. Of many thousands that is nothing, and halves of the definitions
are more alike than halves of the work (classifier/parallel.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from classifier.ahead import ahead
from classifier.engine import Options, classify_many
from classifier.parallel import batches
from classifier.threats import threats_of
from classifier.verdict import Classification, Finding
from crawler.records import Tool

LEAST, MOST = 64, 2048
"""Definitions that are judged so: of fewer one process is done before another would have begun."""
_BATCH = 128


def classify_halves(tools: Sequence[Tool], options: Options) -> Iterator[Classification]:
    """Classify definitions, in order, with the answers that `classify_many` has.

    Raises:
        WorkerError: the process that looks for what may be hostile was killed.

    """
    if not LEAST <= len(tools) <= MOST:
        yield from classify_many(tools, options)
        return
    hostile = chain.from_iterable(ahead(_hostile, list(batches(tools, _BATCH))))
    yield from classify_many(tools, options, hostile=hostile)
    next(hostile, None)  # nothing is left, and the process ends


def _hostile(batch: list[Tool]) -> list[tuple[Finding, ...]]:
    return list(map(threats_of, batch))
