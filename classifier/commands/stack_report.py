"""What `toolrisk stack` prints: a grade per server, and the stack as one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from classifier.combinations import Combination, Stack, look
from classifier.commands.judging import to_line
from classifier.commands.table import clean
from classifier.grade import LETTERS, Grade, grade
from classifier.pipeline.catalogue import name_collision
from classifier.pipeline.findings import Entry
from classifier.policy_table import Overrides
from classifier.rule import Profile
from classifier.verdict import Classification, evidence_json
from crawler.records import Tool

Pairs = list[tuple[Tool, Classification]]
GRADES = "".join(letter for letter, _ in LETTERS)
IN_DETAIL = 8
"""Servers up to which each is told in full; of more, a line each."""
_TOOLS_A_LEG = 5
_COLLISIONS = 10


class Report:
    """One look at servers, and at all of them as one stack where one agent uses them."""

    def __init__(
        self,
        by_server: dict[str, Pairs],
        profile: Profile,
        mine: Overrides | None,
        *,
        as_one: bool,
        in_part: Collection[str] = (),
    ) -> None:
        """Look at servers; `in_part` are those whose lists have more than was read."""
        self.profile = profile
        self.in_part = sorted(name for name in by_server if name in in_part)
        self.servers: dict[str, tuple[Stack, Grade | None]] = {}
        for name, pairs in by_server.items():
            found = look(pairs, profile, mine)
            self.servers[name] = (found, grade(pairs, found, in_part=name in in_part))
        self.whole: Stack | None = None
        self.collisions: list[Entry] = []
        if as_one and by_server:
            every = [pair for pairs in by_server.values() for pair in pairs]
            self.whole = look(every, profile, mine)
            self.collisions = list(name_collision.find(tool for tool, _ in every))

    @property
    def stacks(self) -> list[Stack]:
        """What has to be broken: the stack as one, or each server by itself."""
        return [self.whole] if self.whole else [found for found, _ in self.servers.values()]

    @property
    def worst(self) -> int:
        """Index of the worst grade, -1 where nothing was graded."""
        return max((GRADES.index(g.letter) for _, g in self.servers.values() if g), default=-1)

    def json(self) -> str:
        """Return everything as one JSON object."""
        value: dict[str, Any] = {
            "profile": self.profile.value,
            "servers": [
                {"server": name, **_grades_json(given), **_stack_json(found)}
                for name, (found, given) in self.servers.items()
            ],
            "stack": _stack_json(self.whole) if self.whole else None,
            "collisions": [_collision_json(entry) for entry in self.collisions],
        }
        return to_line(value) + "\n"

    def text(self) -> str:
        """Return what people read: servers worst first, then the stack."""
        lines: list[str] = []
        ranked = sorted(
            self.servers.items(),
            key=lambda item: (*_place(item[1][1]), item[0]),
        )
        for name, (found, given) in ranked:
            lines.append(_head(name, given, found))
            if len(ranked) <= IN_DETAIL and given:
                lines += [f"    {a.points:+4d}  {a.reason}" for a in given.addends]
                lines.append(f"    {given.points:4d}  = {given}")
        if self.whole is not None:
            whole = _whole(self.whole, self.profile, len(self.in_part))
            lines += ["", *whole, *_collided(self.collisions)]
        return "\n".join(lines) + "\n"


def _place(given: Grade | None) -> tuple[int, bool]:
    """Return where a grade stands among others, the worst first: what is known in part before what is whole."""
    return (given.points, given.read is None) if given else (-1, False)


def _head(name: str, given: Grade | None, found: Stack) -> str:
    titles = ", ".join(c.pattern.id + ("" if c.is_open else " (shut)") for c in found.combinations)
    mark = f"{given}\t{given.points}" if given else "-\t-"
    none = _none(in_part=given is not None and given.read is not None)
    return f"{mark}\t{clean(name)}\t{titles or none}"


def _none(*, in_part: bool) -> str:
    return "no combination of the tools that were read" if in_part else "no combination"


def _whole(found: Stack, profile: Profile, in_part: int) -> list[str]:
    count = len(found.servers)
    known = f" ({in_part} known in part)" if in_part else ""
    start = f"together, {count} server{'s' if count > 1 else ''}{known}"
    lines = [f"{start}, profile {profile.value}:"]
    if not found.combinations:
        lines.append(f"  {_none(in_part=bool(in_part))}")
    for combination in found.combinations:
        lines += _told(combination)
    if found.to_shut:
        lines.append(
            f"  the fewest rules that break what is open: a person before {len(found.to_shut)}"
        )
        lines += [f"    {clean(server)}\t{clean(tool)}" for server, tool in found.to_shut]
    return lines


def _collided(found: list[Entry]) -> list[str]:
    """Return the tools that another server has under the same or a like name."""
    if not found:
        return []
    lines = ["  tools of different servers under one name, so that either may be called:"]
    for entry in found[:_COLLISIONS]:
        _, *others = (clean(quote.text) for quote in entry.evidence)
        lines.append(f"    {clean(entry.server)}\t{clean(entry.tool)}\t{' '.join(others)}")
    if len(found) > _COLLISIONS:
        lines.append(f"    and {len(found) - _COLLISIONS} more (--format json has all)")
    return lines


def _collision_json(entry: Entry) -> dict[str, Any]:
    other = entry.evidence[1].text
    like = entry.evidence[2].text if len(entry.evidence) > 2 else entry.tool  # noqa: PLR2004
    return {"server": entry.server, "tool": entry.tool, "other_server": other, "other_tool": like}


def _told(combination: Combination) -> list[str]:
    state = "open" if combination.is_open else f"broken: {', '.join(combination.shut)} is shut"
    across = "; no single server has it" if combination.together else ""
    lines = [f"  {combination.pattern.title} ({state}{across}). {combination.pattern.text}"]
    for leg, given in combination.legs.items():
        lines.append(f"    {leg.value}: {len(given)} tool{'s' if len(given) > 1 else ''}")
        for part in given[:_TOOLS_A_LEG]:
            quote = f": {clean(part.evidence[0].text)}" if part.evidence else ""
            lines.append(f"      {clean(part.server)}\t{clean(part.tool)}\t{part.reason}{quote}")
        if len(given) > _TOOLS_A_LEG:
            lines.append(f"      and {len(given) - _TOOLS_A_LEG} more (--format json has all)")
    return lines


def _grades_json(given: Grade | None) -> dict[str, Any]:
    """Return the grade of a server, or of what was read of it: a reader of the one never takes it for the other."""
    if given is None:
        return {"grade": None, "grade_of_read": None}
    sums = [{"points": a.points, "reason": a.reason} for a in given.addends]
    value = {"letter": given.letter, "points": given.points, "sum": sums}
    if given.read is None:
        return {"grade": value, "grade_of_read": None}
    return {"grade": None, "grade_of_read": {"tools": given.read, **value}}


def _stack_json(found: Stack) -> dict[str, Any]:
    return {
        "combinations": [
            {
                "id": c.pattern.id,
                "title": c.pattern.title,
                "references": list(c.pattern.references),
                "open": c.is_open,
                "shut": [leg.value for leg in c.shut],
                "only_together": c.together,
                "legs": {
                    leg.value: [
                        {
                            "server": p.server,
                            "tool": p.tool,
                            "reason": p.reason,
                            "evidence": [evidence_json(e) for e in p.evidence],
                        }
                        for p in given
                    ]
                    for leg, given in c.legs.items()
                },
            }
            for c in found.combinations
        ],
        "shut": [{"server": server, "tool": tool} for server, tool in found.to_shut],
    }
