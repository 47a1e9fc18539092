"""A sentence reads like an order to the model, or asks for what the tool cannot need.

Where the other detectors know phrases, this one weighs words: who is spoken to, what should be done,
with what, how it is kept from whom, and whether any of it has to do with the tool. The weights were
fitted on hand-written attacks and on real definitions (data/models/tool-threat-v1), and hold for many
languages, since words stand for classes. Advice on good use of the tool, safety notes and tools whose
very subject are attacks are not meant; what is just below the bar is reported with low confidence.
"""

import math
import re  # noqa: TID251 - anchored, without repetition of repetitions: linear
from collections.abc import Iterator, Sequence

from classifier import wording
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import SURE, Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="hostile-wording",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Reads like an order to the model",
    references=("MCP03:2025", "ASI01:2026", "AML.T0051", "SAFE-T1001", "CWE-1427"),
)
TRIGGER = wording.listen
_PERHAPS = 0.5
_FIRST_OF_ITS_OWN = re.compile(
    r"(?:(?:(?:sign|log)s? in|login|authenticates?)(?: (?:to|with) [a-z ]{1,40})?\. )?"
    r"(?:(?:(?:it|this|this tool) )?(?:must|has to|needs to|should) be called (?:first,? )?before (?:any|all|every) other tools? (?:of|on) this server\.?"
    r"|call this (?:tool )?(?:first|before (?:any|all) other tools? (?:of|on) this server)"
    r"(?:[,;] (?:as |because |since )?all other tools (?:of|on) this server (?:need|require) (?:the|a|this|its) session)?\.?)",
    re.IGNORECASE,
)
"""A whole sentence by which a login comes first on its own server: it orders nothing about tools of others."""


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote the worst passages; one below the bar only if there is none above it."""
    bar = wording.weights().sure
    for number, (score, quote) in enumerate(reading.suspects.passages):
        if score >= bar and not _FIRST_OF_ITS_OWN.fullmatch(quote.text.strip()):
            yield 1.0 - (1.0 - SURE) * math.exp((bar - score) / 2), quote
        elif number == 0:
            yield _PERHAPS, quote
