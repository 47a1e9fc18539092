"""The four hints that a tool's author should set, with the words of the definition that say so.

The specification's defaults are the cautious ones (not read-only, destructive, not idempotent,
open world), and clients and directories act on them: a missing hint is a tool that is suspended or
rejected. A hint is suggested against its default only with a quote; where the definition settles
nothing, the default is suggested and said to be no more than that. Hints lower no risk here.
Source: MCP specification 2026-07-28, ToolAnnotations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from classifier import decide
from classifier.lexicon import lexicon
from classifier.pages.places import place
from classifier.pipeline.plain import in_line, plain
from classifier.reading import Reading, read
from classifier.verdict import Category, Classification, Evidence, evidence_json
from crawler.records import Tool, canonical_json

HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
DEFAULTS = {
    "readOnlyHint": False,
    "destructiveHint": True,
    "idempotentHint": False,
    "openWorldHint": True,
}
_IRREVERSIBLE = {
    "destructive": "deletes or overwrites for good",
    "code-execution": "what it runs can delete anything",
    "financial": "money that has moved does not come back",
}
_OUTSIDE = {
    "untrusted-content": "brings in what outsiders wrote",
    "url-parameter": "goes where the caller says",
    "external-side-effect": "reaches people or systems outside",
    "financial": "deals with a bank or an exchange",
}
_ADDING = frozenset(["@write-create"])
_REPLACING = frozenset(["@write-update", "@write-delete", "@write-mark", "@write-undo"])
_REPEATED = frozenset(
    ["@write-create", "@exec-send", "@exec-social", "@exec-trade", "@exec-run", "@exec-gen"]
)
_SETTLING = frozenset(["@write-delete", "@write-mark", "@exec-stop"])
_SETTING = frozenset(["set", "update", "rename", "replace", "edit", "put", "overwrite"])
_QUOTES = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hint should have a value. Not `sure`: it is the default, and nothing says more."""

    hint: str
    value: bool
    sure: bool
    text: str
    evidence: tuple[Evidence, ...] = ()

    def sentence(self) -> str:
        """Return the reason with its quotes, for people."""
        quotes = ", ".join(
            f'"{plain(e.text, 80)}" in {plain(place(e.pointer), 80)}' for e in self.evidence
        )
        return f"{self.hint} {str(self.value).lower()}: {self.text}" + (
            f": {quotes}" if quotes else ""
        )

    def to_json(self) -> dict[str, Any]:
        """Return the reason as data."""
        return {
            "hint": self.hint,
            "value": self.value,
            "sure": self.sure,
            "reason": self.text,
            "evidence": [evidence_json(e) for e in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Advice:
    """What a tool says, what it should say, and why."""

    tool: Tool
    result: Classification
    reasons: tuple[Reason, ...]

    @property
    def declared(self) -> dict[str, bool]:
        """The hints that the tool states as booleans; anything else counts as missing."""
        return _stated(self.tool)

    @property
    def missing(self) -> list[str]:
        """The hints that the tool does not state."""
        return [hint for hint in HINTS if hint not in self.declared]

    @property
    def conflicts(self) -> list[str]:
        """The hints that say other than the definition does."""
        stated = self.declared
        return [
            r.hint for r in self.reasons if r.sure and stated.get(r.hint, r.value) is not r.value
        ]

    @property
    def suggested(self) -> dict[str, bool]:
        """All four: what the definition settles, else what the tool states, else the default."""
        stated = self.declared
        return {r.hint: r.value if r.sure else stated.get(r.hint, r.value) for r in self.reasons}

    def patch(self) -> list[dict[str, Any]]:
        """Return the change as a JSON Patch (RFC 6902) of the definition."""
        if not isinstance(self.tool.annotations, dict):
            return [{"op": "add", "path": "/annotations", "value": self.suggested}]
        return [
            {
                "op": "replace" if hint in self.tool.annotations else "add",
                "path": f"/annotations/{hint}",
                "value": value,
            }
            for hint, value in self.suggested.items()
            if self.declared.get(hint) is not value
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the advice as data."""
        return {
            "server": self.tool.server,
            "tool": self.tool.name,
            "declared": self.declared,
            "suggested": self.suggested,
            "missing": self.missing,
            "conflicts": self.conflicts,
            "needs_review": self.result.needs_review,
            "reasons": [reason.to_json() for reason in self.reasons],
            "patch": self.patch(),
            "definition_sha256": self.tool.definition_sha256,
        }

    def text(self) -> str:
        """Return the advice in the manner of a patch; nothing to change is one line."""
        head = f"{plain(in_line(self.tool.server), 100)} / {plain(in_line(self.tool.name), 100)}"
        if not self.patch():
            return f"{head}  as it should be\n"
        lines = [f"{head}  {self.result.category.value}, {self.result.risk.value}"]
        if self.tool.annotations is not None:
            lines.append(f'-  "annotations": {plain(canonical_json(self.tool.annotations), 400)}')
        others = self.tool.annotations if isinstance(self.tool.annotations, dict) else {}
        lines.append(
            f'+  "annotations": {plain(canonical_json({**others, **self.suggested}), 400)}'
        )
        lines += [f"   {reason.sentence()}" for reason in self.reasons]
        if not self.tool.title and not isinstance(others.get("title"), str):
            lines.append("   title: none is stated, and directories show it")
        return "\n".join(lines) + "\n"


def advise(tool: Tool, result: Classification) -> Advice:
    """Return the hints that a classified tool should carry."""
    reading = read(tool)
    quotes = {f.signal.id: f.evidence[:_QUOTES] for f in result.findings}
    first = _not_looser(_read_only(result, quotes), tool)
    stated = not first.sure and tool.hints.read_only_hint is True
    if first.value or stated:
        told = "a call that changes nothing"
        rest = [
            Reason("destructiveHint", False, first.sure, f"{told} destroys nothing"),
            Reason("idempotentHint", True, first.sure, f"{told} can be repeated"),
        ]
    else:
        rest = [_destructive(reading, result, quotes), _idempotent(reading, quotes)]
    rest = [_not_looser(one, tool) for one in (*rest, _open_world(result, quotes))]
    return Advice(tool, result, (first, *rest))


_CAREFUL = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": True}  # fmt: skip
"""What a client is more careful with: who states it may know what the definition does not tell."""


def _not_looser(reason: Reason, tool: Tool) -> Reason:
    """Return a reason that leaves a tool the more careful hint that it states itself."""
    careful = _CAREFUL[reason.hint]
    if _stated(tool).get(reason.hint) is not careful or reason.value is careful:
        return reason
    told = "stated, and more careful than the definition asks for"
    return Reason(reason.hint, value=careful, sure=False, text=told)


def _stated(tool: Tool) -> dict[str, bool]:
    """Return the hints that a tool states as booleans."""
    hints = tool.hints
    values = (
        hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint,
    )  # fmt: skip
    return {n: v for n, v in zip(HINTS, values, strict=True) if v is not None}


_Quotes = dict[str, tuple[Evidence, ...]]


def _default(hint: str) -> Reason:
    value = DEFAULTS[hint]
    return Reason(hint, value, sure=False, text="the default; the definition does not settle it")


def _read_only(result: Classification, quotes: _Quotes) -> Reason:
    hint = "readOnlyHint"
    changes = decide.changes(result.category, result.confidence, quotes)
    evidence = result.evidence[:_QUOTES]
    if result.category in {Category.WRITE, Category.EXECUTE}:
        if not changes:
            return _default(hint)
        signal = next((one for one in decide.CHANGING if one in quotes), None)
        told = (
            "it changes data"
            if result.category is Category.WRITE
            else "it sets something in motion"
        )
        if signal:
            told, evidence = "it changes something", quotes[signal]
        return Reason(hint, value=False, sure=True, text=told, evidence=evidence)
    if changes is not False or result.needs_review or not evidence:
        return _default(hint)
    told = "it returns information" if result.category is Category.READ else "it only computes"
    return Reason(hint, value=True, sure=True, text=told, evidence=evidence)


def _destructive(reading: Reading, result: Classification, quotes: _Quotes) -> Reason:
    hint = "destructiveHint"
    for signal, told in _IRREVERSIBLE.items():
        if signal in quotes:
            sure = not decide.disagrees(result.category, quotes)
            return Reason(hint, value=True, sure=sure, text=told, evidence=quotes[signal])
    replaces = _words(reading, _REPLACING)
    if replaces:
        return Reason(
            hint, value=True, sure=True, text="it replaces what was there", evidence=replaces
        )
    adds = _words(reading, _ADDING)
    if adds and _may_lose(reading):
        return Reason(
            hint, value=True, sure=False, text="the default; it adds, and may replace or remove as well",
            evidence=adds,
        )  # fmt: skip
    if adds:
        return Reason(hint, value=False, sure=True, text="it only adds", evidence=adds)
    return _default(hint)


def _may_lose(reading: Reading) -> bool:
    """Say whether anything in the definition speaks of what is lost or replaced: then it does not only add."""
    words = {*reading.first, *reading.rest, *reading.tail, *reading.core}
    if not words.isdisjoint(_LOSING) or "overwrite" in reading.flags:
        return True
    verb = lexicon().verb
    return any(
        verb[word][1] in _LOSING and verb[word][0] not in _STATES for word in words if word in verb
    )


_LOSING = frozenset(
    [
        *("@write-delete", "@write-undo", "disappear", "disappears", "dropped", "erased", "gone", "lost", "mirror"),
        *("mirrors", "overwrite", "overwrites", "overwriting", "overwritten", "replace", "replaced"),
        *("replaces", "replacing", "sync", "synchronise", "synchronize", "syncs", "upsert", "upserts", "vanish"),
        "vanishes",
    ]
)  # fmt: skip
"""Words, and classes of verbs, beside which nobody can say that a call only adds."""
_STATES = frozenset({"clean", "clear", "empty", "reset", "rm"})
"""Verbs of loss that are mostly words for how something is: "an empty list", "a clear title"."""


def _idempotent(reading: Reading, quotes: _Quotes) -> Reason:
    hint = "idempotentHint"
    again = _words(reading, _REPEATED)
    if again:
        return Reason(
            hint, value=False, sure=True, text="a second call does it again", evidence=again
        )
    if "code-execution" in quotes:
        return _default(hint)
    once = _words(reading, _SETTLING) or _words(reading, _SETTING)
    if once:
        told = "a second call with the same arguments changes nothing more"
        return Reason(hint, value=True, sure=True, text=told, evidence=once)
    return _default(hint)


def _open_world(result: Classification, quotes: _Quotes) -> Reason:
    hint = "openWorldHint"
    for signal, told in _OUTSIDE.items():
        if signal in quotes:
            return Reason(hint, value=True, sure=True, text=told, evidence=quotes[signal])
    if "code-execution" in quotes:
        return _default(hint)  # what it runs can go anywhere
    if "path-parameter" in quotes:
        told = "it works on files of its own machine"
        return Reason(hint, value=False, sure=True, text=told, evidence=quotes["path-parameter"])
    if (
        result.category is Category.OTHER
        and result.confidence >= decide.SETTLED
        and result.evidence
    ):
        told = "it works on nothing but its arguments"
        return Reason(hint, value=False, sure=True, text=told, evidence=result.evidence[:_QUOTES])
    return _default(hint)


def _words(reading: Reading, classes: Iterable[str]) -> tuple[Evidence, ...]:
    """Quote the acting verb, where it is one of these words or classes."""
    wanted = frozenset(classes)
    if reading.acts.isdisjoint(wanted):
        return ()
    quote = reading.quote_name(wanted) or reading.quote_text(wanted)
    return (quote,) if quote else ()
