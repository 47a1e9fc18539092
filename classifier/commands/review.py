"""`toolrisk review`: a person labels what the classifier is unsure of, the worst first."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from crawler.printable import counted

if TYPE_CHECKING:
    from classifier.errors import OutputError
    from crawler.catalog import CatalogTool
    from crawler.records import JsonObject, Tool

_CATEGORIES = {"r": "Read", "w": "Write", "e": "Execute", "o": "Other"}
_NONE = "none"
"""What a person says of a tool whose signals were found wrongly."""
_RISKS = {"l": "low", "m": "medium", "h": "high", "c": "critical"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review")(review)


def review(
    db: Annotated[str, typer.Option(help="The catalogue.")] = "toolrisk.db",
    file: Annotated[Path | None, typer.Option(help="Where your labels go; by default beside your other data, where classify looks them up.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many tools.")] = None,
) -> None:  # fmt: skip
    """Walk through the tools that need review and keep your labels.

    Answer with a category (r, w, e, o) and a risk (l, m, h, c), such as `eh`; signals may follow
    (`eh destructive,credentials`, or `eh none`; without them, the ones found are kept). Enter skips,
    q stops.
    """
    from classifier.commands import inputs
    from classifier.commands.outdated import say_outdated
    from classifier.engine import Options
    from classifier.reviewed import stray_note, user_file
    from crawler.catalog import Catalog

    inputs.require_catalog(db)
    place = file or user_file()
    _require_labels(place)
    if note := stray_note(place):
        inputs.say(note)
    due: list[CatalogTool] = []
    waiting = 0
    with Catalog.open(db, create=False) as catalog:
        say_outdated(catalog, Options(extra_reviews=user_file()))
        for item in catalog.tools():
            waiting += item.classification is None
            if item.classification and item.classification["needs_review"]:
                due.append(item)
    answered = _answered(place)
    due, had = [item for item in due if _key(item) not in answered], len(due)
    due.sort(
        key=lambda i: (-(i.classification or {}).get("risk_score", 0), i.tool.server, i.tool.name)
    )
    inputs.say(f"{counted(len(due), 'tool')} to review; labels go to {place}")
    if due:
        inputs.say(f"{_LETTERS}; Enter skips, q stops")
    if len(due) < had:
        inputs.say(f"{counted(had - len(due), 'tool')} of them labelled there already")
    if waiting:
        inputs.say(f"{counted(waiting, 'tool')} not classified yet; run `toolrisk classify`")
    done = 0
    asked = due[:limit]
    for number, item in enumerate(asked, 1):
        answer = _ask(item, f"{number} of {len(asked)}")
        if answer is None:
            break
        if answer:
            _keep(place, answer)
            done += 1
    inputs.say(f"{counted(done, 'label')} kept{'; ' + _use(place) if done else ''}")


_LETTERS = (
    "give a category (r read, w write, e execute, o other) and a risk (l low, m medium, h high, "
    "c critical), such as eh"
)


def _answered(place: Path) -> set[str]:
    """Return the definitions, by their digests, that a file has labels of."""
    from classifier.reviewed import is_review

    if not place.is_file():
        return set()
    lines = place.read_text("utf-8-sig", "replace").splitlines()
    return {line[:_DIGESTS] for line in lines if is_review(line)}


_DIGESTS = 33
"""Characters of a label's digests: of the text, a tab, of the definition."""


def _key(item: "CatalogTool") -> str:
    from classifier.model.facts import line

    return line(item.tool, "", "", (), 0)[:_DIGESTS]


def _require_labels(place: Path) -> None:
    """Refuse what no label can be added to, before a person has worked for it."""
    from classifier.errors import LabelError
    from classifier.reviewed import takes_reviews

    try:
        if place.exists() and not place.is_file():
            what = "a folder" if place.is_dir() else "no file that keeps anything"
            raise LabelError(f"{place} is {what}; give --file the name of a file")
        is_ours = takes_reviews(place)
    except OSError as cause:
        raise LabelError(f"{place} cannot be read: {cause.strerror}") from cause
    if not is_ours:
        raise LabelError(f"{place} holds something else than labels; give --file another place")
    _require_writable(place)


def _require_writable(place: Path) -> None:
    """Open the file as it will be; one that is made for that is taken away again."""
    from classifier.pipeline.saving import make_folder

    make_folder(place.parent)
    is_new = not os.path.lexists(place)  # a link stays, whatever it points to
    try:
        with place.open("xb" if is_new else "ab"):
            pass
        if is_new:
            place.unlink()
    except (OSError, ValueError) as cause:  # a name with a NUL
        raise _unwritable(place, cause) from cause


def _unwritable(place: Path, cause: Exception) -> "OutputError":
    from classifier.errors import OutputError

    reason = getattr(cause, "strerror", None) or cause
    return OutputError(f"{place}: {reason}; give --file another place")


def _use(place: Path) -> str:
    """Say how labels come to be used: they are looked up in one place only."""
    from classifier.reviewed import user_file

    own = user_file()
    if place.resolve() == own.resolve():
        return "run `toolrisk classify` to use them"
    return f"not used from {place}: add its lines to {own}, then run `toolrisk classify`"


def _ask(item: "CatalogTool", place: str) -> str | None:
    """Show one tool and read the answer: a line to keep, "" to skip, None to stop."""
    from classifier.commands.inputs import say
    from classifier.commands.table import clean
    from classifier.model.facts import line
    from classifier.signals import detectors

    found = item.classification or {}
    signals = found.get("signals", [])
    told = [s["id"] for s in signals if s["kind"] == "capability"]
    others = [s["id"] for s in signals if s["kind"] != "capability"]
    sys.stdout.write(
        f"\n{place}: {clean(item.tool.server)} / {clean(item.tool.name)}\n{_shown(item.tool)}"
        f"now: {found.get('category')} {found.get('risk')} ({found.get('confidence', 0):.2f}) {', '.join(told)}\n"
    )
    if others:
        sys.stdout.write(f"also found: {', '.join(others)}\n")
    known = {d.signal.id for d in detectors() if d.label}
    while True:
        sys.stdout.write("label> ")
        sys.stdout.flush()
        answer = sys.stdin.readline()
        words = answer.strip().lower().split(maxsplit=1)
        if not answer or words[:1] == ["q"]:
            return None
        if not words:
            return ""
        head, given = words[0], _signals(words[1]) if words[1:] else told
        good = len(head) == 2 and head[0] in _CATEGORIES and head[1] in _RISKS  # noqa: PLR2004 - two letters
        if good and set(given) <= known:
            return line(item.tool, _CATEGORIES[head[0]], _RISKS[head[1]], given, 3)
        say(
            f"{_LETTERS}; then none, or signals of: {', '.join(sorted(known))}; Enter skips, q stops"
        )


_MOST_SHOWN = 6000
_HIDDEN = "\N{REPLACEMENT CHARACTER}"
_MOST_HINTS = 12


def _shown(tool: "Tool") -> str:
    """Return what is labelled: the description, each line behind a bar, and the parameters with theirs."""
    from classifier.commands.outline import outline

    text = tool.description or ""
    # what is hidden is seen as such, and no line of a text can pass for one of ours
    seen = "".join(c if c.isprintable() or c == "\n" else _HIDDEN for c in text[:_MOST_SHOWN])
    lines = [f"| {line}" for line in seen.split("\n")]
    if len(text) > _MOST_SHOWN:
        lines.append(f"... {len(text) - _MOST_SHOWN:,} more characters; see `toolrisk export`")
    lines += outline(tool)
    if isinstance(tool.annotations, dict) and tool.annotations:
        lines.append(f"  hints: {_hints(tool.annotations)}")
    return "\n".join(lines) + "\n"


def _hints(given: "JsonObject") -> str:
    """Return the vendor's hints, those that mean something first: any number may stand before them."""
    from classifier.commands.table import clean
    from classifier.pipeline.hints import HINTS

    names = [*(name for name in HINTS if name in given), *(n for n in given if n not in HINTS)]
    shown = ", ".join(clean(f"{name}={given[name]}") for name in names[:_MOST_HINTS])
    more = len(names) - _MOST_HINTS
    return shown if more <= 0 else f"{shown}, ... and {more:,} more; see `toolrisk export`"


def _signals(text: str) -> list[str]:
    return [] if text == _NONE else [word.strip() for word in text.split(",")]


def _missing_end(file: BinaryIO) -> str:
    """Return what a file lacks before a line can be added: not every editor ends the last one."""
    if not file.seek(0, os.SEEK_END):
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"


def _keep(place: Path, text: str) -> None:
    from classifier.pipeline.saving import make_folder

    make_folder(place.parent)
    try:
        with place.open("ab+") as file:
            file.write((_missing_end(file) + text).encode())
    except OSError as cause:
        raise _unwritable(place, cause) from cause
