"""Tools in JavaScript and TypeScript: calls that register them, and objects shaped like them."""

from collections.abc import Iterable, Iterator
from itertools import chain

from tree_sitter import Node

from crawler.records import JsonObject
from crawler.static.found import UNKNOWN, Found
from crawler.static.js_classes import fields_of
from crawler.static.js_schema import Schemas
from crawler.static.js_syntax import FUNCTIONS, Module, arguments_of, text_of
from crawler.static.js_values import Place, Scripts

_REGISTER = ("tool", "registerTool", "addTool", "defineTool", "registerAppTool", "register_tool", "createTool", "makeTool", "registerMcpTool", "registerToolTask")  # fmt: skip
_WORDS = " ".join(f'"{name}"' for name in _REGISTER)
_CALLS = f"""
(call_expression function: (member_expression property: (property_identifier) @name) (#any-of? @name {_WORDS})) @call
(call_expression function: (identifier) @name (#any-of? @name {_WORDS})) @call
"""
STRONG = ("inputSchema", "input_schema")
_WEAK = ("parameters", "schema", "paramsSchema", "paramSchema", "argsSchema", "argsShape", "inputShape", "params", "zodSchema")  # fmt: skip
_KEYS = " ".join(f'"{name}"' for name in STRONG + _WEAK)
_QUOTED = " ".join(f'"\\"{name}\\""' for name in STRONG)
_SHAPES = f"""
(object (pair key: (property_identifier) @key) (#any-of? @key {_KEYS})) @object
(object (pair key: (string) @key) (#any-of? @key {_QUOTED})) @object
(object (shorthand_property_identifier) @key (#any-of? @key {_KEYS})) @object
"""
_CLASSES = """
[(class_declaration) (class)] @class
"""
_HANDLERS = frozenset({"handler", "execute", "callback", "run", "cb", "call", "fn", "func", "invoke", "handle", "annotations", "execution", "outputSchema"})  # fmt: skip
_WRAPPERS = frozenset({"schema", "definition", "tool", "config", "spec", "metadata", "default", "function", "properties", "items", "options", "params"})  # fmt: skip
_PREDICATES = ("tool", "Tool")


class ScriptTools:
    """Finds the tools of a package's script files."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._schemas = Schemas(scripts)

    def find(self, module: Module) -> Iterator[Found]:
        """Yield the definitions that one file holds."""
        seen: set[int] = set()
        for match in module.find(_CALLS):
            found = self._registered(match["call"], text_of(match["name"]), module, seen)
            if found is not None:
                yield found
        for match in module.find(_SHAPES):
            node = match["object"]
            if node.start_byte not in seen:
                seen.add(node.start_byte)
                found = self._shaped(node, module)
                if found is not None:
                    yield found
        for match in module.find(_CLASSES):
            found = self._classed(match["class"], module)
            if found is not None:
                yield found

    # -- calls -----------------------------------------------------------------------------------

    def _registered(self, call: Node, word: str, module: Module, seen: set[int]) -> Found | None:
        """Read `tool(name, ...)`, also with the server as the first argument, or `tool({...})`."""
        given = arguments_of(call)
        if not given:
            return None
        function = call.child_by_field_name("function")
        is_plain = function is not None and function.type == "identifier"
        for index in (0, 1)[: 1 + is_plain]:  # registerTool(server, "name", ...)
            rest = given[index + 1 :]
            name = self._scripts.value(given[index], module) if rest else UNKNOWN
            if isinstance(name, str) and (index == 0 or " " not in name):
                return self._from_arguments(name, rest, (call, module), seen)
        first = self._scripts.follow(given[0], module)
        if first is not None and first[0].type == "object":
            seen.add(first[0].start_byte)
            return self._described(first, (call, module))
        is_made = len(given) > 1 and given[-1].type in FUNCTIONS and word != "defineTool"
        is_name = given[0].type in {"template_string", "identifier", "member_expression"}
        if is_made and is_name:
            return Found(name=UNKNOWN, file=module.path, line=_line(call), is_registered=True)
        return None

    def _from_arguments(self, name: str, rest: list[Node], place: Place, seen: set[int]) -> Found:
        """Read what follows the name: a configuration, or description, shape and annotations."""
        call, module = place
        description: str | None = None
        objects: list[Place] = []
        shapes: list[Node] = []
        for one in rest:
            if one.type in FUNCTIONS:
                continue
            text = self._scripts.text(one, module) if description is None else None
            followed = self._scripts.follow(one, module)
            if text is not None:
                description = text
            elif followed is not None and followed[0].type == "object":
                objects.append(followed)
                shapes.append(one)
            elif followed is not None and followed[0].type == "call_expression":
                shapes.append(one)
        where = {"file": module.path, "line": _line(call)}
        for node, home in objects[:1]:
            keys = {key for key, _, _ in self._scripts.pairs(node, home)}
            if keys & {"description", "inputSchema", "title"} and not self._is_shape(node, home):
                seen.add(node.start_byte)
                return self._configured(name, description, (node, home), where)
        annotations = self._annotations(objects[-1]) if len(objects) > 1 else None
        schema = self._schemas.shape(shapes[0], place) if shapes else None
        if annotations is None and len(objects) == 1 and self._annotations(objects[0]):
            annotations, schema = self._annotations(objects[0]), None
        return Found(
            name=name, description=description, annotations=annotations,
            input_schema=schema or {"type": "object", "properties": {}},
            file=module.path, line=_line(call), is_registered=True,
        )  # fmt: skip

    def _is_shape(self, node: Node, module: Module) -> bool:
        """Say whether `description` is a parameter of the tool: its value is a schema, no text."""
        for key, value, home in self._scripts.pairs(node, module):
            if key in {"description", "title"} and value is not None:
                found = self._scripts.follow(value, home)
                return found is not None and found[0].type == "call_expression" and not self._scripts.text(value, home)  # fmt: skip
        return False

    def _configured(
        self, name: str, description: str | None, place: Place, where: dict[str, object]
    ) -> Found:
        fields = self._fields(place)
        found = self._build(name, fields, str(where["file"]), int(str(where["line"])))
        schema = found.input_schema or {"type": "object", "properties": {}}
        return _replaced(found, description or found.description, schema)

    def _annotations(self, place: Place) -> JsonObject | None:
        value = self._scripts.value(*place)
        told = value if isinstance(value, dict) else {}
        return told if any(key.endswith("Hint") for key in told) else None

    # -- objects ---------------------------------------------------------------------------------

    def _fields(self, place: Place) -> dict[str, Place | None]:
        return {
            key: (value, home) if value is not None else None
            for key, value, home in self._scripts.pairs(*place)
        }

    def _described(self, place: Place, at: Place) -> Found | None:
        """Read one argument that holds everything."""
        fields = self._fields(place)
        name = self._value(fields.get("name"))
        inner = fields.get("schema")
        if name is UNKNOWN and inner is not None:
            followed = self._scripts.follow(*inner)
            if followed is not None and followed[0].type == "object":
                return None  # defineTool({schema: {name, ...}}): the inner object is found by shape
        is_tool = name is not UNKNOWN or ("description" in fields and "name" in fields)
        if not is_tool:
            return None
        return self._build(name, fields, at[1].path, _line(at[0]), is_registered=True)

    def _shaped(self, node: Node, module: Module) -> Found | None:
        """Read an object literal that has the keys of a tool."""
        place = (node, module)
        fields = self._fields(place)
        is_strong = any(key in fields for key in STRONG)
        has_weak = "description" in fields and bool(_HANDLERS & fields.keys())
        if not is_strong and not has_weak:
            return None
        if "name" in fields:
            name = self._value(fields["name"])
            if name is UNKNOWN and (not is_strong or self._text(fields.get("description")) is None):
                return None  # a schema of tools, or a copy of one: nothing that names a tool
            return self._build(name, fields, module.path, _line(node))
        parent = node.parent
        if "description" not in fields or parent is None or parent.type != "pair":
            return None
        key = parent.child_by_field_name("key")
        label = text_of(key).strip("\"'") if key is not None else ""
        if label in _WRAPPERS or not label:
            return None
        return self._build(label, fields, module.path, _line(node))

    def _classed(self, node: Node, module: Module) -> Found | None:
        """Read a class whose objects are tools: it sets a name, a description and a schema."""
        values = fields_of(node)
        has_schema = any(key in values for key in STRONG + _WEAK)
        label = node.child_by_field_name("name")
        for key in ("toolName", "name"):  # also set on the class: FindTool.toolName = "find"
            outside = module.members.get((text_of(label), key)) if label is not None else None
            given = values.get(key) or outside
            if given is not None:
                values["name"] = given
                break
        if not has_schema or "name" not in values or "description" not in values:
            return None
        fields: dict[str, Place | None] = {key: (value, module) for key, value in values.items()}
        name = self._value(fields["name"])
        if name is UNKNOWN:
            return None
        above = next((text_of(c) for c in node.named_children if c.type == "class_heritage"), "")
        is_tool = "tool" in above.lower()
        return self._build(name, fields, module.path, _line(node), is_registered=is_tool)

    def _build(
        self, name: object, fields: dict[str, Place | None], file: str, line: int,
        *, is_registered: bool = False,
    ) -> Found:  # fmt: skip
        schemas = (fields[key] for key in STRONG + _WEAK if fields.get(key) is not None)
        schema_at = next(schemas, None)
        output = fields.get("outputSchema")
        noted = fields.get("annotations")
        annotations = self._scripts.value(*noted) if noted is not None else None
        return Found(
            name=name,
            title=self._text(fields.get("title")),
            description=self._text(fields.get("description")),
            input_schema=self._schemas.shape(schema_at[0], schema_at) if schema_at else None,
            output_schema=self._schemas.shape(output[0], output) if output else None,
            annotations=annotations if isinstance(annotations, dict) and annotations else None,
            file=file,
            line=line,
            is_registered=is_registered,
        )

    def _value(self, place: Place | None) -> object:
        found = self._scripts.value(*place) if place is not None else UNKNOWN
        return found if isinstance(found, str) else UNKNOWN

    def _text(self, place: Place | None) -> str | None:
        return self._scripts.text(*place) if place is not None else None


def reachable(scripts: Scripts, entries: Iterable[str]) -> list[Module]:
    """Return the files that a package's entries lead to by imports, in that order."""
    queue = [path for path in dict.fromkeys(entries) if path]
    seen = set(queue)
    found: list[Module] = []
    for path in queue:  # grows while it is walked
        module = scripts.module(path)
        if module is None:
            continue
        found.append(module)
        for wanted in chain(module.required, (source for source, _ in module.imported.values())):
            target = scripts.resolve_path(path, wanted)
            if target is not None and target not in seen:
                seen.add(target)
                queue.append(target)
    return found


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _replaced(found: Found, description: str | None, schema: JsonObject) -> Found:
    from dataclasses import replace

    return replace(found, description=description, input_schema=schema, is_registered=True)
