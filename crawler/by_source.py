"""What a crawl brought, by the source that named each server and by how looking at it ended."""

from collections import Counter
from dataclasses import dataclass, field

from crawler.gathered import Gathered
from crawler.printable import one_line
from crawler.records import LEFT_ALONE

DECLARED = "declared"
"""The outcome of a server that was not asked: what its source says is all that was wanted."""


@dataclass(slots=True)
class SourceTally:
    """One source: servers that it named, tools that came of them, outcomes with their numbers."""

    servers: int = 0
    tools: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, object]:
        """Return the published fields."""
        outcomes = dict(sorted(self.outcomes.items()))
        return {"servers": self.servers, "tools": self.tools, "outcomes": outcomes}


@dataclass(slots=True)
class BySource:
    """The tallies of one crawl; as many as its targets have sources."""

    tallies: dict[str, SourceTally] = field(default_factory=dict)

    def count(self, item: Gathered) -> None:
        """Count what has arrived: a server when it is named, an outcome when there is one."""
        tally = self.tallies.setdefault(_named_by(item), SourceTally())
        tally.servers += item.server is not None and item.probe is None
        if item.pending:
            return
        tally.tools += len(item.tools or ())
        tally.outcomes[_ended(item)] += 1

    def left_alone(self) -> Counter[str]:
        """Return how many servers nobody visits, by why: `disabled`, `withdrawn`."""
        found: Counter[str] = Counter()
        for tally in self.tallies.values():
            found += Counter({why: tally.outcomes[why] for why in LEFT_ALONE})
        return found

    def to_json(self) -> dict[str, object]:
        """Return the tallies by source, sorted."""
        return {name: tally.to_json() for name, tally in sorted(self.tallies.items())}

    def lines(self) -> list[str]:
        """Return a line for people for each source, the largest first."""
        ordered = sorted(self.tallies.items(), key=lambda one: (-one[1].servers, one[0]))
        return [f"  {one_line(name)}: {_sentence(tally)}" for name, tally in ordered]


def _sentence(tally: SourceTally) -> str:
    outcomes = ", ".join(f"{name} {count:,}" for name, count in tally.outcomes.most_common())
    return f"servers {tally.servers:,}, tools {tally.tools:,}; {outcomes or 'nothing done yet'}"


def _ended(item: Gathered) -> str:
    """Return how looking at a server ended; one that nobody visits and that has no tools has said nothing."""
    ended = item.probe or item.skipped
    if ended is not None:
        return ended.outcome.value
    return (item.server and item.tools is None and item.server.left_alone) or DECLARED


def _named_by(item: Gathered) -> str:
    if item.listing is not None:
        return item.listing.provenance.source
    return item.found_by or "target"
