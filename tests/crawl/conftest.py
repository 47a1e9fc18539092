import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared, the recorded data beside the checkout, is not here")
    return SHARED


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def toolrisk(run_here: Run, tmp_path: Path) -> Run:
    """Run the command in an empty folder, each time in another second than before.

    What is stored has its time in seconds, and two crawls at one time are one.
    """
    ended = 0.0

    def run(*words: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
        nonlocal ended
        while int(time.time()) == int(ended):
            time.sleep(0.02)
        done = run_here(*words, cwd=tmp_path, stdin=stdin)
        ended = time.time()
        return done

    return run


@pytest.fixture
def started(tmp_path: Path) -> Run:
    """Run the command in an empty folder as a program of its own."""

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from classifier.cli import main; main()", *words],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=tmp_path,
            timeout=120,
        )

    return run


@pytest.fixture
def registry() -> Iterator[Callable[..., str]]:
    """Start real registry servers on loopback; each call returns the target of one."""
    running: list[subprocess.Popen[str]] = []

    def start(dump: Path, style: str = "current", port: str = "0") -> str:
        script = ROOT / "tests" / "servers" / "registry.py"
        while running and port != "0":
            running[-1].kill()
            running.pop().communicate()
        process = subprocess.Popen(
            [sys.executable, str(script), str(dump), port, style], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        return f"registry+http://127.0.0.1:{process.stdout.readline().strip()}"

    yield start
    for process in running:
        process.kill()
        process.communicate()
