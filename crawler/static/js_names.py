"""The names of one module: declarations, imports and exports, in both module systems."""

from collections.abc import Iterable

from tree_sitter import Node

from crawler.static.js_syntax import Declared, Module, arguments_of, scope_of, strip, text_of

MAX_NAMES = 200_000


def collect(module: Module, found: Iterable[dict[str, Node]]) -> None:
    """Fill a module's tables from the matches of its name query."""
    for count, match in enumerate(found):
        if count >= MAX_NAMES:
            return
        if "declared" in match:
            _declare(module, text_of(match["declared"]), match["value"])
        elif "assigned" in match:
            name = text_of(match["assigned"])
            module.assigned[name] = None if name in module.assigned else strip(match["given"])
        elif "pattern" in match:
            _pattern(module, match["pattern"], match["patterned"])
        elif "left" in match:
            _assign(module, match["left"], match["right"])
        elif "import" in match:
            _import(module, match["import"])
        elif "export" in match:
            _export(module, match["export"])
        elif "required" in match and text_of(match["requires"]) in {"require", "import"}:
            module.required.append(unquoted(match["required"]))


def unquoted(node: Node) -> str:
    """Return the text of a plain string, as module names are written."""
    return text_of(node)[1:-1]


def required_by(value: Node) -> str | None:
    """Return the module that `require("x")`, also inside an interop helper, names."""
    value = strip(value)
    for _ in range(3):
        if value.type != "call_expression":
            return None
        function = value.child_by_field_name("function")
        given = arguments_of(value)
        if function is None or not given:
            return None
        if text_of(function) in {"require", "import"}:
            return unquoted(given[0]) if given[0].type == "string" else None
        value = given[0]
    return None


def _declare(module: Module, name: str, value: Node) -> None:
    source = required_by(value) if value.type in {"call_expression", "await_expression"} else None
    if source is not None:
        module.imported.setdefault(name, (source, "*"))
        return
    scope = scope_of(value)
    module.declared.setdefault(name, []).append(
        Declared(strip(value), scope.start_byte, scope.end_byte)
    )


def _pattern(module: Module, pattern: Node, value: Node) -> None:
    """Read `const { a, b: c } = require("x")`."""
    source = required_by(value)
    if source is None:
        return
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            module.imported[text_of(child)] = (source, text_of(child))
        elif child.type == "pair_pattern":
            key, local = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and local is not None:
                module.imported[text_of(local)] = (source, text_of(key))


def _assign(module: Module, left: Node, right: Node) -> None:
    """Read `exports.X = value`, `module.exports = {...}` and `Kind["X"] = "x"`."""
    owner = left.child_by_field_name("object")
    key = left.child_by_field_name("property") or left.child_by_field_name("index")
    if owner is None or key is None:
        return
    name = unquoted(key) if key.type == "string" else text_of(key)
    whole = text_of(owner)[:200]
    if whole in {"exports", "module.exports"}:
        module.exported.setdefault(name, strip(right))
        if right.type == "assignment_expression":  # exports.a = exports.b = void 0
            return
    elif text_of(left) == "module.exports":
        source = required_by(right)
        if source is not None:
            module.stars.append(source)
        module.exported.setdefault("default", strip(right))
    elif owner.type == "identifier":
        module.members.setdefault((whole, name), strip(right))


def _import(module: Module, statement: Node) -> None:
    source = statement.child_by_field_name("source")
    if source is None:
        return
    path = unquoted(source)
    module.required.append(path)
    for clause in (c for c in statement.named_children if c.type == "import_clause"):
        for part in clause.named_children:
            if part.type == "identifier":
                module.imported[text_of(part)] = (path, "default")
            elif part.type == "namespace_import" and part.named_children:
                module.imported[text_of(part.named_children[0])] = (path, "*")
            elif part.type == "named_imports":
                for name, local in _specifiers(part):
                    module.imported[local] = (path, name)


def _export(module: Module, statement: Node) -> None:
    source = statement.child_by_field_name("source")
    path = unquoted(source) if source is not None else None
    if path is not None:
        module.required.append(path)
    clause = next((c for c in statement.named_children if c.type == "export_clause"), None)
    if clause is not None:
        for name, outside in _specifiers(clause):
            module.exported[outside] = (path or "", name)
        return
    if path is not None:
        module.stars.append(path)
        return
    value = statement.child_by_field_name("value")
    if value is not None:
        module.exported["default"] = strip(value)
    declaration = statement.child_by_field_name("declaration")
    for child in declaration.named_children if declaration is not None else ():
        name_node, bound = child.child_by_field_name("name"), child.child_by_field_name("value")
        if child.type == "variable_declarator" and name_node is not None and bound is not None:
            module.exported[text_of(name_node)] = strip(bound)
    if declaration is not None and (own := declaration.child_by_field_name("name")) is not None:
        module.exported[text_of(own)] = declaration


def _specifiers(clause: Node) -> Iterable[tuple[str, str]]:
    """Yield (name on the left of `as`, name on the right)."""
    for child in clause.named_children:
        name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
        if name is not None:
            yield text_of(name), text_of(alias if alias is not None else name)
