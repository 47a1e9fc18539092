"""npm and pip as processes on a leash: bounded in seconds, bytes on disk, memory and output.

What they fetch was chosen by strangers. Every file that they write is bounded by the kernel
(RLIMIT_FSIZE); the folder that they work in, their memory and their processes are watched; and
whatever they started ends with them.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread

from crawler.errors import ProbeError
from crawler.probe.sandbox import watch
from crawler.records import Outcome

FETCH_SECONDS = 240.0
SCRATCH = "toolrisk-fetch-"
"""How the name of a temporary folder of a client begins, so that it is known when left behind."""
MAX_FILE = 300_000_000
"""Bytes of one file: a wheel, an archive, an entry of npm's cache."""
MAX_TREE = 1_000_000_000
"""Bytes of all that one fetch puts on the disk, unpacked."""
MAX_FILES = 200_000
MAX_PRINTED = 8_000_000
"""Bytes of output; npm prints every version of a package in one list."""
_MEMORY = 3_000_000_000
_PROCESSES = 256
_TOLD = 65_536
_POLL_SECONDS = 0.5

_LEASH = """
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
wanted = int(sys.argv[1])
limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""What starts a client: a limit that its children inherit. A write beyond it fails with an
error that npm and pip report, or ends them with SIGXFSZ."""


@dataclass(slots=True)
class Done:
    """How a client ended, and what it printed: all of stdout, the last of stderr."""

    code: int
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)


async def run_bounded(
    words: Sequence[str], cwd: Path | None, subject: str, work: Path | None
) -> Done:
    """Run a client; `work` is the folder that it may fill, by default one that goes with it.

    It stands in `cwd`, by default in the folder that it may fill.

    Raises:
        ProbeError: it took too long, or used more than it may.

    """
    if work is None:
        with tempfile.TemporaryDirectory(prefix=SCRATCH) as made:
            return await run_bounded(words, cwd, subject, Path(made))
    scratch = work / ".tmp"
    scratch.mkdir(exist_ok=True)
    env = dict(os.environ) | {"CI": "1", "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
    env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    _give_npm_a_cache(env, scratch)
    try:
        with anyio.fail_after(FETCH_SECONDS):
            async with _started(_leashed(words), cwd or work, env) as process:
                attendant = _Attendant(process, work)
                await attendant.attend()
    except TimeoutError:
        raise ProbeError(
            Outcome.TIMEOUT, f"{subject}: not fetched in {FETCH_SECONDS:g} s"
        ) from None
    if attendant.excess:
        raise ProbeError(
            Outcome.TOO_LARGE, f"{subject}: not fetched: more {attendant.excess} than allowed"
        )
    return attendant.done


def _give_npm_a_cache(env: dict[str, str], scratch: Path) -> None:
    """Set another cache for npm where its own cannot be written.

    Where its folder can never be made, as below /proc, npm tries without end and says nothing.
    """
    named = [name for name in env if name.lower() == "npm_config_cache"]
    usual = env[named[0]] if named else str(Path(env.get("HOME") or "~").expanduser() / ".npm")
    if sys.platform == "win32" or _can_be_filled(Path(usual)):
        return
    for name in named:
        del env[name]
    env["npm_config_cache"] = str(scratch / "npm")


def _can_be_filled(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, ValueError):  # tempfile's: no such folder, read-only, full; a name with a NUL
        return False


def _leashed(words: Sequence[str]) -> list[str]:
    if sys.platform == "win32":  # which has no such limit; the folder is watched all the same
        return list(words)
    return [sys.executable, "-I", "-S", "-c", _LEASH, str(MAX_FILE), *words]


@asynccontextmanager
async def _started(
    words: list[str], cwd: Path, env: dict[str, str]
) -> AsyncGenerator[anyio.abc.Process, None]:
    """Start a process in a group of its own, and let nothing of it outlive the block."""
    process = await anyio.open_process(
        words, cwd=cwd, env=env, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        with anyio.CancelScope(shield=True):
            await process.wait()
            await process.aclose()


class _Attendant:
    """Who reads what a process prints until it ends, or until it uses too much of something."""

    def __init__(self, process: anyio.abc.Process, work: Path) -> None:
        self.process = process
        self.work = work
        self.done = Done(-1)
        self.excess = ""
        self._group = anyio.create_task_group()

    async def attend(self) -> None:
        """Wait for the end, and note what there was too much of, if it came to that."""
        async with self._group:
            self._group.start_soon(self._watch)
            self._group.start_soon(self._look)
            async with anyio.create_task_group() as readers:
                readers.start_soon(self._keep_told)
                readers.start_soon(self._keep_printed)
            self.done.code = await self.process.wait()
            self._group.cancel_scope.cancel()
        if not self.excess and await anyio.to_thread.run_sync(_is_too_much, self.work):
            self.excess = _DISK

    def _stop(self, what: str) -> None:
        self.excess = self.excess or what
        self._group.cancel_scope.cancel()

    async def _keep_printed(self) -> None:
        async for part in _stream(self.process.stdout):
            self.done.out += part
            if len(self.done.out) > MAX_PRINTED:
                self._stop("output")

    async def _keep_told(self) -> None:
        async for part in _stream(self.process.stderr):
            self.done.err += part
            del self.done.err[:-_TOLD]

    async def _watch(self) -> None:
        self._stop(await watch(self.process.pid, _MEMORY, _PROCESSES))

    async def _look(self) -> None:
        while True:
            await anyio.sleep(_POLL_SECONDS)
            if await anyio.to_thread.run_sync(_is_too_much, self.work):
                self._stop(_DISK)


def _stream(pipe: anyio.abc.ByteReceiveStream | None) -> anyio.abc.ByteReceiveStream:
    if pipe is None:
        raise RuntimeError("the process has no pipes")
    return pipe


_DISK = "bytes or files on the disk"


def _is_too_much(folder: Path) -> bool:
    """Say whether a folder holds more than a fetch may; links are not followed."""
    size = count = 0
    queue = [str(folder)]
    while queue:
        try:
            with os.scandir(queue.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:  # it went meanwhile
            continue
        if size > MAX_TREE or count > MAX_FILES:
            return True
    return False
