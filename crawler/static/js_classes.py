"""Fields of a class, whether declared or set in its constructor."""

from tree_sitter import Node

from crawler.static.js_syntax import strip, text_of

_GIVEN = frozenset({"argsShape", "inputSchema", "getInputSchema", "schema", "parameters"})
_FIELDS = frozenset({"field_definition", "public_field_definition"})


def fields_of(node: Node) -> dict[str, Node]:
    """Return name -> value of the fields that a class declares or sets on `this`."""
    found: dict[str, Node] = {}
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        if child.type in _FIELDS:
            name = child.child_by_field_name("property") or child.child_by_field_name("name")
            value = child.child_by_field_name("value")
            if name is not None and value is not None:
                found[text_of(name)] = strip(value)
        elif child.type == "method_definition":
            found |= _set_in(child) if _name(child) == "constructor" else _got_by(child)
    return found


def _name(method: Node) -> str:
    label = method.child_by_field_name("name")
    return text_of(label) if label is not None else ""


def _set_in(constructor: Node) -> dict[str, Node]:
    """Return what `this.x = value` statements of a constructor set."""
    found: dict[str, Node] = {}
    body = constructor.child_by_field_name("body")
    for statement in body.named_children if body is not None else ():
        inner = statement.named_children[0] if statement.named_children else None
        if inner is None or inner.type != "assignment_expression":
            continue
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            continue
        owner, key = left.child_by_field_name("object"), left.child_by_field_name("property")
        if owner is not None and key is not None and owner.type == "this":
            found[text_of(key)] = strip(right)
    return found


def _got_by(method: Node) -> dict[str, Node]:
    """Return what a getter, or a method for a schema, that only returns something gives."""
    is_getter = any(child.type == "get" for child in method.children) or _name(method) in _GIVEN
    body = method.child_by_field_name("body")
    if not is_getter or body is None or len(body.named_children) != 1:
        return {}
    last = body.named_children[0]
    if last.type != "return_statement" or not last.named_children:
        return {}
    return {_name(method): strip(last.named_children[0])}
