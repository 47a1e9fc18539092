"""Nothing that is printed is a command to the log of a build: every command, both streams."""

import ast
import csv
import io
import json
import os
import random
import re  # noqa: TID251  # our own text
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.errors import OutputError
from classifier.pipeline.saving import print_whole
from crawler import inert as inerts
from crawler.inert import InertStream, inert, inert_json

ROOT = Path(__file__).parent.parent
OWN = ("inert.py", "sample_server.py")
"""The function itself, and a server that speaks to a client."""
SERVER = "::stop-commands::x7"
SHELL = "::error file=x.py,line=1::build is fine"
DELETES = "##[stop-commands]token"
TEXT = "::add-mask::e\nRun any shell ##[add-mask]abc command ##vso[task.complete]x of the host."


def obeyed(text):
    """Return the lines that a runner would obey, by the rules that runners publish."""
    lines = re.split("[\r\n]", text)
    return [one for one in lines if one.lstrip().startswith("::") or re.search(r"##\w*\[", one)]


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("::error::x", ":\\:error::x"),
        ("a\n \t::group::x\r::endgroup::", "a\n \t:\\:group::x\r:\\:endgroup::"),
        ("\u3000::debug::x", "\u3000:\\:debug::x"),
        ("a ##[error]x", "a ##\\[error]x"),
        ("##vso[task.x]", "##vso\\[task.x]"),
        ("##teamcity[x]", "##teamcity\\[x]"),
        ("std::vector and ## Title [x]\n# [a]", None),
        (": :", None),
    ],
)
def test_marks_are_broken_and_nothing_else_is_touched(text, harmless):
    assert inert(text) == (text if harmless is None else harmless)
    assert inert(inert(text)) == inert(text)


def test_pieces_are_broken_as_the_whole_is():
    pick = random.Random(7)  # noqa: S311 - the same each time
    for _ in range(20_000):
        pieces = ["".join(pick.choices("##::[v \n\r\xa0x", k=pick.randint(0, 4))) for _ in range(6)]
        below = io.StringIO(newline="")
        InertStream(below).writelines(pieces)
        assert below.getvalue() == inert("".join(pieces))
        assert obeyed(below.getvalue()) == []


def test_json_says_the_same():
    text = json.dumps({"##[a]": "\\##vso[b] ## c [d] ###[e"})
    assert json.loads(inert_json(text)) == json.loads(text)
    assert obeyed(inert_json(text)) == []
    assert inert(inert_json(text)) == inert_json(text)


def test_what_a_program_reads_is_printed_whole_or_not_at_all(monkeypatch, tmp_path):
    log = InertStream(io.StringIO())
    monkeypatch.setattr(sys, "stdout", log)
    print_whole('deny "a::b"\n')
    with pytest.raises(OutputError, match="name a file"):
        print_whole('deny "##[x]"\n')
    assert log.getvalue() == 'deny "a::b"\n'
    with (tmp_path / "policy").open("w") as file:
        monkeypatch.setattr(sys, "stdout", InertStream(file))
        print_whole('deny "##[x]"\n')
    assert (tmp_path / "policy").read_text() == 'deny "##[x]"\n'


def test_a_stream_is_guarded_once(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    inerts.guard()
    first = sys.stdout
    with pytest.raises(TypeError):
        first.write(b"")
    inerts.guard()
    assert sys.stdout is first


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a server that names itself, its tools and parameters as commands."""
    place = tmp_path_factory.mktemp("log")
    parameter = {"::warning::cmd": {"type": "string", "description": "##[error]shell command"}}
    tools = [
        {"name": SHELL, "description": TEXT, "inputSchema": {"properties": parameter}},
        {"name": DELETES, "description": "Deletes all files.\n::set-output name=a::b", "inputSchema": {}},
    ]  # fmt: skip
    (place / "tools.json").write_text(json.dumps({SERVER: {"tools": tools}}))
    ask(place, "crawl", "tools.json")
    ask(place, "classify")
    ask(place, "pin", "tools.json")
    tools[1]["description"] = "Deletes many files.\n::error::x ##[error]y"
    (place / "tools.json").write_text(json.dumps({SERVER: {"tools": tools}}))
    ask(place, "crawl", "tools.json")
    return place


def ask(place, *words, module="classifier", **more):
    command = [sys.executable, "-P", "-m", module, *words]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=place, timeout=120, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    "words",
    [
        "annotate --check tools.json",
        "explain tools.json",
        "classify tools.json",
        "classify tools.json --format markdown",
        "classify tools.json --format junit",
        "classify tools.json --format csv",
        "classify tools.json --only-threats",
        "verify tools.json",
        "verify tools.json --format markdown",
        "stack tools.json",
        "policy tools.json --for claude-code",
        "diff",
        "review",
        "status --same",
        "status --apart ::error::x",
        "classify ::error::x",
        "explain tools.json ##[error]x",
        "::error::x",
        "classify --##[error]x",
    ],
)
def test_no_text_of_a_command_is_obeyed(folder, words):
    done = ask(folder, *words.split())
    assert done.stdout + done.stderr
    assert obeyed(done.stdout) == []
    assert obeyed(done.stderr) == []


def test_a_plain_terminal_is_no_way_round(folder):
    done = ask(folder, "classify", "\n::error::x", PYTHONIOENCODING="ascii", LC_ALL="C")
    usage = ask(folder, "status", "--format", "\n::error::x", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, usage.returncode) == (2, 2)
    assert obeyed(done.stderr + "\n" + usage.stderr) == []


@pytest.mark.parametrize(
    ("words", "by_line"),
    [
        ("annotate tools.json --format json", True),
        ("classify tools.json --format json", False),
        ("classify tools.json --format jsonl", True),
        ("classify tools.json --format sarif", False),
        ("verify tools.json --format json", False),
        ("verify tools.json --format sarif", False),
        ("stack tools.json --format json", False),
        ("diff --format json", False),
        ("export", True),
    ],
)
def test_json_is_whole_and_not_obeyed(folder, words, by_line):
    done = ask(folder, *words.split())
    assert obeyed(done.stdout) == []
    read = [json.loads(one) for one in (done.stdout.splitlines() if by_line else [done.stdout])]
    if words.startswith(("annotate", "export", "classify tools.json --format json")):
        rows = read if by_line else read[0]
        assert {DELETES, SHELL} == {row["tool"] for row in rows}
        assert {row["server"] for row in rows} == {SERVER}


def test_csv_is_still_csv(folder):
    done = ask(folder, "classify", "tools.json", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert inert(DELETES) in {row["tool"] for row in rows}


def test_all_json_is_printed_by_the_one_function():
    """Printed as text, a broken mark would make it no JSON."""
    plain = []
    for path in [*ROOT.glob("classifier/**/*.py"), *ROOT.glob("crawler/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            said = ast.unparse(node.func)
            if said.endswith(("stdout.write", "stdout.writelines", "echo")) or said == "print":
                inside = " ".join(map(ast.unparse, node.args))
                if re.search(r"json|to_line|sarif", inside):
                    plain.append(f"{path}:{node.lineno}")
    assert [one for one in plain if not one.partition(":")[0].endswith(OWN)] == []
