"""Execute the notebooks into a folder: `python notebooks/execute.py DIR`.

`toolrisk pages --notebooks DIR` then makes pages of them. The notebooks here keep no outputs.
"""

import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python notebooks/execute.py DIR")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(HERE.glob("0*.py")):
        notebook = jupytext.read(path)
        NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(HERE)}}).execute()
        jupytext.write(notebook, out / f"{path.stem}.ipynb")
        print(out / f"{path.stem}.ipynb")


if __name__ == "__main__":
    main()
