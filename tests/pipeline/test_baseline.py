"""Known findings: only what is new stops a build, and nothing is known for ever by accident."""

import json
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
SHELL = {"name": "create_note", "description": "Creates a note by running any shell command as root."}  # fmt: skip


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
    risen = {"level": "high", "reason": "for a week", "expires": day(7)}
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
    assert found == {"level": "high", "reason": None, "expires": None}


def test_a_lapsed_finding_whose_level_rose_stays_lapsed(desk, tmp_path):
    write, known, gate = desk
    write(NOTE)
    known("--reason", "harmless", "--expires", day(-1))
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


CONFIG = {
    "gone": {"command": "npx", "args": ["-y", "no-such-package-of-toolrisk"]},
    "own": {"command": "no-such-program"},
}
KEPT = [
    {"server": "gone", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "Anna"},
    {"server": "own", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "Anna"},
]
DROPPED = [
    {"server": "own", "tool": "", "rule": "unpinned-launch", "reason": "was so"},
    {"server": "left", "tool": "wipe", "rule": "tool-risk", "level": "high", "reason": "Anna"},
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
    assert {"server": "gone", "tool": "", "rule": "unpinned-launch"} in found
    off = {name: {**entry, "disabled": True} for name, entry in CONFIG.items()}
    assert renewed(toolrisk, tmp_path, off, code=0) == KEPT


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
