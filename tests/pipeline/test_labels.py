"""What `train` and `evaluate` read: labels, labels by digest, and the definitions of those."""

import gzip
import json

import pytest

from classifier.errors import LabelError
from classifier.model import evaluate, facts, train
from classifier.model.labels import read_facts, read_labels, to_tool
from classifier.verdict import Category, Risk


def definition(n):
    """Return a line of a corpus."""
    told = {"server": f"s{n // 4}", "tool": f"tool_{n}", "description": f"Does {n}."}
    return told | {"input_schema": {"type": "object"}}


def label(n, **more):
    """Return a line of labels; every category and risk comes up."""
    said = {"category": list(Category)[n % 4], "risk": list(Risk)[n % 4], "signals": []}
    return definition(n) | said | more


def fact(n, category="Read", risk="low", signals=(), certainty=3):
    """Return a line of labels by digest."""
    return facts.line(to_tool(definition(n)), category, risk, signals, certainty)


def write(path, rows):
    """Write a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def learned(monkeypatch):
    """Return what was learned from beside LABELS by the last command, without the learning."""
    seen = []

    def note(also):
        seen[:] = [(item.tool.name, item.category) for item in also]

    monkeypatch.setattr(
        train, "train", lambda labelled, out, name, progress, also: note(also) or out
    )
    monkeypatch.setattr(
        evaluate, "grouped", lambda items, _, also: note(also) or evaluate.answers(items)
    )
    return seen


COMMANDS = [
    ("train", "labels.jsonl", "--out", "m"),
    ("evaluate", "labels.jsonl", "--group", "server_family"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_of_several_files_of_facts_and_definitions_every_one_is_learned_from(
    toolrisk, tmp_path, learned, words
):
    """The second silently took the place of the first."""
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    (tmp_path / "a.tsv").write_text(fact(30) + fact(31) + fact(32))
    (tmp_path / "b.tsv").write_text(fact(33) + fact(31, "Other"))
    write(tmp_path / "a.jsonl", map(definition, (30, 33)))
    write(tmp_path / "b.jsonl", map(definition, (32, 31, 30)))
    more = ("--facts", "a.tsv", "--facts", "b.tsv", "--corpus", "a.jsonl", "--corpus", "b.jsonl")
    toolrisk(*words, *more, cwd=tmp_path)
    assert learned == [("tool_30", "Read"), ("tool_33", "Read"), ("tool_32", "Read"), ("tool_31", "Other")]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_labels_by_digest_of_definitions_that_are_not_there_are_told_of(
    toolrisk, tmp_path, learned, words
):
    """What stands twice counts once, where it holds; what LABELS has as well is used there."""
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    (tmp_path / "a.tsv").write_text(fact(1) + fact(30) + fact(31) + fact(97) + fact(98))
    (tmp_path / "b.tsv").write_text(fact(98) + fact(99) + fact(31))
    (tmp_path / "c.tsv").write_text(fact(32))
    write(tmp_path / "a.jsonl", map(definition, (1, 30, 31)))
    write(tmp_path / "b.jsonl", [definition(32)])
    facts_of = [word for name in "abc" for word in ("--facts", f"{name}.tsv")]
    more = (*facts_of, "--corpus", "a.jsonl", "--corpus", "b.jsonl")
    told = toolrisk(*words, *more, cwd=tmp_path).stderr.splitlines()
    said = "not used: --corpus holds no definition with that digest"
    assert [line for line in told if "digest" in line] == [
        f"toolrisk: a.tsv: 1 of 3 labels {said}",
        f"toolrisk: b.tsv: 2 of 3 labels {said}",
    ]
    assert [name for name, _ in learned] == ["tool_30", "tool_31", "tool_32"]


@pytest.mark.parametrize("name", ["a.tsv", "b.tsv", "a.jsonl", "b.jsonl"])
def test_labels_by_digest_are_written_over_none_of_the_files_that_were_given(
    toolrisk, tmp_path, name
):
    for one in ("labels.jsonl", "a.tsv", "b.tsv", "a.jsonl", "b.jsonl"):
        (tmp_path / one).write_text("")
    more = ("--facts", "a.tsv", "--facts", "b.tsv", "--corpus", "a.jsonl", "--corpus", "b.jsonl")
    done = toolrisk("train", "labels.jsonl", *more, "--write-facts", name, cwd=tmp_path, code=2)
    assert "would write over" in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [({"category": "Sing"}, "category must be"), ({"risk": "dire"}, "risk of"),
     ({"signals": ["nonsense"]}, "unknown signal"), ({"certainty": 7}, "certainty must be")],
)  # fmt: skip
@pytest.mark.parametrize("spoken_of", [35, 99])
def test_a_fault_of_a_label_by_digest_is_told_with_its_own_file_and_line(
    toolrisk, tmp_path, given, said, spoken_of
):
    """It was told with the line of the definition, and not at all where there was none."""
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    write(tmp_path / "corpus.jsonl", map(definition, range(30, 40)))
    (tmp_path / "good.tsv").write_text(fact(30))
    (tmp_path / "bad.tsv").write_text(facts.HEADER + "\n" + fact(31) + fact(spoken_of, **given))
    more = ("--facts", "good.tsv", "--facts", "bad.tsv", "--corpus", "corpus.jsonl")
    done = toolrisk("train", "labels.jsonl", *more, "--out", "m", cwd=tmp_path, code=2)
    assert done.stderr.startswith("toolrisk: bad.tsv:4: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fault_of_a_definition_is_told_with_the_line_of_the_definition(toolrisk, tmp_path):
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    write(tmp_path / "corpus.jsonl", [definition(30), definition(31) | {"title": ["x"]}])
    (tmp_path / "f.tsv").write_text(fact(31))
    more = ("--facts", "f.tsv", "--corpus", "corpus.jsonl")
    done = toolrisk("train", "labels.jsonl", *more, "--out", "m", cwd=tmp_path, code=2)
    assert done.stderr.startswith("toolrisk: corpus.jsonl:2: title and description must be texts")


def exported(n, **parts):
    """Return a line of `toolrisk export`, in which a server may have said anything."""
    tool = to_tool(definition(n))
    return {
        "server": tool.server, "tool": tool.name, "origin": "live", "first_seen": "2026-01-02T00:00:00+00:00",
        "definition_sha256": "0" * 64, "definition": tool.definition | parts, "classification": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_what_export_writes_holds_the_definitions_of_labels_by_digest(
    toolrisk, tmp_path, learned, name
):
    """Its lines were read as tools without a description, of which no label spoke."""
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    tools = [{"name": f"tool_{n}", "description": f"Does {n}.", "inputSchema": {"type": "object"}} for n in (30, 31)]  # fmt: skip
    odd = {"name": "odd", "description": "Half \ud800.", "inputSchema": {"maximum": 2**70}}
    (tmp_path / "t.json").write_text(json.dumps({"server": "shelf", "tools": [*tools, odd]}))
    (tmp_path / "f.tsv").write_text(fact(31, "Other", "critical"))
    toolrisk("crawl", "t.json", cwd=tmp_path)
    data = toolrisk("export", cwd=tmp_path).stdout.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    toolrisk("train", "labels.jsonl", "--facts", "f.tsv", "--corpus", name, "--out", "m", cwd=tmp_path)  # fmt: skip
    assert learned == [("tool_31", "Other")]


def test_an_exported_definition_is_the_one_that_was_exported(tmp_path):
    write(tmp_path / "labels.jsonl", [exported(1) | {"category": "Read", "risk": "low"}, label(1)])
    first, second = read_labels(tmp_path / "labels.jsonl")
    assert first.tool == second.tool
    assert first.family == "s0"


def test_a_definition_that_a_server_left_odd_is_learned_from_as_people_labelled_it(tmp_path):
    """Nobody can correct what a server says; only labels with a definition of their own are refused."""
    odd = exported(1, inputSchema=["not", "a", "schema"])
    write(tmp_path / "all.jsonl", [odd])
    (tmp_path / "f.tsv").write_text(fact(1))
    (found,) = read_facts([tmp_path / "f.tsv"], [tmp_path / "all.jsonl"], set())
    assert found.tool.input_schema == ["not", "a", "schema"]
    write(tmp_path / "labels.jsonl", [odd | {"category": "Read", "risk": "low"}])
    with pytest.raises(LabelError, match=r"labels\.jsonl:1: input_schema must be an object"):
        read_labels(tmp_path / "labels.jsonl")


def test_what_was_said_of_tools_is_neither_a_label_nor_a_definition(toolrisk, tmp_path):
    """Measured with the classifier's own answers, it was right in all of them."""
    write(tmp_path / "labels.jsonl", map(label, range(24)))
    tool = {"name": "get_x", "description": "Gets x."}
    (tmp_path / "t.json").write_text(json.dumps({"server": "s", "tools": [tool]}))
    said = toolrisk("classify", "t.json", "--format", "jsonl", cwd=tmp_path).stdout
    (tmp_path / "said.jsonl").write_text(said)
    (tmp_path / "f.tsv").write_text(fact(1))
    for words in (
        ("evaluate", "said.jsonl"),
        ("train", "labels.jsonl", "--facts", "f.tsv", "--corpus", "said.jsonl", "--out", "m"),
    ):
        done = toolrisk(*words, cwd=tmp_path, code=2)
        assert done.stderr.startswith(
            "toolrisk: said.jsonl:1: this is what toolrisk said of a tool"
        )
        assert done.stdout == ""


def test_a_line_that_is_no_text_is_told(tmp_path):
    (tmp_path / "labels.jsonl").write_bytes(b'{"tool": "caf\xe9"}\n')
    with pytest.raises(LabelError, match=r"labels\.jsonl:1: not UTF-8"):
        read_labels(tmp_path / "labels.jsonl")
