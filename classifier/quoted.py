"""The definition's own words within a sentence: one line, cut where it ends, in quotation marks."""

import re  # noqa: TID251 - bounded, without repetition of repetitions: linear

QUOTE = 110
"""Characters that are quoted at most."""
_LEAD = re.compile(r"(?:<?/?[\w-]{1,20}>\s*)+")
_TAG = re.compile(r"</?[\w-]{1,20}>")
_CUT = re.compile(r"(?i)[\s,;(:-]{1,3}(?:e\.g|i\.e|vs|cf|incl|approx|resp|z\.b)$")
"""What a sentence seems to end with, and does not: the dot is an abbreviation's."""
_DOCS = re.compile(r"(?i) (?:args|arguments|parameters|params|returns|inputs?|outputs?):|:param ")


def colon_quoted(told: str) -> str:
    """Return a colon and the definition's own words as they stand, cut at a word; nothing where they say nothing.

    White space and what cannot be printed are one space each; a tag ends the quote, or comes before it.
    """
    told = plain(told)
    if lead := _LEAD.match(told):
        told = told[lead.end() :]
    if found := _DOCS.search(told):
        told = told[: found.start()]
    more = ""
    if tag := _TAG.search(told):
        told, more = told[: tag.start()], _TAG.sub("", told[tag.end() :]).strip(".:;, ")
    if cut := _CUT.search(told):
        told, more = told[: cut.start()], "…"
    if told.count("(") > told.count(")"):
        told = told.rpartition("(")[0]
    if len(told.rstrip(".:;, ")) > QUOTE:
        told, more = told[:QUOTE].rpartition(" ")[0] or told[:QUOTE], told[QUOTE:]
    told = told.rstrip(".:;, ")
    if not told:
        return ""
    return f": {in_marks(told + (' …' if more else ''))}"


def plain(told: str) -> str:
    """Return a text in one line, without what cannot be printed."""
    if not told.isprintable():
        told = "".join(c if c.isprintable() else " " for c in told)
    return " ".join(told.split())


def in_marks(told: str) -> str:
    """Put a text in quotation marks that it does not hold itself."""
    opening, closing = "\u201c\u201d" if '"' in told else '""'
    return f"{opening}{told}{closing}"
