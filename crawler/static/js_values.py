"""What an expression of JavaScript is, as far as it can be told without running it.

Every text and list is capped, so that constants which double at each step end soon.
"""

import math
from typing import Any

from tree_sitter import Node

from crawler.static.found import ELLIPSIS, UNKNOWN
from crawler.static.js_links import MAX_DEPTH, Links, Place, without_settings
from crawler.static.js_syntax import Module, arguments_of, text_of

MAX_CHARACTERS = 200_000
MAX_ITEMS = 10_000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


class Scripts(Links):
    """All script files of a package, and the values of their expressions."""

    def value(self, node: Node, module: Module, depth: int = 0) -> Any:  # noqa: C901, PLR0911 - a case each
        """Return the JSON value of an expression; UNKNOWN where only running it would tell."""
        place = self.follow(node, module, depth)
        if place is None:
            return UNKNOWN
        node, module = place
        match node.type:
            case "string" | "template_string":
                return self._text(node, module, depth)
            case "number":
                return _number(text_of(node))
            case "true" | "false":
                return node.type == "true"
            case "null":
                return None
            case "unary_expression":
                return self._unary(node, module, depth)
            case "binary_expression":
                return self._sum(node, module, depth)
            case "array":
                return self._list(node, module, depth)
            case "object":
                return self._object(node, module, depth)
            case "call_expression":
                return self._call(node, module, depth)
        return UNKNOWN

    def text(self, node: Node, module: Module) -> str | None:
        """Return a text for people; parts that only running would tell become an ellipsis."""
        found = self.value(node, module)
        if isinstance(found, str):
            return found
        place = self.follow(node, module)
        if place is None or place[0].type not in {"template_string", "binary_expression"}:
            return None
        partial = self._text(*place, 0, partial=True)
        return partial if isinstance(partial, str) and partial.strip(f" {ELLIPSIS}\n") else None

    def _text(self, node: Node, module: Module, depth: int, *, partial: bool = False) -> Any:
        if node.type == "binary_expression":
            parts = [node.child_by_field_name("left"), node.child_by_field_name("right")]
            texts = [self.text(p, module) if p is not None else None for p in parts]
            return "".join(t if t is not None else ELLIPSIS for t in texts)[:MAX_CHARACTERS]
        out: list[str] = []
        size = 0
        for child in node.named_children:
            if child.type == "template_substitution":
                inner = child.named_children[0] if child.named_children else None
                found = self.value(inner, module, depth + 1) if inner is not None else UNKNOWN
                if isinstance(found, int | float) and not isinstance(found, bool):
                    found = str(found)
                if not isinstance(found, str):
                    if not partial:
                        return UNKNOWN
                    found = ELLIPSIS
                out.append(found)
            elif child.type == "escape_sequence":
                out.append(_unescaped(text_of(child)[1:]))
            else:
                out.append(text_of(child))
            size += len(out[-1])
            if size > MAX_CHARACTERS:
                return UNKNOWN
        return "".join(out)

    def _unary(self, node: Node, module: Module, depth: int) -> Any:
        sign, inner = node.child_by_field_name("operator"), node.child_by_field_name("argument")
        if sign is None or inner is None:
            return UNKNOWN
        found = self.value(inner, module, depth + 1)
        if text_of(sign) == "-" and isinstance(found, int | float):
            return -found
        if text_of(sign) == "!" and isinstance(found, bool | int):
            return not found  # minifiers write !0 for true
        return UNKNOWN

    def _sum(self, node: Node, module: Module, depth: int) -> Any:
        sign = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if sign is None or left is None or right is None or depth > MAX_DEPTH:
            return UNKNOWN
        one = self.value(left, module, depth + 1)
        if text_of(sign) in {"||", "??"}:
            is_setting = without_settings(left) is False
            return self.value(right, module, depth + 1) if is_setting else one
        if text_of(sign) != "+" or not isinstance(one, str):
            return UNKNOWN
        other = self.value(right, module, depth + 1)
        return (
            one + other
            if isinstance(other, str) and len(one) + len(other) < MAX_CHARACTERS
            else UNKNOWN
        )

    def _list(self, node: Node, module: Module, depth: int) -> Any:
        out: list[Any] = []
        for child in node.named_children:
            if child.type == "comment":
                continue
            if child.type == "spread_element" and child.named_children:
                inner = self.value(child.named_children[0], module, depth + 1)
                if not isinstance(inner, list):
                    return UNKNOWN
                out += inner
            else:
                out.append(self.value(child, module, depth + 1))
            if len(out) > MAX_ITEMS:
                return UNKNOWN
        return UNKNOWN if any(item is UNKNOWN for item in out) else out

    def _object(
        self, node: Node, module: Module, depth: int, *, is_properties: bool = False
    ) -> Any:
        """Return an object; members that cannot be told are left out of it.

        A property of a schema that cannot be told is one that takes anything.
        """
        out: dict[str, Any] = {}
        for key, value, home in self.pairs(node, module, depth):
            if key == "properties" and value is not None and value.type == "object":
                found = self._object(value, home, depth + 1, is_properties=True)
            else:
                found = self.value(value, home, depth + 1) if value is not None else UNKNOWN
            if found is not UNKNOWN:
                out[key] = found
            elif is_properties and value is not None:
                out[key] = {}
            if len(out) > MAX_ITEMS:
                return UNKNOWN
        return out

    def _call(self, node: Node, module: Module, depth: int) -> Any:  # noqa: PLR0911 - a case each
        """Return what joins, trims and concatenations of known texts give."""
        function = node.child_by_field_name("function")
        if function is None:
            return UNKNOWN
        inner = node.child_by_field_name("arguments")
        if inner is not None and inner.type == "template_string":  # dedent`...`
            return self._text(inner, module, depth)
        method, owner = function.child_by_field_name("property"), function.child_by_field_name("object")  # fmt: skip
        if method is None or owner is None:
            return UNKNOWN
        name, given = text_of(method), arguments_of(node)
        if name not in {"join", "trim", "concat", "values", "keys"}:
            return UNKNOWN
        if text_of(owner) == "Object" and given:
            found = self.value(given[0], module, depth + 1)
            if isinstance(found, dict):
                return list(found.values() if name == "values" else found)
            return UNKNOWN
        return _joined(
            name,
            self.value(owner, module, depth + 1),
            [self.value(one, module, depth + 1) for one in given[:MAX_ITEMS]],
        )


def _joined(name: str, found: Any, given: list[Any]) -> Any:
    if name == "trim" and isinstance(found, str):
        return found.strip()
    if name == "concat" and all(isinstance(one, str) for one in (found, *given)):
        text = "".join([found, *given])
        return text if len(text) < MAX_CHARACTERS else UNKNOWN
    between = given[0] if given else ","
    is_list = isinstance(found, list) and all(isinstance(one, str) for one in found)
    if name == "join" and is_list and isinstance(between, str):
        size = sum(map(len, found)) + len(between) * len(found)
        return between.join(found) if size < MAX_CHARACTERS else UNKNOWN
    return UNKNOWN


def _number(text: str) -> Any:
    text = text.replace("_", "").rstrip("n")
    if len(text) > 40:  # noqa: PLR2004 - no number that a schema means
        return UNKNOWN
    try:
        is_whole = not set(text) & set(".e") or text.startswith("0x")
        found = int(text, 0) if is_whole else float(text)
    except ValueError:
        try:
            found = float(text)
        except ValueError:
            return UNKNOWN
    return found if math.isfinite(found) else UNKNOWN  # JSON does not know an infinity


def _unescaped(text: str) -> str:
    """Return what the part of an escape behind its backslash means."""
    if text[:1] in {"\n", "\r"}:
        return ""
    if text[:1] in {"x", "u"}:
        digits = text[1:].strip("{}")
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return ""
    return _ESCAPES.get(text, text)


__all__ = ["MAX_DEPTH", "Place", "Scripts"]
