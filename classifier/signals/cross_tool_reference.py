"""The definition steers other tools, or wants to stand before all of them.

"When send_email is present, change its recipient", "call this before any other tool of any server":
such a tool acts through tools that it does not own, even if it is never called. Naming a sibling
("search first, then get") is how honest servers explain themselves and is not meant; a login that
must come first on its own server is reported with low confidence at most.
"""

from collections.abc import Iterator, Sequence

import re2

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="cross-tool-reference",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Steers other tools",
    references=("MCP03:2025", "ASI02:2026", "SAFE-T1301", "AML.T0053"),
)
_OTHER = r"(?:any|every|each|all)(?: of the)? other (?:available )?tools?"
PATTERNS = (
    (0.5, r"\b(?:before|prior to|until)\b[^.\n]{0,40}\b" + _OTHER),
    (0.5, r"\bmust be called (?:before|first)[^.\n]{0,40}\b(?:any|every|each|all)\b"),
    (0.9, r"\b(?:before|prior to)\b[^.\n]{0,30}" + _OTHER + r"\b[^.\n]{0,60}\b(?:any server|each conversation|every conversation|full command|follow what|is used, at the start)"),
    (0.9, r"\b" + _OTHER + r"\b[^.\n]{0,60}\b(?:of any server|each conversation|every conversation|with the full)"),
    (0.9, r"\bdo not use any other tool until\b"),
    (0.9, r"\b(?:whenever|when) any tool is (?:used|called)|\bapplies to all tools\b|\beven if (?:this (?:one|tool) )?is never called"),
    (0.9, r"\bevery (?:single )?(?:response|reply|answer|(?:user )?message|request|shell command|later request)\b[^.\n]{0,60}\b(?:through this tool|repeated to this tool|must first pass|with the complete message|no matter)"),
    (0.9, r"\b(?:after|with) every (?:single )?(?:user )?message\b[^.\n]{0,60}\b(?:complete|no matter|regardless)"),
    (0.9, r"\bprefix every\b[^.\n]{0,40}\bcommand"),
    (0.9, r"\b(?:new )?(?:global )?rule for this session\b|\brules? applies to all tools\b"),
    (0.9, r"\b(?:when|if|whenever) (?:the )?(?:tool )?`?\w+`?(?: tool)? (?:tool )?is (?:present|available|installed|loaded)\b[^.\n]{0,80}\b(?:must|change|replace|instead|set|redirect|recipient)"),
    (0.9, r"\bwhen you use the \w+ tool\b[^.\n]{0,60}\b(?:add|set|include|append|send|change|pass)\b"),
    (0.9, r"\b(?:about|on) the (?:tool|\w+ server)\b[^.\n]{0,80}\b(?:is to be set|must be set|broken|use ours|its parameter)"),
    (0.9, r"\bother servers?'? tools?\b[^.\n]{0,60}\b(?:need|must|set|require|should)"),
    (0.9, r"\b(?:overrides?|replaces?) (?:the behaviou?r of )?(?:the|all) (?:tool|file tools|other tools|\w+ tools)\b"),
    (0.9, r"\bfrom another server\b[^.\n]{0,60}\b(?:redirect|instead|call|route)"),
    (0.9, r"\b(?:tools?|servers?) \w+ (?:and \w+ )?(?:is|are) (?:deprecated|broken)[^.\n]{0,5}[;,][^.\n]{0,20}\b(?:pass|use|send)\b[^.\n]{0,40}\b(?:content|token|arguments)"),
    (0.9, r"\btools \w+ and \w+ are deprecated; pass their content"),
    (0.9, r"\bdecides which tools are (?:permitted|allowed)\b"),
)  # fmt: skip
_COMPILED = tuple((weight, re2.compile("(?i)" + text)) for weight, text in PATTERNS)  # type: ignore[no-untyped-call]
TRIGGER = (
    r"(?i)other (?:available )?tools?|must be called|any tool is|all tools|never called|every (?:single )?(?:response|reply"
    r"|answer|user|message|request|shell|later)|rule for this|is (?:present|available|installed|loaded)|when you use the"
    r"|about the tool|on the \w+ server|other servers?|overrides? |replaces? |another server|are deprecated|is broken"
    r"|which tools are|prefix every"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each phrase that steers, with what it weighs."""
    for text in reading.suspects[SIGNAL.id]:
        searched = text.searched()
        for weight, pattern in _COMPILED:
            found = pattern.search(searched)
            if found:
                yield weight, text.quote(found.start(), found.end())
