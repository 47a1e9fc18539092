"""Executed notebooks as pages of the site: prose, output and figures, and no markup of theirs."""

import base64
import json
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier.errors import PageError
from classifier.pages import publish
from classifier.pages.notebooks import read_notebooks

ROOT = Path(__file__).parent.parent.parent
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 20).decode()


def notebook(path, *, executed=True):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["<b>two</b>\n", "lines\n"]},
        {"output_type": "display_data", "data": {"image/png": PNG, "text/html": "<script>x</script>"}},
        {"output_type": "stream", "name": "stderr", "text": "a warning"},
    ]  # fmt: skip
    cells = [
        {"cell_type": "markdown", "source": ["# A title\n", "\n", "Prose <script>alert(1)</script>."]},
        {"cell_type": "code", "source": "print('<i>')", "outputs": outputs if executed else []},
    ]  # fmt: skip
    path.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}), encoding="utf-8")


@pytest.fixture
def toolrisk(run_here, tmp_path):
    """Return a function that runs `toolrisk`, asserts its exit code and returns its remarks."""

    def run(*words, code=0):
        done = run_here(*words, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return done.stderr

    return run


@pytest.fixture
def db(toolrisk, tmp_path):
    path = tmp_path / "c.db"
    (tmp_path / "t.json").write_text('[{"name": "get_x", "description": "Get x."}]')
    toolrisk("crawl", tmp_path / "t.json", "--db", path)
    toolrisk("classify", "--db", path)
    return path


def test_a_notebook_becomes_a_page_without_its_markup(toolrisk, db, tmp_path):
    folder, site = tmp_path / "nb", tmp_path / "site"
    folder.mkdir()
    notebook(folder / "01_one.ipynb")
    where = ("--base-url", "https://tools.example")
    toolrisk("pages", "--db", db, "--out", site, "--notebooks", folder, *where)
    page = LexborHTMLParser((site / "notebooks" / "01_one.html").read_text())
    main = page.css_first("main")
    assert main.css_first("h1").text() == "A title"
    assert main.css("script, b, i") == []
    assert "<b>two</b>" in main.text()
    assert "a warning" not in main.text()
    assert main.css_first("img").attributes["src"] == "01_one-1.png"
    assert (site / "notebooks" / "01_one-1.png").read_bytes().startswith(b"\x89PNG")
    listed = LexborHTMLParser((site / "notebooks" / "index.html").read_text())
    assert listed.css_first("main li a").attributes["href"] == "01_one.html"
    for outside in ("index.html", "methodology.html"):
        links = LexborHTMLParser((site / outside).read_text()).css('main a[href^="notebooks/"]')
        assert [node.attributes["href"] for node in links] == ["notebooks/index.html"]
    for named in ("index", "01_one"):
        assert (
            f"https://tools.example/notebooks/{named}.html<" in (site / "sitemap.xml").read_text()
        )
    toolrisk("pages", "--db", db, "--out", site)
    assert not (site / "notebooks").exists()
    assert "notebooks/" not in (site / "index.html").read_text()


def test_a_preview_has_the_notebooks_too(db, tmp_path, monkeypatch):
    folder, site = tmp_path / "nb", tmp_path / "site"
    folder.mkdir()
    notebook(folder / "01_one.ipynb")

    def once(_db, _out, _base_url, given):
        assert given == folder
        raise KeyboardInterrupt

    monkeypatch.setattr(publish, "_watch", once)
    with pytest.raises(KeyboardInterrupt):
        publish.serve_site(str(db), site, None, 0, folder)
    assert (site / "notebooks" / "01_one.html").is_file()


def test_what_is_no_executed_notebook_is_refused_in_one_line(toolrisk, db, tmp_path):
    folder, site = tmp_path / "nb", tmp_path / "site"
    folder.mkdir()
    words = ("pages", "--db", db, "--out", site, "--notebooks", folder)
    assert "there is no .ipynb file" in toolrisk(*words, code=3)
    notebook(folder / "a.ipynb", executed=False)
    assert "was not executed" in toolrisk(*words, code=3)
    (folder / "a.ipynb").write_text("[1, 2]")
    told = toolrisk(*words, code=3)
    assert "is no notebook" in told
    assert "Traceback" not in told


def test_a_notebook_called_index_is_refused_for_the_list_has_that_page(tmp_path):
    notebook(tmp_path / "01_one.ipynb")
    notebook(tmp_path / "Index.ipynb")
    with pytest.raises(PageError, match="another name"):
        read_notebooks(tmp_path)


@pytest.mark.parametrize(
    "odd", ["text", 7, None, [], {"data": "text"}, {"data": [1]}, {"data": {"image/png": "é"}}]
)
def test_what_is_no_output_is_left_out(tmp_path, odd):
    notebook(tmp_path / "a.ipynb")
    given = json.loads((tmp_path / "a.ipynb").read_text())
    given["cells"][1]["outputs"].insert(0, odd)
    given["cells"].append({"cell_type": "code", "source": "x", "outputs": odd})
    (tmp_path / "a.ipynb").write_text(json.dumps(given))
    (one,) = read_notebooks(tmp_path)
    assert [len(cell.figures) for cell in one.cells] == [0, 1, 0]
    assert one.cells[1].printed == "<b>two</b>\nlines\n"


def test_our_own_notebooks_keep_no_outputs_and_fit_their_text():
    for path in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        given = json.loads(path.read_text())
        assert [c for c in given["cells"] if c.get("outputs")] == []
        sources = ["".join(cell["source"]) for cell in given["cells"]]
        text = path.with_suffix(".py").read_text()
        for source in sources:
            line = source.splitlines()[0]
            assert line in text, (path.name, line)
