"""What pre-commit runs: `toolrisk` with the names of committed files, which anybody may choose.

A file `--db=x.tools.json` would be an option and `npm:x.tools.json` a package to fetch. With its
whole path it is only a file. Run it as `python -P -m classifier.hook`: without
-P a module of the checkout would be found first.
"""

from __future__ import annotations

import sys
from pathlib import Path

from classifier.cli import main


def as_files(words: list[str]) -> list[str]:
    """Return the words with every one that names a file and reads as something else made plain.

    A word without a suffix stays: no file that a hook takes lacks one, and options do.
    """
    return [str(Path(word).absolute()) if _misleads(word) else word for word in words]


def _misleads(word: str) -> bool:
    if not word.startswith(("-", "~")) and ":" not in word and "+" not in word:
        return False
    try:
        return bool(Path(word).suffix) and Path(word).is_file()
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    main(as_files(sys.argv[1:]))
