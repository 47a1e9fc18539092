"""What a killed crawl leaves in the package cache goes at the start of the next."""

import os
import tempfile
import time

from crawler.asking import CrawlOptions
from crawler.crawl import gather
from crawler.probe.clients import FETCH_SECONDS, SCRATCH, cache_dir, sweep
from crawler.targets import parse_target


def test_old_leftovers_go_and_all_else_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old = [
        cache_dir() / place / ".fetch-abc"
        for place in ("npm/a", "pypi/b", "archives/npm/c", "archives/mcpb")
    ]
    young, kept = cache_dir() / "npm" / "a" / ".fetch-new", cache_dir() / "npm" / "a" / "1.0.0"
    for place in (*old, young, kept):
        (place / "tree").mkdir(parents=True)
        (place / "tree" / "file").write_text("x")
    long_ago = time.time() - 4 * FETCH_SECONDS
    for place in (*old, kept):
        os.utime(place, (long_ago, long_ago))
    tools = tmp_path / "t.json"
    tools.write_text('[{"name": "a"}]')
    assert list(gather([parse_target(str(tools))], CrawlOptions()))
    assert [place.exists() for place in (*old, young, kept)] == [False] * 4 + [True] * 2


def test_folders_of_killed_look_ups_go_after_a_day(tmp_path, monkeypatch):
    """They lie among those of other programs and other people: only ours, and no link, are removed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shared = tmp_path / "tmp"
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    old, young, other = shared / f"{SCRATCH}a", shared / f"{SCRATCH}b", shared / "someone-else"
    for place in (old, young, other):
        (place / ".tmp").mkdir(parents=True)
    link = shared / f"{SCRATCH}c"
    link.symlink_to(other)
    file = shared / f"{SCRATCH}d"
    file.write_text("x")
    two_days_ago = time.time() - 2 * 86400
    for place in (old, other, link, file):
        os.utime(place, (two_days_ago, two_days_ago), follow_symlinks=False)
    hour_ago = time.time() - 3600
    os.utime(young, (hour_ago, hour_ago))
    sweep()
    assert {place.name for place in shared.iterdir()} == {
        young.name, other.name, link.name, file.name
    }  # fmt: skip
    assert (other / ".tmp").is_dir()
