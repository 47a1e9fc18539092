"""Whose word of a server and of its tools stands, where several sources speak of the same one."""

from crawler.catalog import rows
from crawler.catalog.rows import ORIGIN_RANK, Row
from crawler.gathered import Gathered
from crawler.records import Origin

_TRUST = ("official-registry", "target", "docker-catalog", "docker-registry")
"""Whose description of a server is shown, most trusted first; then any registry, then the rest."""


def stater_of(item: Gathered) -> str | None:
    """Return the source that states an item, as the catalogue stores it."""
    return rows.storable(item.listing.provenance.label) if item.listing is not None else None


def may_describe(item: Gathered, old: Row) -> bool:
    """Say whether an item may replace the description that the catalogue shows."""
    stater, before = stater_of(item), old["stated_by"]
    return stater is not None and (stater == before or _rank(stater) < _rank(before))


def _rank(source: str | None) -> int:
    if source is None:
        return len(_TRUST) + 3
    if "://" not in source.partition("+")[0]:  # a source, and which of its lists
        source = source.partition("+")[0]
    if source in _TRUST:
        return _TRUST.index(source)
    if source == "awesome":
        return len(_TRUST) + 2
    return len(_TRUST) + (0 if "://" in source else 1)


def may_state(item: Gathered, stored: Row) -> bool:
    """Say whether this statement about tools may replace the one that the catalogue has."""
    had, before = stored["tools_origin"], stored["tools_source"]
    if had is None or ORIGIN_RANK[item.origin.value] != ORIGIN_RANK[had]:
        return had is None or ORIGIN_RANK[item.origin.value] > ORIGIN_RANK[had]
    # two catalogues that tell different things would take turns, and every crawl see changes
    is_file = item.source.partition("+")[0] == "file"
    is_told_by_others = (
        item.origin is Origin.DECLARED and rows.storable(item.source) != before and not is_file
    )
    return not is_told_by_others or _rank(item.source) < _rank(before)
