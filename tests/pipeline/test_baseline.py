"""Known findings: only what is new stops a build, and nothing is known for ever by accident."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

DELETE = {"name": "delete_repo", "description": "Permanently delete a repository."}
READ = {"name": "list_colours", "description": "List the colours of the palette."}
FILE = "toolrisk-baseline.json"


@pytest.fixture
def desk(toolrisk, tools_file, tmp_path):
    """Return (write tools, write the baseline, gate), all in one folder."""

    def gate(code, *words):
        words = ("classify", "tools.json", "--fail-on", "high", "--baseline", FILE, *words)
        return toolrisk(*words, cwd=tmp_path, code=code)

    def known(*words, code=0):
        return toolrisk("baseline", "tools.json", *words, cwd=tmp_path, code=code)

    def write(*tools):
        tools_file(*tools, server="git")

    return write, known, gate


def day(offset):
    return (datetime.now(UTC).date() + timedelta(days=offset)).isoformat()


def test_only_new_findings_fail(desk):
    write, known, gate = desk
    write(READ, DELETE)
    known()
    gate(0)
    write(READ, DELETE, {"name": "drop_database", "description": "Drop a whole database."})
    gate(1)
    write(
        READ,
        {**DELETE, "description": "Permanently delete all repositories of every user at once."},
    )
    gate(1)
    write({**DELETE, "description": "Permanently delete a repository. Needs its id."})
    gate(0)


def test_a_higher_level_of_a_known_tool_is_new(desk, tmp_path):
    write, known, gate = desk
    write(DELETE)
    known()
    value = json.loads((tmp_path / FILE).read_text())
    for one in value["findings"]:
        if one["rule"] == "tool-risk":
            one["level"] = "low"
    (tmp_path / FILE).write_text(json.dumps(value))
    gate(1)


def level_of(findings):
    (one,) = [one for one in findings if one["rule"] == "tool-risk"]
    return {key: one.get(key) for key in ("level", "reason", "expires")}


NOTE = {"name": "create_note", "description": "Creates a note."}
SHELL = {
    "name": "create_note",
    "description": "Creates a note by running any shell command as root.",
}


def test_a_risen_level_takes_the_new_reason_and_day(desk, tmp_path):
    write, known, gate = desk
    write(NOTE)
    known("--reason", "harmless")
    assert level_of(_findings(known, tmp_path)) == {
        "level": "medium",
        "reason": "harmless",
        "expires": None,
    }
    write(SHELL)
    said = known("--reason", "for a week", "--expires", day(7)).stderr
    assert "is past" not in said
    risen = {"level": "critical", "reason": "for a week", "expires": day(7)}
    after = json.loads((tmp_path / FILE).read_text())["findings"]
    assert level_of(after) == risen
    assert f"{sum(one.get('reason') == 'for a week' for one in after)} new, 0 gone" in said
    gate(0)
    assert "0 new" in known("--reason", "another").stderr
    assert level_of(json.loads((tmp_path / FILE).read_text())["findings"]) == risen
    write(NOTE)  # a lower level is brought up to date, and the higher one is new again
    known()
    write(SHELL)
    gate(1)


def test_a_risen_level_without_a_reason_keeps_none(desk, tmp_path):
    write, known, _ = desk
    write(NOTE)
    known("--reason", "harmless", "--expires", day(7))
    write(SHELL)
    found = level_of(_findings(known, tmp_path))
    assert found == {"level": "critical", "reason": None, "expires": None}


def test_a_lapsed_finding_whose_level_rose_stays_lapsed(desk, tmp_path):
    write, known, gate = desk
    write(NOTE)
    said = known("--reason", "harmless", "--expires", day(-1)).stderr
    assert f"--expires {day(-1)} is past: no finding that it was given for is accepted\n" in said
    write(SHELL)
    lapsed = {"level": "medium", "reason": "harmless", "expires": day(-1)}
    assert level_of(_findings(known, tmp_path)) == lapsed
    gate(1)
    known("--expires", day(1), "--reason", "agreed")
    gate(0)


def test_reports_say_what_is_known(desk):
    write, known, gate = desk
    write(READ, DELETE)
    known("--reason", "seen in review 7")
    log = json.loads(gate(0, "--format", "sarif").stdout)
    results = log["runs"][0]["results"]
    assert results
    for result in results:
        assert result["baselineState"] == "unchanged"
        assert result["suppressions"][0]["justification"] == "seen in review 7"
    assert "nothing new at or above high" in gate(0, "--format", "markdown").stdout


def test_an_accepted_finding_expires_and_is_renewed_only_on_purpose(desk):
    write, known, gate = desk
    write(DELETE)
    known("--reason", "until the new API is there", "--expires", day(-1))
    assert "expired" in gate(1).stderr
    known()
    gate(1)
    known("--expires", day(0))
    gate(0)


def test_suppressions_are_kept_and_hold_for_what_they_name(desk, tmp_path):
    write, known, gate = desk
    write(DELETE)
    rules = [one["rule"] for one in _findings(known, tmp_path)]
    suppressions = [{"rule": r, "tool": "delete_repo", "reason": "owner agreed"} for r in rules]
    text = json.dumps({"toolrisk_baseline": 1, "findings": [], "suppressions": suppressions})
    (tmp_path / FILE).write_text(text)
    gate(0)
    write(DELETE, {**DELETE, "name": "delete_repos"})
    gate(1)
    known()
    assert json.loads((tmp_path / FILE).read_text())["suppressions"] == suppressions


def _findings(known, tmp_path):
    known()
    return json.loads((tmp_path / FILE).read_text())["findings"]


def test_a_star_is_a_name_and_no_pattern(desk, tmp_path):
    write, known, gate = desk
    write({**DELETE, "name": "*"})
    known()
    write(DELETE)
    gate(1)


def test_a_second_tool_of_a_known_name_is_new(desk):
    write, known, gate = desk
    write(DELETE)
    known()
    write(DELETE, DELETE)
    gate(1)


def test_what_is_gone_is_dropped_and_a_line_is_a_finding(desk, tmp_path):
    write, known, _ = desk
    write(READ, DELETE)
    known()
    before = (tmp_path / FILE).read_text().splitlines()
    write(READ)
    known()
    after = (tmp_path / FILE).read_text().splitlines()
    assert 0 < len(after) < len(before)
    assert not any("delete_repo" in line for line in after)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no baseline of format 1"),
        ("{", "no baseline"),
        ('{"toolrisk_baseline": 1, "suppressions": [{"rule": "destructive"}]}', "'reason'"),
        ('{"toolrisk_baseline": 1, "suppressions": [{"rule": "destructive", "reason": " "}]}', "'reason'"),
        ('{"toolrisk_baseline": 1, "suppressions": [{"rule": "destuctive", "reason": "x"}]}', "destuctive"),
        ('{"toolrisk_baseline": 1, "suppressions": [{"rule": "admin", "reason": "x", "expire": "x"}]}', "expire"),
        ('{"toolrisk_baseline": 1, "suppressions": [{"rule": "admin", "reason": "x", "expires": "soon"}]}', "2027-01-31"),
        ('{"toolrisk_baseline": 1, "findings": [{"server": "s", "tool": 1, "rule": "x"}]}', "'tool'"),
        ('{"toolrisk_baseline": 1, "findings": 7}', "must be a list"),
    ],
)  # fmt: skip
def test_a_baseline_with_a_slip_is_refused(tmp_path, text, said):
    from classifier.pipeline.baseline import read
    from crawler.errors import TargetError

    path = tmp_path / FILE
    path.write_text(text)
    with pytest.raises(TargetError, match=said):
        read(path)


def test_bad_use_is_one_clear_line(desk):
    write, known, gate = desk
    write(DELETE)
    assert "toolrisk baseline" in gate(2).stderr
    assert "2027-01-31" in known("--expires", "soon", code=2).stderr


PACKAGE = "@modelcontextprotocol/server-filesystem"


@pytest.fixture
def config(toolrisk, tmp_path):
    """Return (write a client config, write the baseline, gate), all in one folder."""

    def write(package, file=".mcp.json", **more):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        entry = {"command": "npx", "args": ["-y", package], **more}
        (tmp_path / file).write_text(json.dumps({"mcpServers": {"files": entry}}))

    def known(*words, files=(".mcp.json",)):
        return toolrisk("baseline", *files, "--no-launch", *words, cwd=tmp_path)

    def gate(code, *files, level="low", words=()):
        files = files or (".mcp.json",)
        words = (*files, "--no-launch", "--fail-on", level, "--baseline", FILE, *words)
        return toolrisk("classify", *words, cwd=tmp_path, code=code)

    return write, known, gate


@pytest.mark.parametrize("more", [{}, {"autoApprove": ["*"]}])
def test_another_package_under_an_accepted_name_is_new(config, tmp_path, more):
    write, known, gate = config
    write(PACKAGE, **more)
    known("--reason", "read by us")
    gate(0)
    gate(0, "./.mcp.json")
    gate(0, tmp_path / ".mcp.json")
    write(f"{PACKAGE}@latest", **more)
    gate(0)
    write("evil-package", **more)
    assert "toolrisk: medium: unpinned-launch: files" in gate(1).stderr
    write("evil-package@1.2.3", **more)
    gate(1 if more else 0)


@pytest.mark.parametrize(
    ("accepted", "now"),
    [
        ({"url": "https://a.example/mcp"}, {"url": "https://b.example/mcp"}),
        ({"command": "npx", "args": ["github:a/b"]}, {"command": "npx", "args": ["github:c/b"]}),
        ({"command": "npx", "args": ["x"]}, {"command": "uvx", "args": ["x"]}),
        ({"command": "npx", "args": ["x"]}, {"command": "npx", "args": ["--registry=https://r.example", "x"]}),
        ({"command": "own"}, {"command": "another"}),
        ({"url": "https://a.example/mcp"}, {"url": ":"}),
    ],
)  # fmt: skip
def test_what_runs_under_a_name_is_part_of_what_is_accepted(toolrisk, tmp_path, accepted, now):
    words = ("mcp.json", "--no-launch")
    for entry, code in ((accepted, 0), (now, 1)):
        servers = {"files": {**entry, "autoApprove": ["*"]}, "other": {"command": "o"}}
        (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        if not code:
            toolrisk("baseline", *words, cwd=tmp_path)
        gate = ("classify", *words, "--fail-on", "medium", "--baseline", FILE)
        toolrisk(*gate, cwd=tmp_path, code=code)


def test_a_token_is_no_part_of_what_runs(toolrisk, tmp_path):
    for number, token in enumerate(("SECRET1", "SECRET2")):
        servers = {
            "far": {"url": f"https://a.example/mcp?key={token}", "trust": True},
            "git": {"command": "uvx", "args": ["--from", f"git+https://{token}@a.example/x", "x"]},
        }
        (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        if not number:
            toolrisk("baseline", "mcp.json", "--no-launch", cwd=tmp_path)
        words = ("mcp.json", "--no-launch", "--fail-on", "low", "--baseline", FILE)
        toolrisk("classify", *words, cwd=tmp_path)
    assert "SECRET" not in (tmp_path / FILE).read_text()


def test_a_config_finding_whose_level_rises_is_new(config, tmp_path):
    write, known, gate = config
    write("@jane/server-filesystem@1.0.0")
    known("--reason", "read by us")
    (one,) = json.loads((tmp_path / FILE).read_text())["findings"]
    assert one == {
        "server": "files", "tool": "", "rule": "lookalike-server", "level": "low",
        "target": ".mcp.json", "about": "npm:@jane/server-filesystem", "reason": "read by us",
    }  # fmt: skip
    gate(0)
    write("@modelcontextprotocl/server-filesystem@1.0.0")
    gate(1)
    write("@jane/server-filesystem@1.0.0")
    one["level"] = "high"
    for level, code in (("high", 0), ("low", 0), ("info", 1)):
        value = {"toolrisk_baseline": 1, "findings": [{**one, "level": level}]}
        (tmp_path / FILE).write_text(json.dumps(value))
        gate(code)


def test_a_server_of_that_name_in_another_file_is_new(config):
    write, known, gate = config
    write(PACKAGE)
    known()
    other = ".cursor/mcp.json"
    write(PACKAGE, file=other)
    log = json.loads(gate(1, ".mcp.json", other, words=("--format", "sarif")).stdout)
    results = log["runs"][0]["results"]
    assert sorted(one["baselineState"] for one in results) == ["new", "unchanged"]
    assert len({str(one["partialFingerprints"]) for one in results}) == 2


def test_a_fingerprint_of_a_config_finding_is_of_its_package_and_level(config, toolrisk, tmp_path):
    write, _, _ = config
    seen = set()
    packages = ("@jane/server-filesystem", "@joe/server-filesystem", "@modelcontextprotocl/server-filesystem")  # fmt: skip
    for package in packages:
        prints = []
        for name in (".mcp.json", "./.mcp.json"):
            write(f"{package}@1.0.0")
            words = ("classify", name, "--no-launch", "--format", "sarif")
            log = json.loads(toolrisk(*words, cwd=tmp_path).stdout)
            prints.append({str(r["partialFingerprints"]) for r in log["runs"][0]["results"]})
        assert prints[0] == prints[1]
        seen |= prints[0]
    assert len(seen) == len(packages)


def test_an_old_entry_about_a_config_is_read_and_covers_nothing(config, tmp_path):
    write, known, gate = config
    write(PACKAGE)
    old = {"server": "files", "tool": "", "rule": "unpinned-launch", "reason": "Anna"}
    (tmp_path / FILE).write_text(json.dumps({"toolrisk_baseline": 1, "findings": [old]}))
    line = f"{FILE} holds 1 finding about client configs from an older version"
    assert line in gate(1).stderr
    done = known("--reason", "still so")
    assert line in done.stderr
    assert "1 new, 1 gone" in done.stderr
    assert line not in gate(0).stderr
    write(f"{PACKAGE}@1.2.3")
    assert line not in known().stderr


def test_a_target_has_the_same_name_on_every_machine(tmp_path, monkeypatch):
    from classifier.pipeline.origins import origin

    work = tmp_path / "home" / "jane" / "code"
    (work / ".cursor").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(work.parent))
    for file in (work / ".cursor" / "mcp.json", work.parent / "mcp.json", tmp_path / "mcp.json"):
        file.write_text("{}")
    (work / "link.json").symlink_to(tmp_path / "mcp.json")
    os.mkfifo(work / "pipe")
    monkeypatch.chdir(work)
    same = (".cursor/mcp.json", "./.cursor/../.cursor/mcp.json", "~/code/.cursor/mcp.json")
    assert {origin(text) for text in same} == {".cursor/mcp.json"}
    assert origin("~/mcp.json") == origin(str(work.parent / "mcp.json")) == "~/mcp.json"
    assert origin(str(tmp_path / "mcp.json")) == (tmp_path / "mcp.json").as_posix()
    assert origin("link.json") == "link.json"
    assert origin("pipe") == origin("-") == "-"
    assert origin("npm:x@1.2.3") == "npm:x@1.2.3"
    assert origin("https://a.example/mcp?key=SECRET") == "https://a.example/mcp"
    monkeypatch.chdir(work.parent)
    assert origin("mcp.json") == "~/mcp.json"


def test_names_that_collide_are_accepted_of_these_two():
    from classifier.pipeline.catalogue import name_collision
    from crawler.records import ServerName, Tool

    def others(server, name):
        words = (("a", "search"), (server, name))
        tools = [Tool(server=ServerName(s), name=n, description=s) for s, n in words]
        return [name_collision.other(one) for one in name_collision.find(tools)]

    assert others("b", "search") == ["a"]
    assert others("b", "s\u0435arch") == ["a / search"]


CONFIG = {
    "gone": {"command": "npx", "args": ["-y", "no-such-package-of-toolrisk"]},
    "own": {"command": "no-such-program"},
}
KEPT = [
    {"server": "gone", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "Anna"},
    {"server": "own", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "Anna"},
    {"server": "zoo", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "of old"},
]
DROPPED = [
    {"server": "own", "tool": "", "rule": "unpinned-launch", "reason": "was so"},
    {
        "server": "left",
        "tool": "wipe",
        "rule": "tool-risk",
        "level": "high",
        "reason": "Anna",
        "target": "mcp.json",
    },
]


def renewed(toolrisk, folder, config, *words, code):
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": config}))
    old = {"toolrisk_baseline": 1, "suppressions": [], "findings": [*KEPT, *DROPPED]}
    (folder / FILE).write_text(json.dumps(old))
    toolrisk("baseline", "mcp.json", *words, cwd=folder, code=code)
    return json.loads((folder / FILE).read_text())["findings"]


def test_what_is_accepted_of_servers_that_nobody_asked_is_kept(toolrisk, tmp_path):
    """The settings were looked at, and what stands in them is brought up to date."""
    found = renewed(toolrisk, tmp_path, CONFIG, "--no-launch", code=0)
    assert [one for one in found if one.get("reason")] == KEPT
    assert ("gone", "unpinned-launch") in {(one["server"], one["rule"]) for one in found}
    off = {name: {**entry, "disabled": True} for name, entry in CONFIG.items()}
    assert renewed(toolrisk, tmp_path, off, code=0) == KEPT


def known_in(folder):
    return json.loads((folder / FILE).read_text())["findings"]


def test_what_is_accepted_of_other_targets_is_kept(toolrisk, tools_file, tmp_path):
    for name, tool in (("a.json", DELETE), ("b.json", SHELL)):
        tools_file(tool, name=name)
    toolrisk("baseline", "a.json", "--reason", "A", "--expires", day(9), cwd=tmp_path)
    accepted = known_in(tmp_path)
    done = toolrisk("baseline", "b.json", "--reason", "B", cwd=tmp_path)
    assert f"0 gone, {len(accepted)} kept of what was not looked at" in done.stderr
    assert [one for one in known_in(tmp_path) if one["server"] == "a.json"] == accepted
    gate = ("classify", "a.json", "b.json", "--fail-on", "low", "--baseline", FILE)
    toolrisk(*gate, cwd=tmp_path)
    tools_file(READ, name="b.json")  # looked at, and gone
    toolrisk("baseline", tmp_path / "b.json", cwd=tmp_path)
    of_b = {one["tool"] for one in known_in(tmp_path) if one["server"] == "b.json"}
    assert of_b == {READ["name"]}
    tools_file(READ, name="b.json", server="new")  # and so are the servers that a target had
    assert "kept" in toolrisk("baseline", "b.json", cwd=tmp_path).stderr
    assert {one["server"] for one in known_in(tmp_path)} == {"a.json", "new"}


def test_what_is_accepted_of_other_configs_is_kept(config, tmp_path):
    write, known, _ = config
    other = ".cursor/mcp.json"
    for file in (".mcp.json", other):
        write(PACKAGE, file=file)
        known("--reason", file, files=(file,))
    assert {one["reason"] for one in known_in(tmp_path)} == {".mcp.json", other}
    write(f"{PACKAGE}@1.2.3")
    assert "1 gone, 1 kept" in known().stderr
    assert {one["reason"] for one in known_in(tmp_path)} == {other}


def test_what_is_accepted_of_the_clients_of_a_machine_goes_with_it(toolrisk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".cursor").mkdir()
    entry = {"command": "npx", "args": ["-y", "x"]}
    for servers in ({"one": entry, "two": entry}, {"one": entry}):
        (tmp_path / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        toolrisk("baseline", "clients", "--no-launch", cwd=tmp_path)
        found = {(one["server"], one["target"]) for one in known_in(tmp_path)}
        assert found == {(f"cursor:{name}", "~/.cursor/mcp.json") for name in servers}


def test_what_is_accepted_of_servers_that_did_not_answer_is_kept(toolrisk, tmp_path):
    config = {"own": CONFIG["own"], "gone": {"command": "no-such-program-either"}}
    # nothing is found, and somebody did not answer: the file stays as it is
    assert renewed(toolrisk, tmp_path, config, code=3) == [*KEPT, *DROPPED]
    config["new"] = {"command": "also-none", "autoApprove": ["*"]}
    found = renewed(toolrisk, tmp_path, config, code=3)
    assert [one for one in found if one.get("reason")] == KEPT
    assert [one["rule"] for one in found if one["server"] == "new"] == ["auto-approved"]


def test_what_is_accepted_of_tools_that_could_not_be_read_is_kept(desk, tmp_path):
    write, known, _ = desk
    write(READ, DELETE)
    known("--reason", "agreed")
    before = (tmp_path / FILE).read_text()
    write(READ, {"name": 5})
    known(code=3)
    assert (tmp_path / FILE).read_text() == before


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_blank_reason_is_refused_before_it_is_written(desk, tmp_path, reason):
    write, known, _ = desk
    write(DELETE)
    assert "must not be blank" in known("--reason", reason, code=2).stderr
    assert not (tmp_path / FILE).exists()
