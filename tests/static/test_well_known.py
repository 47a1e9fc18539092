"""The list of well-known servers: 25, pinned, and each named in what was recorded."""

import tomllib
from pathlib import Path

import pytest

from crawler.targets import PackageTarget, parse_target

ROOT = Path(__file__).parents[2]
REPLAY = ROOT.parent / "shared" / "replay"
SERVERS = tomllib.loads((ROOT / "data" / "well_known.toml").read_text(encoding="utf-8"))["server"]


def test_there_are_25_different_ones_each_at_a_version():
    targets = [parse_target(server["target"]) for server in SERVERS]
    assert all(isinstance(target, PackageTarget) and target.version for target in targets)
    assert len({(target.registry_type, target.name) for target in targets}) == len(targets) == 25
    assert {target.registry_type for target in targets} == {"npm", "pypi"}


def test_settings_are_names_and_never_values():
    for server in SERVERS:
        assert server.keys() <= {"target", "needs", "arguments"}
        assert all(name.isupper() and name.isidentifier() for name in server.get("needs", []))


def test_each_is_named_in_what_was_recorded():
    if not REPLAY.is_dir():
        pytest.skip("../shared/replay, the recorded data beside the checkout, is not here")
    recorded = "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in REPLAY.rglob("*")
        if path.is_file()
    )
    names = [parse_target(server["target"]).name for server in SERVERS]
    assert [name for name in names if f'"{name}"' not in recorded] == []
