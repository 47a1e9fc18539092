"""Sections of a tool's page: a module and a template of the same stem each.

A module exports `SECTION = Section(id, title, order)` and `context(page) -> Mapping | None`;
None leaves the section out. The template sees the mapping as its variables, besides `section`,
`root` (the way to the site's root) and `macros`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from classifier import plugins
from classifier.errors import DataError
from classifier.pages.model import ToolPage

Context = Callable[[ToolPage], "Mapping[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a tool's page.

    `repeats` says that the context is the same for many tools and small, so that what it was
    rendered to is worth keeping.
    """

    id: str
    title: str
    order: int
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """A section with its parts found."""

    section: Section
    context: Context
    template: str


@lru_cache(maxsize=1)
def sections() -> tuple[Loaded, ...]:
    """Return the sections in their order.

    Raises:
        DataError: a module lacks `context`.

    """
    found = plugins.load(sys.modules[__name__], "SECTION", Section)
    loaded = [_loaded(module, section) for module, section in found]
    return tuple(sorted(loaded, key=lambda one: one.section.order))


def _loaded(module: ModuleType, section: Section) -> Loaded:
    context = getattr(module, "context", None)
    if not callable(context):
        raise DataError(f"{module.__file__}: exports no context(page)")
    stem = module.__name__.rsplit(".", 1)[-1]
    return Loaded(section, context, f"sections/{stem}.html")
