"""What a command writes is never what it reads: a path given twice by mistake would cost the input."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

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
