import json
from pathlib import Path

import pytest

from crawler.errors import TargetError
from crawler.settings import read_settings
from crawler.starter import starter_targets
from crawler.static import Static


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_every_key(tmp_path: Path) -> None:
    text = """
    targets = ["official-registry", "npm:a"]
    database = "d.db"
    contact = "https://example.org"
    concurrency = 3
    per_host = 2
    per_host_delay = 1
    max_age = "2d"
    limit = 9
    only = ["io.*"]
    exclude = ["shy.example"]
    probe = false
    allow_private = true
    full = true
    static = "first"
    [registries."https://r.example"]
    headers_env = {"X-API-Key" = "A_KEY", "X-Tenant-ID" = "A_TENANT"}
    """
    found = read_settings(write(tmp_path / "crawl.toml", text))
    assert [target.text for target in found.targets] == ["official-registry", "npm:a"]
    options = found.options
    assert (options.concurrency, options.per_host, options.per_host_delay, options.limit) == (
        3,
        2,
        1.0,
        9,
    )
    assert options.exclude == ("shy.example",)
    assert (options.full, options.static) == (True, Static.FIRST)
    assert (options.no_probe, options.allow_private, options.only) == (True, True, ("io.*",))
    assert [(key.url, key.header, key.variable) for key in options.keys] == [
        ("https://r.example", "X-API-Key", "A_KEY"),
        ("https://r.example", "X-Tenant-ID", "A_TENANT"),
    ]
    assert (found.database, found.max_age.days if found.max_age else 0) == ("d.db", 2)


BAD = {
    "x = [": "not valid TOML",
    'colour = "red"': "'colour' is no setting",
    'concurrency = "many"': "concurrency must be int",
    "concurrency = 0": "concurrency must be int",
    "limit = true": "limit must be int",
    "per_host_delay = -1": "per_host_delay must be float",
    "per_host_delay = nan": "per_host_delay must be float",
    'contact = "https://b\\u00fccher.example"': "contact is sent in a header",
    'contact = "a\\r\\nX-Other: b"': "contact is sent in a header",
    "targets = [1]": "targets must be a list of texts",
    'targets = ["nope"]': "not a known target",
    'registries = "x"': "registries must be dict",
    '[registries."r.example"]\nheaders_env = {}': "named by an address",
    '[registries."https://u@r.example"]\nheaders_env = {}': "named by an address",
    '[registries."https://r.example"]\nheaders = {}': "must hold headers_env",
    '[registries."https://r.example"]\nheaders_env = {"X Y" = "K"}': "must map a header",
    '[registries."https://r.example"]\nheaders_env = {"X" = "sk-123"}': "must map a header",
    '[registries."https://r.example"]\nheaders_env = {"X" = 5}': "must map a header",
    'max_age = "soon"': "is not a length of time",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_settings_say_what_is_wrong(tmp_path: Path, text: str) -> None:
    with pytest.raises(TargetError, match=r".") as caught:
        read_settings(write(tmp_path / "crawl.toml", text))
    assert BAD[text] in str(caught.value)


def test_what_cron_runs(toolrisk, tmp_path: Path) -> None:
    write(tmp_path / "tools.json", '[{"name": "a"}]')
    write(tmp_path / "crawl.toml", 'targets = ["tools.json"]\ndatabase = "batch.db"\n')
    done = toolrisk("crawl", "--config", "crawl.toml", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tools"] == 1
    assert (tmp_path / "batch.db").exists()
    missing = toolrisk("crawl", "--config", "none.toml")
    assert missing.returncode == 2
    assert "does not exist" in missing.stderr


def test_an_empty_database_is_refused_and_is_not_the_usual_one(toolrisk, tmp_path: Path) -> None:
    write(tmp_path / "tools.json", '[{"name": "a"}]')
    write(tmp_path / "crawl.toml", 'targets = ["tools.json"]\ndatabase = ""\n')
    given = ("crawl", "tools.json", "--db", "")
    for words in (given, ("crawl", "--config", "crawl.toml"), ("status", "--db", "")):
        refused = toolrisk(*words)
        assert refused.returncode == 3
        assert "the path of the database is empty" in refused.stderr
    assert not list(tmp_path.glob("*.db"))
    assert toolrisk("crawl", "--config", "crawl.toml", "--db", "own.db").returncode == 0


def test_an_empty_list_of_targets_is_not_the_starter_list(toolrisk, tmp_path: Path) -> None:
    write(tmp_path / "tools.json", '[{"name": "a"}]')
    write(tmp_path / "crawl.toml", "targets = []")
    refused = toolrisk("crawl", "--config", "crawl.toml", "--no-probe")
    assert refused.returncode == 2, refused.stdout
    assert "crawl.toml: targets is an empty list" in refused.stderr
    assert toolrisk("crawl", "tools.json", "--config", "crawl.toml").returncode == 0
    write(tmp_path / "crawl.toml", "")
    usual = toolrisk("crawl", "--config", "crawl.toml", "--no-probe", "--format", "json")
    assert json.loads(usual.stdout)["servers"] == len(starter_targets())
