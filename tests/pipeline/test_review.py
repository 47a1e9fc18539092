"""Where `toolrisk review` puts labels, and what it says of them."""

import io

import pytest

from classifier.reviewed import takes_reviews

HEADER = "# text digest\tdefinition digest\tcategory\trisk\tsignals\tcertainty\tserver\ttool\n"
LINE = "0123456789abcdef\tfedcba9876543210\tRead\tlow\t\t3\ts\tt\n"


@pytest.fixture
def place(tmp_path, monkeypatch, toolrisk, tools_file):
    """Return a folder with a catalogue of one tool that a person has to look at."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    tools_file({"name": "zqx", "description": ""}, server="s")
    toolrisk("crawl", "tools.json", "--db", "toolrisk.db", cwd=tmp_path)
    toolrisk("classify", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def review(place, toolrisk, monkeypatch):
    def run(*words, code=0):
        monkeypatch.setattr("sys.stdin", io.StringIO("eh destructive\nq\n"))
        return toolrisk("review", *words, cwd=place, code=code)

    return run


@pytest.mark.parametrize(
    "content",
    [
        b'{"tools": []}\n',
        b"my notes\n",
        b"# a title\n\n# and another\n",
        b"0123456789abcdef\tnotes\tof\tsome\tother\tkind\n",
        b"\xff\xfe\x00binary" * 999,
        b"no end",
    ],
)
def test_a_file_of_something_else_is_refused_before_the_first_question(place, review, content):
    (place / "mine").write_bytes(content)
    done = review("--file", "mine", code=2)
    assert "holds something else than labels" in done.stderr
    assert "label>" not in done.stdout
    assert (place / "mine").read_bytes() == content


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("folder", 2, "folder is a folder; give --file the name of a file"),
        ("/dev/null", 2, "/dev/null is no file that keeps anything; give --file the name of a file"),
        ("tools.json/mine", 3, 'cannot make the folder "tools.json": File exists'),
        ("m" * 300, 2, "cannot be read: File name too long"),
        ("nowhere", 3, "nowhere: No such file or directory; give --file another place"),
    ],
)  # fmt: skip
def test_a_place_that_takes_no_labels_is_refused_before_the_first_question(
    place, review, file, code, said
):
    (place / "folder").mkdir()
    (place / "nowhere").symlink_to(place / "none" / "such")
    done = review("--file", file, code=code)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "label>" not in done.stdout


def test_a_look_at_whether_a_file_can_be_written_leaves_none(place, toolrisk, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    (place / "link").symlink_to(place / "target")
    for file in ("new/mine", "link"):
        toolrisk("review", "--file", file, cwd=place)
    assert list((place / "new").iterdir()) == []
    assert (place / "link").is_symlink()


@pytest.mark.parametrize(
    "before",
    ["", "\n", HEADER, LINE, HEADER + LINE, f"# mine\r\n{LINE}", f"\ufeff{LINE}"],
)
def test_a_file_of_labels_takes_one_more(place, review, before):
    (place / "mine").write_text(before, encoding="utf-8", newline="")
    review("--file", "mine")
    after = (place / "mine").read_bytes().decode()
    assert after.startswith(before)
    assert "\tExecute\thigh\tdestructive\t3\ts\tzqx\n" in after


def test_what_a_file_has_to_be_does_not_matter_where_there_is_none(tmp_path):
    assert takes_reviews(tmp_path / "none")
    assert takes_reviews(tmp_path)


def test_labels_elsewhere_are_not_said_to_be_used(place, review, toolrisk):
    own = place / "data" / "toolrisk" / "reviewed.tsv"
    done = review("--file", "mine.tsv")
    assert done.stderr.splitlines()[-1] == (
        f"toolrisk: 1 label kept; not used from mine.tsv: add its lines to {own}, "
        "then run `toolrisk classify`"
    )
    assert "0 tools classified" in toolrisk("classify", cwd=place).stdout
    done = review("--file", str(own))
    assert done.stderr.endswith("1 label kept; run `toolrisk classify` to use them\n")
    assert "1 tool classified" in toolrisk("classify", cwd=place).stdout


def test_hints_that_mean_something_are_shown_whatever_stands_before_them(
    place, review, toolrisk, tools_file
):
    for others, more in ((8, ""), (40, ", ... and 30 more; see `toolrisk export`")):
        hints = {f"x-{i}": i for i in range(others)}
        hints |= {"readOnlyHint": True, "destructiveHint": True}
        tools_file({"name": "zqx", "description": "", "annotations": hints}, server="s")
        toolrisk("crawl", "tools.json", cwd=place)
        toolrisk("classify", cwd=place)
        said = review("--file", f"{others}.tsv").stdout.splitlines()
        told = [line for line in said if line.startswith("  hints: ")]
        shown = ", ".join(f"x-{i}={i}" for i in range(min(others, 10)))
        assert told == [f"  hints: readOnlyHint=True, destructiveHint=True, {shown}{more}"]
