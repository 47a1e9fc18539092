"""The bubblewrap sandbox in which a package's server runs: no network, nothing of the host.

The command is the verified profile: own namespaces, no nested user namespaces, an empty
environment, read-only code, small tmpfs, uid 65534, no capabilities, limits on processes, files
and CPU. bubblewrap does not limit memory, and the kernel does not limit the processes of root;
`watch` limits both.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import anyio

PROFILE = "bubblewrap"
MEMORY = 768 * 1024 * 1024
"""Bytes of resident memory of all processes of a sandbox together."""
_TMPFS = "67108864"
PROCESSES = 128
"""Processes of a sandbox together."""
_FILES, _FILE_BYTES, _CPU_SECONDS = "4096", "134217728", "60"
_HOME = "/home/crawl"


@dataclass(frozen=True, slots=True)
class Program:
    """A server to run: arguments inside the sandbox and what must be visible there."""

    arguments: tuple[str, ...]
    tree: Path  # unpacked package, seen as /pkg
    variables: tuple[tuple[str, str], ...] = ()


@cache
def unavailable() -> str | None:
    """Return why no sandbox can be made here, or None if one can."""
    if sys.platform != "linux":
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian: apt-get install bubblewrap)"
    try:
        done = subprocess.run(  # noqa: S603 - our own fixed arguments
            [*_base(), "true"], capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run: {error}"
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"bubblewrap does not run: {told[-1] if told else 'no reason given'}"
    return None


def _base() -> list[str]:
    bwrap = shutil.which("bwrap") or "bwrap"
    words = [bwrap, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"]  # fmt: skip
    words += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "sbin"):
        path = Path("/") / name
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), f"/{name}"]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", _TMPFS, "--tmpfs", "/tmp", "--size", _TMPFS, "--tmpfs", "/home"]  # noqa: S108 - inside the sandbox
    words += ["--dir", _HOME, "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"]
    return [
        *words,
        "--setenv",
        "HOME",
        _HOME,
        "--uid",
        "65534",
        "--gid",
        "65534",
        "--cap-drop",
        "ALL",
    ]


def command(program: Program) -> list[str]:
    """Return the whole command that runs a program inside the sandbox."""
    words = _base()
    words += ["--ro-bind", str(program.tree), "/pkg"]
    for place in _interpreters():
        words += ["--ro-bind", place, place]
    for name, value in program.variables:
        words += ["--setenv", name, value]
    # Without these, code that root runs could write /proc/sys (it is owned by root, and bwrap
    # covers it only where it sees that it is writable), and anyone could fill the memory that
    # holds / and /dev.
    words += ["--size", _TMPFS, "--tmpfs", "/dev/shm"]  # noqa: S108 - inside the sandbox
    words += ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]
    words += ["--chdir", "/tmp"]  # noqa: S108 - inside the sandbox
    limits = [
        "prlimit",
        f"--nproc={PROCESSES}",
        f"--nofile={_FILES}",
        f"--fsize={_FILE_BYTES}",
        f"--cpu={_CPU_SECONDS}",
        "--",
    ]
    return [*words, *limits, *program.arguments]


def _interpreters() -> list[str]:
    """Return where Python and Node lie, as far as outside /usr.

    Of Node only the program and its libraries: the folder above may be `~/.local`, or a home.
    """
    found = {str(Path(sys.base_prefix).resolve())}
    program = Path(node())
    if program.is_absolute():
        found.add(str(program))
        libraries = program.parent.parent / "lib"
        found |= {str(libraries)} if libraries.is_dir() else set()
    return sorted(p for p in found if not _is_usual(p))


def _is_usual(path: str) -> bool:
    return path == "/" or any(f"{path}/".startswith(f"/{top}/") for top in ("usr", "lib", "bin"))


def node() -> str:
    """Return Node.js as the sandbox sees it, or its name where there is none."""
    found = shutil.which("node")
    return str(Path(found).resolve()) if found else "node"


def python() -> str:
    """Return the interpreter as the sandbox sees it."""
    return str(Path(sys.base_prefix).resolve() / "bin" / f"python3.{sys.version_info.minor}")


async def watch(pid: int, memory: int = MEMORY, processes: int = PROCESSES) -> str:
    """Return what the process tree below a pid has more of than allowed: `memory`, `processes`.

    The kernel's own limit of processes does not bind root (setrlimit(2), RLIMIT_NPROC), whoever
    he looks like inside; so they are counted here as well.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    while Path(f"/proc/{pid}").exists():  # noqa: ASYNC240 - /proc does not block
        tree = _tree(pid, processes)
        if len(tree) > processes:
            return "processes"
        held = sum(_resident(child) for child in tree) * page + _nameless(tree)
        if held > memory:
            return "memory"
        await anyio.sleep(0.05)
    await anyio.sleep_forever()
    return ""


def _tree(pid: int, limit: int) -> list[int]:
    """Return a process and all below it, a few beyond the limit at most."""
    found, queue = [pid], [pid]
    while queue and len(found) <= limit:
        for task in _listed(Path(f"/proc/{queue.pop()}/task")):
            try:  # every thread has children of its own
                words = (task / "children").read_text(encoding="ascii").split()
            except OSError:
                continue
            children = [int(word) for word in words]
            found += children
            queue += children
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it ended meanwhile
        return []


def _nameless(pids: Iterable[int]) -> int:
    """Return the bytes of files that live in memory alone (memfd_create) and that these hold open.

    What was written to one is memory of nobody, as far as /proc/PID/statm goes.
    """
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        for link in _listed(Path(f"/proc/{pid}/fd")):
            try:
                if str(link.readlink()).startswith("/memfd:"):
                    told = link.stat()
                    found[told.st_dev, told.st_ino] = told.st_blocks * 512
            except OSError:  # closed meanwhile
                continue
    return sum(found.values())


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
