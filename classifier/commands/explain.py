"""`toolrisk explain`: one definition with its evidence, score, and what would change the answer."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.printable import in_a_line, shown

if TYPE_CHECKING:
    from classifier.verdict import Classification, Evidence
    from crawler.records import Tool


_MOST_SHOWN = 20_000
"""Characters of one text that are shown; quotes from beyond stand under their signals."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A server or a file, as for classify.")],
    tool: Annotated[str | None, typer.Argument(metavar="[TOOL]", help="Only this tool.")] = None,
    reviews: Annotated[bool, typer.Option(help="Look definitions up that people have reviewed.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Allow loopback and private addresses.")] = False,
    unsafe_no_sandbox: Annotated[bool, typer.Option("--unsafe-no-sandbox", help="Run packages without a sandbox.")] = False,
) -> None:  # fmt: skip
    """Show the definition with its evidence marked, the score, and what would change it."""
    from classifier.commands import inputs
    from classifier.engine import Options
    from crawler.errors import TargetError

    options = inputs.InputOptions(
        allow_private=allow_private,
        unsafe_no_sandbox=unsafe_no_sandbox,
        streams=True,
        engine=Options(
            use_reviews=reviews, extra_reviews=inputs.user_reviews() if reviews else None
        ),
    )
    found, names = 0, dict[str, None]()
    for one, result in inputs.classified([target], "", options):
        names[one.name] = None
        if tool is None or one.name == tool:
            found += 1
            sys.stdout.write(text(one, result))
    code = inputs.report(options)
    if not found and not code:
        raise TargetError(f"{target}: has no tool {tool!r}; {_instead(str(tool), list(names))}")
    if not found and names:  # it may be what could not be read
        instead = _instead(str(tool), list(names))
        inputs.say(f"{target}: has no tool {tool!r} among those that were read; {instead}")
    raise typer.Exit(code)


def _instead(asked: str, names: list[str]) -> str:
    """Say which tools there are: those of a like name first, and not all of many."""
    from difflib import get_close_matches

    low = asked.casefold()
    if not names:
        return "it has none"
    near = [name for name in names if low and low in name.casefold()]
    by_form = {name[:_MOST_OF_NAME].casefold(): name for name in names}
    near += [by_form[form] for form in get_close_matches(low[:_MOST_OF_NAME], by_form, _MOST_NAMES)]
    chosen = list(dict.fromkeys(near))[:_MOST_NAMES] or names[:_MOST_NAMES]
    more = f" and {len(names) - len(chosen):,} more" if len(names) > len(chosen) else ""
    return f"it has {', '.join(repr(in_a_line(name)[:_MOST_OF_NAME]) for name in chosen)}{more}"


_MOST_NAMES = 5
_MOST_OF_NAME = 80


_SHOWN_WHOLE = ("/name", "/description")
"""What is shown with its quotes in brackets; quotes from elsewhere get a line each."""


def text(tool: "Tool", result: "Classification") -> str:
    """Return the whole explanation of one tool."""
    from classifier.commands.outline import outline

    quotes = list(
        dict.fromkeys((*result.evidence, *(e for f in result.findings for e in f.evidence)))
    )
    lines = [
        f"{in_a_line(tool.name)}  ({in_a_line(tool.server)})",
        _head(result),
        "",
        in_a_line(_marked(tool.name, "/name", quotes)),
        *_quoted(_marked(tool.description or "(no description)", "/description", quotes)),
        *outline(tool, lambda text, pointer: _marked(text, pointer, quotes)),
    ]
    lines += [
        f"  {'text' if quote.end else 'parameter'} [{in_a_line(quote.text)}]  {in_a_line(quote.pointer)}"
        for quote in quotes
        if not quote.end or quote.pointer not in _SHOWN_WHOLE
    ]
    lines += ["", in_a_line(result.rationale), "", "score"]
    lines += [f"  {a.points:+4d}  {a.reason}" for a in result.addends]
    lines.append(f"  {result.risk_score:4d}  = {result.risk.value}")
    lines += ["", "signals"] if result.findings else ["", "signals", "  none"]
    for finding in result.findings:
        quoted = ", ".join(json.dumps(shown(e.text), ensure_ascii=False) for e in finding.evidence)
        lines.append(f"  {finding.signal.id} ({finding.confidence:.2f}): {quoted}")
    lines += ["", "what would change it", *(f"  {line}" for line in _changes(tool, result)), "", ""]
    return "\n".join(lines)


def _head(result: "Classification") -> str:
    return (
        f"{result.category.value}, {result.risk.value} risk, {result.risk_score} of 100; "
        f"sure {result.confidence:.2f}, decided by {result.decided_by.value}"
    )


def _changes(tool: "Tool", result: "Classification") -> list[str]:
    """Say what would change the answer, and what has to be known of it."""
    from classifier.commands.what_if import what_if
    from classifier.verdict import Basis

    lines = list(what_if(tool, result))
    if result.decided_by is not Basis.REVIEWED:
        lines.append("a review of this definition by a person (`toolrisk review`)")
    lines += [note.rstrip(".") for note in result.notes if not note.startswith(_OF_THE_VENDOR)]
    return lines


_OF_THE_VENDOR = "The vendor does not state"
"""Hints are claims: stated or not, they change nothing."""


def _marked(value: str, pointer: str, quotes: "list[Evidence]") -> str:
    """Return a text with its quotes in brackets; overlapping quotes share one pair."""
    if len(value) > _MOST_SHOWN:
        cut = f"… {len(value) - _MOST_SHOWN:,} more characters"
        return f"{_marked(value[:_MOST_SHOWN], pointer, quotes)}\n{cut}"
    inside = [False] * len(value)
    for quote in quotes:
        if quote.pointer == pointer and not quote.end:  # a parameter: its name is what is quoted
            inside = [True] * len(value)
        elif quote.pointer == pointer:
            inside[quote.start : quote.end] = [True] * (quote.end - quote.start)
    out: list[str] = []
    before = False
    for char, now in zip(value, inside, strict=True):
        out.append(("[" if now else "]") if now != before else "")
        out.append(char)
        before = now
    return shown("".join(out) + ("]" if before else ""))


def _quoted(text_: str) -> list[str]:
    """Return the lines of a text, each behind a bar: none of them can pass for one of ours."""
    return [f"| {line}" for line in text_.split("\n")]
