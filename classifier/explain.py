"""Which words decided: the model's weights, turned back into quotes of the definition."""

import re  # noqa: TID251 - words and bounded alternations on 60 characters: linear
from collections.abc import Iterable, Iterator, Sequence

from classifier.lexicon import lexicon
from classifier.model.features import Group, act, value
from classifier.model.runtime import Model
from classifier.model.tokens import NAME, PARAMETER, VALUE
from classifier.parameters import MAX_VALUE, places
from classifier.reading import Reading
from classifier.verdict import Evidence
from classifier.widen import widened
from classifier.words import STOP

_NAME_BLOCKS = frozenset({"n", "n0", "nz", "nvl", "nva", "nv", "nc"})
_TEXT_BLOCKS = frozenset({"d", "f", "fvl", "fva", "fv", "fc", "rv", "rn"})
_PAIR_BLOCKS = {"nb": True, "db": False, "rb": False}
_PARAMETER_BLOCKS = frozenset({"p", "pt"})
_VALUE_BLOCKS = {"e": value, "ev": value, "a": act, "av": act}
"""Of what a parameter lists: a value, its first word, and the class of that; and what says which it has."""
_WORD_BESIDE = {"nvf": "f"}
"""Blocks of a word beside a class, and the block of the word alone: the word is what can be quoted."""
_FROM_SCHEMA = _PARAMETER_BLOCKS | _VALUE_BLOCKS.keys()
_QUOTED = _NAME_BLOCKS | _TEXT_BLOCKS | _FROM_SCHEMA | set(_PAIR_BLOCKS)
_MOST = 3
_TRIES = 12
_MEANS = frozenset({"all", "any", "use", "used"})
_EMPTY = (STOP - _MEANS) | frozenset(
    [
        *("also", "am", "been", "before", "being", "but", "do", "does", "each", "etc", "given", "has"),
        *("have", "he", "help", "helps", "here", "how", "i", "let", "like", "may", "me", "more", "must"),
        *("my", "not", "of", "only", "other", "our", "per", "s", "should", "so", "some", "such", "t"),
        *("than", "their", "them", "then", "there", "these", "they", "those", "was", "we", "were"),
        *("what", "where", "while", "who", "would"),
        *("already", "based", "need", "needs", "option", "options", "provide", "provided", "provides"),
        *("specified", "specify", "via", "want"),
        *("additional", "args", "available", "cannot", "current", "details", "different", "existing"),
        *("given", "id", "ids", "immediately", "including", "most", "non", "optional", "optionally"),
        *("parameter", "parameters", "particular", "possible", "required", "same", "specific", "using"),
        *("various",),
        *("al", "con", "cada", "como", "da", "das", "de", "del", "der", "des", "die", "du", "ein"),
        *("eine", "el", "en", "es", "est", "et", "il", "la", "las", "le", "les", "lo", "los", "mit"),
        *("ou", "otra", "otro", "oder", "para", "por", "pour", "que", "se", "si", "su", "sur", "um"),
        *("uma", "un", "una", "und", "une", "uno", "von", "y", "zu"),
        *("bir", "bu", "che", "di", "ve", "yet"),
        *("니다", "습니", "합니", "입니", "하는", "하여", "됩니", "です", "ます", "する", "して", "した"),
        *("され", "れる", "れま", "しま", "また", "この", "ます", "一个", "以及", "并返", "可以", "用于"),
    ]
)  # fmt: skip
"""Words that say nothing by themselves: the model may weigh them, a reader learns nothing from them.

Of Korean, Japanese and Chinese, which are read as pairs of characters, endings and particles.
"""
_SHOWN = frozenset(
    [
        *("after", "before", "by", "count", "cursor", "date", "desc", "description", "direction", "encoding"),
        *("end", "fields", "format", "lang", "language", "limit", "locale", "max", "min", "next", "offset"),
        *("per", "period", "range", "results", "reverse", "since", "size", "skip", "sort", "start", "time"),
        *("timeout", "timezone", "until", "verbose"),
    ]
)  # fmt: skip
_WITH = _SHOWN | {"from", "order", "page", "to"}
"""Words of parameters that say how an answer is cut and shown: of what a call does they tell nothing.

Some only beside another one: `order` may be what is bought, `to` whom it is sent to.
"""
_CUT = _SHOWN | _EMPTY
_ANY_NAME = frozenset({"api", "mcp"})
"""Words that a name may begin with and that say nothing there."""
_SHARE = 0.4
"""Of the weight of the heaviest word: what is lighter decided nothing, and is no evidence."""


Word = tuple[str, str]
"""What the model weighs and can be quoted: a block of features, and the key in it."""


class _Sayable(dict[int, Word | None]):
    """By row of a model, the block and the key by which it can be quoted; None where it cannot."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __missing__(self, row: int) -> Word | None:
        block, key = self._model.feature(row)
        if block in _WORD_BESIDE:
            block, key = _WORD_BESIDE[block], key.rpartition(" ")[2]
        if block in _PARAMETER_BLOCKS:
            says = not _only_shows(key.split("_"))
        else:
            says = block in _FROM_SCHEMA or (block in _QUOTED and not _says_nothing(key))
        found = self[row] = (block, key) if says else None
        return found


def _only_shows(words: Sequence[str]) -> bool:
    """Say whether a parameter is named for how an answer is shown: `limit`, `sort_order`, `from_date`."""
    if len(words) == 1 and words[0] == "page":  # the number of one, beside `page_id`
        return True
    return not _SHOWN.isdisjoint(words) and _WITH.issuperset(words)


def _sayable(model: Model) -> _Sayable:
    found: _Sayable = model.derived.get(_Sayable) or model.derived.setdefault(
        _Sayable, _Sayable(model)
    )
    return found


_NOWHERE = frozenset({"dp", "fo", "fvc", "t", "server", "server classes", "votes", "flag"})
"""Groups of which no feature can be quoted: they are told of no one place, or again by another group."""


def in_place(groups: Iterable[Group]) -> Iterator[Group]:
    """Yield the groups of features of which some can be quoted, so that no others are looked up."""
    return (group for group in groups if group[0] not in _NOWHERE)


def quotable(rows: Iterable[int], model: Model) -> list[int]:
    """Return those of a definition's rows that can be quoted.

    A feature that stands nowhere in the definition (a class, a server word) is passed over, and so is
    one of words that say nothing.
    """
    sayable = _sayable(model)
    return [row for row in rows if sayable[row]]


def words(
    rows: Iterable[int], model: Model, column: int, awake: Sequence[float]
) -> Iterator[Word | None]:
    """Yield the heaviest words for one output of the model, best first.

    `rows` are those that `quotable` left, `awake` is what the model said of its hidden units.
    """
    sayable = _sayable(model)
    return (sayable[row] for row in model.heaviest(rows, column, awake, _SHARE))


def words_in_order(reading: Reading, heaviest: Iterable[tuple[int, str]]) -> Iterator[Word]:
    """Yield the words, by place and text, that the convolutions went by, as far as they can be quoted."""
    for place, word in heaviest:
        if place == VALUE:
            yield from (("e", told) for told in _listing(reading, word))
        elif place == PARAMETER:
            if not _only_shows([word]):
                yield "pt", word
        elif not _says_nothing(word) and any(map(str.isalpha, word)):
            yield ("n" if place == NAME else "d"), word


def _listing(reading: Reading, word: str) -> Iterator[str]:
    """Yield the listed values that have a word, as their feature calls them."""
    for parameter in reading.parameters:
        for given in parameter.enum:
            told = given.lower()
            if word in told:
                yield next(key for block, key in value(given) if block == "e" and key)


def quotes(
    reading: Reading, told: Iterable[Word | None], *, verbs: bool = True
) -> tuple[Evidence, ...]:
    """Quote words of the model, at most three, as they come.

    Without `verbs` the acting verb is passed over: "get" says nothing of what comes back. Where nothing
    can be quoted, the name itself is the evidence.
    """
    found: list[Evidence] = []
    tried: set[Word] = set()
    for one in told:
        if one is None or one in tried:
            continue
        if len(tried) == _TRIES:
            break
        tried.add(one)
        block, key = one
        quote = _quote(reading, block, key)
        if quote and block in _PAIR_BLOCKS:
            quote = _trimmed(quote)
        if quote and block not in _FROM_SCHEMA and (says_nothing(quote) or _denied(reading, quote)):
            continue  # a class that an empty word belongs to, or what a call is said not to do
        if quote and quote.pointer == "/name" and quote.text.lower() in _ANY_NAME:
            continue
        if quote and not verbs and _is_act(reading, quote):
            continue
        quote = quote and widened(reading.tool, quote)
        if quote and not any(_overlap(quote, other) for other in found):
            found.append(quote)
            if len(found) == _MOST:
                break
    return tuple(found) or whole_name(reading)


def whole_name(reading: Reading) -> tuple[Evidence, ...]:
    """Quote the tool's name."""
    name = reading.tool.name
    return (Evidence("/name", 0, len(name), name),)


def says_nothing(quote: Evidence) -> bool:
    """Say whether a quote is made of empty words only."""
    return _says_nothing(quote.text.lower())


def acting(reading: Reading, kinds: tuple[str, ...]) -> Evidence | None:
    """Quote the acting verb of the name, or of the first sentence, if its class is of one of these kinds."""
    for verb, quote in ((reading.name_verb, reading.quote_name), (reading.head_verb, reading.quote_text)):  # fmt: skip
        if verb:
            told = quote({verb[0]}) if verb[1][1:].startswith(kinds) else None
            return None if told is None or _denied(reading, told) else told
    return None


def _is_act(reading: Reading, quote: Evidence) -> bool:
    """Say whether a quote is the acting verb of name or first sentence, in any of its forms.

    A name may hold "get" beside its verb: `post_api_get_block`.
    """
    verb = lexicon().verb.get(quote.text.lower())
    if verb is None or not quote.end:
        return False
    fetches = quote.pointer == "/name" and verb[1] in {"@read-get", "@read-list"}
    return fetches or verb in {reading.name_verb, reading.head_verb}


_WORD = re.compile(r"\w+")
_APART = frozenset(".;:!?()[]{}|\n")
_CLAUSE = 60
_NOT = re.compile(
    r"(?i)\b(?:not|never|without|cannot|\w{2,8}n['\u2019]t|nicht|kein|keine|sin|sans|jamais|nunca)\b"
)
_NE = re.compile(r"(?i)\bn(?:e\b|['\u2019])")
_PAS = re.compile(r"(?i)\s+(?:\w+\s+)?(?:pas|jamais|rien|aucun|aucune|plus)\b")
"""The two halves of the French "not", before and behind the verb."""


def _trimmed(quote: Evidence) -> Evidence | None:
    """Return a quote of two words without an empty one; nothing where a stop stands between them."""
    if not _APART.isdisjoint(quote.text):
        return None
    told = [one for one in _WORD.finditer(quote.text) if one.group().lower() not in _EMPTY]
    if all(one.group().lower() in _CUT for one in told):
        return None
    start, end = told[0].start(), told[-1].end()
    return Evidence(quote.pointer, quote.start + start, quote.start + end, quote.text[start:end])


def _denied(reading: Reading, quote: Evidence) -> bool:
    """Say whether a word of the description stands behind a "not" in its clause."""
    if quote.pointer != "/description":
        return False
    told = reading.tool.description or ""
    before = told[max(0, quote.start - _CLAUSE) : quote.start]
    clause = max((before.rfind(mark) for mark in _APART), default=-1) + 1
    if _NOT.search(before, clause):
        return True
    return bool(_NE.search(before, clause) and _PAS.match(told[quote.end : quote.end + _CLAUSE]))


def _says_nothing(text: str) -> bool:
    """Say whether a text is made of empty words only; the name of a parameter never is."""
    return all(word in _EMPTY or (len(word) == 1 and word.isascii()) for word in text.split())


def _overlap(one: Evidence, other: Evidence) -> bool:
    if is_repeated(one, other):
        return True
    if one.pointer != other.pointer:
        return False
    return (one.start < other.end and other.start < one.end) or one == other


def is_repeated(one: Evidence, other: Evidence) -> bool:
    """Say whether two quotes are the same words, in name and description; parameters stand for themselves."""
    return one.end > 0 < other.end and _bare(one) == _bare(other)


def _bare(quote: Evidence) -> str:
    return quote.text.lower().removeprefix("and ")


def _quote(reading: Reading, block: str, key: str) -> Evidence | None:
    if block in _NAME_BLOCKS:
        return reading.quote_name({key})
    if block in _TEXT_BLOCKS:
        return reading.quote_text({key})
    if block in _PAIR_BLOCKS:
        in_name = _PAIR_BLOCKS[block]
        return reading.quote_name({key.partition(" ")[0]}) if in_name else reading.quote_phrase(key)
    return (_value if block in _VALUE_BLOCKS else _parameter)(reading, block, key)


def _parameter(reading: Reading, _: str, key: str) -> Evidence | None:
    """Point to a parameter by a word of its name or by all of them."""
    for parameter in reading.parameters:
        if parameter.pointer == "/description" or _only_shows(parameter.words):
            continue
        if key in parameter.words or key == "_".join(parameter.words):
            return Evidence(parameter.pointer, 0, 0, parameter.name)
    return None


def _value(reading: Reading, block: str, key: str) -> Evidence | None:
    """Quote a value that a parameter lists, where it stands in the schema."""
    schema = reading.tool.input_schema
    if not isinstance(schema, dict):
        return None
    spread = _VALUE_BLOCKS[block]
    for parameter in reading.parameters:
        if any((block, key) in spread(given) for given in parameter.enum):
            for pointer, text in places(schema, parameter.pointer):
                if (block, key) in spread(text[:MAX_VALUE]):
                    told = text[:MAX_VALUE]
                    return Evidence(pointer, 0, len(told), told)
    return None
