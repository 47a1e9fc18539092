"""Executed notebooks as pages: prose, what was printed, and figures; the code can be unfolded.

A notebook is nbformat 4 JSON. Its prose is Markdown without raw HTML, its outputs are text and PNG;
anything else in it is left out, so that the site's Content-Security-Policy holds.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import PageError
from classifier.pages.environment import prose
from classifier.pages.overview import Draft, Overview

INDEX = "notebooks/index.html"
_LONGEST = 20_000
"""Characters of one output that are shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: prose, or code with what came of it."""

    prose: str = ""
    code: str = ""
    printed: str = ""
    figures: tuple[str, ...] = ()  # paths below notebooks/


@dataclass(frozen=True, slots=True)
class Notebook:
    """One executed notebook."""

    stem: str
    title: str
    text: str
    cells: tuple[Cell, ...]
    images: tuple[tuple[str, bytes], ...]


def read_notebooks(folder: Path) -> tuple[Notebook, ...]:
    """Read the notebooks of a folder, by name.

    Raises:
        PageError: there is none, or one is no notebook, was not executed or is called index.

    """
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise PageError(f"--notebooks {folder}: there is no .ipynb file; give another folder")
    if index := next((path for path in paths if path.stem.casefold() == "index"), None):
        raise PageError(f"{index}: that page is the list of notebooks; give it another name")
    return tuple(_notebook(path) for path in paths)


def notebook_pages(site: Overview, notebooks: tuple[Notebook, ...]) -> Iterator[Draft]:
    """Yield the list of notebooks and a page for each."""
    if not notebooks:
        return
    intro = "What the catalogue holds and how good the classifier is, with the code that says so."
    rows = [{"href": f"{one.stem}.html", "title": one.title, "text": one.text} for one in notebooks]
    yield site.page("notebooks", INDEX, "Notebooks", intro, intro=intro, rows=rows)
    for one in notebooks:
        cells = [
            {
                "prose": prose(cell.prose),
                "code": cell.code,
                "printed": cell.printed,
                "figures": cell.figures,
            }
            for cell in one.cells
        ]
        yield site.page("notebook", _path(one), one.title, one.text, cells=cells)


def notebook_paths(notebooks: tuple[Notebook, ...]) -> tuple[str, ...]:
    """Return the paths of these pages, that of the list first; none without notebooks."""
    paths = (INDEX, *(_path(one) for one in notebooks))
    return paths if notebooks else ()


def _path(notebook: Notebook) -> str:
    return f"notebooks/{notebook.stem}.html"


def notebook_images(notebooks: tuple[Notebook, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield the figures of all notebooks."""
    for one in notebooks:
        for name, data in one.images:
            yield f"notebooks/{name}", data


def _notebook(path: Path) -> Notebook:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        cells = [cell for cell in given["cells"] if isinstance(cell, dict)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as cause:
        raise PageError(f"{path} is no notebook: {cause}") from cause
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    if code and not any(_outputs(cell) for cell in code):
        raise PageError(f"{path} was not executed; run `python notebooks/execute.py DIR` first")
    images: list[tuple[str, bytes]] = []
    made = tuple(_cell(path.stem, cell, images) for cell in cells)
    prose = next((cell.prose for cell in made if cell.prose), "")
    lines = [line for line in prose.splitlines() if line.strip()]
    title = lines[0].lstrip("# ") if lines else path.stem
    return Notebook(path.stem, title, " ".join(lines[1:])[:200], made, tuple(images))


def _cell(stem: str, cell: dict[str, Any], images: list[tuple[str, bytes]]) -> Cell:
    source = _text(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        return Cell(prose=source)
    printed, figures = "", []
    for output in _outputs(cell):
        data = output.get("data")
        data = data if isinstance(data, dict) else {}
        if "image/png" in data:
            try:
                content = base64.b64decode(_text(data["image/png"]))
            except ValueError:  # no base64, or not even ASCII
                continue
            name = f"{stem}-{len(images) + 1}.png"
            images.append((name, content))
            figures.append(name)
        elif output.get("output_type") == "stream" and output.get("name") == "stdout":
            printed += _text(output.get("text"))
    return Cell(code=source, printed=printed[:_LONGEST], figures=tuple(figures))


def _outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what came of a cell, without what is no output."""
    given = cell.get("outputs")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")
