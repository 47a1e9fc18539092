"""Differences as text for a terminal, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classifier.pipeline.drift import Difference
from classifier.pipeline.markdown import code, fit
from classifier.pipeline.plain import encodable, in_line, plain
from classifier.pipeline.wording import Parts

MARKER = "<!-- toolrisk-drift -->"
_LONG = 2000
_KINDS = ("changed", "added", "removed")
_MOST = 40
_FEW = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How many tools are pinned, how many of them were compared, and how many were not found.

    `elsewhere` are those not found of servers of which no tool at all was read.
    """

    pinned: int
    compared: int
    not_found: int = 0
    elsewhere: int = 0

    def __str__(self) -> str:
        told = f"{self.compared} of {self.pinned} pinned tools compared"
        if self.not_found:
            told += f", {self.not_found} not found"
        if self.elsewhere:
            told += f" ({self.elsewhere} of them of servers of which no tool was read)"
        return told


def summary(found: Sequence[Difference]) -> str:
    """Return one line of counts."""
    counts = Counter(one.kind for one in found)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts[kind])
    grave = sum(bool(one.rug_pull) for one in found)
    suspicious = (
        f"; {grave} look like a rug pull"
        if grave > 1
        else "; 1 looks like a rug pull"
        if grave
        else ""
    )
    return (told or "no change") + suspicious


def text(found: Sequence[Difference]) -> str:
    """Return a block for every difference: marks `[-gone-]` and `{+new+}`."""
    return encodable("".join("\n".join(_block(one)) + "\n" for one in found))


def _block(one: Difference) -> list[str]:
    when = f"  {one.at}" if one.at else ""
    lines = [
        f"{one.kind:<8} {plain(in_line(one.server), 100)} / {plain(in_line(one.tool), 100)}{when}"
    ]
    lines += [f"  looks like a rug pull: {plain(reason)}" for reason in one.rug_pull]
    lines += [f"  {line}" for line in verdict_lines(one)]
    places, more = one.changes
    for place in places:
        lines.append(f"  {plain(place.where)}: {marked(place.parts)}")
    if more:
        lines.append(f"  and {more} more places")
    return lines


def verdict_lines(one: Difference) -> list[str]:
    """Return what a difference does to category, risk and signals, one line each."""
    was, now = one.was, one.now
    if was is None or now is None:
        stands = was or now
        if stands is None:
            return []
        signals = ", ".join(name for name, _ in stands.signals)
        return [
            f"{stands.category.value}, {stands.risk.value} {stands.score}"
            + (f"; {signals}" if signals else "")
        ]
    lines = []
    if was.category is not now.category:
        lines.append(f"category {was.category.value} to {now.category.value}")
    if (was.risk, was.score) != (now.risk, now.score):
        lines.append(f"risk {was.risk.value} {was.score} to {now.risk.value} {now.score}")
    else:
        lines.append(f"risk still {now.risk.value} {now.score}")
    came, went = one.signals()
    if came or went:
        told = [f"+{name}" for name in came] + [f"-{name}" for name in went]
        lines.append("signals " + " ".join(told))
    return lines


def marked(parts: Parts) -> str:
    """Return a word diff in the notation of wdiff."""
    marks = {"same": ("", ""), "out": ("[-", "-]"), "in": ("{+", "+}")}
    return " ".join(
        f"{marks[kind][0]}{plain(words, _LONG)}{marks[kind][1]}" for kind, words in parts
    )


def to_json(
    found: Sequence[Difference], not_verified: Sequence[str] = (), *, incomplete: bool = False,
    looked: Looked | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the report as data; `incomplete`: nothing at all was compared."""
    counts = {}
    if looked is not None:
        counts = {
            "checked": looked.compared,
            "pinned": looked.pinned,
            "not_found": looked.not_found,
        }
    return {
        "schema_version": 1,
        "unchanged": not found and not incomplete,
        **counts,
        "not_verified": list(not_verified),
        "differences": [_json(one) for one in found],
    }


def _json(one: Difference) -> dict[str, Any]:
    places, more = one.changes
    came, went = one.signals()
    return {
        "kind": one.kind,
        "server": one.server,
        "tool": one.tool,
        "at": one.at,
        "looks_like_rug_pull": bool(one.rug_pull),
        "reasons": list(one.rug_pull),
        "before": one.was.to_json() if one.was else None,
        "after": one.now.to_json() if one.now else None,
        "signals_added": came,
        "signals_removed": went,
        "changes": [
            {"pointer": p.pointer, "words": [{"kind": k, "text": w} for k, w in p.parts]}
            for p in places
        ],
        "more_places": more,
        "previous_sha256": one.before.definition_sha256 if one.before else None,
        "definition_sha256": one.after.definition_sha256 if one.after else None,
    }


def markdown(
    found: Sequence[Difference], not_verified: Sequence[str] = (), *, incomplete: bool = False,
    looked: Looked | None = None,
) -> str:  # fmt: skip
    """Return the report as a pull-request comment; the arguments are those of `to_json`."""
    told = "incomplete, no pinned tool was compared" if incomplete else summary(found)
    lines = [MARKER, "", f"### Toolrisk: {told}", ""]
    if looked is not None:
        lines += [f"{looked}.", ""]
    for one in found[:_MOST]:
        lines.append(
            f"- **{one.kind}** {code(in_line(one.server), 60)} {code(in_line(one.tool), 60)}"
        )
        lines += [f"  - **looks like a rug pull**: {reason}" for reason in one.rug_pull]
        lines += [f"  - {line}" for line in verdict_lines(one)]
        places, more = one.changes
        lines += [f"  - {code(p.where, 80)}: {code(marked(p.parts), 600)}" for p in places[:_FEW]]
        if more or len(places) > _FEW:
            lines.append(f"  - and {more + max(0, len(places) - _FEW)} more places")
    if len(found) > _MOST:
        lines += ["", f"And {len(found) - _MOST} more."]
    if not_verified:
        lines += ["", "Could not be looked at:", "", *[f"- {code(n, 80)}" for n in not_verified]]
    return fit(lines)
