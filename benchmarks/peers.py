"""Two other scanners of tool definitions, each run as its own user would run it.

They live in virtual environments of the benchmark's own, below the user's cache folder, made once
per version with plain pip. Neither gets a key, and none of what they ask of a network is needed.
"""

import json
import os
import subprocess
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path

GRAVE = frozenset(["HIGH", "CRITICAL"])
MINUTES = 10


class PeerError(Exception):
    """A peer cannot be installed or does not run; the message is one line."""


@dataclass(slots=True)
class Verdicts:
    """What a peer says of each definition, in the order of the file."""

    grave: list[bool]  # a finding at high severity or above
    any: list[bool]  # a finding at all
    unread: set[int] = field(default_factory=set)  # definitions on which it fails


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "toolrisk" / "benchmarks"


def run(words):
    try:
        return subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=60 * MINUTES,
            env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise PeerError(f"{Path(words[0]).name}: {cause}") from cause


class Peer:
    """One scanner: how it is installed, called and read."""

    package = ""
    program = ""

    def __init__(self):
        self.folder = cache_folder() / self.package.replace("==", "-")

    @property
    def binary(self):
        return str(self.folder / "bin" / self.program)

    def install(self):
        """Make the virtual environment unless it is there.

        Raises:
            PeerError: pip could not install it.

        """
        if Path(self.binary).exists():
            return
        try:
            venv.create(self.folder, with_pip=True, clear=True)
        except (OSError, subprocess.CalledProcessError) as cause:
            raise PeerError(f"no virtual environment in {self.folder}: {cause}") from cause
        python = str(self.folder / "bin" / "python")
        done = run([python, "-m", "pip", "install", "--quiet", self.package])
        if done.returncode or not Path(self.binary).exists():
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise PeerError((said or ["pip failed"])[-1])

    def words(self, file):
        """Return the command that scans a file."""
        raise NotImplementedError

    def read(self, text, definitions):
        """Return the verdicts in what was printed."""
        raise NotImplementedError

    def scan(self, definitions):
        """Scan definitions; where one of them makes it fail, find out which.

        Raises:
            PeerError: it cannot be run.

        """
        done = self._once(definitions)
        if done is not None:
            return done
        if len(definitions) == 1:
            return Verdicts([False], [False], {0})
        half = len(definitions) // 2
        left, right = self.scan(definitions[:half]), self.scan(definitions[half:])
        return Verdicts(
            left.grave + right.grave,
            left.any + right.any,
            left.unread | {half + index for index in right.unread},
        )

    def _once(self, definitions):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tools.json"
            file.write_text(json.dumps({"tools": definitions}), encoding="utf-8")
            done = run(self.words(file))
        try:
            return self.read(done.stdout, definitions)
        except (ValueError, KeyError, IndexError):
            return None


class Cisco(Peer):
    """The static mode with its YARA rules; it answers tool by tool, in order."""

    package = "cisco-ai-mcp-scanner==4.8.7"
    program = "mcp-scanner"

    def words(self, file):
        return [self.binary, "--analyzers", "yara", "--raw", "static", "--tools", str(file)]

    def read(self, text, definitions):
        rows = json.loads(text)
        if [row["tool_name"] for row in rows] != [one["name"] for one in definitions]:
            raise ValueError("other tools than were asked about")
        raised = [row["findings"].get("yara_analyzer", {}) for row in rows]
        return Verdicts(
            [one.get("severity") in GRAVE for one in raised],
            [bool(one.get("total_findings")) for one in raised],
        )


class Auditor(Peer):
    """The import of a tools file. It names tools, so tools of one name go into different files.

    What it says of a set of tools (`tool_name` is null) is left out: sets here are no servers.
    """

    package = "mcp-tool-auditor==1.10.2"
    program = "mcp-tool-auditor"

    def words(self, file):
        quiet = ["--no-log-file", "--no-metrics"]
        return [self.binary, *quiet, "scan", "import", str(file), "--format", "json"]

    def scan(self, definitions):
        batches = []
        times = {}
        for index, one in enumerate(definitions):
            batch = times[one["name"]] = times.get(one["name"], -1) + 1
            if batch == len(batches):
                batches.append([])
            batches[batch].append(index)
        whole = Verdicts([False] * len(definitions), [False] * len(definitions))
        for batch in batches:
            part = super().scan([definitions[index] for index in batch])
            for place, index in enumerate(batch):
                whole.grave[index], whole.any[index] = part.grave[place], part.any[place]
            whole.unread |= {batch[place] for place in part.unread}
        return whole

    def read(self, text, definitions):
        (server,) = json.loads(text)["servers"].values()
        places = {one["name"]: index for index, one in enumerate(definitions)}
        found = Verdicts([False] * len(definitions), [False] * len(definitions))
        for one in server["findings"]:
            if one["tool_name"] is not None:
                place = places[one["tool_name"]]
                found.any[place] = True
                found.grave[place] |= one["severity"] in GRAVE
        return found


PEERS = (Cisco, Auditor)
