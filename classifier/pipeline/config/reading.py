"""From a client config on disk to what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier.pipeline.catalogue import lookalike_server, name_collision
from classifier.pipeline.config import auto_approved, unpinned_launch
from classifier.pipeline.findings import Entry, Row
from crawler.client_config import config_entries, is_client_config, read_settings

_MOST_BYTES = 64 * 1024 * 1024


def config_findings(target: str, rows: Iterable[Row]) -> Iterator[Entry]:
    """Yield what is wrong with a target that is a client config; nothing for any other target.

    `rows` are the tools that its servers told; a server without any was not asked, or told none.
    """
    path = Path(target).expanduser()
    if target == "-" or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return
    try:
        text = path.read_bytes().decode("utf-8-sig")
        value = read_settings(text, is_toml=path.suffix == ".toml")
    except (OSError, ValueError):
        return  # whoever reads the target says what is wrong with it
    if not isinstance(value, dict) or not is_client_config(value):
        return
    known: dict[str, list[Row]] = {}
    for row in rows:
        known.setdefault(row.tool.server, []).append(row)
    for name, entry in config_entries(value):
        for find in (unpinned_launch.find, auto_approved.find, lookalike_server.find_in_config):
            yield from find(name, entry, known.get(name), target)
    yield from name_collision.find((row.tool for own in known.values() for row in own), target)
