"""Where the names of JavaScript lead: through scopes, imports, objects, enumerations and classes.

Every step spends from one budget, so that names which refer to each other end soon.
"""

import posixpath
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from tree_sitter import Node

from crawler.static.dependencies import Dependencies
from crawler.static.js_classes import fields_of
from crawler.static.js_names import required_by
from crawler.static.js_syntax import FUNCTIONS, Module, arguments_of, strip, text_of

SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
MAX_STEPS = 300_000
MAX_DEPTH = 60
_SUFFIXES = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", "/index.js", "/index.mjs", "/index.cjs", "/index.ts")  # fmt: skip

Place = tuple[Node, Module]
"""An expression and the file in which its names have a meaning."""


class Links(ABC):
    """All script files of a package, parsed when first needed, and what their names mean."""

    def __init__(self, files: dict[str, bytes], dependencies: Dependencies | None = None) -> None:
        self._files = {path: data for path, data in files.items() if path.endswith(SCRIPTS)}
        self._dependencies = dependencies
        self._modules: dict[str, Module] = {}
        self.steps = 0

    @property
    def paths(self) -> list[str]:
        """The paths of the package's own script files, sorted."""
        return sorted(self._files)

    def module(self, path: str) -> Module | None:
        """Return a file as a module, or None if there is none."""
        if path not in self._modules:
            data = self._files.get(path)
            if data is None and self._dependencies is not None and path.endswith(SCRIPTS):
                data = self._dependencies.texts.files.get(path)
            if data is None:
                return None
            self._modules[path] = Module(path, posixpath.splitext(path)[1], data)
            _ = self._modules[path].root
        return self._modules[path]

    def _is_there(self, path: str) -> bool:
        others = self._dependencies.texts.files if self._dependencies is not None else {}
        return path in self._files or (path.endswith(SCRIPTS) and path in others)

    def resolve_path(self, origin: str, wanted: str) -> str | None:
        """Return the file that an import means, where it is one of those that are read."""
        if wanted.startswith("."):
            bases: tuple[str, ...] = (posixpath.join(posixpath.dirname(origin), wanted),)
        else:
            bases = self._dependencies.resolve(wanted) if self._dependencies is not None else ()
        for base in map(posixpath.normpath, bases):
            stem, suffix = posixpath.splitext(base)
            typed = [stem + ".ts", stem + ".tsx"] if suffix in {".js", ".mjs", ".jsx"} else []
            for path in (*(base + ending for ending in _SUFFIXES), *typed):
                if self._is_there(path):
                    return path
        return None

    def spend(self) -> bool:
        """Take one step; False when the budget of the package is used up."""
        self.steps += 1
        return self.steps < MAX_STEPS

    def follow(self, node: Node, module: Module, depth: int = 0) -> Place | None:
        """Return the expression that a reference means; an expression means itself."""
        node = strip(node)
        if depth > MAX_DEPTH or not self.spend():
            return None
        if node.type in {"identifier", "shorthand_property_identifier"}:
            return self._name(node, module, depth)
        if node.type in {"member_expression", "subscript_expression"}:
            return self._member(node, module, depth)
        if node.type == "call_expression":
            return self._called(node, module, depth) or (node, module)
        if node.type == "ternary_expression":
            return self._chosen(node, module, depth)
        return node, module

    def _chosen(self, node: Node, module: Module, depth: int) -> Place | None:
        """Return the branch that is taken where no variable of the environment is set."""
        condition = node.child_by_field_name("condition")
        place = self.follow(condition, module, depth + 1) if condition is not None else None
        holds = without_settings(place[0] if place is not None else condition)
        if holds is None:
            return None
        branch = node.child_by_field_name("consequence" if holds else "alternative")
        return self.follow(branch, module, depth + 1) if branch is not None else None

    def _name(self, node: Node, module: Module, depth: int) -> Place | None:
        name = text_of(node)
        bound = module.lookup(name, node.start_byte)
        if bound is not None:
            return None if bound == node else self.follow(bound, module, depth + 1)
        if name in module.imported:
            source, exported = module.imported[name]
            return self.exported(module.path, source, exported, depth + 1)
        return None

    def exported(self, origin: str, source: str, name: str, depth: int) -> Place | None:
        """Return what a module exports under a name."""
        path = self.resolve_path(origin, source)
        other = self.module(path) if path else None
        if other is None or depth > MAX_DEPTH or not self.spend():
            return None
        found = other.exported.get(name)
        if isinstance(found, tuple):
            return self._renamed(other, found, depth)
        if found is not None:
            return self.follow(found, other, depth + 1)
        places = (self.exported(other.path, star, name, depth + 1) for star in other.stars)
        return next((place for place in places if place is not None), None)

    def _renamed(self, module: Module, named: tuple[str, str], depth: int) -> Place | None:
        """Return what `export { name }`, with or without `from`, means."""
        source, name = named
        if source:
            return self.exported(module.path, source, name, depth + 1)
        bound = module.lookup(name, len(module.source) - 1) or module.lookup(name, 0)
        if bound is not None:
            return self.follow(bound, module, depth + 1)
        if name in module.imported:
            return self.exported(module.path, *module.imported[name], depth + 1)
        return None

    def _member(self, node: Node, module: Module, depth: int) -> Place | None:
        owner = node.child_by_field_name("object")
        key = node.child_by_field_name("property") or node.child_by_field_name("index")
        if owner is None or key is None:
            return None
        name = text_of(key) if key.type == "property_identifier" else self.value(key, module)
        if not isinstance(name, str):
            return None
        owner = strip(owner)
        if owner.type == "identifier":
            label = text_of(owner)
            if (label, name) in module.members and (label, name) != ("this", name):
                return self.follow(module.members[label, name], module, depth + 1)
            if label in module.imported and module.imported[label][1] in {"*", "default"}:
                source = module.imported[label][0]
                place = self.exported(module.path, source, name, depth + 1)
                if place is not None:
                    return place
        elif (source := required_by(owner) or "") and source:
            return self.exported(module.path, source, name, depth + 1)
        place = self.follow(owner, module, depth + 1)
        return self._part(place, name, depth) if place is not None else None

    def _part(self, place: Place, name: str, depth: int) -> Place | None:
        """Return the value that an object, enumeration or class holds under a name."""
        node, module = place
        if node.type == "object":
            for key, value, home in self.pairs(node, module, depth):
                if key == name and value is not None:
                    return self.follow(value, home, depth + 1)
        elif node.type == "enum_declaration":
            value = _member_of(node, name)
            return (value, module) if value is not None else None
        elif node.type in {"class_declaration", "class"}:
            held = fields_of(node).get(name)
            return self.follow(held, module, depth + 1) if held is not None else None
        elif node.type == "call_expression" and name in {"shape", "schema"}:
            return place  # z.object({...}).shape
        return None

    def _called(self, node: Node, module: Module, depth: int) -> Place | None:
        """Return what a call of an own function without arguments, or of a freezer, returns."""
        function = node.child_by_field_name("function")
        if function is None:
            return None
        given = arguments_of(node)
        if text_of(function) in {"Object.freeze", "Object.assign"} and len(given) == 1:
            return self.follow(given[0], module, depth + 1)
        if given or function.type != "identifier":
            return None
        place = self.follow(function, module, depth + 1)
        returned = _returned_by(place[0]) if place is not None else None
        return self.follow(returned, place[1], depth + 1) if place and returned else None

    def pairs(
        self, node: Node, module: Module, depth: int = 0
    ) -> Iterator[tuple[str, Node | None, Module]]:
        """Yield (key, value, home) of an object literal, spreads followed; a later key wins last.

        A value of None is a method: it has a name and no value.
        """
        for child in node.named_children:
            if not self.spend():
                return
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                name = self._key(key, module) if key is not None else None
                if name is not None and value is not None:
                    yield name, strip(value), module
            elif child.type == "shorthand_property_identifier":
                yield text_of(child), child, module
            elif child.type == "method_definition":
                label = child.child_by_field_name("name")
                if label is not None:
                    yield text_of(label), None, module
            elif child.type == "spread_element" and child.named_children and depth < MAX_DEPTH:
                place = self.follow(child.named_children[0], module, depth + 1)
                inner = _members_of(place[0]) if place is not None else None
                if place is not None and inner is not None:
                    yield from self.pairs(inner, place[1], depth + 1)

    def _key(self, key: Node, module: Module) -> str | None:
        if key.type in {"property_identifier", "number", "private_property_identifier"}:
            return text_of(key)
        if key.type == "computed_property_name" and key.named_children:
            key = key.named_children[0]
        found = self.value(key, module)
        return found if isinstance(found, str) else None

    @abstractmethod
    def value(self, node: Node, module: Module, depth: int = 0) -> Any:
        """Return the JSON value of an expression."""


def without_settings(condition: Node | None) -> bool | None:
    """Say what a test of `process.env.X` gives where X is not set; None for any other test."""
    if condition is None:
        return None
    words = text_of(condition)[:200].replace(" ", "")
    if words in {"true", "false"}:
        return words == "true"
    if not words.lstrip("!(").startswith("process.env"):
        return None
    return words.startswith("!") or "!==" in words or "!=" in words


def _returned_by(function: Node) -> Node | None:
    """Return the expression that a function ends with."""
    body = function.child_by_field_name("body") if function.type in FUNCTIONS else None
    if body is None or body.type != "statement_block":
        return body
    last = body.named_children[-1] if body.named_children else None
    if last is not None and last.type == "return_statement" and last.named_children:
        return last.named_children[0]
    return None


def _member_of(enumeration: Node, name: str) -> Node | None:
    """Return the value of a member of a TypeScript enumeration."""
    for body in (child for child in enumeration.named_children if child.type == "enum_body"):
        for item in body.named_children:
            label, value = item.child_by_field_name("name"), item.child_by_field_name("value")
            if label is not None and value is not None and text_of(label) == name:
                return value
    return None


def _members_of(node: Node) -> Node | None:
    """Return the object literal behind `{...}`, `z.object({...})` and `z.object({...}).shape`."""
    for _ in range(MAX_DEPTH):
        if node.type == "object":
            return node
        inner = None
        if node.type == "call_expression":
            given = arguments_of(node)
            if given and given[0].type == "object":
                return given[0]
            inner = node.child_by_field_name("function")
        if node.type == "member_expression":
            inner = node.child_by_field_name("object")
        if inner is None:
            return None
        node = strip(inner)
    return None
