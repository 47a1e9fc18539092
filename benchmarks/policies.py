"""100,000 tools into every policy target: tools a second on one core, beside plain json.dumps.

    python benchmarks/policies.py [--tools N] [--minimum 20000]

The intents are made once (and timed on their own line). Each target then renders them, per server
where a file is for one server, in chunks that it admits. The ratio is the target's time over that
of `json.dumps` of the same intents as plain objects: the least that any writer has to do. Exits
with 1 when a target is below the minimum.
"""

import argparse
import gc
import json
import sys
import time

from classifier.intent import Profile, decide_intent
from classifier.policies import render, targets
from classifier.verdict import Basis, Category, Classification, Risk
from crawler.records import ServerName, Tool

TOOLS_PER_SERVER = 1_000
ENVOY_TOOLS = 500
CELLS = [(category, risk) for category in Category for risk in Risk]


def classification(category, risk):
    return Classification(
        category=category,
        risk=risk,
        risk_score=0,
        confidence=1.0,
        decided_by=Basis.RULES,
        needs_review=False,
        insufficient_definition=False,
        findings=(),
        evidence=(),
        rationale="",
        addends=(),
        notes=(),
        ruleset="",
        model="",
    )


def make_intents(count):
    verdicts = [classification(*cell) for cell in CELLS]
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    tools = [
        Tool(
            server=ServerName(f"s{number // TOOLS_PER_SERVER}"),
            name=f"{('get', 'create', 'run', 'other')[number % 4]}_thing_{number}",
            description="Does one thing to one thing.",
            input_schema=schema,
        )
        for number in range(count)
    ]
    for tool in tools:
        _ = tool.definition_sha256
    started = time.perf_counter()
    intents = [
        decide_intent(tool, verdicts[number % len(verdicts)], Profile.RECOMMENDED)
        for number, tool in enumerate(tools)
    ]
    return intents, time.perf_counter() - started


def chunks(target, intents):
    """Cut the intents as the target wants them: whole, or a file per server."""
    if target.id == "envoy-ai-gateway":
        size = ENVOY_TOOLS
    elif target.whole_set:
        return [intents]
    else:
        size = TOOLS_PER_SERVER
    return [intents[i : i + size] for i in range(0, len(intents), size)]


def seconds(work):
    """Take the best of two runs, so that a neighbour on the core does not decide."""
    best = float("inf")
    for _ in range(2):
        gc.collect()
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=int, default=100_000)
    parser.add_argument("--minimum", type=int, default=20_000)
    asked = parser.parse_args()
    intents, deciding = make_intents(asked.tools)
    plain = [
        {"server": i.server, "tool": i.tool, "decision": i.decision, "limit": str(i.limit)}
        for i in intents
    ]
    base = seconds(lambda: json.dumps(plain, indent=2))
    print(f"{asked.tools:,} tools; json.dumps of the intents {base:.2f} s")
    print(f"{'decide_intent':<18} {asked.tools / deciding:>9,.0f} tools/s")
    slow = []
    for target in targets():
        parts = chunks(target, intents)
        taken = seconds(
            lambda target=target, parts=parts: [render(target.id, None, part) for part in parts]
        )
        rate = asked.tools / taken
        slow += [target.id] if rate < asked.minimum else []
        print(f"{target.id:<18} {rate:>9,.0f} tools/s  {taken / base:5.1f} x json.dumps")
    if slow:
        print(f"below {asked.minimum:,} tools/s: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
