"""Which words decided: the model's weights, turned back into quotes of the definition."""

from collections.abc import Iterable

from classifier.model.runtime import Model
from classifier.reading import Reading
from classifier.verdict import Evidence

_NAME_BLOCKS = frozenset({"n", "n0", "nz", "nvl", "nva", "nv", "nc"})
_TEXT_BLOCKS = frozenset({"d", "f", "fvl", "fva", "fv", "fc", "rv", "rn"})
_PAIR_BLOCKS = {"nb": True, "db": False, "rb": False}
_PARAMETER_BLOCKS = frozenset({"p", "pt"})
_WORD_BESIDE = {"nvf": "f"}
"""Blocks of a word beside a class, and the block of the word alone: the word is what can be quoted."""
_QUOTED = _NAME_BLOCKS | _TEXT_BLOCKS | _PARAMETER_BLOCKS | set(_PAIR_BLOCKS)
_MOST = 3
_TRIES = 12


def words(reading: Reading, rows: Iterable[int], model: Model, column: int) -> tuple[Evidence, ...]:
    """Quote the heaviest words for one output of the model, at most three, best first.

    A feature that stands nowhere in the definition (a class, a server word) is passed over. Where
    nothing can be quoted, the name itself is the evidence.
    """
    found: list[Evidence] = []
    tried: set[tuple[str, str]] = set()
    for row in model.heaviest(rows, column):
        block, key = model.feature(row)
        if block in _WORD_BESIDE:
            block, key = _WORD_BESIDE[block], key.rpartition(" ")[2]
        if block not in _QUOTED or (block, key) in tried:
            continue
        if len(tried) == _TRIES:
            break
        tried.add((block, key))
        quote = _quote(reading, block, key)
        if quote and not any(_overlap(quote, other) for other in found):
            found.append(quote)
            if len(found) == _MOST:
                break
    return tuple(found) or whole_name(reading)


def whole_name(reading: Reading) -> tuple[Evidence, ...]:
    """Quote the tool's name."""
    name = reading.tool.name
    return (Evidence("/name", 0, len(name), name),)


def _overlap(one: Evidence, other: Evidence) -> bool:
    if one.pointer != other.pointer:
        return False
    return (one.start < other.end and other.start < one.end) or one == other


def _quote(reading: Reading, block: str, key: str) -> Evidence | None:
    if block in _NAME_BLOCKS:
        return reading.quote_name({key})
    if block in _TEXT_BLOCKS:
        return reading.quote_text({key})
    if block in _PAIR_BLOCKS:
        if _PAIR_BLOCKS[block]:
            return reading.quote_name({key.partition(" ")[0]})
        return reading.quote_phrase(key)
    for parameter in reading.parameters:
        if parameter.pointer != "/description" and (
            key in parameter.words or key == "_".join(parameter.words)
        ):
            return Evidence(parameter.pointer, 0, 0, parameter.name)
    return None
