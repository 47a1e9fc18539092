"""An explanation stays readable, whatever a definition holds."""

import json

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
