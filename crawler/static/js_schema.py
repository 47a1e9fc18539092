"""Input schemas in JavaScript: JSON Schema literals, and zod chains turned into JSON Schema.

The result is what the server would most likely send: names, types, descriptions and what is
required. Refinements that JSON Schema cannot say, and whatever only running would tell, are left
out, so a property may come out with a wider type than it has, never with a narrower one.
"""

from typing import Any

from tree_sitter import Node

from crawler.records import JsonObject
from crawler.static.found import UNKNOWN
from crawler.static.js_syntax import arguments_of, strip, text_of
from crawler.static.js_values import MAX_DEPTH, Place, Scripts

MAX_PROPERTIES = 1_000
_PLAIN: dict[str, JsonObject] = {
    "string": {"type": "string"}, "number": {"type": "number"}, "boolean": {"type": "boolean"},
    "int": {"type": "integer"}, "bigint": {"type": "integer"}, "date": {"type": "string", "format": "date-time"},
    "any": {}, "unknown": {}, "custom": {}, "instanceof": {}, "never": {"not": {}}, "null": {"type": "null"},
    "email": {"type": "string", "format": "email"}, "url": {"type": "string", "format": "uri"},
    "uuid": {"type": "string", "format": "uuid"}, "stringbool": {"type": "boolean"}, "undefined": {},
    "object": {}, "strictObject": {}, "looseObject": {}, "array": {}, "enum": {}, "nativeEnum": {}, "literal": {},
    "union": {}, "discriminatedUnion": {}, "record": {}, "tuple": {}, "intersection": {}, "optional": {},
    "nullable": {}, "preprocess": {}, "lazy": {}, "partialRecord": {}, "set": {}, "_default": {}, "nullish": {},
}  # fmt: skip
_CONVERTERS = frozenset({"zodToJsonSchema", "toJSONSchema", "toJsonSchema", "toJsonSchemaCompat", "zodToJson", "convertSchema", "jsonSchema", "zodToMcpSchema", "zodToStrictJsonSchema"})  # fmt: skip
_BOUNDS = {"min": ("minLength", "minimum", "minItems"), "max": ("maxLength", "maximum", "maxItems"), "gte": ("", "minimum", ""), "lte": ("", "maximum", ""), "gt": ("", "exclusiveMinimum", ""), "lt": ("", "exclusiveMaximum", ""), "multipleOf": ("", "multipleOf", "")}  # fmt: skip
_FORMATS = {"email": "email", "url": "uri", "uuid": "uuid", "datetime": "date-time", "date": "date"}


class Schemas:
    """Turns expressions into JSON Schema."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def shape(self, node: Node, place: Place) -> JsonObject | None:
        """Return the schema that an `inputSchema` argument means, or None where it is unknown.

        It is a JSON Schema, a zod schema, or an object whose values are zod schemas.
        """
        found = self._scripts.follow(node, place[1])
        if found is None:
            return None
        node, module = found
        if node.type == "object":
            keys = [key for key, _, _ in self._scripts.pairs(node, module)]
            if not keys:
                return {"type": "object", "properties": {}}
            if not self._is_raw_shape(node, found):
                value = self._scripts.value(node, module)
                return value if isinstance(value, dict) and value else None
            return self._object(node, found, 0)
        schema, _ = self.of(node, found)
        return schema or None

    def _is_raw_shape(self, node: Node, place: Place) -> bool:
        """Say whether the values of an object literal are schemas: calls, or names from outside."""
        is_literal = False
        for _, value, home in self._scripts.pairs(node, place[1]):
            inner = self._scripts.follow(value, home) if value is not None else None
            if inner is not None and inner[0].type == "call_expression":
                return True
            is_literal |= inner is not None
        return not is_literal

    def of(  # noqa: PLR0911 - a case each
        self, node: Node, place: Place, depth: int = 0
    ) -> tuple[JsonObject, bool]:
        """Return (schema, whether it may be absent) of a zod expression."""
        found = self._scripts.follow(node, place[1], depth)
        if found is None or depth > MAX_DEPTH:
            return {}, False
        node, module = found
        if node.type == "object":
            value = self._scripts.value(node, module)
            return (value if isinstance(value, dict) else {}), False
        calls: list[tuple[str, list[Node]]] = []
        while node.type == "call_expression" and self._scripts.spend():
            given, (owner, name) = arguments_of(node), _callee(node)
            if name in _CONVERTERS and given:
                return self._applied(self.of(given[0], (node, module), depth + 1), calls, module)
            if owner is None:
                break
            if owner.type != "call_expression" and not self._is_schema(owner, module):
                base = self._base(name, given, (node, module), depth)
                return self._applied(base, calls, module)
            calls.append((name, given))
            node = owner
        inner = node.child_by_field_name("object")  # z.object({...}).shape, and so on
        if calls and node.type in {"identifier", "member_expression"}:
            return self._applied(self.of(node, (node, module), depth + 1), calls, module)
        if node.type == "member_expression" and inner is not None:
            return self._applied(self.of(inner, (node, module), depth + 1), calls, module)
        return {}, False

    def _is_schema(self, node: Node, module: Any) -> bool:
        """Say whether a name means a schema of ours, rather than the zod library."""
        found = self._scripts.follow(node, module)
        return found is not None and found[0].type in {"call_expression", "object"}

    def _base(  # noqa: C901, PLR0911 - a case each
        self, name: str, given: list[Node], place: Place, depth: int
    ) -> tuple[JsonObject, bool]:
        """Return what the first call of a chain, `z.NAME(...)`, makes."""
        if name not in _PLAIN:
            return {}, False
        first = given[0] if given else None
        schema: JsonObject = dict(_PLAIN[name])
        if first is None:
            return ({"type": "object", "properties": {}} if name == "object" else schema), False
        inner = (name, first, place, depth)
        match name:
            case "object" | "strictObject" | "looseObject":
                found = self._scripts.follow(first, place[1], depth)
                return (self._object(found[0], found, depth) if found else {"type": "object"}), False  # fmt: skip
            case "array" | "set":
                return {"type": "array", "items": self._inner(*inner)}, False
            case "tuple":
                return {"type": "array"}, False
            case "enum" | "nativeEnum" | "literal":
                return self._values(first, place, is_literal=name == "literal"), False
            case "union" | "discriminatedUnion" | "intersection":
                return self._union(name, given, place, depth), False
            case "record" | "partialRecord":
                values = given[1] if len(given) > 1 else first
                return {"type": "object", "additionalProperties": self._inner(name, values, place, depth)}, False  # fmt: skip
            case "optional" | "nullish" | "_default":
                return self.of(first, place, depth + 1)[0], True
            case "nullable":
                return _nullable(self._inner(*inner)), False
            case "preprocess":
                return self.of(given[-1], place, depth + 1)
        return schema, False

    def _inner(self, _: str, node: Node, place: Place, depth: int) -> JsonObject:
        return self.of(node, place, depth + 1)[0]

    def _object(self, node: Node, place: Place, depth: int) -> JsonObject:
        if node.type != "object":
            return self.of(node, place, depth + 1)[0] or {"type": "object"}
        properties: JsonObject = {}
        required: list[str] = []
        for key, value, home in self._scripts.pairs(node, place[1]):
            if value is None or len(properties) >= MAX_PROPERTIES:
                continue
            schema, is_optional = self.of(value, (value, home), depth + 1)
            properties[key] = schema
            if is_optional and key in required:
                required.remove(key)
            elif not is_optional and key not in required:
                required.append(key)
        found: JsonObject = {"type": "object", "properties": properties}
        return found | ({"required": required} if required else {})

    def _values(self, node: Node, place: Place, *, is_literal: bool) -> JsonObject:
        value = self._scripts.value(node, place[1])
        if is_literal and isinstance(value, str | int | float | bool):
            return {"const": value}
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return {"type": "string", "enum": value}
        return {"enum": value} if isinstance(value, list) and value else {"type": "string"}

    def _union(self, name: str, given: list[Node], place: Place, depth: int) -> JsonObject:
        options = given
        if name != "intersection":
            listed = next((one for one in reversed(given) if one.type == "array"), None)
            options = [strip(c) for c in listed.named_children if c.type != "comment"] if listed else []  # fmt: skip
        found = [self.of(one, place, depth + 1)[0] for one in options[:100]]
        if name == "intersection":
            return _merged(found)
        return {"anyOf": found} if found and all(found) else {}

    def _applied(  # noqa: C901 - a case each
        self, base: tuple[JsonObject, bool], calls: list[tuple[str, list[Node]]], module: Any
    ) -> tuple[JsonObject, bool]:
        """Apply the further calls of a chain, innermost first."""
        schema, is_optional = base
        for name, given in reversed(calls):
            first = given[0] if given else None
            match name:
                case "optional" | "nullish":
                    is_optional = True
                    schema = _nullable(schema) if name == "nullish" else schema
                case "default" | "prefault":
                    is_optional = True
                    value = self._scripts.value(first, module) if first is not None else UNKNOWN
                    schema = schema if value is UNKNOWN else schema | {"default": value}
                case "nullable":
                    schema = _nullable(schema)
                case "describe" | "meta" | "title":
                    schema = schema | self._described(name, first, module)
                case "array":
                    schema = {"type": "array", "items": schema}
                case "partial" | "deepPartial":
                    schema = {k: v for k, v in schema.items() if k != "required"}
                case "extend" | "merge" | "and" | "safeExtend" | "augment" if first is not None:
                    found = self._scripts.follow(first, module)
                    other = self._object(found[0], found, 1) if found else {}
                    schema = _merged([schema, other])
                case "omit" | "pick" if first is not None:
                    schema = _narrowed(schema, name, self._scripts.value(first, module))
                case "or" if first is not None:
                    schema = {"anyOf": [schema, self.of(first, (first, module), 1)[0]]}
                case _:
                    schema = self._bounded(schema, name, first, module)
        return schema, is_optional

    def _described(self, name: str, first: Node | None, module: Any) -> JsonObject:
        if first is None:
            return {}
        if name == "meta":
            value = self._scripts.value(first, module)
            told = value if isinstance(value, dict) else {}
            return {k: v for k, v in told.items() if k in {"title", "description", "examples"}}
        text = self._scripts.text(first, module)
        return {"description" if name == "describe" else "title": text} if text else {}

    def _bounded(self, schema: JsonObject, name: str, first: Node | None, module: Any) -> JsonObject:  # fmt: skip
        kind = schema.get("type")
        if name in _FORMATS and kind == "string":
            return schema | {"format": _FORMATS[name]}
        if name == "int" and kind == "number":
            return schema | {"type": "integer"}
        if name in {"positive", "nonnegative"} and kind in {"number", "integer"}:
            return schema | {"exclusiveMinimum" if name == "positive" else "minimum": 0}
        if name not in _BOUNDS or first is None:
            return schema
        kinds = {"string": 0, "number": 1, "integer": 1, "array": 2}
        key = _BOUNDS[name][kinds[kind]] if kind in kinds else ""
        value = self._scripts.value(first, module) if key else UNKNOWN
        return schema | {key: value} if isinstance(value, int | float) else schema


def _callee(call: Node) -> tuple[Node | None, str]:
    """Return (what a method is called on, its name); a plain function is called on nothing."""
    function = call.child_by_field_name("function")
    if function is None:
        return None, ""
    function = strip(function)
    owner, key = function.child_by_field_name("object"), function.child_by_field_name("property")
    return strip(owner) if owner is not None else None, text_of(
        key if key is not None else function
    )


def _nullable(schema: JsonObject) -> JsonObject:
    kind = schema.get("type")
    if isinstance(kind, str):
        return schema | {"type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def _merged(schemas: list[JsonObject]) -> JsonObject:
    properties: JsonObject = {}
    required: list[str] = []
    for one in schemas:
        mine = one.get("properties") or {}
        wanted = one.get("required") or []
        required = [key for key in required if key not in mine] + list(wanted)
        properties |= mine
    found: JsonObject = {"type": "object", "properties": properties}
    return found | ({"required": required} if required else {})


def _narrowed(schema: JsonObject, name: str, keys: Any) -> JsonObject:
    properties = schema.get("properties")
    if not isinstance(keys, dict) or not isinstance(properties, dict):
        return schema
    kept = {key: value for key, value in properties.items() if (key in keys) == (name == "pick")}
    required = [key for key in schema.get("required") or [] if key in kept]
    rest = {key: value for key, value in schema.items() if key not in {"properties", "required"}}
    return rest | {"properties": kept} | ({"required": required} if required else {})
