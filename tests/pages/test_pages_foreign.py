"""What somebody else put into the folder of a site: it stays, whatever a build does or suffers."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import PageError
from classifier.pages import store, swap, trees
from classifier.pages.locks import held
from classifier.pages.model import MemorySource
from classifier.pages.ours import MARKER
from classifier.pages.site import build
from classifier.pages.store import Manifest, read_manifest, staging, yard_of

FOREIGN = {
    ".git/objects/0a/bc": b"a commit",
    ".git/HEAD": b"ref: refs/heads/main\n",
    "CNAME": b"tools.example.org\n",
    ".nojekyll": b"",
    "static/logo.svg": b"<svg/>",
    "tools/gone/note.txt": b"why it went",
    "tools/.well-known/a/b": b"x",
}
SITES: tuple[dict[str, bytes], ...] = (
    {"index.html": b"0", "static/style.css": b"s", "tools/gone/a.html": b"a", "feed": b"f0"},
    {"index.html": b"1", "static/style.css": b"s", "tools/new/b.html": b"b", "map": b"m1"},
    {"index.html": b"2", "static/style.css": b"S2", "tools/new/b.html": b"B2", "feed": b"f2"},
    {"index.html": b"3", "static/style.css": b"S2", "tools/last/c.html": b"c", "feed": b"f2"},
)


def put(out: Path, files: dict[str, bytes]) -> None:
    """Do what a build does, with files made up."""
    with staging(out, read_manifest(out)) as stage:
        stage.wait()
        written = sum(stage.write_or_keep(path, data) for path, data in files.items())
        sizes = {path: len(data) for path, data in files.items()}
        stage.finish(Manifest(groups={"all": ("", sizes)}), written)


def read(folder: Path) -> dict[str, bytes]:
    there = (path for path in folder.rglob("*") if path.is_file() and path.name != MARKER)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in there}


def settle_in(out: Path) -> dict[str, int]:
    """Put what is foreign into a site; return where each thing is on the disk."""
    for path, data in FOREIGN.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
    (out / ".git/refs/tags").mkdir(parents=True)
    (out / "latest").symlink_to("tools")
    (out / "dangling").symlink_to("nowhere")
    return inodes(out)


def inodes(out: Path) -> dict[str, int]:
    own = (".git", ".git/refs/tags", "latest", "dangling", *FOREIGN)
    return {path: (out / path).lstat().st_ino for path in own}


@pytest.fixture(params=["exchange", "two renames"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test with and without the system's exchange of two names."""
    if request.param == "two renames":
        monkeypatch.setattr(trees, "exchange", lambda _one, _other: False)


@pytest.mark.usefixtures("system")
def test_what_no_build_wrote_stays_and_what_is_outdated_goes(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    before, folder = settle_in(out), out.stat().st_ino
    for files in (*SITES[1:], SITES[0], SITES[0]):
        put(out, files)
        assert read(out) == files | FOREIGN
        assert inodes(out) == before
        assert out.stat().st_ino == folder  # a shell that stands in it stands in the site
        assert [p.name for p in yard_of(out).iterdir()] == ["spare"]
        assert not FOREIGN.keys() & read(yard_of(out)).keys()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_repository_in_the_site_keeps_its_commits(world: MemorySource, tmp_path: Path) -> None:
    out = tmp_path / "site"

    def git(*arguments: str) -> str:
        given = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *arguments]
        done = subprocess.run(given, cwd=out, capture_output=True, text=True, check=True)
        return done.stdout

    build(MemorySource.of(world.given[:1]), out)
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "first")
    (out / "CNAME").write_text("tools.example.org")
    for count in (2, 1, 3):
        build(MemorySource.of(world.given[:count]), out)
        git("fsck", "--strict")
        assert git("log", "--format=%s").split() == ["first"]
        assert (out / "CNAME").read_text() == "tools.example.org"
    git("add", "-A")
    git("commit", "-qm", "second")
    build(MemorySource.of(world.given[:3]), tmp_path / "fresh")
    ours = {path: data for path, data in read(out).items() if not path.startswith((".git/", "CN"))}
    assert ours == read(tmp_path / "fresh")


def cut_after(left: list[int], work: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """Return a work that is cut short, before or after it is done, once nothing is left."""

    def counted(*given: object) -> Any:
        left[0] -= 1
        if before and left[0] < 0:
            raise KeyboardInterrupt
        result = work(*given)
        if left[0] < 0:
            raise KeyboardInterrupt
        return result

    return counted


@pytest.mark.usefixtures("system")
def test_wherever_the_swap_is_cut_short_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = 0
    for cut in itertools.count():
        out = tmp_path / str(cut) / "site"
        put(out, SITES[0])
        put(out, SITES[1])
        before = settle_in(out)
        left = [cut]
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", cut_after(left, Path.rename, before=True))
            patch.setattr(trees, "exchange", cut_after(left, trees.exchange, before=False))
            try:
                put(out, SITES[2])
            except KeyboardInterrupt:
                cuts += 1
            else:
                break
        assert inodes(out) == before
        assert {path: data for path, data in read(out).items() if path in FOREIGN} == FOREIGN
        put(out, SITES[3])
        assert read(out) == SITES[3] | FOREIGN
        assert inodes(out) == before
        assert [p.name for p in yard_of(out).iterdir()] == ["spare"]
    assert cuts > 5


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import test_pages_foreign as tests
from classifier.pages import swap

def killed(*given):
    os.kill(os.getpid(), signal.SIGKILL)

swap.rescue = killed
tests.put(Path({out!r}), tests.SITES[1])
"""


def test_what_came_in_the_last_moment_is_brought_back_even_after_a_kill(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    code = KILLED.format(here=str(Path(__file__).parent), out=str(out))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (tree,) = yard_of(out).glob("swap-*/tree")  # what was the live one until just now
    (tree / "tools/gone/late.txt").write_text("late")
    (tree / ".git").mkdir()
    put(out, SITES[2])
    assert read(out) == SITES[2] | {"tools/gone/late.txt": b"late"}
    assert (out / ".git").is_dir()
    assert [p.name for p in yard_of(out).iterdir()] == ["spare"]


def test_what_comes_while_a_build_is_at_work_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    replace = swap.replace

    def late(*given: object) -> None:
        (out / "CNAME").write_bytes(b"late")
        (out / "static/logo.svg").write_bytes(b"late")
        replace(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(swap, "replace", late)
    put(out, SITES[1])
    assert read(out) == SITES[1] | {"CNAME": b"late", "static/logo.svg": b"late"}


def test_a_page_in_the_place_of_something_foreign_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    settle_in(out)
    (out / "map").write_bytes(b"a map of mine")
    before = read(out)
    with pytest.raises(PageError, match="map is none of the files") as caught:
        put(out, SITES[1])
    assert "\n" not in str(caught.value)
    assert read(out) == before
    (out / "map").write_bytes(SITES[1]["map"])  # as it would be written
    put(out, SITES[1])
    assert read(out) == SITES[1] | FOREIGN
    put(out, SITES[2])
    assert read(out) == SITES[2] | FOREIGN


@pytest.mark.parametrize("path", ["tools/new", "tools/new/b.html/inner"])
def test_a_file_where_a_folder_belongs_is_refused(tmp_path: Path, path: str) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    (out / path).write_bytes(b"mine")
    before = read(out)
    with pytest.raises(PageError, match="move it away"):
        put(out, SITES[1])
    assert read(out) == before


@pytest.mark.usefixtures("system")
def test_a_swap_that_fails_half_way_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    before = settle_in(out)
    change, left = trees._change_places, [3]

    def counted(*given: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PermissionError(13, "Permission denied")
        change(*given)

    with monkeypatch.context() as patch:
        patch.setattr(trees, "_change_places", counted)
        with pytest.raises(PageError, match="Permission denied"):
            put(out, SITES[1])
    assert left[0] < 0  # some had changed, and changed back
    assert read(out) == SITES[0] | FOREIGN
    assert inodes(out) == before
    assert [p.name for p in yard_of(out).iterdir()] == ["spare"]
    put(out, SITES[1])
    assert read(out) == SITES[1] | FOREIGN


@pytest.mark.parametrize("damage", ["{", '{"format": 1}', '{"groups": {"a": 7}}'])
def test_without_a_readable_marker_everything_stays(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    before = settle_in(out)
    (out / MARKER).write_text(damage)
    put(out, SITES[1])
    assert read(out) == SITES[0] | SITES[1] | FOREIGN
    assert inodes(out) == before
    put(out, {"index.html": b"9"})
    assert read(out) == {"index.html": b"9", "tools/gone/a.html": b"a", "feed": b"f0"} | FOREIGN


def test_two_builds_do_not_swap_piece_by_piece_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    settle_in(out)
    waited: list[Path] = []
    hold: Callable[..., object] = store.held

    def noted(folder: Path, *, wait: bool = False) -> object:
        if wait:
            waited.append(folder)
            first.__exit__(None, None, None)  # the first build is done
        return hold(folder, wait=wait)

    first = held(yard_of(out))
    assert first.__enter__()
    monkeypatch.setattr(store, "held", noted)
    put(out, SITES[1])
    assert waited == [yard_of(out)]
    assert read(out) == SITES[1] | FOREIGN


def test_a_folder_of_an_earlier_format_keeps_what_is_foreign(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    settle_in(out)
    listed = ", ".join(f'"{path}"' for path in SITES[0])
    (out / MARKER).write_text(f'{{"format": 4, "groups": {{"all": ["", [{listed}]]}}}}')
    put(out, SITES[1])
    assert read(out) == SITES[1] | FOREIGN


def test_a_marker_cannot_name_what_is_outside(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    (tmp_path / "thesis.txt").write_text("years of work")
    listed = '["../thesis.txt", "index.html", "' + str(tmp_path / "thesis.txt") + '"]'
    (out / MARKER).write_text(f'{{"format": 4, "groups": {{"all": ["", {listed}]}}}}')
    put(out, SITES[1])
    put(out, {"index.html": b"9"})
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, SITES[0])
    os.mkfifo(out / "pipe")
    put(out, SITES[1])
    put(out, SITES[2])
    assert (out / "pipe").is_fifo()
