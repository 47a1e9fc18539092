"""Packages as files: an unpacked package or its archive, read for tools and never run."""

import json
import sys
from pathlib import Path

from crawler.errors import TargetError
from crawler.parse import load_json, parse_tools
from crawler.printable import one_line
from crawler.records import JsonObject, ServerName, Tool

SUFFIXES = (".mcpb", ".dxt", ".whl", ".tgz", ".tar.gz", ".zip")
"""Names of files that are read as packages."""
_SECONDS = 90


def is_package(path: Path) -> bool:
    """Say whether a path is one that is read as a package: a folder, or an archive by its name."""
    return path.is_dir() or path.name.lower().endswith(SUFFIXES)


def read_package_file(
    path: Path, label: str, server: str | None = None
) -> tuple[tuple[Tool, ...], tuple[str, ...]]:
    """Return the tools that a package defines, and a line for each thing that was left out.

    They are of `server`, by default the name of the package's file.

    Raises:
        TargetError: it is no package, defines no tools, or takes more than reading may.

    """
    told = _reading(path, label)
    tools, problems = parse_tools(ServerName(server or path.resolve().name), told["tools"])
    if not tools and not told["files"]:
        kind = "a directory without source files" if path.is_dir() else "an archive without any"
        raise TargetError(f"{label} is {kind}; give a package, a file of tools or a client config")
    if not tools:
        raise TargetError(
            f"{label} defines no tools that can be read in its {told['files']} source files; "
            "tools made at run time are seen where it runs, as npm:NAME or pypi:NAME"
        )
    for kind in ("artefacts", "left_out"):
        counts = [f"{count} {why}" for why, count in sorted(told[kind].items()) if count]
        problems += [f"{label}: {', '.join(counts)}"] if counts else []
    return tuple(tools), tuple(problems)


def _reading(path: Path, label: str) -> JsonObject:
    """Read in a process of its own, which bounds itself."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "crawler.static", str(path)],
            capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        value = load_json(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, json.JSONDecodeError, UnicodeDecodeError):
        raise TargetError(f"{label} took too long to read") from None
    if done.returncode == 1:
        raise TargetError(f"{label} {one_line(done.stderr.decode('utf-8', 'replace'))}")
    if not isinstance(value, dict):
        raise TargetError(f"{label} takes more time or memory to read than a package may")
    return value
