"""Make the README's pictures from the sample server, as a user's own browser and terminal show it.

    python docs/pictures.py

Needs Debian's chromium and the `test` extra. What is drawn is the sample server that comes with
toolrisk: no network, and no text of other people.
"""

import io
import json
import os
import pty
import re  # noqa: TID251 - rich's own template
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich import _export_format
from rich.console import Console
from rich.text import Text

from crawler.sample_server import TOOLS

IMAGES = Path(__file__).parent / "images"
TOOLRISK = (sys.executable, "-c", "from classifier.cli import main; main()")
TOOL = "delete_tickets"
COLUMNS = 116
WIDTH, SCALE = 1000, 1.2
"""CSS pixels and the device's pixels for each: a picture 1,200 pixels wide."""


def tool_page(folder: Path) -> None:
    """Draw the head of a tool's page: the verdict, and the definition with its evidence."""
    subprocess.run([*TOOLRISK, "run", "--sample", "--out", str(folder)], check=True)
    (page_file,) = (folder / "site").glob(f"tools/*/{TOOL}.html")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = chromium.new_page(
            viewport={"width": WIDTH, "height": 900},
            device_scale_factor=SCALE,
            color_scheme="light",
        )
        page.goto(page_file.absolute().as_uri())
        last = page.locator("#definition pre").first.bounding_box()
        if last is None:
            raise SystemExit(f"the page of {TOOL} shows no definition")
        page.screenshot(
            path=IMAGES / "tool_page.png",
            full_page=True,
            clip={"x": 0, "y": 0, "width": WIDTH, "height": last["y"] + last["height"] + 16},
        )
        chromium.close()


def classify(folder: Path) -> None:
    """Draw what `classify` and `toolrisk explain` print at a terminal."""
    stated = {"name": "help-desk", "tools": TOOLS}
    (folder / "tools.json").write_text(json.dumps(stated), encoding="utf-8")
    screen = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for verb, *words in (
        ("classify", "tools.json"),
        ("explain", "tools.json", "send_reply"),
    ):
        shown = "classify" if verb == "classify" else f"toolrisk {verb}"
        screen.print(Text(f"$ {' '.join((shown, *words))}", style="bold"))
        screen.print(Text.from_ansi(_at_a_terminal([*TOOLRISK, verb, *words], folder)))
    # No font from elsewhere: a README shows the picture without asking anybody.
    form = re.sub(
        r"@font-face \{\{.*?\}\}\n", "", _export_format.CONSOLE_SVG_FORMAT, flags=re.DOTALL
    )
    svg = screen.export_svg(title="classify", code_format=form, unique_id="classify")
    (IMAGES / "classify.svg").write_text(svg, encoding="utf-8")


def _at_a_terminal(command: list[str], folder: Path) -> str:
    """Run a command at a terminal of its own and return what it writes there."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
    ):
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            parts.append(part)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n").rstrip()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        classify(Path(made))
        tool_page(Path(made) / "sample")
