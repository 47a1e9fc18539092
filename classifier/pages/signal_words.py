"""What each signal means for a reader, and what would make it go away.

The signal's own module says what it looks for (that is its page); here is one sentence for a
table. A signal without a sentence of its own gets the one of its kind.
"""

from __future__ import annotations

from classifier.verdict import Kind, Signal

_MEANING = {
    "destructive": "What the call removes or overwrites does not come back by the same tools.",
    "financial": "Money or assets move, or an order for them is given.",
    "code-execution": "The caller writes what runs, so the text of the call decides the harm.",
    "external-side-effect": "The effect reaches people, machines or services outside.",
    "bulk-operation": "One call reaches many targets.",
    "sensitive-data": "What comes back is private or confidential.",
    "credentials": "A secret passes through the call, and so through the model's context.",
    "untrusted-content": "What comes back was written by outsiders and may address the model.",
    "admin": "The call changes who may do what.",
    "url-parameter": "The caller chooses the address that the server contacts.",
    "path-parameter": "The caller chooses the file or folder.",
    "code-parameter": "The caller passes code, a command or a query.",
    "markup-parameter": "The caller passes markup that may be shown to people later.",
    "credential-parameter": "The caller passes a secret as an argument.",
    "many-parameters": "So many parameters are hard to review and easy to get wrong.",
}
_MEANING_OF_KIND = {
    Kind.CAPABILITY: "The call can do this.",
    Kind.SCHEMA: "A parameter carries risk.",
    Kind.THREAT: "The definition itself looks hostile.",
    Kind.CLAIM: "What the vendor says does not fit what the definition says.",
}
_CHANGE = {
    "destructive": "a definition that says how to undo it, or that it only archives",
    "financial": "a definition that limits it to drafts, quotes or reading",
    "code-execution": "a fixed list of operations instead of free text",
    "external-side-effect": "a draft mode in which nothing leaves",
    "bulk-operation": "one target for each call, or a stated upper bound",
    "sensitive-data": "a definition that limits it to public data",
    "credentials": "a secret that stays in the server's own configuration",
    "untrusted-content": "fixed fields instead of free text from outside",
    "admin": "a definition that limits it to reading",
    "url-parameter": "a pattern or a list of hosts in the schema",
    "path-parameter": "a pattern or a list of folders in the schema",
    "code-parameter": "a list of admitted values in the schema",
    "markup-parameter": "plain text instead of markup",
    "credential-parameter": "a secret that stays in the server's own configuration",
    "many-parameters": "fewer parameters, or several smaller tools",
}
_CHANGE_OF_KIND = {
    Kind.CAPABILITY: "a definition that rules it out",
    Kind.SCHEMA: "a tighter schema",
    Kind.THREAT: "a definition without the quoted text",
    Kind.CLAIM: "hints that fit the definition",
}


def meaning(signal: Signal) -> str:
    """Return one sentence on what a signal means."""
    return _MEANING.get(signal.id) or _MEANING_OF_KIND[signal.kind]


def change(signal: Signal) -> str:
    """Say what would make a signal go away, without a full stop."""
    return _CHANGE.get(signal.id) or _CHANGE_OF_KIND[signal.kind]
