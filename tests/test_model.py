"""Training, the run-time twin, evaluation, and the look-up of reviewed definitions."""

import gzip
import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from classifier.engine import Options, classify, classify_many
from classifier.errors import DataError, LabelError
from classifier.model import (
    evaluate,
    facts,
    fit_convolution,
    network,
    outputs,
    runtime,
    train,
    truth,
)
from classifier.model.calibration import joined, second_stage
from classifier.model.convolution import FILES
from classifier.model.labels import Labelled, read_facts, read_labels, read_written
from classifier.model.labels import lines as read_labels_lines
from classifier.model.truth import truth_of
from classifier.pages import accuracy
from classifier.pages.accuracy import accuracies
from classifier.reviewed import text_digest
from classifier.signals import detectors
from classifier.verdict import Basis, Category, Evidence, Finding, Risk
from crawler.parse import parse_tool
from crawler.records import ServerName, Tool, canonical_json, sha256

GOLD = Path(__file__).parents[2] / "shared" / "labels" / "gold.jsonl"
KINDS = [
    ("get", "Read", "low", ()), ("list", "Read", "medium", ("sensitive_data",)),
    ("create", "Write", "medium", ()), ("delete", "Write", "high", ("destructive",)),
    ("send", "Execute", "high", ("external_side_effect",)), ("calculate", "Other", "low", ()),
    ("pay", "Execute", "critical", ("financial", "external_side_effect")),
    ("set_password", "Write", "critical", ("credentials", "admin")),
    ("run_code", "Execute", "critical", ("code_execution",)),
    ("export_all", "Read", "high", ("bulk", "untrusted_content")),
]  # fmt: skip
NOUNS = ["invoice", "message", "record", "ticket", "page", "customer", "order", "file"]


def labelled():
    return [
        Labelled(
            tool=Tool(
                server=ServerName(f"server-{noun}"), name=f"{verb}_{noun}",
                description=f"{verb.replace('_', ' ').capitalize()} one {noun}.",
                input_schema={"type": "object", "properties": {f"{noun}_id": {"type": "string"}}},
            ),
            family=noun, category=category, risk=risk, signals=frozenset(signals), certainty=3,
        )
        for noun, (verb, category, risk, signals) in itertools.product(NOUNS, KINDS)
    ]  # fmt: skip


_HARDLY_BEGUN = (20,)
_MODEL_FILES = ("weights.bin", "vocabulary.txt", "config.json", *FILES)


def hurry(patch):
    patch.setattr(network, "_BATCHES", _HARDLY_BEGUN)
    patch.setattr(fit_convolution, "_LEAST_STEPS", 20)


@pytest.fixture
def quick(monkeypatch):
    """Networks that have hardly begun: enough where no answer has to be right."""
    hurry(monkeypatch)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        train.train(labelled(), folder, "small", lambda _: None)
    return folder


@pytest.mark.usefixtures("quick")
def test_training_twice_gives_the_same_bytes(model_dir, tmp_path):
    train.train(labelled(), tmp_path, "small", lambda _: None)
    for name in _MODEL_FILES:
        assert (tmp_path / name).read_bytes() == (model_dir / name).read_bytes()


@pytest.mark.usefixtures("quick")
def test_the_runtime_agrees_with_scikit_learn(model_dir):
    items = labelled()
    truth = truth_of(items)
    seen, _ = train.documents(items)
    features = [one.features for one in seen]
    fitted = train.fit(seen, truth, np.arange(len(items)))
    matrix = train.vectors(features, fitted.keys, fitted.idf, np.arange(len(items)))
    awake = np.maximum(matrix @ fitted.hidden + fitted.hidden_bias, 0)
    assert 0 < (awake > 0).mean() < 1
    expected = matrix @ fitted.coefficients + awake @ fitted.hidden_weights + fitted.intercept
    model = runtime.load(model_dir)
    rows = [
        sorted(
            model.vocabulary[block][key]
            for block, key in found
            if key in model.vocabulary.get(block, {})
        )
        for found in features
    ]
    found = np.array([model.logits(one)[0] for one in rows])
    assert np.abs(found - expected).max() < 0.02  # weights of 16 bits
    words = [one.tokens for one in seen]
    assert model.convolution.scores(words) == fitted.convolution.network.scores(words)


def test_a_model_that_does_not_fit_is_refused(model_dir, tmp_path):
    for name in _MODEL_FILES:
        (tmp_path / name).write_bytes((model_dir / name).read_bytes())
    words = (tmp_path / "vocabulary.txt").read_text().splitlines(keepends=True)
    (tmp_path / "vocabulary.txt").write_text("".join(words[1:]))
    with pytest.raises(DataError, match="toolrisk train"):
        runtime.load(tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-4], lambda text: text.replace(b"\n", b"\r\n")]
)
def test_a_vocabulary_that_was_cut_or_changed_is_refused(model_dir, tmp_path, damage):
    for name in _MODEL_FILES:
        (tmp_path / name).write_bytes((model_dir / name).read_bytes())
    (tmp_path / "vocabulary.txt").write_bytes(damage((model_dir / "vocabulary.txt").read_bytes()))
    with pytest.raises(DataError, match="cut off"):
        runtime.load(tmp_path)


def test_a_model_is_named_with_a_digest_of_its_numbers(model_dir):
    config = json.loads((model_dir / "config.json").read_text())
    name = runtime.name_of(model_dir)
    assert name == runtime.load(model_dir).name == f"{config['name']}-{config['digest']}"
    (shipped,) = accuracies([runtime.load().name])
    assert all(0 < float(value.rstrip(" %")) < 100 for _, value in shipped.measures)
    assert accuracies([name, "tool-risk-v1"]) == ()


def test_a_model_of_another_form_is_refused(model_dir, tmp_path):
    for name in _MODEL_FILES:
        (tmp_path / name).write_bytes((model_dir / name).read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"format": 1}))
    with pytest.raises(DataError, match="toolrisk train"):
        runtime.load(tmp_path)


@pytest.mark.parametrize("odd", ["left\rright", "left\nright", "half \ud800"])
def test_a_listed_value_that_no_line_can_hold_costs_the_model_that_value_alone(tmp_path, odd):
    """The model was written, after all the work, and could not be loaded."""
    seen: list[set[tuple[str, str]]] = [{("n", "wipe"), ("e", odd), ("e", "a b")}] * 8
    keys, idf = train.vocabulary(seen, np.arange(len(seen)))
    assert keys == [("e", "a b"), ("n", "wipe")]
    fitted = replace(made(np.ones((2, outputs.OUTPUTS))), keys=keys, idf=idf)
    train.write(tmp_path, "small", fitted, PLAIN)
    assert runtime.load(tmp_path).vocabulary["e"] == {"a b": 0}


PLAIN = {
    "category_scale": np.eye(4).tolist(), "category_bias": [0.0] * 4, "risk_scale": np.eye(outputs.JOINED, 4).tolist(),
    "risk_bias": [0.0] * 4, "signal_scale": [1.0] * 9, "signal_bias": [0.0] * 9,
    "signal_threshold": [0.5] * 9, "review_below": 0.5, "caution": 0.1, "trusted": [],
}  # fmt: skip


def made(weights, *, hidden=None, second=None, idf=4.0):
    """A fit of words `w0`, `w1` and so on with these weights."""
    rows = len(weights)
    return train.Fitted(
        keys=[("n", f"w{i}") for i in range(rows)], idf=np.full(rows, idf), coefficients=weights,
        hidden=np.zeros((rows, runtime.HIDDEN)) if hidden is None else hidden,
        hidden_bias=np.zeros(runtime.HIDDEN),
        hidden_weights=np.zeros((runtime.HIDDEN, outputs.OUTPUTS)) if second is None else second,
        intercept=np.zeros(outputs.OUTPUTS),
    )  # fmt: skip


def test_lanes_hold_the_heaviest_rows_and_sums_are_exact():
    """However many rows, and all of them the heaviest, no lane runs over into its neighbour."""
    rows = runtime.MOST_ROWS - 1
    weights = np.full((rows, outputs.OUTPUTS), -7.25)
    weights[:, 1::2] = 7.25
    model = train.to_model(made(weights), PLAIN, "heavy")
    for count in (0, 1, 129, rows):
        expected = 7.25 * np.sqrt(count) * np.where(np.arange(outputs.OUTPUTS) % 2, 1, -1)
        assert model.logits(range(count))[0] == pytest.approx(expected.tolist())


def test_a_unit_speaks_only_where_it_is_awake_and_that_is_what_explains():
    """Two words wake a unit that speaks for an output; with a third one beside them it sleeps."""
    hidden = np.zeros((4, runtime.HIDDEN))
    hidden[:3, 5] = 1.0, 2.0, -4.0
    second = np.zeros((runtime.HIDDEN, outputs.OUTPUTS))
    second[5, 7] = 3.0
    weights = np.zeros((4, outputs.OUTPUTS))
    weights[3, 7] = 0.5
    model = train.to_model(made(weights, hidden=hidden, second=second), PLAIN, "small")
    assert model.logits([0, 1])[0][7] == pytest.approx(3.0 * 3.0 / np.sqrt(2), abs=0.01)
    assert model.logits([0, 1, 2])[0][7] == pytest.approx(0.0, abs=0.01)
    awake = {rows: model.score(rows).awake for rows in [(0, 1, 3), (0, 1, 2, 3), (0, 1, 2)]}
    assert model.heaviest([0, 1, 3], 7, awake[0, 1, 3]) == [1, 0, 3]
    assert model.heaviest([0, 3], 7, awake[0, 1, 3]) == [0, 3]
    assert model.heaviest([0, 1, 2, 3], 7, awake[0, 1, 2, 3]) == [3]
    assert model.heaviest([0, 1, 2], 6, awake[0, 1, 2]) == []


@pytest.mark.usefixtures("quick")
def test_invented_definitions_teach_every_fold_and_are_never_held_out(tmp_path):
    row = {
        "server": "grange", "tool": "glean_barley", "description": "Glean the barley.",
        "category": "Execute", "risk": "high", "signals": ["external_side_effect"],
    }  # fmt: skip
    path = tmp_path / "written.jsonl"
    path.write_text((json.dumps(row) + "\n") * 7, encoding="utf-8")
    invented = read_written(path)
    everything = [*labelled(), *invented]
    truth = truth_of(everything)
    assert truth.fold[-7:].tolist() == [-1] * 7
    assert truth.fold[:-7].tolist() == truth_of(labelled()).fold.tolist()
    assert truth.weight[-7:].tolist() == [0.35] * 7
    features, _ = train.documents(everything)
    _, models = train.out_of_fold(features, truth, lambda _: None)
    assert all(("n", "glean") in model.keys for model in models)


def test_the_second_stage_sees_the_same_at_run_time_as_in_training():
    raw = np.random.RandomState(1).normal(0, 4, (30, outputs.OUTPUTS))
    seen = joined(raw)
    assert seen.shape == (30, outputs.JOINED)
    for row, expected in zip(raw.tolist(), seen.tolist(), strict=True):
        assert outputs.joined(row) == pytest.approx(expected)


def test_the_second_stage_goes_by_every_output(model_dir):
    """Where the scores of the levels say nothing, those of the signals still tell the level."""
    risk = np.arange(400) % 4
    raw = np.random.RandomState(2).normal(0, 1, (400, outputs.OUTPUTS))
    raw[:, 4:8] = 0.0
    raw[np.arange(400), 8 + risk] += 6.0
    stage = second_stage(raw, risk)
    scores = joined(raw) @ np.array(stage["risk_scale"]) + stage["risk_bias"]
    assert (scores.argmax(axis=1) == risk).mean() > 0.95
    model = runtime.load(model_dir)
    assert [len(column) for column in model.risk_scale] == [outputs.JOINED] * 4
    assert sum(model.score(range(9)).risk) == pytest.approx(1.0)


@pytest.mark.usefixtures("quick")
def test_the_second_stage_learns_nothing_of_the_fold_it_is_measured_on():
    """However the tools of a fold are labelled, the scores that its second stage learns from stay."""
    items = labelled()
    truth = truth_of(items)
    features, _ = train.documents(items)
    other = truth_of(
        [
            replace(item, category="Other", risk="critical", signals=frozenset())
            if truth.fold[row] == 0
            else item
            for row, item in enumerate(items)
        ]
    )
    assert (other.risk != truth.risk).any()
    before = train.twice_out_of_fold(features, truth, lambda _: None)
    after = train.twice_out_of_fold(features, other, lambda _: None)
    assert (before[0] == after[0]).all()
    assert (before[0][truth.fold == 0] == 0).all()
    assert before[0][truth.fold != 0].any(axis=1).all()
    assert (before[1][truth.fold != 1] != after[1][truth.fold != 1]).any()


def test_grouped_evaluation_of_servers_that_are_alike_finds_their_labels(monkeypatch):
    for one in (train, truth):
        monkeypatch.setattr(one, "FOLDS", 3)
    monkeypatch.setattr(network, "_BATCHES", (90, 45))
    items = labelled()
    figures = evaluate.measure(items, evaluate.grouped(items, lambda _: None))
    assert figures["tools"] == len(items)
    assert figures["risk"]["quadratic_weighted_kappa"] > 0.8


@pytest.mark.usefixtures("quick")
def test_a_signal_without_an_example_is_no_obstacle_and_never_raised(monkeypatch):
    for one in (train, truth):
        monkeypatch.setattr(one, "FOLDS", 3)
    items = [replace(item, signals=item.signals - {"bulk"}) for item in labelled()]
    results = evaluate.grouped(items, lambda _: None)
    assert not any(result.has("bulk-operation") for result in results)


def test_labels_that_hold_a_risk_on_one_server_only_are_refused_in_a_line():
    items = [
        replace(item, risk="high") if item.risk == "critical" and item.family != "page" else item
        for item in labelled()
    ]
    with pytest.raises(LabelError, match="more servers"):
        evaluate.grouped(items, lambda _: None)


def test_evaluation_counts_what_it_says():
    items = labelled()[:3]
    right = list(classify_many((item.tool for item in items), Options(use_reviews=False)))
    figures = evaluate.measure(items, right)
    assert figures["tools"] == 3
    assert figures["evidence"]["verbatim"] == 1.0
    assert sum(map(sum, figures["category"]["confusion"])) == 3
    flipped = [
        Labelled(
            **{f: getattr(i, f) for f in ("tool", "family", "risk", "signals", "certainty")},
            category="Other",
        )
        for i in items
    ]
    assert (
        evaluate.measure(flipped, right)["category"]["accuracy"] < figures["category"]["accuracy"]
    )


def test_calibration_error_of_a_perfect_and_a_boastful_model():
    right = np.array([True, False] * 50)
    assert evaluate.calibration_error(np.full(100, 0.5), right) == pytest.approx(0.0)
    assert evaluate.calibration_error(np.full(100, 1.0), right) == pytest.approx(0.5)


def test_a_quote_that_is_not_there_is_found_out():
    tool = Tool(server=ServerName("s"), name="get_x", description="Get x.")
    assert evaluate.quotes_exactly(tool, Evidence("/description", 0, 3, "Get"))
    assert not evaluate.quotes_exactly(tool, Evidence("/description", 0, 3, "get"))
    assert not evaluate.quotes_exactly(tool, Evidence("/inputSchema/properties/y", 0, 0, "y"))


def review(tmp_path, tool, category="Other", risk="critical"):
    path = tmp_path / "reviewed.tsv"
    path.write_text(facts.HEADER + facts.line(tool, category, risk, ["credentials"], 3))
    return Options(extra_reviews=path)


def test_a_reviewed_definition_is_looked_up(tmp_path):
    tool = Tool(server=ServerName("s"), name="zz_frobnicate", description="Frobnicates.")
    result = classify(tool, review(tmp_path, tool))
    assert (result.category, result.risk, result.decided_by) == (
        Category.OTHER,
        Risk.CRITICAL,
        Basis.REVIEWED,
    )
    assert result.has("credentials")
    assert not result.needs_review


def test_a_text_has_one_digest_however_it_is_written():
    every = "".join(chr(i) for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF)
    for text in (every, "", "\ud800"):
        tool = Tool(server=ServerName("s"), name=text, description=text)
        assert text_digest(tool) == sha256(canonical_json([text, text]))[:16]


def test_another_schema_keeps_the_higher_risk(tmp_path):
    tool = Tool(server=ServerName("s"), name="run_it", description="Run a shell command.")
    options = review(tmp_path, tool, "Execute", "low")
    other = Tool(
        server=ServerName("s"), name="run_it", description="Run a shell command.",
        input_schema={"properties": {"command": {"type": "string"}}},
    )  # fmt: skip
    assert classify(tool, options).risk is Risk.LOW
    changed = classify(other, options)
    assert changed.risk.rank > Risk.LOW.rank
    assert any("higher risk" in note for note in changed.notes)


def test_a_level_that_people_did_not_give_is_not_said_to_be_theirs(tmp_path):
    """They said low of the text, and the model's level stood, "reviewed by people"."""
    tool = Tool(server=ServerName("s"), name="list_secrets", description="List the secrets.")
    options = review(tmp_path, tool, "Read", "low")
    other = replace(tool, input_schema={"properties": {"vault": {"type": "string"}}})
    changed = classify(other, options)
    assert changed.risk.rank > Risk.MEDIUM.rank
    reasons = [addend.reason for addend in changed.addends]
    assert "weight of the wording" in reasons
    assert "reviewed by people" not in reasons
    assert "by the wording as a whole" in changed.rationale
    assert "the wording" not in classify(tool, options).rationale


def test_a_hostile_name_cannot_forge_a_fact():
    tool = Tool(server=ServerName("s\tt\n"), name="a\tRead\tlow\nb", description="x")
    line = facts.line(tool, "Write", "high", [], 3)
    assert line.count("\n") == 1
    assert line.split("\t")[2] == "Write"
    assert line.startswith(text_digest(tool))


def test_a_malformed_label_names_its_line(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"tool": "x", "category": "Read", "risk": "low"}\n{"tool": "y", "category": "Sing", "risk": "low"}\n'
    )
    with pytest.raises(LabelError, match=r"labels\.jsonl:2"):
        read_labels(path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("certainty", "x", "certainty"), ("certainty", None, "certainty"), ("certainty", 4, "certainty"),
        ("signals", 5, "list"), ("signals", ["nonsense"], "nonsense"), ("tool", 5, "texts"), ("server", [1], "texts"),
        ("description", 5, "texts"), ("title", ["x"], "texts"),
        ("tool", None, "no tool is named; give"), ("tool", " ", "no tool is named; give"), ("tool", [], "no tool is named; give"),
        ("input_schema", [1], "input_schema must be an object; correct"), ("input_schema", "{}", "input_schema must be an object"),
        ("input_schema", False, "input_schema must be an object"), ("inputSchema", [], "input_schema must be an object"),
        ("outputSchema", "x", "output_schema must be an object"), ("annotations", ["x"], "annotations must be an object"),
    ],
)  # fmt: skip
def test_a_label_of_the_wrong_shape_says_where(tmp_path, key, value, said):
    row = {"tool": "get", "server": "s", "category": "Read", "risk": "low", key: value}
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(LabelError, match=rf"labels\.jsonl:1: .*{said}"):
        read_labels(path)


GOOD = b'{"tool": "get", "server": "s", "category": "Read", "risk": "low"}\n'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(GOOD, mtime=0)[:-12], "ended before"),
        (gzip.compress(GOOD, mtime=0)[:10] + b"\xff" * 20, "while decompressing"),
        (GOOD, "Not a gzipped file"),
    ],
)
def test_a_compressed_file_of_labels_that_is_broken_is_one_clear_line(tmp_path, data, said):
    path = tmp_path / "labels.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(LabelError, match=rf"labels\.jsonl\.gz: .*{said}.*; give a JSONL file"):
        read_labels(path)


def test_labels_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD * 2)
    assert [item.tool.name for item in read_labels(path)] == ["get", "get"]


@pytest.mark.parametrize(
    ("facts_of", "said"), [(b"ab\xe9\n", "not UTF-8"), (b"# x\nab\tcd\n", ":2: ")]
)
def test_facts_that_are_malformed_say_where(tmp_path, facts_of, said):
    (tmp_path / "facts.tsv").write_bytes(facts_of)
    with pytest.raises(LabelError, match=said):
        read_facts([tmp_path / "facts.tsv"], [tmp_path / "corpus.jsonl"], set())


def test_reviews_that_are_no_text_are_refused_in_a_line(tmp_path):
    file = tmp_path / "reviewed.tsv"
    file.write_bytes(b"0123456789abcdef\t\tRead\tlow\t\t3\tcaf\xe9\n")
    tool = Tool(server=ServerName("s"), name="x")
    with pytest.raises(DataError, match=r"reviewed\.tsv is not UTF-8 text \(byte 33\)"):
        classify(tool, Options(extra_reviews=file))


def judged(item, category, risk, *labels):
    """Return an answer that says so, whatever the engine would say."""
    quote = Evidence("/name", 0, 1, item.tool.name[0])
    found = [Finding(signal=d.signal, evidence=(quote,)) for d in detectors() if d.label in labels]
    said = classify(item.tool, Options(use_reviews=False))
    return said._replace(category=Category(category), risk=Risk(risk), findings=tuple(found))


def test_an_average_is_over_the_classes_that_occur_and_no_others():
    items = [
        replace(item, category="Read", risk="high", signals=frozenset({"bulk"}))
        for item in labelled()[:4]
    ]
    said = [judged(item, "Read", "high", "bulk") for item in items[:3]]
    said.append(judged(items[3], "Write", "low", "admin"))
    figures = evaluate.measure(items, said)
    category, signals = figures["category"], figures["signals"]
    read, write = (category["classes"][name] for name in ("Read", "Write"))
    assert read == {"precision": 1.0, "recall": 0.75, "f1": 6 / 7, "support": 4}
    assert write == {"precision": 0.0, "recall": None, "f1": 0.0, "support": 0}
    absent = {"precision": None, "recall": None, "f1": None, "support": 0}
    assert category["classes"]["Execute"] == category["classes"]["Other"] == absent
    assert category["macro_f1"] == (6 / 7 + 0) / 2
    assert signals["classes"]["admin"] == write
    assert signals["classes"]["financial"] == absent
    assert signals["macro_f1"] == (6 / 7 + 0) / 2
    assert figures["risk"]["dangerous_miss_rate"] == 0.25


def test_a_class_that_is_labelled_and_never_said_counts_as_missed():
    items = labelled()[:1] + labelled()[2:3]  # Read and Write
    figures = evaluate.measure(items, [judged(item, "Read", "low") for item in items])
    missed = {"precision": None, "recall": 0.0, "f1": 0.0, "support": 1}
    assert figures["category"]["classes"]["Write"] == missed
    assert figures["category"]["macro_f1"] == pytest.approx(1 / 3)


def test_the_averages_of_labels_in_which_everything_occurs_are_those_of_scikit_learn():
    items = labelled()
    figures = evaluate.measure(items, evaluate.answers(items))["category"]
    rows, labels = zip(*figures["classes"].items(), strict=True)
    truth, said = [], []
    for row, counts in zip(rows, figures["confusion"], strict=True):
        for column, count in zip(rows, counts, strict=True):
            truth += [row] * count
            said += [column] * count
    expected = precision_recall_fscore_support(truth, said, labels=rows)
    given = [[one[key] for one in labels] for key in ("precision", "recall", "f1", "support")]
    assert given == [column.tolist() for column in expected]
    assert figures["macro_f1"] == f1_score(truth, said, average="macro")


@pytest.mark.parametrize("count", [1, 3])
def test_a_measure_of_nothing_is_not_available(tmp_path, count):
    """The table said nan, 0.0000 of 0, and that Write was never found where there was none."""
    path = tmp_path / "labels.jsonl"
    path.write_bytes(GOOD.replace(b"get", b"list_colours") * count)

    def measured(*words):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", "evaluate", str(path), *words],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    data = measured("--format", "json")
    figures = json.loads(data, parse_constant=pytest.fail)
    risk, hint = figures["risk"], figures["read_only_hint"]
    assert (risk["quadratic_weighted_kappa"], risk["dangerous_miss_rate"]) == (None, None)
    assert hint == {"tools": 0, "agreement": None, "of_labels": None}
    assert figures["category"]["macro_f1"] == 1.0
    assert figures["signals"]["macro_f1"] is None
    assert (figures["category"]["accuracy_most_confident_80"] is None) == (count == 1)
    table = measured()
    shown = dict(line.rsplit("  ", 1) for line in table.splitlines() if "  " in line)
    shown = {name.strip(): value.strip() for name, value in shown.items()}
    assert shown["agreement with readOnlyHint"] == shown["signals macro-F1"] == "-"
    assert shown["risk quadratic-weighted kappa"] == shown["dangerous-miss rate"] == "-"
    assert shown["category macro-F1"] == "1.0000"
    assert " nan" not in table
    (write,) = (one for one in accuracy._read("m", data.encode()).categories if one.name == "Write")
    assert (write.support, write.precision, write.recall, write.f1) == (0, "-", "-", "-")


def test_labels_that_contradict_the_vendor_bound_the_agreement_with_hints():
    def labelled(category, hint):
        annotations = {} if hint is None else {"readOnlyHint": hint}
        tool = parse_tool(ServerName("s"), {"name": "t", "annotations": annotations}, "")
        return SimpleNamespace(tool=tool, category=category)

    labels = [labelled("Read", True), labelled("Write", True), labelled("Execute", False)]
    labels.append(labelled("Read", None))
    answers = [SimpleNamespace(category=Category(c)) for c in ("Other", "Read", "Write", "Write")]
    assert evaluate.hint_agreement(labels, answers) == {
        "tools": 3, "agreement": 1.0, "of_labels": 2 / 3,
    }  # fmt: skip


def test_review_takes_signals_away_and_tells_what_is_not_classified(tmp_path):
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog
    from crawler.gathered import Gathered
    from crawler.records import Server

    db, file = str(tmp_path / "c.db"), tmp_path / "mine.tsv"
    first, later = (
        Tool(server=ServerName(name), name="do_thing", description="Handles deletes.")
        for name in "sl"
    )

    def review():
        return subprocess.run(
            [sys.executable, "-m", "classifier", "review", "--db", db, "--file", str(file)],
            input="rl none\n", capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip

    with Catalog.open(db) as catalog:
        catalog.record_many([Gathered(server=Server(name=first.server), tools=(first,))])
        classify_catalog(catalog, Options())
        assert next(catalog.tools()).classification["signals"]
        catalog.record_many([Gathered(server=Server(name=later.server), tools=(later,))])
    done = review()
    assert "1 tool to review" in done.stderr
    assert "1 tool not classified yet; run `toolrisk classify`" in done.stderr
    fields = file.read_text().split("\t")
    assert fields[2:5] == ["Read", "low", ""]


def test_review_walks_a_person_through_what_is_unsure(tmp_path):
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog
    from crawler.gathered import Gathered
    from crawler.records import Server

    db, file = tmp_path / "c.db", tmp_path / "mine.tsv"
    tool = Tool(server=ServerName("s"), name="zqx", description="")
    with Catalog.open(str(db)) as catalog:
        catalog.record_many([Gathered(server=Server(name=tool.server), tools=(tool,))])
        classify_catalog(catalog, Options())
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "review", "--db", str(db), "--file", str(file)],
        input="nonsense\neh destructive\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asking, wrong = (line for line in done.stderr.splitlines() if "give a category (r read" in line)
    assert asking.endswith("such as eh; Enter skips, q stops")
    assert "signals of: admin, bulk-operation" in wrong
    assert "1 of 1: s / zqx" in done.stdout
    assert classify(tool, Options(extra_reviews=file)).risk is Risk.HIGH
    before = classify(tool).risk.value
    with Catalog.open(str(db)) as catalog:
        for options, level in ((Options(extra_reviews=file), "high"), (Options(), before)) * 2:
            assert classify_catalog(catalog, options).classified == 1
            assert [item.classification["risk"] for item in catalog.tools()] == [level]
            assert classify_catalog(catalog, options).classified == 0
            assert catalog.counts()["classifications"] == 1


def test_review_shows_what_is_labelled_and_asks_nothing_twice(tmp_path):
    from classifier.store import classify_catalog
    from crawler.catalog import Catalog
    from crawler.gathered import Gathered
    from crawler.records import Server

    db, file = str(tmp_path / "c.db"), tmp_path / "mine.tsv"
    schema = {"properties": {"mode": {"enum": ["read", "wipe"]}, "private_key": {"type": "string"}}}
    told = "Zqx.\u202e\nnow: Read low (1.0)" + " x" * 4000
    tool = Tool(server=ServerName("s"), name="zqx", description=told, input_schema=schema)
    with Catalog.open(db) as catalog:
        catalog.record_many([Gathered(server=Server(name=tool.server), tools=(tool,))])
        classify_catalog(catalog, Options())

    def review():
        return subprocess.run(
            [sys.executable, "-m", "classifier", "review", "--db", db, "--file", str(file)],
            input="eh destructive\n", capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip

    done = review()
    lines = done.stdout.splitlines()
    assert "| Zqx.\ufffd" in lines
    assert "| now: Read low (1.0) x x x" in done.stdout
    assert "  - mode: one of read, wipe" in lines
    assert "  - private_key: string" in lines
    assert any("more characters" in line for line in lines)
    assert "1 label kept" in done.stderr
    again = review()
    assert "0 tools to review" in again.stderr
    assert "give a category" not in again.stderr
    assert again.stderr.endswith("0 labels kept\n")
    assert "1 tool of them labelled there already" in again.stderr
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1


def test_ctrl_c_while_a_network_learns_ends_the_work(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn.neural_network._stochastic_optimizers.AdamOptimizer.update_params", interrupted)  # fmt: skip
    items = labelled()
    features, _ = train.documents(items)
    with pytest.raises(KeyboardInterrupt):
        train.fit(features, truth_of(items), np.arange(len(items)))


@pytest.mark.parametrize("held", ["notes of mine\n", None])
def test_facts_are_written_over_nothing_else_and_not_before_it_is_sure(tmp_path, monkeypatch, held):
    from classifier.cli import main

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    labels, place = tmp_path / "l.jsonl", tmp_path / "mine.tsv"
    row = {
        "server": "s",
        "tool": "get_x",
        "description": "Get x.",
        "category": "Read",
        "risk": "low",
    }
    count = 3 if held is None else 30
    labels.write_text((json.dumps(row) + "\n") * count, encoding="utf-8")
    before = held or facts.line(labelled()[0].tool, "Read", "low", [], 3)
    place.write_text(before, encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["train", str(labels), "--out", str(tmp_path / "m"), "--write-facts", str(place)])
    assert stop.value.code == 2
    assert place.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("signals", ["external_side_effect", "destructive,admin", "nonsense"])
def test_a_signal_of_a_review_that_is_none_is_not_lost(tmp_path, signals):
    tool = labelled()[0].tool
    fields = facts.line(tool, "Write", "high", ["destructive"], 3).split("\t")
    path = tmp_path / "mine.tsv"
    path.write_text("\t".join([*fields[:4], signals, *fields[5:]]), encoding="utf-8")
    with pytest.raises(DataError, match="is no signal of a review"):
        classify(tool, Options(extra_reviews=path))


def test_broken_json_is_told_with_its_line(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text('{"a": 1}\n\n{"b": }\n', encoding="utf-8")
    with pytest.raises(LabelError, match=r"l\.jsonl:3: not JSON"):
        list(read_labels_lines(path))


@pytest.mark.parametrize("before", ["", "# mine\n", "# mine", "{line}", "{line}\r\n"])
def test_review_adds_a_line_to_a_file_that_an_editor_left_without_an_end(tmp_path, before):
    from classifier.commands.review import _keep
    from classifier.model.facts import line

    file = tmp_path / "mine.tsv"
    kept, new = (Tool(server=ServerName("s"), name=name, description="") for name in ("zqx", "zqy"))
    file.write_bytes(before.format(line=line(kept, "Read", "low", [], 3).rstrip()).encode())
    _keep(file, line(new, "Execute", "high", [], 3))
    assert classify(new, Options(extra_reviews=file)).risk is Risk.HIGH
    if "line" in before:
        assert classify(kept, Options(extra_reviews=file)).risk is Risk.LOW
    assert b"\n\n" not in file.read_bytes()


@pytest.mark.skipif(not GOLD.is_file(), reason="../shared/labels is not here")
def test_quotes_of_real_definitions_are_verbatim():
    items = read_labels(GOLD)[:1500]
    results = evaluate.answers(items)
    assert evaluate.evidence_share([item.tool for item in items], results)["verbatim"] == 1.0


def test_run_and_classify_go_by_the_same_reviews(tmp_path):
    from crawler.catalog import Catalog

    def toolrisk(*words):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", *words], cwd=tmp_path, capture_output=True,
            text=True, timeout=120, check=True, env=os.environ | {"XDG_DATA_HOME": str(tmp_path)},
        )  # fmt: skip
        return done.stdout

    assert "0 unchanged" in toolrisk("run", "--sample", "--out", "build")
    db = str(tmp_path / "build" / "toolrisk.db")
    with Catalog.open(db) as catalog:
        item = next(catalog.tools(risk="low"))
    (tmp_path / "toolrisk").mkdir()
    line = facts.line(item.tool, "Execute", "critical", ["code-execution"], 3)
    (tmp_path / "toolrisk" / "reviewed.tsv").write_text(line, encoding="utf-8")
    assert "0 unchanged" in toolrisk("classify", "--db", db)
    assert "0 tools classified" in toolrisk("run", "--sample", "--out", "build")
    with Catalog.open(db) as catalog:
        (found,) = catalog.tools(server=item.tool.server, tool=item.tool.name)
    assert found.classification["risk"] == "critical"
