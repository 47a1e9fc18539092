"""A file of the site that was changed since it was written: it is written again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.ours import MARKER
from classifier.pages.site import build

YEAR = 365 * 86_400 * 10**9


@pytest.fixture
def source(make: Callable[..., ToolFacts], make_server: Callable[..., ServerFacts]) -> MemorySource:
    """Return a small catalogue."""
    tools = (make("get_item", "Gets an item.", "io.example/a"),)
    return MemorySource.of([(make_server("io.example/a"), ServerTools(tools))])


def garbage(path: Path) -> None:
    path.write_text("garbage\n")


def other_letters(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)
    later = time.time_ns() + 10**8  # the clock of files has ticks
    os.utime(path, ns=(later, later))


def emptied(path: Path) -> None:
    path.write_bytes(b"")
    os.utime(path, (1, 1))


def an_older_page(path: Path) -> None:
    path.unlink()
    path.write_text("of last year")
    os.utime(path, ns=(0, time.time_ns() - YEAR))


def a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/null")


@pytest.mark.parametrize("harm", [garbage, other_letters, emptied, an_older_page, a_link])
@pytest.mark.parametrize("place", ["index.html", "tools/*/get_item.html", "static/*.css"])
def test_a_damaged_file_is_written_again(
    source: MemorySource, tmp_path: Path, harm: Callable[[Path], None], place: str
) -> None:
    out = tmp_path / "site"
    files = build(source, out).written
    path = next(out.glob(place))
    was = path.read_bytes()
    harm(path)
    done = build(source, out)
    assert (done.written, done.kept) == (1, files - 1)
    assert not path.is_symlink()
    assert path.read_bytes() == was
    assert build(source, out).written == 0


def test_a_damaged_file_is_written_again_when_something_else_changed(
    source: MemorySource, tmp_path: Path, make: Callable[..., ToolFacts],
    make_server: Callable[..., ServerFacts],
) -> None:  # fmt: skip
    out = tmp_path / "site"
    build(source, out)
    garbage(out / "methodology.html")
    garbage(next(out.glob("tools/*/get_item.json")))
    more = ServerTools((make("paint_it", "Paints a fence.", "io.example/b"),))
    changed = MemorySource.of([*source.given, (make_server("io.example/b"), more)])
    build(changed, out)
    build(changed, tmp_path / "fresh")
    for path in (p for p in (tmp_path / "fresh").rglob("*") if p.is_file() and p.name != MARKER):
        assert (out / path.relative_to(tmp_path / "fresh")).read_bytes() == path.read_bytes()


def test_a_clock_that_was_ahead_hides_no_damage(source: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build(source, out)
    was = (out / "index.html").read_bytes()
    for path in (p for p in out.rglob("*") if p.is_file()):
        os.utime(path, ns=(0, time.time_ns() + YEAR))
    other_letters(out / "index.html")
    build(source, out)
    assert (out / "index.html").read_bytes() == was
    assert (out / MARKER).stat().st_mtime_ns < time.time_ns() + YEAR / 2
    assert build(source, out).written == 0


def test_a_site_that_was_copied_is_taken_over_once(source: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build(source, out)
    now = time.time_ns() + 10**8
    for path in (p for p in out.rglob("*") if p.is_file() and p.name != MARKER):
        os.utime(path, ns=(now, now))  # later than the marker, as by `cp -r` or `git clone`
    build(source, out)
    assert build(source, out).written == 0
