"""Names in a policy.toml that hold for nothing are said, with what was likely meant."""

import json
import subprocess
import sys

import pytest

from classifier.enforcement.unmatched import unmatched
from classifier.intent import Profile, decide_intent
from classifier.policy_table import read_overrides
from classifier.verdict import Category, Risk


@pytest.fixture
def said(tmp_path, make_tool, classify):
    def say(text):
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        mine = read_overrides(path)
        given = [
            (make_tool("delete_repo", "gh"), classify(Category.READ, Risk.LOW)),
            (
                make_tool("read_file", "fs", path={"type": "string"}),
                classify(Category.READ, Risk.LOW, "path-parameter"),
            ),
        ]
        intents = [
            decide_intent(tool, verdict, Profile.RECOMMENDED, mine) for tool, verdict in given
        ]
        return list(unmatched(mine, intents))

    return say


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[tools]\ndelete_repo = 'deny'\nread_file = 'ask'\n", []),
        ("[server_tools.gh]\ndelete_repo = 'deny'\n", []),
        ("[servers]\ngh = 'ask'\n[signals]\nfinancial = 'deny'\n", []),
        ("[arguments.path]\ninside = ['/srv']\n", []),
        (
            "[tools]\ndelte_repo = 'deny'\n",
            ['no tool here is called "delte_repo"; did you mean "delete_repo"?'],
        ),
        (
            "[tools]\nDelete_Repo = 'deny'\n",
            ['no tool here is called "Delete_Repo"; did you mean "delete_repo"?'],
        ),
        ("[tools]\nunlike = 'deny'\n", ['no tool here is called "unlike"']),
        (
            "[server_tools.gh]\nread_file = 'deny'\n",
            ['no tool of "gh" here is called "read_file"'],
        ),
        ("[server_tools.git]\ndelete_repo = 'deny'\n", ['no server here is called "git"']),
        ("[servers]\nother = 'deny'\n", ['no server here is called "other"']),
        (
            "[arguments.amount]\nat_most = 5\n",
            ["arguments.amount.at_most bounds nothing: no tool that may be used has such an argument"],
        ),
        (
            "[tools]\nread_file = {conditions = [{argument = 'file', inside = ['/srv']}]}\n",
            ['tool "read_file" declares no argument "file", so every call of it is refused'],
        ),
        (
            "[tools]\n" + "".join(f"gone_{n} = 'deny'\n" for n in range(7)),
            [
                *(f'no tool here is called "gone_{n}"' for n in range(5)),
                "nor are there 2 more of its tool names",
            ],
        ),
    ],
)  # fmt: skip
def test_what_holds_for_nothing_is_said(said, text, lines):
    assert said(text) == lines


COMMANDS = pytest.mark.parametrize("words", [("policy", "--for", "opa"), ("stack",)])


@pytest.fixture
def ran(tmp_path):
    """Run a command on one tool with a policy.toml of one's own; return the run and that file."""

    def run(words, text):
        tools, own = tmp_path / "t.json", tmp_path / "policy.toml"
        tools.write_text(json.dumps([{"name": "get_issue", "description": "Get an issue."}]))
        own.write_text(text)
        command, *more = words
        done = subprocess.run(
            [sys.executable, "-m", "classifier", command, str(tools), *more, "--policy", str(own)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done, own

    return run


@COMMANDS
def test_a_misspelt_signal_ends_the_commands(ran, words):
    done, own = ran(words, "[signals]\nfinancal = 'deny'\n")
    assert (done.returncode, done.stdout) == (2, "")
    line = f"toolrisk: {own}: signals: there is no signal 'financal'; did you mean 'financial'?\n"
    assert done.stderr == line


@COMMANDS
def test_the_commands_say_it_and_go_on(ran, words):
    done, own = ran(words, "[tools]\nget_isue = 'deny'\n")
    assert done.returncode == 0, done.stderr
    said = f'{own}: no tool here is called "get_isue"; did you mean "get_issue"?'
    assert said in done.stderr
    assert done.stdout
