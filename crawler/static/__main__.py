"""`python -m crawler.static PATH`: read one package and print what it defines, as one JSON line.

The parsers meet hostile input here, in a process that may use this much memory and processor time
and no more: whatever goes wrong costs one package.
"""

import json
import resource
import sys
from pathlib import Path

from crawler.printable import one_line
from crawler.static.files import UnreadableError
from crawler.static.reading import read

MEMORY = 2_000_000_000
"""Bytes of address space."""
MAX_OUTPUT = 20_000_000
"""Characters of the answer; tools beyond it are left out and counted."""


def main(path: str, seconds: str = "30", dependencies: str | None = None) -> int:
    """Print the reading of a package; return 1 where it is none.

    `seconds` of processor time end the process; `dependencies` is npm's folder of them.
    """
    limit_of_time = int(seconds)
    for what, limit in ((resource.RLIMIT_CPU, limit_of_time), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):  # fmt: skip
        resource.setrlimit(what, (limit, limit))
    try:
        reading = read(Path(path), Path(dependencies) if dependencies else None)
    except UnreadableError as error:
        sys.stderr.write(one_line(str(error)) + "\n")
        return 1
    size, kept = 0, []
    for tool in reading.tools:
        size += len(json.dumps(tool.to_wire()))
        if size > MAX_OUTPUT:
            reading.artefacts["over the limit of a package"] += 1
        else:
            kept.append(tool)
    reading.tools = kept
    sys.stdout.write(json.dumps(reading.to_json()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
