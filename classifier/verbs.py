"""The commands of `toolrisk`: which module registers each, and what --help says of it.

A table, so that `toolrisk --help` imports no command. Each line is the first paragraph of the
command's docstring; a test holds them together.
"""

VERBS: dict[str, tuple[str, str]] = {
    "crawl": (
        "crawler.cli",
        "Index servers and their tools into the catalogue.",
    ),
    "status": (
        "crawler.cli",
        "Say what the catalogue holds, what is due, and how the last crawl ended.",
    ),
    "classify": (
        "classifier.commands.classify",
        "Label tools Read, Write, Execute or Other with a risk, and quote why.",
    ),
    "policy": (
        "classifier.commands.policy",
        "Write the policy for tools in the language of an enforcement point.",
    ),
    "stack": (
        "classifier.commands.stack",
        "Find what tools can do together, and the fewest rules that break it.",
    ),
    "pages": (
        "classifier.commands.pages",
        "Write the site: a page for every tool and server, with its policy.",
    ),
    "export": (
        "classifier.commands.export",
        "Write every tool of the catalogue with definition, provenance and classification.",
    ),
    "run": (
        "classifier.commands.run",
        "Crawl servers, classify their tools, write policies and a page for each tool.",
    ),
    "explain": (
        "classifier.commands.explain",
        "Show the definition with its evidence marked, the score, and what would change it.",
    ),
    "review": (
        "classifier.commands.review",
        "Walk through the tools that need review and keep your labels.",
    ),
    "evaluate": (
        "classifier.commands.evaluate",
        "Measure category, risk, signals, calibration and evidence. Reviews are not looked up.",
    ),
    "train": (
        "classifier.commands.train",
        "Train the model: the same labels give the same bytes.",
    ),
    "doctor": (
        "classifier.commands.doctor",
        "Say what works here: sandbox, package clients, network, catalogue, versions.",
    ),
    "pin": (
        "classifier.commands.pin",
        "Pin every tool of these targets in a lock file, annotations included.",
    ),
    "verify": (
        "classifier.commands.verify",
        "Compare tools with the lock file: what changed, word by word, and what it means.",
    ),
    "diff": (
        "classifier.commands.diff",
        "Show what was added, removed or changed in the catalogue, word by word, gravest first.",
    ),
    "baseline": (
        "classifier.commands.baseline",
        "Write the findings of these targets as known; run it again to bring them up to date.",
    ),
    "annotate": (
        "classifier.commands.annotate",
        "Say which hints each tool should carry, and quote why; directories reject missing ones.",
    ),
    "schema": (
        "classifier.commands.schema",
        "Print the JSON Schema of a file or an output: of a line of `classify --format jsonl`.",
    ),
    "mcp": (
        "classifier.commands.mcp",
        "Serve the catalogue to agents: find tools, classify, get a policy, check a stack.",
    ),
}
"""Command to (module that registers it, what it does), in the order of --help."""
