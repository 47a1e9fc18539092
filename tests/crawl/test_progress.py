"""What a crawl shows while it runs."""

import json
import time

import pytest

from crawler import progress
from crawler.catalog import Catalog
from crawler.crawl import CrawlOptions, Nobody, crawl
from crawler.gathered import Gathered
from crawler.progress import Counts, watch
from crawler.records import Outcome, Probe, Server, ServerName
from crawler.targets import parse_target


def looked(name: str) -> Gathered:
    return Gathered(server=Server(name=ServerName(name)), probe=Probe(outcome=Outcome.TIMEOUT))


def test_the_time_left_goes_by_the_pace_so_far() -> None:
    counts = Counts()
    assert counts.seconds_left() is None
    assert "left" not in counts.line
    counts.started = time.monotonic() - 100
    counts.waits(300, more=True)
    assert counts.seconds_left() is None  # nobody has been asked, so there is no pace
    for number in range(50):
        counts.finished(looked(f"s{number}"))
    left = counts.seconds_left()
    assert left is not None
    assert 550 < left < 650  # 2 s each
    assert "at least " in counts.line
    counts.waits(0, more=False)
    assert "about 0:00 left" in counts.line


class Told(Nobody):
    def __init__(self) -> None:
        self.counts: list[tuple[int, bool]] = []

    def waits(self, count: int, *, more: bool) -> None:
        self.counts.append((count, more))


def test_a_crawl_tells_how_many_are_left(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("crawler.crawl._TELL_SECONDS", 0.0)
    told = Told()
    targets = [parse_target(f"http://127.0.0.1:9/{number}") for number in range(3)]
    with Catalog.open(tmp_path / "c.db") as catalog:
        crawl(targets, CrawlOptions(allow_private=True), catalog, told)
    assert max(count for count, _ in told.counts) <= 3
    assert told.counts[-1] == (0, False)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_line_a_minute_is_json_for_a_crawl_and_a_sentence_elsewhere(
    monkeypatch, capsys, as_json
) -> None:
    monkeypatch.setattr(progress, "_LOG_SECONDS", 0.0)
    with watch(as_json=as_json) as counts:
        counts.finished(looked("s"))
    (line,) = capsys.readouterr().err.splitlines()
    if as_json:
        assert json.loads(line)["skipped"] == {"timeout": 1}
    else:
        assert line.startswith("toolrisk: so far 1 server, 0 tools")
