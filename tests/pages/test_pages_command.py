"""`toolrisk pages` on a real catalogue; the first site and the preview are made by a program."""

from __future__ import annotations

import json
import os
import re  # noqa: TID251  # our own output
import signal
import subprocess
import sys
import time
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.errors import DataError
from classifier.pages.model import MemorySource, ToolFacts
from classifier.pages.slugs import slug
from crawler.catalog import Catalog, StoredClassification
from crawler.records import (
    Listing,
    Origin,
    Outcome,
    Probe,
    Provenance,
    Server,
    ServerName,
    Tool,
)

TOOLRISK = [sys.executable, "-c", "from classifier.cli import main; main()", "pages"]


@pytest.fixture
def run(run_here: Callable, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `toolrisk pages` in the folder of the catalogue."""
    return partial(run_here, "pages", cwd=tmp_path)


def home(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  # our own preview
        return answer.read().decode()


def record(db: Path, tools: tuple[Tool, ...], at: str) -> None:
    with Catalog.open(db) as catalog:
        probe = Probe(outcome=Outcome.LISTED, started_at=at, tools=tools)
        catalog.record_probe(tools[0].server, probe, Origin.LIVE, now=at)


def judge(db: Path, verdicts: dict[str, ToolFacts]) -> None:
    with Catalog.open(db) as catalog:
        catalog.record_classifications(
            StoredClassification(
                version_id=row.version_id,
                input_sha256="0" * 64,
                ruleset="rules-test",
                model="",
                category=verdicts[row.tool.name].classification.category.value,
                risk=verdicts[row.tool.name].classification.risk.value,
                risk_score=verdicts[row.tool.name].classification.risk_score,
                needs_review=False,
                json_text=json.dumps(verdicts[row.tool.name].classification.to_json()),
            )
            for row in list(catalog.tools())
        )


@pytest.fixture
def desk(world: MemorySource) -> dict[str, ToolFacts]:
    return {facts.tool.name: facts for facts in world.tools("io.example/desk").tools}


@pytest.fixture
def db(tmp_path: Path, desk: dict[str, ToolFacts]) -> Path:
    path = tmp_path / "toolrisk.db"
    record(path, tuple(facts.tool for facts in desk.values()), "2026-11-20T08:00:00Z")
    judge(path, desk)
    return path


def test_a_catalogue_becomes_a_site(db: Path, tmp_path: Path) -> None:
    done = subprocess.run(  # to ./site, where nothing else is said
        TOOLRISK, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "for 4 tools of 1 server" in done.stderr
    page = next((tmp_path / "site").glob("tools/*/deskopenstream-*.html"))
    text = page.read_text(encoding="utf-8")
    assert "High risk" in text
    assert "first seen 2026-11-20" in text


def test_a_tool_that_went_leaves_a_page_that_says_so(
    run: Callable, db: Path, tmp_path: Path, desk: dict[str, ToolFacts]
) -> None:
    rest = tuple(f.tool for name, f in desk.items() if name != "rename_account")
    record(db, rest, "2026-11-21T08:00:00Z")
    assert run("--out", "site").returncode == 0
    gone = next((tmp_path / "site").glob("tools/*/rename_account.html")).read_text()
    assert "no longer lists this tool (noticed 2026-11-21)" in gone
    tree = LexborHTMLParser(next((tmp_path / "site").glob("servers/*desk*.html")).read_text())
    assert "rename_account" not in [node.text() for node in tree.css("#tools ~ div td.tool a")]
    assert "2026-11-21 rename_account went" in [
        " ".join(node.text(deep=True).split()) for node in tree.css(".steps li")
    ]
    feed = (tmp_path / "site/changes.atom").read_text()
    assert "Removed tool: rename_account" in feed
    assert "rename_account.html" in feed


@pytest.mark.parametrize("name", ["\ud800", "read\udfffme", r"\ud800"])
def test_a_change_leads_to_the_page_of_half_a_character(
    run: Callable, db: Path, tmp_path: Path, desk: dict[str, ToolFacts], name: str
) -> None:
    odd = replace(desk["list_accounts"].tool, name=name)
    record(db, (odd,), "2026-11-21T08:00:00Z")
    judge(db, {**desk, name: desk["list_accounts"]})
    assert run("--out", "site").returncode == 0
    page = next((tmp_path / "site").glob(f"tools/*/{slug(name)}.html"))
    path = page.relative_to(tmp_path / "site").as_posix()
    assert f'href="{path}"' in (tmp_path / "site/changes.html").read_text()
    feed = ET.fromstring((tmp_path / "site/changes.atom").read_bytes())  # noqa: S314  # our own
    assert path in [node.attrib["href"] for node in feed.iter("{http://www.w3.org/2005/Atom}link")]


def test_a_server_that_was_withdrawn_leaves_tombstones(
    run: Callable, db: Path, tmp_path: Path
) -> None:
    told = Server(name=ServerName("io.example/desk"), title="Desk", status="deleted")
    where = Provenance(
        source="official-registry", url="https://r.example", fetched_at="2026-11-21T08:00:00Z"
    )
    with Catalog.open(db) as catalog:
        catalog.record_listing(Listing(server=told, provenance=where))
    done = run("--out", "site")
    assert done.returncode == 0
    assert "for 0 tools of 0 servers" in done.stderr
    page = next((tmp_path / "site").glob("servers/*desk*.html")).read_text()
    assert "A registry withdrew this server" in page
    tool = next((tmp_path / "site").glob("tools/*/list_accounts.html")).read_text()
    assert "A registry withdrew the server of this tool" in tool
    assert "list_accounts" not in (tmp_path / "site/index.html").read_text()
    assert "desk" not in (tmp_path / "site/servers/index.html").read_text()


def test_what_is_not_classified_is_said(
    run: Callable, db: Path, tmp_path: Path, desk: dict[str, ToolFacts]
) -> None:
    new = Tool(server=desk["list_accounts"].tool.server, name="brand_new", description="New.")
    record(db, (*(f.tool for f in desk.values()), new), "2026-11-21T08:00:00Z")
    done = run("--out", "site")
    assert done.returncode == 0
    assert "1 tool not classified yet: run `toolrisk classify`" in done.stderr
    listed = next((tmp_path / "site").glob("servers/*desk*.html")).read_text()
    assert "brand_new" in listed


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("--db", "none.db", "--out", "site"), 2, "none.db does not exist"),
        (("--out", "."), 3, "files that are not a site of toolrisk"),
        (("--out", "site", "--base-url", "ftp://x"), 2, "is not an address"),
    ],
)
def test_what_is_wrong_is_one_line(
    run: Callable, db: Path, arguments: tuple[str, ...], code: int, line: str
) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_preview_is_rebuilt_when_the_catalogue_changes(
    db: Path, tmp_path: Path, desk: dict[str, ToolFacts]
) -> None:
    preview = subprocess.Popen(
        [*TOOLRISK, "--out", "site", "--serve", "--port", "0"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert preview.stderr is not None
    try:
        address = ""
        for line in preview.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                address = found.group()
                break
        assert "4 tools of 1 server" in home(address)
        record(db, (desk["list_accounts"].tool,), "2026-11-21T08:00:00Z")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if "1 tool of 1 server" in home(address):
                break
            time.sleep(0.2)
        else:
            pytest.fail("the preview was not rebuilt")
    finally:
        preview.send_signal(signal.SIGINT)
        preview.wait(timeout=20)
        preview.stderr.close()
    assert preview.returncode == 130


@pytest.mark.parametrize("id_", ["../../../evil", "", "a/b", "A", "a\n"])
def test_a_strangers_catalogue_names_no_file(id_: str) -> None:
    from classifier.pages.stored import classification

    quote = {"pointer": "/name", "start": 0, "end": 1, "text": "x"}
    told: dict[str, Any] = {"id": id_, "kind": "threat", "title": "x", "evidence": [quote]}
    given = {
        "category": "Read", "risk": "low", "risk_score": 1, "confidence": 1.0, "needs_review": False,
        "decided_by": "rules", "insufficient_definition": False, "signals": [told],
        "evidence": [], "rationale": "", "ruleset": "r", "model": "m",
    }  # fmt: skip
    with pytest.raises(DataError, match="is no signal's id"):
        classification(given)
    told["id"] = "an-older-signal"
    assert classification(given).findings[0].signal.id == "an-older-signal"
