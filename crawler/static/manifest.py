"""What a package's own manifest says: tools of an MCPB bundle, and where a program starts."""

import configparser
import json
from collections.abc import Iterator
from typing import Any

from crawler.parse import load_json
from crawler.static.files import Texts
from crawler.static.found import Found

MAX_TOOLS = 5_000
_MAX_LEAVES = 1_000


def tools(texts: Texts) -> Iterator[Found]:
    """Yield the tools that `manifest.json` of an MCPB bundle (formerly DXT) names."""
    manifest = _json(texts, "manifest.json")
    if not {"manifest_version", "dxt_version", "mcpb_version"} & manifest.keys():
        return
    listed = manifest.get("tools")
    for item in listed[:MAX_TOOLS] if isinstance(listed, list) else ():
        if not isinstance(item, dict):
            continue
        schema = item.get("inputSchema")
        yield Found(
            name=item.get("name"),
            title=_text(item.get("title")),
            description=_text(item.get("description")),
            input_schema=schema if isinstance(schema, dict) else None,
            file="manifest.json",
            line=1,
            is_registered=True,
        )


def name_of(texts: Texts) -> str:
    """Return the name of an npm package."""
    return _text(_json(texts, "package.json").get("name")) or ""


def scripts(texts: Texts) -> list[str]:
    """Return the script files that a package starts with: `bin`, `main`, `exports`, entry point."""
    package, manifest = _json(texts, "package.json"), _json(texts, "manifest.json")
    server = manifest.get("server")
    given: list[Any] = [server.get("entry_point") if isinstance(server, dict) else None]
    entry = package.get("bin")
    given += entry.values() if isinstance(entry, dict) else [entry]
    given += [package.get("main"), package.get("module"), *_leaves(package.get("exports"))]
    paths = [one.removeprefix("./") for one in given if isinstance(one, str)]
    return list(dict.fromkeys([*paths, "index.js"]))


def modules(texts: Texts) -> list[str]:
    """Return the Python modules that a package starts with: its console scripts."""
    found: list[str] = []
    for name, data in texts.files.items():
        if not name.endswith(".dist-info/entry_points.txt"):
            continue
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
        try:
            parser.read_string(data.decode("utf-8", "replace"))
            points = parser.items("console_scripts")
        except configparser.Error:
            continue
        found += [point.partition(":")[0].strip() for _, point in points]
    server = _json(texts, "manifest.json").get("server")
    entry = server.get("entry_point") if isinstance(server, dict) else None
    if isinstance(entry, str) and entry.endswith(".py"):
        found.append(entry.removesuffix(".py").removeprefix("./").replace("/", "."))
    return list(dict.fromkeys(found))


def _leaves(exports: object) -> list[str]:
    """Return the files of `exports`, which nests conditions."""
    queue: list[object] = [exports]
    for item in queue:  # grows while it is walked
        if len(queue) > _MAX_LEAVES:
            break
        if isinstance(item, dict):
            queue += item.values()
        elif isinstance(item, list):
            queue += item
    return [item for item in queue[:_MAX_LEAVES] if isinstance(item, str) and "*" not in item]


def _json(texts: Texts, name: str) -> dict[str, Any]:
    try:
        value = load_json(texts.files.get(name, b"{}"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
