"""A definition as the rules and the model read it: words of the name, sentences, parameters.

One pass, bounded, linear in the text. Positions are code points of the text as received; they
are looked up again only where a quote is needed (`Reading.span`).
"""

import re  # noqa: TID251 - character classes and bounded alternations only: linear on any text
from dataclasses import dataclass
from typing import Any

from classifier.lexicon import lexicon
from classifier.parameters import Parameter, doc_parameters, parameters
from classifier.verdict import Evidence
from crawler.records import Tool

MAX_NAME = 256
MAX_DESCRIPTION = 3000
"""Characters of a description that are judged; the rest marks the result truncated."""
_MAX_FIRST, _MAX_REST, _MAX_TAIL, _MAX_SERVER = 300, 120, 100, 400

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_NAME = re.compile(
    rf"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z\u00df-\u024f\u0400-\u04ff]+|[A-Z]+|\d+|[{_CJK}]+"
)
_TOKEN = re.compile(rf"[a-z\u00df-\u024f\u0400-\u04ff]+|\d+|[{_CJK}]+")
_ARGUMENTS = re.compile(
    r"\n[ \t]*(?:args|arguments|parameters|params|returns|return|raises|examples|example|参数|返回|input|output|@param|:param|inputs)\b[ \t]*:?",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?。！？](?:\s|$)|[。！？]|\n[ \t]*\n|\n[ \t]*[-*#]|:[ \t]*\n")
_LEAD = re.compile(r"[\[\(【][^\]\)】\n]{0,60}[\]\)】]|\*\*[^*\n]{1,60}\*\*:?|[^\w\[\(【*]+|\*")
_STOP = frozenset(
    "the a an of to in for and or on with from by is are this that it its be as at into using use used will can you your all any if when tool which".split()
)


@dataclass(slots=True)
class Reading:
    """One definition, read. Sets mix plain words with `@classes` of the lexicon."""

    tool: Tool
    name: list[str]  # words of the name, in order
    core: list[str]  # the same without the server's own prefix
    first: list[str]  # words of the first sentence
    rest: list[str]
    tail: list[str]  # words of the argument documentation
    parameters: tuple[Parameter, ...]
    has_schema: bool
    server: list[str]
    name_verb: tuple[str, str] | None  # (lemma, @class) of the acting verb of the name
    head_verb: tuple[str, str] | None  # the same of the first sentence
    head_at: int
    acts: set[str]  # lemmas and classes of both
    verbs: set[str]  # every verb lemma and class in name and first sentence
    near: set[str]  # words and noun classes of name and first sentence
    far: set[str]  # the same of the rest of the description
    around: set[str]  # words and noun classes of the server
    flags: set[str]  # what the parameters are: sql, url, path, ...
    truncated: bool
    lead: int  # where the described part of the description starts

    def quote_name(self, words: set[str] | frozenset[str]) -> Evidence | None:
        """Quote the first word of the name that is one of these words, lemmas or classes."""
        return _quote("/name", self.tool.name[:MAX_NAME], words, _NAME)

    def quote_text(self, words: set[str] | frozenset[str]) -> Evidence | None:
        """Quote the first word of the description that is one of these words or classes."""
        text = (self.tool.description or "")[:MAX_DESCRIPTION]
        return _quote("/description", text, words, _TOKEN, self.lead)

    def quote_phrase(self, phrase: str) -> Evidence | None:
        """Quote a word sequence of the description, whatever stands between the words."""
        words = phrase.split()
        text = (self.tool.description or "")[:MAX_DESCRIPTION]
        spans = [
            (part, start)
            for found in _TOKEN.finditer(lower(text), self.lead)
            for part, start in _parts(found.group(), found.start())
        ]
        tokens = [part for part, _ in spans]
        for index in range(len(tokens) - len(words) + 1):
            if tokens[index : index + len(words)] == words:
                start, last = spans[index][1], spans[index + len(words) - 1]
                end = last[1] + len(last[0])
                return Evidence("/description", start, end, text[start:end])
        return None


def _parts(token: str, start: int) -> list[tuple[str, int]]:
    if token[0] < "\u3040":
        return [(token, start)]
    return [(token[i : i + 2], start + i) for i in range(max(1, len(token) - 1))]


def _quote(
    pointer: str,
    text: str,
    words: set[str] | frozenset[str],
    pattern: re.Pattern[str],
    lead: int = 0,
) -> Evidence | None:
    lex = lexicon()
    read = text if pattern is _NAME else lower(text)
    for found in pattern.finditer(read, lead):
        token = found.group().lower()
        parts = [token[i : i + 2] for i in range(len(token) - 1)] if _is_cjk(token) else [token]
        for offset, part in enumerate(parts):
            lemma = lex.verb.get(part, ())
            if (
                part in words
                or not words.isdisjoint(lemma)
                or not words.isdisjoint(lex.noun.get(part, ()))
            ):
                start = found.start() + (offset if len(parts) > 1 else 0)
                end = start + len(part) if _is_cjk(token) else found.end()
                return Evidence(pointer, start, end, text[start:end])
    return None


def lower(text: str) -> str:
    """Return the lower-case text with every code point where it was (`İ` would become two)."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _is_cjk(token: str) -> bool:
    return token[0] >= "\u3040" and token > "\u3040"


def _expand(tokens: list[str]) -> list[str]:
    if not any(token[0] >= "\u3040" for token in tokens):
        return tokens
    out: list[str] = []
    for token in tokens:
        if token[0] >= "\u3040":
            out += [token[i : i + 2] for i in range(max(1, len(token) - 1))]
        else:
            out.append(token)
    return out


def name_tokens(name: str) -> list[str]:
    """Return the lower-case words of a tool's or server's name; CJK as pairs of characters."""
    return _expand([token.lower() for token in _NAME.findall(name[:MAX_NAME])])


def text_tokens(text: str) -> list[str]:
    """Return the lower-case words of a text; CJK as overlapping pairs of characters."""
    return _expand(_TOKEN.findall(lower(text)))


def read(tool: Tool) -> Reading:
    """Read one definition."""
    lex = lexicon()
    server_name = name_tokens(tool.server)
    name = name_tokens(tool.name)
    core = name
    while len(core) > 1 and core[0] in server_name and core[0] not in lex.verb:
        core = core[1:]
    text = tool.description if isinstance(tool.description, str) else ""
    cut = text[:MAX_DESCRIPTION]
    lead, first_text, rest_text, tail_text = _sections(cut)
    first = text_tokens(first_text[:_MAX_FIRST])
    rest = text_tokens(rest_text[: _MAX_REST * 8])[:_MAX_REST]
    tail = text_tokens(tail_text[: _MAX_TAIL * 8])[:_MAX_TAIL]
    found, capped = parameters(tool.input_schema)
    has_schema = isinstance(tool.input_schema, dict) and "properties" in tool.input_schema
    if not found and tail_text:
        found = doc_parameters(tail_text)
    server = server_name + text_tokens(tool.server_text[:_MAX_SERVER])
    name_verb = _name_verb(core, lex.verb)
    head_at, head_verb = _head_verb(first, lex.verb)
    reading = Reading(
        tool=tool, name=name, core=core, first=first, rest=rest, tail=tail, parameters=found,
        has_schema=has_schema, server=server, name_verb=name_verb, head_verb=head_verb,
        head_at=head_at, acts={*(name_verb or ()), *(head_verb or ())}, verbs=set(),
        near=set(), far=set(), around=set(), flags=set(),
        truncated=capped or len(text) > MAX_DESCRIPTION, lead=lead,
    )  # fmt: skip
    _fill_sets(reading, lex.verb, lex.noun)
    return reading


def _fill_sets(
    reading: Reading, verb: dict[str, tuple[str, str]], noun: dict[str, tuple[str, ...]]
) -> None:
    for token in reading.core + reading.first:
        reading.near.add(token)
        reading.near.update(noun.get(token, ()))
        reading.verbs.update(verb.get(token, ()))
    for token in reading.rest:
        reading.far.add(token)
        reading.far.update(noun.get(token, ()))
        reading.far.update(verb.get(token, ()))
    for token in reading.server:
        reading.around.add(token)
        reading.around.update(noun.get(token, ()))
    for parameter in reading.parameters:
        reading.flags.update(parameter.flags)
        if parameter.required and parameter.depth == 0:
            reading.flags.update(flag + "!" for flag in parameter.flags)


def _sections(text: str) -> tuple[int, str, str, str]:
    """Split a description: start of the told part, first sentence, rest, argument docs."""
    start = 0
    for _ in range(12):  # decoration before the first word: [tags], **bold**, emoji
        found = _LEAD.match(text, start)
        if not found:
            break
        start = found.end()
    marker = _ARGUMENTS.search(text, start)
    body_end = marker.start() if marker and marker.start() > start + 5 else len(text)
    end = _END.search(text, min(start + 8, body_end), body_end)
    first_end = end.start() if end else body_end
    return start, text[start:first_end], text[first_end:body_end], text[body_end:]


def _name_verb(core: list[str], verb: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Return the acting verb: the first word, else the last (`d1_database_delete`), else any."""
    found = [(index, verb[word]) for index, word in enumerate(core) if word in verb]
    if not found:
        return None
    if found[0][0] == 0 or found[-1][0] != len(core) - 1:
        return found[0][1]
    return found[-1][1]


def _head_verb(
    first: list[str], verb: dict[str, tuple[str, str]]
) -> tuple[int, tuple[str, str] | None]:
    for index, word in enumerate(first[:6]):
        if word in verb:
            return index, verb[word]
    return 0, None


def as_text(value: Any) -> str:
    """Return a value if it is a text, else the empty text."""
    return value if isinstance(value, str) else ""


STOP = _STOP
