import subprocess
import sys
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
def toolrisk(tmp_path: Path) -> Run:
    """Run the real command in an empty folder."""

    def run(*words: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-c", "from classifier.cli import main; main()", *words],
            input=data,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
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
