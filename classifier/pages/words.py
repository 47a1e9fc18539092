"""Our own words on a page: articles, lists, cuts, and one sentence per fact.

Every sentence about a category or a signal stands here once, so that no page carries the words
of another category, and the card, the questions and the machine twins cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence

from classifier.intent import Intent
from classifier.pages.invisible import visible
from classifier.rule import Decision
from classifier.verdict import Basis, Category, Classification, Kind, Risk
from crawler.records import Origin, Outcome

CATEGORY_VERB = {
    Category.READ: "return information and change nothing that the definition speaks of",
    Category.WRITE: "create or change stored data",
    Category.EXECUTE: "set something in motion beyond stored data",
    Category.OTHER: "do auxiliary work on what it is passed or on its own session",
}
CATEGORY_MEANING = {
    Category.READ: "Returns information from a data source and changes nothing.",
    Category.WRITE: "Creates, changes or removes data in a store of record.",
    Category.EXECUTE: (
        "Sets something in motion beyond stored data: runs code, sends, pays, deploys, "
        "drives a device, or opens a session elsewhere."
    ),
    Category.OTHER: (
        "Computes or checks only what it was passed, or looks after the server's own session."
    ),
}
CATEGORY_HANDLING = {
    Category.READ: "What comes back can still be private, or written by outsiders.",
    Category.WRITE: "A limit on calls bounds what a loop can change before somebody notices.",
    Category.EXECUTE: "A limit on calls and a look at the arguments bound what one task can start.",
    Category.OTHER: "A generous limit on calls catches a loop and costs ordinary work nothing.",
}
DECISION_HANDLING = {
    Decision.ALLOW: "The recommended policy lets it pass.",
    Decision.ASK: "The recommended policy has a person look at the arguments of each call.",
    Decision.DENY: "The recommended policy refuses it, so that nothing of this happens.",
    Decision.HIDE: "The recommended policy refuses it and takes it out of the list.",
}
RISK_MEANING = {
    Risk.LOW: "ordinary data, or work without an effect that lasts",
    Risk.MEDIUM: "a change that can be undone, or access to private data",
    Risk.HIGH: "an effect that is outward or cannot be undone, of limited reach",
    Risk.CRITICAL: "severe harm that is hard to undo",
}
RISK_EXPLANATION = {
    Risk.LOW: "One call reads ordinary data, computes, or does something without a lasting effect.",
    Risk.MEDIUM: (
        "One call makes a change that can be undone, reads private data, or reaches a place "
        "that the caller chooses."
    ),
    Risk.HIGH: (
        "One call has an irreversible or outward effect of limited reach: it deletes one "
        "record, sends a message, starts something, or opens a session on a sensitive platform."
    ),
    Risk.CRITICAL: (
        "One call can do severe harm that is hard to undo: move money, run any code, delete in "
        "bulk, disclose secrets that open other systems, or grant access."
    ),
}
SIGNAL_VERB = {
    "code-execution": "run code, commands or queries that the caller writes",
    "financial": "move or commit money or assets",
    "destructive": "delete or overwrite something for good",
    "admin": "change users, permissions or settings",
    "credentials": "take, return or change a secret such as a key or a token",
    "external-side-effect": "make something happen outside the data that it keeps",
    "bulk-operation": "act on many targets at once",
    "sensitive-data": "reach private or confidential data",
    "untrusted-content": "put text written by outsiders in front of the model",
}
"""What one call can do, by signal, in the order in which it matters."""

BASIS = {
    Basis.REVIEWED: "a person's review",
    Basis.RULES: "rules",
    Basis.MODEL: "the trained model",
    Basis.RULES_AND_MODEL: "rules and the trained model, which agree",
    Basis.NOT_AVAILABLE: "nothing but the lack of information",
}
ORIGIN = {
    Origin.LIVE: "from the running server's own answer to tools/list",
    Origin.DECLARED: "from a file or catalogue that declares it; the server was not asked",
    Origin.STATIC: "read out of source code; the server was not run",
}
ORIGIN_SHORT = {
    Origin.LIVE: "live",
    Origin.DECLARED: "declared, not confirmed live",
    Origin.STATIC: "from source code, not confirmed live",
}
OUTCOME = {
    Outcome.LISTED: "listed its tools",
    Outcome.NO_TOOLS: "answered that it has no tools",
    Outcome.AUTH_REQUIRED: "asked for credentials, so its tools were not seen",
    Outcome.FORBIDDEN: "refused access",
    Outcome.RATE_LIMITED: "asked us to come back later",
    Outcome.NOT_MCP: "did not speak the protocol",
    Outcome.PROTOCOL_ERROR: "broke the protocol",
    Outcome.HTTP_ERROR: "answered with an HTTP error",
    Outcome.TIMEOUT: "did not answer in time",
    Outcome.TLS_ERROR: "has a certificate that does not hold",
    Outcome.DNS_ERROR: "has a host name that does not resolve",
    Outcome.CONNECT_ERROR: "could not be connected to",
    Outcome.TOO_LARGE: "answered with more than we read",
    Outcome.BLOCKED_SSRF: "has a private address, which is not contacted",
    Outcome.NEEDS_CONFIG: "needs configuration before it starts",
    Outcome.NEEDS_NETWORK: "needs a network while it starts",
    Outcome.NOT_FOUND: "does not exist where it was looked for",
    Outcome.UNSUPPORTED: "is of a kind that is not run here",
    Outcome.NO_SANDBOX: "was not run, because no sandbox was available",
    Outcome.CRASHED: "ended before it answered",
    Outcome.SKIPPED_POLICY: "was not contacted, by rule",
}

_TWO_DIGITS = 100
_HEADING = 120
"""Characters of a name above a page; its definition has all of it."""


def an(word: str) -> str:
    """Return `a` or `an`, as the word that follows asks for."""
    return "an" if word[:1].lower() in "aeiou" else "a"


def number(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 tool, 24 tools, 1,318 tools."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Join with commas and a final `and`."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def cut(text: str, most: int = 160) -> str:
    """Shorten to at most `most` characters at a word's end, with an ellipsis."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    at_word = kept.rsplit(None, 1)[0] if not text[most - 1].isspace() else kept
    if len(at_word) < most // 2:
        at_word = kept
    return at_word.rstrip(" \t\n.,;:") + "\u2026"


def named(name: str) -> str:
    """Return a name to read, also where a tool has none."""
    return name if name.strip() else "(no name)"


def heading(name: str) -> str:
    """Cut a name so that the verdict below it stands on a phone's first screen.

    Unseen characters take the room of their names.
    """
    given = named(name)
    if len(given) <= _HEADING and len(visible(given)) <= 2 * _HEADING:
        return given
    kept = cut(given, _HEADING)
    return kept if len(visible(kept)) <= 2 * _HEADING else cut(visible(kept), _HEADING)


def short(name: str) -> str:
    """Cut a name for a heading or a sentence; wide characters take the room of two."""
    return cut(named(name), 60 if name.isascii() else 30)


def sentence_on(category: Category) -> str:
    """Return what a tool of a category is, as one sentence."""
    meaning = CATEGORY_MEANING[category]
    return f"It is {kind_of_tool(category)}: it {meaning[0].lower()}{meaning[1:]}"


def day(moment: str) -> str:
    """Return the date of a moment in ISO form, or `unknown`."""
    return moment[:10] or "unknown"


def capability(verdict: Classification) -> str:
    """Say in one sentence, made from the findings, what one call can do."""
    found = {f.signal.id for f in verdict.findings if f.signal.kind is Kind.CAPABILITY}
    verbs = [verb for key, verb in SIGNAL_VERB.items() if key in found][:3]
    if verbs:
        return f"One call can {_in_turn(verbs)}."
    return f"One call can {CATEGORY_VERB[verdict.category]}."


def _in_turn(verbs: Sequence[str]) -> str:
    """Join phrases that hold commas and conjunctions of their own."""
    if len(verbs) == 1:
        return verbs[0]
    return f"{'; '.join(verbs[:-1])}; and {verbs[-1]}"


def kind_of_tool(category: Category) -> str:
    """Return the category as a noun with its article: an Execute tool."""
    return f"{an(category.value)} {category.value} tool"


def confidence(verdict: Classification) -> str:
    """Say how certain the category is, and what stands in the way."""
    percent = f"{round(verdict.confidence * 100)} %"
    if verdict.insufficient_definition:
        return f"{percent}; the definition says too little"
    if verdict.needs_review:
        return f"{percent}; a person should review this"
    return percent


def handling(category: Category, intent: Intent) -> str:
    """Say what becomes of calls; of a limit only where the policy sets one."""
    if category is Category.READ or intent.decision is Decision.LIMIT:
        return CATEGORY_HANDLING[category]
    return DECISION_HANDLING[intent.decision]


def decision(intent: Intent) -> str:
    """Return the recommended decision in a few words."""
    match intent.decision:
        case Decision.ALLOW:
            words = "Allow"
        case Decision.LIMIT:
            bound = intent.limit
            words = f"Allow, at most {bound.max} calls a {bound.window}" if bound else "Limit"
        case Decision.ASK:
            words = "Ask a person each time"
        case Decision.DENY:
            words = "Refuse"
        case Decision.HIDE:
            words = "Hide, and refuse"
    return f"{words}, under conditions" if intent.conditions else words


def server_title(name: str, title: str | None) -> str:
    """Return the name that people read: the title unless it is blank or silly."""
    given = " ".join((title or "").split())
    return cut(given, 80) if given else cut(name, 80)


def rounded(count: int) -> int:
    """Round down to two digits, so that one more tool changes no other page."""
    step = max(1, 10 ** (len(str(count)) - 2)) if count > 0 else 1
    return count // step * step


def scale(down: int, noun: str) -> str:
    """Say a count that `rounded` gave: about 25,000 tools; one of two digits is exact."""
    return f"about {down:,} {noun}s" if down >= _TWO_DIGITS else number(down, noun)
