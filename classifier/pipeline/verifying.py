"""Tools beside those that were pinned: what changed, what is gone, and what could not be compared."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from classifier.engine import Options
from classifier.pipeline import drift
from classifier.pipeline.drift import Difference
from classifier.pipeline.drift_report import Looked
from crawler.records import Tool


class Verified(NamedTuple):
    """What `verify` says: differences, servers that are not known, and how much was looked at.

    `incomplete`: tools are pinned and none was compared, which must not pass for nothing changed.
    """

    found: Sequence[Difference]
    unknown: Sequence[str]
    incomplete: bool
    looked: Looked


def verified(  # noqa: PLR0913 - what is compared, and what is known of how it was read
    pinned: Sequence[Tool], tools: Sequence[Tool], engine: Options, *,
    only_named: bool, some_unread: bool, partly: AbstractSet[str],
) -> Verified:  # fmt: skip
    """Compare tools with the pinned ones.

    `only_named` leaves out pinned servers that have no tool here. Where `some_unread` servers could not be
    looked at, one without tools is unknown; of one in `partly`, which told only some, nothing is removed.
    """
    seen = {tool.server for tool in tools}
    kept = [tool for tool in pinned if tool.server in seen] if only_named else pinned
    unknown = sorted({tool.server for tool in kept} - seen) if some_unread else []
    pairs = drift.compare(kept, tools, unknown)
    lost = [one for one, now in pairs if one is not None and now is None]
    gone = [one for one in lost if one.server not in partly]
    compared = sum(tool.server not in unknown for tool in kept) - len(lost)
    unknown = sorted({*unknown, *(tool.server for tool in lost if tool.server in partly)})
    found = drift.judge(drift.compare(kept, tools, {*unknown, *partly}), engine)
    incomplete = bool(pinned) and not compared and not found
    looked = Looked(
        pinned=len(pinned),
        compared=compared,
        not_found=len(gone),
        elsewhere=sum(tool.server not in seen for tool in gone),
    )
    every = sorted({tool.server for tool in pinned})
    return Verified(found, every if incomplete else unknown, incomplete, looked)
