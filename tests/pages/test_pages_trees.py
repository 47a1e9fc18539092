"""The live tree and the spare one: interrupted, killed, damaged, and always the site whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import PageError
from classifier.pages import store, trees
from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.site import build
from classifier.pages.store import MARKER, Manifest, read_manifest, staging, yard_of
from classifier.pages.trees import listing, mirror

Make = Callable[..., ToolFacts]
MakeServer = Callable[..., ServerFacts]


def tree_of(folder: Path) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in listing(folder) - {MARKER}}


@pytest.fixture
def catalogue(make: Make, make_server: MakeServer) -> Callable[[int], MemorySource]:
    """Return a maker of one catalogue after so many crawls: a tool changed, one went, one came."""

    def after(crawls: int) -> MemorySource:
        pairs = []
        for number in range(6):
            own = f"io.example/s{number}"
            names = [f"get_item_{tool}" for tool in range(4)]
            tools = [make(name, f"Gets item of {name}.", own) for name in names]
            gone = replace(make("get_item_9", "Got.", own), removed_at="2026-11-20T08:00:00Z")
            if number == 5:
                tools.append(gone)
            if number == crawls % 6:
                tools[0] = make("get_item_0", f"Gets it anew, for the time {crawls}.", own)
                tools[3:] = [make(f"paint_{crawls}", "Paints a fence.", own)]
                if crawls % 3 == 1:  # the tombstone's namesake elsewhere
                    tools.append(make("get_item_9", "Gets item nine.", own))
            pairs.append((make_server(own), ServerTools(tuple(tools))))
        return MemorySource.of(pairs)

    return after


def test_after_many_builds_the_site_is_that_of_a_fresh_build(
    catalogue: Callable[[int], MemorySource], tmp_path: Path
) -> None:
    out = tmp_path / "site"
    for crawls in range(6):
        build(catalogue(crawls), out)
        if crawls % 5 not in {2, 0}:
            continue
        fresh = tmp_path / f"fresh-{crawls}"
        build(catalogue(crawls), fresh)
        assert tree_of(out) == tree_of(fresh)
        marks = [json.loads((folder / MARKER).read_bytes()) for folder in (out, fresh)]
        assert marks[0] == marks[1]
        folders = [sorted(str(p.relative_to(f)) for p in f.rglob("*/")) for f in (out, fresh)]
        assert folders[0] == folders[1]


def test_the_trees_share_what_did_not_change(
    catalogue: Callable[[int], MemorySource], tmp_path: Path
) -> None:
    out = tmp_path / "site"
    build(catalogue(0), out)
    before = {path: (out / path).stat().st_ino for path in listing(out)}
    done = build(catalogue(1), out)
    after = {path: (out / path).stat().st_ino for path in listing(out)}
    new = {path for path, inode in after.items() if before.get(path) != inode} - {MARKER}
    assert len(new) == done.written < len(after) / 2
    assert done.kept == len(after) - 1 - len(new)
    spare = yard_of(out) / "spare"
    assert all((spare / p).stat().st_ino == after[p] for p in set(after) - new - {MARKER})


@pytest.mark.parametrize("builds", [0, 1, 3])
def test_a_build_that_fails_before_the_switch_leaves_the_site(
    catalogue: Callable[[int], MemorySource],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    builds: int,
) -> None:
    out = tmp_path / "site"
    for crawls in range(builds):
        build(catalogue(crawls), out)
    before = tree_of(out) if builds else {}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "swap", stop)  # all is written, nothing is switched
        with pytest.raises(KeyboardInterrupt):
            build(catalogue(builds), out)
    assert out.exists() == bool(builds)
    assert not builds or tree_of(out) == before
    build(catalogue(builds + 1), out)
    build(catalogue(builds + 1), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")


KILLED = """
import os, signal, sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {here!r})
import conftest
from classifier.pages import store, trees
from classifier.pages.model import MemorySource
from classifier.pages.site import build

write, left = store.Staging.write, [{files}]

def counted(stage, path, data):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    write(stage, path, data)

store.Staging.write = counted
build(MemorySource.of([conftest.desk(), conftest.hostile()]), Path({out!r}))
"""


@pytest.mark.parametrize("files", [1, 40])
def test_a_killed_build_leaves_the_site_and_the_next_one_heals(
    world: MemorySource, tmp_path: Path, files: int
) -> None:
    out = tmp_path / "site"
    build(MemorySource.of(world.given[2:]), out)
    build(MemorySource.of(world.given[1:]), out)
    before = tree_of(out)
    code = KILLED.format(here=str(Path(__file__).parent), files=files, out=str(out))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert tree_of(out) == before
    assert tree_of(yard_of(out) / "spare") != before
    build(world, out)
    build(world, tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")


@pytest.mark.parametrize("lost", ["spare", "yard", "site", "index", "a folder of the spare"])
def test_what_is_removed_by_hand_comes_back(
    catalogue: Callable[[int], MemorySource], tmp_path: Path, lost: str
) -> None:
    out = tmp_path / "site"
    for crawls in range(3):
        build(catalogue(crawls), out)
    yard = yard_of(out)
    match lost:
        case "spare":
            shutil.rmtree(yard / "spare")
        case "yard":
            shutil.rmtree(yard)
        case "site":
            shutil.rmtree(out)
        case "index":
            (yard / "index.json").write_text('{"stamp": "x", "servers": [7]}')
        case _:
            shutil.rmtree(yard / "spare" / "tools")
            (yard / "spare" / "tools").write_text("no folder")
    build(catalogue(3), out)
    build(catalogue(3), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")


def test_a_system_without_exchange_takes_two_steps(
    catalogue: Callable[[int], MemorySource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "exchange", lambda _one, _other: False)
    out = tmp_path / "site"
    for crawls in range(3):
        build(catalogue(crawls), out)
    build(catalogue(2), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")
    out.rename(yard_of(out) / "spare-old")  # killed between the two
    assert not out.exists()
    with suppress(KeyboardInterrupt), staging(out, Manifest()):
        raise KeyboardInterrupt
    assert tree_of(out) == tree_of(tmp_path / "fresh")
    assert sorted(p.name for p in yard_of(out).iterdir()) == ["index.json", "spare"]


def test_a_system_without_links_keeps_no_second_copy(
    catalogue: Callable[[int], MemorySource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    out = tmp_path / "site"
    for crawls in range(3):
        build(catalogue(crawls), out)
        assert [p.name for p in yard_of(out).iterdir()] == ["index.json"]
    build(catalogue(2), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh")


def test_builds_at_once_leave_one_whole_site(
    catalogue: Callable[[int], MemorySource], tmp_path: Path
) -> None:
    out = tmp_path / "site"
    build(catalogue(0), out)
    before = read_manifest(out)
    with staging(out, before) as stage:
        stage.wait()
        build(catalogue(1), out)  # finds the spare taken, and makes a tree of its own
        other = tree_of(out)
        assert stage.keep("index.html")
        stage.finish(before, 0)
    build(catalogue(0), tmp_path / "fresh")
    assert tree_of(out) == tree_of(tmp_path / "fresh") != other
    with staging(out, Manifest()) as late:  # what it read before is not what is there
        late.wait()
        assert not late.keep("index.html")
        late.finish(before, 0)
    assert sorted(p.name for p in yard_of(out).iterdir()) == ["index.json", "spare"]
    build(catalogue(2), out)
    build(catalogue(2), tmp_path / "next")
    assert tree_of(out) == tree_of(tmp_path / "next")


def test_another_users_folder_is_not_written_to(
    catalogue: Callable[[int], MemorySource], tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    yard_of(tmp_path / "site").symlink_to(tmp_path / "theirs")
    with pytest.raises(PageError, match="remove it"):
        build(catalogue(0), tmp_path / "site")
    assert not list((tmp_path / "theirs").iterdir())


def test_a_mirror_is_the_same_whatever_it_was(tmp_path: Path) -> None:
    live, spare = tmp_path / "live", tmp_path / "spare"
    for path in ("a/b/c.html", "a/d.html", "e.html", "a/f/g.html"):
        (live / path).parent.mkdir(parents=True, exist_ok=True)
        (live / path).write_text(path)
    (spare / "a/b/c.html").mkdir(parents=True)
    (spare / "a/f").write_text("a file where a folder belongs")
    (spare / "e.html").symlink_to(live / "a/d.html")
    (spare / "stray").mkdir()
    (live / "out").symlink_to(tmp_path)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kept").write_text("x")
    (live / "z").mkdir()
    (spare / "z").symlink_to(tmp_path / "theirs")
    assert mirror(live, spare) == {"a/b/c.html", "a/d.html", "e.html", "a/f/g.html"}
    assert listing(spare) == listing(live)
    assert all((spare / p).stat().st_ino == (live / p).stat().st_ino for p in listing(live))
    assert not (spare / "stray").exists()
    assert (live / "a/d.html").read_text() == "a/d.html"
    assert (tmp_path / "theirs" / "kept").exists()
