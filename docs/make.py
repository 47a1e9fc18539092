"""Write docs/reference.md, docs/commands.md and the catalogue's schema: `python docs/make.py [--check]`.

With --check nothing is written; the exit code is 1 where a file is not what the code says.
Raises where something has no documentation, so that nothing can be left out.
"""

import difflib
import os
import re  # noqa: TID251 - our own text
import subprocess
import sys
from pathlib import Path

from classifier import policies
from classifier.decide import _BASE, _POINTS, BANDS
from classifier.pages.sections import sections
from classifier.pipeline.rulebook import rules
from classifier.signals import detectors
from classifier.taxa import taxon, taxonomies, taxonomy_of, titles
from classifier.verbs import VERBS
from classifier.verdict import Basis, Category, Kind, Risk
from crawler import settings, sources
from crawler.catalog import tables, upgrading
from crawler.records import Origin, Outcome
from crawler.sources import load

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/make.py from the code; do not edit. -->\n\n"


def need(text, what):
    """Return a text, or fail where there is none."""
    if not (text or "").strip():
        raise SystemExit(f"{what} is not documented")
    return " ".join(text.split())


def paragraph(text, what):
    """Return the first paragraph of a docstring."""
    return need((text or "").split("\n\n")[0], what)


def cell(text):
    return str(text).replace("|", "\\|")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows]) + "\n"


def comments(enum, source):
    """Return (value, what) of an enum whose members are explained by comments behind them."""
    text = Path(sys.modules[enum.__module__].__file__).read_text(encoding="utf-8")
    for member in enum:
        found = re.search(rf'^    {member.name} = "{member.value}"  # (.+)$', text, re.MULTILINE)
        yield f"`{member.value}`", need(found and found.group(1), f"{source}.{member.name}")


def signals():
    for detector in detectors():
        signal = detector.signal
        need(detector.page, signal.id)
        yield f"### `{signal.id}`\n\n"
        yield f"{signal.title}. Kind: {signal.kind.value}; severity: {signal.severity.value}"
        yield f"; see {', '.join(signal.references)}.\n\n" if signal.references else ".\n\n"
        yield detector.page.strip() + "\n\n"


def beside():
    """Yield the rules of reports that are no signal of one definition."""
    own = {detector.signal.id for detector in detectors()}
    rows = [
        (f"`{rule.id}`", rule.kind, rule.severity.value, need(rule.text, rule.id),
         ", ".join(rule.references))
        for rule in rules()
        if rule.id not in own
    ]  # fmt: skip
    yield table(("rule", "kind", "severity at most", "what", "see"), rows) + "\n"


def mapping():
    frameworks = taxonomies()
    yield "Versions: " + ", ".join(
        f"[{f.name}]({f.url}) {f.version} ({f.status})" for f in frameworks
    )
    yield ".\n\n"
    rows = []
    for detector in detectors():
        signal = detector.signal
        ids = {f: [r for r in signal.references if taxonomy_of(r) == f] for f in frameworks}
        shown = [", ".join(taxon(r) for r in ids[f]) for f in frameworks]
        rows.append([f"`{signal.id}`", *shown])
    yield table(("signal", *(f.name for f in frameworks)), rows) + "\n"
    yield table(("id", "title"), titles().items()) + "\n"


def source_rows():
    for path in sorted(Path(sources.__file__).parent.glob("[a-z]*.py")):
        module = load(path.stem.replace("_", "-"))
        one = module.SOURCE
        key = f"`{one.key}`" + (" (needed)" if one.needs_key else "") if one.key else "none"
        target = f"`{one.id}`" if one.where else f"`{one.id}+WHERE`"
        yield target, paragraph(module.__doc__, one.id), need(one.licence, one.id), key


def target_rows():
    for target in policies.targets():
        module = policies.module_of(target.id)
        powers = ", ".join(sorted(power.value for power in target.expresses)) or "nothing but allow"
        engine = target.checked_by or "not run in the real engine"
        yield (
            f"`{target.id}`",
            paragraph(module.__doc__, target.id),
            powers,
            engine,
            target.documentation,
        )


def section_rows():
    for loaded in sections():
        module = sys.modules[loaded.context.__module__]
        yield f"`{loaded.section.id}`", paragraph(module.__doc__, loaded.section.id)


def catalogue():
    classes = {c.__tablename__: c for c in vars(tables).values() if hasattr(c, "__tablename__")}
    for name, one in sorted(tables.TABLES.items()):
        yield f"### `{name}`\n\n{need(classes[name].__doc__, name)}\n\n"
        rows = [
            (f"`{c.name}`", str(c.type).lower(), "no" if c.nullable is False else "yes",
             need(c.comment, f"{name}.{c.name}"))
            for c in one.columns
        ]  # fmt: skip
        yield table(("column", "type", "may be empty", "what"), rows) + "\n"


def reference():
    yield "# Reference\n\n" + MADE
    yield "## Categories and risk\n\n"
    points = [(f"`{c.value}`", _BASE[c]) for c in Category]
    yield "A score starts with the points of the category:\n\n" + table(
        ("category", "points"), points
    )
    yield "\nEach signal found adds points:\n\n"
    yield table(("signal", "points"), [(f"`{k}`", v) for k, v in _POINTS.items()])
    yield "\nThe level is the band of the score. Rules, the model or people say the level, and a last addend, named after\nwho says it, brings the sum into its band, up or down; what a trusted rule sets is never lowered:\n\n"
    yield table(("risk", "score"), [(f"`{r.value}`", "{} to {}".format(*BANDS[r])) for r in Risk])
    yield "\nWhat decided (`decided_by`): " + ", ".join(f"`{b.value}`" for b in Basis) + ".\n"
    yield "\n## Signals\n\n" + table(("kind", "what"), comments(Kind, "Kind")) + "\n"
    yield from signals()
    yield "## Rules about more than one definition\n\n"
    yield from beside()
    yield "## Threat mapping\n\nFrom the references of the signals; titles are in `data/threat_mapping.toml`. "
    yield from mapping()
    yield "## How a definition was obtained\n\n" + table(
        ("origin", "what"), comments(Origin, "Origin")
    )
    yield "\n## Outcomes of looking at a server\n\n" + table(
        ("outcome", "what"), comments(Outcome, "Outcome")
    )
    yield "\n## Sources\n\n"
    yield "A target is `SOURCE`, or `SOURCE+WHERE`: a URL, a file or a folder of that kind instead of the\n"
    yield "usual one. Where `+WHERE` stands here, there is no usual one, and it is needed.\n\n"
    yield table(("source", "what", "licence", "key"), source_rows())
    yield "\n## Policy targets\n\n"
    yield table(("target", "what", "can express", "proven in", "documentation"), target_rows())
    yield "\n## Sections of a tool's page\n\n" + table(("section", "what"), section_rows())
    yield "\n## The catalogue\n\nSQLite. Times are UTC in ISO 8601; 0 and 1 stand for no and yes.\n\n"
    yield from catalogue()
    yield "## Configuration\n\n### crawl.toml\n\n"
    yield need(settings.__doc__, "crawl.toml").split(":")[0] + ":\n\n```toml\n"
    yield "\n".join(line[4:] for line in settings.__doc__.splitlines() if line.startswith("    "))
    yield "\n```\n\n### policy.toml\n\n"
    yield "`toolrisk policy --policy FILE` lays a file over `data/policy.toml`, which explains its own keys.\n"


def commands():
    yield "# Commands\n\n" + MADE
    environment = os.environ | {
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "TYPER_USE_RICH": "0",
    }
    for words in ([], *([verb] for verb in VERBS)):
        done = subprocess.run(
            [sys.executable, "-m", "classifier", *words, "--help"],
            capture_output=True, text=True, check=True, env=environment,
        )  # fmt: skip
        lines = [line.rstrip() for line in done.stdout.strip().splitlines()]
        yield f"## {' '.join(['toolrisk', *words])}\n\n```text\n" + "\n".join(lines) + "\n```\n\n"


def main():
    check = "--check" in sys.argv[1:]
    stale = False
    made = {
        HERE / "reference.md": reference(), HERE / "commands.md": commands(), upgrading.SCHEMA: [upgrading.schema()],
    }  # fmt: skip
    for path, parts in made.items():
        name, text = path.name, "".join(parts).rstrip() + "\n"
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == text:
            continue
        stale = True
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, "the code")
            )
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")
    if check and stale:
        sys.exit("docs are not what the code says; run `python docs/make.py`")


if __name__ == "__main__":
    main()
