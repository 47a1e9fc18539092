"""The folder of a site: whole or not at all, the same for the same facts, never over another's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.errors import PageError
from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.site import build
from classifier.pages.store import MARKER


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MARKER
    }


def test_the_same_facts_give_the_same_bytes(
    world: MemorySource, site: Path, tmp_path: Path
) -> None:
    again = MemorySource(tuple((s, ServerTools(t.tools[::-1])) for s, t in world.given))
    build(again, tmp_path / "again")
    assert tree_of(tmp_path / "again") == tree_of(site)


def test_keys_of_pages_do_not_depend_on_chance() -> None:
    told = (
        "from classifier.pages.overview import Overview, overview_pages\n"
        "for one in overview_pages(Overview(rows=(), servers=(), stamp='')): print(one.path, one.key)"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", told], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(made) == 1
    assert "attacks/index.html" in made.pop()


def test_a_build_replaces_the_one_before(
    world: MemorySource, tmp_path: Path, make: Callable[..., ToolFacts]
) -> None:
    out = tmp_path / "site"
    build(world, out)
    summary = build(MemorySource.of(world.given[:1]), out)
    assert summary.servers == 1
    assert not list(out.glob("tools/io-example-desk-*/list_accounts.html")) or summary.tools
    assert sorted(p.name for p in tmp_path.iterdir()) == [".site.toolrisk", "site"]


def test_a_foreign_folder_is_refused(world: MemorySource, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(PageError, match="empty or new folder") as caught:
        build(world, tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_or_link_in_the_place_is_refused(world: MemorySource, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PageError, match="not a folder"):
        build(world, tmp_path / "file")
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with pytest.raises(PageError, match="not a folder"):
        build(world, tmp_path / "link")


def test_a_marker_that_is_a_link_is_no_marker(world: MemorySource, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("{}")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MARKER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PageError):
        build(world, tmp_path / "out")


def test_an_interrupted_build_leaves_the_old_site(world: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build(world, out)
    before = tree_of(out)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "pages" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(MemorySource.of(world.given[:2]), out, observer=stop)
    assert tree_of(out) == before


def test_nothing_classified_is_one_clear_line(
    tmp_path: Path, make_server: Callable[..., ServerFacts]
) -> None:
    known = make_server("io.example/new")
    with pytest.raises(PageError, match="run `toolrisk classify`"):
        build(MemorySource.of([(known, ServerTools((), ("one", "two")))]), tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_an_empty_catalogue_makes_an_empty_site(tmp_path: Path) -> None:
    build(MemorySource(()), tmp_path / "site")
    assert "0 tools of 0 servers" in (tmp_path / "site/index.html").read_text()


def big(make: Callable[..., ToolFacts], make_server: Callable[..., ServerFacts]) -> MemorySource:
    """Return enough servers and tools for several processes."""
    return MemorySource.of(
        (
            make_server(f"io.example/s{s}"),
            ServerTools(
                tuple(
                    make(f"get_item_{t}", f"Gets item {t}.", f"io.example/s{s}") for t in range(9)
                )
            ),
        )
        for s in range(40)
    )


def test_several_processes_write_what_one_does(
    tmp_path: Path,
    make: Callable[..., ToolFacts],
    make_server: Callable[..., ServerFacts],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = big(make, make_server)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    build(source, tmp_path / "two")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    build(source, tmp_path / "one")
    assert tree_of(tmp_path / "one") == tree_of(tmp_path / "two")


def test_only_what_changed_is_written(
    tmp_path: Path, make: Callable[..., ToolFacts], make_server: Callable[..., ServerFacts]
) -> None:
    source, out = big(make, make_server), tmp_path / "site"
    first = build(source, out)
    assert (first.kept, first.written) == (0, len(tree_of(out)))
    inodes = {p: p.stat().st_ino for p in out.rglob("*")}
    again = build(source, out)
    assert (again.written, again.kept) == (0, first.written)
    assert {p: p.stat().st_ino for p in out.rglob("*")} == inodes

    facts, tools = source.given[-1]  # far from the closest namesakes of the others
    other = (make("paint_a_fence", "Red or green.", str(facts.server.name)), *tools.tools[1:])
    given = [*source.given[:-1], (facts, ServerTools(other))]
    changed = build(MemorySource.of(given), out)
    assert 0 < changed.written < 100 < first.written / 10
    build(MemorySource.of(given), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")


def test_a_lost_file_is_written_again(world: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build(world, out)
    before = tree_of(out)
    (out / "index.html").unlink()
    next(out.glob("tools/*/list_accounts.html")).unlink()
    build(world, out)
    assert tree_of(out) == before


def test_a_damaged_marker_costs_a_full_build(world: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build(world, out)
    before = tree_of(out)
    (out / MARKER).write_text('{"format": 1, "stamp": 7')
    (out / "index.html").unlink()
    (out / "index.html").write_text("another")
    assert build(world, out).written == 1  # all are rendered, and what is there is not written
    assert tree_of(out) == before
