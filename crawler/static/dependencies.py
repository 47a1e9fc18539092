"""The packages beside a package, where its own source only starts what they define.

Only those that belong to it are read: of its own scope, named like it, or named after the
protocol. A library that any server uses defines no tools of this one.
"""

import json
import posixpath
import re  # noqa: TID251 - a fixed pattern on names of packages, which npm bounds
from pathlib import Path
from typing import Any

from crawler.parse import load_json
from crawler.static.files import Texts, folder_texts

MAX_PACKAGES = 40
_COMMON = frozenset({"server", "js", "core", "tools", "cli", "node", "sdk", "client", "ai", "io", "dev", "app", "api", "lib", "utils"})  # fmt: skip
_NEVER = ("@modelcontextprotocol", "@types")


class Dependencies:
    """The folder in which npm put a package's dependencies, read when first imported."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        self._known: dict[str, dict[str, Any] | None] = {}  # name -> its package.json
        self.texts = Texts()

    def resolve(self, wanted: str) -> tuple[str, ...]:
        """Return the paths that an import of a package may mean, best first; none for others."""
        parts = wanted.split("/")
        count = 2 if wanted.startswith("@") else 1
        name, inner = "/".join(parts[:count]), "/".join(parts[count:])
        manifest = self._manifest(name)
        if manifest is None:
            return ()
        exports = manifest.get("exports")
        exported = exports.get(f"./{inner}" if inner else ".", None) if isinstance(exports, dict) else exports  # fmt: skip
        mains = [exported] if inner else [exported, exports, manifest.get("module"), manifest.get("main")]  # fmt: skip
        found = [leaf for one in mains for leaf in _leaves(one)] + [inner or "index.js"]
        base = f"node_modules/{name}"
        return tuple(posixpath.normpath(f"{base}/{path}") for path in found)

    def _manifest(self, name: str) -> dict[str, Any] | None:
        if name not in self._known:
            self._known[name] = self._load(name) if self._belongs(name) else None
        return self._known[name]

    def _belongs(self, name: str) -> bool:
        if len(self._known) >= MAX_PACKAGES or name.startswith(_NEVER):
            return False
        scope = self._name.partition("/")[0] if self._name.startswith("@") else ""
        words = _words(name)
        is_related = bool(words & (_words(self._name) | {"mcp"}))
        return is_related or (bool(scope) and name.startswith(f"{scope}/"))

    def _load(self, name: str) -> dict[str, Any] | None:
        """Read the texts of a package that is there, and not by a link that leads elsewhere."""
        folder = (self._root / name).resolve()
        if not folder.is_dir() or not folder.is_relative_to(self._root.resolve()):
            return None
        folder_texts(folder, self.texts, prefix=f"node_modules/{name}/")
        try:
            value = load_json(self.texts.files.get(f"node_modules/{name}/package.json", b"{}"))
        except (json.JSONDecodeError, UnicodeDecodeError):
            value = {}
        return value if isinstance(value, dict) else {}


def _words(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", name.lower())) - _COMMON - {""}


def _leaves(value: object) -> list[str]:
    """Return the files of a conditional export, those for running first."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return []
    kept = (value.get(key) for key in ("import", "node", "module", "default", "require"))
    return [leaf for one in kept for leaf in _flat(one)]


def _flat(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else ()
    return [one for one in inner if isinstance(one, str) and not one.endswith(".d.ts")]
