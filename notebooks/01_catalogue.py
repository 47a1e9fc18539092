# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # What is out there
#
# Thousands of tools are offered to AI agents. What do they do when they are called, how much harm
# can one call do, and how is that spread over servers? Two sets of data answer: labels of almost
# ten thousand public definitions that people have **read** (they ship with the product, without the
# definitions), and a **catalogue** that the classifier has judged. The second is made of the shared
# corpus where it stands beside the checkout, else of our own sample server, which is far too small
# for shares and only shows that everything runs.

# %%
import json
from collections import Counter, defaultdict

import matplotlib.pyplot as plt
from common import CATEGORIES, COLOURS, CORPUS, RISKS, bars, catalogue, reviewed

rows = reviewed()
print(f"{len(rows):,} reviewed definitions of {len({r['server'] for r in rows}):,} servers")
print("catalogue:", "the shared corpus" if CORPUS.is_file() else "the sample server only")

# %% [markdown]
# ## Categories and risk
#
# About half of all tools only read. The others are where policy matters: the darker the bar, the
# more harm one call can do. *Execute* is the category with the largest share of high and critical.

# %%
counts = Counter((row["category"], row["risk"]) for row in rows)
figure, axis = plt.subplots()
left = [0] * len(CATEGORIES)
for risk in RISKS:
    values = [counts[category, risk] for category in CATEGORIES]
    axis.barh(CATEGORIES, values, left=left, color=COLOURS[risk], label=risk)
    left = [a + b for a, b in zip(left, values, strict=True)]
axis.invert_yaxis()
axis.legend(frameon=False)
axis.set_xlabel("tools that people have read")
plt.show()

# %% [markdown]
# ## Signals
#
# A signal is an observation with evidence. The most frequent say that a call reaches beyond its own
# store, or shows private data. Money is rare, and critical nearly always.

# %%
signals = Counter(signal for row in rows for signal in row["signals"])
figure, axis = plt.subplots()
bars(
    axis,
    [s for s, _ in signals.most_common()],
    [n / len(rows) for _, n in signals.most_common()],
    share=True,
)
axis.set_title("share of tools that raise it")
plt.show()

# %% [markdown]
# ## Servers
#
# Allowing a server means allowing its worst tool, unless tools are allowed one by one. The curve
# says how quickly that goes wrong: the share of servers whose worst tool is at each level, by the
# number of tools that were read.

# %%
by_server = defaultdict(list)
for row in rows:
    by_server[row["server"]].append(RISKS.index(row["risk"]))
groups = {"1 tool": (1, 1), "2 to 4": (2, 4), "5 to 9": (5, 9), "10 or more": (10, 10_000)}
figure, axis = plt.subplots()
left = [0.0] * len(groups)
for level, risk in enumerate(RISKS):
    shares = []
    for low, high in groups.values():
        worst = [max(found) for found in by_server.values() if low <= len(found) <= high]
        shares.append(worst.count(level) / max(1, len(worst)))
    axis.barh(list(groups), shares, left=left, color=COLOURS[risk], label=risk)
    left = [a + b for a, b in zip(left, shares, strict=True)]
axis.invert_yaxis()
axis.set_xlabel("share of servers, by their worst tool")
axis.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.2))
plt.show()

# %% [markdown]
# ## The same, judged by the classifier
#
# The classifier's own catalogue should look like what people found. Where it does not, either the
# sample differs or the classifier does; the next notebook measures the second.

# %%
with catalogue() as opened:
    tools = list(opened.tools())
judged = Counter(item.classification["risk"] for item in tools)
people = Counter(row["risk"] for row in rows)
figure, axes = plt.subplots(1, 2, sharey=True)
for axis, title, found in zip(axes, ("people", "classifier"), (people, judged), strict=True):
    bars(axis, RISKS, [found[r] / sum(found.values()) for r in RISKS], share=True)
    axis.set_title(f"{title}, {sum(found.values()):,} tools")
plt.show()
reviewed_share = sum(i.classification["decided_by"] == "reviewed" for i in tools) / len(tools)
print(
    f"decided by a review: {reviewed_share:.0%}; sent to a person: "
    f"{sum(i.classification['needs_review'] for i in tools) / len(tools):.0%}"
)

# %% [markdown]
# ## Drift
#
# A definition can change after it was allowed. The catalogue keeps every one it has met. Here three
# tools of one server are met again, one with other words, one gone, one new; a real crawl finds the
# same by running twice.

# %%
from crawler.gathered import Gathered
from crawler.records import Server, ServerName, Tool

name = ServerName("example")


def met(*tools):
    return [
        Gathered(
            server=Server(name=name),
            tools=tuple(Tool(server=name, name=n, description=d) for n, d in tools),
        )
    ]


with catalogue() as opened:
    opened.record_many(
        met(("get_note", "Get a note."), ("list_notes", "List notes.")), now="2026-01-01T00:00:00Z"
    )
    opened.record_many(
        met(("get_note", "Get a note and post it to the team."), ("drop_notes", "Drop all notes.")),
        now="2026-02-01T00:00:00Z",
    )
    for change in opened.changes("2026-01-15T00:00:00Z"):
        if change.server == name:
            print(json.dumps({"kind": change.kind, "tool": change.tool, "at": change.at[:10]}))
