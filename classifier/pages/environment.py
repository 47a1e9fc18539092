"""The one Jinja2 environment, and the only place where text becomes markup.

Autoescape is always on and an unknown variable is an error. Whatever a template prints passes
`_finalize`, which escapes it, so that no invisible character, lone surrogate or control reaches a page, not even
in an attribute; `show_invisible` is the richer form for running text.
"""

from __future__ import annotations

import re  # noqa: TID251  # one class of five characters, linear
from collections.abc import Hashable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from markupsafe import Markup, escape

from classifier.pages.invisible import is_all_seen, pieces, visible
from classifier.pages.words import cut, named, short
from classifier.taxa import explained

_LONGEST_URL = 2000
_SPECIAL = re.compile("[&<>\"']").search


def show_invisible(text: object) -> str:
    """Turn unseen characters into marked spans that name them; markup is only what has such."""
    given = str(text)
    if is_all_seen(given):
        return given  # escaped where it is printed, as any text
    return Markup("").join(
        Markup('<span class="unseen">{}</span>').format(part) if unseen else escape(part)
        for part, unseen in pieces(given)
    )


def safe_url(text: object) -> str | None:
    """Return an absolute http or https URL as it is; None for anything else.

    Credentials in a URL are no one's business, so such a URL is not linked either.
    """
    given = str(text or "").strip()
    if not given.isascii() or not given.isprintable() or len(given) > _LONGEST_URL:
        return None
    if any(mark in given for mark in " \\<>\"'`{}"):
        return None
    try:
        parts = urlsplit(given)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return given


def _finalize(value: object) -> object:
    """Return what a template prints: markup as it is, anything else visible and escaped.

    Most texts need neither, so it is looked for first: making markup of each took a tenth of
    a build.
    """
    if value.__class__ is Markup:
        return value
    if value.__class__ is not str:
        return escape(value)
    text = str(value)
    if not is_all_seen(text):
        text = visible(text)
    return escape(text) if _SPECIAL(text) else text


class _Code(CodeGenerator):
    """Compiles templates so that `_finalize`, which escapes, is all that output passes."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"({finalize.src}")


class _Environment(Environment):
    code_generator_class = _Code


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the environment; templates are named by their path in this package."""
    made = _Environment(
        loader=PackageLoader("classifier.pages", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters["show_invisible"] = show_invisible
    made.filters["safe_url"] = safe_url
    made.filters["cut"] = cut
    made.filters["short"] = short
    made.filters["named"] = named
    made.filters["explained"] = explained
    made.globals["tool_row"] = _tool_row
    return made


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def prose(text: str) -> Markup:
    """Render Markdown of our own notebooks; raw HTML in it is shown as text."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).render(visible(text))
    return Markup(made)  # noqa: S704  # the renderer escapes all that it does not make itself


def render(name: str, context: Mapping[str, object]) -> str:
    """Render a template to text."""
    # As `Template.render`, which looks each global up in a chain of mappings, every time.
    template, made = _template(name), environment()
    given = template.new_context({**made.globals, **context}, shared=True)
    return made.concat(template.root_render_func(given))


def render_part(name: str, context: Mapping[str, object], *, same: Hashable = None) -> Markup:
    """Render a template as a part of another one.

    `same` is everything that the part depends on, where parts of many pages are the same: such
    a part is rendered once.
    """
    if same is None:
        return Markup(render(name, context))  # noqa: S704  # our own autoescaped output
    found = _repeated.get((name, same))
    if found is None:
        if len(_repeated) >= _MOST_REPEATED:
            _repeated.clear()
        found = _repeated[name, same] = render_part(name, context)
    return found


def joined(parts: Iterable[Markup]) -> Markup:
    """Put parts together; one that is no markup is escaped."""
    return Markup("").join(parts)


def filled(shape: str, words: Mapping[str, str]) -> Markup:
    """Fill words into a part that was rendered before and has `%(name)s` where they go.

    The words are escaped here, whatever they are.
    """
    safe = {name: escape(word) for name, word in words.items()}
    return Markup(shape % safe)  # noqa: S704  # our own autoescaped output, and escaped words


def _tool_row(row: Hashable, root: str, server: bool) -> Markup:
    """Render a tool's line in a table; it stands on its siblings' pages and in many lists."""
    given = {"row": row, "root": root, "server": server}
    return render_part("templates/row.html", given, same=(row, root, server))


_MOST_REPEATED = 8192
_repeated: dict[tuple[str, Hashable], Markup] = {}
