"""JavaScript and TypeScript as syntax trees (tree-sitter), and one module's names.

tree-sitter never fails: what it does not understand becomes an error node among the rest, so a
file of tomorrow's syntax, or a hostile one, costs only itself.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from tree_sitter import Language, Node, Parser, Query, QueryCursor

MAX_SCOPES = 2_000
"""Scopes that are looked through for one name; minified files declare the same one everywhere."""

_NAMES = """
(variable_declarator name: (identifier) @declared value: (_) @value)
(lexical_declaration (variable_declarator name: (object_pattern) @pattern value: (_) @patterned))
(variable_declaration (variable_declarator name: (object_pattern) @pattern value: (_) @patterned))
(assignment_expression left: [(member_expression) (subscript_expression)] @left right: (_) @right)
(assignment_expression left: (identifier) @assigned right: (_) @given)
(function_declaration name: (identifier) @declared) @value
(class_declaration name: (_) @declared) @value
(import_statement) @import
(export_statement) @export
(call_expression function: [(identifier) (import)] @requires arguments: (arguments . (string) @required))
"""
_TYPES = "(enum_declaration name: (identifier) @declared) @value"

FUNCTIONS = frozenset({"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function_declaration", "function"})  # fmt: skip
_SCOPES = FUNCTIONS | {"program", "statement_block", "for_statement", "for_in_statement", "class_static_block"}  # fmt: skip


@cache
def language(suffix: str) -> Language:
    """Return the grammar for a file name's suffix."""
    if suffix in {".ts", ".mts", ".cts", ".tsx"}:
        import tree_sitter_typescript as typescript

        pointer = typescript.language_tsx if suffix == ".tsx" else typescript.language_typescript
        return Language(pointer())
    import tree_sitter_javascript as javascript

    return Language(javascript.language())


@cache
def _query(suffix: str, text: str) -> Query:
    return Query(language(suffix), text)


def matches(suffix: str, text: str, root: Node) -> Iterator[dict[str, Node]]:
    """Yield what a query captures, one node a name."""
    for _, found in QueryCursor(_query(suffix, text)).matches(root):
        yield {name: nodes[0] for name, nodes in found.items()}


def text_of(node: Node) -> str:
    """Return a node's source text."""
    return (node.text or b"").decode("utf-8", "replace")


def strip(node: Node) -> Node:
    """Return what stands inside parentheses, type assertions and comma sequences."""
    while True:
        if node.type in {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "type_assertion", "await_expression"}:  # fmt: skip
            children = [c for c in node.named_children if c.type != "comment"]
            inner = children[-1 if node.type == "type_assertion" else 0] if children else None
        elif node.type == "sequence_expression":
            inner = node.named_children[-1] if node.named_children else None
        else:
            return node
        if inner is None:
            return node
        node = inner


def arguments_of(call: Node) -> list[Node]:
    """Return a call's arguments, comments left out."""
    listed = call.child_by_field_name("arguments")
    if listed is None or listed.type != "arguments":
        return []
    return [strip(child) for child in listed.named_children if child.type != "comment"]


@dataclass(slots=True)
class Declared:
    """A name, what it is bound to, and the bytes within which it means that."""

    value: Node
    start: int
    end: int


@dataclass
class Module:
    """One source file."""

    path: str
    suffix: str
    source: bytes
    declared: dict[str, list[Declared]] = field(default_factory=dict)
    assigned: dict[str, Node | None] = field(default_factory=dict)  # None: given several things
    members: dict[tuple[str, str], Node] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)  # local -> (from, name)
    exported: dict[str, Node | tuple[str, str]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)  # export * from
    required: list[str] = field(default_factory=list)  # every module that it names
    _sorted: set[str] = field(default_factory=set)

    @cached_property
    def root(self) -> Node:
        """The syntax tree; reading it fills in the names."""
        tree = Parser(language(self.suffix)).parse(self.source)
        if tree is None:
            raise ValueError("not parsed")
        from crawler.static.js_names import collect

        is_typed = self.suffix in {".ts", ".mts", ".cts", ".tsx"}
        query = _NAMES + (_TYPES if is_typed else "")
        collect(self, matches(self.suffix, query, tree.root_node))
        return tree.root_node

    def find(self, query: str) -> Iterator[dict[str, Node]]:
        """Yield the matches of a query in this file."""
        return matches(self.suffix, query, self.root)

    def lookup(self, name: str, at: int) -> Node | None:
        """Return what a name is bound to at a byte: the innermost scope that declares it.

        Scopes nest, so the innermost is the last to start before that byte and not to end.
        A name that is declared without a value means what it is given, where that is one thing:
        bundlers declare at the top and assign in a function that runs later.
        """
        found = self.declared.get(name, [])
        if name not in self._sorted:
            found.sort(key=lambda one: one.start)
            self._sorted.add(name)
        last = bisect_right(found, at, key=lambda one: one.start)
        for one in reversed(found[max(0, last - MAX_SCOPES) : last]):
            if at < one.end:
                return one.value
        return self.assigned.get(name)


def scope_of(node: Node) -> Node:
    """Return the node within which a declaration holds."""
    here = node.parent
    while here is not None and here.type not in _SCOPES:
        here = here.parent
    if here is None:
        return node
    is_body = here.type == "statement_block" and here.parent and here.parent.type in FUNCTIONS
    return here.parent if is_body and here.parent else here
