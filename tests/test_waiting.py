"""What a person at a terminal sees of a long job, of one that they end, and of a full disk."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.cli import main
from classifier.commands import waiting
from classifier.commands.classify import Format


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_long_file_is_counted_on_a_terminal_and_the_line_goes_away(monkeypatch):
    monkeypatch.setattr(waiting, "_FIRST", 0.0)
    monkeypatch.setattr(waiting, "_EVERY", 0.0)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert list(waiting.counted(range(3), 3, "tools")) == [0, 1, 2]
    assert "2 of 3 tools" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_of_many_the_line_is_there_at_once_and_a_large_file_is_named(monkeypatch, tmp_path):
    """The first are judged together, and reading 60 MB takes seconds: a person sees why."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    next(waiting.counted(range(5000), 5000, "tools"))
    assert screen.getvalue() == "\r\x1b[K0 of 5,000 tools\r\x1b[K"
    monkeypatch.setattr(waiting, "_LARGE", 10)
    screen.truncate(screen.seek(0))
    file = tmp_path / "a\x1bb.json"
    file.write_text('[{"name": "get_note"}]')
    with waiting.reading(file):
        assert screen.getvalue() == "\r\x1b[Kreading a b.json, 0 MB"
    assert screen.getvalue().endswith("MB\r\x1b[K")
    with waiting.reading(tmp_path / "absent"):
        assert "absent" not in screen.getvalue()


def test_nothing_is_shown_elsewhere(monkeypatch, capsys):
    monkeypatch.setattr(waiting, "_FIRST", 0.0)
    assert list(waiting.counted("ab", 2, "tools")) == ["a", "b"]
    assert capsys.readouterr().err == ""


def test_a_person_at_standard_input_is_told_so(monkeypatch, capsys):
    keyboard = Terminal()
    keyboard.buffer = io.BytesIO(b'{"name": "get_note"}')
    monkeypatch.setattr(sys, "stdin", keyboard)
    with pytest.raises(SystemExit):
        main(["classify", "-"])
    assert "standard input; end them with Ctrl-D" in capsys.readouterr().err


def test_what_is_wrong_with_a_client_config_is_said_once(tmp_path, capsys):
    config = tmp_path / "mcp.json"
    config.write_text('{"mcpServers": {"own": {"command": "/opt/own"}, "bad": 5}}')
    with pytest.raises(SystemExit) as stop:
        main(["classify", str(config)])
    assert stop.value.code == 3
    assert capsys.readouterr().err.count("'bad'") == 1


def test_an_interrupt_is_one_line_and_130(monkeypatch, capsys):
    class Impatient(io.StringIO):
        """Standard input whose person presses Ctrl-C."""

        @property
        def buffer(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Impatient())
    with pytest.raises(SystemExit) as stop:
        main(["classify", "-"])
    assert stop.value.code == 130
    assert capsys.readouterr().err.strip() == "toolrisk: interrupted"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("words", [("schema",), ("policy", "--list")])
def test_a_full_disk_is_one_line_and_3_not_1_which_means_findings(words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from classifier.cli import main; main()", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == "toolrisk: output: No space left on device\n"


TOOLS = '[{"name": "delete_all", "description": "Deletes all files for good."}]'


def run_into(output, *words):
    return subprocess.run(
        [sys.executable, "-m", "classifier", *words], input=TOOLS, stdout=output,
        stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def closed():
    """Return what a closed output is in a child: it cannot be written to."""
    handle = os.open(os.devnull, os.O_RDONLY)
    yield handle
    os.close(handle)


@pytest.fixture
def unread():
    """Return the end of a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("words", [("--version",), ("policy", "--list"), ("schema",)])
def test_a_closed_output_is_one_line_and_3(words):
    """A script that closed it would take 0 for "all was said"."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "-", sys.executable, "-m", "classifier", *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    told = "toolrisk: the output is closed, so nothing was printed; > /dev/null if none is wanted\n"
    assert (done.returncode, done.stderr) == (3, told)


def test_a_closed_output_is_no_error_where_nothing_is_printed(tmp_path, closed):
    done = run_into(closed, "pin", "-", "--lock", str(tmp_path / "t.lock"))
    assert done.returncode == 0
    assert "the output is closed" not in done.stderr
    assert run_into(closed, "no-such-command").returncode == 2


@pytest.mark.parametrize("form", list(Format))
def test_a_report_that_nobody_reads_to_its_end_is_3_in_every_format(form, unread):
    """Short enough to be kept until the end, where it was known whether the gate stops."""
    done = run_into(unread, "classify", "-", "--format", form.value, "--fail-on", "low")
    assert done.returncode == 3
    assert "Error" not in done.stderr


def test_what_an_unbuffered_output_does_not_take_of_one_write_is_not_lost(tmp_path):
    """PYTHONUNBUFFERED, as many container images set it: the rest was dropped, and 0 the end."""
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([{"name": f"get_{n}", "description": "x" * 90} for n in range(200)]))
    with subprocess.Popen(
        [sys.executable, "-m", "classifier", "classify", str(file), "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        assert os.read(running.stdout.fileno(), 2) == b"[{"
        running.stdout.close()
        told = running.stderr.read()
    assert (running.returncode, told) == (3, b"")


def test_a_narrow_terminal_has_a_line_for_each_cell(tmp_path, monkeypatch):
    """Eight columns side by side in forty are slivers of two letters that nobody can read."""
    file = tmp_path / "tools.json"
    file.write_text('{"name": "delete_all", "description": "Deletes [red]all."}')
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(SystemExit):
        main(["classify", str(file)])
    lines = screen.getvalue().splitlines()
    assert lines[0].endswith(" delete_all")
    assert "  tools.json" in lines
    assert all(len(line) <= 60 for line in lines)


def test_a_reader_that_goes_away_is_not_taken_for_findings():
    """`toolrisk … | head -1`: what was not said to the end is 3; 1 would mean findings."""
    words = [sys.executable, "-c", "from classifier.cli import main; main()", "policy", "--list"]
    with subprocess.Popen(
        ["bash", "-c", 'exec 3> >(exec true); sleep 0.5; exec "$@" >&3', "-", *words],
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stderr is not None
        told = running.stderr.read()
    assert (running.returncode, told) == (3, b"")


def test_a_closed_standard_input_is_an_empty_one():
    words = [sys.executable, "-c", "from classifier.cli import main; main()", "classify", "-"]
    done = subprocess.run(
        ["bash", "-c", '"$@" <&-', "-", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("toolrisk: standard input is empty")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("classify", "there-is-no-such.json"), 2),
        (("no-such-command",), 2),
        (("classify", "--fail-on", "critical", "-"), 3),
    ],
)
def test_an_error_that_cannot_be_told_is_not_taken_for_findings(words, code):
    tools = '{"name": "list_colours", "description": "List the colours."}'
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "classifier", *words], input=tools,
            stdout=subprocess.DEVNULL, stderr=full, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == code


def test_a_fault_of_ours_is_not_taken_for_findings():
    program = "from classifier import cli, start; cli.fault = lambda: 1 / 0; start._run('fault')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert "ZeroDivisionError" in done.stderr
