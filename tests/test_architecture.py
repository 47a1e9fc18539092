"""The floors of the house: who may import what, as a table, with file and line."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("crawler", "classifier")
ONLY_IN = {
    "httpx": ("crawler/fetch/", "crawler/probe/", "crawler/sources/"),
    "httpcore": ("crawler/fetch/",),
    "selectolax": ("crawler/sources/",),
    "tree_sitter": ("crawler/static/",),
    "tree_sitter_javascript": ("crawler/static/",),
    "tree_sitter_typescript": ("crawler/static/",),
    "sqlmodel": ("crawler/catalog/",),
    "sqlalchemy": ("crawler/catalog/",),
    "alembic": ("crawler/catalog/",),
    "sklearn": (
        "classifier/model/train.py",
        "classifier/model/calibration.py",
        "classifier/model/network.py",
        "classifier/model/evaluate.py",
    ),
    "scipy": (
        "classifier/model/train.py",
        "classifier/model/network.py",
        "classifier/model/fit_convolution.py",
    ),
    "jinja2": ("classifier/pages/",),
    "markdown_it": ("classifier/pages/",),
    "markupsafe": ("classifier/pages/",),
    "typer": ("crawler/cli.py", "classifier/cli.py", "classifier/commands/"),
    "mcp": ("classifier/pipeline/mcp_server.py",),
    "pickle": (),
}


@cache
def imports():
    """Return (file, line, module) of every import; asked for by tests, not where they are collected."""
    return list(_imports())


def _imports():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    yield where, node.lineno, name


def test_the_walk_sees_the_code():
    assert len(imports()) > 300


def test_crawler_never_imports_classifier():
    broken = [
        f"{w}:{n}: {m}"
        for w, n, m in imports()
        if w.startswith("crawler/") and m.split(".")[0] == "classifier"
    ]
    assert broken == []


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_rooms(library):
    broken = [
        f"{where}:{line}: {name}"
        for where, line, name in imports()
        if name.split(".")[0] == library and not where.startswith(ONLY_IN[library])
    ]
    assert broken == []


def test_nobody_imports_data_tests_or_notebooks():
    assert [i for i in imports() if i[2].split(".")[0] in {"data", "tests", "notebooks"}] == []


def test_signals_import_no_sibling():
    broken = [
        f"{where}:{line}: {name}"
        for where, line, name in imports()
        if where.startswith("classifier/signals/")
        and not where.endswith("__init__.py")
        and name.startswith("classifier.signals")
    ]
    assert broken == []


def test_no_model_file_is_a_pickle():
    for path in (ROOT / "data").rglob("*"):
        assert path.suffix not in {".pkl", ".pickle", ".joblib"}, path


MOST_LINES = 400
"""Of a module: one that grows over it holds two ideas."""
GENERATED = ("crawler/catalog/migrations/",)


def test_rooms_stay_small():
    grown = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            where, lines = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            if not where.startswith(GENERATED) and lines.count("\n") > MOST_LINES:
                grown.append(f"{where}: {lines.count(chr(10))} lines")
    assert grown == []
