"""Annotated parameters and pydantic models of Python, as JSON Schema.

What FastMCP and pydantic would make of them, as far as the text tells: names, types, descriptions,
choices and what is required. What only running would tell is left out.
"""

import ast
from collections.abc import Iterator

from crawler.records import JsonObject
from crawler.static.found import UNKNOWN
from crawler.static.py_modules import MAX_DEPTH, Function, Source, Sources, bindings, called

_PLAIN = {
    "str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "List": "array",
    "dict": "object", "Dict": "object", "Sequence": "array", "Iterable": "array", "set": "array", "Set": "array",
    "tuple": "array", "Tuple": "array", "Mapping": "object", "FrozenSet": "array", "frozenset": "array",
    "Decimal": "number", "SecretStr": "string", "StrictStr": "string", "PositiveInt": "integer", "NonNegativeInt": "integer",
}  # fmt: skip
_FORMATS = {"datetime": "date-time", "date": "date", "time": "time", "UUID": "uuid", "AnyUrl": "uri", "HttpUrl": "uri", "AnyHttpUrl": "uri", "Path": "path", "EmailStr": "email"}  # fmt: skip
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "min_length": "minLength", "max_length": "maxLength", "pattern": "pattern", "multiple_of": "multipleOf", "title": "title"}  # fmt: skip
_ITEMS = {"minLength": "minItems", "maxLength": "maxItems"}
_CONTEXTS = frozenset({"Context", "RequestContext", "ServerSession", "CurrentContext", "Depends"})
_MARKS = frozenset({"Optional", "Required", "NotRequired", "Final", "ClassVar", "ReadOnly"})


class PythonSchemas:
    """Turns annotations into JSON Schema."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def of_function(self, function: Function, source: Source) -> JsonObject:
        """Return the input schema of a function whose parameters are a tool's arguments."""
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
        pairs = list(zip(plain, defaults + list(arguments.defaults), strict=True))
        pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
        properties: JsonObject = {}
        required: list[str] = []
        for index, (argument, default) in enumerate(pairs):
            is_self = index == 0 and argument.arg in {"self", "cls"} and argument.annotation is None
            if is_self or self._is_context(argument, default):
                continue
            schema, is_required = self.of_field(argument.annotation, default, source)
            properties[argument.arg] = schema
            required += [argument.arg] * is_required
        found: JsonObject = {"type": "object", "properties": properties}
        return found | ({"required": required} if required else {})

    def _is_context(self, argument: ast.arg, default: ast.expr | None) -> bool:
        """Say whether the framework fills a parameter, so that no client sees it."""
        names = {called(n) for n in ast.walk(argument.annotation) if isinstance(n, ast.Name | ast.Attribute)} if argument.annotation else set()  # fmt: skip
        is_filled = isinstance(default, ast.Call) and called(default.func) in _CONTEXTS
        return bool(names & _CONTEXTS) or is_filled or argument.arg == "ctx"

    def of_field(
        self, annotation: ast.expr | None, default: ast.expr | None, source: Source, depth: int = 0
    ) -> tuple[JsonObject, bool]:
        """Return (schema, whether it is required) of a parameter or a field of a model."""
        schema = self.of(annotation, source, depth) if annotation is not None else {}
        if default is None:
            return schema, "default" not in schema
        if isinstance(default, ast.Call) and called(default.func) in {"Field", "Query", "Body"}:
            extra = self._field(default, source)
            is_required = not self._has_default(default)
            return self._with(schema, extra), is_required
        value = self._sources.value(default, source)
        if isinstance(default, ast.Constant) and default.value is ...:
            return schema, True
        return (schema if value is UNKNOWN else schema | {"default": value}), False

    def _has_default(self, call: ast.Call) -> bool:
        given = call.args[0] if call.args else None
        if given is not None:
            return not (isinstance(given, ast.Constant) and given.value is ...)
        return any(k.arg in {"default", "default_factory"} and not (isinstance(k.value, ast.Constant) and k.value.value is ...) for k in call.keywords)  # fmt: skip

    def _field(self, call: ast.Call, source: Source) -> JsonObject:
        """Return what `Field(...)` says of its parameter."""
        found: JsonObject = {}
        first = self._sources.value(call.args[0], source) if call.args else UNKNOWN
        if first is not UNKNOWN:
            found["default"] = first
        for keyword in call.keywords:
            value = self._sources.value(keyword.value, source)
            if keyword.arg == "description":
                text = self._sources.text(keyword.value, source)
                found |= {"description": text} if text else {}
            elif value is UNKNOWN or keyword.arg is None:
                continue
            elif keyword.arg == "default":
                found["default"] = value
            elif keyword.arg in _BOUNDS:
                found[_BOUNDS[keyword.arg]] = value
        return found

    def _with(self, schema: JsonObject, extra: JsonObject) -> JsonObject:
        """Join a type and its bounds; a length of a list counts items."""
        if schema.get("type") == "array":
            extra = {_ITEMS.get(key, key): value for key, value in extra.items()}
        return schema | extra

    def of(  # noqa: PLR0911 - a case each
        self, node: ast.expr, source: Source, depth: int = 0
    ) -> JsonObject:
        """Return the schema of an annotation."""
        if depth > MAX_DEPTH or not self._sources.spend():
            return {}
        match node:
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str() as text):
                return self._quoted(text, source, depth)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return _either([self.of(one, source, depth + 1) for one in (left, right)])
            case ast.Subscript(value=owner, slice=inside):
                return self._generic(called(owner), inside, source, depth)
            case ast.Name() | ast.Attribute():
                return self._name(node, source, depth)
        return {}

    def _quoted(self, text: str, source: Source, depth: int) -> JsonObject:
        try:
            return self.of(ast.parse(text, mode="eval").body, source, depth + 1)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}

    def _generic(  # noqa: C901, PLR0911 - a case each
        self, name: str, inside: ast.expr, source: Source, depth: int
    ) -> JsonObject:
        parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
        if name == "Literal":
            values = [self._sources.value(part, source) for part in parts]
            return {"enum": [v for v in values if v is not UNKNOWN]}
        if name == "Annotated":
            schema = self.of(parts[0], source, depth + 1)
            for extra in parts[1:]:
                if isinstance(extra, ast.Call) and called(extra.func) == "Field":
                    schema = self._with(schema, self._field(extra, source))
                elif isinstance(text := self._sources.value(extra, source), str):
                    schema = schema | {"description": text}
            return schema
        if name == "Union":
            return _either([self.of(part, source, depth + 1) for part in parts])
        if name == "Optional":
            return _either([self.of(parts[0], source, depth + 1), {"type": "null"}])
        if name in _MARKS:
            return self.of(parts[0], source, depth + 1)
        kind = _PLAIN.get(name)
        if kind == "array":
            inner = self.of(parts[0], source, depth + 1)
            return {"type": "array", "items": inner} if inner else {"type": "array"}
        if kind == "object" and len(parts) > 1:
            inner = self.of(parts[1], source, depth + 1)
            return {"type": "object", "additionalProperties": inner or True}
        return {"type": kind} if kind else {}

    def _name(self, node: ast.Name | ast.Attribute, source: Source, depth: int) -> JsonObject:
        name = called(node)
        place = self._sources.follow(node, source, depth)
        if place is not None and isinstance(place[0], ast.ClassDef):
            return self.of_class(place[0], place[1], depth + 1)
        if place is not None and isinstance(place[0], ast.expr) and place[0] is not node:
            return self.of(place[0], place[1], depth + 1)
        if name in _FORMATS:
            return {"type": "string", "format": _FORMATS[name]}
        return {"type": _PLAIN[name]} if name in _PLAIN else {}

    def of_class(self, node: ast.ClassDef, source: Source, depth: int = 0) -> JsonObject:
        """Return the schema of a model, a typed dictionary or an enumeration."""
        if depth > MAX_DEPTH or not self._sources.spend():
            return {}
        bases = {called(base) for base in node.bases}
        if any("Enum" in base for base in bases):
            values = [self._sources.value(value, source) for _, value in bindings(node.body)]
            return {"enum": [v for v in values if v is not UNKNOWN], "type": "string"}
        properties: JsonObject = {}
        required: list[str] = []
        for base in node.bases:
            place = self._sources.follow(base, source, depth)
            if place is not None and isinstance(place[0], ast.ClassDef):
                inner = self.of_class(place[0], place[1], depth + 1)
                properties |= inner.get("properties") or {}
                required += inner.get("required") or []
        for item in _fields(node):
            name = item.target.id if isinstance(item.target, ast.Name) else ""
            schema, is_required = self.of_field(item.annotation, item.value, source, depth + 1)
            alias = _alias(item)
            properties[alias or name] = schema
            required += [alias or name] * is_required
        found: JsonObject = {"type": "object", "properties": properties}
        text = ast.get_docstring(node)
        found |= {"description": text} if text else {}
        return found | ({"required": required} if required else {})

    def of_model_call(self, node: ast.expr, source: Source) -> JsonObject | None:
        """Return the schema of `Model.model_json_schema()`, or of a literal."""
        place = self._sources.follow(node, source)
        if place is None:
            return None
        match place[0]:
            case ast.Call(func=ast.Attribute(attr="model_json_schema" | "schema", value=owner)):
                held = self._sources.follow(owner, place[1])
                is_class = held is not None and isinstance(held[0], ast.ClassDef)
                return self.of_class(held[0], held[1]) if is_class and held and isinstance(held[0], ast.ClassDef) else None  # fmt: skip
        value = self._sources.value(place[0], place[1])
        return value if isinstance(value, dict) and value else None


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    for item in node.body:
        is_private = isinstance(item, ast.AnnAssign) and called(item.target).startswith("_")
        if isinstance(item, ast.AnnAssign) and not is_private and called(item.target) != "model_config":  # fmt: skip
            yield item


def _alias(item: ast.AnnAssign) -> str | None:
    if not isinstance(item.value, ast.Call):
        return None
    for keyword in item.value.keywords:
        if keyword.arg == "alias" and isinstance(keyword.value, ast.Constant):
            return keyword.value.value if isinstance(keyword.value.value, str) else None
    return None


def _either(schemas: list[JsonObject]) -> JsonObject:
    options: list[JsonObject] = []
    for one in schemas:
        options += one["anyOf"] if set(one) == {"anyOf"} else [one]
    return {"anyOf": options} if all(options) else {}
