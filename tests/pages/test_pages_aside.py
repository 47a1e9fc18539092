"""Processes beside a build: they do the work, and go when the first one goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classifier.pages.aside import aside

SCRIPT = """
import os, sys, time
from classifier.parallel import pool
workers = pool(2)
for _ in range(2):
    workers.submit(time.sleep, 600)
found = workers.submit(os.getpid)
print(*workers._processes, flush=True)
time.sleep(600)
"""


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process of its parent's end"
)
def test_the_workers_of_a_killed_build_do_not_outlive_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pids = [int(word) for word in parent.stdout.readline().split()]
        time.sleep(0.5)
        assert pids
        assert all(map(_is_alive, pids))
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        for _ in range(100):
            if not any(map(_is_alive, pids)):
                return
            time.sleep(0.1)
    raise AssertionError(f"still there: {pids}")


@pytest.mark.parametrize("pays", [True, False])
def test_work_is_done_wherever_it_is_done(pays: bool) -> None:
    with aside(sorted, "ba", pays=pays) as done:
        assert done() == ["a", "b"]
    with pytest.raises(FileNotFoundError), aside(os.stat, "/no/such/file", pays=pays) as done:
        done()
