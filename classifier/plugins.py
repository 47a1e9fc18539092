"""Discovery of plugins: a folder, a file per idea, one named export each.

No registry, no decorator, no import side effect: a module is found because it is there, and a
malformed one fails with its file named.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from classifier.errors import DataError

T = TypeVar("T")


def load(package: ModuleType, export: str, kind: type[T]) -> tuple[tuple[ModuleType, T], ...]:
    """Return (module, export) of every module in a package, sorted by module name.

    The export must be of `kind`, and its `id` must be the module's name with hyphens.

    Raises:
        DataError: a module lacks the export, or its id does not fit its file.

    """
    found: list[tuple[ModuleType, T]] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        value = getattr(module, export, None)
        if not isinstance(value, kind):
            raise DataError(f"{module.__file__}: exports no {export} of type {kind.__name__}")
        expected = info.name.replace("_", "-")
        if getattr(value, "id", None) != expected:
            raise DataError(f"{module.__file__}: {export}.id must be {expected!r}")
        found.append((module, value))
    return tuple(found)
