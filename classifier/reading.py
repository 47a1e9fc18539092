"""A definition as the rules and the model read it: words of the name, sentences, parameters.

One pass, bounded, linear in the text. Positions are code points of the text as received; they
are looked up again only where a quote is needed (`Reading.span`).
"""

import re  # noqa: TID251 - character classes and bounded alternations only: linear on any text
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from classifier.lexicon import lexicon
from classifier.offers import offered
from classifier.parameters import Parameter, doc_parameters, parameters
from classifier.texts import NOBODY, Suspects
from classifier.verdict import Evidence
from classifier.words import MAX_NAME, Spans, in_name, in_text, lower, name_tokens, text_tokens
from crawler.placed_names import FILE_ENDINGS, name_without_place
from crawler.records import Tool

MAX_DESCRIPTION = 3000
"""Characters of a description that are judged; the rest marks the result truncated."""
_MAX_FIRST, _MAX_SERVER = 300, 400

_ARGUMENTS = re.compile(
    r"\n[ \t]*(?:(?:args|arguments|parameters|params|returns?|raises|examples?|参数|返回|input|inputs|output)(?:[ \t]+\w{1,20}){0,2}[ \t]*(?:[:\uff1a]|$)|[@:](?:param|returns?)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_TOLD_AGAIN = re.compile(r"\n[ \t]*\n[ \t]*(?=[A-Z][a-z]{0,20}(?: [a-z'-]{1,20}){3})")
"""A paragraph after the argument documentation that is a sentence: four words, none of them a label."""
_END = re.compile(r"[.!?。！？][*\"')\]]{0,3}(?:\s|$)|[。！？]|\n[ \t]*\n|\n[ \t]*[-*#]|:[ \t]*\n")
_LEAD = re.compile(r"[\[\(【][^\]\)】\n]{0,60}[\]\)】]|\*\*[^*\n]{1,60}\*\*:?|[^\w\[\(【*]+|\*")
_SAYING = 3  # words of a tag or of something in bold from which it may be what the call does


@dataclass(slots=True)
class Reading:
    """One definition, read. Sets hold words, their verb lemmas, and `@classes` of the lexicon."""

    tool: Tool
    name: list[str]  # words of the name, in order
    core: list[str]  # the same without the server's own prefix
    first: list[str]  # words of the first sentence
    rest: list[str]
    tail: list[str]  # words of the argument documentation
    parameters: tuple[Parameter, ...]
    has_schema: bool
    server: frozenset[str]  # words of the server's name and text
    around: frozenset[str]  # the same with their classes
    name_verb: tuple[str, str] | None  # (lemma, @class) of the acting verb of the name
    head_verb: tuple[str, str] | None  # the same of the first sentence
    head_at: int
    acts: set[str]  # lemmas and classes of both
    opening: set[str]  # words, lemmas and classes of the first sentence
    near: set[str]  # of name and first sentence, and what is offered there side by side
    offers: dict[str, frozenset[str]]  # what is offered there side by side, the words by class
    far: set[str]  # of the rest of the description
    flags: set[str]  # what the parameters are: sql, url, path, ...
    truncated: bool
    lead: int  # where the described part of the description starts
    told: str  # the first sentence as it stands, cut at 300 characters
    name_spans: Spans | None = None
    text_spans: Spans | None = None
    quoted: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """By rule, what was quoted for it before."""
    suspects: Suspects = NOBODY
    """By threat signal, the strings that it has to look at; filled in by the engine."""

    @property
    def product(self) -> frozenset[str]:
        """The words that the server is called by: in a tool's name they mostly say whose tool it is."""
        return _server(self.tool.server, self.tool.server_text[:_MAX_SERVER])[0]

    def quote_name(
        self, words: AbstractSet[str], but: AbstractSet[str] = frozenset()
    ) -> Evidence | None:
        """Quote the first word of the name that is one of these words, lemmas or classes, and not of `but`."""
        if self.name_spans is None:
            name = self.tool.name[:MAX_NAME]
            self.name_spans = Spans(in_name(name), name, 0)
        return _quote("/name", self.tool.name, self.name_spans, words, but)

    def quote_text(self, words: AbstractSet[str]) -> Evidence | None:
        """Quote the first word of the description that is one of these words or classes."""
        if words.isdisjoint(self.opening) and words.isdisjoint(self.far):
            return None
        return _quote("/description", self.tool.description or "", self._text(), words)

    def quote_phrase(self, phrase: str) -> Evidence | None:
        """Quote a word sequence of the description, whatever stands between the words."""
        spans = self._text()
        at = spans.told().find(f" {phrase.strip()} ")
        if at < 0:
            return None
        index = spans.told().count(" ", 0, at)
        last = index + phrase.strip().count(" ")
        found = list(islice(spans, index, last + 1))
        start, end = found[0][1], found[-1][2]
        return Evidence("/description", start, end, (self.tool.description or "")[start:end])

    def _text(self) -> Spans:
        if self.text_spans is None:
            text = lower((self.tool.description or "")[:MAX_DESCRIPTION])
            self.text_spans = Spans(in_text(text), text, self.lead)
        return self.text_spans


class Unread(Reading):
    """A definition that is read when somebody asks: most detectors of threats never do."""

    __slots__ = ()

    def __init__(self, tool: Tool, suspects: Suspects) -> None:
        self.tool = tool
        self.suspects = suspects

    def __getattr__(self, name: str) -> Any:  # called for what is not set yet
        if name not in _PARTS:
            raise AttributeError(name)
        made = read(self.tool)
        for part in _PARTS:
            setattr(self, part, getattr(made, part))
        return getattr(self, name)


_PARTS = frozenset(Reading.__slots__) - {"tool", "suspects"}


def _quote(
    pointer: str,
    text: str,
    spans: Spans,
    words: AbstractSet[str],
    but: AbstractSet[str] = frozenset(),
) -> Evidence | None:
    for token, start, end in spans:
        if (token in words or not words.isdisjoint(_more(token))) and token not in but:
            return Evidence(pointer, start, end, text[start:end])
    return None


class _More(dict[str, tuple[str, ...]]):
    """What a word also counts as: its verb lemma and all its classes; mostly nothing."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        lex = lexicon()
        more = (*lex.verb.get(token, ()), *lex.noun.get(token, ()))
        if len(self) < _MOST_KEPT:
            self[token] = more
        return more


_MOST_KEPT = 1 << 16
_more = _More().__getitem__


def _keys(tokens: Iterable[str]) -> set[str]:
    """Return words with their verb lemmas and all their classes."""
    found = set(tokens)
    found.update(*map(_more, found))
    return found


@lru_cache(maxsize=4096)
def _server(name: str, text: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the words of a server's name, of name and text, and those with their classes.

    A file of definitions names no server: neither what it is called nor where it lies may decide.
    """
    own = name_without_place(name)
    named = [] if own.endswith(FILE_ENDINGS) else name_tokens(own)
    words = frozenset(named + text_tokens(text[:_MAX_SERVER]))
    return frozenset(named), words, frozenset(_keys(words))


def read(tool: Tool) -> Reading:
    """Read one definition."""
    verb = lexicon().verb
    server_name, server, around = _server(tool.server, tool.server_text[:_MAX_SERVER])
    name = name_tokens(tool.name)
    core = name
    while len(core) > 1 and core[0] in server_name and core[0] not in verb:
        core = core[1:]
    text = tool.description if isinstance(tool.description, str) else ""
    lead, first_text, rest_text, tail_text = _sections(text[:MAX_DESCRIPTION])
    first = text_tokens(first_text)
    tail = text_tokens(tail_text) if tail_text else []
    rest = text_tokens(rest_text) if rest_text else []
    found, capped = parameters(tool.input_schema)
    if not found and tail_text:
        found = doc_parameters(tail_text)
    name_verb = _name_verb(core, verb)
    head_at, head_verb = _head_verb(first, verb)
    opening = _keys(first)
    is_read = name_verb is not None and name_verb[1].startswith("@read")
    offers = {} if is_read else offered(first_text.lower())
    return Reading(
        tool=tool, name=name, core=core, first=first, rest=rest, tail=tail, parameters=found,
        has_schema=isinstance(tool.input_schema, dict) and "properties" in tool.input_schema,
        server=server, around=around, name_verb=name_verb, head_verb=head_verb, head_at=head_at,
        acts={*(name_verb or ()), *(head_verb or ())},
        opening=opening, near=opening | offers.keys() | _keys(core), offers=offers, far=_keys(rest),
        flags=_flags(found), truncated=capped or len(text) > MAX_DESCRIPTION or len(tool.name) > MAX_NAME, lead=lead,
        told=first_text,
    )  # fmt: skip


def _flags(found: tuple[Parameter, ...]) -> set[str]:
    flags: set[str] = set()
    for parameter in found:
        if parameter.flags:
            flags.update(parameter.flags)
            if parameter.required and parameter.depth == 0:
                flags.update(flag + "!" for flag in parameter.flags)
    return flags


def _sections(text: str) -> tuple[int, str, str, str]:
    """Split a description: start of the told part, first sentence, rest, argument docs.

    Nothing is left out: what a first sentence has beyond its bound is part of the rest.
    """
    start = 0
    for _ in range(12):  # decoration before the first word: [tags], **bold**, emoji
        found = _LEAD.match(text, start)
        if not found or _says(found.group()):
            break
        start = found.end()
    marker = _ARGUMENTS.search(text, start + 6)
    body_end = marker.start() if marker else len(text)
    end = _END.search(text, min(start + 8, body_end), body_end)
    first_end = end.start() if end else body_end
    if first_end > start + _MAX_FIRST:
        space = text.rfind(" ", start, start + _MAX_FIRST)
        first_end = space if space > start else start + _MAX_FIRST
    first, rest = text[start:first_end], text[first_end:body_end]
    if not marker:
        return start, first, rest, ""
    more, tail = _documented(text, body_end)
    return start, first, rest + more, tail


def _says(decoration: str) -> bool:
    """Say whether a tag or something in bold tells what the call does: a few words with a verb."""
    words = text_tokens(decoration)
    return len(words) >= _SAYING and not lexicon().verb.keys().isdisjoint(words)


def _documented(text: str, start: int) -> tuple[str, str]:
    """Split what begins with argument docs: paragraphs that tell more of the call, and the docs."""
    told: list[str] = []
    docs: list[str] = []
    while start < len(text):
        again = _TOLD_AGAIN.search(text, start)
        end = again.start() if again else len(text)
        docs.append(text[start:end])
        if not again:
            break
        marker = _ARGUMENTS.search(text, again.end())
        start = marker.start() if marker else len(text)
        told.append(text[end:start])
    return "".join(told), "".join(docs)


def _name_verb(core: list[str], verb: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Return the acting verb: the first word, else the last (`d1_database_delete`), else any."""
    every = [(index, verb[word]) for index, word in enumerate(core) if word in verb]
    # `evals_list`, `stripe_charges`: a word in the plural is the thing, also where no other is the act.
    found = [one for one in every if one[1][0] == core[one[0]] or not _plural(core[one[0]])]
    if not found:
        return None
    if found[0][0] == 0 or found[-1][0] != len(core) - 1:
        return found[0][1]
    return found[-1][1]


def _plural(word: str) -> bool:
    return len(word) > len("has") and word[-1] == "s" and word[-2] != "s"


def _head_verb(
    first: list[str], verb: dict[str, tuple[str, str]]
) -> tuple[int, tuple[str, str] | None]:
    for index, word in enumerate(first[:6]):
        if word in verb:
            return index, verb[word]
    return 0, None
