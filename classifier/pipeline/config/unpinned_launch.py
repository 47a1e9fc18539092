"""The client starts whatever the registry serves that day.

`npx -y package` or `uvx package` fetches the newest version at every start, so an update, or a
stolen account, runs on the user's machine before anyone has read it. A range or `latest` is no
pin; neither is an image's tag, which can be moved: only a digest is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2

from classifier.pipeline.config.started import without_address
from classifier.pipeline.findings import Entry, Row, Rule
from classifier.pipeline.plain import plain
from classifier.verdict import Evidence, Severity
from crawler.client_config import launched_package
from crawler.records import JsonObject

RULE = Rule(
    id="unpinned-launch",
    title="Starts a package without a pinned version",
    kind="configuration",
    severity=Severity.MEDIUM,
    text="The client starts whatever the registry serves that day: no exact version is written.",
    references=("MCP04:2025", "ASI04:2026", "SAFE-T1002", "CWE-1357"),
)
_EXACT = {
    "npm": re2.compile(r"^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$"),  # type: ignore[no-untyped-call]
    "pypi": re2.compile(r"^\d+(\.\d+)*([-.+_]?[0-9A-Za-z][0-9A-Za-z.+-]*)?$"),  # type: ignore[no-untyped-call]
}
_COMMIT = re2.compile(r"[@#](commit=)?[0-9a-f]{40}$")  # type: ignore[no-untyped-call]
_PINS = {
    "npm": "write it as name@1.2.3",
    "pypi": "write it as name==1.2.3",
    "oci": "write its digest, name@sha256:…",
}


def find(name: str, entry: JsonObject, tools: Sequence[Row] | None, file: str) -> Iterator[Entry]:  # noqa: ARG001 - one signature for all
    """Yield a finding when a runner is told no exact version."""
    launched = launched_package(entry)
    if launched is None or is_pinned(*launched):
        return
    registry, package = launched
    remedy = "write the commit" if "://" in package else _PINS.get(registry, "write the version")
    shown = plain(without_address(package), 120)
    yield Entry(
        rule=RULE.id,
        server=name,
        tool="",
        level=RULE.severity,
        message=f"started without an exact version; {remedy}",
        evidence=(Evidence("", 0, 0, shown),),
        file=file,
    )


def is_pinned(registry: str, package: str) -> bool:
    """Say whether a package, as a runner is told it, can only ever be one thing."""
    if "://" in package or package.startswith(("git+", "git@", "github:")):
        return bool(_COMMIT.search(package))
    if package.startswith((".", "/", "~")):
        return True  # a folder of this machine
    if registry == "oci":
        return "@sha256:" in package
    marks = ("==", "@") if registry == "pypi" else ("@",)
    for mark in marks:
        bare, _, version = package.rpartition(mark)
        if bare:
            return bool(_EXACT[registry].match(version.strip()))
    return False
