"""Pages a second: our build against a plain Jinja2 loop that renders the same contexts.

    python benchmarks/pages.py toolrisk.db [--tools N]

The loop has the templates and the finished contexts in memory; it makes no policies, no twins
and no files. The build does all of that. Both run in one process, so that the ratio is fair.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

from jinja2 import Environment, PackageLoader

from classifier.pages import environment as ours
from classifier.pages.index import index_of
from classifier.pages.model import MemorySource, ToolPage
from classifier.pages.server_render import pages_of
from classifier.pages.site import _plan, _read, build
from classifier.pages.source import CatalogSource
from classifier.pages.store import Manifest
from classifier.pages.tool_site import assemble, contexts, frame
from crawler.catalog import Catalog


def plain_environment() -> Environment:
    """Return Jinja2 as anyone would set it up, with our filters, which the templates need."""
    made = Environment(loader=PackageLoader("classifier.pages", ""), autoescape=True)
    made.filters.update(ours.environment().filters)
    made.globals["tool_row"] = ours.environment().globals["tool_row"]
    return made


def pages(source: MemorySource) -> list[ToolPage]:
    """Return what every tool's page is made of."""
    servers = tuple(source.servers())
    prints = source.fingerprints()
    read = _read(source, servers, prints, Manifest(), lambda *_: None)
    plan = _plan(servers, read, None, index_of(read.rows, prints, None, ""), ())
    found: list[ToolPage] = []
    for facts in servers:
        found += pages_of(plan, facts, source.tools(facts.server.name))[1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("db")
    parser.add_argument("--tools", type=int, default=2000)
    given = parser.parse_args()
    with Catalog.open(given.db, create=False) as catalog:
        source = CatalogSource(catalog)
        pairs, count = [], 0
        for facts in source.servers():
            tools = source.tools(facts.server.name)
            pairs.append((facts, tools))
            count += len(tools.tools)
            if count >= given.tools:
                break
    memory = MemorySource.of(pairs)
    made = [(contexts(page), frame(page, "0")) for page in pages(memory)]

    plain = plain_environment()
    started = time.process_time()
    for parts, around in made:
        rendered = [plain.get_template(name).render(variables) for name, variables, _ in parts]
        plain.get_template("templates/tool.html").render({**around, "parts": rendered})
    loop = time.process_time() - started

    started = time.process_time()
    for parts, around in made:
        assemble(parts, around)
    same = time.process_time() - started

    os.sched_getaffinity = lambda _: {0}  # one process, as the loop
    folder = Path(tempfile.mkdtemp())
    started = time.process_time()
    summary = build(memory, folder / "site")
    whole = time.process_time() - started
    shutil.rmtree(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(made):,} tool pages, CPU seconds of one process")
    print(f"plain Jinja2 loop, same contexts   {loop:8.2f} s  {len(made) / loop:8.0f} pages/s")
    print(f"our rendering, same contexts       {same:8.2f} s  {len(made) / same:8.0f} pages/s")
    print(
        f"whole build, {summary.pages:,} pages + twins {whole:8.2f} s  {len(made) / whole:8.0f} tools/s"
    )
    print(f"our rendering / plain loop {same / loop:.2f}; peak {peak} MiB")


if __name__ == "__main__":
    main()
