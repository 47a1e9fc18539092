"""Make the smallest working plugin, to be grown: `python -m tests.scaffold KIND NAME`.

KIND is source, signal, target or section; NAME is words with hyphens. Each is one module under
the folder of its kind plus its test; nothing else is edited, because modules are found by being
there. Templates stand in tests/scaffolds. The root of the checkout is the current folder.
"""

import re  # noqa: TID251 - our own words
import sys
from pathlib import Path
from string import Template

HERE = Path(__file__).parent / "scaffolds"
FILES = {
    "source": {
        "crawler/sources/{stem}.py": "source.py.txt",
        "tests/crawl/test_source_{stem}.py": "source_test.py.txt",
    },
    "signal": {
        "classifier/signals/{stem}.py": "signal.py.txt",
        "tests/signals/{stem}.toml": "signal.toml.txt",
    },
    "target": {
        "classifier/policies/{stem}.py": "target.py.txt",
        "tests/policies/test_policies_{stem}.py": "target_test.py.txt",
    },
    "section": {
        "classifier/pages/sections/{stem}.py": "section.py.txt",
        "classifier/pages/sections/{stem}.html": "section.html.txt",
        "tests/pages/test_pages_section_{stem}.py": "section_test.py.txt",
    },
}


def scaffold(kind: str, name: str, root: Path) -> list[Path]:
    """Write the files of a plugin; return them. Never overwrites."""
    if kind not in FILES:
        raise SystemExit(f"{kind!r} is no kind; give one of {', '.join(FILES)}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise SystemExit(f"{name!r} is no name; give words of letters and digits with hyphens")
    stem = name.replace("-", "_")
    words = {"id": name, "stem": stem, "title": name.replace("-", " ").capitalize()}
    made = {root / path.format(stem=stem): template for path, template in FILES[kind].items()}
    for path in made:
        if path.exists():
            raise SystemExit(f"{path} exists; choose another name")
        if not path.parent.is_dir():
            raise SystemExit(f"{path.parent} is missing; run this at the root of a checkout")
    for path, template in made.items():
        text = Template((HERE / template).read_text(encoding="utf-8")).substitute(words)
        path.write_text(text, encoding="utf-8")
    return list(made)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(f"usage: python -m tests.scaffold {'|'.join(FILES)} NAME")
    for written in scaffold(sys.argv[1], sys.argv[2], Path.cwd()):
        print(written.relative_to(Path.cwd()))
