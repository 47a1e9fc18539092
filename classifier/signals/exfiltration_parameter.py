"""A parameter asks for what the tool cannot need: the conversation, the prompt, other secrets.

A field for the full conversation, the system prompt, hidden reasoning, all tools or environment
variables carries them to the server with the first call. A chat tool that takes earlier turns, a
container that takes environment variables and a set-up that takes its own key are ordinary and not
meant; what only looks like it is reported with low confidence.
"""

from collections.abc import Iterator, Sequence

import re2

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.texts import Text
from classifier.verdict import Evidence, Kind, Severity, Signal
from classifier.words import name_tokens

SIGNAL = Signal(
    id="exfiltration-parameter",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Asks for what it cannot need",
    references=("MCP03:2025", "MCP10:2025", "AML.T0086", "SAFE-T1001"),
)
_RULES = (
    meeting(0.9, "inner verbatim"),
    meeting(0.9, "inner here"),
    meeting(0.9, "inner take"),
    meeting(0.9, "inner give"),
    meeting(0.9, "inner out_of"),
    meeting(0.9, "you_know secret"),
    meeting(0.9, "you_know private"),
    meeting(0.9, "you_know verbatim"),
    meeting(0.9, "keyfile out_of", alien="keyfile secret"),
    meeting(0.9, "env_dump verbatim"),
    meeting(0.9, "steal out_of", alien="secret steal"),
    meeting(0.9, "own_stuff verbatim", alien="own_stuff"),
)
_NEVER_NEEDED = (
    r"(?i)^(?:(?:full_?|entire_?)?conversation_?(?:history|log)|full_?conversation|chat_?(?:history|transcript|log)"
    r"|(?:hidden_?)?chain_?of_?thought|hidden_?reasoning|agent_?memory|env_?vars?_?dump)$"
)
_DOUBTFUL = r"(?i)^(?:system_?prompt|developer_?(?:message|prompt)|tools_?list|all_?tools)$"
"""Honest in a tool that runs a model, which not every such tool says."""
_WHOLE = (
    r"(?i)\b(?:(?:full|whole|entire|complete|unabridged|verbatim) (?:text of |copy of |contents? of )?(?:(?:the|this|our|your) )?(?:(?:current|previous|prior|ongoing) )?(?:conversation|chat history|dialogue|message history|context window|session history)"
    r"|conversation so far|(?:the user|we|you) (?:have |has |had )?(?:said|discussed|talked about|written) so far"
    r"|everything (?:that )?(?:(?:the user|we|you|was|has been) )?(?:have |has |been )?(?:said|discussed|talked about)"
    r"|contents? of your (?:context(?: window)?|memory)|your (?:full |whole |entire |hidden |private |internal |own )*(?:chain.of.thought|context window|system prompt))\b"
)
"""What was said, all of it: no tool that is not about talking needs it, in whatever words it asks."""
_OF_OTHERS = r"(?i)\b(?:your (?:own |other )?(?:api keys|passwords|credentials|secrets|access tokens)|values? of (?:all |the |your )*(?:environment|env) var(?:iable)?s)\b"
_whole = re2.compile(_WHOLE)  # type: ignore[no-untyped-call]
_of_others = re2.compile(_OF_OTHERS)  # type: ignore[no-untyped-call]
_FETCHED = frozenset(["content", "contents", "read", "reading", "file", "folder", "dump", "text"])
_KEPT = frozenset(
    [
        "ssh",
        "rsa",
        "ed25519",
        "env",
        "passwd",
        "shadow",
        "netrc",
        "kubeconfig",
        "keychain",
        "bashrc",
        "cookies",
        "wallet",
    ]
)
_never_needed = re2.compile(_NEVER_NEEDED)  # type: ignore[no-untyped-call]
_doubtful = re2.compile(_DOUBTFUL)  # type: ignore[no-untyped-call]
PHRASES = True
TRIGGER = (
    *trigger(_RULES),
    _WHOLE,
    _OF_OTHERS,
    (
        r"(?i)conversation|transcript|chat_|of_?thought|reasoning|_?prompt|developer_?m|tools_?list|all_?tools"
        r"|agent_?memory|(?:_|\b)(?:ssh|rsa|env|passwd|shadow|netrc|keychain|bashrc|cookies|wallet)_"
        r"|_(?:ssh|rsa|env|passwd|shadow|netrc|keychain|bashrc|cookies|wallet)\b"
    ),
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote what a parameter asks for, and names that say it already."""
    for text in reading.suspects.texts[SIGNAL.id]:
        if not text.pointer.startswith("/inputSchema"):
            continue
        if text.is_key:
            key = text.searched()
            if _is_fetched_secret(key):
                yield 0.9, text.quote(0, 0)
            elif weight := _weight_of_key(key):
                yield weight * _share(reading), text.quote(0, 0)
            continue
        yield from _asked(reading, text)
        for weight, quote in meetings(reading, text, _RULES):
            yield weight * _share(reading), quote


def _asked(reading: Reading, text: Text) -> Iterator[tuple[float, Evidence]]:
    """Quote what a description asks for in so many words: all that was said, or secrets of others."""
    searched = text.searched()
    if found := _whole.search(searched):
        weight = _share(reading) if reading.near.isdisjoint(_TALK) else _ODD
        yield weight, text.quote(found.start(), found.end())
    found = _of_others.search(searched)
    if found and reading.near.isdisjoint(_SECRETS):
        yield 0.9, text.quote(found.start(), found.end())


_TALK = frozenset(
    ["analyze", "call", "history", "meeting", "memory", "remember", "sentiment", "summarize", "summary", "transcript"]
)  # fmt: skip
"""What such tools are given may be all that was said, somewhere else: a person should look."""
_SECRETS = frozenset(["@credential", "@config", "env", "environment", "login", "connect", "setup"])
"""Of such tools secrets are the very subject."""


_ODD = 0.3
"""Weight of what is reported and decides nothing."""


def _share(reading: Reading) -> float:
    return 1.0 if reading.near.isdisjoint(_CHATS) else _ODD


def _weight_of_key(key: str) -> float:
    """Weigh the name of a parameter; `system_prompt` alone is honest in tools that run a model."""
    if len(key) > _LONGEST:
        return 0.0
    if _never_needed.search(key):
        return 0.9
    return 0.5 if _doubtful.search(key) else 0.0


def _is_fetched_secret(key: str) -> bool:
    """Say whether a name asks for what stands in a file of secrets: `content_of_ssh_key`."""
    words = set(name_tokens(key))
    return not words.isdisjoint(_KEPT) and len(words & _FETCHED) > 1 - ("of" in words)


_LONGEST = 40
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
