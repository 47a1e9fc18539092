"""What would be concluded of a definition without the words of each finding: the engine is asked.

A finding can only be trusted when it is known what hangs on it. Words can hold a level down as well, and
that is told of them alone; where only several together would raise it, the rest has become another
definition, which says nothing of this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.engine import Options, classify
from classifier.verdict import Basis, Classification, Evidence
from classifier.without import without
from crawler.printable import in_a_line
from crawler.records import Tool

_MOST_NAMED = 4
_OWN = Options(use_reviews=False)


def what_if(tool: Tool, result: Classification) -> Iterator[str]:
    """Yield a line for the words of each finding, and one for each word that holds the level down."""
    # what people decided is not what is compared: they have not read the definition without
    ours = classify(tool, _OWN) if result.decided_by is Basis.REVIEWED else result
    holding: dict[str, Classification] = {}
    for quotes, titles in _asked(result):
        about = "; ".join(titles)
        less = without(tool, quotes)
        other = classify(less, _OWN) if less else None
        if other is None:
            yield f"without {_named(quotes)} ({about}): {_of_nothing(tool)}"
        elif other.risk.rank <= ours.risk.rank:
            yield f"without {_named(quotes)} ({about}): {_told(other, result)}"
        else:
            holding |= _holding(tool, quotes, ours)
            yield from _of_the_rest(tool, quotes, holding, ours, result, about)
    for word, other in holding.items():
        yield f'"{word}" holds it down: without it {_told(other, result)}'


def _asked(result: Classification) -> list[tuple[tuple[Evidence, ...], list[str]]]:
    """Return words with what they are quoted for; the same words are asked about once."""
    taken = f"is taken for {result.category.value}"
    given = [(finding.evidence, _small(finding.signal.title)) for finding in result.findings]
    found: dict[frozenset[Evidence], tuple[tuple[Evidence, ...], list[str]]] = {}
    for quotes, title in (*given, (result.evidence, taken)):
        if not quotes:  # of a tool without a name and a text nothing can be quoted
            continue
        found.setdefault(frozenset(quotes), (quotes, []))[1].append(title)
    return list(found.values())


def _holding(
    tool: Tool, quotes: Sequence[Evidence], ours: Classification
) -> dict[str, Classification]:
    """Return those of the words without each of which alone the level would be higher."""
    found: dict[str, Classification] = {}
    for word in _words(quotes):
        less = without(tool, [quote for quote in quotes if in_a_line(quote.text) == word])
        other = classify(less, _OWN) if less else None
        if other is not None and other.risk.rank > ours.risk.rank:
            found[word] = other
    return found


def _of_the_rest(
    tool: Tool, quotes: Sequence[Evidence], holding: dict[str, Classification],
    ours: Classification, result: Classification, about: str,
) -> Iterator[str]:  # fmt: skip
    """Yield what is concluded without those of the words that do not hold the level down."""
    rest = [quote for quote in quotes if in_a_line(quote.text) not in holding]
    less = without(tool, rest)
    other = classify(less, _OWN) if less else None
    if other is not None and other.risk.rank <= ours.risk.rank:
        yield f"without {_named(rest)} ({about}): {_told(other, result)}"


def _told(other: Classification, result: Classification) -> str:
    same = (other.category, other.risk) == (result.category, result.risk)
    still = "still " if same else ""
    reviewed = result.decided_by is Basis.REVIEWED
    beside = ", by rules and model: nobody has read that" if reviewed else ""
    return f"{still}{other.category.value}, {other.risk.value}, {other.risk_score}{beside}"


def _of_nothing(tool: Tool) -> str:
    """Say why words cannot be left out: a tool has to have a name."""
    if tool.description or tool.input_schema:
        return "not asked, as nothing of the name would be left"
    return "nothing is left to judge"


def _words(quotes: Sequence[Evidence]) -> list[str]:
    return list(dict.fromkeys(in_a_line(quote.text) for quote in quotes))


def _named(quotes: Sequence[Evidence]) -> str:
    texts = _words(quotes)
    named = ", ".join(f'"{text}"' for text in texts[:_MOST_NAMED])
    return named + (f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else "")


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]
