"""The files among the TARGETs of one command: each read once, and each under a name of its own.

That name is the file's, whatever the order of the TARGETs; of files with one name each has its place
beside it. What comes by a pipe can be read once only, so whatever is asked of it later has to be kept.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from classifier.commands.waiting import reading
from crawler.local import local_path, names_by_place
from crawler.targets import FileTarget, parse_target
from crawler.tool_file import ToolFile, read_tool_file


def distinct(targets: list[str]) -> list[str]:
    """Return TARGETs without those that name one again, in the same words or by another path.

    Raises:
        TargetError: one is no TARGET.

    """
    first: dict[tuple[str, bool], str] = {}
    for text in targets:
        target = parse_target(text)
        path = target.path if isinstance(target, FileTarget) else None
        first.setdefault((str(path.resolve()) if path else text, path is not None), text)
    return list(first.values())


def is_read_once(text: str) -> bool:
    """Say whether a file is standard input or a pipe: what was read of it is gone."""
    path = local_path(text)
    return text == "-" or (path.exists() and not path.is_file() and not path.is_dir())


@dataclass(slots=True)
class Files:
    """What was read of the files of one command."""

    configs: dict[str, bool] = field(default_factory=dict)
    """Whether a file that was read is a client config."""
    with_tools: set[str] = field(default_factory=set)
    """Client configs that hold definitions as well."""
    settings: dict[str, bytes] = field(default_factory=dict, repr=False)
    """Client configs that nobody can read again, secrets included: never shown, never stored."""
    named: set[str] = field(default_factory=set)
    """The servers that TARGETs name, asked or not."""
    pinned: dict[str, str] = field(default_factory=dict)
    """The names under which files were pinned, by what `classifier.pipeline.origins` calls these."""
    base: Path | None = None
    """The folder that pinned files are named from."""
    given: dict[str, str] = field(default_factory=dict)
    """The files that gave their names to servers, as the TARGETs say them, by these names."""
    _kept: dict[str, ToolFile] = field(default_factory=dict, repr=False)
    _names: dict[str, Path] = field(default_factory=dict)
    _places: dict[str, set[Path]] = field(default_factory=dict)

    def distinct(self, targets: list[str]) -> list[str]:
        """Return TARGETs without those that name one again, and note which files have one name.

        Raises:
            TargetError: one is no TARGET.

        """
        found = distinct(targets)
        for text in found:
            target = parse_target(text)
            if isinstance(target, FileTarget) and (path := target.path) is not None:
                whole = path.resolve()
                self._places.setdefault(_bare_name(path, whole), set()).add(whole)
        return found

    def is_config(self, text: str) -> bool:
        """Say whether a file is a client config.

        Raises:
            TargetError: it cannot be read.

        """
        if text not in self.configs:
            found = self._read(text)
            # of many files one is kept, so that they do not fill the memory
            if not self._kept or is_read_once(text):
                self._kept[text] = found
        return self.configs[text]

    def take(self, text: str) -> ToolFile:
        """Return what a file holds; a pipe can be taken once.

        Raises:
            TargetError: it cannot be read.

        """
        return self._kept.pop(text, None) or self._read(text)

    def _read(self, text: str) -> ToolFile:
        if text == "-" and sys.stdin.isatty():
            sys.stderr.write(
                "toolrisk: reading definitions from standard input; end them with Ctrl-D\n"
            )
        path = local_path(text)
        with reading(path):
            found = read_tool_file(text, None if text == "-" else self._name(text, path))
        self.configs[text] = bool(found.servers)
        if found.servers and found.tools:
            self.with_tools.add(text)
        self.named |= {server.name for server in found.servers}
        if found.servers and is_read_once(text):
            self.settings[text] = found.raw
        return found

    def _name(self, text: str, path: Path) -> str:
        """Return the name of a server whose tools name none: one that no other file has."""
        whole = path.resolve()
        bare = _bare_name(path, whole)
        names = _names(bare, whole)
        others = [_names(bare, one) for one in self._places.get(bare, ()) if one != whole]
        apart = [one for at, one in enumerate(names) if all(one != other[at] for other in others)]
        if self.pinned and not is_read_once(text):
            apart = self._as_pinned(text, apart, alone=not others)
        name = next((one for one in apart if self._names.get(one, whole) == whole), names[-1])
        self._names[name] = whole
        if not is_read_once(text):
            self.given[name] = text
        return name

    def _as_pinned(self, text: str, names: list[str], *, alone: bool) -> list[str]:
        """Return what a file may be called: first the name that it was pinned under.

        Alone it may also have that of another place: it may have been written elsewhere this time.
        """
        from classifier.pipeline.origins import origin

        place = origin(text, self.base)
        theirs = {name for where, name in self.pinned.items() if where != place}
        own = [self.pinned[place]] if place in self.pinned else []
        return [*own, *(one for one in names if alone or one not in theirs)]


def _bare_name(path: Path, whole: Path) -> str:
    return whole.name if path.is_dir() else path.name


def _names(bare: str, whole: Path) -> tuple[str, ...]:
    here = Path.cwd()
    # what is pinned here has to have its name in another checkout
    place = whole.relative_to(here) if whole.is_relative_to(here) else whole
    return names_by_place(bare, str(place))
