"""From a client config on disk to what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.pipeline.catalogue import lookalike_server, name_collision
from classifier.pipeline.config import auto_approved, unpinned_launch
from classifier.pipeline.config.clients import is_clients, read_clients
from classifier.pipeline.config.started import what_runs
from classifier.pipeline.findings import Entry, Row, Setting
from classifier.pipeline.origins import origin
from crawler.claude_project import refused_in_project
from crawler.client_config import config_entries, is_client_config, read_settings
from crawler.errors import FetchError
from crawler.local import local_path

RULES = frozenset(rule.RULE.id for rule in (unpinned_launch, auto_approved, lookalike_server))
"""What is found in the settings themselves, whether a server is asked or not."""
_MOST_BYTES = 64 * 1024 * 1024


def target_findings(
    targets: Iterable[str], rows: Iterable[Row], read: Mapping[str, bytes] | None = None
) -> Iterator[Entry]:
    """Yield what is wrong with the client configs among targets, `clients` being all of a machine.

    `rows` are the tools of all targets; `read` holds configs that nobody can read again, as what
    came by standard input.
    """
    told = list(rows)
    for target in dict.fromkeys(targets):
        own = [row for row in told if row.target == target]
        if not is_clients(target):
            yield from config_findings(target, own, data=(read or {}).get(target))
            continue
        for file, client in read_clients(target).files.items():
            yield from config_findings(file, own, f"{client}:")


def config_findings(
    target: str, rows: Iterable[Row], client: str = "", *, data: bytes | None = None
) -> Iterator[Entry]:
    """Yield what is wrong with a target that is a client config; nothing for any other target.

    `rows` are the tools that its servers told; a server without any was not asked, or told none.
    `client` stands before the names of its servers, as in `cursor:files`. `data` is what the target
    holds, where that is not read here.
    """
    path = local_path(target)
    try:
        if data is None:
            data = path.read_bytes() if _is_readable(target, path) else b""
        value = _settings(path, data.decode("utf-8-sig"))
    except (OSError, ValueError, FetchError):
        return  # whoever reads the target says what is wrong with it
    if not isinstance(value, dict) or not is_client_config(value):
        return
    known: dict[str, list[Row]] = {}
    started = config_entries(value, target, refused_in_project(path))
    entries = [(f"{client}{name}", entry) for name, entry in started]
    names = {name for name, _ in entries}
    for row in rows:
        if not client or row.tool.server in names:
            known.setdefault(row.tool.server, []).append(row)
    place = origin(target)
    for name, entry in entries:
        setting = Setting(place, what_runs(name, entry))
        for find in (unpinned_launch.find, auto_approved.find, lookalike_server.find_in_config):
            for one in find(name, entry, known.get(name), target):
                yield replace(one, setting=setting)
    for one in name_collision.find((row.tool for own in known.values() for row in own), target):
        yield replace(one, setting=Setting(place, name_collision.other(one)))


def _is_readable(target: str, path: Path) -> bool:
    return target != "-" and path.is_file() and path.stat().st_size <= _MOST_BYTES


def _settings(path: Path, text: str) -> Any:
    """Parse what a client keeps.

    Raises:
        ValueError, FetchError: it cannot be read.

    """
    if path.suffix not in (".yaml", ".yml"):
        return read_settings(text, is_toml=path.suffix == ".toml")
    from crawler.sources import parse_yaml

    return parse_yaml(text.encode(), str(path))
