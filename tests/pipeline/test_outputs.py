"""An output that cannot be written is exit 3 and one line in every command, and leaves nothing."""

import json

import pytest

from classifier.errors import OutputError
from classifier.pipeline.saving import save

TOOL = {"name": "delete_file", "description": "Delete a file.", "inputSchema": {"type": "object"}}


@pytest.fixture(scope="module")
def place(tmp_path_factory, toolrisk):
    """Return a folder with tools, a catalogue, labels, and a file where a folder would have to be."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "t.json").write_text(json.dumps({"server": "s", "tools": [TOOL]}))
    (folder / "a-file").write_text("mine")
    label = {"server": "s", "tool": "a", "description": "Get a.", "category": "Read", "risk": "low"}
    (folder / "labels.jsonl").write_text(json.dumps(label | {"signals": [], "certainty": 3}) + "\n")
    toolrisk("crawl", "t.json", "--db", "c.db", cwd=folder)
    toolrisk("classify", "--db", "c.db", cwd=folder)
    return folder


COMMANDS = [
    ("classify", "t.json", "--also", "sarif=a-file/x"),
    ("classify", "t.json", "--only-threats", "--also", "sarif=a-file/x"),
    ("policy", "t.json", "--for", "claude-code", "--out", "a-file/x.json"),
    ("policy", "t.json", "--for", "claude-code", "--out", "a-file/x/"),
    ("policy", "t.json", "--for", "claude-code", "--out", "no/such/folder/x.json"),
    ("policy", "t.json", "--for", "claude-code", "--merge", "no/such/folder/x.json"),
    ("policy", "--db", "c.db", "--for", "claude-code", "--out", "a-file/x"),
    ("stack", "t.json", "--out", "a-file/x.toml"),
    ("pin", "t.json", "--lock", "no/such/folder/x.lock"),
    ("baseline", "t.json", "--file", "no/such/folder/x.json"),
    ("pages", "--db", "c.db", "--out", "a-file/site"),
    ("pages", "--db", "c.db", "--out", "a-file"),
    ("run", "--sample", "--out", "a-file/x"),
    ("train", "labels.jsonl", "--out", "a-file/x"),
    ("train", "labels.jsonl", "--write-facts", "a-file/x", "--out", "model"),
    ("crawl", "t.json", "--db", "a-file/x.db"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_it_is_exit_3_and_one_line(toolrisk, place, words):
    before = sorted(path.name for path in place.iterdir())
    done = toolrisk(*words, cwd=place, code=3)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("toolrisk: ")
    assert "a-file" in last or "no/such/folder" in last
    assert "Traceback" not in done.stderr
    assert (place / "a-file").read_text() == "mine"
    assert sorted(path.name for path in place.iterdir()) == before


def test_a_file_is_replaced_whole_and_a_link_stays_one(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    save(link, "new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o600)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        save(tmp_path / "folder", "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "link.json", "real.json"]
    save(tmp_path / ("x" * 250), "a name of the greatest length")
