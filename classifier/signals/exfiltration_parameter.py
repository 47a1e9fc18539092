"""A parameter asks for what the tool cannot need: the conversation, the prompt, other secrets.

A field for the full conversation, the system prompt, hidden reasoning, all tools or environment
variables carries them to the server with the first call. A chat tool that takes earlier turns, a
container that takes environment variables and a set-up that takes its own key are ordinary and not
meant; what only looks like it is reported with low confidence.
"""

from collections.abc import Iterator, Sequence

import re2

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="exfiltration-parameter",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Asks for what it cannot need",
    references=("MCP03:2025", "MCP10:2025", "AML.T0086", "SAFE-T1001"),
)
_WHOLE = r"(?:full|entire|complete|whole|all|everything|verbatim|previous|hidden|word for word)"
_PATTERNS = (
    (0.9, r"\b" + _WHOLE + r"\b[^.\n]{0,30}\b(?:conversation|dialogue|chat|previous messages|messages and tool results)\b[^.\n]{0,60}\b(?:so far|word for word|verbatim|of this chat|including|confidential|history|here)"),
    (0.5, r"\b(?:full|entire|complete|whole) (?:conversation|dialogue|chat history)\b"),
    (0.9, r"\b(?:copy|paste|include|provide|pass|put|send|insert)\b[^.\n]{0,25}\b(?:your |the )?(?:system prompt|system message|hidden reasoning|chain of thought)\b"),
    (0.9, r"\b(?:complete|full|hidden|entire)\b[^.\n]{0,20}\b(?:reasoning|chain of thought|thoughts)\b[^.\n]{0,20}\bverbatim|\bcomplete hidden reasoning\b"),
    (0.9, r"\b(?:dump|list|copy) of (?:all|every|the)\b[^.\n]{0,12}\b(?:environment variables|env vars|secrets|tokens|credentials)"),
    (0.9, r"\bany (?:other )?(?:api keys?|tokens?|secrets?|passwords?)\b[^.\n]{0,20}\b(?:you know|you have|that appeared|earlier)"),
    (0.9, r"\b(?:list|names?) of all (?:the )?tools\b[^.\n]{0,30}\b(?:available to you|descriptions|you have)"),
    (0.9, r"\beverything you (?:remember|know) about the user\b|\ball (?:previous|earlier) messages\b[^.\n]{0,40}\b(?:this chat|tool results|conversation)"),
    (0.9, r"\bsecrets? that appeared earlier\b|\bconfidential details the user\b"),
)  # fmt: skip
_COMPILED = tuple((weight, re2.compile("(?i)" + text)) for weight, text in _PATTERNS)  # type: ignore[no-untyped-call]
_NAMES = re2.compile(  # type: ignore[no-untyped-call]
    r"(?i)^(?:conversation_?history|full_?conversation|chain_?of_?thought|hidden_?reasoning|env_?vars_?dump"
    r"|model_?name_?and_?prompt|content_?from_?reading\w*|contents?_?of_?\w*(?:ssh|env|key|passwd)\w*)$"
)
_DOUBTFUL = re2.compile(r"(?i)^(?:system_?prompt|tools_?list|all_?tools)$")  # type: ignore[no-untyped-call]
"""Honest in a tool that runs a model, which not every such tool says."""
TRIGGER = (
    r"(?i)conversation|dialogue|chat|system[ _]?prompt|system message|reasoning|chain[ _]of[ _]thought|dump of|list of all"
    r"|copy of|you know|you have|appeared earlier|about the user|previous messages|earlier messages|tools_?list|all_?tools"
    r"|content_?from|contents?_?of|confidential"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote what a parameter asks for, and names that say it already."""
    chats = not reading.near.isdisjoint(_CHATS)
    for text in reading.suspects[SIGNAL.id]:
        if not text.pointer.startswith("/inputSchema"):
            continue
        searched = text.searched()
        if text.is_key and _NAMES.search(searched):
            yield (0.3 if chats else 0.9), text.quote(0, 0)
        elif text.is_key and _DOUBTFUL.search(searched):
            yield (0.3 if chats else 0.5), text.quote(0, 0)
        if text.is_key:
            continue
        for weight, pattern in _COMPILED:
            found = pattern.search(searched)
            if found:
                yield (0.3 if chats else weight), text.quote(found.start(), found.end())


_CHATS = frozenset(
    [
        "chat",
        "conversation",
        "message",
        "messages",
        "completion",
        "agent",
        "assistant",
        "llm",
        "prompt",
        "prompts",
        "model",
        "dialogue",
        "thinking",
        "thought",
    ]
)
"""Of such tools the conversation is the very subject."""
