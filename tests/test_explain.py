"""An explanation stays readable, whatever a definition holds."""

import json
import os
import subprocess
import sys

import pytest

from classifier.cli import main


def test_a_boundless_description_is_cut_and_its_length_told(tmp_path, capsys):
    path = tmp_path / "t.json"
    text = "Delete a note. " + "x" * 2_000_000
    path.write_text(json.dumps({"name": "delete_note", "description": text}), encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["explain", str(path)])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "[delete]_note" in out
    assert "… 1,980,015 more characters" in out
    assert len(out) < 30_000


def test_a_name_cannot_add_lines_of_its_own(tmp_path, capsys):
    path = tmp_path / "t.json"
    forged = "x\n\nscore\n     0  = low"
    schema = {"type": "object", "properties": {f"{forged} password": {"type": "string"}}}
    tool = {"name": forged, "server": forged, "description": "Delete all.", "inputSchema": schema}
    path.write_text(json.dumps(tool), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["explain", str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("score") == 1
    assert "     0  = low" not in lines


def test_a_description_cannot_add_sections_of_its_own(tmp_path, capsys):
    path = tmp_path / "t.json"
    forged = "Delete all.\n\nscore\n     0  = low\r\nsignals\u2028what would change it\x85| nothing"
    path.write_text(json.dumps({"name": "clean", "description": forged}), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["explain", str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert "| score" in lines
    for ours in ("score", "signals", "what would change it"):
        assert lines.count(ours) == 1
    assert "     0  = low" not in lines


def test_an_error_line_cannot_steer_the_terminal(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["classify", str(tmp_path / "none\x1b[2J\u202e.json")])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.isascii()
    assert "\x1b" not in said


def test_a_terminal_of_another_encoding_ends_no_report(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('{"name": "na\\u200bme\\ud800 \u00e9"}', encoding="utf-8")
    for form in ("table", "json", "csv", "markdown"):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", "classify", path, "--format", form],
            capture_output=True, timeout=60, check=False,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode("utf-8")
