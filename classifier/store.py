"""Classifications in the catalogue: only what is new, or judged by other code, rules, reviews or models."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from classifier import reviewed, versions
from classifier.engine import BATCH, Options, classify_many, prepare, ruleset
from classifier.model import runtime
from classifier.parallel import FIRST, batches, map_batches
from classifier.resources import data_dir
from classifier.verdict import Classification, Risk
from crawler.catalog import Catalog, Due, StoredClassification
from crawler.printable import counted
from crawler.records import Tool, canonical_json, sha256

_WRITE = BATCH * 2
_DIGITS = 12


@dataclass(slots=True)
class StoreSummary:
    """What a run over the catalogue did."""

    classified: int = 0
    unchanged: int = 0
    worst: int = -1
    risks: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)

    def text(self) -> str:
        """Return the summary for people."""
        if not self.classified and not self.unchanged:
            return ""  # the command says why
        risks = ", ".join(f"{self.risks[r.value]} {r.value}" for r in reversed(Risk))
        kinds = ", ".join(f"{count} {name}" for name, count in sorted(self.categories.items()))
        return (
            f"{counted(self.classified, 'tool')} classified, "
            f"{self.unchanged} unchanged\n"
            f"risk: {risks}\ncategory: {kinds}\n"
        )


def input_sha256(tool: Tool) -> str:
    """Return the digest of all that a classification depends on, apart from rules and model."""
    return sha256(canonical_json([tool.definition_sha256, tool.server, tool.server_text]))


def classify_catalog(
    catalog: Catalog, options: Options, progress: Callable[[int], None] | None = None
) -> StoreSummary:
    """Classify and store what is due; count everything.

    Raises:
        CatalogError: the catalogue cannot be read or written.

    """
    summary = StoreSummary()
    rules, model = _rules(options), runtime.load().name
    due = batches(catalog.unclassified(rules, model), _WRITE, FIRST)
    for rows in map_batches(partial(_judge, options, rules), due, ready=prepare):
        catalog.record_classifications(rows)
        summary.classified += len(rows)
        if progress:
            progress(len(rows))
    for category, risk, count in catalog.verdict_counts():
        summary.risks[risk] += count
        summary.categories[category] += count
        summary.worst = max(summary.worst, Risk(risk).rank)
    summary.unchanged = sum(summary.risks.values()) - summary.classified
    return summary


def outdated(catalog: Catalog, options: Options) -> int:
    """Return how many verdicts in the catalogue are not those that `options` would give now.

    One that was made without reviews is as good: somebody wanted it so.

    Raises:
        CatalogError: the catalogue cannot be read.
        DataError: the reviews or the model cannot be read.

    """
    rules = {_rules(options), _rules(options._replace(use_reviews=False))}
    model = runtime.name_of(runtime.directory())
    judges = catalog.judges()
    return sum(tools for ruled, by, tools in judges if ruled not in rules or by != model)


def _rules(options: Options) -> str:
    """Return what a verdict is stored under beside the model: the rules, and what they go by.

    That is what people have read, the classes of words, what is known of hostile definitions, and the
    code: the rules' name says what they state, and no threshold.
    """
    reviews = reviewed.version(options.extra_reviews) if options.use_reviews else ""
    files = [*data_dir().glob("lexicons/*"), *data_dir().glob("models/tool-threat-*/*.[jt]s*")]
    known = [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in sorted(files)]
    return f"{ruleset()} data-{sha256(repr((reviews, known, versions.code_sha256())))[:_DIGITS]}"


def _judge(options: Options, rules: str, batch: list[Due]) -> list[StoredClassification]:
    tools = [due.tool for due in batch]
    results = classify_many(tools, options)
    return [
        _row(due, tool, rules, result)
        for due, tool, result in zip(batch, tools, results, strict=True)
    ]


def _row(due: Due, tool: Tool, rules: str, result: Classification) -> StoredClassification:
    return StoredClassification(
        version_id=due.version_id,
        input_sha256=input_sha256(tool),
        ruleset=rules,
        model=result.model,
        category=result.category.value,
        risk=result.risk.value,
        risk_score=result.risk_score,
        needs_review=result.needs_review,
        json_text=_text(result.to_json()),
    )


def _text(value: dict[str, Any]) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return canonical_json(value)
