"""Static reading: what tools a package defines, told from its source without running anything.

`read` takes a folder or an archive; `python -m crawler.static PATH` does it in a process of its
own, bounded in memory and processor time, which is how a crawl asks. Import-light: the readers
load their parsers when first used.
"""

from enum import StrEnum


class Static(StrEnum):
    """When a crawl reads a package instead of running it."""

    NEVER = "never"  # packages are run in the sandbox
    FIRST = "first"  # read; run in the sandbox only where reading finds no tool
    LAST = "last"  # run in the sandbox; read only where that brings no list
    ONLY = "only"  # read, and never run


READABLE = ("npm", "pypi", "mcpb")
"""The kinds of packages whose archives are read."""
