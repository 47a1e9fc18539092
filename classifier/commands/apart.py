"""What a command writes over is neither what it reads nor what a stranger wrote.

A path given twice by mistake would cost the input, and a mistyped one somebody's work.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier.errors import OutputError
from classifier.pipeline.saving import is_output
from crawler.errors import TargetError
from crawler.local import local_path
from crawler.targets import FileTarget, parse_target

_STANDARD_INPUT = 0


def require_apart(
    option: str, out: Path, *, targets: Iterable[str] = (), files: Iterable[Path | str | None] = ()
) -> None:
    """Refuse an output that is a file among the TARGETs or the other files of a command.

    Links and other spellings of its path are seen through, and so is `< FILE` where a TARGET is `-`.

    Raises:
        TargetError: it is one of them; or a TARGET is none.

    """
    found = _look(out)
    if found is None or not stat.S_ISREG(found.st_mode):  # a device or pipe loses nothing
        return
    if any(os.path.samestat(found, one) for one in _read(targets, files)):
        raise TargetError(
            f"{option} would write over {str(out)!r}, which this command reads; give another file"
        )


def require_report(option: str, out: Path, begins: str) -> None:
    """Refuse an output that is a file with something else in it than a report that begins so.

    Raises:
        TargetError: it is such a file.
        OutputError: it cannot be read, so that nobody knows what would be lost.

    """
    found = _look(out)
    if found is None or not stat.S_ISREG(found.st_mode) or is_output(out):
        return
    try:
        with out.open("rb") as file:
            head = file.read(len(begins.encode()))
    except OSError as cause:
        raise OutputError(
            f"cannot read {str(out)!r}: {cause.strerror}; give another file"
        ) from cause
    if head and head != begins.encode():
        raise TargetError(
            f"{option} would write over {str(out)!r}, which holds something else than such a report "
            "of toolrisk; give another file, or take it away"
        )


def _read(targets: Iterable[str], files: Iterable[Path | str | None]) -> Iterator[os.stat_result]:
    places: list[Path | int] = []
    for text in targets:
        target = parse_target(text)
        if isinstance(target, FileTarget):
            places.append(target.path or _STANDARD_INPUT)
    # a catalogue may be given as a URL
    places += [local_path(str(file).removeprefix("sqlite:///")) for file in files if file]
    yield from (found for place in places if (found := _look(place)))


def _look(place: Path | int) -> os.stat_result | None:
    try:
        return os.fstat(place) if isinstance(place, int) else place.stat()
    except (OSError, ValueError):  # not there, or not readable: what reads it will say so
        return None
