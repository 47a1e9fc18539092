"""Tools in Python: decorated functions, calls that add them, and `Tool(...)` objects."""

import ast
import inspect
from collections.abc import Iterable, Iterator

from crawler.records import JsonObject
from crawler.static.found import UNKNOWN, Found
from crawler.static.py_modules import Function, Source, Sources, called
from crawler.static.py_schema import PythonSchemas

_NAMING = {"register_tool", "mcp_tool", "tool"}
"""Decorators of a server's own making, which take the tool's name first."""
_HINTS = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title"}


class PythonTools:
    """Finds the tools of a package's Python files."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._schemas = PythonSchemas(sources)

    def find(self, source: Source) -> Iterator[Found]:
        """Yield the definitions that one file holds, in the order of its text."""
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self._decorated(node, source)
            elif isinstance(node, ast.Call):
                yield from self._made(node, source)

    def _decorated(self, function: Function, source: Source) -> Iterator[Found]:
        """Read `@mcp.tool`, `@mcp.tool(...)` above a function."""
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call is not None else decorator
            is_ours = isinstance(target, ast.Attribute) and target.attr == "tool"
            is_named = call is not None and called(target) in _NAMING and bool(call.args)
            if is_ours or is_named:
                yield self._from_function(function, call, source)
                return

    def _made(self, call: ast.Call, source: Source) -> Iterator[Found]:
        """Read `Tool(...)`, `mcp.tool(...)(function)` and `mcp.add_tool(function, ...)`."""
        word = called(call.func)
        if word == "Tool":
            found = self._constructed(call, source)
            if found is not None:
                yield found
        elif word in {"add_tool", "from_function", "register_tool"} and call.args:
            yield from self._of_reference(call.args[0], call, source)
        elif isinstance(call.func, ast.Call) and call.args and called(call.func.func) == "tool":
            yield from self._of_reference(call.args[0], call.func, source)

    def _of_reference(self, node: ast.expr, call: ast.Call, source: Source) -> Iterator[Found]:
        place = self._sources.follow(node, source)
        if place is not None and isinstance(place[0], ast.FunctionDef | ast.AsyncFunctionDef):
            yield self._from_function(place[0], call, place[1])
        elif called(node) in source.functions:  # a method, or a function inside a function
            yield self._from_function(source.functions[called(node)], call, source)

    def _from_function(self, function: Function, call: ast.Call | None, source: Source) -> Found:
        given = _keywords(call)
        name: object = function.name
        if call is not None and call.args and not _is_reference(call, function):
            name = self._sources.value(call.args[0], source)
        if "name" in given:
            name = self._sources.value(given["name"], source)
        text = self._sources.text(given.get("description"), source)
        document = ast.get_docstring(function, clean=False)
        if text is None and "description" not in given and document is not None:
            text = inspect.cleandoc(document)
        return Found(
            name=name if isinstance(name, str) else UNKNOWN,
            title=self._sources.text(given.get("title"), source),
            description=text,
            input_schema=self._schemas.of_function(function, source),
            annotations=self._annotations(given.get("annotations"), source),
            file=source.path,
            line=function.lineno,
            is_registered=True,
        )

    def _constructed(self, call: ast.Call, source: Source) -> Found | None:
        given = _keywords(call)
        schema_at = given.get("inputSchema") or given.get("input_schema")
        if "name" not in given or schema_at is None:
            return None
        name = self._sources.value(given["name"], source)
        return Found(
            name=name if isinstance(name, str) else UNKNOWN,
            title=self._sources.text(given.get("title"), source),
            description=self._sources.text(given.get("description"), source),
            input_schema=self._schemas.of_model_call(schema_at, source),
            annotations=self._annotations(given.get("annotations"), source),
            file=source.path,
            line=call.lineno,
            is_registered=True,
        )

    def _annotations(self, node: ast.expr | None, source: Source) -> JsonObject | None:
        """Read `ToolAnnotations(readOnlyHint=True)` or the same as a dictionary."""
        place = self._sources.follow(node, source) if node is not None else None
        if place is None:
            return None
        found: JsonObject = {}
        if isinstance(place[0], ast.Call):
            for key, value in _keywords(place[0]).items():
                found[key] = self._sources.value(value, place[1])
        elif isinstance(value := self._sources.value(place[0], place[1]), dict):
            found = value
        known = {key: v for key, v in found.items() if key in _HINTS and v is not UNKNOWN}
        return known or None


def _keywords(call: ast.Call | None) -> dict[str, ast.expr]:
    return {k.arg: k.value for k in call.keywords if k.arg} if call is not None else {}


def _is_reference(call: ast.Call, function: Function) -> bool:
    """Say whether the first argument is the function itself, as in `add_tool(function)`."""
    return called(call.args[0]) == function.name


def reachable(sources: Sources, entries: Iterable[str]) -> list[Source]:
    """Return the files that a package's entry points lead to by imports, in that order."""
    queue = list(dict.fromkeys(entries))
    seen = set(queue)
    found: list[Source] = []
    for path in queue:  # grows while it is walked
        source = sources.source(path)
        if source is None:
            continue
        found.append(source)
        for module in source.required:
            for name in _with_parents(module):
                target = sources.path_of(name)
                if target is not None and target not in seen:
                    seen.add(target)
                    queue.append(target)
    return found


def _with_parents(module: str) -> list[str]:
    """Return a module and the packages around it, whose `__init__` is run too."""
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(min(len(parts), 20))]
