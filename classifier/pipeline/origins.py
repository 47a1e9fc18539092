"""What a TARGET is called in a file that people share: the same on every machine, without a secret.

A baseline and a fingerprint are written on one machine and read on another, so a file below the
working folder is named from there, and one below the home from `~`.
"""

from __future__ import annotations

import os
from pathlib import Path

from crawler.local import local_path
from crawler.targets import FileTarget, parse_target
from crawler.url_secrets import bare, without_secrets


def origin(target: str, base: Path | None = None) -> str:
    """Return the name of a TARGET; `-` for what comes by a pipe, which has another name every time.

    `base`: the folder that files are named from, by default the working folder.

    Raises:
        TargetError: it is no TARGET.

    """
    if isinstance(parse_target(target), FileTarget):
        return "-" if target == "-" else _of_file(local_path(target), base or Path.cwd())
    if "://" not in target:
        return target
    try:
        return without_secrets(target)[0]
    except ValueError:
        return bare(target)


def _of_file(path: Path, base: Path) -> str:
    if path.exists() and not path.is_file() and not path.is_dir():
        return "-"
    whole, here, home = Path(os.path.abspath(path)), base, local_path("~")  # noqa: PTH100 - a link keeps its name
    roots = [(here, ""), (home, "~/")]
    # the deeper one: whoever works in his home has the names that he has anywhere
    for root, head in sorted(roots, key=lambda one: (len(one[0].parts), one[1]), reverse=True):
        if whole.is_relative_to(root):
            return head + whole.relative_to(root).as_posix()
    return whole.as_posix()
