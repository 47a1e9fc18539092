# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # What would a policy have stopped?
#
# Before a policy is switched on, one wants to know what it would have done yesterday. `calls.jsonl`
# is a recorded working day of an agent at the help desk of our own sample server: mostly reading,
# some writing, one cleanup, one script. Three profiles are held against it, in the real engine
# where a target has one.

# %%
import json
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt

from classifier.engine import classify
from classifier.enforcement.calls import read_calls
from classifier.enforcement.reading import simulator
from classifier.intent import decide_intent
from classifier.policies import module_of, render, target
from classifier.rule import Profile
from crawler import sample_server
from crawler.parse import parse_tools
from crawler.records import ServerName

tools, _ = parse_tools(ServerName("desk"), sample_server.TOOLS, "")
verdicts = {tool.name: classify(tool) for tool in tools}
for tool in tools:
    found = verdicts[tool.name]
    print(
        f"{tool.name:20}{found.category:9}{found.risk:10}{', '.join(f.signal.id for f in found.findings)}"
    )

# %% [markdown]
# ## The day, under each profile
#
# `read-only` lets nothing change. `recommended` bounds what can be undone, asks for what cannot and
# refuses what is critical. `strict` asks for more and allows less. The target here is OPA; its
# policy is answered by a real Rego engine.

# %%
lines = Path("calls.jsonl").read_text().splitlines()
print(f"{len(lines)} calls:", dict(Counter(json.loads(line)["tool"] for line in lines)))


def day(profile, target_id):
    intents = [decide_intent(tool, verdicts[tool.name], profile) for tool in tools]
    text = render(target_id, "desk", intents).text
    decide = simulator(target(target_id), module_of(target_id), text)
    return [(call.tool, decide(call).value) for call in read_calls(lines, "desk")]


COLOURS = {"allow": "#5b8c5a", "ask": "#d9a441", "limited": "#d9713c", "deny": "#a8323e"}
figure, axis = plt.subplots(figsize=(8, 2.6))
for place, profile in enumerate(Profile):
    counts, left = Counter(answer for _, answer in day(profile, "opa")), 0
    for answer, colour in COLOURS.items():
        axis.barh(
            profile.value,
            counts[answer],
            left=left,
            color=colour,
            label=answer if place == 0 else None,
        )
        left += counts[answer]
axis.invert_yaxis()
axis.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.25))
axis.set_xlabel("calls of the day")
plt.show()

# %% [markdown]
# ## Which tools
#
# The same, tool by tool, under `recommended`. This is the table to argue about before switching it
# on: each refusal is either the point, or a rule to override in `policy.toml`.

# %%
answers = day(Profile.RECOMMENDED, "opa")
for tool in tools:
    counts = Counter(answer for name, answer in answers if name == tool.name)
    print(f"{tool.name:20}{dict(counts)}")

# %% [markdown]
# ## Targets differ
#
# Not every enforcement point can ask or count. What it cannot express becomes stricter, never
# looser: so the same intent stops more in some targets than in others.

# %%
shown = ("opa", "policylayer", "claude-code", "docker-gateway", "toolhive")
for target_id in shown:
    counts = Counter(answer for _, answer in day(Profile.RECOMMENDED, target_id))
    proven = target(target_id).checked_by or "our model of its documented order"
    print(
        f"{target_id:16}{counts['allow']:4} allowed {counts['ask']:4} asked {counts['limited']:4} limited "
        f"{counts['deny']:4} refused   ({proven})"
    )
