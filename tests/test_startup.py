"""What a command imports before it works: start-up is a feature, and the table of verbs is true."""

import os
import subprocess
import sys

import pytest
import typer

from classifier.cli import build
from classifier.verbs import VERBS

SLOW = {
    "rich", "numpy", "sklearn", "scipy", "httpx", "sqlmodel", "sqlalchemy", "jinja2", "asyncio",
    "anyio", "yaml", "markdown_it", "platformdirs",
}  # fmt: skip


def imported(words):
    code = (
        "import sys\nfrom classifier.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.split())


def test_the_table_of_verbs_is_what_the_modules_say():
    commands = typer.main.get_command(build(tuple(VERBS))).commands
    said = {name: " ".join(one.help.partition("\n\n")[0].split()) for name, one in commands.items()}
    assert said == {verb: told for verb, (_, told) in VERBS.items()}
    assert list(said) == list(VERBS)
    for verb, (module, _) in VERBS.items():
        assert commands[verb].callback.__module__ == module


def test_help_names_every_command_and_imports_none():
    names = imported(["--help"])
    assert not names & SLOW
    names -= {"crawler", "crawler.inert"}  # what every print goes through; the library's alone
    assert not [name for name in names if name.startswith(("classifier.commands", "crawler"))]


def test_a_file_is_classified_without_slow_imports(tmp_path):
    path = tmp_path / "tools.json"
    path.write_text('{"tools": [{"name": "send_email", "description": "Send an email."}]}')
    names = imported(["classify", str(path), "--format", "jsonl"])
    assert names & SLOW <= {"platformdirs", "numpy"}  # what nobody has read is scored with NumPy
    assert not [name for name in names if name.startswith("crawler.sources")]


@pytest.mark.parametrize("words", [["--help"], []])
def test_help_says_what_the_table_says(words):
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *words],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    text = " ".join((done.stdout + done.stderr).split())
    assert [verb for verb, (_, told) in VERBS.items() if f"{verb} {told}" not in text] == []


def test_an_unknown_command_is_told_its_neighbours():
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "clasify"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'classify'" in done.stderr


def test_the_shell_completes_commands():
    done = subprocess.run(
        [sys.executable, "-m", "classifier"],
        capture_output=True, text=True, timeout=60, check=False,
        env={"_TOOLRISK_COMPLETE": "complete_bash", "COMP_WORDS": "toolrisk cl", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "toolrisk cl"},
    )  # fmt: skip
    assert "classify" in done.stdout


def test_ctrl_c_while_it_loads_leaves_no_traceback():
    """The signal comes from an import, as if somebody were quick."""
    script = (
        "import sys, signal\n"
        "class Quick:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer':\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Quick())\n"
        "from classifier.start import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (130, "toolrisk: interrupted\n")


def test_small_products_take_one_thread_unless_the_user_says_otherwise(tmp_path):
    path = tmp_path / "tools.json"
    path.write_text('{"tools": [{"name": "wave_flag", "description": "Wave a flag."}]}')
    code = (
        "import os, sys\nfrom threadpoolctl import threadpool_info\nfrom classifier.cli import main\n"
        f"try:\n    main(['classify', {str(path)!r}])\nexcept SystemExit:\n    pass\n"
        "blas = [one['num_threads'] for one in threadpool_info() if one['user_api'] == 'blas']\n"
        "print(blas, os.environ.get('OPENBLAS_NUM_THREADS'), file=sys.stderr)"
    )
    for given, said in (({}, "[1] None"), ({"OPENBLAS_NUM_THREADS": "2"}, "[2] 2")):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True,
            env={k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | given,
        )  # fmt: skip
        assert done.stderr.splitlines()[-1] == said
