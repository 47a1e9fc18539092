# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # How good the classifier is, and where it fails
#
# All figures are on servers that the model never saw: labels are dealt into five folds by family of
# servers. The first part reads `metrics.json`, which ships with the model. The second trains, and
# needs the labelled definitions beside the checkout; without them it says so and stops there.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
from common import CATEGORIES, GOLD, RISKS, bars

from classifier.resources import data_dir

metrics = json.loads((data_dir() / "models" / "tool-risk-v1" / "metrics.json").read_text())
category, risk = metrics["category"], metrics["risk"]
print(
    f"{metrics['tools']:,} tools: category accuracy {category['accuracy']:.3f}, macro-F1 "
    f"{category['macro_f1']:.3f}, risk kappa {risk['quadratic_weighted_kappa']:.3f}, "
    f"dangerous misses {risk['dangerous_miss_rate']:.1%}"
)

# %% [markdown]
# ## Confusion
#
# Rows are what people said, columns what the classifier says, as shares of the row. *Other* is hard:
# a tool that returns its own guide reads like one that looks something up. Of risk, the corners
# matter: bottom left are dangerous tools called low.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for axis, names, table in zip(
    axes, (CATEGORIES, RISKS), (category["confusion"], risk["confusion"]), strict=True
):
    shares = np.array(table) / np.array(table).sum(axis=1, keepdims=True)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(4), names)
    axis.set_yticks(range(4), names)
    for i in range(4):
        for j in range(4):
            axis.text(
                j,
                i,
                f"{shares[i, j]:.0%}",
                ha="center",
                va="center",
                color="white" if shares[i, j] > 0.5 else "black",
                fontsize=9,
            )
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Signals
#
# F1 of each of the nine capability signals. What depends on words in the definition (destructive,
# code) is found well; what depends on whose data it is, or who wrote a text, often is not there.

# %%
classes = metrics["signals"]["classes"]
names = sorted(classes, key=lambda name: -classes[name]["f1"])
figure, axis = plt.subplots()
bars(axis, names, [round(classes[name]["f1"], 2) for name in names])
axis.set_title("F1 on unseen servers")
plt.show()

# %% [markdown]
# ## What does each part bring?
#
# One fold is held out, and only the regression of the category is fitted, on gold alone: the shipped
# model has two networks beside it and learned from more. The learning curve trains on fewer labels, and
# flattens: the last thousands bring little. The ablation leaves out rules, schema features, or all but
# words: rules and schema bring half a point each, all that is more than words brings five.

# %%
if GOLD.is_file():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    from classifier.model import train
    from classifier.model.labels import read_labels
    from classifier.model.truth import truth_of

    labelled = read_labels(GOLD)
    truth = truth_of(labelled)
    features = [one.features for one in train.documents(labelled)[0]]
    held = np.where(truth.fold == 0)[0]
    learn = np.random.RandomState(0).permutation(np.where(truth.fold != 0)[0])

    def macro_f1(chosen, rows):
        keys, idf = train.vocabulary(chosen, rows)
        model = LogisticRegression(C=16, max_iter=300, class_weight="balanced")
        model.fit(train.vectors(chosen, keys, idf, rows), truth.category[rows])
        raw = model.decision_function(train.vectors(chosen, keys, idf, held))
        said = raw.argmax(axis=1)
        return f1_score(truth.category[held], said, average="macro"), raw, said

    sizes = [1000, 2500, 5000, len(learn)]
    curve = [macro_f1(features, np.sort(learn[:size]))[0] for size in sizes]
    figure, axis = plt.subplots()
    axis.plot(sizes, curve, marker="o", color="#44617b")
    axis.set_xscale("log")
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.minorticks_off()
    axis.set_xlabel("labels")
    axis.set_ylabel("category macro-F1")
    plt.show()
else:
    print("the labelled definitions are not here, so nothing is trained")

# %%
if GOLD.is_file():
    rules, schema = (
        {"r", "rs", "rr", "rc", "rcs"},
        {"p", "pt", "pc", "e", "ev", "a", "av", "am", "amv", "pf", "pfv", "x"},
    )
    words = {"n", "d", "f", "t", "s", "nb", "db", "rb"}

    def only(keep):
        return [{key for key in one if keep(key[0])} for one in features]

    everything, raw, said = macro_f1(features, np.sort(learn))
    shown = {
        "everything": everything,
        "without rules": macro_f1(only(lambda b: b not in rules), np.sort(learn))[0],
        "without schema": macro_f1(only(lambda b: b not in schema), np.sort(learn))[0],
        "words alone": macro_f1(only(lambda b: b in words), np.sort(learn))[0],
    }
    figure, axis = plt.subplots()
    bars(axis, shown, [round(value, 3) for value in shown.values()])
    axis.set_title("category macro-F1 of one fold")
    plt.show()

# %% [markdown]
# ## Calibration
#
# When it says 0.8, is it right four times in five? The raw scores of the held-out fold are turned
# into probabilities by a softmax; the shipped model is calibrated once more, which brings its error
# to the figure below.

# %%
print(
    f"expected calibration error of the shipped model: {category['expected_calibration_error']:.3f}"
)
if GOLD.is_file():
    sure = np.exp(raw[:, :4] - raw[:, :4].max(axis=1, keepdims=True))
    sure = (sure / sure.sum(axis=1, keepdims=True)).max(axis=1)
    right = said == truth.category[held]
    edges = np.linspace(0.25, 1, 9)
    middle = [
        ((low + high) / 2, right[(sure >= low) & (sure < high + 1e-9)].mean())
        for low, high in zip(edges, edges[1:], strict=False)
        if ((sure >= low) & (sure < high)).any()
    ]
    figure, axis = plt.subplots(figsize=(4, 4))
    axis.plot([0.25, 1], [0.25, 1], color="#bbbbbb")
    axis.plot(*zip(*middle, strict=True), marker="o", color="#44617b")
    axis.set_xlabel("said")
    axis.set_ylabel("was right")
    plt.show()

# %% [markdown]
# ## Errors to read
#
# The surest errors of the held-out fold. Some are ours; some are labels that one could argue with.

# %%
if GOLD.is_file():
    wrong = [i for i in np.argsort(-sure) if not right[i]][:15]
    for place in wrong:
        one = labelled[held[place]]
        print(
            f"{one.tool.server[:28]:30}{one.tool.name[:34]:36}{one.category:9}said "
            f"{CATEGORIES[said[place]]:9}{sure[place]:.2f}"
        )
