"""Tool definitions out of parsed JSON, in every form that they are passed around in.

A server chooses every key of its answer and of its tools. So a key that fits one form says nothing
against another: all forms that fit are read, and what looks like a definition and stood in none of
them is told. Standard library and orjson only: `classify FILE` starts here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from crawler.parse import MalformedToolError, parse_tool
from crawler.printable import counted
from crawler.records import JsonObject, ServerName, Tool, canonical_json, sha256
from crawler.tool_marks import (
    describes,
    has_marks,
    has_schema,
    is_manifest,
    is_named,
    is_named_only,
    is_plain,
    is_schema,
    is_tools,
)

_DEEPEST = 6
"""Envelopes in one another that are read; nobody means more."""
_NO_TOOLS_IN = ("_meta", "initialize")
"""Members that clients take no tools from, whatever they look like."""
_OTHER_LISTS = ("prompts", "resources", "resourceTemplates")
"""What servers list beside tools: things with names and without schemas, and no server is meant."""


class Context(NamedTuple):
    """What the surroundings of a tool say about its server."""

    server: ServerName
    text: str = ""


@dataclass(slots=True)
class Reader:
    """Collects tools while it walks the forms; recursion follows nesting, which is bounded."""

    tools: list[Tool] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    goes_on: dict[ServerName, bool] = field(default_factory=dict)
    """Whether the last page of each server's list says that there are more."""
    _depth: int = 0
    _taken: set[int] = field(default_factory=set)
    """The objects that were read as a tool, by identity: the document outlives the reader."""
    _empty: list[str] = field(default_factory=list)
    """Where something has a list of tools and none in it: a server without, or a tool with the key."""

    def read(self, document: Any, context: Context, *, only_sure: bool = False) -> None:
        """Read a document of any accepted form, and tell which definitions stand in none.

        `only_sure`: it is something else already, such as a client config, whose own keys may be
        called like those of a form.
        """
        if only_sure and isinstance(document, dict):
            self._object(document, context, "the file", only_sure=True)
        else:
            self._document(document, context, "the file")
        if self._empty:
            more = f", and {len(self._empty) - 1:,} more" * (len(self._empty) > 1)
            self.problems.append(f"{self._empty[0]}{more}: a list of tools with none in it")
        missed = _definitions(document, self._taken)
        if missed:
            what = counted(missed, "definition")
            self.problems.append(f"{what} outside of the lists that were read; save them apart")

    def unfinished(self) -> Iterator[str]:
        """Yield a line for each server whose list is not here to its end."""
        yield from (goes_on_note(server) for server, goes_on in self.goes_on.items() if goes_on)

    def why_empty(self, value: Any) -> str:
        """Say in a few words what was there instead of tools."""
        if self.problems:
            return self.problems[0]
        if isinstance(value, dict):
            if isinstance(value.get("error"), dict):
                return "it is an error answer of a server"
            tools = value.get("tools")
            if isinstance(tools, list | dict) and not tools:
                return "its list of tools is empty"
            keys = ", ".join(repr(str(key)[:40]) for key in list(value)[:8])
            return f"found the keys {keys}" if keys else "it is an empty object"
        if isinstance(value, list):
            return "it is an empty list"
        return "it is a single value"

    def _document(self, value: Any, context: Context, place: str, *, is_tool: bool = False) -> bool:
        """Read any accepted form; say whether it was one."""
        if isinstance(value, list):
            self._items(value, context)
            return True
        if not isinstance(value, dict):
            return False
        if self._depth > _DEEPEST:
            self.problems.append(f"{place}: lists in more than {_DEEPEST} envelopes are not read")
            return True
        self._depth += 1
        found = self._object(value, context, place, is_tool=is_tool)
        self._depth -= 1
        return found

    def _object(
        self,
        value: JsonObject,
        context: Context,
        place: str,
        *,
        is_tool: bool = False,
        only_sure: bool = False,
    ) -> bool:
        """Read an object in every form that it fits; say whether there was one."""
        sure = _sure(value)
        forms = {
            key: read
            for key, (kind, read) in _FORMS.items()
            if isinstance(value.get(key), kind) and (key in sure or not only_sure)
        }
        is_something = bool(forms) or only_sure or has_marks(value) or is_manifest(value)
        marked = is_named(value) and has_schema(value) if only_sure else has_marks(value)
        itself = is_tool or marked or (is_named(value) and not is_something)
        if itself:
            self._tool(value, context, place)
        members = {key: content for key, content in sure.items() if key not in forms}
        if not is_something and _is_servers(value):
            surely = {key: members[key] for key in _OTHER_LISTS if key in members}
            members = {k: v for k, v in value.items() if k not in _OTHER_LISTS} | surely
        around = _session(value, context)
        readings = [partial(read, self, value, around) for read in forms.values()]
        if members:
            readings.append(partial(self._servers, members))
        self._each(readings)
        return itself or bool(readings)

    def _each(self, readings: Sequence[Callable[[], None]]) -> None:
        """Read one object in several ways: what two of them give counts once, a cursor in any counts."""
        before, cursors = self.goes_on, dict[ServerName, bool]()
        known: set[str] = set()
        for read in readings:
            start, self.goes_on = len(self.tools), {}
            read()
            if len(readings) > 1:
                found = [(tool, _digest(tool)) for tool in self.tools[start:]]
                self.tools[start:] = [tool for tool, digest in found if digest not in known]
                known.update(digest for _, digest in found)
            for server, goes_on in self.goes_on.items():
                cursors[server] = cursors.get(server, False) or goes_on
        self.goes_on = before | cursors

    def _items(self, values: Iterable[Any], context: Context, *, are_tools: bool = False) -> None:
        """Read a list whose members are tools, or answers that hold tools.

        Beside a plain tool, and where `are_tools`, whatever has a name is a tool as well: only in a
        list of servers alone is `{name, tools}` without a schema a server and nothing else.
        """
        members = list(values)
        beside = are_tools or any(isinstance(one, dict) and is_plain(one) for one in members)
        for number, value in enumerate(members, 1):
            place = f"item {number}"
            if not isinstance(value, dict) or is_plain(value):
                self._tool(value, context, place)
            else:
                is_tool = are_tools or (beside and is_named(value))
                self._member(value, context, place, is_tool=is_tool)

    def _member(self, value: JsonObject, context: Context, place: str, *, is_tool: bool) -> None:
        """Read a member of a list that is no plain tool; one that gives nothing is told."""
        before = self._found()
        if not self._document(value, context, place, is_tool=is_tool):
            self._tool(value, context, place)
        elif before == self._found() and describes(value):
            self._empty.append(place)

    def _found(self) -> tuple[int, int, int]:
        return len(self.tools), len(self.problems), len(self._empty)

    def _tool(self, value: Any, context: Context, place: str) -> None:
        """Read one tool; a malformed one costs itself only."""
        self._taken.add(id(value))
        try:
            wire, server, text = _wire(value, context)
            self.tools.append(parse_tool(server, wire, text))
        except MalformedToolError as error:
            self.problems.append(f"{place}: {error}")

    def _servers(self, members: JsonObject) -> None:
        for name, content in members.items():
            context = Context(ServerName(name))
            if isinstance(content, list):
                self._items(content, context)
            else:
                self._document(content, context, name[:60])

    def _session_pages(self, value: JsonObject, context: Context) -> None:
        for number, page in enumerate(value["tools_list_pages"], 1):
            if not self._document(page, context, f"page {number}"):
                self.problems.append(f"page {number}: it holds no list of tools")

    def _result(self, value: JsonObject, context: Context) -> None:
        self._document(value["result"], context, "the result")

    def _list(self, value: JsonObject, context: Context) -> None:
        """Read `tools`, of a server that may be named beside it."""
        keys = ("name",) if is_manifest(value) else ("server", "name")
        name = next((value[key] for key in keys if isinstance(value.get(key), str)), None)
        title = value.get("title") or value.get("display_name") or value.get("server_title")
        text = _server_text(title, value.get("description") or value.get("server_description"))
        server = context.server if name is None else ServerName(name)
        values = self._values(value["tools"])
        self._items(values, Context(server, text or context.text), are_tools=True)
        self.goes_on[server] = value.get("nextCursor") is not None  # an empty one is a cursor too

    def _values(self, tools: Any) -> Iterator[Any]:
        """Yield the tools of a list, or of an object whose keys are their names."""
        if isinstance(tools, list):
            yield from tools
            return
        for name, value in tools.items():
            self._taken.add(id(value))
            yield {"name": name, **value} if isinstance(value, dict) else value


_FORMS: dict[str, tuple[Any, Callable[[Reader, JsonObject, Context], None]]] = {
    "tools_list_pages": (list, Reader._session_pages),  # noqa: SLF001 - its own table
    "result": (dict, Reader._result),  # noqa: SLF001
    "tools": (list | dict, Reader._list),  # noqa: SLF001
}


def goes_on_note(server: str) -> str:
    """Say of a server that its list of tools is not here to its end."""
    return f"{server[:60]}: the list of tools goes on (nextCursor); save all its pages"


def _is_servers(value: JsonObject) -> bool:
    return any(
        (isinstance(one, dict) and (is_tools(one) or isinstance(one.get("tools_list_pages"), list)))
        or (isinstance(one, list) and any(isinstance(i, dict) and is_named(i) for i in one))
        for one in value.values()
    )


def _sure(value: JsonObject) -> JsonObject:
    """Return the members that hold definitions and can be nothing else.

    Lists of prompts and authors have names too, and clients keep settings under `tools`.
    """
    found: JsonObject = {}
    for key, content in value.items():
        if key in _NO_TOOLS_IN:
            continue
        is_form = key in _FORMS and _holds({key: content})
        if is_form or (isinstance(content, dict) and _holds(content)):
            found[key] = content
        elif isinstance(content, list) and (kept := [one for one in content if _is_sure(one)]):
            found[key] = kept
    return found


def _is_sure(one: Any) -> bool:
    return isinstance(one, dict) and ((is_named(one) and has_schema(one)) or _holds(one))


def _holds(value: JsonObject) -> bool:
    """Say whether an object is an answer with definitions in it."""
    inner: Any = value
    for _ in range(_DEEPEST):
        tools, pages = inner.get("tools"), inner.get("tools_list_pages")
        if isinstance(tools, dict):
            tools = [one for one in tools.values() if not is_named_only(one)]
        if any(map(describes, tools if isinstance(tools, list) else ())):
            return True
        if isinstance(pages, list) and any(isinstance(page, dict) for page in pages):
            return True
        inner = inner.get("result")
        if isinstance(inner, list):
            return any(map(describes, inner))
        if not isinstance(inner, dict):
            return False
    return True


def _definitions(document: Any, taken: set[int]) -> int:
    """Count what looks like a definition, is not among the `taken` and in none of them."""
    count, left = 0, [(document, False)]
    while left:
        value, is_listed = left.pop()
        if isinstance(value, list):
            left.extend((one, is_listed) for one in value)
        elif isinstance(value, dict) and id(value) not in taken:
            is_told = has_schema(value) or (is_listed and isinstance(value.get("description"), str))
            if is_named(value) and is_told:
                count += 1
                continue
            for key, content in value.items():
                if key not in _NO_TOOLS_IN:
                    left.append((content, key == "tools"))
    return count


def _digest(tool: Tool) -> str:
    return sha256(canonical_json([tool.definition, tool.extra]))


def _session(value: JsonObject, context: Context) -> Context:
    """Return what a recording of a session says of its server, in the answer to initialize."""
    first = value.get("initialize") if "tools_list_pages" in value else None
    answer = first.get("result", first) if isinstance(first, dict) else {}
    info = answer.get("serverInfo") if isinstance(answer, dict) else None
    if not isinstance(info, dict):
        return context
    name = info.get("name")
    text = _server_text(info.get("title"), info.get("description"))
    return Context(ServerName(name) if isinstance(name, str) and name else context.server, text)


def _server_text(title: object, description: object) -> str:
    return ". ".join(text for text in (title, description) if isinstance(text, str) and text)


def _wire(value: Any, context: Context) -> tuple[Any, ServerName, str]:
    """Return a tool as the specification spells it, its server's name and its server's text."""
    if not isinstance(value, dict):
        return value, context.server, context.text
    wire = unwrapped({key: item for key, item in _function(value).items() if item is not None})
    for alias, key in _ALIASES:
        if alias in wire and key not in wire:
            wire[key] = wire.pop(alias)
    if "inputSchema" not in wire and is_schema(wire.get("parameters")):
        wire["inputSchema"] = wire.pop("parameters")
    server = wire.pop("server", None)
    own = [wire.pop(key, None) for key in ("server_title", "server_description")]
    text = _server_text(*own) or context.text
    return wire, ServerName(server) if isinstance(server, str) else context.server, text


def _function(value: JsonObject) -> JsonObject:
    """Return the function in what a chat API is given as a tool; others as they are."""
    inner = value.get("function")
    if not isinstance(inner, dict) or value.get("type") != "function" or is_named(value):
        return value
    return inner if is_named(inner) else value


def unwrapped(wire: JsonObject) -> JsonObject:
    """Return the definition in a line of `toolrisk export`, with its server; others as they are.

    Raises:
        MalformedToolError: it is what another command said of a tool, without the definition.

    """
    if _is_exported(wire):
        return {**wire["definition"], "server": wire.get("server")}
    if "definition_sha256" in wire and wire.keys().isdisjoint(_SAID_ITSELF):
        said = "this is what toolrisk said of a tool, without its definition; give the file of definitions"
        raise MalformedToolError(said)
    return wire


def _is_exported(wire: JsonObject) -> bool:
    """Say whether a line is one of `toolrisk export`, which has the definition beside other facts.

    What has a name or a description itself is a tool as servers write it, whatever else it holds.
    """
    inner, name = wire.get("definition"), wire.get("tool")
    if not isinstance(inner, dict) or not isinstance(name, str) or inner.get("name") != name:
        return False
    return wire.keys().isdisjoint(_SAID_ITSELF)


_SAID_ITSELF = ("name", "description", "inputSchema", "input_schema")
_ALIASES = (("tool", "name"), ("input_schema", "inputSchema"), ("output_schema", "outputSchema"))
