"""Docker MCP Gateway: the command line that starts it with an allow list.

Without `--tools` every tool is enabled, so a server of which nothing may be used is left out of
`--servers`, and with nothing at all to enable no command is written. The list is split at commas
and entries at `:`, so only plain names are held.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from classifier.enforcement.documents import comment
from classifier.enforcement.names import DOTTED, PLAIN, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.rule import Decision

TARGET = Target(
    id="docker-gateway",
    title="Docker MCP Gateway",
    file_name="docker-mcp-gateway.sh",
    language="shell",
    expresses=frozenset({Power.DENY}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by=None,
    documentation="https://github.com/docker/mcp-gateway/blob/main/docs/mcp-gateway.md",
    install="Run it in place of your own docker mcp gateway run.",
)

_HEADER = ("Only the tools named here are enabled.",)


def key_fault(key: str) -> str | None:
    """Say why not: `:` and `,` separate, `*` matches anything."""
    return None if PLAIN.fullmatch(key) else "only letters, digits, _ and - can be named"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `:` and `,` separate, `*` matches anything."""
    return unless(DOTTED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write one command."""
    enabled = {
        server.key: [rule.tool for rule in server.rules if rule.decision is Decision.ALLOW]
        for server in servers
    }
    left_out = tuple(
        f"server {key} is left out of --servers: no tool of it may be used"
        for key, names in enabled.items()
        if not names
    )
    keys = [key for key, names in enabled.items() if names]
    if not keys:
        text = comment(("No tool may be enabled: do not start the gateway for these servers.",))
        return Rendered(text=text, notes=left_out)
    lines = ["docker mcp gateway run", f"  --servers {shlex.quote(','.join(keys))}"]
    lines += [f"  --tools {shlex.quote(f'{key}:{name}')}" for key in keys for name in enabled[key]]
    return Rendered(text=comment(_HEADER) + " \\\n".join(lines) + "\n", notes=left_out)


def simulate(text: str) -> Simulator:
    """Model: only servers in --servers; with --tools only the tools named; without, all."""
    words = _words(text)
    servers, tools = _option(words, "--servers"), _option(words, "--tools")

    def decide(call: Call) -> Verdict:
        forms = {f"{call.server}:{call.tool}", f"{call.server}:*"}
        passes = call.server in servers and (not tools or bool(forms & tools))
        return Verdict.ALLOW if passes else Verdict.DENY

    return decide


def _words(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    try:
        words = shlex.split(" ".join(lines).replace("\\ ", " "))
    except ValueError as error:
        raise PolicyError(f"the command cannot be split into words: {error}") from error
    if words and words[:4] != ["docker", "mcp", "gateway", "run"]:
        raise PolicyError("the file must hold one docker mcp gateway run command")
    return words


def _option(words: list[str], option: str) -> set[str]:
    values = [words[i + 1] for i, word in enumerate(words[:-1]) if word == option]
    values += [w.removeprefix(option + "=") for w in words if w.startswith(option + "=")]
    return {part for value in values for part in value.split(",") if part}


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of every tool in --tools."""
    for entry in sorted(_option(_words(text), "--tools")):
        server, _, tool = entry.partition(":")
        if tool != "*":
            yield server, tool


def lint(text: str) -> Iterator[str]:
    """Yield commands that enable more than they name."""
    words = _words(text)
    servers, tools = _option(words, "--servers"), _option(words, "--tools")
    if words and not tools:
        yield "without --tools every tool of these servers is enabled"
    for entry in sorted(tools):
        server = entry.partition(":")[0]
        if server not in servers:
            yield f"{quoted(entry)}: its server is not in --servers"
