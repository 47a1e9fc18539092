"""Known findings, so that a build stops only at new ones.

The file holds `findings`, exact and written by `toolrisk baseline`, one a line, and `suppressions`,
written by people: a rule, optionally a server and a tool, and always a reason. Either may carry
`expires`, the last day it holds. A tool whose level rises above the known one is new again.

A finding about a client config is known of one file (`target`) and of what runs under the server's
name there (`about`): the name stays when another package is put behind it. Files of older versions
say neither, and cover nothing of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from classifier.pipeline.findings import Accepted, Entry, Row
from classifier.pipeline.rulebook import rules
from classifier.verdict import Severity
from crawler.errors import TargetError
from crawler.parse import load_json
from crawler.printable import counted
from crawler.records import canonical_json

FILE = "toolrisk-baseline.json"
FORMAT = 1
_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}
_Key = tuple[str, str, int, str, str, str]


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One finding that is known, up to `level` where its level is part of it.

    `target` is where it was found. `about` is what a finding about a client config is about: that
    and the config are part of it, while a tool is the same wherever it is named.
    """

    server: str
    tool: str
    rule: str
    ordinal: int = 0
    level: str | None = None
    target: str | None = None
    about: str | None = None
    reason: str | None = None
    expires: str | None = None

    @classmethod
    def of(
        cls, entry: Entry, target: str | None = None,
        reason: str | None = None, expires: str | None = None,
    ) -> Known:  # fmt: skip
        """Return a finding as it is known from now on, of a tool with the TARGET that named it."""
        target, about = entry.setting or (target, None)
        return cls(
            server=entry.server, tool=entry.tool, rule=entry.rule, ordinal=entry.ordinal,
            level=entry.level.value if entry.has_level else None, target=target, about=about,
            reason=reason, expires=expires,
        )  # fmt: skip

    @property
    def key(self) -> _Key:
        """What finds it again."""
        bound = ("", "") if self.about is None else (self.target or "", self.about)
        return (self.server, self.tool, self.ordinal, self.rule, *bound)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that say something."""
        value = {
            "server": self.server, "tool": self.tool, "ordinal": self.ordinal or None,
            "rule": self.rule, "level": self.level, "target": self.target, "about": self.about,
            "reason": self.reason, "expires": self.expires,
        }  # fmt: skip
        return {name: item for name, item in value.items() if item is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A decision of a person about a rule, for all servers or one, all its tools or one."""

    rule: str
    reason: str
    server: str | None = None
    tool: str | None = None
    level: str | None = None
    expires: str | None = None

    def covers(self, entry: Entry) -> bool:
        """Say whether it speaks of a finding, whatever the day."""
        return (
            self.rule == entry.rule
            and self.server in {None, entry.server}
            and self.tool in {None, entry.tool}
            and (self.level is None or _within(entry, self.level))
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fields that say something."""
        value = {
            "rule": self.rule, "server": self.server, "tool": self.tool, "level": self.level,
            "reason": self.reason, "expires": self.expires,
        }  # fmt: skip
        return {name: item for name, item in value.items() if item is not None}


@dataclass(slots=True)
class Baseline:
    """All that is known on a day; `expired` counts what no longer holds and was needed.

    `vague` are findings of a file of old that were needed, and do not say of what they are.
    """

    findings: dict[_Key, Known] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    today: date = field(default_factory=_today)
    expired: int = 0
    vague: set[_Key] = field(default_factory=set)

    def apply(self, row: Row) -> Row:
        """Return a row whose known findings say that they are known."""
        return replace(row, entries=tuple(self.mark(entry) for entry in row.entries))

    def mark(self, entry: Entry) -> Entry:
        """Return a finding that says whether it is known."""
        accepted = self._accepted(entry)
        return entry if accepted is None else replace(entry, accepted=accepted)

    def _accepted(self, entry: Entry) -> Accepted | None:
        lapsed = False
        known = self.findings.get(Known.of(entry).key)
        if known is not None and _covers(known, entry):
            if self.holds(known.expires):
                return Accepted(known.reason or "", known.expires)
            lapsed = True
        for one in self.suppressions:
            if one.covers(entry):
                if self.holds(one.expires):
                    return Accepted(one.reason, one.expires)
                lapsed = True
        self.expired += lapsed
        of_old = (entry.server, entry.tool, entry.ordinal, entry.rule, "", "")
        if entry.setting is not None and of_old in self.findings:
            self.vague.add(of_old)
        return None

    def notes(self, file: Path) -> Iterator[str]:
        """Yield a line on what was needed and is of no use any more."""
        if self.expired:
            yield f"{self.expired} accepted findings have expired in {file}"
        yield from self.notes_of_old(file)

    def notes_of_old(self, file: Path) -> Iterator[str]:
        """Yield a line on what an older version wrote and is not enough any more."""
        if self.vague:
            old = counted(len(self.vague), "finding")
            yield (
                f"{file} holds {old} about client configs from an older version, without the file and"
                " the package: nothing is covered by that any more; give reason and day anew"
            )

    def holds(self, expires: str | None) -> bool:
        """Say whether something with this last day still holds."""
        return expires is None or date.fromisoformat(expires) >= self.today


def _covers(known: Known, entry: Entry) -> bool:
    """Say whether a known finding that was found again is no worse than it was."""
    return not entry.has_level or _within(entry, known.level)


def _within(entry: Entry, level: str | None) -> bool:
    return _RANKS[entry.level.value] <= _RANKS.get(level or "", -1)


class Renewal(NamedTuple):
    """A baseline brought up to date, and how many of its findings are new, went, or were kept unseen."""

    baseline: Baseline
    new: int
    gone: int
    kept: int


def renew(
    old: Baseline, entries: Iterable[tuple[Entry, str | None]], *, reason: str | None,
    expires: str | None, kept: Callable[[Known], bool] = lambda _: False,
) -> Renewal:  # fmt: skip
    """Return a baseline of these findings, each with its target. Known ones keep reason and day.

    New and lapsed ones get `reason` and `expires`; without a new day the lapsed stay lapsed. One
    whose level has risen is new: nobody gave a reason for that. What is gone is dropped, except what
    is `kept`: nobody looked whether it is still there.
    """
    found: dict[_Key, Known] = {}
    new = 0
    for entry, target in entries:
        fresh = Known.of(entry, target, reason, expires)
        before = old.findings.get(fresh.key)
        has_lapsed = before is not None and not old.holds(before.expires)
        if before is not None and has_lapsed and expires is None:
            fresh = replace(
                before, target=fresh.target
            )  # a level that rose meanwhile is not accepted with it either
        elif before is not None and not has_lapsed and _covers(before, entry):
            fresh = replace(before, level=fresh.level, target=fresh.target)
        else:
            new += before is None or not _covers(before, entry)
        found[fresh.key] = fresh
    unseen = {key: one for key, one in old.findings.items() if key not in found and kept(one)}
    made = Baseline(found | unseen, old.suppressions, old.today)
    return Renewal(made, new, len(old.findings.keys() - made.findings), len(unseen))


def dump(baseline: Baseline) -> str:
    """Return the file: sorted, one finding a line, so that a change of one is a change of one line."""
    known = [canonical_json(baseline.findings[key].to_json()) for key in sorted(baseline.findings)]
    by_hand = [canonical_json(one.to_json()) for one in baseline.suppressions]
    return (
        f'{{"toolrisk_baseline": {FORMAT},\n'
        f'"suppressions": [{_lines(by_hand)}],\n'
        f'"findings": [{_lines(known)}]}}\n'
    )


def _lines(items: list[str]) -> str:
    return "\n" + ",\n".join(items) + "\n" if items else ""


def read(path: Path, today: date | None = None) -> Baseline:
    """Read a baseline.

    Raises:
        TargetError: it cannot be read, or says something that it must not; with the place.

    """
    try:
        value = load_json(path.read_bytes())
    except OSError as error:
        raise TargetError(
            f"{path}: {error.strerror}; write a baseline with `toolrisk baseline TARGET`"
        ) from None
    except ValueError as error:
        raise TargetError(f"{path} is no baseline: {error}") from None
    if not isinstance(value, dict) or value.get("toolrisk_baseline") != FORMAT:
        raise TargetError(f"{path} is no baseline of format {FORMAT}; write it anew")
    known = [
        Known(**_fields(path, "findings", n, one, _KNOWN))
        for n, one in _list(path, value, "findings")
    ]
    by_hand = tuple(
        Suppression(**_fields(path, "suppressions", n, one, _SUPPRESSION))
        for n, one in _list(path, value, "suppressions")
    )
    names = {rule.id for rule in rules()}
    for number, one in enumerate(by_hand, 1):
        if one.rule not in names:
            raise TargetError(f"{path}: suppression {number}: there is no rule {one.rule!r}")
    return Baseline({one.key: one for one in known}, by_hand, today or _today())


_KNOWN = {"server": True, "tool": True, "rule": True, "ordinal": False, "level": False, "target": False, "about": False, "reason": False, "expires": False}  # fmt: skip
_SUPPRESSION = {"rule": True, "reason": True, "server": False, "tool": False, "level": False, "expires": False}  # fmt: skip


def _list(path: Path, value: dict[str, Any], name: str) -> list[tuple[int, Any]]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise TargetError(f"{path}: {name} must be a list")
    return list(enumerate(found, 1))


def _fields(
    path: Path, name: str, number: int, value: Any, allowed: dict[str, bool]
) -> dict[str, Any]:
    """Return the fields of one entry, checked: a key that is misspelt would silently do nothing."""
    where = f"{path}: {name} {number}"
    if not isinstance(value, dict):
        raise TargetError(f"{where} must be an object")
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise TargetError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(allowed)}")
    for key, needed in allowed.items():
        kind = int if key == "ordinal" else str
        given = value.get(key)
        wrong = key in value and not isinstance(given, kind)
        blank = key in {"rule", "reason"} and key in value and not str(given).strip()
        if wrong or blank or (needed and key not in value):
            raise TargetError(f"{where}: {key!r} must be a {'number' if kind is int else 'text'}")
    if value.get("level") not in {None, *_RANKS}:
        raise TargetError(f"{where}: level must be one of {', '.join(_RANKS)}")
    check_day(value.get("expires"), f"{where}: expires")
    return value


def check_day(text: str | None, what: str) -> None:
    """Refuse what is no day.

    Raises:
        TargetError: it is none.

    """
    try:
        if text is not None:
            date.fromisoformat(text)
    except ValueError:
        raise TargetError(f"{what} must be a day such as 2027-01-31, not {text!r}") from None
