"""How the cost of a site grows with the catalogue, and what a rebuild and a first search cost.

    python benchmarks/pages_growth.py toolrisk.db [--tools 5000,25000,100000] [--keep DIR]

A catalogue that is too small is repeated under renamed servers. Each size is built by a process
of its own: afresh, again with nothing changed, and again with one changed tool. With --keep the
last site stays, and where there is a chromium, the bytes of first searches on it are counted.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from classifier.pages.model import ServerTools
from classifier.pages.site import build
from classifier.pages.source import CatalogSource
from crawler.catalog import Catalog
from crawler.records import ServerName

QUERIES = ("get", "list", "search", "data", "create issue", "github", "s", "database query")
CHANGED = "A tool that was changed for a measurement."


class Repeated:
    """A catalogue several times over, each time under other names, up to so many tools."""

    def __init__(self, source, tools):
        self.source, self.changed = source, False
        prints, facts = source.fingerprints(), source.servers()
        counts = {name: len(own.tools) for name, own in source.many(frozenset(prints))}
        self.origin, self.facts, self.prints, self.count = {}, [], {}, 0
        for time_ in range(10_000):
            for one in facts:
                name = f"{one.server.name}-{time_}" if time_ else str(one.server.name)
                self.origin[name] = str(one.server.name)
                renamed = replace(one.server, name=ServerName(name))
                self.facts.append(replace(one, server=renamed))
                self.prints[name] = prints.get(one.server.name, "") + str(time_)
                self.count += counts.get(one.server.name, 0)
                if self.count >= tools:
                    break
            if self.count >= tools:
                break
        self.facts.sort(key=lambda one: one.server.name)
        self.one = next(n for n in sorted(self.origin) if 5 <= counts.get(self.origin[n], 0) <= 15)

    def servers(self):
        return self.facts

    def tools(self, server):
        return next((own for _, own in self.several((server,))), ServerTools(()))

    def several(self, servers):
        yield from self._named(servers, self.source.several)

    def many(self, servers):
        yield from self._named(servers, self.source.many)

    def _named(self, servers, read):
        wanted = {}
        for name in servers:
            wanted.setdefault(self.origin[name], []).append(name)
        for origin, own in read(frozenset(wanted)):
            for name in wanted[origin]:
                yield name, self._renamed(name, own)

    def _renamed(self, name, own):
        made = [replace(one, tool=replace(one.tool, server=ServerName(name))) for one in own.tools]
        if self.changed and name == self.one:
            made[0] = replace(made[0], tool=replace(made[0].tool, description=CHANGED))
        return ServerTools(tuple(made), own.unclassified)

    def fingerprints(self):
        mark = sha256(CHANGED.encode()).hexdigest() if self.changed else ""
        return {n: p + mark if n == self.one else p for n, p in self.prints.items()}

    def changes(self):
        return self.source.changes()


def used():
    """Return CPU seconds of this process and its children, and the peak memory of one in MiB."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return (
        sum(one.ru_utime + one.ru_stime for one in both),
        max(one.ru_maxrss for one in both) // 1024,
    )


def measured(source, out):
    cpu, wall = used()[0], time.monotonic()
    summary = build(source, out)
    return summary, time.monotonic() - wall, used()[0] - cpu


def one_size(db, tools, out, answers):
    with Catalog.open(db, create=False) as catalog:
        source = Repeated(CatalogSource(catalog), tools)
        first = measured(source, out)
        peak = used()[1]
        nothing = measured(source, out)
        source.changed = True
        changed = measured(source, out)
    answers.put((first, nothing, changed, peak))


class _Counting(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def searches(site):
    """Print what a first search fetches, by query: bytes of answers' bodies, not compressed."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    handler = partial(_Counting, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for query in QUERIES:
            page = browser.new_context().new_page()
            fetched = []
            page.on("response", lambda answer, fetched=fetched: fetched.append(answer))
            page.goto(address)
            before = sum(len(answer.body()) for answer in fetched)
            page.fill("#q", query)
            page.wait_for_selector("#search-status:not(:empty)", timeout=60_000)
            page.wait_for_load_state("networkidle")
            total = sum(len(answer.body()) for answer in fetched)
            said = page.inner_text("#search-status")
            print(
                f"search {query!r:18} {(total - before) / 1000:7.0f} kB in {len(fetched)} files "
                f"(page itself {before / 1000:.0f} kB): {said}"
            )
            page.close()
        browser.close()
    server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("db")
    parser.add_argument("--tools", default="5000,25000,100000")
    parser.add_argument("--keep", type=Path, default=None)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="toolrisk-growth-"))
    spawn = multiprocessing.get_context("spawn")
    base = None
    print(
        "  tools  first: wall    CPU   µs/tool  ratio  peak MiB | nothing: wall  CPU | one: wall  CPU  files"
    )
    for tools in map(int, given.tools.split(",")):
        shutil.rmtree(folder)
        answers = spawn.Queue()
        worker = spawn.Process(target=one_size, args=(given.db, tools, folder / "site", answers))
        worker.start()
        first, nothing, changed, peak = answers.get()
        worker.join()
        each = first[2] / first[0].tools * 1e6
        base = base or each
        print(
            f"{first[0].tools:7,} {first[1]:11.1f} {first[2]:7.1f} {each:8.0f} {each / base:6.2f} "
            f"{peak:9,} | {nothing[1]:13.2f} {nothing[2]:4.2f} | {changed[1]:9.2f} {changed[2]:4.2f} "
            f"{changed[0].written:5}",
            flush=True,
        )
    if shutil.which("chromium"):
        searches(folder / "site")
    if given.keep:
        shutil.move(folder / "site", given.keep)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
