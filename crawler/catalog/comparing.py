"""Which tools of a server are new, changed, unchanged or gone, as rows to write."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile

from crawler.catalog import rows
from crawler.catalog.rows import Row
from crawler.gathered import Gathered
from crawler.records import Tool


@dataclass(slots=True)
class Tally:
    """What one batch changed.

    A server that names no tools and was not asked counts itself, unless nobody is to ask it.
    """

    servers: int = 0
    tools: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add the numbers of another batch."""
        for name in ("servers", "tools", "new", "changed", "unchanged", "removed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.skipped.update(other.skipped)


@dataclass(slots=True)
class KnownTool:
    """A tool as the catalogue has it."""

    id: int
    version_id: int
    context: str
    digest: str
    removed: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A known tool, and the version that it is to have; an equal one that it had once will do."""

    old: KnownTool
    version: Row
    origin: str


@dataclass(slots=True)
class ToolBatch:
    """The rows that comparing tools produces."""

    now: str
    next_tool: int
    next_version: int
    tally: Tally
    tools: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    drifted: list[Drift] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    tool_updates: list[Row] = field(default_factory=list)
    version_updates: list[Row] = field(default_factory=list)

    def compare(
        self,
        server_id: int,
        item: Gathered,
        known: dict[tuple[str, int], KnownTool],
        last_listed: str | None,
    ) -> None:
        """Sort one server's tools into new, changed, unchanged and removed."""
        for key, tool, context in _keyed(item.tools or (), known):
            old = known.pop(key, None)
            if old is None:
                self._add(server_id, key, tool, context, item)
            elif old.removed or not (old.context == context or _is_as_once(old, tool)):
                self._change(old, tool, context, item)
            else:
                self.tally.unchanged += 1
                if old.origin != item.origin.value:
                    self.tool_updates.append({"b_id": old.id, "origin": item.origin.value})
                if not item.is_complete:
                    self.tool_updates.append({"b_id": old.id, "last_seen": self.now})
        if item.is_complete:
            for old in known.values():
                self._remove(old, last_listed)

    def _add(
        self, server_id: int, key: tuple[str, int], tool: Tool, context: str, item: Gathered
    ) -> None:
        self.tally.new += 1
        self.tools.append(
            {
                "id": self.next_tool,
                "server_id": server_id,
                "name": key[0],
                "ordinal": key[1],
                "origin": item.origin.value,
                "current_version_id": self.next_version,
                "first_seen": self.now,
                "last_seen": self.now,
                "removed_at": None,
            }
        )
        self.versions.append(self._version(self.next_tool, tool, context))
        self.next_tool += 1

    def _version(self, tool_id: int, tool: Tool, context: str) -> Row:
        row = rows.version_row(tool)
        row["id"] = self.next_version
        row["tool_id"] = tool_id
        row["context_sha256"] = context
        row["first_seen"] = row["last_seen"] = self.now
        self.next_version += 1
        return row

    def _change(self, old: KnownTool, tool: Tool, context: str, item: Gathered) -> None:
        if old.digest != tool.definition_sha256:
            self.tally.changed += 1
        elif old.removed:
            self.tally.new += 1
        else:  # only what is known of its server is other than it was
            self.tally.unchanged += 1
        self.drifted.append(Drift(old, self._version(old.id, tool, context), item.origin.value))
        if old.context != context:
            self.version_updates.append({"b_id": old.version_id, "last_seen": self.now})

    def settle(self, drift: Drift, version_id: int) -> None:
        """Put a version in force, and note what that changes; another server text changes nothing."""
        old = drift.old
        self.tool_updates.append(
            {
                "b_id": old.id,
                "current_version_id": version_id,
                "last_seen": self.now,
                "removed_at": None,
                "origin": drift.origin,
            }
        )
        if old.digest != drift.version["definition_sha256"]:
            self._note("changed", old.id, version_id, old.version_id)
        elif old.removed:
            self._note("new", old.id, version_id, None)

    def _note(self, kind: str, tool_id: int, version_id: int, previous: int | None) -> None:
        self.changes.append(
            {
                "tool_id": tool_id,
                "kind": kind,
                "at": self.now,
                "version_id": version_id,
                "previous_version_id": previous,
            }
        )

    def _remove(self, old: KnownTool, last_listed: str | None) -> None:
        if old.removed:
            return
        self.tally.removed += 1
        self.tool_updates.append({"b_id": old.id, "removed_at": self.now})
        self._note("removed", old.id, old.version_id, old.version_id)
        if last_listed is not None:
            self.tool_updates.append({"b_id": old.id, "last_seen": last_listed})
            self.version_updates.append({"b_id": old.version_id, "last_seen": last_listed})


_Key = tuple[str, int]
_Stated = tuple[_Key, Tool, str]


def _keyed(tools: Sequence[Tool], known: dict[_Key, KnownTool]) -> list[_Stated]:
    """Return the tools with their keys and contexts.

    Of several of one name, each that is as it was keeps its ordinal, wherever it stands now; the
    others get the lowest that are left.
    """
    stated = [(rows.storable(tool.name), tool, rows.context_sha256(tool)) for tool in tools]
    counts = Counter(name for name, _, _ in stated)
    groups: dict[str, _Ordinals] = {}
    for name, tool, context in stated:
        if counts[name] > 1 or (name, 1) in known:
            groups.setdefault(name, _Ordinals(name, known)).keep(tool, context)
    return [
        ((name, groups[name].take(tool) if name in groups else 0), tool, context)
        for name, tool, context in stated
    ]


class _Ordinals:
    """The ordinals of one name that several tools have."""

    def __init__(self, name: str, known: dict[_Key, KnownTool]) -> None:
        self._kept: dict[int, int] = {}  # by the identity of a tool
        self._old: dict[str, deque[int]] = defaultdict(deque)  # by context
        for ordinal in takewhile(lambda ordinal: (name, ordinal) in known, count()):
            self._old[known[name, ordinal].context].append(ordinal)
        self._left: Iterator[int] | None = None

    def keep(self, tool: Tool, context: str) -> None:
        """Set aside the ordinal that a tool had, if it is as it was."""
        for told in (context, rows.exact_context_sha256(tool)):
            if self._old.get(told):
                self._kept[id(tool)] = self._old[told].popleft()
                return

    def take(self, tool: Tool) -> int:
        """Return the ordinal of a tool."""
        if id(tool) in self._kept:
            return self._kept[id(tool)]
        if self._left is None:
            taken = set(self._kept.values())
            self._left = (ordinal for ordinal in count() if ordinal not in taken)
        return next(self._left)


def _is_as_once(old: KnownTool, tool: Tool) -> bool:
    """Say whether a tool is as a catalogue of an older version has it."""
    return old.context == rows.exact_context_sha256(tool)
