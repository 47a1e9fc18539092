"""What a killed crawl leaves in the package cache goes at the start of the next."""

import os
import time

from crawler.asking import CrawlOptions
from crawler.crawl import gather
from crawler.probe.clients import FETCH_SECONDS, cache_dir
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
