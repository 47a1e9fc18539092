"""docs/crawling.md: its files are read by the programs that they are for."""

import re  # noqa: TID251 - our own text
import shutil
import subprocess
from pathlib import Path

import pytest

from crawler.catalog.tables import TABLES
from crawler.settings import _KINDS, read_settings
from crawler.sources import load
from crawler.static import Static
from crawler.targets import SourceTarget, source_ids

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "crawling.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_settings_are_read(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "crawl.toml").write_text(text)
    found = read_settings(tmp_path / "crawl.toml")
    assert len(found.targets or ()) == 5
    assert found.options.static is Static.LAST
    assert found.options.per_host_delay == 1.0
    sources = [one for one in found.targets or () if isinstance(one, SourceTarget)]
    assert [one for one in sources if not (one.where or load(one.source).SOURCE.where)] == []


def test_the_reference_says_which_sources_need_an_address() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for name in source_ids():
        target = name if load(name).SOURCE.where else f"{name}+WHERE"
        assert f"| `{target}` |" in reference


def test_every_value_of_static_is_explained() -> None:
    assert [value for value in Static if f"| `{value}`" not in PAGE] == []
    assert "static" in _KINDS


def test_keys_of_sources_are_named() -> None:
    keys = {load(name).SOURCE.key for name in source_ids()} - {None}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []


def test_the_tables_are_there() -> None:
    stored = PAGE.split("## What is stored")[1]
    named = re.findall(r"`([a-z_]+)`", stored)
    assert [n for n in named if n not in TABLES and n not in {"live", "declared", "static"}] == []


def test_the_units_are_understood_by_systemd(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    service, timer = blocks("ini")
    program = tmp_path / "toolrisk"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = service.replace("/opt/toolrisk/bin/toolrisk", str(program))
    (tmp_path / "toolrisk-crawl.service").write_text(service)
    (tmp_path / "toolrisk-crawl.timer").write_text(timer)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.glob("toolrisk-crawl.*"))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "toolrisk-crawl" in line]
    assert ours == [], done.stderr


def test_the_image_installs_what_ci_installs() -> None:
    (text,) = blocks("dockerfile")
    wanted = set(re.findall(r'missing="\$missing ([a-z ]+)"', (ROOT / ".ci" / "run").read_text()))
    packages = {name for names in wanted for name in names.split()} - {"chromium"}
    assert packages
    assert [name for name in sorted(packages) if name not in text] == []
