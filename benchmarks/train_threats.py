"""Fit the weights of classifier/wording.py: which sentences read like an order to the model.

    python benchmarks/train_threats.py [--corpus ../shared/corpus/tools.jsonl.gz] [--check] [--write]

Attacks are hand-written (tests/attacks, the splits called dev and the first set; tests/signals), what
is harmless are their near misses, real definitions and those invented for the other model, in whose
plain prose the attacks are written as well: without them its turns of phrase counted as hostile. The few
real ones that were read and judged hostile (data/models/tool-threat-v1/hostile.tsv, by digest) count as attacks. Which sentence of a poisoned definition is the
poison nobody marked: the fit starts with all of them and keeps, round by round, those that stand out.
--check fits on three quarters and counts on the fourth, in turn, whole servers on one side; --write
writes the weights. The same input gives the same bytes.
"""

import argparse
import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import orjson
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from classifier import gate, wording
from classifier.model.labels import lines, to_tool
from classifier.resources import data_dir
from classifier.signals import threats
from classifier.threats import threats_of
from crawler.parse import parse_tool
from crawler.records import ServerName, Tool

ROOT = Path(__file__).parent.parent
FOLDER = data_dir() / "models" / wording.MODEL
SETS = (
    "test",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "tenth",
    "eleventh",
)
FOLDS = 4
INVENTED = 0.2
"""What an invented definition counts beside a real one."""
LEFT_OUT = 5
"""Every which server of the invented definitions is not learned from, only counted."""
ROUNDS, STRENGTH, NEAR_MISS, EASY = 4, 1.0, 10.0, -5.0
PAIR = 0.5
"""What a meeting of two counts beside a word: there are many more of them."""
LEAST_SEEN, SMALL, DIGITS, COMMON, LOST = 3, 0.02, 3, 5, 0.01
LOST_SECOND, SAMPLE = 0.005, 5
"""Attacks that the second look may lose, counted on those left out; every which real definition it learns from."""
BELIEVED = 2.25
"""How far under the bar a passage may stay where a detector by words agrees."""


@dataclass(slots=True)
class Bag:
    """The passages of some definitions: a row each, and whose it is."""

    rows: csr_matrix
    owner: np.ndarray
    size: int

    def only(self, chosen):
        """Return the bag of the chosen definitions, numbered anew."""
        keep = chosen[self.owner]
        number = np.cumsum(chosen) - 1
        return Bag(self.rows[keep], number[self.owner[keep]], int(chosen.sum()))

    def worst(self, scores):
        """Return the highest score of each definition."""
        found = np.full(self.size, -99.0)
        np.maximum.at(found, self.owner, scores)
        return found


def attacks():
    """Return (tool, hostile?) of everything hand-written that may be fitted on."""
    found = []
    for name in SETS:
        for line in (ROOT / "tests" / "attacks" / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            if row.get("split", "dev") == "dev":
                tool = parse_tool(ServerName("attack"), row["definition"], "")
                found.append((tool, row["family"] != "benign", name))
    for detector in threats():
        path = ROOT / "tests" / "signals" / f"{detector.signal.id.replace('-', '_')}.toml"
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for kind in ("match", "no_match"):
            found += [(_case(case), kind == "match", "cases") for case in table.get(kind, ())]
    return found


def _case(case):
    properties = {name: {"type": kind} for name, kind in case.get("parameters", {}).items()}
    schema = json.loads(case["schema"]) if "schema" in case else None
    return Tool(
        server=ServerName("example"), name=case["name"], description=case["description"],
        input_schema=schema or {"type": "object", "properties": properties},
    )  # fmt: skip


def real(path):
    """Return the definitions of the corpus, and apart from them those judged hostile."""
    file = FOLDER / "hostile.tsv"
    listed = {line.split("\t")[0] for line in file.read_text().splitlines() if line[0] != "#"}
    tools = [to_tool(row) for _, row in lines(path)]
    hostile = [tool for tool in tools if tool.definition_sha256 in listed]
    return [tool for tool in tools if tool.definition_sha256 not in listed], hostile


def invented(path):
    """Return the invented definitions that are learned from as harmless, and those left out."""
    tools = [to_tool(row) for _, row in lines(path)]
    left = [sha256(tool.server.encode()).digest()[1] % LEFT_OUT == 0 for tool in tools]
    return (
        [tool for tool, out in zip(tools, left, strict=True) if not out],
        [tool for tool, out in zip(tools, left, strict=True) if out],
    )


def bags(several):
    """Return a bag for each list of definitions, and the vocabulary of all."""
    counts, read = Counter(), []
    for tools in several:
        features = [list(wording.singles_and_pairs(wording.passages(tool))) for tool in tools]
        counts.update(one for each in features for passage in each for one in set(passage))
        read.append(features)
    listed = sorted(one for one, count in counts.items() if count >= LEAST_SEEN)
    vocabulary = {one: number for number, one in enumerate(listed)}
    return [_bag(features, vocabulary) for features in read], listed


def _bag(features, vocabulary):
    columns, starts, owner, shares = [], [0], [], []
    for number, passages in enumerate(features):
        for passage in passages:
            columns += sorted({vocabulary[one] for one in passage if one in vocabulary})
            starts.append(len(columns))
            owner.append(number)
            shares.append(wording.share(len(passage)))
    scale = np.array([PAIR if "\t" in one else 1.0 for one in vocabulary])
    values = scale[columns] * np.repeat(shares, np.diff(starts))
    rows = csr_matrix((values, columns, starts), (len(owner), len(vocabulary)))
    return Bag(rows, np.array(owner), len(features))


def fit(poisoned, near, harmless, real_ones):
    """Return weights and bias; of each poisoned definition what stands out counts as poison.

    The real ones come first among the harmless.
    """
    chosen = np.ones(len(poisoned.owner), bool)
    weight = 1.0 / np.bincount(poisoned.owner, minlength=poisoned.size)[poisoned.owner]
    counts = np.where(harmless.owner < real_ones, 1.0, INVENTED)
    others, its = harmless.rows[::4], counts[::4]
    for number in range(ROUNDS):
        rows = vstack([poisoned.rows[chosen], near.rows, others])
        truth = np.zeros(rows.shape[0])
        truth[: chosen.sum()] = 1
        weights = np.r_[weight[chosen], np.full(near.rows.shape[0], NEAR_MISS), its]
        model = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-3, random_state=0)
        model.fit(rows, truth, weights)
        vector, bias = model.coef_[0], float(model.intercept_[0])
        scores = poisoned.rows @ vector + bias
        best = poisoned.worst(scores)[poisoned.owner]
        chosen = (scores >= best - 1e-9) | ((scores > 0) & (scores > best - 3))
        weight = np.ones(len(scores))
        if number < ROUNDS - 1:  # what no round was ever near to is left out: it only costs time
            hard = harmless.rows @ vector + bias > EASY
            others, its = harmless.rows[hard], counts[hard]
    return vector, bias


def fit_gate(poisoned, harmless):
    """Return weights, none below zero, of the words of passages, and the bound."""
    seen = Counter(one for found in poisoned for one in found)
    listed = sorted(one for one, count in seen.items() if count >= LEAST_SEEN)
    number = {one: index for index, one in enumerate(listed)}
    rows = [[number[one] for one in sorted(found) if one in number] for found in (*poisoned, *harmless)]  # fmt: skip
    starts = np.cumsum([0, *map(len, rows)])
    matrix = csr_matrix((np.ones(starts[-1]), np.concatenate(rows), starts), (len(rows), len(listed)))  # fmt: skip
    truth = np.where(np.arange(len(rows)) < len(poisoned), 1.0, -1.0)
    count = np.where(truth > 0, 10.0, 1.0)

    def loss(vector):
        z = truth * (matrix @ vector[:-1] + vector[-1])
        slope = -count * truth / (1 + np.exp(z))
        value = (count * np.logaddexp(0, -z)).sum() + 1.5 * (vector[:-1] ** 2).sum()
        return value, np.r_[matrix.T @ slope + 3 * vector[:-1], slope.sum()]

    bounds = [(0, None)] * len(listed) + [(None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    sums = matrix @ found.x[:-1]
    for lost in (0.002, 0.005, 0.01, 0.02, 0.03):
        least = float(np.quantile(sums[: len(poisoned)], lost))
        share = float((sums[len(poisoned) :] >= least).mean())
        print(
            f"gate: {share:.3f} of real passages are weighed where {lost} are lost, {np.sum(found.x > SMALL)} words"
        )
    least = float(np.quantile(sums[: len(poisoned)], LOST))
    return {one: _short(w) for one, w in zip(listed, found.x[:-1], strict=True) if w > SMALL}, least


def fit_second(poisoned, harmless):
    """Return weights of words for the second look, and the bound that few attacks left out miss.

    Of each attack there are several passages, each enough by itself.
    """
    part, bounds, weighed = np.arange(len(poisoned)) % FOLDS, [], []
    side = np.arange(len(harmless)) % FOLDS
    for fold in range(FOLDS):
        known = [each for each, its in zip(poisoned, part, strict=True) if its != fold]
        listed, vector, bias = _second(known, [one for one, its in zip(harmless, side, strict=True) if its != fold])  # fmt: skip
        unseen = [each for each, its in zip(poisoned, part, strict=True) if its == fold]
        best = [max(_counted(each, listed) @ vector + bias) for each in unseen]
        bounds.append(np.quantile(best, LOST_SECOND))
        rows = _counted(
            [one for one, its in zip(harmless, side, strict=True) if its == fold], listed
        )
        weighed.append((rows @ vector + bias >= bounds[-1]).mean())
    print(f"second look: {np.mean(weighed):.3f} of unseen real passages pass where {LOST_SECOND} of unseen attacks are lost")  # fmt: skip
    listed, vector, bias = _second(poisoned, harmless)
    kept = {one: _short(w) for one, w in zip(listed, vector, strict=True) if abs(w) > SMALL}
    return kept, float(np.mean(bounds)) - bias


def _second(poisoned, harmless):
    rows = [each[0] for each in poisoned] + harmless
    seen = Counter(key for count, _ in rows for key in count)
    listed = {key: i for i, key in enumerate(sorted(k for k, n in seen.items() if n >= LEAST_SEEN))}
    truth = np.arange(len(rows)) < len(poisoned)
    model = LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-3, random_state=0)
    model.fit(_counted(rows, listed), truth, np.where(truth, 10.0, 1.0))
    return listed, model.coef_[0], float(model.intercept_[0])


def _counted(rows, listed):
    columns, values, starts = [], [], [0]
    for count, words in rows:
        found = sorted((listed[key], n) for key, n in count.items() if key in listed)
        columns += [column for column, _ in found]
        values += [n * gate.fewer(words) for _, n in found]
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), (len(rows), len(listed)))


def counts_of(tool, model=None):
    """Return (how often each key, how many words) of passages; with a model, of those above its bar, the worst first."""
    each = list(wording.passages(tool))
    if model:
        each = sorted((one for one in each if model.score(one) >= model.sure), key=model.score, reverse=True)  # fmt: skip
    found = []
    for one in each:
        words = wording.words_of(one.told.encode())
        found.append(
            (Counter(key for word in words for key in wording.gate_keys(word)), len(words))
        )
    return found


def _short(value):
    return round(float(value), DIGITS)


def told_by(tools, weights=None):
    """Return the gate's keys of each passage; with weights, of each tool's worst one only."""
    found = []
    for tool in tools:
        each = list(wording.passages(tool))
        if weights and each:
            each = sorted(each, key=weights.score)[-1:]
        found += [_keys(one.told) for one in each]
    return found


def _keys(told):
    words = wording.words_of(told.encode())
    return set().union(*map(wording.gate_keys, words))


def check(both, hostile, tools, pairs, real_ones):
    """Fit on all folds but one and count on that; return the real ones, which come first, with the highest scores."""
    bag, corpus = both
    side = np.array([sha256(tool.server.encode()).digest()[0] % FOLDS for tool in tools])
    part = np.arange(bag.size) % FOLDS
    soft = np.array([_by_words(tool) for tool in tools])
    agreed = np.array([_by_words(tool) for tool, _, _ in pairs])
    otherwise = np.array([_otherwise(tool) for tool, _, _ in pairs])
    place = np.array([name for _, _, name in pairs])
    worst, scores = np.zeros(len(tools)), np.zeros(bag.size)
    for fold in range(FOLDS):
        mine, its = part != fold, side != fold
        vector, bias = fit(
            bag.only(mine & hostile),
            bag.only(mine & ~hostile),
            corpus.only(its),
            int(its[:real_ones].sum()),
        )
        worst[~its] = _scores(corpus.only(~its), vector, bias)
        scores[~mine] = _scores(bag.only(~mine), vector, bias)
    worst, scores = worst + BELIEVED * soft, scores + BELIEVED * agreed
    for bar in (1.5, 1, 0.5, 0.25, 0, -0.25, -0.5, -0.75, -1, -1.5):
        share, told = (worst[:real_ones] >= bar).mean(), (worst[real_ones:] >= bar).mean()
        raised = (scores >= bar) | otherwise
        each = {name: f"{raised[(place == name) & hostile].mean():.3f}/{raised[(place == name) & ~hostile].mean():.3f}" for name in (*SETS, "cases")}  # fmt: skip
        servers = len(
            {
                tool.server
                for tool, score in zip(tools[:real_ones], worst[:real_ones], strict=True)
                if score >= bar
            }
        )
        print(
            f"bar {bar:.2f}: {share:.2%} of unseen real ones ({servers} servers), {told:.2%} of unseen invented ones; recall/near misses {each}"
        )
    order = np.argsort(-worst[:real_ones])[:60]
    return [(worst[i], tools[i]) for i in order]


def _scores(bag, vector, bias):
    return bag.worst(bag.rows @ vector + bias)


WORDS = {detector.signal.id for detector in threats() if detector.phrases}


def _by_words(tool):
    found = threats_of(tool)  # 0.7 is what is left of a finding that the weights did not believe
    return any(one.confidence >= 0.7 and one.signal.id in WORDS for one in found)


def _otherwise(tool):
    found = [one.signal.id for one in threats_of(tool) if one.is_threat]
    return not (WORDS | {"hostile-wording"}).issuperset(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus/tools.jsonl.gz"))
    parser.add_argument("--written", type=Path, default=data_dir() / "labels" / "written.jsonl")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sure", type=float, default=0.0, help="the bar, from an earlier --check")
    options = parser.parse_args()
    tools, judged = real(options.corpus)
    kept_in, left = invented(options.written)
    harmless = tools + kept_in
    pairs = attacks() + [(tool, True, "real") for tool in judged]
    written, hostile = [tool for tool, _, _ in pairs], np.array([bad for _, bad, _ in pairs])
    (bag, corpus), listed = bags([written, harmless])
    print(f"{hostile.sum()} attacks, {(~hostile).sum()} near misses, {len(tools)} real, {len(kept_in)} invented; {bag.rows.shape} {corpus.rows.shape}")  # fmt: skip
    if options.check:
        for score, tool in check((bag, corpus), hostile, harmless, pairs, len(tools)):
            print(f"  {score:.2f}\t{tool.server}\t{tool.name}\t{tool.definition_sha256}")
    if not options.write:
        return
    vector, bias = fit(bag.only(hostile), bag.only(~hostile), corpus, len(tools))
    worst, scores = _scores(corpus, vector, bias)[: len(tools)], _scores(bag, vector, bias)
    for bar in (1, 0.5, 0, -0.5, -1, -1.5):
        print(f"fitted, bar {bar}: recall {(scores >= bar)[hostile].mean():.3f}, near misses {(scores >= bar)[~hostile].mean():.3f}, real {(worst >= bar).mean():.4%}")  # fmt: skip
    scaled = [w * (PAIR if "\t" in one else 1.0) for one, w in zip(listed, vector, strict=True)]
    kept = [(one, _short(w)) for one, w in zip(listed, scaled, strict=True) if abs(w) >= SMALL]
    single = {one: w for one, w in kept if "\t" not in one}
    two: dict[str, dict[str, float]] = {}
    for both, w in kept:
        one, tab, other = both.partition("\t")
        if tab:
            two.setdefault(one, {})[other] = w
    model = wording.Weights(single, two, _short(bias), options.sure, 0, {}, {}, 0)
    unseen = np.array(
        [max(map(model.score, wording.passages(tool)), default=-99.0) for tool in left]
    )
    print(f"invented, left out: {len(left)}, " + ", ".join(f"{(unseen >= bar).mean():.3%} from {bar}" for bar in (1, 0.5, 0.25, 0, -0.25, -0.5, -1)))  # fmt: skip
    poison = [tool for tool, bad, _ in pairs if bad and not _otherwise(tool)]
    first, least = fit_gate(told_by(poison, model), told_by(tools[::7]))
    second, likely = fit_second(
        [found for found in (counts_of(tool, model) for tool in poison) if found],
        [one for tool in tools[::SAMPLE] for one in counts_of(tool)],
    )
    common = Counter(
        word
        for tool in (*written, *tools)
        for word in wording.words_of(orjson.dumps(tool.definition))
    )
    ready = {
        word.decode(): _short(sum(first.get(key, 0.0) for key in wording.gate_keys(word)))
        for word, count in sorted(common.items())
        if count >= COMMON and word.isascii()
    }
    aside = [
        _short(sum(second.get(key, 0.0) for key in wording.gate_keys(word.encode())))
        for word in ready
    ]
    made = {
        "format": 1, "bias": _short(bias), "sure": options.sure, "doubt": options.sure - BELIEVED,
        "open": _short(least), "gate": first, "ready": ready,
        "second": second, "ready_second": aside, "likely": _short(likely), "single": single, "pairs": two,
    }  # fmt: skip
    (FOLDER / "weights.json").write_bytes(orjson.dumps(made) + b"\n")
    print(f"{len(single)} single, {sum(map(len, two.values()))} pairs")


if __name__ == "__main__":
    main()
