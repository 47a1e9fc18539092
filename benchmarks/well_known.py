"""How 25 well-known servers fare: `python benchmarks/well_known.py [--json FILE]`.

Each server of data/well_known.toml is crawled as it is, then with placeholders for the settings
that its documentation asks for, both times in the sandbox; and its source is read. The table says
who answered, who needed configuration, and how often reading and the live answer agree. Needs the
package registries; what was fetched before comes from the cache.
"""

import argparse
import json
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import anyio

from crawler.asking import CrawlOptions
from crawler.fetch import Fetcher
from crawler.probe import probe
from crawler.records import Outcome, Package, Probe, Server, ServerName
from crawler.static import Static
from crawler.targets import PackageTarget, parse_target

LIST = Path(__file__).parent.parent / "data" / "well_known.toml"


@dataclass
class Result:
    target: str
    bare: Probe
    live: Probe
    static: Probe

    @property
    def is_live(self):
        return self.live.outcome is Outcome.LISTED

    def names(self, which):
        return {tool.name for tool in getattr(self, which).tools}

    def both(self):
        live = {tool.name: tool for tool in self.live.tools}
        return [(live[tool.name], tool) for tool in self.static.tools if tool.name in live]


def words(text):
    return " ".join((text or "").split())


def properties(tool):
    schema = tool.input_schema if isinstance(tool.input_schema, dict) else {}
    return set(schema.get("properties") or {})


def required(tool):
    schema = tool.input_schema if isinstance(tool.input_schema, dict) else {}
    return set(schema.get("required") or [])


def read_list():
    for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["server"]:
        target = parse_target(entry["target"])
        assert isinstance(target, PackageTarget)
        yield target, tuple(entry.get("needs", ())), tuple(entry.get("arguments", ()))


async def look(target, needs, arguments, fetcher):
    name = ServerName(f"{target.registry_type}:{target.name}")

    def server(required=(), given=()):
        package = Package(
            registry_type=target.registry_type, identifier=target.name, version=target.version,
            required_inputs=required, arguments=given,
        )  # fmt: skip
        return Server(name=name, packages=(package,))

    static = await probe(server(), CrawlOptions(static=Static.ONLY), fetcher)
    bare = await probe(server(), CrawlOptions(), fetcher)
    live = bare
    if needs or arguments:
        live = await probe(server(needs, arguments), CrawlOptions(), fetcher)
    return Result(target.text, bare, live, static)


async def look_at_all():
    results = {}
    limiter = anyio.CapacityLimiter(2)
    async with Fetcher() as fetcher, anyio.create_task_group() as group:

        async def one(number, entry):
            async with limiter:
                results[number] = await look(*entry, fetcher=fetcher)

        for number, entry in enumerate(read_list()):
            group.start_soon(one, number, entry)
    return [results[number] for number in sorted(results)]


def row(result):
    both = result.both()
    same_text = sum(words(a.description) == words(b.description) for a, b in both)
    same_shape = sum(properties(a) == properties(b) for a, b in both)
    same_need = sum(properties(a) == properties(b) and required(a) == required(b) for a, b in both)
    return {
        "server": result.target,
        "as it is": result.bare.outcome.value,
        "with placeholders": result.live.outcome.value if result.live is not result.bare else "",
        "live": len(result.names("live")),
        "read": len(result.names("static")),
        "both": len(both),
        "same text": same_text,
        "same parameters": same_shape,
        "and required": same_need,
        "only live": sorted(result.names("live") - result.names("static")),
        "only read": sorted(result.names("static") - result.names("live")),
        "live detail": result.live.detail[:160],
        "read detail": result.static.detail[:160],
        "version": (result.live.endpoint or "").rpartition("@")[2],
    }


def percent(part, whole):
    return f"{part:,} of {whole:,} ({part / whole:.0%})" if whole else "none"


def summary(results, rows):
    listed = [r for r in results if r.is_live]
    compared = [row for row, r in zip(rows, results, strict=True) if r.is_live]
    wanted = [r for r in results if r.bare.outcome is not Outcome.LISTED]
    live, both = sum(r["live"] for r in compared), sum(r["both"] for r in compared)
    read = sum(r["read"] for r in compared)
    exact = [r for r in compared if r["live"] == r["both"] == r["read"]]
    yield "answered as they are", percent(len(results) - len(wanted), len(results))
    yield "needed configuration", percent(sum(r.bare.outcome is Outcome.NEEDS_CONFIG for r in results), len(results))  # fmt: skip
    yield "answered, with placeholders where asked for", percent(len(listed), len(results))
    yield "tools found by reading, no server run", percent(sum(bool(r.static.tools) for r in results), len(results))  # fmt: skip
    yield "live tools that reading found", percent(both, live)
    yield "tools found by reading that are live", percent(both, read)
    yield "servers whose names agree exactly", percent(len(exact), len(listed))
    yield "of tools in both: same description", percent(sum(r["same text"] for r in compared), both)
    yield "of tools in both: same parameters", percent(sum(r["same parameters"] for r in compared), both)  # fmt: skip
    yield "of tools in both: same parameters and required", percent(sum(r["and required"] for r in compared), both)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write all of it")
    given = parser.parse_args()
    started = time.monotonic()
    results = anyio.run(look_at_all)
    rows = [row(result) for result in results]
    print(f"{'server':52} {'as it is':15} {'placeholders':13} live read both text params")
    for one in rows:
        print(
            f"{one['server'][:52]:52} {one['as it is']:15} {one['with placeholders']:13}"
            f" {one['live']:4} {one['read']:4} {one['both']:4} {one['same text']:4} {one['same parameters']:6}"
        )
    print()
    for what, value in summary(results, rows):
        print(f"{what:52} {value}")
    print(f"{'seconds':52} {time.monotonic() - started:.0f}")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
