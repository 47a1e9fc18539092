"""Convolutions over words: gradients, whole numbers, and what they learn that a bag of words cannot."""

import hashlib
import json

import numpy as np
import pytest

from classifier.effects import book
from classifier.errors import DataError
from classifier.model import convolution, fit_convolution
from classifier.model.convolution import EXACT, FILES, Late, load
from classifier.model.fit_convolution import Learner, batch_of
from classifier.model.tokens import NAME, PARAMETER, RULE, SERVER, TEXT, VALUE, Tokens, tokens
from classifier.reading import read
from crawler.records import ServerName, Tool

GROUPS = (2, 2)
OUTPUTS = 6


def made(text, place=TEXT):
    words = tuple(text.split())
    return Tokens(bytes((place,)) * len(words), words)


def targets(yes):
    """Return rows of two categories, two levels and two signals, all of which say the same."""
    return np.array([[y, 1 - y, y, 1 - y, y, 1 - y] for y in yes])


def fitted(given, yes):
    return fit_convolution.fit_convolution(given, targets(yes), np.ones(len(given)), GROUPS)


@pytest.fixture(scope="module")
def fit():
    rng = np.random.RandomState(1)
    given = [
        made(" ".join(rng.choice(["get", "send", "mail", "file", "not", "all", "the"], n)))
        for n in rng.randint(1, 30, 80)
    ]
    yes = [int("not send" in " ".join(one.words)) for one in given]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_convolution, "_LEAST_STEPS", 20)
        return fitted(given, yes), given


def test_the_order_of_words_is_learned():
    """Both kinds have the same words: a bag of them knows no difference."""
    rng = np.random.RandomState(0)
    given, yes = [], []
    for _ in range(300):
        words = ["does", "not", "delete", "files", "and", "keeps", *"abcdefgh"[: rng.randint(8)]]
        rng.shuffle(words)
        words.remove("not")
        is_denied = rng.randint(2)
        at = words.index("delete") if is_denied else rng.randint(len(words) + 1)
        words.insert(at, "not")
        given.append(made(" ".join(words)))
        yes.append(int("not delete" in " ".join(words)))
    network = fitted(given[:220], yes[:220]).network
    said = np.array(network.scores(given[220:]))
    right = (said[:, 0] > said[:, 1]) == (np.array(yes[220:]) == 1)
    assert right.mean() > 0.9
    assert 0.3 < np.mean(yes) < 0.8


def test_gradients_are_what_the_loss_changes_by():
    rng = np.random.RandomState(3)
    learner = Learner(rng, 12, OUTPUTS, GROUPS)
    learner.numbers = {name: value.astype(np.float64) for name, value in learner.numbers.items()}
    rows = [rng.randint(2, 12, n) for n in (3, 1, 7)]
    places = [np.sort(rng.randint(0, 7, len(row))).astype(np.uint8) for row in rows]
    batch = batch_of(rows, places)
    wanted, weight = targets([1, 0, 1]).astype(float), np.array([1.0, 0.5, 2.0])
    kept = {
        name: (rng.random_sample(shape) > 0.3) * 1.4
        for name, shape in {
            "rows": (len(batch.ids), fit_convolution.WIDTH),
            "strongest": (3, 4 * fit_convolution.UNITS),
            "dense": (3, fit_convolution.DENSE),
        }.items()
    } | {"replaced": np.arange(len(batch.ids)) % 4 == 1}
    found = learner.gradients(batch, wanted, weight, kept)
    touched, slopes = found.pop("table")
    found["table"] = np.zeros_like(learner.numbers["table"])
    found["table"][touched] = slopes
    shown = batch._replace(ids=np.where(kept["replaced"] & (batch.ids > 0), 1, batch.ids))
    tried = 0
    for name, gradient in found.items():
        numbers = learner.numbers[name]
        steepest = np.argsort(-np.abs(gradient), axis=None)[:6]
        for at in (*steepest, *rng.randint(0, gradient.size, 6)):
            place = np.unravel_index(at, gradient.shape)
            if name == "places" and place[0] == 7:
                continue  # what stands between definitions is held at nothing
            before, step = numbers[place], 1e-5
            numbers[place] = before + step
            more = learner.loss(shown, wanted, weight, kept)
            numbers[place] = before - step
            less = learner.loss(shown, wanted, weight, kept)
            numbers[place] = before
            assert gradient[place] == pytest.approx((more - less) / (2 * step), rel=1e-3, abs=1e-6)
            tried += abs(gradient[place]) > 1e-6
    assert tried > 60


def test_whole_numbers_say_what_the_fractions_said(fit, monkeypatch):
    kept = {}
    plain = fit_convolution._Whole.__init__

    def watched(self, numbers):
        kept["numbers"] = numbers
        plain(self, numbers)

    monkeypatch.setattr(fit_convolution._Whole, "__init__", watched)
    monkeypatch.setattr(fit_convolution, "_LEAST_STEPS", 20)
    _, given = fit
    again = fitted(given, [int("not send" in " ".join(one.words)) for one in given])
    index = again.network.words
    rows = [np.array([index.get(word, 1) for word in one.words]) for one in given]
    places = [np.frombuffer(one.places, np.uint8) for one in given]
    exact = fit_convolution.forward(kept["numbers"], batch_of(rows, places))["said"]
    said = np.array(again.network.scores(given))
    assert np.abs(said - exact).max() < 0.15 * np.abs(exact).max()
    assert again.data == fit[0].data  # and a second training is the first one again


def test_answers_do_not_hang_on_what_is_scored_beside(fit, monkeypatch):
    network, given = fit[0].network, fit[1]
    together = network.scores(given)
    assert [network.scores([one])[0] for one in given] == together
    monkeypatch.setattr(convolution, "_AT_ONCE", 7)
    assert network.scores(given) == together
    assert network.scores(given[::-1]) == together[::-1]
    assert len({tuple(row) for row in together}) > 40


def test_no_sum_can_leave_what_is_exact(fit):
    network = fit[0].network
    most = {"near": 2 * 127, "wide": 255, "dense": 2 * 255, "last": 255}
    for name, largest in most.items():
        layer = getattr(network, name)
        assert (np.abs(layer.weights).sum(axis=0) * largest + np.abs(layer.bias) < EXACT).all()
        assert (layer.weights == np.rint(layer.weights)).all()
        assert (np.log2(layer.scale) == np.rint(np.log2(layer.scale))).all()


def test_a_definition_of_nothing_and_words_never_seen_have_scores(fit):
    network = fit[0].network
    nothing, strange = network.scores([made(""), made("qqq zzz \u20ac")])
    assert np.isfinite([*nothing, *strange]).all()
    assert network.scores([]) == []
    assert network.scores([made("aaa bbb")]) == network.scores([made("ccc ddd")])


def test_files_that_do_not_fit_are_refused(fit, tmp_path):
    one = fit[0]
    with pytest.raises(DataError, match="toolrisk train"):
        load(one.config, one.words[1:], one.data)
    config = json.loads(json.dumps(one.config))
    with pytest.raises(DataError, match="toolrisk train"):
        Late(tmp_path, config).scores([made("send")])
    (tmp_path / FILES[0]).write_text("".join(word + "\n" for word in one.words))
    (tmp_path / FILES[1]).write_bytes(one.data)
    assert Late(tmp_path, config).scores(fit[1]) == one.network.scores(fit[1])


def words_of(**parts):
    reading = read(Tool(server=ServerName(parts.pop("server", "s")), **parts))
    found = tokens(reading, book().matching(reading))
    assert len(found.places) == len(found.words)
    assert list(found.places) == sorted(found.places)
    return {
        place: [w for w, p in zip(found.words, found.places, strict=True) if p == place]
        for place in range(7)
    }


def test_words_stand_in_order_and_by_where_they_are():
    found = words_of(
        name="deleteOldFiles", description="Does NOT delete: it hides (see `docs`), 30 days.",
        server="acme-files", server_text="Files of Acme.",
        input_schema={"properties": {"sortOrder": {"enum": ["newest first", "oldest"]}, "id": {}}},
    )  # fmt: skip
    assert found[NAME] == ["delete", "old", "files"]
    assert " ".join(found[TEXT]) == "does not delete : it hides ( see ` docs ` ) , 30 days ."
    assert found[PARAMETER] == ["<p>", "id", "<p>", "sort", "order"]
    assert found[VALUE] == ["newest", "first", "oldest"]
    assert found[SERVER] == ["acme", "files"]
    assert "delete" in " ".join(found[RULE])


def test_the_order_of_keys_changes_no_word():
    keys = ["to", "dryRun", "body", "cc"]
    one, other = (
        words_of(name="x", input_schema={"properties": {key: {} for key in order}, "required": ["to"]})
        for order in (keys, keys[::-1])
    )  # fmt: skip
    assert one == other
    assert one[PARAMETER][:2] == ["<p>", "to"]


def test_writing_without_spaces_is_cut_into_pairs_and_other_letters_are_words():
    found = words_of(name="x", description="删除文件 supprimé удалить ファ")
    assert found[TEXT] == ["删除", "除文", "文件", "supprimé", "удалить", "ファ"]


@pytest.mark.parametrize("server", ["tools.json", "mine (/home/me/delete-all/tools.json)"])
def test_where_a_file_lies_is_no_word(server):
    found = words_of(name="x", server=server)
    assert found[SERVER] in ([], ["mine"])


def test_a_sequence_is_bounded_whatever_comes():
    found = words_of(
        name="a_" * 500, description="word " * 100_000, server_text="text " * 100_000,
        input_schema={"properties": {f"p{i}": {"enum": ["a b c"] * 40} for i in range(900)}},
    )  # fmt: skip
    assert sum(map(len, found.values())) < 400


def test_what_is_no_text_is_no_word():
    assert words_of(name="x", description=["send", "mail"])[TEXT] == []


def test_the_shipped_network_is_the_one_that_the_config_names():
    from classifier.model import runtime
    from classifier.resources import data_dir

    folder = data_dir() / "models" / runtime.MODEL_DIR
    config = json.loads((folder / "config.json").read_text())
    digest = config.pop("digest")
    files = [(folder / name).read_bytes() for name in ("weights.bin", "vocabulary.txt", *FILES)]
    text = json.dumps(config, indent=1)
    assert hashlib.sha256(b"".join(files) + text.encode()).hexdigest()[: len(digest)] == digest
    assert (folder / FILES[0]).read_text(encoding="utf-8").count("\n") > 10_000
