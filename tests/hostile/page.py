"""Write docs/hostile.md from the list of cases: `python -m tests.hostile.page [--check]`."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "hostile.md"
CASES = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
HEAD = """<!-- Made by tests/hostile/page.py from tests/hostile/cases.toml; do not edit. -->

# What a hostile server can do

Each line is a server that was really run, and the outcome that the crawl recorded for it. They are
all crawled at once, beside good ones, by `pytest tests/hostile`, which fails where a record is
another than the one that stands here. No case stops the crawl, and after it no process is left.

Limits are those of a crawl. Every outcome is a row in the catalogue's table `probe`, with a reason;
[reference.md](reference.md) lists the outcomes.
"""
SECTIONS = {
    "http": ("Remote servers: streamable HTTP", "[the server](../tests/servers/misbehaving.py)"),
    "sse": ("Remote servers: the older transport", "[the server](../tests/servers/misbehaving.py)"),
    "stdio": (
        "Packages: run in the sandbox",
        "[the server](../tests/servers/misbehaving_stdio.py)",
    ),
}
TAIL = """
## Names and addresses

A name is resolved once, every address that it has is checked, and the connection goes to an address
that was checked: a name that answers with a public address first and a private one a moment later
(DNS rebinding) is not asked again, and a name with one public and one private address is refused.
The outcome is `blocked_ssrf`. Public is what the IANA registries call global, also when it is
hidden in IPv6 (mapped, 6to4, NAT64). [The test](../tests/hostile/test_hostile_names.py).

## Packages: fetched

npm and pip work on a leash, against a registry that sends too much: a wheel or archive over 300 MB, one
that unpacks to more than 1 GB or 200,000 files, and a client that prints without end are `too_large`, and
nothing of them is left; whatever a client started ends with it. [The tests](../tests/probe/test_running.py).
A package of another registry than the usual is `unsupported`, and no client is asked for its name.
[The test](../tests/crawl/test_other_registries.py).

## Packages: read without running

Members of an archive that lead outside, links and devices are left out; archives are never unpacked
to disk; bombs, nesting, constants that double at every step or refer to themselves, and a hundred
thousand members end at limits; the reading process has 30 s of processor time and 2 GB of address
space. [The tests](../tests/static).

## Registries and catalogues

A second page that is a web page, broken, refused, dropped, without end, slow, 300 MB, 50,000 levels
deep, a redirect or the first one again ends the walk with its reason; what came before is kept.
Entries that are none cost themselves. Names with control characters, half characters, markup, SQL or
100,000 letters are stored as they are and shown escaped.
[The tests](../tests/hostile/test_hostile_registry.py). In documents of every catalogue each value in
turn is replaced by seven odd ones; what a source lists of them is stored, and none of them ends it.
[The test](../tests/hostile/test_hostile_catalogues.py). The same is done with
[the answers of a server](../tests/hostile/test_hostile_answers.py) in both eras.
"""


def _row(one):
    outcome = f"`{one['outcome']}`"
    if "or_outcome" in one:
        outcome += f" or `{one['or_outcome']}`"
    if "or_tools" in one:
        outcome += " or `listed`"
    count = one.get("count", len(one.get("tools", ())))
    kept = f"{count:,}{', marked cut' if one.get('truncated') else ''}" if count else ""
    return f"| `{one['case']}` | {one['what']} | {outcome} | {kept} | {one['held']} |"


def page():
    """Return the page."""
    parts = [HEAD]
    for kind, (title, where) in SECTIONS.items():
        parts.append(f"\n## {title}\n\n{len(CASES[kind])} cases; {where}.\n")
        parts.append("\n| case | what it does | recorded | tools kept | what holds it |")
        parts.append("\n|---|---|---|---|---|\n")
        parts.append("\n".join(map(_row, CASES[kind])) + "\n")
    return "".join([*parts, TAIL])


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
