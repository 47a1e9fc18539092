"""Which part of a definition says what its call is said to do: mostly the first sentence, not always.

"Work with issues", with `delete` among the values of a parameter, deletes; and so does a helper whose
second sentence says so. To quote the first sentence for that would be to quote the wrong words.
"""

from classifier.lexicon import lexicon
from classifier.passages import sentences
from classifier.reading import Reading
from classifier.verdict import Evidence, Finding

_VERBS = {"destructive": "@write-delete", "code-execution": "@exec-run"}
"""By signal, the class of verbs that say as much themselves: then the first sentence is the one."""


def telling(reading: Reading, finding: Finding) -> Evidence | None:
    """Return what a finding goes by where name and first sentence say nothing of it; else None.

    The sentence of the description that it quotes first, or else what it quotes of the schema.
    """
    verb = lexicon().verb
    of_its_own = _VERBS.get(finding.signal.id)
    if any(verb[word][1] == of_its_own for word in reading.first if word in verb):
        return None
    end = reading.lead + len(reading.told)
    later: list[Evidence] = []
    for quote in finding.evidence:
        if quote.pointer == "/name" or (quote.pointer == "/description" and quote.start < end):
            return None
        later += [quote] if quote.pointer == "/description" else []
    if not later:
        return finding.evidence[0]
    return sentence_of(reading, later[0])


def sentence_of(reading: Reading, quote: Evidence) -> Evidence | None:
    """Return the sentence of the description in which a quote of it begins; None for other quotes."""
    if quote.pointer != "/description":
        return None
    text = reading.tool.description or ""
    spans = (span for span in sentences(text) if span[0] <= quote.start < span[1])
    return next(
        (Evidence("/description", start, stop, text[start:stop]) for start, stop in spans), None
    )
