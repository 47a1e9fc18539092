"""From definitions to classifications and to the lines that tell them, on every core."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import orjson

from classifier.commands.some import Some
from classifier.engine import Options, classify_many, prepare
from classifier.halves import classify_halves
from classifier.parallel import FIRST, batches, map_batches
from classifier.verdict import Classification, Risk
from crawler.records import Tool


def judged(
    source: Iterable[Tool], options: Options, alone: Callable[[], bool] | None = None
) -> Iterator[tuple[Tool, Classification]]:
    """Pair every definition with its classification, a batch at a time, on every core.

    `alone` says, once tools came, that their source is still at work, and no process may be forked.

    Raises:
        WorkerError: a process that did part of the work was killed.

    """
    some = Some(source, alone)
    if some.is_all:
        yield from zip(some.tools, classify_halves(some.tools, options), strict=True)
        some.check()
        return
    waiting: deque[list[Tool]] = deque()

    def tee() -> Iterator[list[Tool]]:
        for batch in batches(some, first=FIRST):
            waiting.append(batch)
            yield batch

    for results in map_batches(partial(_classify, options), tee(), ready=prepare, alone=alone):
        yield from zip(waiting.popleft(), results, strict=True)


def _classify(options: Options, batch: list[Tool]) -> list[Classification]:
    return list(classify_many(batch, options))


def judged_lines(
    source: Iterable[Tool], options: Options, alone: Callable[[], bool] | None = None
) -> Iterator[tuple[Risk, str]]:
    """Yield the level and the line of JSON of every definition: made where it is classified.

    A process that classifies has all that a line says; sent as objects, results would be taken apart,
    put together and then written by the one process that all others wait for.

    Raises:
        WorkerError: a process that did part of the work was killed.

    """
    some = Some(source, alone)
    if some.is_all:
        yield from map(_line, some.tools, classify_halves(some.tools, options))
        some.check()
        return
    work = partial(_lines, options)
    shared = batches(some, first=FIRST)
    yield from chain.from_iterable(map_batches(work, shared, ready=prepare, alone=alone))


def _lines(options: Options, batch: list[Tool]) -> list[tuple[Risk, str]]:
    return list(map(_line, batch, classify_many(batch, options)))


def _line(tool: Tool, result: Classification) -> tuple[Risk, str]:
    return result.risk, to_line(record(tool, result))


def record(tool: Tool, classification: Classification) -> dict[str, Any]:
    """Return one line of the output contract."""
    return {
        "server": tool.server,
        "tool": tool.name,
        **classification.to_json(),
        "definition_sha256": tool.definition_sha256,
    }


def to_line(value: object) -> str:
    """Return a value as one line of JSON; lone surrogates stay escaped, as they came."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return json.dumps(value, separators=(",", ":"))
