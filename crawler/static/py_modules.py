"""Python sources as syntax trees (`ast`), and where their names lead inside one package."""

import ast
import inspect
import math
import textwrap
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crawler.static.found import ELLIPSIS, UNKNOWN

MAX_STEPS = 300_000
MAX_DEPTH = 60
MAX_CHARACTERS = 200_000
MAX_ITEMS = 10_000

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Source:
    """One module: its tree, its top-level names, and what it imports."""

    path: str
    tree: ast.Module
    names: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(
        default_factory=dict
    )  # local -> (module, name)
    required: list[str] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)  # methods and inner ones too

    @property
    def package(self) -> str:
        """The dotted name of the package that relative imports start from."""
        parts = self.path.removesuffix(".py").split("/")
        return ".".join(parts[:-1])


Place = tuple[ast.AST, Source]
"""An expression and the module in which its names have a meaning."""


class Sources:
    """All Python files of a package, parsed when first needed."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = {path: data for path, data in files.items() if path.endswith(".py")}
        self._sources: dict[str, Source | None] = {}
        self._roots = ("", "src/")
        self.steps = 0
        self.unreadable = 0

    @property
    def paths(self) -> list[str]:
        """The paths of all Python files, sorted."""
        return sorted(self._files)

    def source(self, path: str) -> Source | None:
        """Return a file as a module; None where there is none, or it is no Python."""
        if path not in self._files:
            return None
        if path not in self._sources:
            self._sources[path] = self._parse(path)
        return self._sources[path]

    def _parse(self, path: str) -> Source | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # invalid escapes of others are not ours to tell
                tree = ast.parse(self._files[path])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.unreadable += 1
            return None
        source = Source(path, tree)
        _collect(source, tree.body)
        return source

    def path_of(self, module: str) -> str | None:
        """Return the file of a dotted module name, if it belongs to the package."""
        base = module.replace(".", "/")
        tried = (f"{root}{base}{end}" for root in self._roots for end in (".py", "/__init__.py"))
        return next((path for path in tried if path in self._files), None)

    def spend(self) -> bool:
        """Take one step; False when the budget of the package is used up."""
        self.steps += 1
        return self.steps < MAX_STEPS

    def follow(self, node: ast.AST, source: Source, depth: int = 0) -> Place | None:
        """Return what a name or attribute means; any other expression means itself."""
        if depth > MAX_DEPTH or not self.spend():
            return None
        if isinstance(node, ast.Name):
            return self.named(node.id, source, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, source, depth)
        return node, source

    def named(self, name: str, source: Source, depth: int = 0) -> Place | None:
        """Return what a module means by a name."""
        if name in source.names:
            return self.follow(source.names[name], source, depth + 1)
        if name in source.imported and depth < MAX_DEPTH:
            module, inner = source.imported[name]
            path = self.path_of(f"{module}.{inner}") if inner else self.path_of(module)
            if path is not None and (other := self.source(path)) is not None:
                return other.tree, other
            path = self.path_of(module) if inner else None
            other = self.source(path) if path else None
            if other is not None and inner is not None and self.spend():
                return self.named(inner, other, depth + 1)
        return None

    def _attribute(self, node: ast.Attribute, source: Source, depth: int) -> Place | None:
        """Return a class attribute, a member of an enumeration or a name of a module."""
        owner = node.value
        if node.attr == "value" and isinstance(owner, ast.Attribute):  # Kind.MEMBER.value
            return self.follow(owner, source, depth + 1)
        place = self.follow(owner, source, depth + 1)
        if place is None:
            return None
        holder, home = place
        if isinstance(holder, ast.Module):
            return self.named(node.attr, home, depth + 1)
        if isinstance(holder, ast.ClassDef):
            for name, value in bindings(holder.body):
                if name == node.attr:
                    return self.follow(value, home, depth + 1)
        return None

    # -- values ----------------------------------------------------------------------------------

    def value(  # noqa: PLR0911 - a case each
        self, node: ast.AST | None, source: Source, depth: int = 0
    ) -> Any:
        """Return the JSON value of an expression; UNKNOWN where only running it would tell."""
        place = self.follow(node, source, depth) if node is not None else None
        if place is None:
            return UNKNOWN
        match place[0]:
            case ast.Constant(value=str() | int() | float() | None as found):
                # 1e400 is an infinity, which JSON does not know: it cost the whole package
                return UNKNOWN if isinstance(found, float) and math.isinf(found) else found
            case ast.JoinedStr() as joined:
                return self._format(joined, place[1], depth, partial=False)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = self.value(operand, place[1], depth + 1)
                return -found if isinstance(found, int | float) else UNKNOWN
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._sum(left, right, place[1], depth)
            case ast.List() | ast.Tuple() | ast.Set() as listed:
                return self._list(listed, place[1], depth)
            case ast.Dict() as mapping:
                return self._dict(mapping, place[1], depth)
            case ast.Call() as call:
                return self._call(call, place[1], depth)
        return UNKNOWN

    def text(self, node: ast.AST | None, source: Source) -> str | None:
        """Return a text for people; parts that only running would tell become an ellipsis."""
        found = self.value(node, source)
        if isinstance(found, str):
            return found
        place = self.follow(node, source) if node is not None else None
        if place is None:
            return None
        match place[0]:
            case ast.JoinedStr() as joined:
                return str(self._format(joined, place[1], 0, partial=True))
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return (self.text(left, place[1]) or ELLIPSIS) + (self.text(right, place[1]) or ELLIPSIS)  # fmt: skip
            case ast.Call(func=ast.Attribute(attr="format", value=inner)):
                return self.text(inner, place[1])
        return None

    def _sum(self, left: ast.expr, right: ast.expr, source: Source, depth: int) -> Any:
        one = self.value(left, source, depth + 1)
        if not isinstance(one, str):
            return UNKNOWN
        other = self.value(right, source, depth + 1)
        is_short = isinstance(other, str) and len(one) + len(other) < MAX_CHARACTERS
        return one + other if is_short else UNKNOWN

    def _format(self, node: ast.JoinedStr, source: Source, depth: int, *, partial: bool) -> Any:
        out: list[str] = []
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            found = self.value(inner, source, depth + 1)
            if isinstance(found, int | float):
                found = str(found)
            if not isinstance(found, str):
                if not partial:
                    return UNKNOWN
                found = ELLIPSIS
            out.append(found)
            if sum(map(len, out)) > MAX_CHARACTERS:
                return UNKNOWN
        return "".join(out)

    def _list(self, node: ast.List | ast.Tuple | ast.Set, source: Source, depth: int) -> Any:
        out: list[Any] = []
        for child in node.elts:
            inner = child.value if isinstance(child, ast.Starred) else child
            found = self.value(inner, source, depth + 1)
            is_spread = isinstance(child, ast.Starred) and isinstance(found, list)
            out += found if is_spread else [found]
            if len(out) > MAX_ITEMS:
                return UNKNOWN
        return UNKNOWN if any(one is UNKNOWN for one in out) else out

    def _dict(
        self, node: ast.Dict, source: Source, depth: int, *, is_properties: bool = False
    ) -> Any:
        """Return a mapping; members that cannot be told are left out of it.

        A property of a schema that cannot be told is one that takes anything.
        """
        out: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            name = self.value(key, source, depth + 1) if key is not None else None
            if name == "properties" and isinstance(value, ast.Dict):
                found = self._dict(value, source, depth + 1, is_properties=True)
            else:
                found = self.value(value, source, depth + 1)
            if key is None:
                out |= found if isinstance(found, dict) else {}
            elif isinstance(name, str) and (found is not UNKNOWN or is_properties):
                out[name] = {} if found is UNKNOWN else found
            if len(out) > MAX_ITEMS:
                return UNKNOWN
        return out

    def _call(self, node: ast.Call, source: Source, depth: int) -> Any:
        """Return what dict(), dedent(), joins, and own functions that only return give."""
        name = called(node.func)
        if name == "dict" and not node.args:
            pairs = {k.arg: self.value(k.value, source, depth + 1) for k in node.keywords if k.arg}
            return {key: value for key, value in pairs.items() if value is not UNKNOWN}
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        first = self.value(node.args[0], source, depth + 1) if node.args else UNKNOWN
        if name in {"dedent", "cleandoc"} and isinstance(first, str):
            return textwrap.dedent(first) if name == "dedent" else inspect.cleandoc(first)
        if name in {"strip", "join"} and owner is not None:
            held = self.value(owner, source, depth + 1)
            if isinstance(held, str):
                return held.strip() if name == "strip" else _joined(held, first)
        place = self.follow(node.func, source, depth + 1)
        if place is not None and isinstance(place[0], ast.FunctionDef):
            last = place[0].body[-1]
            if isinstance(last, ast.Return) and last.value is not None:
                return self.value(last.value, place[1], depth + 1)
        return UNKNOWN


def _joined(between: str, parts: Any) -> Any:
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return UNKNOWN
    size = sum(map(len, parts)) + len(between) * len(parts)
    return between.join(parts) if size < MAX_CHARACTERS else UNKNOWN


def called(function: ast.expr) -> str:
    """Return the last word of what is called: `tool` of `server.mcp.tool`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def bindings(body: Iterable[ast.stmt]) -> Iterable[tuple[str, ast.expr]]:
    """Yield (name, value) of assignments in a body."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement.value
        elif (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            yield statement.target.id, statement.value


def _collect(source: Source, body: list[ast.stmt]) -> None:  # noqa: C901 - a case each
    """Fill a module's tables; conditional imports and definitions count too."""
    queue: list[ast.stmt] = list(body)
    for statement in queue:  # grows while it is walked
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    source.imported[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name,
                        None,
                    )
                    source.required.append(alias.name)
            case ast.ImportFrom():
                _import_from(source, statement)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                source.names.setdefault(statement.name, statement)
            case ast.Try(body=tried, handlers=handlers, orelse=otherwise):
                queue += [*tried, *otherwise, *(s for h in handlers for s in h.body)]
            case ast.If(body=then, orelse=otherwise):
                queue += [*then, *otherwise]
            case ast.With(body=then):
                queue += then
    for name, value in bindings(queue):
        source.names.setdefault(name, value)
    for node in ast.walk(source.tree):  # imports inside functions lead to files too
        if isinstance(node, ast.ImportFrom):
            _import_from(source, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            source.functions.setdefault(node.name, node)


def _import_from(source: Source, node: ast.ImportFrom) -> None:
    base = source.package.split(".") if source.package else []
    up = node.level - 1
    start = base[: len(base) - up] if node.level else []
    module = ".".join([*start, *([node.module] if node.module else [])])
    for alias in node.names:
        source.required += [module, f"{module}.{alias.name}" if module else alias.name]
        source.imported.setdefault(alias.asname or alias.name, (module, alias.name))
